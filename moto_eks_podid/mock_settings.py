"""The settings of the mocks that run: each mock's own count for as long as it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from . import settings

_ABSENT: Any = object()


class TogetherInForce(dict[str, Any]):
    """What the running mocks say together, as it stands in moto's configuration.

    A type of its own, because moto hands its configuration on: a mock that is made while another
    runs has a copy, and mocks that end in another order bring an old one back. What is of this type
    is no mock's own.
    """


class MockSettings:
    """Keeps our member of moto's configuration: the settings of all running mocks.

    A mock adds its settings when it starts, before those of mocks that run already, and takes them
    away when it ends, in whatever order mocks do so. moto itself takes a nested mock's
    configuration back only when the outermost mock ends.

    :param config: moto's configuration, ``default_user_config``
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._lock = threading.RLock()
        self._running: list[tuple[object, Mapping[str, Any]]] = []
        #: What was configured before the first mock, by a program or a mock that we do not know.
        self._outside: Any = _ABSENT
        self._environment_is_right = False

    def start(self, mock: Any, start: Callable[[], None]) -> None:
        """Start a mock, and add the settings that moto then has configured for it.

        :raises SettingError: for wrong settings, of the mock or, until they were right once, of the
            environment; the mock has not started
        """
        with self._lock:
            before = self._config.get(settings.CONFIG_KEY, _ABSENT)
            start()
            given = self._config.get(settings.CONFIG_KEY, _ABSENT)
            if not self._running:
                self._outside = _ABSENT if isinstance(before, TogetherInForce) else before
            nobodys = given is _ABSENT or isinstance(given, TogetherInForce)
            try:
                if not nobodys:
                    settings.validate(given)
                self._check_environment()
            except settings.SettingError:
                mock.stop()
                raise
            self._running.append((mock, {} if nobodys or given is before else given))
            self._put_together()

    def _check_environment(self) -> None:
        # Once: it takes longer than all the rest, and the environment rarely changes.
        if not self._environment_is_right:
            settings.check_environment()
            self._environment_is_right = True

    def stop(self, mock: Any, stop: Callable[[], None]) -> None:
        """Stop a mock and take its settings away, if it has any."""
        with self._lock:
            try:
                stop()
            finally:
                started = [place for place, entry in enumerate(self._running) if entry[0] is mock]
                if started:
                    del self._running[started[-1]]
                self._put_together()

    def _put_together(self) -> None:
        if self._running:
            wanted = TogetherInForce({} if self._outside is _ABSENT else self._outside)
            for _, own in self._running:
                wanted.update(own)
            self._put(wanted or _ABSENT)
        elif self._outside is not _ABSENT:
            self._put(self._outside)
            self._outside = _ABSENT
        elif isinstance(self._config.get(settings.CONFIG_KEY), TogetherInForce):
            self._put(_ABSENT)

    def _put(self, value: Any) -> None:
        if value is _ABSENT:
            self._config.pop(settings.CONFIG_KEY, None)
        else:
            self._config[settings.CONFIG_KEY] = value
