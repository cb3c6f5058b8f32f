"""The event history by the numbers of its events: what came since, and what is still there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moto_eks_podid import settings
from moto_eks_podid.cloudtrail.history import Event, History
from tests.cloudtrail.made_up_calls import NINE, MadeUpCall


@pytest.fixture(autouse=True)
def _settings_as_they_were() -> Iterator[None]:
    yield
    settings.override({})


def numbers(events: list[Event]) -> list[int]:
    return [entry.number for event in events if isinstance(entry := event.entry, MadeUpCall)]


def test_what_was_appended_since_has_gaps() -> None:
    """What was appended comes once, in that order whatever its times, without what is no event."""
    history = History()
    for number in range(3):
        history.append(MadeUpCall(number, time=NINE - number, known=number != 1))
    events, until = history.appended(0)
    assert (numbers(events), until) == ([0, 2], 3)
    assert history.appended(until) == ([], 3)
    history.append(MadeUpCall(3))
    events, until = history.appended(until)
    assert (numbers(events), until, history.recorded) == ([3], 4, 4)


def test_number_leads_to_what_made_room() -> None:
    """Numbers of events that made room, of what is no event, and of the future lead to nothing."""
    history = History()
    for number in range(600):
        history.append(MadeUpCall(number, known=number != 598))
    settings.override({"cloudtrail_max_events": 3})
    events, until = history.appended(0)
    assert (numbers(events), until, history.oldest) == ([596, 597, 599], 600, 596)
    assert numbers(history.numbered([599, 598, 0, 597, 600, -1])) == [599, 597]


def test_emptied_history_begins_at_zero() -> None:
    """Numbers go on after the history was emptied, so that none leads to another event."""
    history = History()
    history.append(MadeUpCall(0))
    history.clear()
    history.append(MadeUpCall(1))
    events, until = history.appended(0)
    assert (numbers(events), until, history.recorded) == ([1], 2, 2)
    assert history.numbered([0]) == []
