"""STS on the wire: what no client library sends, and the ids of requests."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from aws_under_test import ACCOUNT, Aws, policy

from tests.sts.sts_query import error_of, post, query, text_of

ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/all"
HONEST = {"RoleArn": ROLE, "RoleSessionName": "cart-1"}
DETECTED = "1 validation error detected: "
CONSTRAINT = "failed to satisfy constraint: Member must"


def many_tags(number: int) -> dict[str, str]:
    members = {}
    for position in range(1, number + 1):
        members[f"Tags.member.{position}.Key"] = f"k{position}"
        members[f"Tags.member.{position}.Value"] = "v"
    return members


#: Members besides the honest ones (None takes one away), and the message.
INVALID: dict[str, tuple[dict[str, str | None], str]] = {
    "no role": (
        {"RoleArn": None},
        f"{DETECTED}Value null at 'roleArn' {CONSTRAINT} not be null",
    ),
    "no session name": (
        {"RoleSessionName": None},
        f"{DETECTED}Value null at 'roleSessionName' {CONSTRAINT} not be null",
    ),
    "a short role": (
        {"RoleArn": "cart"},
        f"{DETECTED}Value 'cart' at 'roleArn' {CONSTRAINT} have length greater than or equal to 20",
    ),
    "a role that is no role": (
        {"RoleArn": f"arn:aws:iam::{ACCOUNT}:user/cart"},
        f"arn:aws:iam::{ACCOUNT}:user/cart is invalid",
    ),
    "a role of no account": (
        {"RoleArn": "arn:aws:iam::1234:role/cart"},
        "arn:aws:iam::1234:role/cart is invalid",
    ),
    "a policy without an ARN": (
        {"PolicyArns.member.1.arn": ""},
        f"{DETECTED}Value '' at 'policyArns.1.member.arn' {CONSTRAINT} "
        "have length greater than or equal to 20",
    ),
    "a session name with what XML cannot hold": (
        {"RoleSessionName": "cart\0\ufffe"},
        f"{DETECTED}Value 'cart??' at 'roleSessionName' {CONSTRAINT} "
        r"satisfy regular expression pattern: [\w+=,.@-]*",
    ),
    "11 policies": (
        {f"PolicyArns.member.{n}.arn": f"{POLICY}-{n}" for n in range(1, 12)},
        f"{DETECTED}Value at 'policyArns' {CONSTRAINT} have length less than or equal to 10",
    ),
    "a session name of one letter": (
        {"RoleSessionName": "c"},
        f"{DETECTED}Value 'c' at 'roleSessionName' {CONSTRAINT} "
        "have length greater than or equal to 2",
    ),
    "a session name of 65": (
        {"RoleSessionName": "c" * 65},
        f"{DETECTED}Value '{'c' * 65}' at 'roleSessionName' {CONSTRAINT} "
        "have length less than or equal to 64",
    ),
    "a session name with a blank": (
        {"RoleSessionName": "cart 1"},
        f"{DETECTED}Value 'cart 1' at 'roleSessionName' {CONSTRAINT} "
        r"satisfy regular expression pattern: [\w+=,.@-]*",
    ),
    "a session name with a slash": (
        {"RoleSessionName": "cart/1"},
        f"{DETECTED}Value 'cart/1' at 'roleSessionName' {CONSTRAINT} "
        r"satisfy regular expression pattern: [\w+=,.@-]*",
    ),
    "899 seconds": (
        {"DurationSeconds": "899"},
        f"{DETECTED}Value '899' at 'durationSeconds' {CONSTRAINT} "
        "have value greater than or equal to 900",
    ),
    "43201 seconds": (
        {"DurationSeconds": "43201"},
        f"{DETECTED}Value '43201' at 'durationSeconds' {CONSTRAINT} "
        "have value less than or equal to 43200",
    ),
    "seconds that are no number": (
        {"DurationSeconds": "an hour"},
        "A numeric parameter is not a number",
    ),
    "a tag without a value": (
        {"Tags.member.1.Key": "team"},
        f"{DETECTED}Value null at 'tags.1.member.value' {CONSTRAINT} not be null",
    ),
    "a tag without a key": (
        {"Tags.member.1.Value": "blue"},
        f"{DETECTED}Value null at 'tags.1.member.key' {CONSTRAINT} not be null",
    ),
    "an empty key": (
        {"Tags.member.1.Key": "", "Tags.member.1.Value": "blue"},
        f"{DETECTED}Value '' at 'tags.1.member.key' {CONSTRAINT} have length between 1 and 128",
    ),
    "51 tags": (
        {**many_tags(51)},
        f"{DETECTED}Value at 'tags' {CONSTRAINT} have length less than or equal to 50",
    ),
    "a short source identity": (
        {"SourceIdentity": "a"},
        f"{DETECTED}Value 'a' at 'sourceIdentity' {CONSTRAINT} "
        "have length greater than or equal to 2",
    ),
    "a short external id": (
        {"ExternalId": "a"},
        f"{DETECTED}Value 'a' at 'externalId' {CONSTRAINT} have length greater than or equal to 2",
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_invalid_member_is_taken(aws: Aws, case: str) -> None:
    """What breaks STS's model is a ValidationError that names the member, and makes no session."""
    changes, message = INVALID[case]
    members = {name: value for name, value in {**HONEST, **changes}.items() if value is not None}
    answer = query(aws, "AssumeRole", **members)
    assert error_of(answer) == ("ValidationError", 400, message)
    assert aws.sessions() == []


