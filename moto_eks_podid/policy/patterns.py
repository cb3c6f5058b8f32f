"""Texts of a policy with wildcards and policy variables, compiled once and matched in linear time.

Follows "IAM policy elements: Variables and tags" and "IAM JSON policy elements: Resource" (IAM User
Guide).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .context import Context


@dataclass(frozen=True, slots=True)
class Variable:
    """``${key}`` or ``${key, 'default'}``."""

    key: str
    default: str | None = None


class Wildcard(str):
    """``*`` or ``?`` that stands for other characters, unlike the same character in a text."""

    __slots__ = ()


MANY = Wildcard("*")
ONE = Wildcard("?")

Part: TypeAlias = str | Variable

_VARIABLE = re.compile(
    r"\$\{(?:(?P<literal>[*?$])|(?P<key>[^{},']+?)(?:, '(?P<default>[^']*)')?)\}"
)
_WILDCARDS = re.compile(r"([*?])")


class UnresolvedVariable(LookupError):
    """A policy variable has no value in the request and no default."""


def read(text: str, *, variables: bool, wildcards: bool) -> tuple[Part, ...]:
    """Take a policy's text apart into plain texts, wildcards and variables.

    :param variables: whether ``${…}`` means something here (Version 2012-10-17, and an element that
        takes variables); else it is plain text
    :param wildcards: whether ``*`` and ``?`` mean something here
    """
    parts: list[Part] = []
    end = 0
    for match in _VARIABLE.finditer(text) if variables else ():
        parts += _plain(text[end : match.start()], wildcards)
        if match["literal"]:
            parts.append(match["literal"])
        else:
            parts.append(Variable(match["key"].lower(), match["default"]))
        end = match.end()
    return (*parts, *_plain(text[end:], wildcards))


def _plain(text: str, wildcards: bool) -> list[Part]:
    if not wildcards:
        return [text] if text else []
    return [
        Wildcard(piece) if piece in ("*", "?") else piece
        for piece in _WILDCARDS.split(text)
        if piece
    ]


def resolve(parts: Sequence[Part], context: Context) -> list[str]:
    """Put the request's values in place of the variables; a ``*`` in a value is no wildcard.

    :raises UnresolvedVariable: for a variable that has no single value and no default
    """
    resolved: list[str] = []
    for part in parts:
        if isinstance(part, Variable):
            value = context.single(part.key)
            if value is None:
                value = part.default
            if value is None:
                raise UnresolvedVariable(part.key)
            resolved.append(value)
        else:
            resolved.append(part)
    return resolved


class Glob:
    """A pattern of plain texts and wildcards, matched as a whole.

    Between two ``*`` stands a run of fixed length; taking each run at its first place is enough, so
    no pattern makes the matcher go back.
    """

    __slots__ = ("_first", "_last", "_middle", "_whole")

    def __init__(self, parts: Sequence[str]) -> None:
        runs: list[list[str]] = [[]]
        for part in parts:
            if part is MANY or (isinstance(part, Wildcard) and part == "*"):
                runs.append([])
            else:
                runs[-1].append(part)
        compiled = [_Run(run) for run in runs]
        self._whole = compiled[0] if len(compiled) == 1 else None
        self._first, self._last = compiled[0], compiled[-1]
        self._middle = [run for run in compiled[1:-1] if run.length]

    def matches(self, text: str) -> bool:
        """Tell whether the whole text matches."""
        if self._whole is not None:
            return self._whole.length == len(text) and self._whole.stands_at(text, 0)
        end = len(text) - self._last.length
        if self._first.length > end or not self._first.stands_at(text, 0):
            return False
        if not self._last.stands_at(text, end):
            return False
        place = self._first.length
        for run in self._middle:
            place = run.find(text, place, end)
            if place < 0:
                return False
        return True


class _Run:
    """A run of plain texts and ``?``: it has one length."""

    __slots__ = ("_pattern", "_text", "length")

    def __init__(self, parts: Sequence[str]) -> None:
        self.length = sum(map(len, parts))
        self._text = "".join(parts)
        self._pattern: re.Pattern[str] | None = None
        if any(isinstance(part, Wildcard) for part in parts):
            expression = "".join(
                "." if isinstance(part, Wildcard) else re.escape(part) for part in parts
            )
            self._pattern = re.compile(expression, re.DOTALL)

    def stands_at(self, text: str, place: int) -> bool:
        if self._pattern is None:
            return text.startswith(self._text, place)
        return self._pattern.match(text, place) is not None

    def find(self, text: str, start: int, end: int) -> int:
        """Return the place behind the first occurrence between start and end; -1 without one."""
        if self._pattern is None:
            found = text.find(self._text, start, end)
            return found + self.length if found >= 0 else -1
        match = self._pattern.search(text, start, end)
        return match.end() if match else -1


def is_fixed(parts: Sequence[Part]) -> bool:
    """Tell whether parts have no variables: they mean the same for every request."""
    return not any(isinstance(part, Variable) for part in parts)


#: Tells whether a text of the request matches a text of the policy.
Matcher: TypeAlias = Callable[[str], bool]


def glob(parts: Sequence[str]) -> Matcher:
    """Return the matcher of parts without variables; plain comparison where there is no wildcard."""
    if not any(isinstance(part, Wildcard) for part in parts):
        return "".join(parts).__eq__
    if len(parts) == 1 and parts[0] == "*":
        return lambda text: True
    return Glob(parts).matches


def arn_glob(parts: Sequence[str]) -> Matcher:
    """Return the matcher of an ARN pattern: six parts compared apart, the last with all its colons."""
    sections = _arn_sections(parts)
    if len(sections) == 1 and list(sections[0]) == ["*"]:
        return lambda text: text.startswith("arn:")
    if len(sections) != 6:
        return lambda text: False
    matchers = [glob(section) for section in sections]

    def matches(text: str) -> bool:
        found = text.split(":", 5)
        return len(found) == 6 and all(
            matcher(section) for matcher, section in zip(matchers, found, strict=True)
        )

    return matches


def _arn_sections(parts: Sequence[str]) -> list[list[str]]:
    sections: list[list[str]] = [[]]
    for part in parts:
        if isinstance(part, Wildcard):
            sections[-1].append(part)
            continue
        first, *others = part.split(":", 6 - len(sections))
        sections[-1].append(first)
        sections += [[other] for other in others]
    return [[piece for piece in section if piece] for section in sections]
