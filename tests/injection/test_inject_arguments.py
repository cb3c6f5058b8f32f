"""What can be injected at all, in Python and over HTTP."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
import requests
from aws_under_test import Aws
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_eks_podid.events.catalogue import classified
from moto_eks_podid.faults.answers import answer_of, error_named
from moto_eks_podid.faults.fault import MAX_LATENCY, MAX_SKEW, STATUSES
from tests.hostile.strategies import HOSTILE, json_values
from tests.hostile.wire import to_json

ROLE = "arn:aws:iam::123456789012:role/cart"

#: What is wrong -> the arguments, and what is said about them.
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "service": (
        {"service": "eks_auth", "dropped": True},
        "Unknown service: 'eks_auth'; is it 'eks-auth'?",
    ),
    "service of nothing": ({"service": "", "dropped": True}, "Unknown service: ''"),
    "service of a path": ({"service": "../s3", "dropped": True}, "Unknown service: '../s3'"),
    "long service": ({"service": "s" * 9999, "dropped": True}, "Unknown service: 'sss"),
    "operation": (
        {"service": "s3", "operation": "GetObjekt", "dropped": True},
        "Unknown operation of s3: 'GetObjekt'; is it 'GetObject'?",
    ),
    "nothing": ({"service": "s3"}, "Nothing to inject: give error, latency, dropped, expired or"),
    "two failures": (
        {"service": "s3", "error": "SlowDown", "dropped": True},
        "error and dropped exclude each other",
    ),
    "message alone": ({"service": "s3", "dropped": True, "message": "x"}, "message belongs to an"),
    "status alone": ({"service": "s3", "latency": 1, "status": 500}, "status belongs to an error"),
    "status": ({"service": "s3", "error": "E", "status": 200}, "status is an HTTP status from 400"),
    "code of a header": ({"service": "s3", "error": "E\r\nX: y"}, "error is a code such as"),
    "code of nothing": ({"service": "s3", "error": ""}, "error is a code such as"),
    "code of XML": ({"service": "s3", "error": "<E/>"}, "error is a code such as"),
    "message of no XML": (
        {"service": "s3", "error": "E", "message": "\x00"},
        "message has a character that no answer can hold",
    ),
    "half a letter": (
        {"service": "s3", "error": "E", "message": "\ud800"},
        "message has a character that no answer can hold",
    ),
    "no latency": ({"service": "s3", "latency": 0}, "latency is more than 0 and at most"),
    "long latency": ({"service": "s3", "latency": MAX_LATENCY + 1}, "latency is more than 0"),
    "latency of nothing": ({"service": "s3", "latency": math.nan}, "latency is more than 0"),
    "no skew": ({"service": "s3", "clock_skew": 0}, "clock_skew is at most"),
    "long skew": ({"service": "s3", "clock_skew": -MAX_SKEW - 1}, "clock_skew is at most"),
    "endless skew": ({"service": "s3", "clock_skew": math.inf}, "clock_skew is at most"),
    "skew without end": ({"service": "s3", "clock_skew": 10**400}, "clock_skew is at most"),
    "latency without end": ({"service": "s3", "latency": 10**400}, "latency is more than 0"),
    "never": ({"service": "s3", "dropped": True, "times": 0}, "times is at least 1"),
    "key": ({"service": "s3", "dropped": True, "access_key_id": ""}, "access_key_id is empty"),
    "role": ({"service": "s3", "dropped": True, "role_arn": "cart"}, "role_arn is a role's ARN"),
}

#: Likewise, with values of another type; the endpoint says only which member it is.
WRONG_TYPES: dict[str, tuple[dict[str, Any], str]] = {
    "error": ({"service": "s3", "error": 429}, "error is a string, not 429"),
    "error as a list": ({"service": "s3", "error": ["E"]}, "error is a string, not ['E']"),
    "service": ({"service": 3, "dropped": True}, "service is a string, not 3"),
    "dropped": ({"service": "s3", "dropped": 1}, "dropped is True or False, not 1"),
    "latency": ({"service": "s3", "latency": "1"}, "latency is a number of seconds, not '1'"),
    "latency as truth": ({"service": "s3", "latency": True}, "latency is a number of seconds"),
    "status": ({"service": "s3", "error": "E", "status": 429.5}, "status is a whole number"),
    "times": ({"service": "s3", "dropped": True, "times": 1.5}, "times is a whole number"),
    "times as truth": ({"service": "s3", "dropped": True, "times": True}, "times is a whole"),
}


@pytest.mark.parametrize("name", WRONG)
def test_nonsense_is_injected(aws: Aws, name: str) -> None:
    """What makes no sense is a ValueError that says why, and leaves nothing behind."""
    arguments, message = WRONG[name]
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}"):
        aws.inject(**arguments)
    status, answer = post(aws, json.dumps(arguments))
    assert (status, answer["error"]) == (400, "ValueError")
    assert answer["message"].startswith(message)
    assert listed(aws) == []


@pytest.mark.parametrize("name", WRONG_TYPES)
def test_value_of_another_type_is_injected(aws: Aws, name: str) -> None:
    """A value of another type is refused, in Python and over HTTP."""
    arguments, message = WRONG_TYPES[name]
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}"):
        aws.inject(**arguments)
    status, answer = post(aws, json.dumps(arguments))
    assert (status, answer["message"]) == (400, f"Member {name.split()[0]!r} has the wrong type")
    assert listed(aws) == []


def url(aws: Aws) -> str:
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    return f"{base}/moto-api/eks-podid/inject"


def post(aws: Aws, body: str | bytes) -> tuple[int, Any]:
    answer = requests.post(url(aws), data=body, timeout=30)
    return answer.status_code, answer.json()


def listed(aws: Aws, query: str = "") -> list[Any]:
    answer = requests.get(url(aws) + query, timeout=30)
    assert answer.status_code == 200
    injections: list[Any] = answer.json()["injections"]
    return injections


FAILURE = {
    "service": "s3",
    "operation": "GetObject",
    "error": "SlowDown",
    "message": "Later",
    "status": 502,
    "latency": 0.5,
    "dropped": False,
    "expired": False,
    "clock_skew": None,
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "role_arn": ROLE,
    "times": 3,
}


def test_endpoint_loses_a_member(aws: Aws) -> None:
    """POST /inject answers what it was given, an id and a count; GET lists it; DELETE ends it."""
    status, made = post(aws, json.dumps(FAILURE))
    assert status == 200
    assert made == {**FAILURE, "id": made["id"], "struck": 0, "active": True}
    _, other = post(aws, json.dumps({"service": "sts", "dropped": True}))
    assert other["times"] == 1

    assert listed(aws) == [made, other]
    assert listed(aws, f"?id={made['id']}") == [made]
    assert listed(aws, "?id=unknown") == []

    removed = requests.delete(f"{url(aws)}?id={made['id']}", timeout=30)
    assert removed.json() == {"removed": 1}
    assert requests.delete(f"{url(aws)}?id={made['id']}", timeout=30).json() == {"removed": 0}
    assert listed(aws) == [other, {**made, "active": False}]
    assert requests.delete(url(aws), timeout=30).json() == {"removed": 1}
    assert not any(one["active"] for one in listed(aws))


def test_null_times_is_once(aws: Aws) -> None:
    """Of all members, `times` alone means something when it is null: every call."""
    _, made = post(aws, json.dumps({"service": "sts", "error": "Throttling", "times": None}))
    assert (made["times"], made["active"]) == (None, True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "Missing member service"),
        ("{}", "Missing member service"),
        ('{"service": null, "dropped": true}', "Missing member service"),
        ("[]", "The body is not a JSON object"),
        ("{", "The body is not JSON"),
        ('{"service": "s3", "dropped": true, "why": 1}', "Unknown member 'why'; there are service"),
        ('{"service": "s3", "error": {}}', "Member 'error' has the wrong type"),
        ('{"service": "s3", "dropped": true, "times": []}', "Member 'times' has the wrong type"),
        ('{"service": "s3", "dropped": true, "times": 1e400}', "Member 'times' has the wrong type"),
        ('{"service": "s3", "latency": NaN}', "latency is more than 0"),
        ('{"service": "s3", "latency": 1e999}', "latency is more than 0"),
    ],
)
def test_hostile_body_is_injected(aws: Aws, body: str, message: str) -> None:
    """A body that makes no sense is a 400 that says why."""
    status, answer = post(aws, body)
    assert (status, answer["error"]) == (400, "ValueError")
    assert answer["message"].startswith(message)
    assert listed(aws) == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_unknown_query_is_taken(aws: Aws, method: str) -> None:
    """A misspelt query does not mean all of them."""
    aws.inject("sts", dropped=True)
    answer = requests.request(method, f"{url(aws)}?ID=1", timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (400, "ValueError")
    assert listed(aws)[0]["active"]


@HOSTILE
@given(member=st.sampled_from([*FAILURE]), value=json_values)
def test_any_member_crashes(in_process_aws: Aws, member: str, value: Any) -> None:
    """Whatever a member is, the failure is refused, or strikes and is answered."""
    failure = {"service": "s3", "error": "SlowDown", "latency": None, member: value}
    status, _ = post(in_process_aws, to_json(failure))
    assert status in (200, 400)
    if member != "latency":
        assert in_process_aws.http("s3", "GET", "/goods/a").status in STATUSES
    requests.delete(url(in_process_aws), timeout=30).raise_for_status()


#: Service -> an operation, and the protocol that it speaks.
OPERATIONS = {
    "s3": ("ListBuckets", "rest-xml"),
    "sts": ("GetCallerIdentity", "query"),
    "ec2": ("DescribeVpcs", "ec2"),
    "eks": ("ListClusters", "rest-json"),
    "kms": ("ListKeys", "json"),
    "route53": ("ListHostedZones", "rest-xml"),
}


@settings(max_examples=100)
@given(
    error=st.from_regex(r"\A[A-Za-z][A-Za-z0-9._-]{0,20}\Z"),
    message=st.text(
        st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="￾￿"),
        max_size=40,
    ),
    service=st.sampled_from([*OPERATIONS]),
)
def test_error_is_unreadable(error: str, message: str, service: str) -> None:
    """Every code and message arrives as it was given, in every protocol."""
    operation, protocol = OPERATIONS[service]
    what = classified(service, operation, service, protocol)
    made = error_named(what, error, message or None)
    answer = answer_of(what, made)
    parsed = create_parser(protocol).parse(
        {
            "status_code": answer.status,
            "headers": {name.lower(): value for name, value in answer.headers.items()},
            "body": answer.body.encode(),
        },
        None,  # type: ignore[arg-type]
    )
    assert parsed["Error"]["Code"] == made.code
    assert parsed["Error"]["Message"] == made.message
