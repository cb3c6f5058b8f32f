"""The agent's cache: who gets which credentials, when they are renewed, when they are dropped."""

from __future__ import annotations

import random
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from .answers import EksAuthRefused, PodCredentials, Refused
from .limits import TokenBucket
from .metrics import CACHE_ERRORS, CACHE_STATE, Metrics

#: In seconds, as in the real agent.
SWEEP_INTERVAL: Final = 60.0
MIN_LEFT: Final = 15.0
_RETRY_AFTER: Final = 60.0
_RETRY_JITTER: Final = 60.0
#: How long a request waits for another one with the same token.
_PATIENCE: Final = 1.8


@dataclass(frozen=True, slots=True)
class _Entry:
    """Times are seconds since 1970."""

    credentials: PodCredentials
    token: str
    renewed_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """How long and how much is cached.

    :ivar renew_after: the most seconds before credentials are renewed
    :ivar max_size: of more pods, those that were stored first go
    :ivar renewals_per_second: of more in one sweep, the rest waits for a later one
    """

    renew_after: float
    max_size: int
    renewals_per_second: int

    def __post_init__(self) -> None:
        """:raises ValueError: when a full cache could not be renewed in time"""
        if self.renewals_per_second * int(self.renew_after) < self.max_size // 2:
            raise ValueError(
                f"Refresh QPS is too small ({self.renewals_per_second}) or credentials renewal to "
                f"small ({self.renew_after:.2f}s) to keep up with cache's size ({self.max_size})"
            )


class CredentialCache:
    """Credentials by pod, renewed before they end. Thread-safe.

    The sweep that renews and drops happens once a minute: whoever asks first after that minute does
    it. So a test that moves time sees what it would see had it waited.

    :param fetch: asks EKS Auth
    :param now: seconds since 1970
    """

    def __init__(
        self,
        fetch: Callable[[str], PodCredentials],
        now: Callable[[], float],
        metrics: Metrics,
        limits: CacheLimits,
    ) -> None:
        self._fetch = fetch
        self._now = now
        self._metrics = metrics
        self._limits = limits
        self._budget = TokenBucket(limits.renewals_per_second, limits.renewals_per_second, now)
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        #: Token -> set once the request that asks EKS Auth for it is done.
        self._asking: dict[str, threading.Event] = {}
        self._swept_at = now()

    def get(self, pod: str, token: str) -> PodCredentials:
        """Return a pod's credentials, from EKS Auth if there are none.

        Of concurrent requests with one token the first asks, and the others wait for it, though not
        for longer than 1.8 seconds.

        :param pod: what the pod is known by
        :param token: its token, which need not be the one that it came with before
        :raises Refused: what there is to answer instead
        """
        self.sweep_if_due()
        patient = True
        while True:
            with self._lock:
                entry = self._usable(pod, token)
                if entry is not None:
                    return entry.credentials
                asking = self._asking.get(token)
                if asking is None or not patient:
                    mine = self._asking[token] = threading.Event()
                    break
            patient = asking.wait(_PATIENCE)
        try:
            self._metrics.count(CACHE_STATE, "miss")
            credentials = self._fetch(token)
            with self._lock:
                self._store(pod, token, credentials)
            return credentials
        finally:
            with self._lock:
                if self._asking.get(token) is mine:
                    del self._asking[token]
            mine.set()

    def sweep_if_due(self) -> None:
        """Do :meth:`sweep` when the last one is a minute old."""
        now = self._now()
        with self._lock:
            # Time may also have gone back.
            if 0 <= now - self._swept_at < SWEEP_INTERVAL:
                return
            self._swept_at = now
        self.sweep()

    def sweep(self) -> None:
        """Renew what is old enough, then drop what has ended."""
        now = self._now()
        with self._lock:
            due = [(pod, entry) for pod, entry in self._entries.items() if now > entry.renewed_at]
        for pod, entry in due:
            self._renew(pod, entry)
        with self._lock:
            for pod in [pod for pod, entry in self._entries.items() if now > entry.ends_at]:
                self._drop(pod)

    def _renew(self, pod: str, entry: _Entry) -> None:
        if self._budget.allow():
            try:
                credentials = self._fetch(entry.token)
                with self._lock:
                    if self._entries.get(pod) is entry:
                        self._store(pod, entry.token, credentials)
            except Refused as refused:
                irrecoverable = isinstance(refused, EksAuthRefused) and refused.irrecoverable
                self._metrics.count(
                    CACHE_ERRORS,
                    "NonRecoverable" if irrecoverable else "Recoverable",
                    refused.code if isinstance(refused, EksAuthRefused) else "",
                )
                if irrecoverable:
                    with self._lock:
                        if self._entries.get(pod) is entry:
                            self._drop(pod)
                    return
            else:
                self._metrics.count(CACHE_STATE, "hit")
                return
        self._keep(pod, entry)

    def _keep(self, pod: str, entry: _Entry) -> None:
        left = self._left(entry.credentials)
        if left <= MIN_LEFT:
            return
        wait = min(left, _RETRY_AFTER + random.random() * _RETRY_JITTER)
        with self._lock:
            if self._entries.get(pod) is entry:
                self._entries[pod] = replace(entry, renewed_at=self._now() + wait)

    # What follows needs the lock.

    def _usable(self, pod: str, token: str) -> _Entry | None:
        entry = self._entries.get(pod)
        if entry is None:
            return None
        if self._left(entry.credentials) <= MIN_LEFT:
            self._drop(pod)
            return None
        if entry.token != token:
            # The kubelet has renewed it. What renews the credentials is the newest one.
            entry = self._entries[pod] = replace(entry, token=token)
        return entry

    def _store(self, pod: str, token: str, credentials: PodCredentials) -> None:
        left = self._left(credentials)
        if left <= MIN_LEFT:
            raise Refused(
                500,
                f"fetched credentials are expired or will expire within the next {left:.2f} "
                "seconds",
            )
        now = self._now()
        self._entries[pod] = _Entry(
            credentials, token, now + min(left, self._limits.renew_after), now + left
        )
        self._entries.move_to_end(pod)
        if len(self._entries) > self._limits.max_size:
            self._drop(next(iter(self._entries)))

    def _drop(self, pod: str) -> None:
        del self._entries[pod]
        self._metrics.count(CACHE_STATE, "evicted")

    def _left(self, credentials: PodCredentials) -> float:
        return credentials.expires_at.timestamp() - self._now()
