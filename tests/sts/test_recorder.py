"""`role_sessions`: what a test can ask about the sessions that STS gave out."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, REGION, Aws
from moto.iam.models import AccessKey, iam_backends
from moto.sts.models import AssumedRole, sts_backends
from pods import moto_api, prepare

import moto_eks_podid as podid
from moto_eks_podid import RoleSession

ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart"
FOREIGN = f"arn:aws:iam::{OTHER_ACCOUNT}:role/cart"


def assume(aws: Aws, role: str, name: str, region: str = REGION, **more: Any) -> str:
    """Assume a role and return the session's access key."""
    answer = aws.client("sts", region).assume_role(RoleArn=role, RoleSessionName=name, **more)
    return str(answer["Credentials"]["AccessKeyId"])


def names(sessions: list[RoleSession]) -> list[str]:
    return [session.session_name for session in sessions]


def test_sessions_of_other_accounts_are_hidden(aws: Aws) -> None:
    """All accounts, regions and partitions, the oldest first."""
    assume(aws, FOREIGN, "first")
    assume(aws, ROLE, "second")
    assume(aws, ROLE, "third", "eu-central-1")
    china = f"arn:aws-cn:iam::{ACCOUNT}:role/cart"
    assume(aws, china, "fourth", "cn-north-1")
    assume(aws, FOREIGN, "fifth")
    found = aws.sessions()
    assert names(found) == ["first", "second", "third", "fourth", "fifth"]
    assert [session.account_id for session in found] == [
        OTHER_ACCOUNT,
        ACCOUNT,
        ACCOUNT,
        ACCOUNT,
        OTHER_ACCOUNT,
    ]
    assert [session.partition for session in found] == ["aws", "aws", "aws", "aws-cn", "aws"]
    issued = [session.issued_at for session in found]
    assert issued == sorted(issued)


def test_filter_matches_loosely(aws: Aws) -> None:
    """Filters match exactly and may be combined; what matches nothing finds nothing."""
    association = prepare(aws)
    aws.assume()
    key = assume(aws, ROLE, "plain")
    assume(aws, FOREIGN, "foreign")
    pod = next(name for name in names(aws.sessions()) if name.startswith("eks-"))
    for filters, expected in (
        ({"account_id": ACCOUNT}, [pod, "plain"]),
        ({"account_id": OTHER_ACCOUNT}, ["foreign"]),
        ({"role_arn": ROLE}, ["plain"]),
        ({"access_key_id": key}, ["plain"]),
        ({"association_arn": association["associationArn"]}, [pod]),
        ({"account_id": ACCOUNT, "role_arn": FOREIGN}, []),
        ({"account_id": ACCOUNT, "role_arn": ROLE, "access_key_id": key}, ["plain"]),
        ({"role_arn": ROLE[:-1]}, []),
        ({"access_key_id": key.lower()}, []),
        ({"account_id": ""}, []),
        ({"role_arn": None}, [pod, "plain", "foreign"]),
    ):
        assert names(aws.sessions(**filters)) == expected, filters


def test_session_changes_on_its_way(aws: Aws) -> None:
    """As JSON and back a session is the same, whatever it holds, and JSON holds no secret."""
    prepare(aws)
    credentials = aws.assume()["credentials"]
    answer = aws.client("sts").assume_role(
        RoleArn=ROLE,
        RoleSessionName="full",
        Tags=[{"Key": "Größe", "Value": "東京"}],
        TransitiveTagKeys=["Größe"],
        SourceIdentity="alice",
        ExternalId="id-1",
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
    )["Credentials"]
    for session in aws.sessions():
        text = json.dumps(session.as_json())
        assert RoleSession.from_json(json.loads(text)) == session
        for secret in (
            credentials["secretAccessKey"],
            credentials["sessionToken"],
            answer["SecretAccessKey"],
            answer["SessionToken"],
        ):
            assert secret not in text
    assert aws.sessions()[1].tags == {"Größe": "東京"}


def test_endpoint_shows_something_else(server_aws: Aws) -> None:
    """The HTTP endpoint shows the sessions as JSON, with the same filters, and knows no others."""
    assume(server_aws, ROLE, "first")
    key = assume(server_aws, FOREIGN, "second")
    url = f"{server_aws.endpoint_url}/moto-api/eks-podid/sessions"
    every = requests.get(url, timeout=30).json()["sessions"]
    assert every == [session.as_json() for session in server_aws.sessions()]
    (one,) = requests.get(url, params={"access_key_id": key}, timeout=30).json()["sessions"]
    assert one["session_name"] == "second"
    refused = requests.get(url, params={"name": "second"}, timeout=30)
    assert refused.status_code == 400
    assert refused.json()["error"] == "ValueError"


