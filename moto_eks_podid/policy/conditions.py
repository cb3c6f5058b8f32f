"""One condition of a statement, compiled into a test of the request context.

Follows "IAM JSON policy elements: Condition", "Conditions with multiple context keys or values" and
"Set operators for multivalued context keys" (IAM User Guide).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from .operators import OPERATORS, Holds, Quantifier, Usage, read_operator
from .patterns import (
    Context,
    Pattern,
    Template,
    fixed_patterns,
    is_fixed,
    read_template,
    resolve,
    show,
)
from .values import read_boolean

Test: TypeAlias = Callable[[Context], bool]


_PLAIN_EQUALITY: Final = Usage(OPERATORS["stringequals"])


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition key under one operator.

    :param operator: as the policy spells it, and so are ``key`` and ``values``
    :param test: whether the condition holds in a context
    """

    operator: str
    key: str
    values: tuple[str, ...]
    test: Test = field(repr=False, compare=False)
    templates: tuple[Template, ...] = field(repr=False, compare=False)

    def actual(self, context: Context) -> tuple[str, ...] | None:
        """What the request says, or None when it says nothing."""
        value = context.get(self.key.lower())
        return (value,) if isinstance(value, str) else value

    def wanted(self, context: Context) -> tuple[str, ...]:
        """The policy's values with variables filled in; one that cannot be stays as it is."""
        return tuple(show(resolve(template, context) or template) for template in self.templates)


def compile_condition(
    operator: str, key: str, values: tuple[str, ...], *, variables: bool
) -> Condition:
    """Compile a condition.

    :param variables: whether the document's version has policy variables
    """
    usage = read_operator(operator)
    if usage is None:
        plain = tuple(read_template(value, wildcards=False, variables=False) for value in values)
        return Condition(operator, key, values, _never, plain)
    row = usage.operator
    templates = tuple(
        read_template(value, wildcards=row.wildcards, variables=variables and row.variables)
        for value in values
    )
    folded = key.lower()
    if usage.tests_presence:
        test = _presence(folded, values)
    elif all(map(is_fixed, templates)):
        test = _test(usage, folded, fixed_patterns(templates))
    else:
        test = _test_with_variables(usage, folded, templates)
    return Condition(operator, key, values, test, templates)


def _never(context: Context) -> bool:
    return False


def _presence(key: str, values: tuple[str, ...]) -> Test:
    absent_wanted = frozenset(map(read_boolean, values))
    return lambda context: (key not in context) in absent_wanted


def _test(usage: Usage, key: str, values: list[Pattern], *, resolved: bool = True) -> Test:
    """:param resolved: False when a value is missing, because its variable has no value"""
    row = usage.operator
    if len(values) == 1 and usage == _PLAIN_EQUALITY:
        return _one_text(key, show(values[0]))
    holds, sound = row.compare(values)
    # "None of these" cannot be said of something unknown, not even about an absent key.
    if row.negated and not (sound and resolved):
        return _never
    return _QUANTIFIED[usage.quantifier](key, holds, not row.negated, usage)


def _test_with_variables(usage: Usage, key: str, templates: tuple[Template, ...]) -> Test:
    def test(context: Context) -> bool:
        values = [p for t in templates if (p := resolve(t, context)) is not None]
        resolved = len(values) == len(templates)
        return _test(usage, key, values, resolved=resolved)(context)

    return test


def _one_text(key: str, text: str) -> Test:
    # Most conditions are of this kind, and there are faster ways to compare two texts.
    both = (text, (text,))

    def test(context: Context) -> bool:
        value = context.get(key)
        return value in both

    return test


def _one_value(key: str, holds: Holds, expected: bool, usage: Usage) -> Test:
    when_absent = usage.if_exists or usage.operator.negated

    def test(context: Context) -> bool:
        value = context.get(key)
        if value is None:
            return when_absent
        if isinstance(value, tuple):
            # Several values need a set operator. A policy that forgot it works in AWS for as long
            # as the request happens to have one value.
            if len(value) != 1:
                return False
            value = value[0]
        return holds(value) is expected

    return test


def _all_values(key: str, holds: Holds, expected: bool, usage: Usage) -> Test:
    def test(context: Context) -> bool:
        return all(holds(value) is expected for value in _value_set(context, key))

    return test


def _any_value(key: str, holds: Holds, expected: bool, usage: Usage) -> Test:
    def test(context: Context) -> bool:
        if usage.if_exists and key not in context:
            return True
        return any(holds(value) is expected for value in _value_set(context, key))

    return test


def _value_set(context: Context, key: str) -> tuple[str, ...]:
    """The values as a set operator sees them: a lone empty string is the empty set."""
    values = context.get(key, ())
    if isinstance(values, str):
        values = (values,)
    return () if values == ("",) else values


_QUANTIFIED: Final[dict[Quantifier, Callable[[str, Holds, bool, Usage], Test]]] = {
    Quantifier.ONE: _one_value,
    Quantifier.ALL: _all_values,
    Quantifier.ANY: _any_value,
}
