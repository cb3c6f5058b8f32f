"""Time inside mocks: frozen with freezegun and with time-machine, in the past and ahead."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone
from typing import Any

import freezegun
import jwt
import pytest
import time_machine
from aws_under_test import CLUSTER, Aws
from botocore.exceptions import ClientError
from pods import credentials_of_a_pod, prepare

import moto_eks_podid as podid

HOUR = timedelta(hours=1)


Freeze = Callable[[datetime], AbstractContextManager[Any]]

FREEZERS: dict[str, Freeze] = {
    "freezegun": freezegun.freeze_time,
    "time-machine": lambda moment: time_machine.travel(moment, tick=False),
}
MOMENTS = {
    "past": datetime(2021, 3, 4, 5, 6, 7, tzinfo=timezone.utc),
    "future": datetime(2038, 1, 19, 3, 14, 8, tzinfo=timezone.utc),
}


@pytest.fixture
def local() -> Aws:
    """AWS in this process; the test starts the mocks."""
    return Aws(endpoint_url=None)


@pytest.fixture(params=FREEZERS)
def freeze(request: pytest.FixtureRequest) -> Freeze:
    return FREEZERS[request.param]


@pytest.fixture(params=MOMENTS)
def moment(request: pytest.FixtureRequest) -> datetime:
    return MOMENTS[request.param]


@podid.mock_aws
def test_association_is_made_at_another_time(local: Aws, freeze: Freeze, moment: datetime) -> None:
    """Associations, tokens and sessions have the frozen time."""
    with freeze(moment):
        association = prepare(local)
        assert association["createdAt"] == association["modifiedAt"] == moment
        token = local.token(expires_in=600)
        claims = jwt.decode(token, options={"verify_signature": False})
        assert claims["iat"] == claims["nbf"] == moment.timestamp()
        assert claims["exp"] == moment.timestamp() + 600
        assert local.assume(token)["credentials"]["expiration"] == moment + 6 * HOUR
    (session,) = podid.role_sessions()
    assert (session.issued_at, session.expires_at) == (moment, moment + 6 * HOUR)

    one = {"clusterName": CLUSTER, "associationId": association["associationId"]}
    with freeze(moment + HOUR):
        changed = local.client("eks").update_pod_identity_association(
            **one, disableSessionTags=True
        )["association"]
        assert changed["createdAt"] == moment
        assert changed["modifiedAt"] == moment + HOUR


@podid.mock_aws
def test_token_outlives_the_frozen_time(local: Aws, freeze: Freeze, moment: datetime) -> None:
    """A token is valid up to the second of its expiry, in frozen time, and not before its own."""
    with freeze(moment):
        prepare(local)
        token = local.token(expires_in=600)
    with freeze(moment + timedelta(seconds=599)):
        local.assume(token)
    with freeze(moment + timedelta(seconds=600)):
        with pytest.raises(ClientError) as caught:
            local.assume(token)
        error = caught.value.response["Error"]
        assert error["Code"] == "ExpiredTokenException"
        assert (
            f"expiration date/time {moment + timedelta(seconds=600):%Y-%m-%dT%H:%M:%SZ}"
            in (error["Message"])
        )
    with freeze(moment - HOUR), pytest.raises(ClientError, match="InvalidTokenException"):
        local.assume(token)


@podid.mock_aws
def test_session_outlives_the_frozen_time(local: Aws, freeze: Freeze, moment: datetime) -> None:
    """A pod's session works for six hours of frozen time, then no longer."""
    with freeze(moment):
        credentials = credentials_of_a_pod(local)
    with freeze(moment + 6 * HOUR - timedelta(seconds=1)):
        local.client_with(credentials, "sts").get_caller_identity()
    with (
        freeze(moment + 6 * HOUR),
        pytest.raises(ClientError, match="ExpiredToken"),
    ):
        local.client_with(credentials, "sts").get_caller_identity()


@podid.mock_aws
def test_keys_are_not_rotated_in_frozen_time(local: Aws, freeze: Freeze) -> None:
    """A week of frozen time brings a new signing key; tokens of the old one verify."""
    start = MOMENTS["past"]
    with freeze(start):
        prepare(local)
        long_lived = local.token(expires_in=14 * 86_400)
    with freeze(start + timedelta(days=8)):
        fresh = local.token()
        assert (
            jwt.get_unverified_header(fresh)["kid"] != jwt.get_unverified_header(long_lived)["kid"]
        )
        local.assume(fresh)
        local.assume(long_lived)


def test_mock_started_in_frozen_time_has_the_real_one(local: Aws, freeze: Freeze) -> None:
    """Freezing around a mock works as freezing inside of it, and the shift adds to it."""
    moment = MOMENTS["past"]
    with freeze(moment), podid.mock_aws():
        local.shift(3600)
        assert prepare(local)["createdAt"] == moment + HOUR
        assert local.assume()["credentials"]["expiration"] == moment + 7 * HOUR
