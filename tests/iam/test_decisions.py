"""The table of judged calls, and that its files say what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_under_test import Aws

from moto_eks_podid.iam.permissions.table import SERVICES
from moto_eks_podid.policy import Word
from tests.iam.decision_cases import FOLDER, BadCase, Case, read_cases, read_file
from tests.iam.stage import Stage, explained

CASES = read_cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_call_is_judged_otherwise(aws: Aws, case: Case) -> None:
    """A call is allowed or refused as AWS would do it, in its words, and explained accordingly."""
    stage = Stage(aws, case)
    stage.prepare()
    error = stage.call()
    why = explained(aws)
    assert (why.service, why.operation) == (case.call.service, case.call.operation), str(why)
    assert why.word is case.word, str(why)
    if case.refusal is None:
        answered = error.response["Error"]["Code"] if error else None
        assert answered == case.answers, str(error)
        return
    assert error is not None
    code, status, message = stage.expected(case.refusal)
    found = error.response["Error"]
    assert message.fullmatch(found["Message"]), f"{found['Message']}\nis not\n{message.pattern}"
    assert (found["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    # The answer to a HEAD request has no body to say it in.
    assert why.message == found["Message"] or case.call.operation.startswith("Head")


def test_table_is_too_small() -> None:
    """There are more than 150 cases, with many of each outcome."""
    assert len(CASES) > 150
    for word in Word:
        assert sum(case.word is word for case in CASES) >= 20, word


@pytest.mark.parametrize("service", SERVICES)
def test_service_is_left_out(service: str) -> None:
    """Every service whose permissions are written down is called with success and without."""
    allowed = {case.refusal is None for case in CASES if case.call.service == service}
    assert allowed == {True, False}


GOOD: dict[str, Any] = {
    "name": "A case",
    "call": {"s3.ListBuckets": {}},
    "word": "implicitly denied",
    "code": "AccessDenied",
    "status": 403,
    "says": "nothing",
}
BAD: dict[str, dict[str, Any]] = {
    "unknown field": {"wrod": "allowed"},
    "unknown word": {"word": "refused"},
    "two callers": {"pod": {}, "user": {}},
    "unknown option of the caller": {"pod": {"name": "cart-1"}},
    "unknown option of the role": {"role": {"policies": []}},
    "refusal without a message": {"says": ""},
    "two messages": {"message": "no"},
    "refusal without a code": {"code": ...},
    "message of an allowed call": {"word": "allowed"},
    "answer to a refused call": {"answers": "NoSuchBucket"},
    "no call": {"call": {"account": "123456789012"}},
    "two calls": {"call": {"s3.ListBuckets": {}, "sqs.ListQueues": {}}},
    "call without a service": {"setup": [{"ListBuckets": {}}]},
}


@pytest.mark.parametrize("what", BAD)
def test_bad_case_is_read(what: str) -> None:
    """A case that does not say what it means is refused."""
    changed = {**GOOD, **BAD[what]}
    entry = {name: value for name, value in changed.items() if value is not ...}
    assert list(read_file({"topic": "t", "cases": [dict(GOOD)]}))
    with pytest.raises(ValueError, match=r"."):
        list(read_file({"topic": "t", "cases": [entry]}))


FILES = {
    "the topic is the name of the file": "topic: other\ncases: []",
    "is there twice": (
        "topic: one\ncases:\n- &a {name: a, call: {s3.ListBuckets: {}}, word: allowed}\n- *a"
    ),
    "a name is there twice": "topic: one\ncases: []\ncases: []",
    "unknown or missing": "topic: one\ncases: []\ncase: []",
}


@pytest.mark.parametrize("message", FILES)
def test_bad_file_is_read(tmp_path: Path, message: str) -> None:
    """Neither is a file whose cases could be mistaken."""
    (tmp_path / "one.yaml").write_text(FILES[message])
    with pytest.raises(BadCase, match=message):
        read_cases(tmp_path)


def test_files_are_not_found() -> None:
    """The table is where it is read from."""
    assert {case.topic for case in CASES} == {path.stem for path in FOLDER.glob("*.yaml")}
