"""Wildcards and policy variables: what may stand in a resource, an action or a condition value.

Follows "IAM policy elements: Variables and tags" and "IAM JSON policy elements: Resource" (IAM User
Guide).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

#: What conditions are tested against: folded key name -> one value, or the values of a multi-valued
#: key. A key that is absent, or that has an empty list of values, is not in it.
Context: TypeAlias = Mapping[str, "str | tuple[str, ...]"]


class Wild(Enum):
    """A wildcard, as opposed to the same character taken literally."""

    MANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """``${key}`` or ``${key, 'default'}``; ``text`` is how the policy spells it."""

    key: str
    default: str | None
    text: str


#: A piece of a pattern. Text put in for a variable is text: a ``*`` inside it is no wildcard.
Piece: TypeAlias = "str | Wild"
Pattern: TypeAlias = "tuple[Piece, ...]"
Template: TypeAlias = "tuple[Piece | Variable, ...]"

_VARIABLE = re.compile(
    r"\$\{(?:(?P<literal>[*?$])|(?P<key>[^{}$,'*?]+)(?:, ?'(?P<default>[^']*)')?)\}"
)
_WILDCARD = re.compile(r"([*?])")


def read_template(text: str, *, wildcards: bool, variables: bool) -> Template:
    """Cut a policy value into text, wildcards and variables.

    :param wildcards: whether ``*`` and ``?`` are wildcards here
    :param variables: whether ``${…}`` means anything here; malformed ones are plain text
    """
    if not variables:
        return tuple(_plain(text, wildcards))
    pieces: list[Piece | Variable] = []
    position = 0
    for found in _VARIABLE.finditer(text):
        pieces += _plain(text[position : found.start()], wildcards)
        if found["literal"]:
            pieces.append(found["literal"])
        else:
            pieces.append(Variable(found["key"].lower(), found["default"], found[0]))
        position = found.end()
    pieces += _plain(text[position:], wildcards)
    return tuple(pieces)


def read_resource(text: str, *, variables: bool) -> Template:
    """Cut a resource into pieces; variables are read only after the ARN's fifth colon."""
    colons = 0
    pieces: list[Piece | Variable] = []
    for piece in read_template(text, wildcards=True, variables=variables):
        if isinstance(piece, str):
            colons += piece.count(":")
        if isinstance(piece, Variable) and colons < 5:
            pieces += _plain(piece.text, True)
        else:
            pieces.append(piece)
    return tuple(pieces)


def _plain(text: str, wildcards: bool) -> Iterable[Piece]:
    if not wildcards:
        return (text,) if text else ()
    return (
        Wild(piece) if piece in {"*", "?"} else piece for piece in _WILDCARD.split(text) if piece
    )


def is_fixed(template: Template) -> bool:
    """Whether a template has no variables, so that it can be compiled once."""
    return not any(isinstance(piece, Variable) for piece in template)


def resolve(template: Template, context: Context) -> Pattern | None:
    """Put the request's values in for the variables.

    :returns: None when a variable has neither a value nor a default. The values of a multi-valued
        key cannot be used, not even when there is only one.
    """
    pieces: list[Piece] = []
    for piece in template:
        if not isinstance(piece, Variable):
            pieces.append(piece)
            continue
        value = context.get(piece.key)
        if not isinstance(value, str):
            value = piece.default
        if value is None:
            return None
        pieces.append(value)
    return tuple(pieces)


def fixed_patterns(templates: Iterable[Template]) -> list[Pattern]:
    """The templates without variables, as the patterns that they are."""
    return [p for t in templates if is_fixed(t) and (p := resolve(t, {})) is not None]


def show(template: Template) -> str:
    """A template as the policy spells it."""
    return "".join(
        piece if isinstance(piece, str) else piece.value if isinstance(piece, Wild) else piece.text
        for piece in template
    )


def literal(pattern: Template) -> str | None:
    """The only text that a pattern matches, or None when it has wildcards."""
    if any(not isinstance(piece, str) for piece in pattern):
        return None
    return show(pattern)


def matches_everything(pattern: Pattern) -> bool:
    """Whether a pattern consists of nothing but ``*``."""
    return bool(pattern) and all(piece is Wild.MANY for piece in pattern)


