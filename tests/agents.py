"""What the tests of the node agent begin with: a pod that may have credentials, and requests."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aws_under_test import CLUSTER, Aws, Json

import moto_eks_podid as podid


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def agent_of(aws: Aws, cluster: str = CLUSTER, **more: Any) -> podid.PodIdentityAgent:
    """An agent that finds the cluster where the test has it, however slow the machine is."""
    return podid.PodIdentityAgent(
        cluster, endpoint_url=aws.endpoint_url, **{"service_timeout": 30.0, **more}
    )


def ask(
    url: str, token: str | None = None, *, method: str = "GET", host: str | None = None
) -> Answer:
    """Ask an agent for credentials, as an SDK does."""
    headers = {"Authorization": token} if token is not None else {}
    if host is not None:
        headers["Host"] = host
    return get(url, headers, method=method)


def get(url: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
    """Make a request on a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, parts.path or "/", headers=dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read().decode())
    finally:
        connection.close()


def send(url: str, data: bytes) -> bytes:
    """Send bytes that are no request, or hardly one; return what comes back until the end."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall(data)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def unsigned(claims: Json | str, header: Json | str = '{"alg":"RS256"}') -> str:
    """A token that nobody signed."""
    return f"{segment(header)}.{segment(claims)}.c2ln"


def segment(value: Json | str) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; a minute is more than it takes."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def calls_of_eks_auth(aws: Aws) -> list[Json]:
    """The CloudTrail records of AssumeRoleForPodIdentity, newest first."""
    return podid.cloudtrail_records(
        event_name="AssumeRoleForPodIdentity", endpoint_url=aws.endpoint_url
    )
