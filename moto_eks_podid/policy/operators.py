"""Condition operators: a table of how each compares, and how set operators and absence change it.

Follows "IAM JSON policy elements: Condition operators" and "Multivalued context keys" (IAM User Guide).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

from .patterns import Matcher, arn_glob, glob


class NoComparison(ValueError):
    """A value is not of the operator's kind: a number, date, address that is none."""


#: Turns a policy's value (or its resolved parts) into what tells whether a request's value equals it.
MakeMatcher: TypeAlias = Callable[[Any], Matcher]


def _same_text(parts: Sequence[str]) -> Matcher:
    return "".join(parts).__eq__


def _same_text_ignoring_case(parts: Sequence[str]) -> Matcher:
    wanted = "".join(parts).lower()
    return lambda value: value.lower() == wanted


_NUMBER = re.compile(r"[+-]?(\d{1,64}(\.\d{0,64})?|\.\d{1,64})([eE][+-]?\d{1,3})?", re.ASCII)


def number(text: str) -> Decimal:
    """:raises NoComparison: for a text that is no decimal number"""
    if not _NUMBER.fullmatch(text):
        raise NoComparison(text)
    return Decimal(text)


_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt](\d\d:\d\d(?::\d\d)?)(\.\d+)?([Zz]|[+-]\d\d:?\d\d)?)?", re.ASCII
)


def moment(text: str) -> Decimal:
    """Return a date as seconds since 1970: ISO 8601 with an offset (UTC without one), or seconds.

    :raises NoComparison: for any other text
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return number(text)
    day, time, fraction, offset = match.groups()
    zone = "+00:00" if offset in (None, "Z", "z") else offset
    if ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    time = time or "00:00"
    try:
        whole = datetime.fromisoformat(f"{day}T{time if len(time) == 8 else time + ':00'}{zone}")
    except ValueError:
        raise NoComparison(text) from None
    since = whole - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return Decimal(since.days * 86400 + since.seconds) + Decimal(fraction or 0)


def _compared(read: Callable[[str], Any], test: Callable[[Any, Any], bool]) -> MakeMatcher:
    def make(parts: Sequence[str]) -> Matcher:
        wanted = read("".join(parts))
        return lambda value: test(read(value), wanted)

    return make


def _boolean(text: str) -> bool:
    word = text.lower()
    if word not in ("true", "false"):
        raise NoComparison(text)
    return word == "true"


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoComparison(text) from None


def _in_network(parts: Sequence[str]) -> Matcher:
    text = "".join(parts)
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise NoComparison(text) from None

    def matches(value: str) -> bool:
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            raise NoComparison(value) from None
        return address.version == network.version and address in network

    return matches


@dataclass(frozen=True, slots=True)
class Operator:
    """How one operator compares: ``negated`` ones are the opposite of the one they are made from."""

    name: str
    make: MakeMatcher
    negated: bool = False
    #: Whether `${…}` in the policy's value is a variable.
    variables: bool = False
    #: Whether `*` and `?` in the policy's value are wildcards.
    wildcards: bool = False


def _operators() -> dict[str, Operator]:
    equality = (
        ("StringEquals", "StringNotEquals", _same_text, True, False),
        (
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            _same_text_ignoring_case,
            True,
            False,
        ),
        ("StringLike", "StringNotLike", glob, True, True),
        ("NumericEquals", "NumericNotEquals", _compared(number, lambda a, b: a == b), False, False),
        ("DateEquals", "DateNotEquals", _compared(moment, lambda a, b: a == b), False, False),
        ("IpAddress", "NotIpAddress", _in_network, False, False),
        ("ArnEquals", "ArnNotEquals", arn_glob, True, True),
        ("ArnLike", "ArnNotLike", arn_glob, True, True),
    )
    table = {}
    for positive, negative, make, variables, wildcards in equality:
        table[positive] = Operator(positive, make, False, variables, wildcards)
        table[negative] = Operator(negative, make, True, variables, wildcards)
    orders: tuple[tuple[str, Callable[[Any, Any], bool]], ...] = (
        ("LessThan", lambda a, b: a < b),
        ("LessThanEquals", lambda a, b: a <= b),
        ("GreaterThan", lambda a, b: a > b),
        ("GreaterThanEquals", lambda a, b: a >= b),
    )
    for kind, read in (("Numeric", number), ("Date", moment)):
        for order, test in orders:
            table[kind + order] = Operator(kind + order, _compared(read, test))
    table["Bool"] = Operator("Bool", _compared(_boolean, lambda a, b: a == b))
    table["BinaryEquals"] = Operator("BinaryEquals", _compared(_bytes, lambda a, b: a == b))
    return table


#: Every operator but `Null`, by its documented name.
OPERATORS = _operators()
NULL = "Null"

_BY_FOLDED_NAME = {name.lower(): operator for name, operator in OPERATORS.items()}


class Quantifier(str, Enum):
    """How an operator is applied to the values of a multi-valued key."""

    NONE = ""
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


@dataclass(frozen=True, slots=True)
class OperatorName:
    """A condition operator as written: quantifier, operator, ``IfExists``."""

    quantifier: Quantifier
    #: None for `Null`.
    operator: Operator | None
    if_exists: bool


def parse_operator(name: str) -> OperatorName | None:
    """Read an operator's name, without regard to case as AWS does; None for one that there is not."""
    quantifier, colon, rest = name.partition(":")
    if not colon:
        quantifier, rest = "", name
    found = next((entry for entry in Quantifier if entry.value.lower() == quantifier.lower()), None)
    if found is None:
        return None
    folded = rest.lower()
    if folded == NULL.lower():
        return OperatorName(found, None, False) if found is Quantifier.NONE else None
    if_exists = folded.endswith("ifexists")
    operator = _BY_FOLDED_NAME.get(folded.removesuffix("ifexists"))
    return OperatorName(found, operator, if_exists) if operator else None
