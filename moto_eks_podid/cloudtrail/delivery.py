"""The trails that events are waiting for or on: who gets an event, and when files are written.

The transports ask here on every call whether a trail holds back events, so this module loads
nothing of the trails themselves.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict, BaseBackend

from .history import Event, History, history

if TYPE_CHECKING:
    from .trails import DeliveringTrail


class TrailsInUseBackend(BaseBackend):
    """Holds the trails that log or have events to deliver, so that a moto reset forgets them."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.trails: tuple[DeliveringTrail, ...] = ()
        self._lock = threading.Lock()
        self._heard_from: History | None = None

    def reset(self) -> None:
        with self._lock:
            self.trails = ()
            self._listen()

    def settle(self, trail: DeliveringTrail) -> None:
        """Keep a trail while it listens or has something to deliver, else forget it."""
        with self._lock:
            others = tuple(one for one in self.trails if one is not trail)
            self.trails = (*others, trail) if trail.listens or trail.waiting else others
            self._listen()

    def remove(self, trail: DeliveringTrail) -> None:
        """Forget a trail, whatever it has to deliver."""
        with self._lock:
            self.trails = tuple(one for one in self.trails if one is not trail)
            self._listen()

    def _listen(self) -> None:
        """Hear of events while a trail listens: without, calls are recorded more cheaply."""
        wanted = any(trail.listens for trail in self.trails)
        if wanted and self._heard_from is None:
            self._heard_from = history()
            self._heard_from.add_listener(heard)
        elif not wanted and self._heard_from is not None:
            self._heard_from.remove_listener(heard)
            self._heard_from = None


trails_in_use_backends: BackendDict[TrailsInUseBackend] = BackendDict(
    TrailsInUseBackend, "eks-podid-trails", use_boto3_regions=False, additional_regions=["aws"]
)


def trails_in_use() -> TrailsInUseBackend:
    """Return the trails that log or have events to deliver, of all accounts and regions."""
    return trails_in_use_backends[DEFAULT_ACCOUNT_ID]["aws"]


def _backend() -> TrailsInUseBackend | None:
    # As trails_in_use(), in a fraction of the time, and without making anything: what is made in
    # the middle of a moto reset is never reset again.
    account = trails_in_use_backends.get(DEFAULT_ACCOUNT_ID)
    return account.get("aws") if account else None


def _trails() -> tuple[DeliveringTrail, ...]:
    backend = _backend()
    return backend.trails if backend else ()


def forget(trail: DeliveringTrail) -> None:
    """Forget a trail that is gone with the moto backend that it was in."""
    if backend := _backend():
        backend.remove(trail)


def heard(event: Event) -> None:
    """Hand an event to the trails that take it and, if there are any, to EventBridge."""
    taken = False
    for trail in _trails():
        taken = trail.hear(event) or taken
    if taken:
        from .event_bus import offer

        offer(event)


def waiting() -> bool:
    """Tell whether any trail holds back events."""
    trails = _trails()
    return bool(trails) and any(trail.waiting for trail in trails)


def before_read(url: str) -> None:
    """Deliver what trails hold back for the bucket that a URL is about."""
    for trail in _trails():
        # Wherever in the host or the path the bucket is. Delivering too early does no harm.
        if trail.waiting and trail.bucket_name in url:
            trail.deliver()


def deliver_now() -> list[str]:
    """Deliver what all trails hold back; those with log file validation also write a digest file.

    :returns: the URLs of the files, ``s3://BUCKET/KEY``, in the order in which they were written
    """
    return [url for trail in _trails() for url in trail.deliver(empty_digest=True)]
