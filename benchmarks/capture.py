"""What recording costs a call: the capture function itself, with a pod's call in its hands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from . import world
from .runner import BASELINE, BASELINE_AGAIN, Effort, Figure, Row, absolute, interleave
from .workers import Timer, Worker, timed

CAPTURE = Row("recording one call of a pod's: the capture function", "µs", 25)
ROWS = (CAPTURE,)


@contextmanager
def capture() -> Iterator[Mapping[str, Timer]]:
    """Prepare a session, the request that boto3 makes with it, and the answer that it got."""
    with world.mock(plugin=True):
        from moto_eks_podid.cloudtrail.capture import RequestColumns, record
        from moto_eks_podid.cloudtrail.progress import call_in_progress

        request = _request_of_a_pod()
        headers = {"x-amzn-RequestId": "5d0c7c0a-55b2-4a7e-8f4f-9a5a4b8f0e11"}

        def one() -> None:
            columns = RequestColumns(request.method, request.url, request.headers, "127.0.0.1")
            with call_in_progress(columns.identity) as call:
                pass
            record(columns, call, request.body, 200, headers, "{}")

        yield {"capture": timed(one)}


def _request_of_a_pod() -> Any:
    """Return what botocore sends when a pod describes its cluster."""
    world.create_cluster()
    world.associate(world.create_role(), "cart")
    made = world.client("eks-auth").assume_role_for_pod_identity(
        clusterName=world.CLUSTER, token=world.token("cart")
    )["credentials"]
    pod = world.client(
        "eks",
        access_key_id=made["accessKeyId"],
        secret_access_key=made["secretAccessKey"],
        session_token=made["sessionToken"],
    )
    sent: list[Any] = []
    pod.meta.events.register_first("before-send", lambda request, **_: sent.append(request))
    pod.describe_cluster(name=world.CLUSTER)
    return sent[0]


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    with Worker(capture) as one, Worker(capture) as other:
        one.time("capture", 1000)
        count = one.count_for("capture", effort.round_seconds)
        samples = interleave(
            {BASELINE: one.side("capture", count), BASELINE_AGAIN: other.side("capture", count)},
            effort.rounds,
        )
        yield absolute(CAPTURE, samples)
