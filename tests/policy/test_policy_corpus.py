"""Every case of the corpus gets the word that AWS's documented rules give it."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import pytest

from moto_eks_podid.policy import Document, validate
from tests.policy.policy_cases import CORPUS, BadCase, Case, load_corpus, read_case

CASES = list(load_corpus())

TOPICS = {
    "actions",
    "boundaries-and-sessions",
    "cross-account",
    "dates-numbers-addresses",
    "multi-valued",
    "notprincipal",
    "operators",
    "pod-identity",
    "principals",
    "resources",
    "trust",
    "variables",
}

EXAMPLE: dict[str, Any] = {
    "id": "example",
    "name": "An example",
    "request": {"principal": None, "action": "s3:GetObject", "resource": "*"},
    "expected": "allowed",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case_is_decided_otherwise(case: Case) -> None:
    """The case's own sentence is the behaviour; its explanation says why it went otherwise."""
    decision = case.decide()
    assert decision.word is case.expected, f"{case.name}\n{decision}"
    if case.decided_by is not None:
        assert decision.decided_by == case.decided_by, f"{case.name}\n{decision}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_explanation_contradicts_the_decision(case: Case) -> None:
    """Statements that an explanation calls deciding have the effect that was decided."""
    decision = case.decide()
    effects = {one.effect for one in decision.explanation.deciding}
    assert effects <= {"allowed": {"Allow"}, "explicitly denied": {"Deny"}}.get(
        decision.word.value, set()
    )
    assert decision.word.value in str(decision)


def test_topic_has_no_cases() -> None:
    """Each topic has a folder of cases, and there are no folders besides."""
    assert {case.topic for case in CASES} == TOPICS


def test_case_is_written_twice() -> None:
    """Ids, sentences and contents of cases are all different."""
    ids = Counter(case.id for case in CASES)
    names = Counter(case.name for case in CASES)
    contents = Counter(
        json.dumps([repr(case.request), case.policies], sort_keys=True) for case in CASES
    )
    for counted in (ids, names, contents):
        assert [entry for entry, count in counted.items() if count > 1] == []


@pytest.mark.parametrize(
    "change",
    [
        {"expcted": "allowed"},
        {"identities": []},
        {"expected": "denied"},
        {"decided_by": "trust"},
        {"request": {"principal": None, "action": "s3:GetObject"}},
        {"request": {**EXAMPLE["request"], "contexts": {}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_misspelt_field_is_ignored(change: dict[str, Any]) -> None:
    """A case with an unknown field, a missing field or an unknown word does not load."""
    assert read_case("example", copy.deepcopy(EXAMPLE)).id == "example"
    with pytest.raises(BadCase):
        read_case("example", {**EXAMPLE, **change})


def test_text_and_mapping_differ() -> None:
    """A policy given as JSON text decides like the same policy given as a mapping."""
    for case in CASES:
        as_text = {
            kind: [json.dumps(one) for one in value]
            if isinstance(value, list)
            else json.dumps(value)
            for kind, value in case.policies.items()
        }
        again = Case(**{**vars(case), "policies": as_text})
        assert again.decide().word is case.expected, case.id


def test_trust_policy_of_the_corpus_would_not_be_stored() -> None:
    """The trust policies of the pod identity cases are such that IAM stores them."""
    checked = 0
    for path in (CORPUS / "pod-identity").glob("trust-*.json"):
        for source in json.loads(path.read_text(encoding="utf-8")):
            findings = validate(source["resource"], kind="trust")
            assert [one for one in findings if one.severity == "error"] == [], source["id"]
            assert Document.parse(source["resource"]).statements
            checked += 1
    assert checked > 30
