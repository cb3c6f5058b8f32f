"""A value of JSON as markup: every text in it escaped, its parts in classes for colours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from ..events.call import HIDDEN

#: Members that no page shows, though CloudTrail's records do: what is in them opens doors.
HIDDEN_MEMBERS = frozenset({"sessiontoken", "secretaccesskey", "token", "password"})
NOT_SHOWN = "(not shown here)"

_INDENT = "  "


def highlighted(value: Any) -> Markup:
    """Return a value of JSON, indented, as markup."""
    return Markup("").join(_parts(value, "\n"))


def without_secrets(value: Any) -> Any:
    """Return a value of JSON without what opens doors."""
    if isinstance(value, Mapping):
        return {
            name: NOT_SHOWN
            if isinstance(member, str) and str(name).lower() in HIDDEN_MEMBERS and member != HIDDEN
            else without_secrets(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(entry) for entry in value]
    return value


def _parts(value: Any, line: str) -> list[Markup]:
    inner = line + _INDENT
    if isinstance(value, Mapping) and value:
        parts = [Markup("{")]
        for number, (name, member) in enumerate(value.items()):
            parts.append(Markup("," if number else "") + inner)
            parts.append(Markup('<span class="key">{}</span>: ').format(_text(str(name))))
            parts += _parts(member, inner)
        return [*parts, Markup(f"{line}}}")]
    if isinstance(value, list) and value:
        parts = [Markup("[")]
        for number, entry in enumerate(value):
            parts.append(Markup("," if number else "") + inner)
            parts += _parts(entry, inner)
        return [*parts, Markup(f"{line}]")]
    kind = "string" if isinstance(value, str) else "constant"
    return [Markup('<span class="{}">{}</span>').format(kind, _text(value))]


def _text(value: Any) -> Markup:
    return escape(json.dumps(value, ensure_ascii=False, default=str))
