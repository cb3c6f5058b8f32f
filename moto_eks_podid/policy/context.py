"""The request context: condition keys and their values, ready to be compared.

Key names fold case, the tag part included; values keep theirs. Follows "IAM JSON policy elements:
Condition" and "Single-valued vs. multivalued context keys" (IAM User Guide).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def fold_context(context: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    """Fold key names and turn values into text.

    :param context: key -> str, int, float or bool; or, for a multi-valued key, a list of those.
        A value of None and an empty list are an absent key.
    :returns: folded key -> text, or a tuple of texts where the request gave a list
    """
    folded: dict[str, str | tuple[str, ...]] = {}
    for key, value in context.items():
        if value.__class__ is str:
            folded[key.lower()] = value
        elif isinstance(value, (list, tuple, set, frozenset)):
            texts = tuple(as_text(item) for item in value if item is not None)
            if texts:
                folded[key.lower()] = texts
        elif value is not None:
            folded[key.lower()] = as_text(value)
    return folded


def as_text(value: object) -> str:
    """The text by which a value is compared: ``true`` and ``false``, numbers as JSON has them."""
    if isinstance(value, str):
        # An enum's own str() would write the name of its member.
        return str.__str__(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return str(value)
    except (ValueError, RecursionError):
        # An integer of thousands of digits: as a hexadecimal text it equals itself and is no number
        # to any operator. Or lists in lists, which are no values: any text does.
        return hex(value) if isinstance(value, int) else f"<{type(value).__name__}>"
