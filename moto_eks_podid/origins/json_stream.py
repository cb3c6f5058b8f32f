"""JSON of any length, read piece by piece: memory holds one value, not the document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

#: Characters that are read at once.
PIECE = 1 << 20
#: A value that is longer is no record (CloudTrail's are at most 256 KB); it is opened instead.
LONG = 4 * PIECE
#: Nothing of CloudTrail's has a single value of this length.
TOO_LONG = 64 * PIECE

_WHITESPACE = " \t\n\r"
_decode = json.JSONDecoder().raw_decode
#: As many characters before the end of a piece, a decoder's complaint may be about the cut.
_CUT = 16
_ENDS = "the text ends in the middle"


class MalformedJSON(ValueError):
    """The text is not JSON; ``line`` and ``column`` count from 1."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {problem}")
        self.problem = problem
        self.line = line
        self.column = column


class Elements:
    """The values of a document, or the elements of its lists, one by one.

    A document is any number of values one after the other, with or without line breaks between
    them. Of a top-level list, and of a list that is one of ``lists`` in a top-level object, the
    elements are given; of such an object, nothing else. Every other value is given whole.
    """

    def __init__(self, text: TextIO, lists: frozenset[str]) -> None:
        self._text = text
        self._lists = lists
        self._buffer = ""
        self._at = 0
        self._line = 1
        self._column = 1
        self._ended = False

    def __iter__(self) -> Iterator[Any]:
        while character := self._next_character():
            if character == "[":
                yield from self._elements()
            elif character == "{":
                yield from self._members_or_whole()
            else:
                yield self._value()

    def error(self, problem: str) -> MalformedJSON:
        """Return an error that names the place up to which was read."""
        return MalformedJSON(problem, *self._place())

    def _members_or_whole(self) -> Iterator[Any]:
        if not self._begins_with_list():
            value = self._value(LONG)
            if value is not self:
                yield value
                return
        opened = self.error("an object that is too long, and without records")
        self._at += 1
        lists = 0
        separator = self._next_character()
        while separator != "}":
            name = self._value()
            if not isinstance(name, str):
                raise self.error("a member's name is missing")
            self._expect(":")
            if self._next_character() == "[" and name in self._lists:
                lists += 1
                yield from self._elements()
            else:
                self._value()
            separator = self._next_character()
            if separator == ",":
                self._at += 1
                if self._next_character() != '"':
                    raise self.error("a member's name is missing")
            elif separator != "}":
                raise self.error("',' or '}' is missing" if separator else _ENDS)
        self._at += 1
        if not lists:
            raise opened

    def _begins_with_list(self) -> bool:
        """Tell whether an object's first member is one of the lists, without decoding it."""
        beginning = self._buffer[self._at : self._at + 200].lstrip("{" + _WHITESPACE)
        name, colon, rest = beginning.partition(":")
        return bool(
            colon and rest.lstrip().startswith("[") and name.strip().strip('"') in self._lists
        )

    def _elements(self) -> Iterator[Any]:
        self._at += 1
        if self._next_character() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            separator = self._next_character()
            if separator not in (",", "]"):
                raise self.error("',' or ']' is missing" if separator else _ENDS)
            self._at += 1
            if separator == "]":
                return

    def _expect(self, character: str) -> None:
        if self._next_character() != character:
            raise self.error(f"{character!r} is missing")
        self._at += 1

    def _value(self, limit: int = TOO_LONG) -> Any:
        """Decode the next value; return ``self`` when it is longer than a limit below the last."""
        if not self._next_character():
            raise self.error(_ENDS)
        while True:
            try:
                value, end = _decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                open_string = error.msg.startswith("Unterminated string")
                if self._ended and (open_string or error.pos >= len(self._buffer.rstrip())):
                    self._at = len(self._buffer)
                    raise self.error(_ENDS) from None
                if self._ended or (not open_string and error.pos < len(self._buffer) - _CUT):
                    self._at = error.pos
                    raise self.error(error.msg) from None
                if len(self._buffer) - self._at > limit:
                    if limit < TOO_LONG:
                        return self
                    raise self.error("a value without end") from None
            except RecursionError:
                raise self.error("values are nested too deeply") from None
            else:
                # A number may go on in the next piece.
                if end < len(self._buffer) or self._ended:
                    self._at = end
                    return value
            self._read(max(PIECE, len(self._buffer) - self._at))

    def _next_character(self) -> str:
        """Go to the next character that is no white space; return it, or nothing at the end."""
        while True:
            while self._at < len(self._buffer):
                character = self._buffer[self._at]
                if character not in _WHITESPACE:
                    return character
                self._at += 1
            if self._ended:
                return ""
            self._read(PIECE)

    def _place(self) -> tuple[int, int]:
        """Line and column of where it is."""
        skipped = self._buffer[: self._at]
        if "\n" not in skipped:
            return self._line, self._column + self._at
        return self._line + skipped.count("\n"), len(skipped) - skipped.rfind("\n")

    def _read(self, length: int) -> None:
        self._line, self._column = self._place()
        piece = self._text.read(length)
        self._ended = not piece
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0
