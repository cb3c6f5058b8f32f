"""The kinds of values in a scenario file: how each is read, and what JSON Schema says of it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import yaml

from .composing import Malformed, composed, decoded, place_of
from .problems import BEGINNING, Place, Problem, ScenarioError

Json = dict[str, Any]

#: What a value that cannot be read is read as; its problem was reported.
INVALID: Final = object()

#: Of a file; what else is wrong with it is not looked for.
MAX_PROBLEMS: Final = 100

_NOTHING: Final = frozenset({"", "~", "null", "Null", "NULL"})


class Reading:
    """The reading of one file: gathers what is wrong with it.

    :param path: as it was given; files of policies are relative to its folder
    :param problems: of another file, to be added to
    """

    def __init__(self, path: Path, problems: list[Problem] | None = None) -> None:
        self.path = path
        self.problems: list[Problem] = [] if problems is None else problems

    def report(self, where: yaml.Node | Place, text: str) -> None:
        """Add a problem.

        :raises ScenarioError: when there are so many that nobody would read another one
        """
        place = where if isinstance(where, Place) else place_of(where.start_mark)
        self.problems.append(Problem(str(self.path), place, text))
        if len(self.problems) == MAX_PROBLEMS:
            self.end()

    def text(self) -> str | None:
        """Return the file's text; None when it has none, which is reported."""
        try:
            return decoded(self.path.read_bytes())
        except OSError as error:
            self.report(BEGINNING, f"the file cannot be read: {error.strerror or error}")
        except Malformed as malformed:
            self.report(malformed.place, malformed.text)
        except ValueError:
            # Of a path with a NUL in it.
            self.report(BEGINNING, "the file cannot be read: no file can be called so")
        return None

    def root(self, text: str) -> yaml.Node | None:
        """Return the root of a text; None when it is no YAML, which is reported."""
        try:
            return composed(text)
        except Malformed as malformed:
            self.report(malformed.place, malformed.text)
            return None

    def end(self) -> None:
        """:raises ScenarioError: when there was a problem"""
        if self.problems:
            own = str(self.path)
            raise ScenarioError(sorted(self.problems, key=lambda one: (one.file != own, one.place)))

    def members(self, node: yaml.MappingNode) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        """Yield names and values of a mapping, without those that are repeated or no texts."""
        seen: set[str] = set()
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                self.report(name, f"a member's name is a text, not {called(name)}")
            elif name.value == "<<" and not name.style:
                self.report(name, "merge keys (<<) are not read here; an alias is")
            elif name.value in seen:
                self.report(name, f"{name.value!r} stands twice in one mapping")
            else:
                seen.add(name.value)
                yield name, value


def called(node: yaml.Node) -> str:
    """Return what a node is, for a message."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "nothing" if is_nothing(node) else "a text"


def is_nothing(node: yaml.Node) -> bool:
    """Tell whether nothing, or YAML's word for it, was written."""
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in _NOTHING


