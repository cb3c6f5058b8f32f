"""The event history: what was captured, bounded, indexed when somebody looks.

Appending happens on every call of every service, so it only puts the entry into a list. What the
entry was is found out when the history is read, or at once while somebody listens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict, BaseBackend

from .. import settings
from ..events.catalogue import Classified
from ..events.summary import lookup_event
from ..identity.page_tokens import PageTokens
from .index import Ranks, RegionIndex
from .recorded import NUMBER, NUMBER_BITS, Entry
from .recorded import Event as Event

#: The bounds are looked at after that many entries, or that many bytes, and on every read.
_CHECK_EVERY = 64
_CHECK_EVERY_BYTES = 4 * 1024 * 1024

#: How many entries are classified before they are put into the indexes together.
_BATCH = 256
#: How many events are taken from an index at a time.
_CHUNK = 64

#: So many entries of LookupEvents are remembered, of events with records of so many characters:
#: who waits for an event looks at the same page again and again.
_SUMMARIES = 500
_LONGEST_SUMMARY = 16 * 1024

Listener = Callable[[Event], None]

#: What LookupEvents finds by an index: its names of attributes, and an event's value.
INDEXED: dict[str, Callable[[Event], str | None]] = {
    "EventName": lambda event: event.event_name,
    "EventSource": lambda event: event.event_source,
    "ReadOnly": lambda event: "true" if event.read_only else "false",
    "Username": lambda event: event.user_name,
    "AccessKeyId": lambda event: event.access_key_id,
}


class History:
    """The recorded calls of all accounts and regions, the oldest of which make room for new ones.

    Threads may append while others read. ``tokens`` are for the pages of lookups.
    """

    def __init__(self) -> None:
        self.tokens = PageTokens()
        # Whoever needs both takes `_settling` first.
        self._lock = threading.Lock()
        self._settling = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()
        # An entry is an Event from when it was classified on, and None when it is gone.
        self._ring: list[Entry | Event | None] = []
        #: Numbers: of the ring's first place, of the oldest entry that is left, and of the first
        #: that is not classified.
        self._base = self._oldest = self._settled = 0
        self._count = self._bytes = self._dropped = 0
        self._unchecked = self._unchecked_bytes = 0
        self._empty_indexes()

    def _empty_indexes(self) -> None:
        self._everything = Ranks()
        self._regions: dict[tuple[str, str], RegionIndex[Event]] = {}
        self._summaries: dict[int, dict[str, Any]] = {}

    def append(self, entry: Entry) -> None:
        """Put an entry into the history and, while there are listeners, tell them of the event."""
        size = entry.size
        with self._lock:
            number = self._base + len(self._ring)
            self._ring.append(entry)
            self._count += 1
            self._bytes += size
            self._unchecked += 1
            self._unchecked_bytes += size
            listeners = self._listeners
        if listeners:
            self._settle()
            with self._lock:
                event = self._ring[number - self._base] if number >= self._oldest else None
            if isinstance(event, Event):
                for listener in listeners:
                    listener(event)
        if self._unchecked >= _CHECK_EVERY or self._unchecked_bytes >= _CHECK_EVERY_BYTES:
            self._keep_bounds()

    def events(
        self,
        account_id: str | None = None,
        region: str | None = None,
        event_name: str | None = None,
        event_id: str | None = None,
        *,
        below: int | None = None,
    ) -> Iterator[Event]:
        """Yield management and data events, newest first, of all accounts unless narrowed.

        :param below: only events of a lower rank
        """
        for event in self._walk(lambda: self._everything, None, below):
            if (
                (account_id is None or event.account_id == account_id)
                and (region is None or event.region == region)
                and (event_name is None or event.event_name == event_name)
                and (event_id is None or event.event_id == event_id)
            ):
                yield event

    def lookup(
        self,
        account_id: str,
        region: str,
        attribute: tuple[str, str] | None = None,
        *,
        earliest: int | None = None,
        latest: int | None = None,
        below: int | None = None,
    ) -> Iterator[Event]:
        """Yield the management events of an account and region, newest first.

        :param attribute: ``EventId`` or one of :data:`INDEXED`, and its value
        :param earliest: the first second, as an epoch, that counts
        :param latest: the last one
        :param below: only events of a lower rank
        """
        lowest = None if earliest is None else earliest << NUMBER_BITS
        if latest is not None:
            end = (latest + 1) << NUMBER_BITS
            below = end if below is None else min(below, end)
        place = account_id, region

        def ranks() -> Ranks | None:
            index = self._regions.get(place)
            if index is None:
                return None
            return index.everything if attribute is None else index.with_value(*attribute)

        if attribute is None or attribute[0] != "EventId":
            return self._walk(ranks, lowest, below)
        return self._with_id(place, attribute[1], lowest, below)

    def _with_id(
        self, place: tuple[str, str], event_id: str, lowest: int | None, below: int | None
    ) -> Iterator[Event]:
        self._prepare()
        with self._lock:
            index = self._regions.get(place)
            rank = None if index is None else index.with_id(event_id)
            if (
                rank is None
                or (lowest is not None and rank < lowest)
                or (below is not None and rank >= below)
            ):
                return
            event = self._at(rank)
        yield event

    def summary(self, event: Event) -> dict[str, Any]:
        """Return an event's entry of LookupEvents, which is not to be changed."""
        known = self._summaries.get(event.rank)
        if known is not None:
            return known
        made = lookup_event(event.record())
        if len(made["CloudTrailEvent"]) <= _LONGEST_SUMMARY:
            with self._lock:
                if len(self._summaries) >= _SUMMARIES:
                    del self._summaries[next(iter(self._summaries))]
                self._summaries[event.rank] = made
        return made

    def _walk(
        self, choose: Callable[[], Ranks | None], lowest: int | None, below: int | None
    ) -> Iterator[Event]:
        """Yield the events that an index leads to; what comes meanwhile is not waited for."""
        self._prepare()
        full = True
        while full:
            with self._lock:
                ranks = choose()
                chunk = ranks.newest(_CHUNK, lowest, below) if ranks else []
                events = [self._at(rank) for rank in chunk]
            yield from events
            full = len(chunk) == _CHUNK
            if full:
                below = chunk[-1]

    def _at(self, rank: int) -> Event:
        event = self._ring[(rank & NUMBER) - self._base]
        assert isinstance(event, Event)
        return event

    @property
    def recorded(self) -> int:
        """How many entries were ever appended: it only grows, and is cheap to ask for."""
        with self._lock:
            return self._base + len(self._ring)

    @property
    def oldest(self) -> int:
        """The least :attr:`Event.seq` that an event can still have."""
        self._keep_bounds()
        return self._oldest

    def appended(self, since: int) -> tuple[list[Event], int]:
        """Return what was appended from a number on, in that order, and where to go on.

        :param since: 0, or what this returned before
        """
        self._prepare()
        with self._lock:
            since = max(since, self._oldest)
            taken = self._ring[since - self._base :]
        events = []
        for entry in taken:
            if isinstance(entry, Event):
                events.append(entry)
            elif entry is not None:
                # It came after all was classified.
                break
            since += 1
        return events, since

    def numbered(self, seqs: Iterable[int]) -> list[Event]:
        """Return the events with these numbers (:attr:`Event.seq`) that are still there."""
        with self._lock:
            found = [
                self._ring[seq - self._base]
                for seq in seqs
                if self._base <= seq < self._base + len(self._ring)
            ]
        return [event for event in found if isinstance(event, Event)]

    @property
    def dropped(self) -> int:
        """How many entries had to make room since the last :meth:`clear`."""
        self._keep_bounds()
        return self._dropped

    def __len__(self) -> int:
        self._prepare()
        return self._count

    def add_listener(self, listener: Listener) -> None:
        """Call ``listener`` with every event from now on, in the thread that appends it."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def remove_listener(self, listener: Listener) -> None:
        """Do not call ``listener`` any more."""
        with self._lock:
            self._listeners = tuple(one for one in self._listeners if one != listener)

    def clear(self) -> None:
        """Forget every entry; listeners stay."""
        with self._lock:
            self._base = self._oldest = self._settled = self._base + len(self._ring)
            self._ring = []
            self._count = self._bytes = self._dropped = 0
            self._empty_indexes()

    # Classifying

    def _prepare(self) -> None:
        """Make ready for a read: all indexed, and within the bounds."""
        self._settle()
        self._keep_bounds()

    def _settle(self) -> None:
        """Classify and index what was appended until now."""
        with self._settling:
            while batch := self._next_batch():
                # Not under the lock: an append does not wait for what takes time.
                classified = [(number, entry, entry.classify()) for number, entry in batch]
                with self._lock:
                    for number, entry, kind in classified:
                        if number >= self._oldest:
                            self._place(number, entry, kind)

    def _next_batch(self) -> list[tuple[int, Entry]]:
        with self._lock:
            first = max(self._settled, self._oldest)
            place = first - self._base
            taken = self._ring[place : place + _BATCH]
            self._settled = first + len(taken)
        return [
            (number, entry)
            for number, entry in enumerate(taken, first)
            if entry is not None and not isinstance(entry, Event)
        ]

    def _place(self, number: int, entry: Entry, classified: Classified | None) -> None:
        if classified is None:
            self._ring[number - self._base] = None
            self._count -= 1
            self._bytes -= entry.size
            return
        event = Event(entry, classified, number)
        self._ring[number - self._base] = event
        self._everything.add(event.rank)
        if classified.management:
            place = event.account_id, event.region
            index = self._regions.get(place)
            if index is None:
                index = self._regions[place] = RegionIndex(INDEXED)
            index.add(event, event.event_id, event.rank)

    # Bounds

    def _keep_bounds(self) -> None:
        most = settings.get("cloudtrail_max_events")
        most_bytes = settings.get("cloudtrail_max_bytes")
        with self._lock:
            self._unchecked = self._unchecked_bytes = 0
            while self._count and (self._count > most or self._bytes > most_bytes):
                self._drop_oldest()
            gone = self._oldest - self._base
            if gone > _BATCH and gone * 2 > len(self._ring):
                del self._ring[:gone]
                self._base = self._oldest

    def _drop_oldest(self) -> None:
        place = self._oldest - self._base
        oldest = self._ring[place]
        self._ring[place] = None
        self._oldest += 1
        if oldest is None:
            return
        self._count -= 1
        self._dropped += 1
        if not isinstance(oldest, Event):
            self._bytes -= oldest.size
            return
        self._bytes -= oldest.entry.size
        self._everything.remove(oldest.rank)
        self._summaries.pop(oldest.rank, None)
        if oldest.management:
            place_of_event = oldest.account_id, oldest.region
            index = self._regions[place_of_event]
            index.remove(oldest, oldest.event_id, oldest.rank)
            if not index:
                del self._regions[place_of_event]


class HistoryBackend(BaseBackend):
    """Holds the history, so that every reset moto knows also empties it."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.history = History()

    def reset(self) -> None:
        # moto's own version leaves a backend without attributes for a moment, in which another
        # thread may append.
        self.history = History()


history_backends: BackendDict[HistoryBackend] = BackendDict(
    HistoryBackend, "eks-podid-history", use_boto3_regions=False, additional_regions=["aws"]
)


def history() -> History:
    """Return the history as it is since the last moto reset."""
    # Looking it up as moto does takes several times as long, on every call of every service.
    account = history_backends.get(DEFAULT_ACCOUNT_ID)
    backend = account.get("aws") if account else None
    return (backend or history_backends[DEFAULT_ACCOUNT_ID]["aws"]).history
