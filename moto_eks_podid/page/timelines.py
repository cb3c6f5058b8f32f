"""The events of the history that a filter lets through, by their numbers.

A list of 100,000 events is gone through once, by columns that cost nothing to read; after that only
by what was recorded since. The history's own indexes are no help: they hold management events only,
each of one account and region.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields

from ..cloudtrail.answers import error_of
from ..cloudtrail.calls import CapturedCall
from ..cloudtrail.history import Event
from ..cloudtrail.service_calls import ServiceAssumeRole
from ..events.identities import AssumedRole, access_key_of
from .pods import Pods

#: The least status that CloudTrail shows as an error.
LEAST_STATUS_OF_ERRORS = 301
#: What can be asked of `outcome`.
OUTCOMES = ("failed", "succeeded")
MAX_FILTER = 300

Test = Callable[[Event], bool]

#: What XML and JSON spell as it is.
_PLAIN = re.compile(r"[\w .,:;/()=+@*!?#$%-]+", re.ASCII)
_MARKUP = re.compile(rb"<[^>]*>")


class BadFilter(ValueError):
    """A filter that there is not, or one of a value that it cannot have."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What events can be narrowed by; an empty text stands for every event.

    ``pod`` is a pod's id or a part of CLUSTER/NAMESPACE/SERVICE_ACCOUNT/POD, ``role`` a role's name
    or ARN, ``service`` an event source or how it begins, ``event`` an operation or how it begins,
    ``error`` a part of a failed call's answer, ``session`` an access key.
    """

    pod: str = ""
    role: str = ""
    service: str = ""
    event: str = ""
    outcome: str = ""
    error: str = ""
    session: str = ""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Filter:
        """Read the members of a query that are filters.

        :raises BadFilter: for a value that a filter cannot have
        """
        given = {name: query.get(name, "").strip() for name in FILTERS}
        for name, value in given.items():
            if len(value) > MAX_FILTER:
                raise BadFilter(f"{name} is longer than {MAX_FILTER} characters")
        if given["outcome"] not in ("", *OUTCOMES):
            raise BadFilter(f"outcome is one of {', '.join(OUTCOMES)}")
        return cls(**given)

    @property
    def given(self) -> dict[str, str]:
        """The filters that narrow something."""
        return {name: value for name in FILTERS if (value := getattr(self, name))}

    def tests(self, pods: Pods) -> list[Test]:
        """Return what an event has to pass, the cheapest first."""
        tests: list[Test] = []
        if self.error or self.outcome == "failed":
            tests.append(failed)
        elif self.outcome:
            tests.append(lambda event: not failed(event))
        if self.service:
            tests.append(_begins("event_source", self.service))
        if self.event:
            tests.append(_begins("event_name", self.event))
        if self.session:
            tests.append(_of_session(self.session))
        if self.role:
            tests.append(_of_role(self.role))
        if self.pod:
            tests.append(_of_pod(self.pod.lower(), pods))
        if self.error:
            tests.append(_error_says(self.error.lower()))
        return tests


FILTERS = tuple(field.name for field in fields(Filter))


def failed(event: Event) -> bool:
    """Tell whether an event's record has an error code."""
    entry = event.entry
    return isinstance(entry, CapturedCall) and entry.status >= LEAST_STATUS_OF_ERRORS


def error_in(event: Event) -> tuple[str, str | None] | None:
    """Return code and message of a failed call, without making its record."""
    entry = event.entry
    if not isinstance(entry, CapturedCall) or entry.status < LEAST_STATUS_OF_ERRORS:
        return None
    return error_of(entry, event.classified)


def role_of(event: Event) -> str | None:
    """Return the ARN of the caller's role; for a call by EKS itself, of the one it assumes."""
    entry = event.entry
    if isinstance(entry, ServiceAssumeRole):
        return entry.issued.session.role_arn
    identity = entry.identity
    return identity.role_arn if isinstance(identity, AssumedRole) else None


def session_of(event: Event) -> str | None:
    """Return the caller's access key; for a call by EKS itself, the one that it gives out."""
    entry = event.entry
    if isinstance(entry, ServiceAssumeRole):
        return entry.issued.session.access_key_id
    return access_key_of(entry.identity)


def _begins(column: str, text: str) -> Test:
    text = text.lower()
    # There are a few hundred different values at most.
    known: dict[str, bool] = {}

    def test(event: Event) -> bool:
        value = getattr(event, column)
        passes = known.get(value)
        if passes is None:
            passes = known[value] = value.lower().startswith(text)
        return passes

    return test


def _of_session(key: str) -> Test:
    return lambda event: session_of(event) == key


def _of_role(text: str) -> Test:
    def test(event: Event) -> bool:
        arn = role_of(event)
        return arn is not None and (arn == text or arn.rpartition("/")[2] == text)

    return test


def _of_pod(text: str, pods: Pods) -> Test:
    known: dict[str, bool] = {}

    def test(event: Event) -> bool:
        pod = pods.of_event(event)
        if pod is None:
            return False
        passes = known.get(pod.id)
        if passes is None:
            passes = known[pod.id] = pod.matches(text)
        return passes

    return test


def _error_says(text: str) -> Test:
    plain = text.encode() if _PLAIN.fullmatch(text) else None

    def test(event: Event) -> bool:
        answer = getattr(event.entry, "answer", None)
        if plain is not None and answer:
            # Reading an answer takes a hundred times as long as looking into it.
            return plain in answer.lower() and plain in _MARKUP.sub(b" ", answer).lower()
        error = error_in(event)
        return error is not None and any(text in part.lower() for part in error if part)

    return test


class Timeline:
    """The numbers of the events that pass a filter, in the order in which they were recorded.

    Not locked: its owner is.
    """

    def __init__(self, tests: Iterable[Test] = ()) -> None:
        self._tests = tuple(tests)
        self._numbers = array("q")
        self._start = 0
        #: Events from this number on were not looked at.
        self.until = 0

    def add(self, events: Iterable[Event], until: int) -> None:
        """Take in the events that follow those which were taken in before."""
        tests = self._tests
        if tests:
            first, *others = tests
            events = filter(first, events)
            for test in others:
                events = filter(test, events)
        self._numbers.extend(event.seq for event in events)
        self.until = until

    def forget(self, oldest: int) -> None:
        """Forget the events of lesser numbers."""
        self._start = bisect_left(self._numbers, oldest, lo=self._start)
        if self._start * 2 > len(self._numbers):
            del self._numbers[: self._start]
            self._start = 0

    def count(self, before: int | None = None) -> int:
        """Return how many events there are, of lesser numbers than one."""
        return self._end(before) - self._start

    def newest(self, count: int, before: int | None = None, skip: int = 0) -> list[int]:
        """Return the greatest numbers, in decreasing order, after some that are skipped."""
        end = max(self._end(before) - skip, self._start)
        return list(self._numbers[max(self._start, end - count) : end])[::-1]

    def _end(self, before: int | None) -> int:
        if before is None:
            return len(self._numbers)
        return bisect_left(self._numbers, before, lo=self._start)
