"""The event history against a plain list: order, indexes, bounds, listeners, threads, resets."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from itertools import count, islice
from math import floor
from threading import Event as Signal
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import moto_eks_podid as podid
from moto_eks_podid import settings
from moto_eks_podid.cloudtrail.history import INDEXED, Event, History, history
from moto_eks_podid.events.catalogue import Classified
from tests.cloudtrail.made_up_calls import ACCOUNT, NINE, REGION, MadeUpCall

OTHER_ACCOUNT = "444455556666"
OTHER_REGION = "eu-central-1"
NAMES = ("CreateRole", "GetRole", "ListRoles", "DeleteRole")
USERS = ("ops", "dev", None)


@pytest.fixture(autouse=True)
def _settings_as_they_were() -> Iterator[None]:
    yield
    settings.override({})


def recorded(*calls: MadeUpCall) -> History:
    made = History()
    for call in calls:
        made.append(call)
    return made


def numbers(events: Iterator[Event]) -> list[int]:
    """Which made-up calls these are."""
    return [entry.number for event in events if isinstance(entry := event.entry, MadeUpCall)]


def newest_first(calls: list[MadeUpCall]) -> list[MadeUpCall]:
    """Whole seconds decide; within one, what was recorded later is newer."""
    return sorted(calls, key=lambda call: (floor(call.time), call.number), reverse=True)


# Against a list

calls = st.builds(
    dict,
    time=st.sampled_from([NINE, NINE + 0.5, NINE + 1, NINE + 5, NINE - 3.25, NINE + 5.9]),
    name=st.sampled_from(NAMES),
    account_id=st.sampled_from([ACCOUNT, OTHER_ACCOUNT]),
    region=st.sampled_from([REGION, OTHER_REGION]),
    user=st.sampled_from(USERS),
    management=st.sampled_from([True, True, False]),
    size=st.integers(0, 300),
)

attributes = st.none() | st.sampled_from(
    [
        *(("EventName", name) for name in NAMES),
        *(("Username", user) for user in ("ops", "dev", "nobody")),
        ("EventSource", "iam.amazonaws.com"),
        ("ReadOnly", "true"),
        ("ReadOnly", "false"),
        ("AccessKeyId", "AKIAdev"),
        *(("EventId", f"event-{number}") for number in (0, 1, 2, 50)),
    ]
)

seconds = st.none() | st.integers(floor(NINE) - 5, floor(NINE) + 7)


class HistoryMachine(RuleBasedStateMachine):
    """A history, and a list that is kept within the same bounds."""

    @initialize(
        events=st.just(100_000) | st.integers(0, 300),
        size=st.just(10**9) | st.integers(0, 40_000),
    )
    def start(self, events: int, size: int) -> None:
        settings.override({"cloudtrail_max_events": events, "cloudtrail_max_bytes": size})
        self.most, self.most_bytes = events, size
        self.history = History()
        self.calls: list[MadeUpCall] = []
        self.dropped = 0
        self.next_number = count()

    def teardown(self) -> None:
        settings.override({})

    @rule(given=calls)
    def append_one(self, given: dict[str, Any]) -> None:
        self._append(MadeUpCall(next(self.next_number), **given))

    @rule(given=calls, times=st.integers(50, 200), step=st.sampled_from([-1, 0, 0.01, 1]))
    def append_many(self, given: dict[str, Any], times: int, step: float) -> None:
        for turn in range(times):
            moved = {**given, "time": given["time"] + turn * step}
            self._append(MadeUpCall(next(self.next_number), **moved))

    def _append(self, call: MadeUpCall) -> None:
        self.history.append(call)
        self.calls.append(call)
        while self.calls and (
            len(self.calls) > self.most or sum(c.size for c in self.calls) > self.most_bytes
        ):
            self.calls.pop(0)
            self.dropped += 1

    @rule()
    def clear(self) -> None:
        self.history.clear()
        self.calls.clear()
        self.dropped = 0

    @rule(
        attribute=attributes,
        account_id=st.sampled_from([ACCOUNT, OTHER_ACCOUNT]),
        earliest=seconds,
        latest=seconds,
        below=st.none() | st.integers(0, 200),
    )
    def look_up(
        self,
        attribute: tuple[str, str] | None,
        account_id: str,
        earliest: int | None,
        latest: int | None,
        below: int | None,
    ) -> None:
        """One of the attributes in a time range, from a place on that some event has."""
        ranked = list(self.history.events())
        rank = ranked[below % len(ranked)].rank if ranked and below is not None else None
        found = self.history.lookup(
            account_id,
            REGION,
            attribute,
            earliest=earliest,
            latest=latest,
            below=rank,
        )
        last = None if rank is None else self._place_of(ranked[(below or 0) % len(ranked)])
        assert numbers(found) == [
            call.number
            for call in newest_first(self.calls)
            if call.management
            and (call.account_id, call.region) == (account_id, REGION)
            and (attribute is None or call.attribute(attribute[0]) == attribute[1])
            and (earliest is None or floor(call.time) >= earliest)
            and (latest is None or floor(call.time) <= latest)
            and (last is None or (floor(call.time), call.number) < last)
        ]

    @staticmethod
    def _place_of(event: Event) -> tuple[int, int]:
        assert isinstance(event.entry, MadeUpCall)
        return floor(event.entry.time), event.entry.number

    @rule(
        account_id=st.none() | st.sampled_from([ACCOUNT, OTHER_ACCOUNT]),
        region=st.none() | st.sampled_from([REGION, OTHER_REGION]),
        name=st.none() | st.sampled_from(NAMES),
    )
    def narrow(self, account_id: str | None, region: str | None, name: str | None) -> None:
        """Data events too, of all accounts and regions unless narrowed."""
        assert numbers(self.history.events(account_id, region, name)) == [
            call.number
            for call in newest_first(self.calls)
            if account_id in (None, call.account_id)
            and region in (None, call.region)
            and name in (None, call.name)
        ]

    @invariant()
    def counts(self) -> None:
        if hasattr(self, "history"):
            assert self.history.dropped == self.dropped
            assert len(self.history) == len(self.calls)


HistoryMachine.TestCase.settings = hypothesis_settings(max_examples=60, stateful_step_count=25)
test_history_differs_from_a_list = HistoryMachine.TestCase


# Order and what an event is


def test_events_of_one_second_are_mixed_up() -> None:
    """Within a second the call that was recorded last comes first, whatever the fraction."""
    made = recorded(MadeUpCall(0, NINE + 0.9), MadeUpCall(1, NINE + 0.1), MadeUpCall(2, NINE + 0.5))
    assert numbers(made.events()) == [2, 1, 0]


def test_slow_call_is_newer_than_those_it_waited_for() -> None:
    """A call that came in earlier and was answered later has its place by when it came in."""
    made = recorded(MadeUpCall(0, NINE), MadeUpCall(1, NINE + 4), MadeUpCall(2, NINE + 2))
    assert numbers(made.events()) == [1, 2, 0]
    assert numbers(made.lookup(ACCOUNT, REGION, ("EventName", "CreateRole"))) == [1, 2, 0]


@pytest.mark.parametrize("attribute", [None, ("EventName", "CreateRole"), ("EventId", "event-7")])
def test_limits_of_a_lookup_cut_too_much(attribute: tuple[str, str] | None) -> None:
    """Both seconds belong to the range; the event that a reader goes on from does not."""
    made = recorded(*(MadeUpCall(number, NINE + number // 3) for number in range(15)))
    ranks = {event.seq: event.rank for event in made.events()}
    first = floor(NINE)
    for earliest in (None, *range(-1, 6)):
        for latest in (None, *range(-1, 6)):
            for below in (None, *range(15)):
                found = made.lookup(
                    ACCOUNT,
                    REGION,
                    attribute,
                    earliest=None if earliest is None else first + earliest,
                    latest=None if latest is None else first + latest,
                    below=None if below is None else ranks[below],
                )
                assert numbers(found) == [
                    number
                    for number in reversed(range(15))
                    if (attribute is None or attribute[0] != "EventId" or number == 7)
                    and (earliest is None or number // 3 >= earliest)
                    and (latest is None or number // 3 <= latest)
                    and (below is None or number < below)
                ], (earliest, latest, below)


def test_time_before_1970_breaks_the_order() -> None:
    """A test may freeze time anywhere."""
    made = recorded(MadeUpCall(0, -0.5), MadeUpCall(1, 0.0), MadeUpCall(2, -7e8))
    assert numbers(made.events()) == [1, 0, 2]
    assert [event.seq for event in made.events()] == [1, 0, 2]
    assert next(made.events()).time == datetime(1970, 1, 1, tzinfo=timezone.utc)


def test_column_of_an_event_is_another_s() -> None:
    """An event tells its columns without a record being made."""
    call = MadeUpCall(7, NINE + 0.25, "ListRoles", user="dev", region=OTHER_REGION)
    (event,) = recorded(call).events()
    assert event.entry is call
    assert event.time == datetime(2026, 3, 1, 9, tzinfo=timezone.utc) + timedelta(seconds=0.25)
    assert {
        name: getattr(event, name)
        for name in (
            "seq",
            "event_id",
            "account_id",
            "region",
            "event_source",
            "event_name",
            "read_only",
            "management",
            "user_name",
            "access_key_id",
        )
    } == {
        "seq": 0,
        "event_id": "event-7",
        "account_id": ACCOUNT,
        "region": OTHER_REGION,
        "event_source": "iam.amazonaws.com",
        "event_name": "ListRoles",
        "read_only": True,
        "management": True,
        "user_name": "dev",
        "access_key_id": "AKIAdev",
    }


def test_records_share_their_members() -> None:
    """Each record is made anew: changing one changes no other."""
    (event,) = recorded(MadeUpCall(0)).events()
    first = event.record()
    first["userIdentity"]["userName"] = "somebody else"
    assert event.record()["userIdentity"]["userName"] == "ops"


def test_calls_that_are_no_events_are_found() -> None:
    """What CloudTrail knows nothing of is passed over, and is not counted as dropped."""
    made = recorded(MadeUpCall(0), MadeUpCall(1, known=False), MadeUpCall(2))
    assert numbers(made.events()) == [2, 0]
    assert len(made) == 2
    assert made.dropped == 0


def test_cleared_call_comes_back() -> None:
    """A call that goes while it is being looked at does not come back."""

    class Clearing(MadeUpCall):
        def classify(self) -> Classified | None:
            made.clear()
            return super().classify()

    made = recorded(MadeUpCall(0), Clearing(1), MadeUpCall(2))
    assert numbers(made.events()) == []
    made.append(MadeUpCall(3))
    assert numbers(made.events()) == [3]


def test_lookup_of_one_place_shows_another() -> None:
    """An account has a history in each region, and none where nothing was called."""
    made = recorded(MadeUpCall(0), MadeUpCall(1, account_id=OTHER_ACCOUNT))
    assert numbers(made.lookup(ACCOUNT, REGION)) == [0]
    assert numbers(made.lookup(OTHER_ACCOUNT, REGION)) == [1]
    assert numbers(made.lookup(ACCOUNT, OTHER_REGION)) == []
    assert numbers(made.lookup(ACCOUNT, OTHER_REGION, ("EventName", "CreateRole"))) == []
    assert numbers(made.lookup(ACCOUNT, REGION, ("EventId", "event-1"))) == []


def test_data_event_is_looked_up() -> None:
    """No attribute finds a data event, not even its own id."""
    made = recorded(MadeUpCall(0, management=False))
    assert numbers(made.events()) == [0]
    for name in ("EventId", *INDEXED):
        value = MadeUpCall(0).attribute(name)
        assert value is not None
        assert numbers(made.lookup(ACCOUNT, REGION, (name, value))) == []
    assert numbers(made.lookup(ACCOUNT, REGION)) == []


def test_repeated_event_id_is_lost_with_the_first_event() -> None:
    """A seed that is put twice repeats ids: the newest event with an id is found by it."""
    settings.override({"cloudtrail_max_events": 2})
    made = recorded(MadeUpCall(5, NINE), MadeUpCall(5, NINE + 1), MadeUpCall(6, NINE + 2))
    (event,) = made.lookup(ACCOUNT, REGION, ("EventId", "event-5"))
    assert event.seq == 1


def test_events_that_come_while_reading_are_read_twice() -> None:
    """Who has begun to read goes on where he was, whatever is recorded meanwhile."""
    made = recorded(*(MadeUpCall(number) for number in range(200)))
    reading = made.lookup(ACCOUNT, REGION)
    begun = numbers(islice(reading, 100))
    for number in range(200, 400):
        made.append(MadeUpCall(number))
    assert len(made) == 400
    assert begun + numbers(reading) == list(reversed(range(200)))


def test_events_that_are_dropped_while_reading_are_read() -> None:
    """Who has begun to read meets no hole where events had to make room."""
    settings.override({"cloudtrail_max_events": 300})
    made = recorded(*(MadeUpCall(number) for number in range(300)))
    reading = made.lookup(ACCOUNT, REGION, ("EventName", "CreateRole"))
    begun = numbers(islice(reading, 100))
    for number in range(300, 550):
        made.append(MadeUpCall(number))
    assert made.dropped == 250
    rest = numbers(reading)
    # What had been taken from the index is still shown; nothing older than what is left is.
    assert begun + rest == list(reversed(range(300 - len(begun + rest), 300)))
    assert len(begun + rest) < 200


# Bounds


def test_dropped_call_is_held() -> None:
    """What had to make room is freed, read before or not, and so is what was cleared."""
    settings.override({"cloudtrail_max_events": 3})
    for read in (False, True):
        made = History()
        held = []
        for number in range(10):
            call = MadeUpCall(number)
            made.append(call)
            held.append(weakref.ref(call))
            del call
            if read:
                assert len(made) <= 3
        assert made.dropped == 7
        gc.collect()
        assert [reference() is not None for reference in held] == [False] * 7 + [True] * 3
        made.clear()
        gc.collect()
        assert all(reference() is None for reference in held)


def test_history_grows_until_somebody_reads() -> None:
    """The bounds hold though nobody ever looks."""
    settings.override({"cloudtrail_max_events": 10})
    made = History()
    held = []
    for number in range(1000):
        call = MadeUpCall(number)
        made.append(call)
        held.append(weakref.ref(call))
        del call
    gc.collect()
    # They are looked at now and then only.
    assert sum(reference() is not None for reference in held) < 10 + 100


def test_one_large_call_stays_for_ever() -> None:
    """A call that is larger than all the history may be is not kept."""
    settings.override({"cloudtrail_max_bytes": 1000})
    made = recorded(MadeUpCall(0), MadeUpCall(1, size=1001))
    assert numbers(made.events()) == []
    assert made.dropped == 2
    made.append(MadeUpCall(2))
    assert numbers(made.events()) == [2]


def test_summaries_grow_with_what_is_read() -> None:
    """What LookupEvents shows of an event is remembered for few events, of which none is gone."""
    settings.override({"cloudtrail_max_events": 2000})
    made = recorded(*(MadeUpCall(number) for number in range(2000)))
    newest = next(made.events())
    assert made.summary(newest)["EventId"] == "event-1999"
    assert made.summary(newest) is made.summary(newest)
    for event in made.events():
        assert made.summary(event)["EventId"] == event.event_id
    assert len(made._summaries) == 500
    settings.override({"cloudtrail_max_events": 1})
    assert made.dropped == 1999
    assert set(made._summaries) <= {newest.rank}
    made.clear()
    assert made._summaries == {}


def test_long_summary_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event with a long record is summed up each time."""
    monkeypatch.setattr("moto_eks_podid.cloudtrail.history._LONGEST_SUMMARY", 100)
    made = recorded(MadeUpCall(0))
    (event,) = made.events()
    assert made.summary(event) == made.summary(event)
    assert made._summaries == {}


