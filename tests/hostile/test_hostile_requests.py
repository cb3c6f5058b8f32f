"""Hostile requests around the input: who signs, where to, in which encoding."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from aws_under_test import ACCOUNT, REGION
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.strategies import HOSTILE
from tests.hostile.wire import Pods, assert_survived, send, signed_for, to_json


def credential(scope: str) -> dict[str, str]:
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}


KEY = "AKIAIOSFODNN7EXAMPLE"

AUTHORIZATIONS = {
    "none": {},
    "empty": {"Authorization": ""},
    "no scope": credential(""),
    "key alone": credential(KEY),
    "four parts": credential(f"{KEY}/20260101/{REGION}/eks"),
    "six parts": credential(f"{KEY}/20260101/{REGION}/eks/aws4_request/more"),
    "no commas": {"Authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/2/{REGION}/eks/x"},
    "one word": {"Authorization": "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"},
    "unknown region": credential(f"{KEY}/20260101/mars-north-1/eks/aws4_request"),
    "empty region": credential(f"{KEY}/20260101//eks/aws4_request"),
    "capital region": credential(f"{KEY}/20260101/US-WEST-2/eks/aws4_request"),
    "region with a dot": credential(f"{KEY}/20260101/us.west/eks/aws4_request"),
    "region with a blank": credential(f"{KEY}/20260101/us west/eks/aws4_request"),
    "region of another partition": credential(f"{KEY}/20260101/cn-north-1/eks/aws4_request"),
    "date that is none": credential(f"{KEY}/yesterday/{REGION}/eks/aws4_request"),
    "key of another length": credential(f"AKIA/20260101/{REGION}/eks/aws4_request"),
    "key with small letters": credential(
        f"akiaiosfodnn7example/20260101/{REGION}/eks/aws4_request"
    ),
    "session key that is unknown": credential(
        f"ASIAIOSFODNN7EXAMPLE/20260101/{REGION}/eks/aws4_request"
    ),
    "capital service": credential(f"{KEY}/20260101/{REGION}/EKS/aws4_request"),
    "signature version 2": {"Authorization": f"AWS {KEY}:c2lnbmF0dXJl"},
    "basic": {"Authorization": "Basic dXNlcjpwYXNz"},
    "long": {"Authorization": "AWS4-HMAC-SHA256 Credential=" + "A/" * 5000},
}


#: Not a scope of five parts: the server cannot tell which service is meant.
WITHOUT_SCOPE = {
    "none",
    "empty",
    "no scope",
    "key alone",
    "four parts",
    "six parts",
    "one word",
    "region with a blank",
    "signature version 2",
    "basic",
    "long",
}


def everything(pods: Pods, headers: dict[str, str], **more: Any) -> None:
    """One honest request to each of our operations, but for its headers."""
    body = more.get("body")
    tags = more.get("tags", True)
    requests = [
        ("eks", "POST", pods.path, to_json(pods.create_body())),
        ("eks", "GET", pods.path, b""),
        ("eks", "GET", pods.association_path, b""),
        ("eks", "POST", pods.association_path, b"{}"),
        ("eks", "GET", pods.tags_path, b""),
        ("eks", "POST", pods.tags_path, b'{"tags": {"a": "b"}}'),
        ("eks", "DELETE", pods.tags_path + "?tagKeys=a", b""),
        ("eks-auth", "POST", pods.assume_path, to_json({"token": pods.aws.token()})),
    ]
    for service, method, target, honest in requests:
        if target.startswith("/tags/") and not tags:
            continue
        sent = {
            name: value.replace("/eks/", f"/{service}/") if name == "Authorization" else value
            for name, value in headers.items()
        }
        answer = send(
            pods.aws, service, method, target, honest if body is None else body, headers=sent
        )
        pods.settle(answer)


@pytest.mark.parametrize("name", AUTHORIZATIONS)
def test_odd_authorization_crashes(pods: Pods, name: str) -> None:
    """Whoever signs, and however badly, the answer is no 5xx."""
    # Many services have a path /tags/ARN: without a scope moto's dispatcher gives it to S3, whose
    # own code fails on a POST, and on an Authorization without slashes, before ours is asked.
    taken_by_s3 = pods.aws.endpoint_url is not None and name in WITHOUT_SCOPE
    everything(pods, AUTHORIZATIONS[name], tags=not taken_by_s3)


HEADERS = {
    "target of another service": {"X-Amz-Target": "DynamoDB_20120810.ListTables"},
    "target without a dot": {"X-Amz-Target": "garbage"},
    "target of a Python name": {"X-Amz-Target": "x.__init__"},
    "target of another operation": {"X-Amz-Target": "eks.DeleteCluster"},
    "empty target": {"X-Amz-Target": ""},
    "no content type": {"Content-Type": ""},
    "form": {"Content-Type": "application/x-www-form-urlencoded"},
    "form with charset": {"Content-Type": "application/x-www-form-urlencoded; charset=utf-16"},
    "multipart without a boundary": {"Content-Type": "multipart/form-data"},
    "multipart": {"Content-Type": "multipart/form-data; boundary=x"},
    "unknown charset": {"Content-Type": "application/json; charset=klingon"},
    "old JSON": {"Content-Type": "application/x-amz-json-1.1"},
    "CBOR": {"Content-Type": "application/cbor"},
    "XML": {"Content-Type": "text/xml"},
    "deflate": {"Content-Encoding": "deflate"},
    "unknown encoding": {"Content-Encoding": "br, x"},
    "account": {"x-moto-account-id": "not an account"},
    "empty account": {"x-moto-account-id": ""},
    "expectation": {"Expect": "the-spanish-inquisition"},
    "user agent of nowhere": {"User-Agent": "Boto3/1 region/xx-nowhere-9"},
    "forwarded": {"X-Forwarded-Host": "evil", "X-Forwarded-Proto": "gopher"},
    "method override": {"X-HTTP-Method-Override": "DELETE"},
    "accept": {"Accept": "application/cbor"},
    "blank header value": {"X-Amz-Security-Token": ""},
    "token of a session": {"X-Amz-Security-Token": "garbage", "X-Amz-Date": "tomorrow"},
    "chunked signature": {"X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_odd_header_crashes(pods: Pods, headers: dict[str, str]) -> None:
    """No header makes an operation fail, or makes it another operation."""
    everything(pods, {**signed_for("eks"), **headers})


BODIES = {
    "form": b"Action=DeleteCluster&name=prod-blue",
    "form with a key": b"key=${filename}&file=x",
    "multipart": (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nb\r\n--x--\r\n'
    ),
    "multipart with a key": (
        b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\n${filename}\r\n'
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nb\r\n--x--\r\n'
    ),
    "broken multipart": b"--x\r\nContent-Disposition: form-data\r\n\r\n--x",
    "not UTF-8": b"\xff\xfe\xfd",
    "percent garbage": b"%&%zz=%ff&a=%",
    "not gzip": b"\x1f\x8bgarbage",
    "gzip cut short": gzip.compress(b'{"namespace": "shop"}')[:-6],
    "gzip of garbage": gzip.compress(b"\xff"),
}
ENCODINGS = {
    "form": {"Content-Type": "application/x-www-form-urlencoded"},
    "multipart": {"Content-Type": "multipart/form-data; boundary=x"},
    "gzip": {"Content-Encoding": "gzip"},
    "gzip form": {
        "Content-Encoding": "gzip",
        "Content-Type": "application/x-www-form-urlencoded",
    },
    "none": {},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("headers", ENCODINGS.values(), ids=ENCODINGS)
def test_body_in_an_odd_encoding_crashes(pods: Pods, headers: dict[str, str], body: bytes) -> None:
    """A body that is not in the encoding that it claims is refused, not crashed on."""
    everything(pods, {**signed_for("eks"), **headers}, body=body)


def test_compressed_request_is_refused(pods: Pods) -> None:
    """An honest body, compressed as SDKs do, is read."""
    headers = {**signed_for("eks"), "Content-Encoding": "gzip"}
    body = gzip.compress(to_json(pods.create_body()))
    answer = send(pods.aws, "eks", "POST", pods.path, body, headers)
    assert answer.status == 200
    assert answer.json["association"]["serviceAccount"] == "till"


_header_text = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)


@HOSTILE
@given(
    scope=st.lists(_header_text.filter(lambda text: "/" not in text), min_size=5, max_size=5),
    service=st.sampled_from(["eks", "eks-auth"]),
)
def test_fuzzed_credential_scope_crashes(pods: Pods, scope: list[str], service: str) -> None:
    """Any key, date and region in a scope that names one of our services: no 5xx."""
    key, date, region, _, terminator = scope
    headers = credential("/".join([key, date, region, service, terminator]))
    if service == "eks":
        answer = send(pods.aws, service, "GET", pods.path, b"", headers)
    else:
        body = to_json({"token": pods.aws.token()})
        answer = send(pods.aws, service, "POST", pods.assume_path, body, headers)
    assert_survived(answer)


@HOSTILE
@given(name=_header_text, value=_header_text)
def test_fuzzed_target_becomes_another_operation(pods: Pods, name: str, value: str) -> None:
    """X-Amz-Target and User-Agent are nobody's business in a REST service."""
    headers = {**signed_for("eks"), "X-Amz-Target": f"{name}.{value}", "User-Agent": value}
    answer = send(pods.aws, "eks", "GET", pods.association_path, b"", headers)
    assert answer.status == 200
    assert answer.json["association"]["associationId"] == pods.association["associationId"]


def test_account_header_breaks_the_caller(pods: Pods) -> None:
    """An account id that is none belongs to nobody: no cluster there, no crash."""
    headers = {**signed_for("eks"), "x-moto-account-id": "'; drop table"}
    answer = send(pods.aws, "eks", "GET", pods.path, b"", headers)
    assert answer.status == 404
    assert ACCOUNT not in answer.text
