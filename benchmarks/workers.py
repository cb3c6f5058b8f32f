"""A process of its own for each side of a comparison: with the plugin or without, full or empty.

A worker is ``python -m benchmarks.workers MODULE FUNCTION ARGUMENTS``. The function is a context
manager that prepares a side and yields its operations by name; each times itself. The worker then
answers each line ``NAME COUNT`` on its standard input with the seconds that one operation took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

from .runner import Side

ROOT = Path(__file__).resolve().parents[1]

#: Runs an operation that many times and returns the seconds that one took.
Timer = Callable[[int], float]

#: What a function that prepares a side returns.
Prepared = AbstractContextManager[Mapping[str, Timer]]

_READY = "ready"


class WorkerFailed(Exception):
    """A side could not be prepared or measured; why is on standard error."""


def timed(operation: Callable[[], object]) -> Timer:
    """Time an operation as a whole."""

    def run(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            operation()
        return (time.perf_counter() - start) / count

    return run


def clean_environment() -> dict[str, str]:
    """Return the environment without what would change moto, botocore or how modules load."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "MOTO_", "TEST_SERVER_MODE", "PYTHONDONTWRITEBYTECODE"))
    }
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


class Worker:
    """A side that is ready to be measured, until the ``with`` block ends.

    :param prepare: a module-level function; it is called in the worker
    :param arguments: its arguments, such as JSON has
    """

    def __init__(self, prepare: Callable[..., Prepared], **arguments: Any) -> None:
        module = prepare.__module__
        self._name = f"{module}.{prepare.__name__}"
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.workers",
                module,
                prepare.__name__,
                json.dumps(arguments),
            ],
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Worker:
        try:
            self._answer()
        except WorkerFailed:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def time(self, operation: str, count: int = 1) -> float:
        """Run an operation that many times and return the seconds that one took.

        :raises WorkerFailed: when it failed
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{operation} {count}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerFailed(self._name) from None
        return float(self._answer())

    def count_for(self, operation: str, seconds: float) -> int:
        """Return how many operations take about that long, from a first few that warm it up."""
        self.time(operation, 3)
        return max(1, round(seconds / self.time(operation, 5)))

    def side(self, operation: str, count: int = 1) -> Side:
        """Return the operation as a side of :func:`benchmarks.runner.interleave`."""
        return lambda: self.time(operation, count)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerFailed(self._name)
        return line.strip()

    def _end(self) -> None:
        # Nobody waits for a worker to throw away what it holds.
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                # What could not be written is not wanted any more.
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


def _work(module: str, function: str, arguments: str) -> None:
    # moto prints to standard output now and then.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    prepare: Callable[..., Prepared] = getattr(import_module(module), function)
    with prepare(**json.loads(arguments)) as operations:
        print(_READY, file=answers, flush=True)
        for line in sys.stdin:
            operation, count = line.rsplit(maxsplit=1)
            print(operations[operation](int(count)), file=answers, flush=True)


if __name__ == "__main__":
    _work(*sys.argv[1:])
