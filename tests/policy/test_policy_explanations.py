"""A decision says which policy, which statement, which condition and which value decided."""

from __future__ import annotations

import sys
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from moto_eks_podid.policy import Document, Outcome, Request, evaluate

SESSION = "arn:aws:sts::111122223333:assumed-role/cart/pod"
TEAM = "aws:PrincipalTag/team"
REQUEST = Request(SESSION, "s3:GetObject", "arn:aws:s3:::b/x", {TEAM: "cart"})


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **more}


def deny(**more: Any) -> dict[str, Any]:
    return {**allow(**more), "Effect": "Deny"}


def test_deny_does_not_name_its_statement() -> None:
    """An explicit deny names policy, statement, condition and the values that were compared."""
    condition = {"StringNotEquals": {TEAM: ["search", "${aws:username, 'nobody'}"]}}
    policies = [document(allow()), document(allow(), deny(Sid="OnlySearch", Condition=condition))]
    decision = evaluate(REQUEST, policies)
    assert (decision.word, decision.decided_by) == ("explicitly denied", "identity")
    (deciding,) = decision.explanation.deciding
    assert (deciding.policy, deciding.policy_index) == ("identity", 1)
    assert (deciding.index, deciding.sid, deciding.effect) == (1, "OnlySearch", "Deny")
    (compared,) = deciding.conditions
    assert (compared.operator, compared.key) == ("StringNotEquals", TEAM)
    assert (compared.wanted, compared.actual) == (("search", "nobody"), ("cart",))
    assert compared.holds
    text = decision.explain()
    for part in ("explicitly denied by the identity policy", "OnlySearch", "'cart'", "'nobody'"):
        assert part in text
    assert str(decision) == text


def test_allow_does_not_name_its_statement() -> None:
    """An allowed request names the statement that allowed it, by the policy's label."""
    label = "arn:aws:iam::111122223333:policy/reader"
    decision = evaluate(REQUEST, [Document.parse(document(allow(Sid="Read")), label=label)])
    (deciding,) = decision.explanation.deciding
    assert deciding.policy_label == label
    assert f"{label}, statement 0 (Read): Allow applies" in str(decision)


def test_implicit_deny_does_not_show_the_near_miss() -> None:
    """An implicit deny shows the statement that only a condition kept from applying."""
    failing = allow(Sid="Blue", Condition={"StringEquals": {TEAM: "blue", "aws:x": "y"}})
    decision = evaluate(REQUEST, [document(allow(Action="ec2:*"), failing)])
    explanation = decision.explanation
    assert explanation.deciding == ()
    (miss,) = explanation.near_misses
    assert miss.sid == "Blue"
    assert [(one.key, one.actual, one.holds) for one in miss.conditions] == [
        (TEAM, ("cart",), False),
        ("aws:x", None, False),
    ]
    assert "no identity policy allows it" in str(decision)
    assert "aws:x: absent against 'y' does not hold" in str(decision)


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        (allow(Principal="*"), Outcome.APPLIES),
        (allow(Principal="*", Action="ec2:*"), Outcome.OTHER_ACTION),
        (allow(Principal="*", Resource="arn:aws:s3:::c/*"), Outcome.OTHER_RESOURCE),
        (allow(Principal={"AWS": "444455556666"}), Outcome.OTHER_PRINCIPAL),
        (deny(NotPrincipal="*"), Outcome.OTHER_PRINCIPAL),
        (allow(), Outcome.OTHER_PRINCIPAL),
        (
            allow(Principal="*", Condition={"Null": {TEAM: "true"}}),
            Outcome.CONDITION_FAILED,
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Outcome) else "",
)
def test_statement_is_passed_over_without_reason(
    statement: dict[str, Any], outcome: Outcome
) -> None:
    """Each statement of the explanation says what kept it from applying."""
    (result,) = evaluate(REQUEST, resource=document(statement)).explanation.statements
    assert result.outcome is outcome


def test_always_allowed_names_a_policy() -> None:
    """GetCallerIdentity is allowed by no policy, so no policy is named."""
    decision = evaluate(Request(SESSION, "sts:GetCallerIdentity", "*"), [document(deny())])
    assert (decision.allowed, decision.decided_by) == (True, None)
    assert decision.explanation.deciding == ()


def test_long_list_fills_the_screen() -> None:
    """The text shows ten values of a condition and counts the rest; the values are all there."""
    wanted = [f"t{number}" for number in range(100)]
    decision = evaluate(REQUEST, [document(allow(Condition={"StringEquals": {TEAM: wanted}}))])
    assert "and 90 more" in str(decision)
    assert decision.explanation.near_misses[0].conditions[0].wanted == tuple(wanted)


def test_decision_pays_for_its_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deciding does no explaining; only asking for the explanation does."""
    calls: list[object] = []
    module = sys.modules["moto_eks_podid.policy.explain"]
    monkeypatch.setattr(module, "explain", calls.append)
    decision = evaluate(REQUEST, [document(allow())])
    assert decision.allowed
    assert repr(decision)
    assert calls == []
    decision.explain()
    assert calls == [decision]


def test_explanation_can_be_changed() -> None:
    """An explanation and its parts are frozen."""
    explanation = evaluate(REQUEST, [document(allow())]).explanation
    for value, name in ((explanation, "word"), (explanation.deciding[0], "effect")):
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, "Deny")