def test_times_have_no_zone(aws: Aws) -> None:
    """A session's times are aware and in UTC; as JSON they end with a Z."""
    assume(aws, ROLE, "first")
    (session,) = aws.sessions()
    assert session.issued_at.utcoffset() is not None
    for name in ("issued_at", "expires_at"):
        assert session.as_json()[name].endswith("Z")


def test_sessions_survive_a_reset(aws: Aws) -> None:
    """After moto's reset there are no sessions, and their keys are nobody's."""
    prepare(aws)
    credentials = aws.assume()["credentials"]
    moto_api(aws, "reset")
    assert aws.sessions() == []
    arn = aws.client_with(credentials, "sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:user/moto"


def test_sessions_survive_their_mock() -> None:
    """Sessions end with their mock."""
    aws = Aws(None)
    with podid.mock_aws():
        assume(aws, ROLE, "first")
        assert names(podid.role_sessions()) == ["first"]
    with podid.mock_aws():
        assert podid.role_sessions() == []


def test_moto_loses_its_own_sessions(in_process_aws: Aws) -> None:
    """moto's own list of assumed roles holds every session still, so what reads it goes on."""
    aws = in_process_aws
    prepare(aws)
    keys = [assume(aws, ROLE, "plain"), aws.assume()["credentials"]["accessKeyId"]]
    backend = sts_backends[ACCOUNT]["aws"]
    assert [role.access_key_id for role in backend.assumed_roles] == keys
    found = backend.get_assumed_role_from_access_key(keys[1])
    assert found is backend.assumed_roles[1]
    (session,) = podid.role_sessions(access_key_id=keys[1])
    assert found.arn == session.arn
    assert found.expiration == session.expires_at.replace(tzinfo=None)
    assert backend.get_assumed_role_from_access_key("ASIAUNKNOWNKEY000001") is None


def test_expired_session_is_forgotten(aws: Aws) -> None:
    """An expired session stays on record."""
    assume(aws, ROLE, "first", DurationSeconds=900)
    aws.shift(10_000)
    assume(aws, ROLE, "second")
    assert names(aws.sessions()) == ["first", "second"]


def test_record_can_be_changed(in_process_aws: Aws) -> None:
    """A session is a value: nobody changes it from outside."""
    assume(in_process_aws, ROLE, "first")
    (session,) = podid.role_sessions()
    with pytest.raises(AttributeError):
        session.session_name = "second"  # type: ignore[misc]


def test_oldest_sessions_are_remembered_for_ever(aws: Aws) -> None:
    """Of more sessions than `max_sessions` the oldest are forgotten, account by account."""
    aws.settings(max_sessions=2)
    keys = [assume(aws, ROLE, f"s{number}") for number in range(4)]
    assume(aws, FOREIGN, "foreign")
    assert names(aws.sessions()) == ["s2", "s3", "foreign"]
    assert aws.sessions(access_key_id=keys[0]) == []
    accounts = [aws.client("sts").get_access_key_info(AccessKeyId=key)["Account"] for key in keys]
    assert accounts == [ACCOUNT] * 4
    aws.settings(max_sessions=1)
    assume(aws, ROLE, "last")
    assert names(aws.sessions(account_id=ACCOUNT)) == ["last"]


def test_forgotten_session_is_a_live_one(aws: Aws) -> None:
    """The credentials of a forgotten session are those that nobody gave out."""
    aws.settings(max_sessions=1, iam_enforcement="sessions")
    answer = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="first")
    client = aws.client_with(answer["Credentials"], "sts")
    assert client.get_caller_identity()["Arn"].endswith("/first")
    assume(aws, ROLE, "second")
    with pytest.raises(client.exceptions.ClientError, match=r"security token.*is invalid"):
        client.get_caller_identity()


def test_forgotten_session_is_held(in_process_aws: Aws) -> None:
    """Nothing of a forgotten session is left: not its object, not its key."""
    in_process_aws.settings(max_sessions=2)
    for number in range(6):
        assume(in_process_aws, ROLE, f"s{number}")
    assert len(sts_backends[ACCOUNT]["aws"].assumed_roles) == 2
    assert len(AssumedRole.instances_tracked) == 2
    assert len(iam_backends[ACCOUNT]["aws"].access_keys) == 2
    assert len(AccessKey.instances_tracked) == 2


def test_forgetting_together_breaks_a_call(aws: Aws) -> None:
    """Sessions that are made at the same time do not fail over which is to be forgotten."""
    aws.settings(max_sessions=3)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: assume(aws, ROLE, f"s{number}"), range(120)))
    assert len(aws.sessions()) == 3
