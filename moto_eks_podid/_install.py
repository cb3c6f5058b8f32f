"""Putting the seams into moto, and taking them out, as one."""

from __future__ import annotations

import sys
import threading
import warnings
from types import ModuleType

from ._alterations import Revert
from ._seams import SEAMS, Seam
from ._watcher import ImportWatcher


class InstalledInsideMockWarning(UserWarning):
    """The plugin was installed while a moto mock was already running."""


_lock = threading.RLock()
_watcher = ImportWatcher()
_installed = False
_applied: list[tuple[Seam, Revert]] = []


def installed() -> bool:
    """Tell whether the plugin is installed in this process."""
    return _installed


def install() -> None:
    """Put the plugin into moto. Doing it again changes nothing.

    Do it before a mock starts: see :class:`InstalledInsideMockWarning` for what happens otherwise.

    :raises Exception: whatever stopped a seam from being applied; moto is as it was before, then
    :warns InstalledInsideMockWarning: when a mock is running already
    """
    global _installed
    with _lock:
        if _installed:
            return
        _installed = True
        try:
            for name in dict.fromkeys(seam.module for seam in SEAMS):
                module = _loaded(name)
                if module is None:
                    _watcher.watch(name, _apply)
                else:
                    _apply(module)
        except BaseException:
            uninstall()
            raise
        _warn_inside_mock()


def uninstall() -> None:
    """Take the plugin out of moto again. Doing it when it is not installed changes nothing.

    Backends that a running mock made meanwhile stay what they are until that mock ends.
    """
    global _installed
    with _lock:
        _watcher.forget(_apply)
        _take_back(_applied)
        _installed = False


def install_when_moto_is_imported() -> bool:
    """Install once moto's mocking is imported, at once if it is; change nothing until then.

    :returns: whether it is this call that :func:`cancel_install_when_moto_is_imported` takes back
    """
    with _lock:
        if _loaded("moto.core.models"):
            install()
            return False
        return _watcher.watch("moto.core.models", _install_late)


def _install_late(_: ModuleType) -> None:
    install()


def cancel_install_when_moto_is_imported() -> None:
    """Take :func:`install_when_moto_is_imported` back, if moto was not imported meanwhile."""
    with _lock:
        _watcher.forget(_install_late)


def _take_back(applied: list[tuple[Seam, Revert]]) -> None:
    """Revert seams, the one that was applied last first."""
    while applied:
        _, revert = applied.pop()
        revert()


def _loaded(name: str) -> ModuleType | None:
    """Return a module that has been executed, not one that is absent or still being imported."""
    module = sys.modules.get(name)
    if module is None or getattr(module.__spec__, "_initializing", False):
        return None
    return module


def _apply(module: ModuleType) -> None:
    """Apply all seams of a module, or none."""
    # Not under the lock, which the thread that imports the module need not have: whoever has it may
    # be waiting for that very import.
    applied: list[tuple[Seam, Revert]] = []
    try:
        for seam in SEAMS:
            if seam.module == module.__name__:
                applied.append((seam, seam.apply(module)))
    except BaseException:
        _take_back(applied)
        raise
    _applied.extend(applied)


def _warn_inside_mock() -> None:
    models = _loaded("moto.core.models")
    if models is None or not models.MockAWS._mocks_active:
        return
    warnings.warn(
        "moto_eks_podid was installed while a moto mock was running. Until the next mock starts, "
        "accounts that were used already keep moto's own EKS and STS (no associations, no session "
        "tags, no credentials from EKS Auth), and issuer documents cannot be fetched with "
        "requests. Install first: in a conftest.py, or use moto_eks_podid.mock_aws.",
        InstalledInsideMockWarning,
        stacklevel=3,
    )
