"""What the seams that are for speed gain: a call without each of them against the same with it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any

from moto_eks_podid import _install, _seams

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
    ratio,
)
from .workers import Timer, Worker, timed

#: Seam -> the call that shows it; the others show in any.
_CALLS: Mapping[str, str] = {
    "role ARNs of clusters": "CreateCluster",
    "names of members": "DescribeCluster",
}
_ANY = "GetCallerIdentity"


def _row(seam: str) -> Row:
    return Row(f"{_CALLS.get(seam, _ANY)} without the seam {seam!r} / with it", RATIO)


_SEAMS = tuple(seam.name for seam in _seams.SEAMS if seam.for_speed)
ROWS = tuple(_row(seam) for seam in _SEAMS)


def _environ(
    method: str, service: str, path: str, body: bytes = b"", content_type: str = "application/json"
) -> dict[str, Any]:
    scope = f"testing/20260101/{world.REGION}/{service}/aws4_request"
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "RAW_URI": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "5000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1:5000",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _calls(app: Any) -> Mapping[str, Callable[[], object]]:
    numbers = count()

    def ask(environ: dict[str, Any]) -> None:
        b"".join(app(environ, lambda status, headers: None))

    def create_cluster() -> None:
        body = (
            f'{{"name": "c{next(numbers)}", "resourcesVpcConfig": {{}}, '
            f'"roleArn": "arn:aws:iam::{world.ACCOUNT}:role/cluster"}}'
        )
        ask(_environ("POST", "eks", "/clusters", body.encode()))

    def describe_cluster() -> None:
        ask(_environ("GET", "eks", "/clusters/c0"))

    def get_caller_identity() -> None:
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        ask(_environ("POST", "sts", "/", body, "application/x-www-form-urlencoded"))

    create_cluster()
    return {
        "CreateCluster": create_cluster,
        "DescribeCluster": describe_cluster,
        "GetCallerIdentity": get_caller_identity,
    }


@contextmanager
def application(without: str | None) -> Iterator[Mapping[str, Timer]]:
    """Prepare the server's application, without one seam or with all."""
    # Nothing but this process sees it.
    _install.SEAMS = tuple(seam for seam in _seams.SEAMS if seam.name != without)
    _install.install()
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    app = DomainDispatcherApplication(create_backend_app)
    yield {name: timed(call) for name, call in _calls(app).items()}


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    for seam in _SEAMS:
        call = _CALLS.get(seam, _ANY)
        with ExitStack() as stack:
            workers = {
                BASELINE: stack.enter_context(Worker(application, without=None)),
                MEASURED: stack.enter_context(Worker(application, without=seam)),
                BASELINE_AGAIN: stack.enter_context(Worker(application, without=None)),
            }
            sides = {
                side: worker.side(call, worker.count_for(call, effort.round_seconds))
                for side, worker in workers.items()
            }
            yield ratio(_row(seam), interleave(sides, effort.rounds))
