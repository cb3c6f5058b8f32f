"""The context of a request: condition keys without regard to case, with one value or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | Sequence[Scalar]


class Context:
    """A request's condition keys, folded once.

    A key given as a list is a multi-valued key, whatever the length of the list. Numbers and
    booleans become the texts that policies compare with.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = {key.lower(): value for key, value in values.items()}

    def get(self, key: str) -> Value | None:
        """Return what a key (in lower case) was given as."""
        return self._values.get(key)

    def single(self, key: str) -> str | None:
        """Return the value of a single-valued key in lower case; None for others."""
        value = self._values.get(key)
        if value is None or isinstance(value, (list, tuple, set, frozenset)):
            return None
        return as_text(value)  # type: ignore[arg-type]

    def all(self, key: str) -> tuple[str, ...]:
        """Return every value of a key in lower case; an empty tuple when it is absent."""
        value = self._values.get(key)
        if value is None:
            return ()
        if isinstance(value, (list, tuple, set, frozenset)):
            return tuple(as_text(item) for item in value)
        return (as_text(value),)  # type: ignore[arg-type]

    def is_multi_valued(self, key: str) -> bool:
        """Tell whether a key in lower case was given as a list."""
        return isinstance(self._values.get(key), (list, tuple, set, frozenset))


def as_text(value: Scalar) -> str:
    """Return a value as policies write it: ``true`` and ``false`` for booleans."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