class Kind(Protocol):
    """A kind of value."""

    @property
    def word(self) -> str:
        """What such a value is, for messages and the documentation."""

    def read(self, node: yaml.Node, reading: Reading) -> Any:
        """Return the value, or INVALID after a report."""

    def schema(self) -> Json:
        """Return what JSON Schema says of such values."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text; numbers and the like count as they were written.

    :param pattern: that it has to match, all of it
    """

    word: str = "a text"
    pattern: str | None = None

    def read(self, node: yaml.Node, reading: Reading) -> Any:
        """Return the text."""
        if not isinstance(node, yaml.ScalarNode) or is_nothing(node):
            reading.report(node, f"expected {self.word}, got {called(node)}")
            return INVALID
        # `$` alone would let a trailing line feed through.
        if self.pattern is not None and not re.fullmatch(self.pattern, node.value, re.ASCII):
            reading.report(node, f"expected {self.word}, got {node.value[:100]!r}")
            return INVALID
        return node.value

    def schema(self) -> Json:
        """Return what JSON Schema says of it: a pattern is about texts alone."""
        schema: Json = {"type": ["string", "number", "boolean"]}
        if self.pattern is not None:
            schema["pattern"] = f"^(?:{self.pattern})$"
        return schema


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    word: str = "true or false"

    def read(self, node: yaml.Node, reading: Reading) -> Any:
        """Return which."""
        if isinstance(node, yaml.ScalarNode) and node.value in ("true", "false"):
            return node.value == "true"
        got = repr(node.value) if isinstance(node, yaml.ScalarNode) else called(node)
        reading.report(node, f"expected {self.word}, got {got}")
        return INVALID

    def schema(self) -> Json:
        """Return what JSON Schema says of it."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from 1."""

    most: int

    @property
    def word(self) -> str:
        """What such a value is."""
        return f"a number from 1 to {self.most}"

    def read(self, node: yaml.Node, reading: Reading) -> Any:
        """Return the number."""
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        if re.fullmatch(r"[1-9][0-9]{0,9}", text) and int(text) <= self.most:
            return int(text)
        got = repr(text[:100]) if isinstance(node, yaml.ScalarNode) else called(node)
        reading.report(node, f"expected {self.word}, got {got}")
        return INVALID

    def schema(self) -> Json:
        """Return what JSON Schema says of it."""
        return {"type": "integer", "minimum": 1, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    of: Kind
    word: str = "a list"

    def read(self, node: yaml.Node, reading: Reading) -> Any:
        """Return the entries, without those that cannot be read."""
        if not isinstance(node, yaml.SequenceNode):
            reading.report(node, f"expected {self.word}, got {called(node)}")
            return INVALID
        read = [self.of.read(entry, reading) for entry in node.value]
        return tuple(entry for entry in read if entry is not INVALID)

    def schema(self) -> Json:
        """Return what JSON Schema says of it."""
        return {"type": "array", "items": self.of.schema()}


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping of names that the file's author chooses."""

    of: Kind
    word: str
    name: Text = field(default_factory=Text)

    def read(self, node: yaml.Node, reading: Reading) -> Any:
        """Return the members, without those that cannot be read."""
        if not isinstance(node, yaml.MappingNode):
            reading.report(node, f"expected {self.word}, got {called(node)}")
            return INVALID
        found = {}
        for key, value_node in reading.members(node):
            name, value = self.name.read(key, reading), self.of.read(value_node, reading)
            if name is not INVALID and value is not INVALID:
                found[name] = value
        return found

    def schema(self) -> Json:
        """Return what JSON Schema says of it."""
        schema: Json = {"type": "object", "additionalProperties": self.of.schema()}
        if self.name.pattern is not None:
            schema["propertyNames"] = {"pattern": f"^(?:{self.name.pattern})$"}
        return schema


@dataclass(frozen=True, slots=True)
class Entry:
    """A mapping of the file, as it was read.

    :ivar values: its members' values, without those that cannot be read
    :ivar places: where each value is
    """

    place: Place
    values: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a member's value; ``default`` where it was not given."""
        return self.values.get(name, default)


@dataclass(frozen=True, slots=True)
class Names:
    """A mapping of names to texts; somebody else knows which names there are."""

    word: str

    def read(self, node: yaml.Node, reading: Reading) -> Any:
        """Return the texts, with the places of their names."""
        if not isinstance(node, yaml.MappingNode):
            reading.report(node, f"expected {self.word}, got {called(node)}")
            return INVALID
        values, places = {}, {}
        for name, value_node in reading.members(node):
            value = Text().read(value_node, reading)
            if value is not INVALID:
                values[name.value] = value
                places[name.value] = place_of(name.start_mark)
        return Entry(place_of(node.start_mark), values, places)

    def schema(self) -> Json:
        """Return what JSON Schema says of it."""
        return {"type": "object", "additionalProperties": Text().schema()}


@dataclass(frozen=True, slots=True)
class Member:
    """A row of a table: a member that a mapping may have."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Struct:
    """A mapping whose members are declared."""

    members: tuple[Member, ...]
    word: str = "a mapping"

    def read(self, node: yaml.Node, reading: Reading) -> Entry:
        """Return the mapping, with what can be read of it."""
        place = place_of(node.start_mark)
        if not isinstance(node, yaml.MappingNode):
            reading.report(node, f"expected {self.word}, got {called(node)}")
            return Entry(place)
        known = {member.name: member for member in self.members}
        values: dict[str, Any] = {}
        places: dict[str, Place] = {}
        for key, value_node in reading.members(node):
            member = known.get(key.value)
            if member is None:
                reading.report(key, f"there is no member {key.value[:100]!r}{_hint(key, known)}")
                continue
            places[member.name] = place_of(value_node.start_mark)
            value = member.kind.read(value_node, reading)
            if value is not INVALID:
                values[member.name] = value
        missing = [one.name for one in self.members if one.required and one.name not in places]
        if missing:
            reading.report(node, f"missing: {', '.join(missing)}")
        return Entry(place, values, places)

    def schema(self) -> Json:
        """Return what JSON Schema says of it."""
        schema: Json = {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                member.name: {"description": member.meaning, **member.kind.schema()}
                for member in self.members
            },
        }
        if required := [member.name for member in self.members if member.required]:
            schema["required"] = required
        return schema


def _hint(key: yaml.ScalarNode, known: Mapping[str, Member]) -> str:
    close = difflib.get_close_matches(key.value[:100], known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"
