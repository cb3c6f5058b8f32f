"""From a file's bytes to YAML nodes, which know their places: bounded, and without YAML's types.

Every scalar is the text that was written. What it means, a number or a name, is up to whoever reads
it: ``version: 1.30`` keeps its zero, and a namespace may be called ``no``.
"""

from __future__ import annotations

from typing import Any, Final

import yaml
from yaml.reader import Reader

from .problems import BEGINNING, Place

MAX_BYTES: Final = 2**20
#: Mappings and lists inside of each other.
MAX_DEPTH: Final = 50
#: With each alias counted as what it stands for.
MAX_NODES: Final = 100_000

_BYTE_ORDER_MARK: Final = "\ufeff"
_PLAIN_TAGS: Final = frozenset(
    {yaml.BaseLoader.DEFAULT_SCALAR_TAG, "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}
)


class Malformed(ValueError):
    """A text is no YAML, or no YAML that is read here."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.place = place
        self.text = text


def decoded(content: bytes) -> str:
    """Return the text of a file.

    :raises Malformed: for a file that is too large, or not UTF-8
    """
    if len(content) > MAX_BYTES:
        raise Malformed(BEGINNING, f"the file is larger than {MAX_BYTES // 2**20} MiB")
    try:
        return content.decode().removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        read = content[: error.start].decode().removeprefix(_BYTE_ORDER_MARK)
        raise Malformed(_place_in(read, len(read)), "the file is not encoded in UTF-8") from None


def composed(text: str) -> yaml.Node:
    """Return the root of a YAML document.

    :raises Malformed: for anything but one document of plain texts, lists and mappings, whose
        aliases do not lead back into themselves
    """
    if found := Reader.NON_PRINTABLE.search(text):
        place = _place_in(text, found.start())
        raise Malformed(place, f"the character U+{ord(found[0]):04X} may not be in a file")
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise Malformed(place_of(mark), f"this is no YAML: {said}") from None
    except (ValueError, OverflowError) as error:
        if isinstance(error, Malformed):
            raise
        # Numbers that Python refuses, of a character or a version of YAML.
        raise Malformed(place_of(loader.get_mark()), "this is no YAML") from None
    finally:
        loader.dispose()
    if root is None:
        raise Malformed(BEGINNING, "the file is empty")
    return root


def place_of(mark: Any) -> Place:
    """Return the place of one of PyYAML's marks."""
    return BEGINNING if mark is None else Place(mark.line + 1, mark.column + 1)


def _place_in(text: str, offset: int) -> Place:
    before = text[:offset]
    return Place(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


class _Loader(yaml.BaseLoader):
    """Composes nodes, within bounds."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._nodes = 0
        #: Of finished nodes: how many there are in each.
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        # PyYAML's types leave this method's out.
        event = self.peek_event()  # type: ignore[no-untyped-call]
        place = place_of(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            if id(node) not in self._sizes:
                raise Malformed(place, f"the alias *{event.anchor} leads back into itself")
            self._count(self._sizes[id(node)], place)
            return node
        if self._depth == MAX_DEPTH:
            raise Malformed(place, f"this is nested more than {MAX_DEPTH} deep")
        before = self._nodes
        self._count(1, place)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        assert node is not None
        if node.tag not in _PLAIN_TAGS:
            raise Malformed(place, f"the tag {node.tag} is not read here")
        if isinstance(node, yaml.ScalarNode) and Reader.NON_PRINTABLE.search(node.value):
            raise Malformed(place, "the text has a character that may not be in a file")
        self._sizes[id(node)] = self._nodes - before
        return node

    def _count(self, more: int, place: Place) -> None:
        self._nodes += more
        if self._nodes > MAX_NODES:
            raise Malformed(place, f"with its aliases, the file has more than {MAX_NODES} values")
