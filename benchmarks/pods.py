"""The pod's side: what it costs to run as a pod, and how fast the agent answers from its cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

from . import world
from .runner import BASELINE, BASELINE_AGAIN, Effort, Figure, Row, absolute, interleave
from .workers import Timer, Worker, timed

START = Row("run_as_pod: start and stop, in-process", "ms", 50)
CACHED = Row("the agent's answer from its cache (1 ms: 1,000 a second)", "ms", 1)
ROWS = (START, CACHED)

_OPERATIONS = {"start": START, "cached": CACHED}


@contextmanager
def pod() -> Iterator[Mapping[str, Timer]]:
    """Prepare a service account with an association."""
    import moto_eks_podid as podid

    with world.mock(plugin=True):
        world.create_cluster()
        world.associate(world.create_role(), "cart")

        def start() -> None:
            with podid.run_as_pod(world.CLUSTER, world.NAMESPACE, "cart"):
                pass

        with podid.PodIdentityAgent(world.CLUSTER) as agent:
            url = urlsplit(agent.url)
            headers = {"Authorization": world.token("cart")}

            def ask() -> None:
                connection = HTTPConnection(str(url.hostname), url.port)
                connection.request("GET", url.path, headers=headers)
                answer = connection.getresponse()
                answer.read()
                connection.close()
                assert answer.status == 200

            yield {"start": timed(start), "cached": timed(ask)}


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    with Worker(pod) as one, Worker(pod) as other:
        for name, row in _OPERATIONS.items():
            other.time(name, 3)
            count = one.count_for(name, effort.round_seconds)
            samples = interleave(
                {BASELINE: one.side(name, count), BASELINE_AGAIN: other.side(name, count)},
                effort.rounds,
            )
            yield absolute(row, samples)
