"""What time it is for an agent whose cluster is in a server."""

from __future__ import annotations

import threading
import time
from typing import Final

import requests

from ..clock import elapsed
from ..remote import PREFIX

#: How long an answer of the server counts, and how long one is waited for, in seconds.
_FRESH: Final = 1.0
_TIMEOUT: Final = 1.0


class ServerClock:
    """This process's time, plus the shift that the plugin's clock has in a server.

    The shift is asked for once a second at most: an answer from the cache needs no call.

    :param server_url: of a server with the plugin; of any other the shift is zero
    """

    def __init__(self, server_url: str) -> None:
        self._url = f"{server_url}{PREFIX}/clock"
        self._shift = 0.0
        self._asked_at: float | None = None
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Return the seconds since 1970."""
        asked_at = self._asked_at
        stale = asked_at is None or not 0 <= elapsed() - asked_at < _FRESH
        # Whoever comes while another asks is content with what is known.
        if stale and self._lock.acquire(blocking=asked_at is None):
            try:
                self.ask()
            finally:
                self._lock.release()
        return time.time() + self._shift

    def ask(self) -> None:
        """Ask the server now."""
        self._asked_at = elapsed()
        try:
            answer = requests.get(self._url, timeout=_TIMEOUT)
            self._shift = float(answer.json()["shift_seconds"]) if answer.ok else 0.0
        except (requests.RequestException, ValueError, KeyError, TypeError):
            # A server that is down for a moment has not changed its clock.
            return
