"""What may be shuffled, split or doubled without changing a decision."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from moto_eks_podid.policy import Request, evaluate
from tests.policy.test_policy_properties import (
    document,
    one_or_more,
    policies,
    requests,
    statements,
    values,
)

STEADY = settings(max_examples=100)

several = st.lists(statements(), min_size=2, max_size=5)
places = st.sampled_from(["identity", "resource", "session", "boundary"])


@STEADY
@given(policies, requests, several, places, st.randoms())
def test_order_of_statements_matters(
    given_policies: dict[str, Any], request: Request, listed: list[Any], where: str, random: Any
) -> None:
    """The statements of a policy in any order give the same word, due to the same policy."""
    shuffled = random.sample(listed, len(listed))
    one = evaluate(request, **{**given_policies, where: document(*listed)})
    other = evaluate(request, **{**given_policies, where: document(*shuffled)})
    assert (one.word, one.decided_by) == (other.word, other.decided_by)


@STEADY
@given(policies, requests, several, st.sampled_from(["identity", "session"]), st.integers(1, 4))
def test_splitting_a_policy_matters(
    given_policies: dict[str, Any], request: Request, listed: list[Any], where: str, at: int
) -> None:
    """Statements decide alike in one policy and in two of the same kind."""
    together = [document(*listed)]
    apart = [document(*listed[:at]), document(*listed[at:])]
    one = evaluate(request, **{**given_policies, where: together})
    other = evaluate(request, **{**given_policies, where: apart})
    assert (one.word, one.decided_by) == (other.word, other.decided_by)


@STEADY
@given(policies, requests, statements("Allow"), places)
def test_allow_beats_the_same_deny(
    given_policies: dict[str, Any], request: Request, allow: dict[str, Any], where: str
) -> None:
    """Where a statement allows, the same statement as a Deny beside it denies."""
    if where == "resource":
        # NotPrincipal means different people under Allow and Deny.
        allow = {key: value for key, value in allow.items() if key != "NotPrincipal"}
        allow.setdefault("Principal", "*")
    alone = {"identity": [], "resource": None, "session": None, "boundary": None}
    about = evaluate(request, **{**alone, where: document({**allow, "Effect": "Deny"})})
    both = document(allow, {**allow, "Effect": "Deny"})
    decision = evaluate(request, **{**given_policies, where: both})
    if about.word == "explicitly denied":
        assert decision.word == "explicitly denied"
    else:
        # Then the pair says nothing about this request, whichever way round it is written.
        nothing = evaluate(request, **{**given_policies, where: document()})
        assert decision.word == nothing.word


@STEADY
@given(requests, st.sampled_from(["StringEquals", "StringLike", "ArnLike"]), one_or_more(values))
def test_value_listed_twice_matters(request: Request, operator: str, wanted: Any) -> None:
    """A list of policy values is a set: neither order nor repetition matters."""
    listed = wanted if isinstance(wanted, list) else [wanted]
    flat = [item for one in listed for item in (one if isinstance(one, list) else [one])]
    words = set()
    for items in (flat, flat[::-1], flat * 2):
        condition = {operator: {"aws:PrincipalTag/team": items}}
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
        words.add(evaluate(request, [document(allow)]).word)
    assert len(words) == 1
