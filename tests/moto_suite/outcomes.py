"""A pytest plugin that writes what became of each test, as JSON, to the path in MOTO_SUITE_REPORT.

It lives beside the runner and is loaded by name, so that both halves of a comparison load the same.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

#: From harmless to grave: a test is as good as the worst of its set-up, call and tear-down.
_GRAVITY = ("passed", "skipped", "xfailed", "xpassed", "failed", "error")

_outcomes: dict[str, dict[str, str]] = {}


def _word(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.failed and report.when != "call":
        return "error"
    return str(report.outcome)


def _message(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message).partition("\n")[0] if crash else ""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    word = _word(report)
    before = _outcomes.get(report.nodeid)
    if before is None or _GRAVITY.index(word) > _GRAVITY.index(before["outcome"]):
        _outcomes[report.nodeid] = {"outcome": word, "message": _message(report)}


def pytest_sessionfinish() -> None:
    # Whose class answers for EKS tells, from moto's side, whether the plugin was in it. Imported
    # here because moto's tests have to find moto as unloaded as they would without this plugin.
    from moto.eks.models import eks_backends

    report = {"eks_backend": eks_backends.backend.__module__, "outcomes": _outcomes}
    Path(os.environ["MOTO_SUITE_REPORT"]).write_text(json.dumps(report))
