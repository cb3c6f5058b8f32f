"""How many things may happen a second."""

from __future__ import annotations

import threading
from collections.abc import Callable


class TokenBucket:
    """Allows a rate, and a burst above it. Thread-safe.

    :param per_second: the rate
    :param burst: how many may happen at once
    :param now: seconds since any moment; time that goes back fills nothing
    """

    def __init__(self, per_second: float, burst: int, now: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._now = now
        self._left = self._burst
        self._filled_at = now()
        self._lock = threading.Lock()

    def allow(self) -> bool:
        """Take one from the bucket; False when it is empty."""
        with self._lock:
            now = self._now()
            passed = max(now - self._filled_at, 0.0)
            self._filled_at = now
            self._left = min(self._left + passed * self._per_second, self._burst)
            if self._left < 1:
                return False
            self._left -= 1
            return True
