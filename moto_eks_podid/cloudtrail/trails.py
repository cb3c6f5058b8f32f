"""A trail that delivers: the events it takes, those it holds, and the files it writes.

Follows "CreateTrail" (CloudTrail API Reference) for what a trail takes, and "How CloudTrail works"
and "Validating CloudTrail log file integrity" (CloudTrail User Guide) for what it writes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from moto.cloudtrail.models import Trail
from moto.core.exceptions import ServiceException

from .. import clock
from ..events.catalogue import GLOBAL_SERVICES, GLOBAL_STS_HOST
from ..events.log_files import LogFile, Place, log_file_content
from ..events.resources import partition_of
from ..events.selector_rules import read_advanced_event_selectors, read_event_selectors
from ..events.selectors import Selectors
from . import delivery
from .buckets import PutRefused, put
from .digests import Chain, digest_keys
from .event_bus import TARGET_FAILURES
from .history import Event
from .progress import current_call
from .trail_status import DeliveryStatus

#: A file is written when that many events are waiting; it has no more.
MOST_IN_FILE = 1000
#: Of events that a bucket does not take, the oldest are given up beyond that many.
MOST_HELD = 10_000
#: The calls that end a trail are still in it.
LAST_EVENTS = frozenset({"StopLogging", "DeleteTrail"})

#: How long a delivery waits for another one's end: that one may itself be waiting for whoever reads
#: the bucket, for example a Lambda function that gets to know of its files.
_LONGEST_WAIT_SECONDS = 5


class _Here(threading.local):
    delivering = False


_here = _Here()


class DeliveringTrail(Trail):
    """moto's trail, which also takes events and delivers them."""

    status: DeliveryStatus

    def __init__(self, made: Trail) -> None:
        # Not its own construction: moto's has checked the arguments of this one.
        self.__dict__.update(vars(made))
        self.status = DeliveryStatus()
        self._selectors = Selectors()
        self._has_selectors = False
        #: The thread whose call ends the trail, until the record of that call is there.
        self._ended_by: int | None = None
        self._is_deleted = False
        self._lock = threading.Lock()
        self._held: list[Event] = []
        #: How many events a bucket did not take when it was tried last.
        self._refused = 0
        self._delivery = threading.Lock()
        self._in_delivery = False
        self._chains: dict[str, Chain] = {}
        #: Files that no digest file tells of yet, by region.
        self._not_digested: dict[str, list[LogFile]] = {}
        self._files_written = 0

    # What it takes

    @property
    def listens(self) -> bool:
        """Whether it takes events now."""
        return self.status.is_logging or self._ended_by is not None

    @property
    def waiting(self) -> bool:
        """Whether there are events that it took and that are not in the bucket."""
        return bool(self._held) or self._in_delivery

    def hear(self, event: Event) -> bool:
        """Take an event, or not; tell which. Holding it can lead to a delivery."""
        last = self._ended_by == threading.get_ident() and event.event_name in LAST_EVENTS
        taken = (self.status.is_logging or last) and self._wants(event)
        if taken:
            with self._lock:
                self._held.append(event)
                del self._held[:-MOST_HELD]
                due = len(self._held) >= self._refused + MOST_IN_FILE
            if due and not last:
                self.deliver()
        if last:
            self._ended_by = None
            self.deliver(empty_digest=True)
            if self._is_deleted:
                self._give_up()
        return taken

    def _wants(self, event: Event) -> bool:
        return (
            event.account_id == self.account_id
            and self._reaches(event.region)
            and (self.include_global_service_events or not _is_global(event))
            and self._selectors.picks(event)
        )

    def _reaches(self, region: str) -> bool:
        if self.is_multi_region:
            return partition_of(region) == self.partition
        return region == self.region_name

    # Its operations

    def start_logging(self) -> None:
        if not self.status.is_logging:
            self.status.start_logging()
            self._begin_chains()
        delivery.trails_in_use().settle(self)

    def stop_logging(self) -> None:
        """Take no more events than the record of this call, and deliver."""
        if not self.status.is_logging:
            self.status.stop_logging()
            return
        self.status.stop_logging()
        if current_call() is None:
            self.deliver(empty_digest=True)
        else:
            # The call will be recorded in this thread, before it is answered.
            self._ended_by = threading.get_ident()

    def delete(self) -> None:
        """Stop for good: what the bucket does not take now is lost."""
        self._is_deleted = True
        self.stop_logging()
        if self._ended_by is None:
            self.deliver()
            self._give_up()

    def _give_up(self) -> None:
        with self._lock:
            self._held = []
        delivery.trails_in_use().remove(self)

    def put_event_selectors(
        self,
        event_selectors: list[dict[str, Any]],
        advanced_event_selectors: list[dict[str, Any]],
    ) -> None:
        """Put selectors of one kind in the place of all that there were.

        :raises InvalidSelectors: for those that CloudTrail refuses; nothing has changed then
        """
        if event_selectors:
            self._selectors = read_event_selectors(event_selectors)
        else:
            self._selectors = read_advanced_event_selectors(advanced_event_selectors)
        self.event_selectors = event_selectors or []
        self.advanced_event_selectors = [] if event_selectors else advanced_event_selectors
        self._has_selectors = True

    def update(self, *args: Any, **kwargs: Any) -> None:
        # What was taken before the change goes where it would have gone.
        self.deliver()
        validated = self.log_validation
        super().update(*args, **kwargs)
        if self.log_validation != validated:
            self._begin_chains()

    def description(self, include_region: bool = False) -> dict[str, Any]:
        described = super().description(include_region)
        described["HasCustomEventSelectors"] = self._has_selectors
        described["HasInsightSelectors"] = bool(self.insight_selectors)
        return {name: value for name, value in described.items() if value is not None}

    # What it writes

    def deliver(self, *, empty_digest: bool = False) -> list[str]:
        """Write what is held into the bucket. That it cannot be written shows in the status only.

        :param empty_digest: write a digest file also when there is nothing that it tells of
        :returns: the URLs of the files, ``s3://BUCKET/KEY``
        """
        if _here.delivering or not self._delivery.acquire(timeout=_LONGEST_WAIT_SECONDS):
            return []
        _here.delivering = True
        try:
            return self._deliver(clock.now(), empty_digest)
        except TARGET_FAILURES as error:
            # It runs within the calls of others, which have nothing to do with it.
            self.status.files.failure(clock.now(), _code(error))
            return []
        finally:
            _here.delivering = False
            self._delivery.release()

    def _deliver(self, time: datetime, empty_digest: bool) -> list[str]:
        written: list[LogFile] = []
        with self._lock:
            left, self._held = self._held, []
            self._in_delivery = True
        try:
            left = self._write_files(left, time, written)
        finally:
            with self._lock:
                self._held[:0] = left
                self._refused = len(left)
                self._in_delivery = False
        if written:
            self._notify([file.key for file in written], time)
        urls = [f"s3://{file.bucket}/{file.key}" for file in written]
        if self.log_validation:
            urls += self._write_digests(time, empty_digest)
        delivery.trails_in_use().settle(self)
        return urls

    def _place(self) -> Place:
        return Place(
            self.bucket_name,
            self.account_id,
            self.trail_name,
            self.region_name,
            self.s3_key_prefix or "",
        )

    def _write_files(
        self, events: Sequence[Event], time: datetime, written: list[LogFile]
    ) -> list[Event]:
        """Write events into files, which are added to ``written``; return those that are left."""
        place = self._place()
        files = list(_files_of(events))
        for position, (region, some) in enumerate(files):
            seed = f"{self.arn} {self._files_written} {some[0].event_id}"
            file = LogFile(
                place.bucket,
                place.log_file_key(region, time, seed),
                log_file_content(event.record() for event in some),
                max(event.time for event in some),
                min(event.time for event in some),
            )
            try:
                put(file, self.arn, self.kms_key_id)
            except PutRefused as error:
                self.status.files.failure(time, error.code)
                return [event for _, others in files[position:] for event in others]
            self.status.files.success(time)
            self._files_written += 1
            written.append(file)
            if self.log_validation:
                self._not_digested.setdefault(region, []).append(file)
        return []

    def _write_digests(self, time: datetime, empty_digest: bool) -> list[str]:
        urls = []
        if empty_digest:
            self._not_digested.setdefault(self.region_name, [])
        for region, files in list(self._not_digested.items()):
            chain = self._chains.get(region)
            if chain is None:
                chain = self._chains[region] = Chain.starting(self.status.started_at or time, None)
            key = digest_keys(region).current(time)
            digest = chain.next(self._place(), region, files, time, key)
            try:
                put(digest, self.arn, self.kms_key_id, digest.metadata)
            except PutRefused as error:
                self.status.digests.failure(time, error.code)
                continue
            self.status.digests.success(time)
            chain.add(digest)
            del self._not_digested[region]
            urls.append(f"s3://{digest.bucket}/{digest.key}")
        return urls

    def _begin_chains(self) -> None:
        """Break the chains of digest files: nobody vouches for the time until now."""
        now = clock.now()
        self._not_digested.clear()
        for region, chain in self._chains.items():
            self._chains[region] = Chain.starting(now, chain)

    def _notify(self, keys: list[str], time: datetime) -> None:
        if self.topic_arn is None:
            return
        from moto.sns.models import sns_backends

        message = json.dumps(
            {"s3Bucket": self.bucket_name, "s3ObjectKey": keys}, separators=(",", ":")
        )
        try:
            sns_backends[self.account_id][self.region_name].publish(message, arn=self.topic_arn)
        except TARGET_FAILURES as error:
            self.status.notifications.failure(time, _code(error))
        else:
            self.status.notifications.success(time)


def _code(error: Exception) -> str:
    return error.code if isinstance(error, ServiceException) else "InternalError"


def _is_global(event: Event) -> bool:
    """Tell whether an event is one of a service without regions."""
    if event.classified.service != "sts":
        return event.classified.service in GLOBAL_SERVICES
    host = event.record().get("tlsDetails", {}).get("clientProvidedHostHeader")
    return bool(host == GLOBAL_STS_HOST)


def _files_of(events: Sequence[Event]) -> Iterator[tuple[str, list[Event]]]:
    """Yield the regions of events, and the events of a file."""
    regions: dict[str, list[Event]] = {}
    for event in events:
        regions.setdefault(event.region, []).append(event)
    for region, some in regions.items():
        for first in range(0, len(some), MOST_IN_FILE):
            yield region, some[first : first + MOST_IN_FILE]
