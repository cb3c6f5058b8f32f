"""The load generator: some threads, each with a connection and a request at a time.

A client library would take longer to ask than either server to answer.
"""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from . import world
from .servers import HOST
from .workers import Timer, WorkerFailed

_ANSWER_SECONDS = 30


def request(
    service: str,
    path: str = "/",
    body: str = "",
    *,
    method: str = "POST",
    content_type: str = "application/x-www-form-urlencoded; charset=utf-8",
    target: str | None = None,
) -> bytes:
    """Return a request's bytes, signed as far as a server looks."""
    scope = f"testing/20260101/{world.REGION}/{service}/aws4_request"
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {HOST}",
        f"Content-Type: {content_type}",
        f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        f"Content-Length: {len(body)}",
    ]
    if target:
        lines.append(f"X-Amz-Target: {target}")
    return "\r\n".join((*lines, "", body)).encode()


class _Client:
    """A connection to a server; a new one whenever the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None
        self._stream: BinaryIO | None = None

    def ask(self, asked: bytes) -> None:
        if self._connection is None or self._stream is None:
            self._connection = socket.create_connection((HOST, self._port), _ANSWER_SECONDS)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._stream = self._connection.makefile("rb")
        self._connection.sendall(asked)
        if not _read_answer(self._stream):
            # moto's own server wants a new one for each request, and keeps it for 10 ms after the
            # answer: whoever waits for its end measures that.
            self._stream.close()
            self._connection.close()
            self._connection = self._stream = None


def _read_answer(stream: BinaryIO) -> bool:
    """Read an answer, and return whether the connection goes on."""
    status = stream.readline()
    length, goes_on = 0, True
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.lower().partition(b":")
        if name == b"content-length":
            length = int(value)
        elif name == b"connection" and b"close" in value:
            goes_on = False
    body = stream.read(length)
    if not status.startswith(b"HTTP/1.1 200 "):
        raise WorkerFailed(f"answered {status!r} {body!r}")
    return goes_on


def load(port: int, asked: bytes, connections: int) -> Timer:
    """Return what asks a server for the same thing again and again, through several connections."""
    threads = ThreadPoolExecutor(connections)
    clients = [_Client(port) for _ in range(connections)]

    def ask(client: _Client, count: int) -> None:
        for _ in range(count):
            client.ask(asked)

    def run(count: int) -> float:
        each = -(-count // connections)
        start = time.perf_counter()
        asking = [threads.submit(ask, client, each) for client in clients]
        for one in asking:
            one.result()
        return (time.perf_counter() - start) / (each * connections)

    return run
