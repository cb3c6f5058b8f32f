"""The pytest plugin: the plugin for moto is installed as soon as a test session imports moto.

It watches for moto's import instead of importing it, so that a session without moto pays nothing,
and mocks that start while test modules are being imported are covered. Switch it off with the ini
option ``moto_eks_podid = false`` or ``-p no:moto_eks_podid``.
"""

from __future__ import annotations

import pytest

from . import __version__, _install

INI_OPTION = "moto_eks_podid"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        INI_OPTION,
        "Install moto-eks-podid (EKS Pod Identity) into moto when a test session imports moto.",
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