BOUNDS: dict[str, dict[str, str]] = {
    "900 seconds": {"DurationSeconds": "900"},
    "43200 seconds": {"DurationSeconds": "43200"},
    "a session name of 2": {"RoleSessionName": "c1"},
    "a session name of 64": {"RoleSessionName": "c" * 64},
    "every character of a session name": {"RoleSessionName": "aZ0_+=,.@-"},
    "50 tags": many_tags(50),
    "10 policies": {f"PolicyArns.member.{n}.arn": f"{POLICY}-{n}" for n in range(1, 11)},
    "an empty value": {"Tags.member.1.Key": "team", "Tags.member.1.Value": ""},
}


@pytest.mark.parametrize("case", BOUNDS)
def test_bound_itself_is_refused(aws: Aws, case: str) -> None:
    """What just fits STS's model makes a session."""
    answer = query(aws, "AssumeRole", **{**HONEST, **BOUNDS[case]})
    assert answer.status == 200, answer.text
    assert len(aws.sessions()) == 1


def test_text_of_an_error_is_there_twice(aws: Aws) -> None:
    """An error of the model has one message, as every other has."""
    answer = query(aws, "AssumeRole", **{**HONEST, "Policy": "{}"})
    assert answer.text.lower().count("<message>") == 1


def test_chain_lasts_longer_than_an_hour(aws: Aws) -> None:
    """A session that assumes a role gets at most one hour, and exactly one is fine."""
    key = text_of(query(aws, "AssumeRole", **HONEST), "AccessKeyId")
    assert key
    longer = query(aws, "AssumeRole", key, **HONEST, DurationSeconds="3601")
    assert error_of(longer) == (
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the 1 hour session limit "
        "for roles assumed by role chaining",
    )
    for seconds in ("900", "3600"):
        answer = query(aws, "AssumeRole", key, **HONEST, DurationSeconds=seconds)
        assert answer.status == 200
    assert [session.parent_access_key_id for session in aws.sessions()] == [None, key, key]


REQUESTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "identity": ("GetCallerIdentity", {}, 200),
    "session": ("AssumeRole", HONEST, 200),
    "refused session": ("AssumeRole", {}, 400),
    "refused policy": ("AssumeRole", {**HONEST, "Policy": "{}"}, 400),
    "session token": ("GetSessionToken", {}, 200),
    "unknown action": ("Nonsense", {}, 400),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_request_id_is_no_uuid(aws: Aws, case: str) -> None:
    """Every answer has a UUID as request id, the same in header and body, a new one each time."""
    action, members, status = REQUESTS[case]
    seen = set()
    for _ in range(2):
        answer = query(aws, action, **members)
        assert answer.status == status
        request_id = answer.headers["x-amzn-RequestId"]
        assert str(UUID(request_id)) == request_id
        assert text_of(answer, "RequestId") == request_id
        seen.add(request_id)
    assert len(seen) == 2


def test_unknown_action_is_answered(aws: Aws) -> None:
    """An operation that there is not is InvalidAction."""
    assert error_of(query(aws, "AssumeRoleForPodIdentity")) == (
        "InvalidAction",
        400,
        "Could not find operation AssumeRoleForPodIdentity for version 2011-06-15",
    )


@pytest.mark.parametrize(
    "body", ["Action=", "Action=&Version=2011-06-15", "Version=2011-06-15", ""]
)
def test_request_without_an_action_is_empty(aws: Aws, body: str) -> None:
    """A request that names no operation is told so."""
    for answer in (post(aws, body), aws.http("sts", "GET", f"/?{body}")):
        assert error_of(answer) == ("MissingAction", 400, "Missing Action")
        assert text_of(answer, "RequestId") == answer.headers["x-amzn-RequestId"]


@pytest.mark.parametrize(
    "body",
    [
        b"Action=AssumeRole&Version=2011-06-15&RoleSessionName=cart-1&RoleArn=\xff\xfe",
        b"\xff\xfe\x00",
        urlencode({"Action": "AssumeRole"}).encode() + b"&Policy=\xc3(",
    ],
    ids=["in a member", "as a whole", "in a policy"],
)
def test_body_that_is_no_text_crashes(aws: Aws, body: bytes) -> None:
    """A body that is not UTF-8 is the client's mistake."""
    assert 400 <= post(aws, body).status < 500
    assert aws.sessions() == []


def test_error_is_no_xml(aws: Aws) -> None:
    """A text that an error repeats is escaped."""
    answer = query(aws, "AssumeRole", **{**HONEST, "RoleSessionName": "<b>&"})
    assert "<b>" not in answer.text
    assert "'<b>&'" in (error_of(answer)[2] or "")


def test_policy_of_the_wire_is_changed(aws: Aws) -> None:
    """A session policy is kept to the letter."""
    document = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}).replace(
        ":", " :  ", 1
    )
    answer = query(aws, "AssumeRole", **HONEST, Policy=document)
    assert answer.status == 200
    assert aws.sessions()[0].policy == document
