"""The constraints of a service's model (length, value, pattern) and AWS's words when one breaks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from botocore.model import Shape

_PREFIX = "1 validation error detected: "

#: Type of shape -> type of its values, where there are constraints.
_VALUES: dict[str, type] = {"string": str, "integer": int, "list": list, "map": dict}


def missing(name: str) -> str:
    """Return AWS's text for a required member that is absent."""
    return f"{_PREFIX}Value null at '{name}' failed to satisfy constraint: Member must not be null"


def applicable(value: Any, shape: Shape) -> bool:
    """Tell whether a value has the type that its shape's constraints are about.

    Lists and maps are those of texts; every other value is for a check of types to refuse.
    """
    if type(value) is not _VALUES.get(shape.type_name):
        return False
    inner: Iterable[Any] = ()
    if isinstance(value, (list, dict)):
        inner = value.values() if isinstance(value, dict) else value
    return all(isinstance(item, str) for item in inner)


def broken(
    name: str,
    value: Any,
    shape: Shape,
    *,
    longest: int | None = None,
    pattern: str | None = None,
    listed: Iterable[str] | None = None,
    repeated: bool = True,
) -> str | None:
    """Return AWS's text for the first constraint that a value breaks, if it breaks one.

    :param name: the member as AWS names it in such texts: with a small first letter
    :param value: a text or a number, or a list or map of texts
    :param shape: the member's shape in botocore's model; a sensitive member's value is not repeated
    :param longest: a maximum length that the model leaves out
    :param pattern: a regular expression that counts instead of the model's
    :param listed: an enum's values in the order in which the text lists them; None for the model's
    :param repeated: whether the text shows the value; some services never do
    """
    metadata = shape.metadata
    low, high = metadata.get("min"), longest or metadata.get("max")
    kind = "value" if isinstance(value, int) else "length"
    size = value if isinstance(value, int) else len(value)
    pattern = pattern or metadata.get("pattern")
    if low is not None and size < low:
        constraint = f"Member must have {kind} greater than or equal to {low}"
    elif high is not None and size > high:
        constraint = f"Member must have {kind} less than or equal to {high}"
    elif pattern is not None and isinstance(value, str) and not _matches(pattern, value):
        constraint = f"Member must satisfy regular expression pattern: {pattern}"
    elif (allowed := metadata.get("enum")) and value not in allowed:
        constraint = f"Member must satisfy enum value set: [{', '.join(listed or allowed)}]"
    else:
        return None
    hidden = metadata.get("sensitive") or not repeated
    shown = "Value" if hidden else f"Value '{_shown(value)}'"
    return f"{_PREFIX}{shown} at '{name}' failed to satisfy constraint: {constraint}"


def _matches(pattern: str, value: str) -> bool:
    # To AWS, the letters and digits of other scripts are neither \w nor \d.
    return re.fullmatch(pattern, value, re.ASCII) is not None


def _shown(value: Any) -> str:
    """Return a value as AWS's texts show it: ``[a, b]`` and ``{a=b}``, without quotes."""
    if isinstance(value, list):
        return f"[{', '.join(value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={inner}" for key, inner in value.items()) + "}"
    return str(value)
