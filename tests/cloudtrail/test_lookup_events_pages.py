"""The pages of LookupEvents: boto3's paginator, tokens while events arrive, tokens of others."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests
from aws_under_test import OTHER_ACCOUNT, Aws
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from moto_eks_podid.cloudtrail.exceptions import OUR_CHOICE
from tests.hostile.strategies import HOSTILE, bodies, json_values, texts

TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
CLUSTER_LISTS = [{"AttributeKey": "EventName", "AttributeValue": "ListClusters"}]
REFUSAL = ("InvalidNextTokenException", 400, OUR_CHOICE["next token"])

Json = dict[str, Any]


def listed(aws: Aws, times: int) -> list[str]:
    """List clusters, and return the ids of these events, newest first."""
    eks = aws.client("eks")
    for _ in range(times):
        eks.list_clusters()
    pages = aws.client("cloudtrail").get_paginator("lookup_events")
    events = pages.paginate(LookupAttributes=CLUSTER_LISTS).search("Events[].EventId")
    return list(events)[:times]


def ids(answer: Json) -> list[str]:
    return [event["EventId"] for event in answer["Events"]]


@pytest.mark.parametrize(("size", "sizes"), [(3, [3, 3, 1]), (7, [7]), (6, [6, 1]), (50, [7])])
def test_paginator_loses_events(aws: Aws, size: int, sizes: list[int]) -> None:
    """boto3's paginator gets every event once, newest first; the last page has no token."""
    expected = listed(aws, 7)
    paginator = aws.client("cloudtrail").get_paginator("lookup_events")
    pages = list(
        paginator.paginate(LookupAttributes=CLUSTER_LISTS, PaginationConfig={"PageSize": size})
    )
    assert [len(page["Events"]) for page in pages] == sizes
    assert [event_id for page in pages for event_id in ids(page)] == expected
    assert ["NextToken" in page for page in pages] == [True] * (len(sizes) - 1) + [False]


def test_page_has_another_size_by_default(aws: Aws) -> None:
    """A page has 50 events at most."""
    expected = listed(aws, 53)
    cloudtrail = aws.client("cloudtrail")
    first = cloudtrail.lookup_events(LookupAttributes=CLUSTER_LISTS)
    assert ids(first) == expected[:50]
    rest = cloudtrail.lookup_events(LookupAttributes=CLUSTER_LISTS, NextToken=first["NextToken"])
    assert ids(rest) == expected[50:]


def test_page_by_a_resource_s_name_is_short(aws: Aws) -> None:
    """What is found by the names of resources has pages like all other events."""
    aws.create_cluster()
    aws.associate(aws.create_role())
    for _ in range(5):
        aws.assume()
    attributes = [{"AttributeKey": "ResourceType", "AttributeValue": "AWS::STS::AssumedRole"}]
    paginator = aws.client("cloudtrail").get_paginator("lookup_events")
    pages = list(paginator.paginate(LookupAttributes=attributes, PaginationConfig={"PageSize": 2}))
    assert [[event["EventName"] for event in page["Events"]] for page in pages] == [
        ["AssumeRole"] * 2,
        ["AssumeRole"] * 2,
        ["AssumeRole"],
    ]


def test_arriving_events_shift_the_pages(aws: Aws) -> None:
    """Events that arrive between two pages are on none of the pages that follow."""
    expected = listed(aws, 6)
    cloudtrail, eks = aws.client("cloudtrail"), aws.client("eks")
    given: Json = {"LookupAttributes": CLUSTER_LISTS, "MaxResults": 2}
    answer = cloudtrail.lookup_events(**given)
    found = ids(answer)
    while "NextToken" in answer:
        eks.list_clusters()
        answer = cloudtrail.lookup_events(**given, NextToken=answer["NextToken"])
        found += ids(answer)
    assert found == expected


def test_events_that_make_room_break_the_pages(aws: Aws) -> None:
    """When what follows had to make room, the pages end; none is repeated or refused."""
    expected = listed(aws, 6)
    cloudtrail = aws.client("cloudtrail")
    given: Json = {"LookupAttributes": CLUSTER_LISTS, "MaxResults": 2}
    first = cloudtrail.lookup_events(**given)
    aws.settings(cloudtrail_max_events=5)
    second = cloudtrail.lookup_events(**given, NextToken=first["NextToken"])
    assert ids(first) == expected[:2]
    # The lookups of before are among the five.
    assert ids(second) == expected[2:3]
    assert "NextToken" not in second


def test_token_depends_on_the_page_size(aws: Aws) -> None:
    """The size of the next page may be another."""
    expected = listed(aws, 6)
    cloudtrail = aws.client("cloudtrail")
    first = cloudtrail.lookup_events(LookupAttributes=CLUSTER_LISTS, MaxResults=1)
    rest = cloudtrail.lookup_events(
        LookupAttributes=CLUSTER_LISTS, MaxResults=50, NextToken=first["NextToken"]
    )
    assert ids(first) + ids(rest) == expected


