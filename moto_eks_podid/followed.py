"""The index of this process's history: it is kept, and only what came since is read."""

from __future__ import annotations

import threading
import weakref

from .cloudtrail.history import Event, History, history
from .origins import Index
from .origins.issuing import ISSUING_EVENTS


class Followed:
    """The index of one history, as far as it has been read."""

    def __init__(self, recorded: History) -> None:
        self._history = weakref.ref(recorded)
        self._index = Index()
        self._read_to = 0
        #: Number of the oldest event in the index.
        self._oldest: int | None = None

    def follows(self, recorded: History) -> bool:
        """Tell whether it is that history's, and nothing in it is gone from there."""
        return self._history() is recorded and (
            self._oldest is None or recorded.oldest <= self._oldest
        )

    def read(self, recorded: History) -> Index:
        """Take in what came since; return an index of the caller's own."""
        events, self._read_to = recorded.appended(self._read_to)
        for event in filter(_is_issuing, events):
            if self._oldest is None:
                self._oldest = event.seq
            self._index.add(event.record())
        return self._index.copy()


def _is_issuing(event: Event) -> bool:
    return event.event_name in ISSUING_EVENTS.get(event.event_source, ())


_lock = threading.Lock()
_followed: Followed | None = None


def index_of_history() -> Index:
    """Return an index of the history as it is now."""
    global _followed
    recorded = history()
    with _lock:
        if _followed is None or not _followed.follows(recorded):
            _followed = Followed(recorded)
        return _followed.read(recorded)
