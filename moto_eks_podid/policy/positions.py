"""Where the statements of a policy stand in its text.

The policy simulator says so of each statement that decided. Of the statements of a list, each
begins where the one before it ended, the first one behind the opening bracket; a statement that is
no list's begins behind its own brace. All end behind their closing brace. Observed in real
responses of SimulateCustomPolicy.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Final, NamedTuple

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
# Numbers as texts: one of thousands of digits is none to the interpreter.
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str)


class Position(NamedTuple):
    """A line and a column of a text, both from 1."""

    line: int
    column: int


class Span(NamedTuple):
    """From a position up to, and without, another."""

    start: Position
    end: Position


def statement_spans(text: str) -> tuple[Span, ...]:
    """Return where each statement of a document stands, in the document's order.

    :param text: a document that :meth:`Document.parse <moto_eks_podid.policy.Document.parse>` takes
    """
    lines = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def position(offset: int) -> Position:
        line = bisect_right(lines, offset)
        return Position(line, offset - lines[line - 1] + 1)

    start = _statement_member(text)
    if text[start] == "{":
        _, end = _DECODER.raw_decode(text, start)
        return (Span(position(start + 1), position(end)),)
    spans = []
    before = start + 1
    while text[here := _behind_space(text, before)] != "]":
        if text[here] == ",":
            here = _behind_space(text, here + 1)
        _, end = _DECODER.raw_decode(text, here)
        spans.append(Span(position(before), position(end)))
        before = end
    return tuple(spans)


def _statement_member(text: str) -> int:
    """Where the value of the member ``Statement`` begins; of several the last one counts."""
    found = 0
    here = _behind_space(text, 0)
    while text[here] != "}":
        name, here = _DECODER.raw_decode(text, _behind_space(text, here + 1))
        value = _behind_space(text, _behind_space(text, here) + 1)
        if name == "Statement":
            found = value
        _, here = _DECODER.raw_decode(text, value)
        here = _behind_space(text, here)
    return found


def _behind_space(text: str, offset: int) -> int:
    found = _SPACE.match(text, offset)
    assert found is not None
    return found.end()
