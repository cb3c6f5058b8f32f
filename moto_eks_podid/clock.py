"""The plugin's time: moto's time, plus a shift that a test may set.

Freezing time in the test's own process (freezegun, time-machine) works because moto's ``utcnow`` is
read on every call. A server's time cannot be frozen from outside, so it can be shifted instead,
with ``PUT /moto-api/eks-podid/clock``. The shift is state like any other: a moto reset puts it back
to zero.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta, timezone

from moto.core import DEFAULT_ACCOUNT_ID, utils
from moto.core.base_backend import BackendDict, BaseBackend

_NO_SHIFT = timedelta(0)

#: Where time can be shifted to: tokens count from 1970, and a token's end must still be a date.
YEARS = range(1970, 9000)


class ClockBackend(BaseBackend):
    """Holds the shift, so that every reset moto knows also resets it."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.shift = _NO_SHIFT


clock_backends: BackendDict[ClockBackend] = BackendDict(
    ClockBackend, "eks-podid-clock", use_boto3_regions=False, additional_regions=["aws"]
)


def shift() -> timedelta:
    """Return how far the plugin's time is ahead of moto's (negative: behind)."""
    # Not clock_backends[...]: that would create the backend, and takes microseconds on every call.
    account = clock_backends.get(DEFAULT_ACCOUNT_ID)
    backend = account.get("aws") if account else None
    return backend.shift if backend else _NO_SHIFT


def set_shift(seconds: float) -> None:
    """Put the plugin's time ``seconds`` ahead of moto's, until the next moto reset.

    :raises ValueError: as :func:`checked_shift`
    """
    clock_backends[DEFAULT_ACCOUNT_ID]["aws"].shift = checked_shift(seconds)


def checked_shift(seconds: float) -> timedelta:
    """Return a shift that the plugin's time can have.

    :raises ValueError: when the shifted time is outside the years 1970 to 8999, or for NaN
    """
    try:
        wanted = timedelta(seconds=seconds)
        year = now(wanted).year
    except (OverflowError, ValueError):
        raise ValueError(f"Time cannot be shifted by {seconds} seconds") from None
    if year not in YEARS:
        raise ValueError(f"Time can be shifted to {YEARS[0]} to {YEARS[-1]}, not to {year}")
    return wanted


def moto_now() -> datetime:
    """Return moto's own present time, without our shift, naive and in UTC as moto has it."""
    return utils.utcnow()


def epoch_seconds() -> float:
    """Return the plugin's present time in seconds since 1970, in a fraction of what now() takes."""
    by = shift()
    return time.time() + by.total_seconds() if by else time.time()


def elapsed() -> float:
    """Return the seconds since some moment, of real time: no test freezes or shifts it."""
    # freezegun stops time.monotonic as well, for whoever does not wait but counts.
    if sys.platform == "win32":
        return time.monotonic()
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def now(ahead: timedelta | None = None) -> datetime:
    """Return the plugin's present time, aware and in UTC."""
    moment = moto_now().replace(tzinfo=timezone.utc)
    by = shift() if ahead is None else ahead
    return moment + by if by else moment
