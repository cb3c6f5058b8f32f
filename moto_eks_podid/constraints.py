"""The constraints of a service's model (length, value, pattern) and AWS's words when one breaks."""

from __future__ import annotations

import re
from typing import Any

from botocore.model import Shape

_PREFIX = "1 validation error detected: "


def missing(name: str) -> str:
    """Return AWS's text for a required member that is absent."""
    return f"{_PREFIX}Value null at '{name}' failed to satisfy constraint: Member must not be null"


def broken(name: str, value: Any, shape: Shape, *, longest: int | None = None) -> str | None:
    """Return AWS's text for the first constraint that a text or number breaks, if it breaks one.

    :param name: the member as AWS names it in such texts: with a small first letter
    :param shape: the member's shape in botocore's model; a sensitive member's value is not repeated
    :param longest: a maximum length that the model leaves out
    """
    metadata = shape.metadata
    low, high = metadata.get("min"), longest or metadata.get("max")
    kind = "value" if isinstance(value, int) else "length"
    size = value if isinstance(value, int) else len(value)
    pattern = metadata.get("pattern")
    if low is not None and size < low:
        constraint = f"Member must have {kind} greater than or equal to {low}"
    elif high is not None and size > high:
        constraint = f"Member must have {kind} less than or equal to {high}"
    elif pattern is not None and isinstance(value, str) and not re.fullmatch(pattern, value):
        constraint = f"Member must satisfy regular expression pattern: {pattern}"
    else:
        return None
    shown = "Value" if metadata.get("sensitive") else f"Value '{value}'"
    return f"{_PREFIX}{shown} at '{name}' failed to satisfy constraint: {constraint}"
