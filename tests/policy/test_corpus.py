"""The corpus of policy questions, and that its files say what they mean."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.policy.corpus_cases import FOLDER, BadCase, Case, read_corpus, read_file

CORPUS = read_corpus()

TOPICS = {
    "absent-keys",
    "actions",
    "boundaries-and-sessions",
    "cross-account",
    "dates-numbers-addresses",
    "documents",
    "kms-and-resource-policies",
    "multi-valued",
    "not-principal",
    "operators",
    "operators-arn",
    "operators-bool-binary-null",
    "operators-ip",
    "operators-numeric-date",
    "operators-string",
    "pod-identity",
    "principals",
    "resources",
    "target-role",
    "trust",
    "variables",
}


@pytest.mark.parametrize("case", CORPUS, ids=str)
def test_corpus(case: Case) -> None:
    """A policy question is answered as AWS documents it."""
    assert case.outcome() == (case.expect, case.decided_by)


def test_the_corpus_is_large_and_covers_every_topic() -> None:
    """Every topic has cases, of every outcome that makes sense for evaluation."""
    assert {case.topic for case in CORPUS} == TOPICS
    assert len(CORPUS) >= 300
    for topic in TOPICS:
        assert len({case.expect for case in CORPUS if case.topic == topic}) >= 2, topic


def test_no_two_cases_ask_the_same() -> None:
    """A case that repeats another one's policies and request adds nothing."""
    asked: dict[str, Case] = {}
    for case in CORPUS:
        question = json.dumps([repr(case.request), case.policies], sort_keys=True)
        assert question not in asked, f"{case} asks what {asked[question]} asks"
        asked[question] = case


FILE: dict[str, Any] = {
    "topic": "actions",
    "request": {"principal": None, "action": "s3:GetObject", "resource": "*"},
    "policies": {"all": {"Statement": []}},
    "cases": [{"name": "one", "identity": ["all"], "expect": "allowed"}],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["topics"], "actions"),
        (["cases", 0, "expects"], "allowed"),
        (["cases", 0, "expect"], "permitted"),
        (["cases", 0, "decided_by"], "trust"),
        (["cases", 0, "request"], {"contxt": {}}),
        (["cases", 0, "request"], {"Action": "s3:GetObject"}),
        (["cases", 0, "identity"], ["al"]),
        (["cases", 0, "resource"], "everything"),
        (["cases", 0, "condition"], {}),
        (["cases", 0], {"name": "nothing to judge by", "expect": "allowed"}),
        (["cases", 0], {"name": "no outcome", "identity": ["all"]}),
        (["request"], {"action": "s3:GetObject", "resource": "*"}),
        (["policies", "unused"], {"Statement": []}),
    ],
)
def test_a_misspelt_field_is_found(path: list[Any], value: Any) -> None:
    """A field that nobody reads would make a case test something else than it says."""
    assert len(list(read_file(FILE))) == 1
    content = copy.deepcopy(FILE)
    *parents, last = path
    place: Any = content
    for name in parents:
        place = place[name]
    place[last] = value
    with pytest.raises(BadCase):
        list(read_file(content))


def test_a_name_given_twice_is_found(tmp_path: Path) -> None:
    """Two cases of one name, or two members of one name, are one too many."""
    folder = tmp_path / "actions"
    folder.mkdir()
    content = {**FILE, "cases": FILE["cases"] * 2}
    (folder / "twice.json").write_text(json.dumps(content))
    with pytest.raises(BadCase, match="is there twice"):
        read_corpus(tmp_path)
    (folder / "twice.json").write_text('{"topic": "actions", "topic": "actions", "cases": []}')
    with pytest.raises(BadCase, match="a name is there twice"):
        read_corpus(tmp_path)


def test_every_file_is_in_the_folder_of_its_topic(tmp_path: Path) -> None:
    """A file of another topic than its folder's is refused, and the real ones are all read."""
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "a.json").write_text(json.dumps(FILE))
    with pytest.raises(BadCase, match="the topic is the name of the folder"):
        read_corpus(tmp_path)
    assert {path.parent.name for path in FOLDER.glob("**/*.json")} == TOPICS
