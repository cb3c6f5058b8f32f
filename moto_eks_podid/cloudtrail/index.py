"""Sorted numbers of events: what LookupEvents finds without going through the history."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

E = TypeVar("E")

#: Removed numbers at the front are kept until they are that many, and more than half.
_FEW = 32


class Ranks:
    """Increasing numbers, of which most are added at the end and removed at the front."""

    __slots__ = ("_numbers", "_start")

    def __init__(self) -> None:
        self._numbers: list[int] = []
        # What is before it was removed.
        self._start = 0

    def __len__(self) -> int:
        return len(self._numbers) - self._start

    def add(self, number: int) -> None:
        """Add a number that is not there yet."""
        numbers = self._numbers
        if not numbers or numbers[-1] < number:
            numbers.append(number)
        else:
            insort(numbers, number, lo=self._start)

    def remove(self, number: int) -> None:
        """Remove a number that is there."""
        numbers = self._numbers
        if numbers[self._start] != number:
            del numbers[bisect_left(numbers, number, lo=self._start)]
            return
        self._start += 1
        if self._start > _FEW and self._start * 2 > len(numbers):
            del numbers[: self._start]
            self._start = 0

    def newest(self, count: int, lowest: int | None, below: int | None) -> list[int]:
        """Return the greatest numbers, at most ``count``, in decreasing order.

        :param lowest: none that is less; None for no limit
        :param below: only such that are less; None for no limit
        """
        numbers = self._numbers
        first = self._start
        end = len(numbers) if below is None else bisect_left(numbers, below, lo=first)
        if lowest is not None:
            first = bisect_left(numbers, lowest, lo=first)
        return numbers[max(first, end - count) : end][::-1]


class RegionIndex(Generic[E]):
    """The management events of one account and region, by the attributes that are indexed.

    :param columns: attribute -> what gives an event's value of it; None for an event that has none
    """

    __slots__ = ("_by_value", "_columns", "_ids", "everything")

    def __init__(self, columns: dict[str, Callable[[E], str | None]]) -> None:
        self.everything = Ranks()
        self._columns = columns
        self._by_value: dict[str, dict[str, Ranks]] = {name: {} for name in columns}
        self._ids: dict[str, int] = {}

    def add(self, event: E, event_id: str, rank: int) -> None:
        """Index an event under its rank."""
        self.everything.add(rank)
        self._ids[event_id] = rank
        for name, value in self._values(event):
            by_value = self._by_value[name]
            ranks = by_value.get(value)
            if ranks is None:
                ranks = by_value[value] = Ranks()
            ranks.add(rank)

    def remove(self, event: E, event_id: str, rank: int) -> None:
        """Forget an event that was added."""
        self.everything.remove(rank)
        # A seed that is put again repeats request ids, and with them the ids of events.
        if self._ids.get(event_id) == rank:
            del self._ids[event_id]
        for name, value in self._values(event):
            ranks = self._by_value[name][value]
            ranks.remove(rank)
            if not ranks:
                del self._by_value[name][value]

    def with_value(self, name: str, value: str) -> Ranks | None:
        """Return the ranks of the events whose attribute has that value; None for no event."""
        return self._by_value[name].get(value)

    def with_id(self, event_id: str) -> int | None:
        """Return the rank of the event with that id."""
        return self._ids.get(event_id)

    def __len__(self) -> int:
        return len(self.everything)

    def _values(self, event: E) -> Iterator[tuple[str, str]]:
        for name, value_of in self._columns.items():
            value = value_of(event)
            if value is not None:
                yield name, value
