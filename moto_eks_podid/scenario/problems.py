"""What is wrong with a scenario file, and where in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """A line and a column of a file, both from 1."""

    line: int
    column: int


#: Of what concerns a file as a whole.
BEGINNING = Place(1, 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; its text is ``FILE:LINE:COLUMN: what``.

    :ivar file: the scenario's path as it was given, or that of a policy's file
    """

    file: str
    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.place.line}:{self.place.column}: {self.text}"


class ScenarioError(ValueError):
    """A scenario cannot be had as its file describes it. The message has a line for each problem.

    :ivar problems: all that is wrong, in the file's order, each with ``file``, ``place`` (its
        ``line`` and ``column``) and ``text``
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
