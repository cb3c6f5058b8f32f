"""Call back when a module is imported, without importing it."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import threading
from collections.abc import Callable, Sequence
from types import ModuleType


class ImportWatcher(importlib.abc.MetaPathFinder):
    """Calls back when a watched module has been executed; finds no module itself."""

    def __init__(self) -> None:
        self._callbacks: dict[str, list[Callable[[ModuleType], None]]] = {}
        self._finding = threading.local()

    def watch(self, name: str, callback: Callable[[ModuleType], None]) -> bool:
        """Call back when a module has been executed; return False where that was agreed before."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)
        callbacks = self._callbacks.setdefault(name, [])
        if callback in callbacks:
            return False
        callbacks.append(callback)
        return True

    def forget(self, callback: Callable[[ModuleType], None] | None = None) -> None:
        for name, callbacks in list(self._callbacks.items()):
            kept = (
                [] if callback is None else [entry for entry in callbacks if entry is not callback]
            )
            if kept:
                self._callbacks[name] = kept
            else:
                del self._callbacks[name]
        if not self._callbacks and self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._callbacks or getattr(self._finding, "name", None) == fullname:
            return None
        self._finding.name = fullname
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._finding.name = None
        if spec is not None and spec.loader is not None:
            spec.loader = _WatchedLoader(
                spec.loader, lambda module: self._executed(fullname, module)
            )
        return spec

    def _executed(self, name: str, module: ModuleType) -> None:
        # Installing from a callback watches the very module that has just been executed.
        while callbacks := self._callbacks.pop(name, None):
            for position, callback in enumerate(callbacks):
                try:
                    callback(module)
                except BaseException:
                    # The import fails, and is tried again by whoever handles that.
                    for left in callbacks[position:]:
                        self.watch(name, left)
                    raise


class _WatchedLoader(importlib.abc.Loader):
    """The loader that was found, followed by a callback."""

    def __init__(
        self, loader: importlib.abc.Loader, executed: Callable[[ModuleType], None]
    ) -> None:
        self._loader = loader
        self._executed = executed

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # From here on the module looks as if it had never been watched.
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._executed(module)
