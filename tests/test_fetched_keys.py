"""The keys of a real cluster behind a URL: fetched late, seldom, briefly and from nowhere else."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aws_under_test import CLUSTER, Aws
from pods import prepare
from real_cluster import ISSUER, claims_of_a_pod, jwks, private_key, sign
from refusals import refused

import moto_eks_podid as podid
from moto_eks_podid.oidc import fetch

UNAVAILABLE = (
    "InvalidTokenException",
    400,
    "The token included in the request cannot be verified: the issuer's keys are not available.",
)


def trust(aws: Aws, **how: Any) -> None:
    podid.trust_issuer(CLUSTER, ISSUER, endpoint_url=aws.endpoint_url, **how)


class KeyServer(ThreadingHTTPServer):
    """Serves what a test puts there, and counts who asks."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), KeyHandler)
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = json.dumps(jwks()).encode()
        self.paths: list[str] = []
        #: Whether to send blanks, one at a time, for some seconds before the body, and whether
        #: anybody has waited for it.
        self.slow = self.waited_for = False
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/openid/v1/jwks"


class KeyHandler(BaseHTTPRequestHandler):
    server: KeyServer

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            if self.server.slow:
                self._trickle()
            self.wfile.write(self.server.body)
        except ConnectionError:
            # Whoever asked has had enough.
            return

    def _trickle(self) -> None:
        for _ in range(150):
            if self.server.over.wait(0.02):
                return
            self.wfile.write(b" ")
        self.server.waited_for = True

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are silent."""


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    with KeyServer() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.over.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def fetched(aws: Aws, key_server: KeyServer) -> Aws:
    """A cluster that trusts an issuer whose keys are at the key server."""
    prepare(aws)
    trust(aws, jwks_url=key_server.url)
    return aws


def test_keys_are_fetched_before_they_are_needed(fetched: Aws, key_server: KeyServer) -> None:
    """Keys are fetched when a token needs them, and then kept."""
    assert key_server.paths == []
    for _ in range(3):
        assert fetched.assume(sign(claims_of_a_pod()))["credentials"]
    assert key_server.paths == ["/openid/v1/jwks"]


def test_unknown_keys_are_fetched_too_often(fetched: Aws, key_server: KeyServer) -> None:
    """A token with an unknown key id has the keys fetched again, at most every thirty seconds."""
    new_kid = "b2" * 20
    assert fetched.assume(sign(claims_of_a_pod()))["credentials"]
    key_server.body = json.dumps(jwks(new_kid, number=1)).encode()
    token = sign(claims_of_a_pod(), kid=new_kid, key=private_key(1))
    for _ in range(3):
        assert "the key id is" in refused(fetched.assume, token=token)[2]
    assert len(key_server.paths) == 1
    fetched.shift(31)
    assert fetched.assume(token)["credentials"]
    assert len(key_server.paths) == 2
    for _ in range(3):
        assert (
            "the key id is" in refused(fetched.assume, token=sign(claims_of_a_pod(), kid="c3"))[2]
        )
    assert len(key_server.paths) == 2


def redirect(server: KeyServer) -> None:
    server.status = 302
    server.headers = {"Location": server.url + "/elsewhere"}


def too_large(server: KeyServer) -> None:
    server.body = server.body + b" " * (fetch.MAX_BYTES + 1 - len(server.body))


def answers(**changes: Any) -> Callable[[KeyServer], None]:
    def change(server: KeyServer) -> None:
        for name, value in changes.items():
            setattr(server, name, value)

    return change


FAILURES: dict[str, Callable[[KeyServer], None]] = {
    "a redirect": redirect,
    "an error": answers(status=500),
    "not found": answers(status=404),
    "no content": answers(status=204, body=b""),
    "more than 1 MiB": too_large,
    "no JSON": answers(body=b"<html>"),
    "no text": answers(body=b"\xff\xfe\x00"),
    "a list": answers(body=b"[]"),
    "no JWKS": answers(body=b"{}"),
    "no usable key": answers(body=b'{"keys": [{"kty": "EC"}]}'),
    "deep": answers(body=b"[" * 100_000),
    "broken compression": answers(headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("case", FAILURES)
def test_failed_fetch_lets_a_token_in(fetched: Aws, key_server: KeyServer, case: str) -> None:
    """While the keys cannot be had the token is refused; what went wrong is not followed."""
    FAILURES[case](key_server)
    token = sign(claims_of_a_pod())
    assert refused(fetched.assume, token=token) == UNAVAILABLE
    assert refused(fetched.assume, token=token) == UNAVAILABLE
    assert key_server.paths == ["/openid/v1/jwks"]
    # It is tried again later.
    key_server.status, key_server.headers = 200, {}
    key_server.body = json.dumps(jwks()).encode()
    fetched.shift(31)
    assert fetched.assume(token)["credentials"]


def test_largest_document_is_refused(fetched: Aws, key_server: KeyServer) -> None:
    """A document of exactly 1 MiB is read."""
    key_server.body += b" " * (fetch.MAX_BYTES - len(key_server.body))
    assert fetched.assume(sign(claims_of_a_pod()))["credentials"]


def test_nobody_answers(aws: Aws) -> None:
    """A URL where nobody listens is no answer either."""
    prepare(aws)
    with KeyServer() as closed:
        url = closed.url
    trust(aws, jwks_url=url)
    assert refused(aws.assume, token=sign(claims_of_a_pod())) == UNAVAILABLE


def test_trickle_is_waited_for(
    in_process_aws: Aws, key_server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time limit is for the whole answer: one that comes byte by byte is given up, although no
    single byte is late, and what it would have ended in is a JWKS."""
    monkeypatch.setattr(fetch, "TIMEOUT_SECONDS", 0.2)
    prepare(in_process_aws)
    trust(in_process_aws, jwks_url=key_server.url)
    key_server.slow = True
    assert refused(in_process_aws.assume, token=sign(claims_of_a_pod())) == UNAVAILABLE
    assert not key_server.waited_for


def test_silence_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts and says nothing is given up."""
    monkeypatch.setattr(fetch, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/keys"
        with pytest.raises(fetch.JwksUnavailable):
            fetch.fetch_jwks(url)


def test_fetch_takes_anything() -> None:
    """The fetch itself takes http and https only."""
    assert (fetch.TIMEOUT_SECONDS, fetch.MAX_BYTES) == (5.0, 1024 * 1024)
    for url in ("file:///etc/hosts", "ftp://127.0.0.1/x", "/keys", ""):
        with pytest.raises(fetch.JwksUnavailable, match="http or https"):
            fetch.fetch_jwks(url)
