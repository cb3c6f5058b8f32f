"""The sorted numbers below the event history."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moto_eks_podid.cloudtrail.index import Ranks, RegionIndex

limits = st.none() | st.integers(-2, 120)


@given(
    added=st.lists(st.integers(0, 100), unique=True, max_size=100),
    nearly_sorted=st.booleans(),
    removals=st.lists(st.integers(0, 99), max_size=100),
    count=st.integers(1, 12),
    lowest=limits,
    below=limits,
)
def test_numbers_differ_from_a_sorted_list(
    added: list[int],
    nearly_sorted: bool,
    removals: list[int],
    count: int,
    lowest: int | None,
    below: int | None,
) -> None:
    """Whatever is added and removed, the greatest numbers within the limits come out."""
    ranks = Ranks()
    model: list[int] = []
    for number in sorted(added, key=lambda number: number // 5) if nearly_sorted else added:
        ranks.add(number)
        model.append(number)
        model.sort()
    for place in removals:
        if model:
            # Mostly at the front, as the history removes.
            ranks.remove(number := model.pop(place if place < len(model) else 0))
            assert number not in ranks.newest(1000, None, None)
    assert len(ranks) == len(model)
    within = [
        number
        for number in reversed(model)
        if (lowest is None or number >= lowest) and (below is None or number < below)
    ]
    assert ranks.newest(count, lowest, below) == within[:count]


def test_removed_numbers_are_kept_for_ever() -> None:
    """Numbers that move on, one in and one out, take no more space than those that are left."""
    ranks = Ranks()
    for number in range(10_000):
        ranks.add(number)
        if number >= 100:
            ranks.remove(number - 100)
    assert len(ranks) == 100
    assert len(ranks._numbers) < 400


def test_number_before_all_others_is_lost() -> None:
    """A number that is less than those that were removed has its place at the front."""
    ranks = Ranks()
    for number in (10, 20, 30):
        ranks.add(number)
    ranks.remove(10)
    ranks.remove(20)
    ranks.add(5)
    assert ranks.newest(5, None, None) == [30, 5]
    ranks.remove(5)
    ranks.remove(30)
    ranks.add(1)
    assert ranks.newest(5, None, None) == [1]


def test_index_remembers_values_of_events_that_are_gone() -> None:
    """When its last event is gone, a value is gone too; other values stay."""
    index: RegionIndex[str] = RegionIndex({"First": lambda event: event[:1] or None})
    for rank, event in enumerate(("apple", "avocado", "banana", "")):
        index.add(event, f"id of {event}", rank)
    index.remove("apple", "id of apple", 0)
    ranks = index.with_value("First", "a")
    assert ranks is not None
    assert ranks.newest(5, None, None) == [1]
    index.remove("avocado", "id of avocado", 1)
    assert index.with_value("First", "a") is None
    assert index.with_value("First", "b") is not None
    assert index.with_id("id of avocado") is None
    assert index.with_id("id of banana") == 2
    index.remove("banana", "id of banana", 2)
    assert len(index) == 1
    index.remove("", "id of ", 3)
    assert not index