def split_arn(pattern: Pattern) -> list[Pattern]:
    """Cut a pattern at its first five colons, those of a variable's value included."""
    parts: list[list[Piece]] = [[]]
    for piece in pattern:
        if isinstance(piece, Wild):
            parts[-1].append(piece)
            continue
        first, *others = piece.split(":", 6 - len(parts))
        parts[-1].append(first)
        parts += [[other] for other in others]
    return [tuple(part) for part in parts]


class Glob:
    """Matches text against one pattern.

    The text before the first ``*`` and after the last one is anchored; each run between two of them
    is looked for once, from where the one before it ended. A leftmost find is never worse than a
    later one, so nothing is tried twice: a hostile pattern costs one find per ``*``.
    """

    __slots__ = ("_exact", "_head", "_middle", "_tail")

    def __init__(self, pattern: Pattern) -> None:
        runs: list[list[str | None]] = [[]]
        for piece in pattern:
            if piece is Wild.MANY:
                runs.append([])
            else:
                runs[-1].append(None if isinstance(piece, Wild) else piece)
        self._exact = len(runs) == 1
        self._head = _run(runs[0])
        self._tail = _run(runs[-1])
        self._middle = tuple(_run(run) for run in runs[1:-1] if run)

    def __call__(self, text: str) -> bool:
        head, tail = self._head, self._tail
        if self._exact:
            return len(text) == head.size and head.at(text, 0)
        position = head.size
        end = len(text) - tail.size
        if end < position or not head.at(text, 0) or not tail.at(text, end):
            return False
        for run in self._middle:
            position = run.find(text, position, end)
            if position < 0:
                return False
            position += run.size
        return True


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    size: int

    def at(self, text: str, position: int) -> bool:
        return text.startswith(self.text, position)

    def find(self, text: str, start: int, end: int) -> int:
        return text.find(self.text, start, end)


@dataclass(frozen=True, slots=True)
class _TextWithHoles:
    """A run with ``?`` in it: a regular expression of fixed length, so nothing to backtrack."""

    expression: re.Pattern[str]
    size: int

    def at(self, text: str, position: int) -> bool:
        return self.expression.match(text, position) is not None

    def find(self, text: str, start: int, end: int) -> int:
        found = self.expression.search(text, start, end)
        return found.start() if found else -1


def _run(pieces: list[str | None]) -> _Text | _TextWithHoles:
    size = sum(1 if piece is None else len(piece) for piece in pieces)
    if None not in pieces:
        return _Text("".join(piece for piece in pieces if piece), size)
    source = "".join("." if piece is None else re.escape(piece) for piece in pieces)
    return _TextWithHoles(re.compile(source, re.DOTALL), size)


def any_of(patterns: Iterable[Pattern]) -> Callable[[str], bool]:
    """A test whether text matches at least one of the patterns."""
    literals: set[str] = set()
    prefixes: list[str] = []
    globs: list[Glob] = []
    for pattern in patterns:
        text = literal(pattern)
        if text is not None:
            literals.add(text)
        elif matches_everything(pattern):
            return _anything
        elif pattern[-1] is Wild.MANY and (text := literal(pattern[:-1])) is not None:
            prefixes.append(text)
        else:
            globs.append(Glob(pattern))
    return _test(frozenset(literals), tuple(prefixes), tuple(globs))


def _test(
    literals: frozenset[str], prefixes: tuple[str, ...], globs: tuple[Glob, ...]
) -> Callable[[str], bool]:
    # Most statements have texts and prefixes only, and the interpreter compares those in one call.
    if not globs:
        if not prefixes:
            return literals.__contains__
        if not literals:
            return lambda text: text.startswith(prefixes)

    def test(text: str) -> bool:
        if text in literals or text.startswith(prefixes):
            return True
        # A loop, because a generator costs more than most of the matches.
        for glob in globs:  # noqa: SIM110
            if glob(text):
                return True
        return False

    return test


def _anything(text: str) -> bool:
    return True


class ArnGlob:
    """Matches an ARN against a pattern: six parts, each on its own.

    ``*`` stays within its part, except in the last one. What has fewer parts is no ARN and never
    matches. Follows "IAM JSON policy elements: Condition operators", ARN condition operators.
    """

    __slots__ = ("_parts",)

    def __init__(self, pattern: Pattern) -> None:
        self._parts = tuple(Glob(part) for part in split_arn(pattern))

    def __call__(self, text: str) -> bool:
        parts = text.split(":", 5)
        return len(self._parts) == 6 == len(parts) and all(
            glob(part) for glob, part in zip(self._parts, parts, strict=True)
        )
