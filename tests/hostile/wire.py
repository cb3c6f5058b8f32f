"""Requests as no client library would make them, byte for byte, in-process or to a server."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import requests
from aws_under_test import CLUSTER, REGION, Aws, Response
from requests.structures import CaseInsensitiveDict

#: Longer than any honest answer takes, short enough that a hang fails the test.
TIMEOUT = 20


def signed_for(service: str, region: str = REGION) -> dict[str, str]:
    """The header that routes a request to a service; nobody checks its signature."""
    scope = f"AKIAIOSFODNN7EXAMPLE/20260101/{region}/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}


def send(
    aws: Aws,
    service: str,
    method: str,
    target: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send a request whose target and headers nobody repairs on the way.

    :param target: path and query as they are to stand in the request line
    :param headers: instead of the ones that sign for `service`
    """
    sent = dict(signed_for(service) if headers is None else headers)
    if aws.endpoint_url is None:
        return _in_process(f"https://{_host(service)}", method, target, body, sent)
    return _to_server(aws.endpoint_url, method, target, body, sent)


def _host(service: str) -> str:
    if service == "eks-auth":
        return f"eks-auth.{REGION}.api.aws"
    return f"{service}.{REGION}.amazonaws.com"


def _in_process(
    base: str, method: str, target: str, body: bytes, headers: dict[str, str]
) -> Response:
    with requests.Session() as session:
        session.trust_env = False
        prepared = requests.Request(method, base, data=body, headers=headers).prepare()
        # After `prepare`, which would quote and shorten it.
        prepared.url = base + target
        answer = session.send(prepared, timeout=TIMEOUT)
    return Response(answer.status_code, answer.headers, answer.text)


def _to_server(
    url: str, method: str, target: str, body: bytes, headers: dict[str, str]
) -> Response:
    address = urlsplit(url)
    lines = [f"{method} {target} HTTP/1.1", f"Host: {address.netloc}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if not any(name.lower() == "content-length" for name in headers):
        lines.append(f"Content-Length: {len(body)}")
    with socket.create_connection((address.hostname or "", address.port or 80), TIMEOUT) as wire:
        wire.sendall("\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body)
        answer = http.client.HTTPResponse(wire, method=method)
        answer.begin()
        text = answer.read().decode("utf-8", "replace")
    return Response(answer.status, CaseInsensitiveDict(answer.getheaders()), text)


def assert_survived(answer: Response) -> None:
    """No answer is a crash, and none shows the inside of one."""
    assert answer.status < 500, answer.text[-2000:]
    assert "Traceback" not in answer.text


class Pods:
    """A cluster with one association, which hostile requests must leave as it is."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        aws.create_cluster()
        self.role = aws.create_role()
        self.association = aws.associate(self.role, tags={"team": "cart"})
        self.eks = aws.client("eks")
        self.path = f"/clusters/{CLUSTER}/pod-identity-associations"
        self.assume_path = f"/clusters/{CLUSTER}/assume-role-for-pod-identity"

    @property
    def association_path(self) -> str:
        return f"{self.path}/{self.association['associationId']}"

    @property
    def tags_path(self) -> str:
        return "/tags/" + quote(self.association["associationArn"], safe="")

    def create_body(self) -> dict[str, object]:
        """The smallest body that creates a second association."""
        return {"namespace": "shop", "serviceAccount": "till", "roleArn": self.role}

    def settle(self, answer: Response) -> None:
        """What was refused changed nothing; what was accepted is undone.

        Accepted or not, there is never a half-made association: each one that is listed can be
        described.
        """
        assert_survived(answer)
        before, mine = self.association, self.association["associationId"]
        found = {
            entry["associationId"]: self.eks.describe_pod_identity_association(
                clusterName=CLUSTER, associationId=entry["associationId"]
            )["association"]
            for entry in self.eks.list_pod_identity_associations(clusterName=CLUSTER)[
                "associations"
            ]
        }
        # First put right what the next request is to find, whatever this one did.
        for other in found.keys() - {mine}:
            self.eks.delete_pod_identity_association(clusterName=CLUSTER, associationId=other)
        self.association = found.get(mine) or self.aws.associate(self.role, tags={"team": "cart"})
        if answer.status >= 400:
            assert found == {mine: before}
        assert mine in found


def encoded(value: bytes) -> str:
    """A part of a JWT."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def to_json(value: object) -> bytes:
    """JSON as a hostile client writes it: lone surrogates stay escapes, NaN stays NaN."""
    return json.dumps(value).encode("ascii")