# Listeners


def test_listener_hears_late() -> None:
    """A listener gets each event at once, in order, with its columns and its record."""
    heard: list[Event] = []
    made = recorded(MadeUpCall(0))
    made.add_listener(heard.append)
    made.append(MadeUpCall(1, name="GetRole"))
    assert [event.event_name for event in heard] == ["GetRole"]
    assert heard[0].record()["eventName"] == "GetRole"
    made.append(MadeUpCall(2, known=False))
    made.append(MadeUpCall(3, management=False))
    assert numbers(iter(heard)) == [1, 3]
    made.remove_listener(heard.append)
    made.append(MadeUpCall(4))
    assert numbers(iter(heard)) == [1, 3]
    assert numbers(made.events()) == [4, 3, 1, 0]


def test_listener_hears_nothing_of_what_is_not_kept() -> None:
    """Listeners are told of every event, also where the history keeps none."""
    settings.override({"cloudtrail_max_events": 0})
    heard: list[Event] = []
    made = History()
    made.add_listener(heard.append)
    for number in range(100):
        made.append(MadeUpCall(number))
    assert numbers(iter(heard)) == list(range(100))
    assert numbers(made.events()) == []
    assert made.dropped == 100


def test_listener_that_calls_back_waits_for_ever() -> None:
    """A listener may read the history, and may make calls that are recorded in turn."""
    made = History()
    seen: list[list[int]] = []

    def listen(event: Event) -> None:
        seen.append(numbers(made.events()))
        if len(seen) < 3:
            made.append(MadeUpCall(len(seen)))

    made.add_listener(listen)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(made.append, MadeUpCall(0)).result(timeout=30)
    assert seen == [[0], [1, 0], [2, 1, 0]]


