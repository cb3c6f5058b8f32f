"""What the plugin adds to starting and stopping a mock.

A hundredth of what moto itself takes, so both sides share a process, in which the plugin is put in
and taken out between two mocks, and a round is one mock each.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from . import world
from .runner import BASELINE, BASELINE_AGAIN, MEASURED, Effort, Figure, Row, added, interleave
from .workers import Timer, Worker

UNUSED = Row("starting and stopping a mock, added: nothing used in it", "µs", 50)
USED = Row("starting and stopping a mock, added: EKS, IAM and STS used in it", "µs", 50)
ROWS = (UNUSED, USED)

#: How long a side of a round takes, about.
_MOCK_SECONDS = 0.01


def _mocks(change: Callable[[], None], use: Callable[[], object]) -> Timer:
    def run(count: int) -> float:
        from moto import mock_aws

        change()
        spent = 0.0
        for _ in range(count):
            mock = mock_aws()
            # A mock leaves thousands of objects to collect: otherwise every n-th pays for all.
            gc.collect()
            start = time.perf_counter()
            mock.start()
            spent += time.perf_counter() - start
            use()
            start = time.perf_counter()
            mock.stop()
            spent += time.perf_counter() - start
        return spent / count

    return run


@contextmanager
def alternating() -> Iterator[Mapping[str, Timer]]:
    """Prepare mocks with the plugin and without, used and unused."""
    import moto_eks_podid

    with world.mock(plugin=True):
        eks, iam, sts = (world.client(service) for service in ("eks", "iam", "sts"))

    def use() -> None:
        eks.list_clusters()
        iam.list_roles()
        sts.get_caller_identity()

    def leave() -> None:
        pass

    # What is not a mock's is not looked at by each of those collections.
    gc.freeze()
    ours, motos = moto_eks_podid.install, moto_eks_podid.uninstall
    yield {
        "unused plugin": _mocks(ours, leave),
        "unused plain": _mocks(motos, leave),
        "used plugin": _mocks(ours, use),
        "used plain": _mocks(motos, use),
    }


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    # As much time as the other benchmarks take, in many more rounds.
    rounds = round(effort.rounds * effort.round_seconds / _MOCK_SECONDS)
    with Worker(alternating) as worker:
        for row, kind in ((UNUSED, "unused"), (USED, "used")):
            samples = interleave(
                {
                    BASELINE: worker.side(f"{kind} plain"),
                    MEASURED: worker.side(f"{kind} plugin"),
                    BASELINE_AGAIN: worker.side(f"{kind} plain"),
                },
                rounds,
            )
            yield added(row, samples)
