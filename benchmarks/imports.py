"""What importing and installing the plugin costs, each time in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from .runner import (
    BASELINE,
    BASELINE_AGAIN,
    MEASURED,
    Effort,
    Figure,
    Row,
    Side,
    absolute,
    added,
    interleave,
)
from .workers import ROOT, WorkerFailed, clean_environment

IMPORT = Row("import moto_eks_podid", "ms", 5)
INSTALL = Row("install(), with moto imported", "ms", 120)
FIRST_CALL = Row("the first EKS client and its first call, added by the later imports", "ms")
ROWS = (IMPORT, INSTALL, FIRST_CALL)

_TIMED = """\
{before}
import time
start = time.perf_counter()
{timed}
print(time.perf_counter() - start)
"""

_MOTO = "import boto3, moto\nfrom moto import mock_aws\nimport moto.core.models\n"
_INSTALLED = "import moto_eks_podid\nmoto_eks_podid.install()\n"
_IN_A_MOCK = "mock = mock_aws()\nmock.start()\n"
_EKS_CALL = "boto3.client('eks', 'us-west-2').list_clusters()"


def _fresh(before: str, timed: str) -> Side:
    code = _TIMED.format(before=before, timed=timed)

    def run() -> float:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            raise WorkerFailed(code)
        return float(done.stdout)

    return run


def _twice(side: Side, rounds: int) -> dict[str, list[float]]:
    return interleave({BASELINE: side, BASELINE_AGAIN: side}, rounds)


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    yield absolute(IMPORT, _twice(_fresh("", "import moto_eks_podid"), effort.rounds))
    install = _fresh(_MOTO + "import moto_eks_podid", "moto_eks_podid.install()")
    yield absolute(INSTALL, _twice(install, effort.rounds))
    plain = _fresh(_MOTO + _IN_A_MOCK, _EKS_CALL)
    plugin = _fresh(_MOTO + _INSTALLED + _IN_A_MOCK, _EKS_CALL)
    yield added(
        FIRST_CALL,
        interleave({BASELINE: plain, MEASURED: plugin, BASELINE_AGAIN: plain}, effort.rounds),
    )
