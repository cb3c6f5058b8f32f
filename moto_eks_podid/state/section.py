"""What a section of the state is, and what sections have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from .codec import differences, encode

#: Makes the changes that were found to be possible. It cannot be refused any more.
Commit = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A state that is to be imported: what each section has, by the section's name.

    ``replace`` says whether it takes the place of what is there and differs.
    """

    sections: Mapping[str, Any]
    replace: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A row of the table of sections.

    ``kind`` is the type of its value, as :mod:`.codec` reads it. ``export`` returns the value as it
    is in this process. ``prepare`` gets the value and all of what comes in; it raises ValueError
    for what cannot be, changes nothing, and returns what makes the changes.
    """

    name: str
    kind: Any
    export: Callable[[], Any]
    prepare: Callable[[Any, Incoming], Commit]


class Placed(Protocol):
    """An entry of a section, with a name for messages and a key that no other entry has."""

    @property
    def title(self) -> str: ...

    @property
    def key(self) -> tuple[str, ...]: ...


Entry = TypeVar("Entry", bound=Placed)

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ACCOUNT = re.compile(r"[0-9]{1,12}", re.ASCII)


def printable(text: str) -> str:
    """Return a text for a message that was not looked at yet."""
    return text[:200].encode("ascii", "backslashreplace").decode()


def check_account(account_id: str, title: str) -> None:
    """:raises ValueError: for an account that moto cannot have"""
    if not _ACCOUNT.fullmatch(account_id):
        raise ValueError(f"{printable(title)} is in no account, which has up to twelve digits")


def check_texts(entry: Placed) -> None:
    """:raises ValueError: for a character that the answers of IAM and STS, in XML, cannot have"""
    if any(_NOT_IN_XML.search(text) for text in _texts(encode(entry))):
        raise ValueError(f"{printable(entry.title)} has a character that XML cannot have")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


def check_different(entries: Iterable[Placed]) -> None:
    """:raises ValueError: when two entries are the same thing"""
    seen = set()
    for entry in entries:
        if entry.key in seen:
            raise ValueError(f"{entry.title} is in the state twice")
        seen.add(entry.key)


def changes(
    entries: Iterable[Entry], present: Mapping[tuple[str, ...], Entry], incoming: Incoming
) -> list[Entry]:
    """Return the entries that are not there yet, or have to be replaced.

    :param present: what is there, by key
    :raises ValueError: for an entry that is in the state twice, or is there and differs, unless it
        is to be replaced
    """
    wanted = list(entries)
    check_different(wanted)
    changed = []
    for entry in wanted:
        there = present.get(entry.key)
        if there is not None:
            differing = next(differences(encode(there), encode(entry)), None)
            if differing is None:
                continue
            if not incoming.replace:
                raise conflict(entry.title, differing)
        changed.append(entry)
    return changed


def conflict(title: str, differing: str) -> ValueError:
    """Return the error for something that is there already."""
    return ValueError(
        f"{title} is there already, and its {differing} is another: import with replace, or into a "
        "server that has none"
    )
