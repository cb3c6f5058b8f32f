"""The plugin's time: moto's own, and a shift that a reset takes back."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone
from typing import Any

import freezegun
import pytest
import time_machine
from aws_under_test import Aws
from moto.core.models import MockAWS
from moto.moto_api._internal.models import moto_api_backend

import moto_eks_podid as podid
from moto_eks_podid import clock

LONG_AGO = datetime(2021, 3, 4, 5, 6, 7, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)

FREEZERS: dict[str, Callable[[datetime], AbstractContextManager[Any]]] = {
    "freezegun": freezegun.freeze_time,
    "time-machine": lambda moment: time_machine.travel(moment, tick=False),
}


@pytest.fixture(params=FREEZERS)
def freeze(request: pytest.FixtureRequest) -> Callable[[datetime], AbstractContextManager[Any]]:
    return FREEZERS[request.param]


def test_time_has_no_zone() -> None:
    """The present is aware and in UTC; moto's is naive, as moto has it."""
    before = datetime.now(timezone.utc)
    now = clock.now()
    assert now.utcoffset() == timedelta(0)
    assert before <= now <= datetime.now(timezone.utc)
    assert clock.moto_now().tzinfo is None


def test_frozen_time_goes_on(freeze: Callable[[datetime], AbstractContextManager[Any]]) -> None:
    """Under frozen time the plugin's time is the frozen one, plus the shift."""
    with podid.mock_aws(), freeze(LONG_AGO):
        assert clock.now() == LONG_AGO
        clock.set_shift(3600)
        assert clock.now() == LONG_AGO + HOUR
        assert clock.moto_now() == LONG_AGO.replace(tzinfo=None)


def test_shifts_add_up() -> None:
    """A shift replaces the one before; it may be negative or a fraction."""
    with podid.mock_aws(), time_machine.travel(LONG_AGO, tick=False):
        for seconds in (3600, -3600, 0.25, 0):
            clock.set_shift(seconds)
            assert clock.shift() == timedelta(seconds=seconds)
            assert clock.now() == LONG_AGO + timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [1e20, -1e12, 1e12, math.inf, -math.inf, math.nan])
def test_absurd_shift_is_taken(seconds: float) -> None:
    """A shift out of the years that tokens know is refused, and the one before stays."""
    with podid.mock_aws():
        clock.set_shift(60)
        with pytest.raises(ValueError, match=r"^Time can"):
            clock.set_shift(seconds)
        assert clock.shift() == timedelta(seconds=60)


def test_reading_the_time_makes_a_backend() -> None:
    """Reading the time makes no state: only a shift does."""
    with podid.mock_aws():
        clock.now()
        assert clock.shift() == timedelta(0)
        assert not clock.clock_backends


RESETS: dict[str, Callable[[], None]] = {
    "mock's own": lambda: MockAWS().reset(),
    "moto API": moto_api_backend.reset,
}


@pytest.mark.parametrize("reset", RESETS)
def test_shift_survives_a_reset(reset: str) -> None:
    """Every reset that moto knows puts the time back."""
    with podid.mock_aws():
        clock.set_shift(60)
        RESETS[reset]()
        assert clock.shift() == timedelta(0)


def test_shift_survives_its_mock() -> None:
    """A shift ends with the outermost mock, and a nested mock shares it."""
    with podid.mock_aws():
        clock.set_shift(60)
        with podid.mock_aws():
            assert clock.shift() == timedelta(seconds=60)
        assert clock.shift() == timedelta(seconds=60)
    with podid.mock_aws():
        assert clock.shift() == timedelta(0)


def test_moto_s_other_services_are_shifted(aws: Aws) -> None:
    """The shift is the plugin's alone: what moto stamps itself keeps moto's time."""
    before = datetime.now(timezone.utc) - timedelta(minutes=1)
    aws.shift(10 * 86_400)
    s3 = aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="shop")
    (bucket,) = s3.list_buckets()["Buckets"]
    assert before < bucket["CreationDate"] < before + HOUR
