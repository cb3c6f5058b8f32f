"""The records of all accounts and regions: the Python function and the endpoint."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any

import pytest
import requests
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, REGION, Aws

import moto_eks_podid as podid
from moto_eks_podid import records

Json = dict[str, Any]


def recorded(aws: Aws, **narrowed: str) -> list[Json]:
    return podid.cloudtrail_records(endpoint_url=aws.endpoint_url, **narrowed)


def names(found: list[Json]) -> list[str]:
    return [record["eventName"] for record in found]


@pytest.fixture
def get(aws: Aws) -> Any:
    """GET /records with a query: status and answer."""
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"

    def call(**query: str) -> tuple[int, Json]:
        answer = requests.get(f"{base}/moto-api/eks-podid/records", params=query, timeout=30)
        return answer.status_code, answer.json()

    return call


@pytest.fixture
def calls(aws: Aws) -> list[str]:
    """Calls of two accounts, in three regions: their names, newest first."""
    aws.client("eks").list_clusters()
    aws.client("eks", "eu-central-1").list_clusters()
    aws.client("iam").list_roles()
    aws.client_of_account(OTHER_ACCOUNT, "sqs").create_queue(QueueName="orders")
    aws.client("s3").list_buckets()
    return [
        "ListBuckets",
        "CreateQueue",
        # The caller's account, and that of the role.
        "AssumeRole",
        "AssumeRole",
        "ListRoles",
        "ListClusters",
        "ListClusters",
    ]


def test_records_miss_an_account_or_a_region(aws: Aws, calls: list[str]) -> None:
    """The records span all accounts and regions, newest first, and are narrowed by each filter."""
    everything = recorded(aws)
    assert names(everything) == calls
    assert recorded(aws, region="eu-central-1") == [everything[-2]]
    assert names(recorded(aws, region="us-east-1")) == ["ListRoles"]
    assert names(recorded(aws, account_id=OTHER_ACCOUNT)) == ["CreateQueue", "AssumeRole"]
    assert recorded(aws, event_name="ListClusters") == everything[-2:]
    assert recorded(aws, event_name="ListClusters", region=REGION) == [everything[-1]]
    assert recorded(aws, account_id=OTHER_ACCOUNT, event_name="ListClusters") == []
    for record in everything:
        assert record in recorded(
            aws,
            account_id=record["recipientAccountId"],
            region=record["awsRegion"],
            event_name=record["eventName"],
        )


def test_record_is_shared(in_process_aws: Aws) -> None:
    """Records are the caller's own: changing one changes no other."""
    in_process_aws.client("eks").list_clusters()
    recorded(in_process_aws)[0]["userIdentity"]["accountId"] = "changed"
    assert recorded(in_process_aws)[0]["userIdentity"]["accountId"] == ACCOUNT


def test_reset_keeps_records(aws: Aws, calls: list[str]) -> None:
    """moto's reset forgets them."""
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    requests.post(f"{base}/moto-api/reset", timeout=30).raise_for_status()
    assert recorded(aws) == []


def test_records_of_a_server_end_with_the_first_page(
    aws: Aws, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Python function reads all pages of a server's endpoint."""
    everything = recorded(aws)
    for size in (1, 3, len(calls)):
        monkeypatch.setattr(records, "DEFAULT_PAGE_SIZE", size)
        assert recorded(aws) == everything
        assert names(recorded(aws, event_name="ListClusters")) == ["ListClusters"] * 2


# The endpoint


def test_page_of_records_is_another(aws: Aws, calls: list[str], get: Any) -> None:
    """GET /records answers a page and the token of the next, which is null at the end."""
    everything = recorded(aws)
    assert get() == (200, {"records": everything, "next_token": None, "dropped": 0})
    assert get(event_name="ListClusters", limit="2") == (
        200,
        {"records": everything[-2:], "next_token": None, "dropped": 0},
    )
    status, first = get(limit="3")
    assert (status, first["records"]) == (200, everything[:3])
    aws.client("eks").list_clusters()
    assert get(limit="1000", next_token=first["next_token"]) == (
        200,
        {"records": everything[3:], "next_token": None, "dropped": 0},
    )


REFUSED: dict[str, tuple[Json, str]] = {
    "a misspelt filter": ({"acount_id": ACCOUNT}, "account_id"),
    "no records": ({"limit": "0"}, "1 to 1000"),
    "too many records": ({"limit": "1001"}, "1 to 1000"),
    "a negative limit": ({"limit": "-1"}, "whole number"),
    "a limit that is no number": ({"limit": "all"}, "whole number"),
    "a limit in other digits": ({"limit": "²"}, "whole number"),
    "a limit of 5,000 digits": ({"limit": "9" * 5000}, "whole number"),
    "an empty limit": ({"limit": ""}, "whole number"),
    "garbage for a token": ({"next_token": "x"}, "next_token"),
    "an empty token": ({"next_token": ""}, "next_token"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_query_is_answered(get: Any, case: str) -> None:
    """A query that the endpoint cannot take is a 400 that says what is wrong with it."""
    query, words = REFUSED[case]
    status, answer = get(**query)
    assert (status, answer["error"]) == (400, "ValueError")
    assert words in answer["message"]


def test_token_of_another_query_is_taken(calls: list[str], get: Any) -> None:
    """A token comes with the filters that it was given for."""
    _, first = get(limit="1")
    status, answer = get(limit="1", region=REGION, next_token=first["next_token"])
    assert (status, answer["error"]) == (400, "ValueError")


TEST_SERVER_MODE = textwrap.dedent(
    """
    import boto3
    from moto_eks_podid import cloudtrail_records, mock_aws

    with mock_aws():
        boto3.client("eks", region_name="us-west-2").list_clusters()
        print([record["eventName"] for record in cloudtrail_records()])
    """
)


def test_test_server_mode_reads_this_process(server_aws: Aws) -> None:
    """Under TEST_SERVER_MODE the records are those of moto's server."""
    done = subprocess.run(
        [sys.executable, "-c", TEST_SERVER_MODE],
        env={
            "TEST_SERVER_MODE": "true",
            "TEST_SERVER_MODE_ENDPOINT": str(server_aws.endpoint_url),
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "['ListClusters']\n"
