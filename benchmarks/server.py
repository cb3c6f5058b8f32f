"""Raw HTTP: AssumeRoleForPodIdentity at our server against GetCallerIdentity at plain moto_server.

One load generator for both, in a process of its own: some threads, each with a connection and a
request at a time. A client library would take longer to ask than either server to answer.
"""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from . import world
from .runner import (
    BASELINE,
    BASELINE_AGAIN,
    MEASURED,
    RATIO,
    Effort,
    Figure,
    Row,
    interleave,
    rate_ratio,
)
from .workers import ROOT, Timer, Worker, WorkerFailed, clean_environment

RATE = Row(
    "requests a second: AssumeRoleForPodIdentity / plain moto_server's GetCallerIdentity",
    RATIO,
    0.75,
    at_least=True,
)
ROWS = (RATE,)

HOST = "127.0.0.1"
_CONNECTIONS = 2
_ANSWER_SECONDS = 30
_START_SECONDS = 60
_PLUGIN = ("moto_eks_podid", "server")
_PLAIN = ("moto.server",)


@contextmanager
def _serving(module: str, *arguments: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments, "-H", HOST, "-p", str(port)],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(process, port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise WorkerFailed(f"the server did not start: {process.args!r}")


def _request(service: str, path: str, content_type: str, body: str) -> bytes:
    scope = f"testing/20260101/{world.REGION}/{service}/aws4_request"
    return (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {content_type}\r\n"
        f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, Signature=0\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _ask(port: int, request: bytes, count: int) -> None:
    for _ in range(count):
        # moto's server wants a new connection for each request, and keeps it for 10 ms after the
        # answer: whoever waits for its end measures that.
        with socket.create_connection((HOST, port), _ANSWER_SECONDS) as connection:
            connection.sendall(request)
            answer = http.client.HTTPResponse(connection, method="POST")
            answer.begin()
            body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise WorkerFailed(f"port {port} answered {answer.status} {body!r}")


def _load(port: int, request: bytes) -> Timer:
    threads = ThreadPoolExecutor(_CONNECTIONS)

    def run(count: int) -> float:
        each = -(-count // _CONNECTIONS)
        start = time.perf_counter()
        asking = [threads.submit(_ask, port, request, each) for _ in range(_CONNECTIONS)]
        for one in asking:
            one.result()
        return (time.perf_counter() - start) / (each * _CONNECTIONS)

    return run


@contextmanager
def generator(plugin: int, plain: int, plain_again: int) -> Iterator[Mapping[str, Timer]]:
    """Prepare the load on the servers at those ports; a pod and its role are made at ours."""
    url = f"http://{HOST}:{plugin}"
    world.create_cluster(url)
    world.associate(world.create_role(url), "cart", url)
    assume = _request(
        "eks-auth",
        f"/clusters/{world.CLUSTER}/assume-role-for-pod-identity",
        "application/json",
        json.dumps({"token": world.token("cart", url)}),
    )
    identity = _request(
        "sts",
        "/",
        "application/x-www-form-urlencoded; charset=utf-8",
        "Action=GetCallerIdentity&Version=2011-06-15",
    )
    yield {
        MEASURED: _load(plugin, assume),
        BASELINE: _load(plain, identity),
        BASELINE_AGAIN: _load(plain_again, identity),
    }


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    with ExitStack() as stack:
        ports = {
            "plugin": stack.enter_context(_serving(*_PLUGIN)),
            "plain": stack.enter_context(_serving(*_PLAIN)),
            "plain_again": stack.enter_context(_serving(*_PLAIN)),
        }
        load = stack.enter_context(Worker(generator, **ports))
        sides = {}
        for side in (BASELINE, MEASURED, BASELINE_AGAIN):
            sides[side] = load.side(side, load.count_for(side, effort.round_seconds))
        yield rate_ratio(RATE, interleave(sides, effort.rounds))
