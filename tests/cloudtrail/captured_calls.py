"""Captured calls for the tests of what calls were: really captured ones, and ones made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from aws_under_test import REGION
from botocore.config import Config

import moto_eks_podid as podid
from moto_eks_podid.cloudtrail import capture
from moto_eks_podid.cloudtrail.calls import CapturedCall
from moto_eks_podid.events.identities import IAMUser

CALLER = IAMUser("AIDAEXAMPLE", "arn:aws:iam::123456789012:user/a", "123456789012", "AKIA1", "a")
FORM = "application/x-www-form-urlencoded; charset=utf-8"
JSON_1_0 = "application/x-amz-json-1.0"


@contextmanager
def capturing() -> Iterator[list[CapturedCall]]:
    """AWS in-process; every call inside is captured into the list."""
    calls: list[CapturedCall] = []

    def append(entry: Any) -> None:
        if isinstance(entry, CapturedCall):
            calls.append(entry)

    with podid.mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture, "history", lambda: SimpleNamespace(append=append))
        yield calls


def client(service: str, region: str = REGION, **config: Any) -> Any:
    return boto3.client(
        service, region_name=region, config=Config(retries={"total_max_attempts": 1}, **config)
    )


def made(
    method: str = "POST",
    url: str = "https://sts.us-west-2.amazonaws.com/",
    *,
    body: bytes | None = b"",
    answer: bytes | None = b"",
    **columns: Any,
) -> CapturedCall:
    """A call by hand: signed for STS and answered with nothing, unless told otherwise."""
    given: dict[str, Any] = {
        "time": 1_772_355_600.5,
        "signing_name": "sts",
        "signed_with": "AuthHeader",
        "content_type": "",
        "headers": {},
        "body_size": len(body or b""),
        "status": 200,
        "answer_headers": {},
        "answer_size": len(answer or b""),
        "request_id": "5d0c7c0a-55b2-4a7e-8f4f-9a5a4b8f0e11",
        "user_agent": "a test",
        "source_ip": "203.0.113.10",
        "identity": CALLER,
        "account_id": "123456789012",
        "region": "us-west-2",
    }
    given.update(columns)
    return CapturedCall(method=method, url=url, body=body, answer=answer, **given)


def unsigned(method: str, url: str, **columns: Any) -> CapturedCall:
    return made(method, url, signing_name="", signed_with=None, **columns)


def what(call: CapturedCall) -> str | None:
    """The service and the operation of a call, in short."""
    found = call.classify()
    return None if found is None else f"{found.service} {found.operation}"


def at_server(call: CapturedCall) -> CapturedCall:
    """The same call as a client makes it that has a server's address as its endpoint."""
    scheme, _, rest = call.url.partition("://")
    _, slash, path = rest.partition("/")
    moved = call.seen_by(call.account_id, call.identity)
    moved.url = f"http://localhost:5000{slash}{path}" if scheme else call.url
    return moved


def query(action: str, service: str = "sts", **parameters: str) -> dict[str, Any]:
    """The columns of a call in the query protocol."""
    return {
        "signing_name": service,
        "url": f"https://{service}.us-west-2.amazonaws.com/",
        "content_type": FORM,
        "body": urlencode({"Action": action, **parameters}).encode(),
    }


def target(service: str, prefix: str, operation: str, body: Any = None) -> dict[str, Any]:
    """The columns of a call in the JSON protocol."""
    return {
        "signing_name": service,
        "url": f"https://{service}.us-west-2.amazonaws.com/",
        "content_type": JSON_1_0,
        "headers": {"x-amz-target": f"{prefix}.{operation}"},
        "body": json.dumps(body or {}).encode(),
    }
