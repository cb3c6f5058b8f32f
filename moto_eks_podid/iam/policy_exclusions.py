"""The policies that a simulation leaves out.

Follows "PolicyIdentifier" and "InlinePolicyIdentifierType" (IAM API Reference); what an ARN
excludes was observed in real responses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from ..policy.patterns import any_of, fixed_patterns, read_template
from . import exceptions
from .policy_sources import Origin, PolicyHolder, PolicySource

_Test: TypeAlias = Callable[[PolicySource], bool]

#: Wildcards may stand in the policy's name alone.
_MANAGED: Final = re.compile(
    r"arn:[\w-]+:iam::(?:\d{12}|aws):policy/(?:[^/*?]+/)*(?P<name>[\w+=,.@*?-]+)", re.ASCII
)


def without_excluded(
    holder: PolicyHolder, identifiers: Iterable[Mapping[str, Any]]
) -> PolicyHolder:
    """Return a holder without the policies that a ``PolicyExclusionList`` names.

    :raises InvalidInput: for an identifier that identifies nothing
    """
    tests = [_excludes(number, one) for number, one in enumerate(identifiers, 1)]
    kept = tuple(one for one in holder.policies if not any(test(one) for test in tests))
    boundary = holder.boundary
    if boundary is not None and any(test(boundary) for test in tests):
        boundary = None
    return PolicyHolder(holder.arn, kept, boundary)


def _excludes(number: int, identifier: Mapping[str, Any]) -> _Test:
    if len(identifier) != 1:
        raise exceptions.InvalidInput(exceptions.chosen("exclusion", number=number))
    (kind, value), *_ = identifier.items()
    return _TESTS[kind](value)


def _of_type(wanted: str) -> _Test:
    # `scp` and `rcp` are types too, of which there is none here.
    return lambda source: source.origin.value == wanted


def _of_arn(wanted: str) -> _Test:
    found = _MANAGED.fullmatch(wanted)
    if found is None or found["name"].count("*") > 1:
        raise exceptions.InvalidInput(exceptions.chosen("excluded arn", arn=wanted))
    matches = _wildcards(wanted)

    def test(source: PolicySource) -> bool:
        # A boundary is excluded by its type alone. The ARN may leave the path out: observed.
        if source.arn is None or source.origin is Origin.BOUNDARY:
            return False
        pathless = f"{source.arn.partition('/')[0]}/{source.name}"
        return matches(source.arn) or matches(pathless)

    return test


def _of_holder(wanted: Mapping[str, str]) -> _Test:
    name = wanted["AttachmentName"]
    if name.count("*") > 1:
        raise exceptions.InvalidInput(exceptions.chosen("excluded holder", name=name))
    matches = _wildcards(name)

    def test(source: PolicySource) -> bool:
        return (
            source.holder is not None
            and source.name == wanted["PolicyName"]
            and source.holder.kind == wanted["AttachmentType"]
            and matches(source.holder.name)
        )

    return test


def _wildcards(text: str) -> Callable[[str], bool]:
    return any_of(fixed_patterns([read_template(text, wildcards=True, variables=False)]))


_TESTS: Final[dict[str, Callable[[Any], _Test]]] = {
    "PolicyType": _of_type,
    "PolicyArn": _of_arn,
    "InlinePolicyIdentifier": _of_holder,
}
