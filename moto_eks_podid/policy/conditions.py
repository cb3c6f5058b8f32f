"""One condition of a statement - operator, key, values - compiled to a test of a request's context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .context import Context
from .operators import NoComparison, Operator, OperatorName, Quantifier, parse_operator
from .patterns import Matcher, Part, UnresolvedVariable, is_fixed, read, resolve

Test: TypeAlias = Callable[[Context], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """An operator as written, a key as written, the policy's values, and the compiled test."""

    operator: str
    key: str
    values: tuple[str, ...]
    holds: Test


def compile_condition(
    operator: str, key: str, values: Sequence[str], *, variables: bool
) -> Condition:
    """Compile a condition; one with an unknown operator never holds.

    :param variables: whether the policy's version knows policy variables
    """
    return Condition(operator, key, tuple(values), _test(operator, key.lower(), values, variables))


def _test(written: str, key: str, values: Sequence[str], variables: bool) -> Test:
    name = parse_operator(written)
    if name is None:
        return lambda context: False
    if name.operator is None:
        return _null(key, values)
    policy_values = _PolicyValues(name.operator, values, variables)
    if (
        name.operator.name == "StringEquals"
        and name.quantifier is Quantifier.NONE
        and not name.if_exists
        and policy_values.fixed
    ):
        return _string_equals(key, frozenset(values))
    return _general(name, key, policy_values)


def _null(key: str, values: Sequence[str]) -> Test:
    words = {value.lower() for value in values}

    def holds(context: Context) -> bool:
        return ("false" if context.all(key) else "true") in words

    return holds


def _string_equals(key: str, values: frozenset[str]) -> Test:
    """The condition of almost every policy on tags, without the machinery of the others."""

    def holds(context: Context) -> bool:
        value = context.get(key)
        if value.__class__ is str:
            return value in values
        return context.single(key) in values

    return holds


class _PolicyValues:
    """The policy's values of one condition, ready to be compared with a request's value."""

    def __init__(self, operator: Operator, values: Sequence[str], variables: bool) -> None:
        self._operator = operator
        self._parts = [
            read(value, variables=variables and operator.variables, wildcards=operator.wildcards)
            for value in values
        ]
        self.fixed = all(is_fixed(parts) for parts in self._parts)
        self._made = self._matchers(self._parts) if self.fixed else None

    def matchers(self, context: Context) -> tuple[list[Matcher], bool]:
        """Return what each value matches, and whether all values could be used."""
        if self._made is not None:
            return self._made
        resolved: list[Sequence[Part]] = []
        for parts in self._parts:
            try:
                resolved.append(resolve(parts, context))
            except UnresolvedVariable:
                continue
        matchers, all_used = self._matchers(resolved)
        return matchers, all_used and len(resolved) == len(self._parts)

    def _matchers(self, values: Sequence[Sequence[Part]]) -> tuple[list[Matcher], bool]:
        matchers = []
        for parts in values:
            try:
                matchers.append(self._operator.make(parts))
            except NoComparison:
                continue
        return matchers, len(matchers) == len(values)


def _general(name: OperatorName, key: str, policy_values: _PolicyValues) -> Test:
    operator = name.operator
    assert operator is not None
    negated = operator.negated

    def one_holds(value: str, matchers: Sequence[Matcher]) -> bool:
        try:
            found = any(matches(value) for matches in matchers)
        except NoComparison:
            return False
        return not found if negated else found

    def holds(context: Context) -> bool:
        values = context.all(key)
        if not values:
            if name.quantifier is Quantifier.ANY:
                return name.if_exists
            return name.if_exists or negated or name.quantifier is Quantifier.ALL
        if name.quantifier is Quantifier.NONE and context.is_multi_valued(key):
            # A multi-valued key needs a set operator.
            return False
        matchers, all_used = policy_values.matchers(context)
        if negated and not all_used:
            # "None of the values" cannot be told of a value that is not known.
            return False
        if name.quantifier is Quantifier.ANY:
            return any(one_holds(value, matchers) for value in values)
        return all(one_holds(value, matchers) for value in values)

    return holds
