"""Values of parameters and results as records show them: names, dates, and what is hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from math import isfinite
from typing import Any

from .call import HIDDEN, Map
from .sensitive import Shown, shown, shown_key

#: Deeper values are left out: only a document that was made to break its reader nests like that.
MAX_DEPTH = 64

#: EC2 has its own text for what is hidden (observed in real records).
EC2_HIDDEN = "<sensitiveDataRemoved>"

#: Services of a JSON protocol with dates in the form that services of XML protocols have.
US_DATES = frozenset({"cloudtrail", "kms"})
#: Protocols with dates in that form.
US_DATE_PROTOCOLS = frozenset({"query", "rest-xml"})

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)
#: Names of one operation that are remembered; the models have fewer.
_MOST_NAMES = 1000
_NOTHING = object()


def us_date(time: datetime) -> str:
    """Return a time like ``Dec 13, 2023, 7:14:20 AM``, in UTC."""
    time = _in_utc(time)
    half = "AM" if time.hour < 12 else "PM"
    clock = f"{time.hour % 12 or 12}:{time.minute:02}:{time.second:02} {half}"
    return f"{_MONTHS[time.month - 1]} {time.day}, {time.year}, {clock}"


def epoch_milliseconds(time: datetime) -> int:
    """Return a time in whole milliseconds since 1970."""
    return (_in_utc(time) - _EPOCH) // _MILLISECOND


def epoch_seconds(time: datetime) -> float | int:
    """Return a time in seconds since 1970, with milliseconds if it has any."""
    milliseconds = epoch_milliseconds(time)
    return milliseconds / 1000 if milliseconds % 1000 else milliseconds // 1000


def iso_time(time: datetime) -> str:
    """Return a time like ``2026-03-01T09:00:00Z``."""
    return _in_utc(time).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _in_utc(time: datetime) -> datetime:
    if time.tzinfo is timezone.utc:
        return time
    if time.tzinfo is None:
        return time.replace(tzinfo=timezone.utc)
    return time.astimezone(timezone.utc)


@lru_cache(maxsize=8192)
def lowered(name: str) -> str:
    """Return a member's name as records have it: ``RoleArn`` is ``roleArn``."""
    return name[:1].lower() + name[1:]


class Values:
    """How the values of one operation's calls are shown."""

    __slots__ = ("_date", "_names", "_operation", "_service", "hidden")

    def __init__(self, service: str, operation: str, protocol: str) -> None:
        self._service = service
        self._operation = operation
        self._names: dict[str, tuple[str, Shown]] = {}
        self._date: Callable[[datetime], Any] = epoch_seconds
        self.hidden = HIDDEN
        if protocol == "ec2":
            self._date = epoch_milliseconds
            self.hidden = EC2_HIDDEN
        elif protocol in US_DATE_PROTOCOLS or service in US_DATES:
            self._date = us_date

    def structure(
        self, members: Mapping[str, Any], depth: int = 0, *, keep_names: bool = False
    ) -> dict[str, Any]:
        """Return a structure's members under the names of the record.

        Blobs are left out, like anything that JSON has no form for.

        :param keep_names: whether the names keep their first letters
        """
        result = {}
        for name, value in members.items():
            record_name, how = self._name(name)
            if value is None or how is Shown.LEFT_OUT:
                continue
            if how is Shown.HIDDEN or (how is Shown.TEXT_HIDDEN and _is_text(value)):
                result[name if keep_names else record_name] = self.hidden
                continue
            rendered = self._value(value, depth + 1, keep_names)
            if rendered is not _NOTHING:
                result[name if keep_names else record_name] = rendered
        return result

    def _name(self, name: str) -> tuple[str, Shown]:
        known = self._names.get(name)
        if known is None:
            known = lowered(name), shown(self._service, self._operation, name)
            if len(self._names) < _MOST_NAMES:
                self._names[name] = known
        return known

    def _value(self, value: Any, depth: int, keep_names: bool) -> Any:
        kind = type(value)
        if kind is str:
            return self.hidden if value == HIDDEN else value
        if kind is int or kind is bool:
            return value
        if kind is float:
            return value if isfinite(value) else str(value)
        if depth > MAX_DEPTH:
            return _NOTHING
        if isinstance(value, Map):
            shown_values = {
                str(key): self.hidden
                if _is_text(item) and shown_key(self._service, str(key)) is Shown.TEXT_HIDDEN
                else self._value(item, depth + 1, keep_names)
                for key, item in value.items()
            }
            return {key: item for key, item in shown_values.items() if item is not _NOTHING}
        if isinstance(value, Mapping):
            return self.structure(value, depth, keep_names=keep_names)
        if isinstance(value, (list, tuple)):
            items = [self._value(item, depth + 1, keep_names) for item in value]
            return [item for item in items if item is not _NOTHING]
        if isinstance(value, datetime):
            return self._date(value)
        if isinstance(value, (str, int)):
            return value
        return None if value is None else _NOTHING


def _is_text(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(item, (str, bytes)) for item in value)
    return isinstance(value, (str, bytes))


@lru_cache(maxsize=4096)
def values_of(service: str, operation: str, protocol: str) -> Values:
    """Return how the values of an operation's calls are shown."""
    return Values(service, operation, protocol)
