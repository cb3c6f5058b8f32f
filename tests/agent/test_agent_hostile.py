"""Clients that are broken, slow or up to no good: none hangs the agent, none gets a traceback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from agents import agent_of, ask, segment, send, unsigned, until
from aws_under_test import CLUSTER, Aws
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pods import prepare

import moto_eks_podid as podid


@pytest.fixture
def agent(
    in_process_aws: Aws, capfd: pytest.CaptureFixture[str]
) -> Iterator[podid.PodIdentityAgent]:
    """An agent that still serves a pod afterwards, and has nothing to say."""
    prepare(in_process_aws)
    token = in_process_aws.token()
    with agent_of(in_process_aws) as running:
        yield running
        assert ask(running.url, token).status == 200
        assert running.errors == []
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def patient(capfd: pytest.CaptureFixture[str]) -> Iterator[podid.PodIdentityAgent]:
    """An agent that nobody asks for credentials, and that has nothing to say."""
    with podid.PodIdentityAgent(CLUSTER) as running:
        yield running
        assert ask(running.url).status == 400
        assert running.errors == []
    assert capfd.readouterr() == ("", "")


def connect(agent: podid.PodIdentityAgent) -> socket.socket:
    parts = urlsplit(agent.url)
    assert parts.hostname
    assert parts.port
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def head(*lines: str) -> bytes:
    every = ("GET /v1/credentials HTTP/1.1", "Host: localhost", "Connection: close", *lines)
    return "".join(f"{line}\r\n" for line in (*every, "")).encode("latin-1")


def expected(status: str) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
        f"\r\n{status}"
    ).encode()


BROKEN = {
    "garbage": (b"\x00\xff\xfe garbage \x80\r\n\r\n", "400 Bad Request"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", "400 Bad Request"),
    "four words": (b"GET / x HTTP/1.1\r\n\r\n", "400 Bad Request"),
    "no version": (b"POST /\r\n\r\n", "400 Bad Request"),
    "no number": (b"GET / HTTP/x.y\r\n\r\n", "400 Bad Request"),
    "no URL": (b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n", "400 Bad Request"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported"),
    "long target": (
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        "431 Request Header Fields Too Large",
    ),
    "long header": (head(f"Authorization: {'a' * 100_000}"), "431 Request Header Fields Too Large"),
    "ten megabytes": (head(f"X: {'a' * 10_000_000}"), "431 Request Header Fields Too Large"),
    "many headers": (
        head(*(f"X-{number}: x" for number in range(1000))),
        "431 Request Header Fields Too Large",
    ),
}


@pytest.mark.parametrize(("data", "status"), BROKEN.values(), ids=list(BROKEN))
def test_broken_http_is_answered_differently(
    patient: podid.PodIdentityAgent, data: bytes, status: str
) -> None:
    """What is no request is answered with a line, as Go's server does."""
    assert send(patient.url, data) == expected(status)


TOKENS = {
    "long": "a" * 60_000,
    "dots": "." * 60_000,
    "deep": f"{segment('{}')}.{segment('[' * 40_000)}.x",
    "deep claim": unsigned('{"kubernetes.io":' + "[" * 20_000 + "]" * 20_000 + "}"),
    "wide number": unsigned('{"exp":' + "9" * 30_000 + "}"),
    "latin": "é.é.é",
    "control characters": "a\x0bb\x7f.c.d",
    "surrogate": unsigned({}, '{"alg":"\\ud800"}'),
}


@pytest.mark.parametrize("version", ["0.1", "0.2"])
@pytest.mark.parametrize("token", TOKENS.values(), ids=list(TOKENS))
def test_hostile_token_breaks_the_agent(token: str, version: str) -> None:
    """What is no token is a 400, however it looks."""
    with podid.PodIdentityAgent(CLUSTER, version=version) as agent:
        answer = send(agent.url, head(f"Authorization: {token}"))
        assert answer.startswith(b"HTTP/1.1 400 "), answer[:100]
        assert b"Service account token" in answer
        assert agent.errors == []


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 5", "", "hello"),
        ("Content-Length: 99999999999999",),
        ("Content-Length: -1",),
        ("Content-Length: x",),
        ("Transfer-Encoding: chunked", "", "zzz"),
        ("Content-Length: 5", "Transfer-Encoding: chunked", "", "0", "", "GET / HTTP/1.1"),
        ("Expect: 100-continue", "Content-Length: 1"),
        (": x",),
        ("A B: x",),
        ("X: y", " folded"),
        ("Host: example.com",),
    ],
)
def test_odd_head_hangs(patient: podid.PodIdentityAgent, lines: tuple[str, ...]) -> None:
    """A request with a body, or with odd headers, gets one answer, and no body is awaited."""
    answer = send(patient.url, head(*lines))
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 ", b"HTTP/1.1 100 Continue"))
    assert answer.count(b"X-Content-Type-Options") == 1


def test_connection_is_closed_after_each_request(
    agent: podid.PodIdentityAgent, in_process_aws: Aws
) -> None:
    """A connection serves several requests, also when they come at once."""
    request = b"GET /v1/credentials HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = send(agent.url, request * 3 + head())
    assert answer.count(b"Service account token cannot be empty") == 4


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.booleans())
def test_bytes_break_the_agent(agent: podid.PodIdentityAgent, data: bytes, begun: bool) -> None:
    """Whatever bytes come and end, the connection ends."""
    with connect(agent) as connection:
        connection.sendall((b"GET /v1/credentials HTTP/1.1\r\n" if begun else b"") + data)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"Traceback" not in received


# Slow clients


@pytest.fixture
def impatient() -> Iterator[podid.PodIdentityAgent]:
    with podid.PodIdentityAgent(CLUSTER, request_timeout=0.2) as running:
        yield running
        assert running.errors == []


def test_silent_client_keeps_its_connection(impatient: podid.PodIdentityAgent) -> None:
    """Who does not send a request in time is cut off."""
    with connect(impatient) as connection:
        assert connection.recv(100) == b""


def test_dripping_client_keeps_its_connection(impatient: podid.PodIdentityAgent) -> None:
    """No byte gains time: a request has to be complete in time."""
    with connect(impatient) as connection:
        connection.settimeout(0.01)
        answered: list[bytes] = []

        def drip() -> bool:
            try:
                connection.sendall(b"x")
                answered.append(connection.recv(100))
            except TimeoutError:
                return False
            except ConnectionError:
                answered.append(b"")
            return answered[-1] == b""

        until(drip)


def test_client_that_never_reads_holds_up_the_end(
    agent: podid.PodIdentityAgent, in_process_aws: Aws
) -> None:
    """Who sends and goes away, or never reads, holds up nobody."""
    request = b"GET /v1/credentials HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(connect(agent))
            connection.sendall(request * 10)
        assert ask(agent.url, in_process_aws.token()).status == 200


def test_slow_clients_keep_others_waiting(
    agent: podid.PodIdentityAgent, in_process_aws: Aws
) -> None:
    """A hundred clients that have begun a request keep nobody waiting, not even the end."""
    with ExitStack() as stack:
        for _ in range(100):
            connection = stack.enter_context(connect(agent))
            connection.sendall(b"GET /v1/cred")
        assert ask(agent.url, in_process_aws.token()).status == 200
        agent.stop()
        assert not [thread for thread in threading.enumerate() if "eks-pod-identity" in thread.name]
        agent.start()
