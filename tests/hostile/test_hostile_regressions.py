"""Requests that once crashed something: each stays, with the answer that it gets instead."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from aws_under_test import CLUSTER, REGION, Response

from tests.hostile.wire import Pods, assert_survived, send, signed_for

ASSOCIATIONS = f"/clusters/{CLUSTER}/pod-identity-associations"
ASSUME = f"/clusters/{CLUSTER}/assume-role-for-pod-identity"
GZIP = {"Content-Encoding": "gzip"}
JSON = {"Content-Type": "application/json"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
A_FILE_BESIDE_A_KEY = (
    b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\n${filename}\r\n'
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nb\r\n--x--\r\n'
)


@dataclass(frozen=True)
class Crash:
    """A request, and the status and error code of its answer. `region` is that of the scope."""

    service: str
    target: str
    status: int
    code: str
    method: str = "POST"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    region: str = REGION


CRASHES = {
    "gzip that is none": Crash(
        "eks", ASSOCIATIONS, 400, "InvalidRequestException", body=b"garbage", headers=GZIP
    ),
    "gzip that is cut short": Crash(
        "eks-auth", ASSUME, 400, "InvalidRequestException", body=b"\x1f\x8b\x08", headers=GZIP
    ),
    "gzip that is damaged": Crash(
        "eks",
        ASSOCIATIONS,
        400,
        "InvalidRequestException",
        body=b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xff\xff",
        headers=GZIP,
    ),
    "gzip to STS that is none": Crash(
        "sts", "/?Action=AssumeRole", 400, "ValidationError", body=b"garbage", headers=GZIP
    ),
    "form with a file beside a key": Crash(
        "eks",
        ASSOCIATIONS,
        400,
        "InvalidRequestException",
        body=A_FILE_BESIDE_A_KEY,
        headers=MULTIPART,
    ),
    "form with a file beside a key to STS": Crash(
        "sts", "/?Action=AssumeRole", 400, "", body=A_FILE_BESIDE_A_KEY, headers=MULTIPART
    ),
    "JSON to STS": Crash("sts", "/?Action=AssumeRole", 400, "InvalidAction", headers=JSON),
    "region in capital letters": Crash(
        "eks-auth",
        ASSUME,
        400,
        "InvalidRequestException",
        body=b'{"token": "a.b.c"}',
        region="US-WEST-2",
    ),
    # moto's router takes it for DeleteCluster, which reads the cluster's name in the body.
    "deletion of no association": Crash(
        "eks",
        f"{ASSOCIATIONS}/",
        400,
        "InvalidParameterException",
        method="DELETE",
        body=b'{"name": "prod-blue"}',
    ),
    "no keys of tags": Crash(
        "eks",
        f"/tags/arn:aws:eks:{REGION}:123456789012:podidentityassociation/{CLUSTER}/a",
        400,
        "BadRequestException",
        method="DELETE",
    ),
    "no region": Crash(
        "eks", ASSOCIATIONS, 404, "ResourceNotFoundException", method="GET", region=""
    ),
    "path that EKS Auth does not have": Crash("eks-auth", "/clusters", 404, ""),
}


def code_of(answer: Response) -> str:
    """The error's code: JSON services put it into a header, STS into its XML."""
    _, _, after = answer.text.partition("<Code>")
    return answer.headers.get("x-amzn-ErrorType") or after.partition("</Code>")[0]


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES)
def test_crash_is_back(pods: Pods, crash: Crash) -> None:
    """What once was an exception or a 500 is the service's own error."""
    # In-process the host names the region, not the scope.
    if crash.region != REGION and pods.aws.endpoint_url is None:
        assert_survived(send(pods.aws, crash.service, crash.method, crash.target, crash.body))
        return
    headers = {**signed_for(crash.service, crash.region), **crash.headers}
    answer = send(pods.aws, crash.service, crash.method, crash.target, crash.body, headers)
    assert_survived(answer)
    assert (answer.status, code_of(answer)) == (crash.status, crash.code)


WITHOUT_A_SCOPE = {
    "nothing": {},
    "a bare token": {"Authorization": "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"},
    "another scheme": {"Authorization": "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"},
}


@pytest.mark.parametrize("headers", WITHOUT_A_SCOPE.values(), ids=WITHOUT_A_SCOPE)
def test_request_without_a_scope_is_lost(pods: Pods, headers: dict[str, str]) -> None:
    """A path that no other service has needs no credential scope to find its service."""
    answer = send(pods.aws, "eks-auth", "POST", ASSUME, b'{"token": "a.b.c"}', headers)
    assert_survived(answer)
    assert answer.headers["x-amzn-ErrorType"] in (
        # The server takes us-east-1 for granted, and the cluster is elsewhere.
        "ResourceNotFoundException",
        "InvalidTokenException",
    )


def test_json_sent_as_a_form_is_lost(pods: Pods) -> None:
    """`curl -d '{…}'` calls its JSON a form: it is read all the same."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = send(
        pods.aws,
        "eks",
        "POST",
        pods.association_path,
        b'{"disableSessionTags": true}',
        {**signed_for("eks"), **form},
    )
    assert answer.json["association"]["disableSessionTags"] is True
    pods.settle(answer)
