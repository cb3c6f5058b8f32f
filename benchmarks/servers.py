"""The servers that are compared: ours and moto's own, each in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from .workers import ROOT, WorkerFailed, clean_environment

HOST = "127.0.0.1"
PLUGIN = ("moto_eks_podid", "server")
PLAIN = ("moto.server",)
_START_SECONDS = 60
_KIB = 1024


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs.

    :ivar started: seconds from its start to its first answer
    """

    port: int
    process: subprocess.Popen[bytes]
    started: float

    def resident(self) -> int:
        """Return how many bytes of memory it has."""
        shown = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(shown.stdout) * _KIB


@contextmanager
def serving(
    program: tuple[str, ...], request: bytes, environ: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Start a server, and stop it with the block.

    :param program: :data:`PLUGIN` or :data:`PLAIN`
    :param request: what it is asked until it answers
    :param environ: for it alone
    """
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    module, *arguments = program
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments, "-H", HOST, "-p", str(port)],
        cwd=ROOT,
        env={**clean_environment(), **(environ or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(process, port, request)
        yield Served(port, process, time.perf_counter() - began)
    finally:
        process.kill()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, request: bytes) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection((HOST, port), _START_SECONDS) as connection:
                connection.sendall(request)
                if connection.recv(1):
                    return
        except OSError:
            time.sleep(0.005)
    raise WorkerFailed(f"the server did not start: {process.args!r}")
