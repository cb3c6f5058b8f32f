"""Clients of the server, well-behaved ones and others, on the wire."""

from __future__ import annotations

import http.client
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from aws_under_test import REGION, Aws

from moto_eks_podid.server import in_thread
from moto_eks_podid.serving import connections
from moto_eks_podid.serving.bridge import THREADS

PREFIX = "/moto-api/eks-podid"


@pytest.fixture
def address(server_aws: Aws) -> tuple[str, int]:
    parts = urlsplit(server_aws.endpoint_url or "")
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


@contextmanager
def connected(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, 30) as connection:
        yield connection


def head(method: str, target: str, *lines: str, service: str = "sts") -> bytes:
    scope = f"AKIAIOSFODNN7EXAMPLE/20260101/{REGION}/{service}/aws4_request"
    every = (
        f"{method} {target} HTTP/1.1",
        "Host: localhost",
        f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, Signature=0",
        *lines,
    )
    return "".join(f"{line}\r\n" for line in (*every, "")).encode("latin-1")


FORM = b"Action=GetCallerIdentity&Version=2011-06-15"
CALL = (
    head(
        "POST",
        "/",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(FORM)}",
    )
    + FORM
)


def answer(
    connection: socket.socket, method: str = "POST"
) -> tuple[http.client.HTTPResponse, bytes]:
    found = http.client.HTTPResponse(connection, method=method)
    found.begin()
    return found, found.read()


def assert_served(address: tuple[str, int]) -> None:
    """Somebody else is answered."""
    with connected(address) as connection:
        connection.sendall(CALL)
        assert answer(connection)[0].status == 200


# What SDKs do


def test_connection_is_closed_after_an_answer(address: tuple[str, int]) -> None:
    """A connection stays open, and carries one call after another."""
    with connected(address) as connection:
        for _ in range(5):
            connection.sendall(CALL)
            found, body = answer(connection)
            assert found.status == 200
            assert b"GetCallerIdentityResult" in body
            assert not found.will_close


def test_pipelined_calls_are_mixed_up(server_aws: Aws, address: tuple[str, int]) -> None:
    """Calls that arrive together are answered in their order."""
    s3 = server_aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="goods")
    for number in range(10):
        s3.put_object(Bucket="goods", Key=str(number), Body=f"body {number}".encode())
    with connected(address) as connection:
        connection.sendall(
            b"".join(head("GET", f"/goods/{number}", service="s3") for number in range(10))
        )
        stream = connection.makefile("rb")
        for number in range(10):
            assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = http.client.parse_headers(stream)
            assert stream.read(int(headers["Content-Length"])) == f"body {number}".encode()


def test_chunked_upload_is_lost(server_aws: Aws, address: tuple[str, int]) -> None:
    """A body in chunks, whose length nobody said, is stored whole."""
    s3 = server_aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="goods")
    with connected(address) as connection:
        connection.sendall(
            head("PUT", "/goods/a", "Transfer-Encoding: chunked", service="s3")
            + b"5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"
        )
        assert answer(connection, "PUT")[0].status == 200
    assert s3.get_object(Bucket="goods", Key="a")["Body"].read() == b"hello, world"


def test_client_waits_for_leave_in_vain(server_aws: Aws, address: tuple[str, int]) -> None:
    """A client that asks first (`Expect: 100-continue`) is told to go on, then answered."""
    s3 = server_aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="goods")
    with connected(address) as connection:
        connection.sendall(
            head("PUT", "/goods/a", "Content-Length: 5", "Expect: 100-continue", service="s3")
        )
        assert connection.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert answer(connection, "PUT")[0].status == 200
    assert s3.get_object(Bucket="goods", Key="a")["Body"].read() == b"hello"


def test_large_object_changes_on_the_way(server_aws: Aws) -> None:
    """An object of 64 MiB comes back as it went."""
    s3 = server_aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="goods")
    body = bytes(range(256)) * 2**18
    s3.put_object(Bucket="goods", Key="large", Body=body)
    assert s3.get_object(Bucket="goods", Key="large")["Body"].read() == body


def test_head_has_a_body_or_no_length(server_aws: Aws, address: tuple[str, int]) -> None:
    """HEAD answers the length of what it does not send, and the connection goes on."""
    s3 = server_aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="goods")
    s3.put_object(Bucket="goods", Key="a", Body=b"hello")
    with connected(address) as connection:
        connection.sendall(head("HEAD", "/goods/a", service="s3"))
        found, body = answer(connection, "HEAD")
        assert (found.status, found.headers["Content-Length"], body) == (200, "5", b"")
        connection.sendall(head("GET", "/goods/a", service="s3"))
        assert answer(connection, "GET")[1] == b"hello"


