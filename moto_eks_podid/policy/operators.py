"""Condition operators, as a declared table.

An operator's name is matched without regard to case: the documentation writes one spelling, and IAM
accepts any. Follows "IAM JSON policy elements: Condition operators" (IAM User Guide).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

from .patterns import ArnGlob, Pattern, any_of, show
from .values import (
    in_network,
    read_address,
    read_binary,
    read_boolean,
    read_date,
    read_network,
    read_number,
)

#: Compares one value of the request with all values of the policy: whether it matches one of them,
#: or None when the request's value is not of the operator's type.
Holds: TypeAlias = Callable[[str], "bool | None"]

#: Makes a `Holds` of the policy's values, and says whether every one of them was well-formed.
Compare: TypeAlias = Callable[[Sequence[Pattern]], "tuple[Holds, bool]"]


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the table.

    :param negated: the operator holds when the value matches none of the policy's values
    :param wildcards: ``*`` and ``?`` in the policy's values are wildcards
    :param variables: ``${…}`` in the policy's values is a policy variable
    """

    name: str
    compare: Compare
    negated: bool = False
    wildcards: bool = False
    variables: bool = False


def _equal_text(fold: Callable[[str], str] | None = None) -> Compare:
    def compare(values: Sequence[Pattern]) -> tuple[Holds, bool]:
        if fold is None:
            return frozenset(map(show, values)).__contains__, True
        wanted = frozenset(fold(show(value)) for value in values)
        return lambda value: fold(value) in wanted, True

    return compare


def _like(values: Sequence[Pattern]) -> tuple[Holds, bool]:
    return any_of(values), True


def _arn(values: Sequence[Pattern]) -> tuple[Holds, bool]:
    globs = [ArnGlob(value) for value in values]
    return lambda value: any(glob(value) for glob in globs), True


def _typed(
    read: Callable[[str], Any],
    test: Callable[[Any, Any], bool],
    read_policy: Callable[[str], Any] | None = None,
) -> Compare:
    """Values of a type of their own; a reader answers None for what is not of the type."""

    def compare(values: Sequence[Pattern]) -> tuple[Holds, bool]:
        readings = [(read_policy or read)(show(value)) for value in values]
        wanted = [reading for reading in readings if reading is not None]

        def holds(value: str) -> bool | None:
            actual = read(value)
            return None if actual is None else any(test(actual, one) for one in wanted)

        return holds, len(wanted) == len(readings)

    return compare


_NULL = Operator("Null", _typed(read_boolean, operator.eq))

_TABLE: Final = (
    Operator("StringEquals", _equal_text(), variables=True),
    Operator("StringNotEquals", _equal_text(), negated=True, variables=True),
    Operator("StringEqualsIgnoreCase", _equal_text(str.lower), variables=True),
    Operator("StringNotEqualsIgnoreCase", _equal_text(str.lower), negated=True, variables=True),
    Operator("StringLike", _like, wildcards=True, variables=True),
    Operator("StringNotLike", _like, negated=True, wildcards=True, variables=True),
    Operator("NumericEquals", _typed(read_number, operator.eq)),
    Operator("NumericNotEquals", _typed(read_number, operator.eq), negated=True),
    Operator("NumericLessThan", _typed(read_number, operator.lt)),
    Operator("NumericLessThanEquals", _typed(read_number, operator.le)),
    Operator("NumericGreaterThan", _typed(read_number, operator.gt)),
    Operator("NumericGreaterThanEquals", _typed(read_number, operator.ge)),
    Operator("DateEquals", _typed(read_date, operator.eq)),
    Operator("DateNotEquals", _typed(read_date, operator.eq), negated=True),
    Operator("DateLessThan", _typed(read_date, operator.lt)),
    Operator("DateLessThanEquals", _typed(read_date, operator.le)),
    Operator("DateGreaterThan", _typed(read_date, operator.gt)),
    Operator("DateGreaterThanEquals", _typed(read_date, operator.ge)),
    Operator("Bool", _typed(read_boolean, operator.eq)),
    Operator("BinaryEquals", _typed(read_binary, operator.eq)),
    Operator("IpAddress", _typed(read_address, in_network, read_network)),
    Operator("NotIpAddress", _typed(read_address, in_network, read_network), negated=True),
    # The documentation makes ArnEquals and ArnLike behave alike.
    Operator("ArnEquals", _arn, wildcards=True, variables=True),
    Operator("ArnLike", _arn, wildcards=True, variables=True),
    Operator("ArnNotEquals", _arn, negated=True, wildcards=True, variables=True),
    Operator("ArnNotLike", _arn, negated=True, wildcards=True, variables=True),
    _NULL,
)

#: Every operator without prefix and suffix, by its name in lower case.
OPERATORS: Final = {row.name.lower(): row for row in _TABLE}


class Quantifier(Enum):
    """How many of the request's values must match."""

    ONE = ""
    ALL = "forallvalues:"
    ANY = "foranyvalue:"


@dataclass(frozen=True, slots=True)
class Usage:
    """An operator as a condition uses it, with its prefix and suffix."""

    operator: Operator
    quantifier: Quantifier = Quantifier.ONE
    if_exists: bool = False

    @property
    def tests_presence(self) -> bool:
        """Whether this is ``Null``, which asks for the key and not for its value."""
        return self.operator is _NULL


def read_operator(name: str) -> Usage | None:
    """Read ``[ForAllValues:|ForAnyValue:]Operator[IfExists]``.

    :returns: None when there is no such operator; ``Null`` takes neither prefix nor suffix
    """
    rest = name.lower()
    quantifier = Quantifier.ONE
    for candidate in (Quantifier.ALL, Quantifier.ANY):
        if rest.startswith(candidate.value):
            quantifier = candidate
            rest = rest[len(candidate.value) :]
    base = rest.removesuffix("ifexists")
    found = OPERATORS.get(base)
    if found is None:
        return None
    usage = Usage(found, quantifier, if_exists=base != rest)
    if usage.tests_presence and usage != Usage(_NULL):
        return None
    return usage
