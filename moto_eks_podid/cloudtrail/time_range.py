"""The time range of a request, as LookupEvents and ListPublicKeys have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import exceptions

#: Epoch seconds that can be asked for: to the year 9999.
_TIMES = range(253_402_300_800)


def time_range(given: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return start and end of a request's time range in epoch seconds; None for what is not given.

    :raises InvalidTimeRangeException: for what is no time, or a start after the end
    """
    start, end = _time(given, "StartTime"), _time(given, "EndTime")
    if start is not None and end is not None and start > end:
        raise exceptions.InvalidTimeRangeException(exceptions.chosen("time range"))
    return start, end


def _time(given: Mapping[str, Any], parameter: str) -> float | None:
    time = given.get(parameter)
    if time is None:
        return None
    number = isinstance(time, (int, float)) and not isinstance(time, bool)
    # Written so that NaN is refused.
    if not (number and _TIMES.start <= time < _TIMES.stop):
        text = exceptions.chosen("no time", parameter=parameter)
        raise exceptions.InvalidTimeRangeException(text)
    return float(time)
