"""Typed JSON, read and written as Go's ``encoding/json`` does with a struct.

The webhook decodes a pod into Go structs and encodes its containers from them. That sorts members
into the struct's order, drops empty ones that are marked ``omitempty``, and adds those that are
not. It also refuses values of another type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from .quantities import canonical_quantity


class MalformedValue(ValueError):
    """A value of another type than its place takes.

    The message says where, and calls the outermost value "it".
    """


class Kind(Protocol):
    """A Go type: what JSON it takes, and what it writes."""

    def canonical(self, value: Any, path: str) -> Any:
        """Return a value that is not null as the type writes it.

        :raises MalformedValue: for a value of another type
        """

    def zero(self) -> Any:
        """Return what the type writes when it was never given a value."""


class Keep(Enum):
    """When a struct writes a member."""

    ALWAYS = "no omitempty"
    IF_SET = "omitempty: not zero, not empty"
    IF_GIVEN = "a pointer with omitempty: whatever was given, unless null"
    OR_NULL = "a pointer without omitempty: null stands for nothing"


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    def canonical(self, value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise _wrong(value, path, "a string")
        return value

    def zero(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Whole:
    """A signed integer of 32 or 64 bits."""

    bits: int

    def canonical(self, value: Any, path: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong(value, path, "a whole number")
        if not -(2 ** (self.bits - 1)) <= value < 2 ** (self.bits - 1):
            raise MalformedValue(f"{path} does not fit into {self.bits} bits")
        return value

    def zero(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean."""

    def canonical(self, value: Any, path: str) -> bool:
        if not isinstance(value, bool):
            raise _wrong(value, path, "a boolean")
        return value

    def zero(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class IntOrString:
    """A port: its number or its name."""

    def canonical(self, value: Any, path: str) -> int | str:
        if isinstance(value, str):
            return value
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong(value, path, "a whole number or a string")
        return Whole(32).canonical(value, path)

    def zero(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity; a number counts as its text."""

    def canonical(self, value: Any, path: str) -> str:
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            raise _wrong(value, path, "a quantity")
        try:
            return canonical_quantity(str(value).strip())
        except ValueError as error:
            raise MalformedValue(f"{path}: {error}") from None

    def zero(self) -> str:
        return "0"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A slice."""

    entries: Kind

    def canonical(self, value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise _wrong(value, path, "a list")
        return [
            self.entries.zero()
            if entry is None
            else self.entries.canonical(entry, f"{path}[{place}]")
            for place, entry in enumerate(value)
        ]

    def zero(self) -> list[Any]:
        return []


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map from strings; Go sorts its keys."""

    values: Kind

    def canonical(self, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _wrong(value, path, "an object")
        _check_keys(value, path)
        return {
            key: self.values.zero()
            if value[key] is None
            else self.values.canonical(value[key], f"{path}[{key}]")
            for key in sorted(value)
        }

    def zero(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a struct."""

    name: str
    kind: Kind
    keep: Keep = Keep.IF_SET


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct. Members that it does not know follow at the end, as they were given.

    Go would drop them. They may be newer than this table: nothing that a user wrote is lost.
    """

    members: tuple[Member, ...]

    def canonical(self, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _wrong(value, path, "an object")
        _check_keys(value, path)
        written: dict[str, Any] = {}
        for member in self.members:
            given = value.get(member.name)
            if given is not None:
                given = member.kind.canonical(given, f"{path}.{member.name}".lstrip("."))
            elif member.keep is Keep.ALWAYS:
                given = member.kind.zero()
            if member.keep is Keep.IF_SET and not given:
                continue
            if member.keep is Keep.IF_GIVEN and given is None:
                continue
            written[member.name] = given
        known = {member.name for member in self.members}
        return {**written, **{name: value[name] for name in value if name not in known}}

    def zero(self) -> dict[str, Any]:
        return self.canonical({}, "")


def _check_keys(value: Mapping[Any, Any], path: str) -> None:
    for key in value:
        if not isinstance(key, str):
            raise MalformedValue(f"{path or 'it'} has the key {key!r}, which is no string")


def _wrong(value: Any, path: str, expected: str) -> MalformedValue:
    return MalformedValue(f"{path or 'it'} is {named(value)}, not {expected}")


def named(value: Any) -> str:
    """Return what kind of JSON a value is, or of Python, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, Mapping) else f"a Python {type(value).__name__}"
