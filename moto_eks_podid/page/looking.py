"""What the page has found out about a history, kept from one request to the next.

It is worked out when somebody looks, and only for what is new since somebody last did: recording a
call costs the same whether the page is open or not.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ..cloudtrail.history import Event, History, history
from .pods import KnownPod, Pods
from .timelines import Filter, Timeline

#: Filters whose events are remembered, each of at most eight bytes an event.
KEPT_TIMELINES = 8
#: More than those are not offered in a filter's list.
OFFERED = 200


@dataclass(frozen=True, slots=True)
class Slice:
    """Some events of a timeline, the newest first.

    :param total: how many there are, of all pages
    :param skipped: how many newer ones there are on pages before
    :param until: the number below which the events are; later ones came after
    :param below: how many there are below that number
    :param added: how many there are from the number on that was asked about
    """

    events: tuple[Event, ...]
    total: int
    skipped: int
    until: int
    below: int
    added: int


class Look:
    """What is known about the events of one history: every reset of moto makes another one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: Tells one history from the next one, whose numbers begin anew.
        self.id = secrets.token_hex(4)
        self.pods = Pods()
        self.sources: Counter[str] = Counter()
        self.names: Counter[str] = Counter()
        self._until = 0
        self._timelines: dict[Filter, Timeline] = {}

    def mark(self, number: int) -> str:
        """Return the id of the state that a page shows, for the stream of what comes after it."""
        return f"{self.id}-{number}"

    def update(self, recorded: History) -> None:
        """Take in what was recorded since."""
        with self._lock:
            self._update(recorded)

    def _update(self, recorded: History) -> None:
        events, self._until = recorded.appended(self._until)
        self.pods.add(events)
        self.pods.forget(recorded.oldest, self._until)
        self.sources.update(event.event_source for event in events)
        self.names.update(event.event_name for event in events)

    def slice(
        self,
        recorded: History,
        wanted: Filter,
        count: int,
        before: int | None = None,
        skip: int = 0,
        since: int | None = None,
    ) -> Slice:
        """Return some of the events that pass a filter.

        :param before: only events of lesser numbers; default: all
        :param skip: so many of them are passed over, the newest
        :param since: what was ``until`` once, to learn how many events came since
        """
        with self._lock:
            timeline = self._timeline(recorded, wanted)
            numbers = timeline.newest(count, before, skip)
            total, below = timeline.count(), timeline.count(before)
            skipped = total - below + skip
            added = 0 if since is None else total - timeline.count(since)
            until = timeline.until if before is None else before
        return Slice(
            tuple(recorded.numbered(numbers)),
            total,
            min(skipped, total),
            until,
            below,
            added,
        )

    def every(self, recorded: History, wanted: Filter) -> list[Event]:
        """Return all events that pass a filter, the newest first."""
        with self._lock:
            timeline = self._timeline(recorded, wanted)
            numbers = timeline.newest(timeline.count())
        return recorded.numbered(numbers)

    def _timeline(self, recorded: History, wanted: Filter) -> Timeline:
        self._update(recorded)
        timeline = self._timelines.pop(wanted, None) or Timeline(wanted.tests(self.pods))
        timeline.add(*recorded.appended(timeline.until))
        timeline.forget(recorded.oldest)
        # The one that was used last is the last one.
        self._timelines[wanted] = timeline
        while len(self._timelines) > KEPT_TIMELINES:
            del self._timelines[next(iter(self._timelines))]
        return timeline

    def pod(self, pod_id: str) -> KnownPod | None:
        """Return the pod with that id."""
        with self._lock:
            return self.pods.known.get(pod_id)

    def offered(self) -> dict[str, list[str]]:
        """Return what there is to filter by: services, operations and pods."""
        with self._lock:
            pods = [known.pod.path for known in list(self.pods)[-OFFERED:]]
            return {
                "service": sorted(self.sources)[:OFFERED],
                "event": sorted(self.names)[:OFFERED],
                "pod": sorted(pods),
            }


_looks: WeakKeyDictionary[History, Look] = WeakKeyDictionary()
_lock = threading.Lock()


def look() -> tuple[Look, History]:
    """Return what is known about the present history, up to date, and the history."""
    found, recorded = look_without_update()
    found.update(recorded)
    return found, recorded


def look_without_update() -> tuple[Look, History]:
    """Do the same, and leave what is new for later."""
    recorded = history()
    with _lock:
        found = _looks.get(recorded)
        if found is None:
            found = _looks[recorded] = Look()
    return found, recorded