MIDNIGHT = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
START: Json = {"StartTime": MIDNIGHT - timedelta(days=2)}

OTHER_PARAMETERS: dict[str, Json] = {
    "no attribute": {},
    "another attribute": {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateCluster"}]
    },
    "a start": {"LookupAttributes": CLUSTER_LISTS, **START},
    "an end": {"LookupAttributes": CLUSTER_LISTS, "EndTime": MIDNIGHT + timedelta(days=2)},
    "a category": {"LookupAttributes": CLUSTER_LISTS, "EventCategory": "insight"},
}


@pytest.mark.parametrize("case", OTHER_PARAMETERS)
def test_token_is_taken_with_other_parameters(aws: Aws, case: str) -> None:
    """A token comes with the parameters that it was given for."""
    listed(aws, 3)
    cloudtrail = aws.client("cloudtrail")
    token = cloudtrail.lookup_events(LookupAttributes=CLUSTER_LISTS, MaxResults=1)["NextToken"]
    assert (
        refused(cloudtrail.lookup_events, NextToken=token, MaxResults=1, **OTHER_PARAMETERS[case])
        == REFUSAL
    )
    cloudtrail.lookup_events(NextToken=token, LookupAttributes=CLUSTER_LISTS, MaxResults=1)


def test_token_of_another_place_is_taken(aws: Aws) -> None:
    """A token is of no use in another region, to another account, after a reset, or altered."""
    listed(aws, 3)
    cloudtrail = aws.client("cloudtrail")
    given: Json = {"LookupAttributes": CLUSTER_LISTS, "MaxResults": 1}
    token = cloudtrail.lookup_events(**given)["NextToken"]
    for client in (
        aws.client("cloudtrail", "eu-central-1"),
        aws.client_of_account(OTHER_ACCOUNT, "cloudtrail"),
    ):
        assert refused(client.lookup_events, **given, NextToken=token) == REFUSAL
    for altered in (token[:-4], token + token, token[::-1], f"A{token}", f"{token}\n"):
        assert refused(cloudtrail.lookup_events, **given, NextToken=altered) == REFUSAL
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    requests.post(f"{base}/moto-api/reset", timeout=30).raise_for_status()
    assert refused(cloudtrail.lookup_events, **given, NextToken=token) == REFUSAL


# Whatever anybody sends

MEMBERS = (
    "LookupAttributes",
    "StartTime",
    "EndTime",
    "EventCategory",
    "MaxResults",
    "NextToken",
)

MODELLED = {
    "InvalidEventCategoryException",
    "InvalidLookupAttributesException",
    "InvalidMaxResultsException",
    "InvalidNextTokenException",
    "InvalidTimeRangeException",
    "SerializationException",
}


def assert_answered(aws: Aws, body: bytes) -> None:
    """The request is answered or refused with a modelled error, and is in the history then."""
    headers = {"X-Amz-Target": TARGET, "Content-Type": "application/x-amz-json-1.1"}
    answer = aws.http("cloudtrail", "POST", "/", body, headers=headers)
    assert answer.status in (200, 400), answer.text
    if answer.status == 400:
        assert answer.json["__type"] in MODELLED
    (event,) = aws.client("cloudtrail").lookup_events(MaxResults=1)["Events"]
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventName"] == "LookupEvents"
    assert record.get("errorCode") == answer.json.get("__type")


@pytest.mark.parametrize("member", MEMBERS)
@HOSTILE
@given(value=json_values)
def test_hostile_member_is_a_server_error(aws: Aws, member: str, value: Any) -> None:
    """Whatever a member is, it is answered or refused, and recorded."""
    assert_answered(aws, json.dumps({member: value}).encode("ascii"))


@HOSTILE
@given(key=texts, value=texts, more=json_values)
def test_hostile_attribute_is_a_server_error(aws: Aws, key: str, value: str, more: Any) -> None:
    """Whatever an attribute's key and value are."""
    attribute = {"AttributeKey": key, "AttributeValue": value}
    assert_answered(aws, json.dumps({"LookupAttributes": [attribute]}).encode("ascii"))
    known = {"AttributeKey": "Username", "AttributeValue": value, "More": more}
    assert_answered(aws, json.dumps({"LookupAttributes": [known]}).encode("ascii"))


@HOSTILE
@given(body=bodies | st.binary(max_size=200))
def test_hostile_body_is_a_server_error(aws: Aws, body: bytes) -> None:
    """Whatever the body is."""
    assert_answered(aws, body)
