"""The condition keys that a simulation is given.

Follows "ContextEntry" (IAM API Reference); what is refused, and how, was observed in real
responses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ..policy.values import read_binary, read_date, read_network, read_number
from . import exceptions

#: Type -> what its values must be, in words, and who can read them. Any text is a string, and any
#: is a boolean too.
_FORMS: Final[dict[str, tuple[str, Callable[[str], object]]]] = {
    "numeric": ("numeric format", read_number),
    "date": ("DateTime format", read_date),
    "ip": ("IP address", read_network),
    "binary": ("base-64 encoded binary format", read_binary),
}
_LIST: Final = "List"


def read_context(entries: Iterable[Mapping[str, Any]]) -> dict[str, str | list[str]]:
    """Return condition keys with their values: a text, or texts for a type that is a list.

    :param entries: ``ContextEntries``, whose types the service model allows
    :raises InvalidInput: for an entry that is not complete or not of its type, and for a key that
        is given twice, in whatever case
    """
    context: dict[str, str | list[str]] = {}
    seen: set[str] = set()
    for entry in entries:
        name, values = _checked(entry)
        if name.lower() in seen:
            raise exceptions.InvalidInput(exceptions.REPEATED_KEY.format(name=name))
        seen.add(name.lower())
        context[name] = values if entry["ContextKeyType"].endswith(_LIST) else values[0]
    return context


def _checked(entry: Mapping[str, Any]) -> tuple[str, list[str]]:
    name = entry.get("ContextKeyName")
    if not name:
        raise exceptions.InvalidInput(exceptions.NO_KEY_NAME)
    kind = entry.get("ContextKeyType")
    if kind is None:
        raise exceptions.InvalidInput(exceptions.NO_KEY_TYPE.format(name=name))
    values: list[str] = entry.get("ContextKeyValues", [])
    if not values:
        raise exceptions.InvalidInput(exceptions.NO_KEY_VALUES.format(name=name))
    if len(values) > 1 and not kind.endswith(_LIST):
        text = exceptions.SEVERAL_VALUES.format(kind=kind, count=len(values))
        raise exceptions.InvalidInput(text)
    form, read = _FORMS.get(kind.removesuffix(_LIST), (None, None))
    if read is not None and any(read(value) is None for value in values):
        raise exceptions.InvalidInput(exceptions.BAD_VALUE.format(name=name, form=form))
    return name, values
