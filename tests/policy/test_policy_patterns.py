"""Wildcards in time and in detail."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from moto_eks_podid.policy import Request, evaluate
from moto_eks_podid.policy.patterns import Glob, read_template, resolve, show


def glob(pattern: str) -> Glob:
    pieces = resolve(read_template(pattern, wildcards=True, variables=False), {})
    assert pieces is not None
    return Glob(pieces)


def lines_run(match: Any, text: str) -> int:
    """How many lines of Python a match takes: work that does not depend on the machine."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        match(text)
    finally:
        sys.settrace(previous)
    return count


@pytest.mark.parametrize("tail", ["b", "?b", ""])
def test_hostile_pattern_takes_for_ever(tail: str) -> None:
    """A pattern of many asterisks takes work in proportion to their number."""
    for stars in (10, 100, 1000):
        match = glob("a*" * stars + tail)
        assert lines_run(match, "a" * 5000) <= 10 * stars + 20


def test_hostile_pattern_matches_what_it_should() -> None:
    """The hostile pattern still matches text that ends as it asks."""
    match = glob("a*" * 50 + "b")
    assert match("a" * 5000 + "b")
    assert not match("a" * 5000)
    assert not match("a" * 49 + "b")


def test_template_is_shown_otherwise() -> None:
    """A template is shown the way the policy spells it, except for the three literals."""
    spelt = "arn:*:${aws:username}/${aws:PrincipalTag/a, 'b'}?"
    assert show(read_template(spelt, wildcards=True, variables=True)) == spelt
    assert show(read_template("${*}${?}${$}", wildcards=True, variables=True)) == "*?$"


def test_long_numbers_break_the_context() -> None:
    """A number of thousands of digits in the request is no number, and no error either."""
    condition = {"NumericGreaterThan": {"aws:k": "1"}}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    request = Request(None, "s3:GetObject", "*", {"aws:k": 10**5000}, principal_id=None)
    decision = evaluate(request, resource={"Statement": {**allow, "Principal": "*"}})
    assert decision.word == "implicitly denied"