@pytest.mark.parametrize(
    "key", ["a%2Fb", "a b", "ä/ö", "a//b", "a+b", "%", "a?b#c", "../a", "a%20b"]
)
def test_key_is_another_one_after_the_path(server_aws: Aws, key: str) -> None:
    """Keys with all that URLs encode arrive as the client meant them."""
    s3 = server_aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="goods")
    s3.put_object(Bucket="goods", Key=key, Body=b"x", Metadata={"with_underscore": "1"})
    (listed,) = s3.list_objects_v2(Bucket="goods")["Contents"]
    assert listed["Key"] == key
    assert s3.get_object(Bucket="goods", Key=key)["Metadata"] == {"with_underscore": "1"}


def test_absolute_target_is_refused(address: tuple[str, int]) -> None:
    """A client that thinks it talks to a proxy, and names the server in its target, is served."""
    with connected(address) as connection:
        connection.sendall(head("GET", f"http://localhost{PREFIX}/health"))
        assert answer(connection, "GET")[0].status == 200


def test_wish_for_another_protocol_loses_the_body(address: tuple[str, int]) -> None:
    """Java's and curl's offer to go on in HTTP/2 is passed over, and the call answered."""
    with connected(address) as connection:
        offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
        form = ("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(FORM)}")
        connection.sendall(head("POST", "/", *offer, *form) + FORM)
        found, body = answer(connection)
        assert found.status == 200
        assert b"GetCallerIdentityResult" in body


OFFER = "GET {path}/health HTTP/{version}\r\nHost: localhost\r\nConnection: {connection}\r\n"
OFFER += "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"


@pytest.mark.parametrize(
    ("version", "connection", "closed"),
    [
        ("1.1", "Upgrade, HTTP2-Settings", False),
        ("1.1", "Upgrade, close, HTTP2-Settings", True),
        ("1.0", "Upgrade, HTTP2-Settings", True),
    ],
)
def test_wish_for_another_protocol_changes_the_connection(
    address: tuple[str, int], version: str, connection: str, closed: bool
) -> None:
    """Besides its offer a request says what it says: its version, and what becomes of the
    connection."""
    request = OFFER.format(path=PREFIX, version=version, connection=connection).encode()
    with connected(address) as client:
        client.sendall(request)
        found, _ = answer(client, "GET")
        assert (found.status, found.will_close) == (200, closed)


def test_many_wishes_for_another_protocol_end_the_connection(address: tuple[str, int]) -> None:
    """Offers that arrive together are all passed over."""
    request = OFFER.format(path=PREFIX, version="1.1", connection="Upgrade").encode()
    with connected(address) as client:
        client.sendall(request * 1000)
        stream = client.makefile("rb")
        for _ in range(1000):
            assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = http.client.parse_headers(stream)
            assert stream.read(int(headers["Content-Length"]))


def test_closed_half_is_not_answered(address: tuple[str, int]) -> None:
    """A client that closes its half of the connection after asking gets its answer."""
    with connected(address) as connection:
        connection.sendall(CALL)
        connection.shutdown(socket.SHUT_WR)
        found, body = answer(connection)
        assert found.status == 200
        assert b"GetCallerIdentityResult" in body
        assert connection.recv(1) == b""


# What others do

RUDE = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "half a head": head("GET", "/")[:-2],
    "half a body": head("PUT", "/a/b", "Content-Length: 100", service="s3") + b"x",
    "half a chunk": head("PUT", "/a/b", "Transfer-Encoding: chunked", service="s3") + b"64\r\nx",
}


@pytest.mark.parametrize("case", RUDE)
def test_slow_clients_hold_up_others(address: tuple[str, int], case: str) -> None:
    """However many clients stop in the middle of a request, others are answered."""
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(connected(address)).sendall(RUDE[case])
        assert_served(address)


def test_empty_lines_keep_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends nothing but line ends after an answer has as long as any other."""
    monkeypatch.setattr(connections, "IDLE_SECONDS", 1)
    with in_thread() as url:
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        with connected(address) as connection:
            connection.sendall(head("GET", f"{PREFIX}/health"))
            assert answer(connection, "GET")[0].status == 200
            connection.sendall(b"\r\n")
            connection.settimeout(10)
            with suppress(ConnectionResetError):
                assert connection.recv(1) == b""


BROKEN = {
    "garbage": b"\x00\xff\xfe garbage \x80\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
    "no number": b"GET / HTTP/x.y\r\n\r\n",
    "wrong length": head("POST", "/", "Content-Length: -1"),
    "two lengths": head("POST", "/", "Content-Length: 1", "Content-Length: 2"),
    "length and chunks": head("POST", "/", "Content-Length: 1", "Transfer-Encoding: chunked"),
    "wrong chunk": head("POST", "/", "Transfer-Encoding: chunked") + b"xyz\r\n",
    "space in a header": head("GET", "/", "X : y"),
    "CONNECT": b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_http_is_taken(address: tuple[str, int], case: str) -> None:
    """What is not HTTP is refused with 400 at most, and ends its own connection only."""
    with connected(address) as connection:
        connection.sendall(BROKEN[case])
        connection.shutdown(socket.SHUT_WR)
        got = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert got == b"" or got.startswith(b"HTTP/1.1 400 ")
    assert_served(address)


def test_endless_head_fills_the_memory(address: tuple[str, int]) -> None:
    """A request's head is cut off where no honest one would be."""
    with connected(address) as connection:
        assert sent_of(b"GET / HTTP/1.1\r\nX: ", b"a" * 65_536, connection) < 2**25
    assert_served(address)


