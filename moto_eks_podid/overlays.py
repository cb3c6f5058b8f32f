"""What several blocks change at once and put back, in whatever order they end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeVar

_Place = TypeVar("_Place")
_Value = TypeVar("_Value")


class Overlays(Generic[_Place, _Value]):
    """Lays values over places for as long as blocks run. Thread-safe.

    Of blocks that run at once, the one that began last counts, for each place that it has. What was
    there before the first one is there again after the last one.

    :param read: returns what a place has now
    :param write: puts values into places, and leaves all others alone
    """

    def __init__(
        self,
        read: Callable[[_Place], _Value],
        write: Callable[[Mapping[_Place, _Value]], None],
    ) -> None:
        self._read = read
        self._write = write
        self._lock = threading.RLock()
        #: What the places had before any block.
        self._base: dict[_Place, _Value] = {}
        self._laid: list[dict[_Place, _Value]] = []
        self._is_lifted = False

    @contextmanager
    def laid(self, values: Mapping[_Place, _Value]) -> Iterator[None]:
        """Have places have other values until the block ends."""
        layer = self.lay(values)
        try:
            yield
        finally:
            self.take_away(layer)

    def lay(self, values: Mapping[_Place, _Value]) -> dict[_Place, _Value]:
        """Have places have other values until what this returns is taken away."""
        layer = dict(values)
        with self._lock:
            for place in layer:
                # Code in the block that counted so far may have put something else there.
                self._counting(place)[place] = self._read(place)
            self._write(layer)
            self._laid.append(layer)
        return layer

    def take_away(self, layer: dict[_Place, _Value]) -> None:
        """End what :meth:`lay` began."""
        with self._lock:
            counted = [place for place in layer if self._counting(place) is layer]
            self._laid = [other for other in self._laid if other is not layer]
            put_back = {place: self._counting(place)[place] for place in counted}
            for place in counted:
                if self._counting(place) is self._base:
                    del self._base[place]
            self._write(put_back)

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Have everything as if no block ran: what the block puts there is there in the end."""
        with self._lock:
            if self._is_lifted or not self._laid:
                yield
                return
            above = {place: self._read(place) for place in self._base}
            self._write(self._base)
            self._is_lifted = True
            try:
                yield
            finally:
                self._is_lifted = False
                self._base = {place: self._read(place) for place in above}
                self._write(above)

    def _counting(self, place: _Place) -> dict[_Place, _Value]:
        return next((layer for layer in reversed(self._laid) if place in layer), self._base)