# Threads


def test_threads_lose_or_repeat_events() -> None:
    """While threads append, readers see each event at most once and in order; in the end, all."""
    made = History()
    each, appending = 1500, 4
    done = Signal()

    def append(thread: int) -> None:
        for turn in range(each):
            number = thread * each + turn
            made.append(MadeUpCall(number, NINE + turn / 100, user=f"user-{thread}"))

    def read() -> int:
        reads = 0
        while not done.is_set() or not reads:
            ranks = [event.rank for event in made.lookup(ACCOUNT, REGION, ("Username", "user-1"))]
            assert ranks == sorted(set(ranks), reverse=True)
            everything = [event.rank for event in made.events()]
            assert len(everything) == len(set(everything))
            reads += 1
        return reads

    with ThreadPoolExecutor(appending + 2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for future in [pool.submit(append, thread) for thread in range(appending)]:
            future.result(timeout=120)
        done.set()
        assert all(reader.result(timeout=120) for reader in readers)
    assert sorted(numbers(made.events())) == list(range(each * appending))
    for thread in range(appending):
        found = numbers(made.lookup(ACCOUNT, REGION, ("Username", f"user-{thread}")))
        assert found == sorted(found, reverse=True)
        assert len(found) == each


def test_threads_overfill_the_history() -> None:
    """The bounds hold, and nothing breaks, while threads append, read and clear."""
    settings.override({"cloudtrail_max_events": 50})
    made = History()

    def work(thread: int) -> None:
        for turn in range(600):
            made.append(MadeUpCall(thread * 600 + turn, user=f"user-{turn % 7}"))
            if turn % 50 == thread:
                assert len(list(made.lookup(ACCOUNT, REGION, ("Username", "user-3")))) <= 50 + 100
            if thread == 0 and turn % 200 == 0:
                made.clear()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(work, thread) for thread in range(4)]:
            future.result(timeout=120)
    assert len(made) == 50
    assert len(list(made.events())) == 50


# Resets


def test_history_outlives_its_mock() -> None:
    """Each mock begins with an empty history; moto's reset empties it."""
    with podid.mock_aws():
        first = history()
        first.append(MadeUpCall(0))
        assert history() is first
        assert len(history()) == 1
    with podid.mock_aws():
        assert history() is not first
        assert len(history()) == 0


def test_page_tokens_of_another_history_are_taken() -> None:
    """A token is signed with the key of its history."""
    one, other = History(), History()
    token = one.tokens.issue(5, {})
    assert one.tokens.read(token, {}) == 5
    with pytest.raises(ValueError, match=token):
        other.tokens.read(token, {})