OURS = (("POST", "/tokens"), ("POST", ""), ("PUT", "/"), ("POST", "/state"), ("PUT", "/state/"))


@pytest.mark.parametrize("framing", ["Content-Length: 1073741824", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize(("method", "path"), OURS)
def test_gibibyte_for_an_endpoint_is_taken(
    address: tuple[str, int], framing: str, method: str, path: str
) -> None:
    """Our own endpoints refuse a body that is too large before it has arrived."""
    chunk = b"10000\r\n" + b"a" * 65_536 + b"\r\n"
    with connected(address) as connection:
        beginning = head(method, f"{PREFIX}{path}", framing)
        assert sent_of(beginning, chunk, connection) < 2**25
    assert_served(address)


def sent_of(beginning: bytes, again: bytes, connection: socket.socket) -> int:
    """How much of an endless request the server takes before it ends the connection."""
    sent = 0
    try:
        connection.sendall(beginning)
        while sent < 2**26:
            connection.sendall(again)
            sent += len(again)
    except ConnectionError:
        return sent
    return sent


def test_large_body_has_no_answer(server_aws: Aws) -> None:
    """Who sends a little too much is told so."""
    found = requests.post(
        f"{server_aws.endpoint_url}{PREFIX}/tokens", data=b" " * (2**20 + 1), timeout=30
    )
    assert (found.status_code, found.json()) == (
        413,
        {"error": "ValueError", "message": "The body is larger than 1 MiB"},
    )


def test_slow_calls_hold_up_others(server_aws: Aws, address: tuple[str, int]) -> None:
    """Calls that take long leave room for others."""
    with server_aws.inject("sqs", latency=30, times=40) as injection, ExitStack() as stack:
        for _ in range(40):
            connection = stack.enter_context(connected(address))
            connection.sendall(head("GET", "/?Action=ListQueues", service="sqs"))
        until(lambda: injection.struck == 40)
        assert_served(address)


def test_slow_calls_hold_up_the_probes(server_aws: Aws, address: tuple[str, int]) -> None:
    """Calls that take all threads leave our own endpoints answering."""
    with server_aws.inject("sqs", latency=30, times=THREADS) as injection, ExitStack() as stack:
        for _ in range(THREADS):
            connection = stack.enter_context(connected(address))
            connection.sendall(head("GET", "/?Action=ListQueues", service="sqs"))
        until(lambda: injection.struck == THREADS)
        for path in ("/health", "/ready", "/settings"):
            url = f"{server_aws.endpoint_url}{PREFIX}{path}"
            assert requests.get(url, timeout=5).status_code == 200


def until(holds: Any) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def files() -> Iterator[int]:
    """How many files this process may have open: as many as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_idle_connections_hold_up_others(address: tuple[str, int], files: int) -> None:
    """Ten thousand connections that nobody uses leave room for one that is used."""
    with ExitStack() as stack:
        for _ in range(min(10_000, files - 500)):
            stack.enter_context(connected(address))
        assert_served(address)


def test_idle_connections_use_up_the_files(tmp_path: Path) -> None:
    """With fewer files than connections, the idlest are dropped, and those in use go on."""
    command = [sys.executable, "-m", "moto_eks_podid", "server", "-p", "0"]
    log = tmp_path / "log"
    with log.open("wb") as output:
        limited = ["sh", "-c", 'ulimit -n 300; exec "$@"', "sh", *command]
        process = subprocess.Popen(limited, stderr=output)
    try:
        until(lambda: "CTRL+C" in log.read_text())
        port = int(log.read_text().split("127.0.0.1:")[1].split()[0])
        address = ("127.0.0.1", port)
        with connected(address) as used, ExitStack() as stack:
            for number in range(700):
                stack.enter_context(connected(address))
                if number % 50 == 0:
                    used.sendall(CALL)
                    assert answer(used)[0].status == 200
            assert_served(address)
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
    assert "Traceback" not in log.read_text()
