"""JSON as Go reads it: what it takes, and the words in which it refuses the rest.

The node agent is a Go program, and its answer to a broken token ends in the text of Go's
``encoding/json``. Python's decoder reads what is well formed; the scanner below is for what is not,
and says what Go says: at which character it stopped, and what it was looking for.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

_SPACES: Final = " \t\r\n"
_LITERALS: Final = {"t": "true", "f": "false", "n": "null"}
_MAX_DEPTH: Final = 10_000
_DIGITS = re.compile(r"[0-9]+")
_PLAIN_CHARACTERS = re.compile(r'[^"\\\x00-\x1f]*')


class GoJSONError(ValueError):
    """A text that Go's ``json.Unmarshal`` refuses; the message is Go's."""


class TooLarge(float):
    """A number that a float cannot hold: infinite, and ``text`` as it was written."""

    text: str


def loads(data: bytes) -> Any:
    """Return the value of a JSON text; numbers are floats, or :class:`TooLarge`.

    :param data: bytes that are not UTF-8 inside a string count as replacement characters
    :raises GoJSONError: with Go's words
    """
    try:
        return _DECODER.decode(data.decode("utf-8", "replace"))
    except RecursionError:
        raise GoJSONError("exceeded max depth") from None
    except ValueError:
        _Scanner(data.decode("latin-1")).scan()
        # What Python alone refuses, if there is such a thing, is refused all the same.
        raise GoJSONError("unexpected end of JSON input") from None


def kind_of(value: object) -> str:
    """Return what Go calls a JSON value in an error."""
    if isinstance(value, bool):
        return "bool"
    kinds = ((dict, "object"), (list, "array"), (str, "string"))
    return next((word for kind, word in kinds if isinstance(value, kind)), "number")


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        value = TooLarge(value)
        value.text = text
    return value


# Python's own limit on the digits of an integer does not count for a float.
_DECODER = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_no_constant)


class _Scanner:
    """Finds the first character that is wrong, in a text of one character a byte."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        #: The brackets that are open.
        self._open: list[str] = []

    def scan(self) -> None:
        """:raises GoJSONError: for the first thing that is wrong, if there is one"""
        self._value()
        while self._open:
            self._after_value()
        self._spaces()
        if self._at < len(self._text):
            self._refuse("after top-level value")

    def _value(self) -> None:
        """A scalar, or the beginning of an object or array down to its first scalar."""
        while True:
            first = self._next()
            if first not in "{[":
                break
            if len(self._open) >= _MAX_DEPTH:
                raise GoJSONError("exceeded max depth")
            self._at += 1
            self._spaces()
            if self._peek() == {"{": "}", "[": "]"}[first]:
                self._at += 1
                return
            self._open.append(first)
            if first == "{":
                self._key()
        if first == '"':
            self._string()
        elif first in "-0123456789":
            self._number()
        elif first in _LITERALS:
            self._literal(_LITERALS[first])
        else:
            self._refuse("looking for beginning of value")

    def _after_value(self) -> None:
        """What follows a value inside of an object or array."""
        if self._open[-1] == "{":
            mark = self._next()
            if mark not in ",}":
                self._refuse("after object key:value pair")
        else:
            mark = self._next()
            if mark not in ",]":
                self._refuse("after array element")
        self._at += 1
        if mark != ",":
            self._open.pop()
            return
        if self._open[-1] == "{":
            self._key()
        self._value()

    def _key(self) -> None:
        if self._next() != '"':
            self._refuse("looking for beginning of object key string")
        self._string()
        if self._next() != ":":
            self._refuse("after object key")
        self._at += 1

    def _string(self) -> None:
        self._at += 1
        while True:
            self._skip(_PLAIN_CHARACTERS)
            mark = self._needed()
            if mark == '"':
                self._at += 1
                return
            if mark != "\\":
                self._refuse("in string literal")
            self._at += 1
            escape = self._within()
            if escape not in '"\\/bfnrtu':
                self._refuse("in string escape code")
            self._at += 1
            if escape == "u":
                for _ in range(4):
                    if self._within() not in "0123456789abcdefABCDEF":
                        self._refuse("in \\u hexadecimal character escape")
                    self._at += 1

    def _number(self) -> None:
        if self._peek() == "-":
            self._at += 1
        if self._within() == "0":
            self._at += 1
        else:
            self._digits("in numeric literal")
        if self._peek() == ".":
            self._at += 1
            self._digits("after decimal point in numeric literal")
        if self._peek() in ("e", "E"):
            self._at += 1
            if self._peek() in ("+", "-"):
                self._at += 1
            self._digits("in exponent of numeric literal")

    def _digits(self, where: str) -> None:
        if self._within() not in "0123456789":
            self._refuse(where)
        self._skip(_DIGITS)

    def _literal(self, word: str) -> None:
        for letter in word:
            if self._within() != letter:
                self._refuse(f"in literal {word} (expecting {letter!r})")
            self._at += 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        assert match
        self._at = match.end()

    def _spaces(self) -> None:
        while self._peek() and self._peek() in _SPACES:
            self._at += 1

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _needed(self) -> str:
        if self._at >= len(self._text):
            raise GoJSONError("unexpected end of JSON input")
        return self._text[self._at]

    def _within(self) -> str:
        """What comes next inside of a token. Go looks for its end with one more space."""
        return self._peek() or " "

    def _next(self) -> str:
        self._spaces()
        return self._needed()

    def _refuse(self, where: str) -> NoReturn:
        raise GoJSONError(f"invalid character {_quoted(self._within())} {where}")


def _quoted(character: str) -> str:
    if character == "'":
        return r"'\''"
    # Go's and Python's escapes agree on a byte, but for these.
    special = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\v": r"\v", "\\": r"\\", '"': '"'}
    if character in special:
        return f"'{special[character]}'"
    if character > "\x7f" and not character.isprintable():
        return f"'\\u{ord(character):04x}'"
    return repr(character)
