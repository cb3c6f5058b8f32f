"""What a statement of PartiQL is about: its table, partition keys and attributes.

Follows "IAM security policies with PartiQL for DynamoDB" and "PartiQL select statements" (DynamoDB
Developer Guide). Only statements are read that moto cannot take for others: values compared with
attributes, joined by AND.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from .call import Context
from .dynamodb_keys import key_text

_STATEMENT: Final = re.compile(
    r"\s*(?P<verb>SELECT\b(?P<list>.*?)\bFROM|INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"
    r'(?:"(?P<quoted>[^"]+)"|(?P<bare>[\w:/-]+))(?:\."(?P<index>[^"]+)")?',
    re.IGNORECASE | re.DOTALL,
)
#: Where moto cuts a SELECT, in the middle of a text, too.
_CUTS: Final = re.compile("SELECT | FROM | WHERE ", re.IGNORECASE)

_NAME: Final = r'(?:"[^"\\]*"|[A-Za-z_]\w*)'
_VALUE: Final = r"(?:'[^'\\]*'|\?|-?\d+(?:\.\d+)?)"
_SIGN: Final = "(?:=|<>|[<>]=?)"
_PAIR: Final = rf"(?:'[^'\\]*'|\"[^\"\\]*\")\s*:\s*{_VALUE}"
_SET: Final = rf"{_NAME}\s*=\s*{_VALUE}"


def _where(blank: str) -> str:
    compared = rf"{_NAME}{blank}{_SIGN}{blank}{_VALUE}"
    return rf"\s+WHERE\s+(?P<where>{compared}(?:\s+AND\s+{compared})*)"


def _rest(text: str) -> re.Pattern[str]:
    return re.compile(rf"{text}\s*", re.IGNORECASE)


#: First word -> what follows the table. moto's SELECT overlooks a sign without blanks around it.
_REST: Final[Mapping[str, re.Pattern[str]]] = {
    "DELETE": _rest(_where(r"\s*")),
    "INSERT": _rest(rf"\s+VALUE\s*\{{\s*(?P<item>{_PAIR}(?:\s*,\s*{_PAIR})*)\s*\}}"),
    "SELECT": _rest("(?:" + _where(r"[ \n]+") + ")?"),
    "UPDATE": _rest(
        rf"\s+(?:SET\s+(?P<set>{_SET}(?:\s*,\s*{_SET})*)|REMOVE\s+(?P<removed>{_NAME}))"
        + _where(r"\s*")
    ),
}
_COMPARED: Final = re.compile(
    rf"(?P<name>'[^']*'|{_NAME})\s*(?P<sign>:|{_SIGN})\s*(?P<value>{_VALUE})"
)
_LISTED: Final = re.compile(rf"\s*(?:\*|{_NAME}(?:\s*,\s*{_NAME})*)\s*")
_A_NAME: Final = re.compile(_NAME)
_EQUALITIES: Final = frozenset("=:")

#: Stands for partition keys and attributes that nobody can read: no policy can have this character.
_UNREADABLE: Final = "\0"


class Comparison(NamedTuple):
    """An attribute, and the value that it is compared with or set to, as the statement has it."""

    name: str
    sign: str
    value: str


class Parts(NamedTuple):
    """What a statement names behind its table.

    :param names: the attributes that it reads or removes; none where it reads all
    :param changes: what it sets
    :param where: its condition, or its new item
    """

    names: tuple[str, ...]
    changes: tuple[Comparison, ...]
    where: tuple[Comparison, ...]


class Statement(NamedTuple):
    """A statement; ``parts`` is None where nobody can tell them.

    :param verb: its first word, in capital letters
    """

    verb: str
    table: str
    index_name: str | None
    parts: Parts | None


# The same few statements come with every call.
@lru_cache(maxsize=1024)
def read_statement(text: str) -> Statement | None:
    """Read a statement; None for one of which not even the table can be told."""
    match = _STATEMENT.match(text)
    if match is None:
        return None
    verb = match["verb"].split()[0].upper()
    parts = _parts(verb, match["list"], text, match.end())
    return Statement(verb, match["quoted"] or match["bare"], match["index"], parts)


def _parts(verb: str, listed: str | None, text: str, start: int) -> Parts | None:
    match = _REST[verb].fullmatch(text, start)
    if match is None:
        return None
    found = match.groupdict("")
    where = found.get("where") or found.get("item") or ""
    if verb == "SELECT":
        if len(_CUTS.findall(text.replace("\n", " "))) != (3 if where else 2):
            return None
        if listed is None or not _LISTED.fullmatch(listed):
            return None
    names = (listed or "") + found.get("removed", "")
    return Parts(
        tuple(_plain(name) for name in _A_NAME.findall(names)),
        _comparisons(found.get("set", "")),
        _comparisons(where),
    )


def _comparisons(text: str) -> tuple[Comparison, ...]:
    return tuple(
        Comparison(_plain(match["name"]), match["sign"], match["value"])
        for match in _COMPARED.finditer(text)
    )


def _plain(name: str) -> str:
    return name.strip("\"'")


def described_statement(
    statement: Statement, hash_key: str | None, parameters: Iterable[Any]
) -> Context:
    """Return the condition keys of a statement.

    :param hash_key: the attribute that is the partition key; None when nobody knows the table
    :param parameters: the values of its question marks
    """
    reads = statement.verb == "SELECT"
    leading, attributes = [_UNREADABLE], [_UNREADABLE]
    if statement.parts is not None:
        names, changes, where = statement.parts
        # In the order of their question marks.
        given = iter(parameters)
        valued = [(one, _value(one, given)) for one in (*changes, *where)]
        of_key = [
            value if one.sign in _EQUALITIES else _UNREADABLE
            for one, value in valued[len(changes) :]
            # moto takes names in either case for the same.
            if hash_key is not None and one.name.lower() == hash_key.lower()
        ]
        # What writes must say what, or else AWS does not take it.
        leading = of_key or ([] if reads else [_UNREADABLE])
        attributes = list(dict.fromkeys((*names, *(one.name for one, _ in valued))))
    context: Context = {}
    if leading:
        context["dynamodb:LeadingKeys"] = leading
    if attributes:
        context["dynamodb:Attributes"] = attributes
    if reads:
        scans = not leading or _UNREADABLE in leading
        context["dynamodb:FullTableScan"] = "true" if scans else "false"
    return context


def _value(one: Comparison, given: Iterator[Any]) -> str:
    if one.value != "?":
        return _plain(one.value)
    text = key_text(next(given, None))
    return _UNREADABLE if text is None else text
