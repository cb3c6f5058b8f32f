"""The pytest plugin: the plugin for moto is installed as soon as a test session imports moto.

It watches for moto's import instead of importing it, so that a session without moto pays nothing,
and mocks that start while test modules are being imported are covered. Switch it off with the ini
option ``moto_eks_podid = false`` or ``-p no:moto_eks_podid``.

The report of a test that failed tells which of its calls were refused, and why; not with the ini
option ``moto_eks_podid_explain = false``.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from types import ModuleType

import pytest

from . import __version__, _install

INI_OPTION = "moto_eks_podid"
EXPLAIN_OPTION = "moto_eks_podid_explain"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        INI_OPTION,
        "Install moto-eks-podid (EKS Pod Identity) into moto when a test session imports moto.",
        type="bool",
        default=True,
    )
    parser.addini(
        EXPLAIN_OPTION,
        "Tell in the report of a failed test which calls IAM refused in it, and why.",
        type="bool",
        default=True,
    )


# Before any conftest.py is imported: it may start a mock at once.
@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if early_config.getini(INI_OPTION):
        _install.install_when_moto_is_imported()


def pytest_report_header(config: pytest.Config) -> str:
    state = "installed when moto is imported" if config.getini(INI_OPTION) else "switched off"
    return f"moto-eks-podid: {__version__}, {state}"


def pytest_unconfigure(config: pytest.Config) -> None:
    if config.getini(INI_OPTION):
        _install.cancel_install_when_moto_is_imported()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    if explanations := _explanations():
        explanations.forget_refused_calls()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    explanations = _explanations()
    if explanations and report.failed and item.config.getini(EXPLAIN_OPTION):
        calls = explanations.take_refused_calls()
        if calls:
            report.sections.append(("Calls that IAM refused", "\n\n".join(map(str, calls))))
    return report


def _explanations() -> ModuleType | None:
    """Return the module that keeps judged calls; None while none was judged."""
    return sys.modules.get("moto_eks_podid.iam.explanations")
