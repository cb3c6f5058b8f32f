"""LookupEvents: what each attribute and time range finds, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws
from refusals import refused

import moto_eks_podid as podid
from moto_eks_podid.cloudtrail.exceptions import OUR_CHOICE
from moto_eks_podid.cloudtrail.lookup import KEYS

TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
ENTRY = (
    "EventId",
    "EventName",
    "ReadOnly",
    "AccessKeyId",
    "EventTime",
    "EventSource",
    "Username",
    "Resources",
    "CloudTrailEvent",
)

Json = dict[str, Any]


def look(client: Any, key: str | None = None, value: str = "", **more: Any) -> list[Json]:
    """One page of events."""
    if key is not None:
        more["LookupAttributes"] = [{"AttributeKey": key, "AttributeValue": value}]
    events: list[Json] = client.lookup_events(**more)["Events"]
    return events


def names(events: list[Json]) -> list[str]:
    return [event["EventName"] for event in events]


def raw(aws: Aws, body: object, **more: Any) -> tuple[int, Json]:
    """What a client gets that checks nothing before it sends."""
    text = body if isinstance(body, (bytes, str)) else json.dumps(body)
    headers = {"X-Amz-Target": TARGET, "Content-Type": "application/x-amz-json-1.1"}
    answer = aws.http("cloudtrail", "POST", "/", text, headers=headers, **more)
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    return answer.status, answer.json


@pytest.fixture
def cloudtrail(aws: Aws) -> Any:
    return aws.client("cloudtrail")


@pytest.fixture
def admin(aws: Aws) -> Json:
    """The credentials of a role session."""
    answer: Json = aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/admin", RoleSessionName="mia"
    )
    return answer["Credentials"]


# What is found


@pytest.mark.parametrize("key", KEYS)
def test_attribute_finds_other_events(aws: Aws, cloudtrail: Any, admin: Json, key: str) -> None:
    """Each attribute finds the events with exactly that value, in any case of letters but that."""
    aws.create_cluster()
    eks = aws.client_with(admin, "eks")
    eks.list_clusters()
    eks.describe_cluster(name=CLUSTER)
    aws.associate(aws.create_role())
    aws.assume()

    def values(event: Json) -> list[str]:
        if key.startswith("Resource"):
            return [resource[key] for resource in event["Resources"]]
        return [event[key]] if key in event else []

    everything = look(cloudtrail)
    wanted = {value for event in everything for value in values(event)}
    assert wanted
    for value in wanted:
        found = [event["EventId"] for event in look(cloudtrail, key, value)]
        own = {event["EventId"] for event in look(cloudtrail, "EventName", "LookupEvents")}
        assert [event_id for event_id in found if event_id not in own] == [
            event["EventId"]
            for event in everything
            if value in values(event) and event["EventId"] not in own
        ]
        if value.swapcase() not in wanted:
            assert look(cloudtrail, key, value.swapcase()) == []
        assert look(cloudtrail, key, value[:-1]) == []


def test_session_s_calls_are_not_found(aws: Aws, cloudtrail: Any, admin: Json) -> None:
    """A session's calls are found by its name and by its key, with both in the entry."""
    aws.client_with(admin, "eks").list_clusters()
    for key, value in (("Username", "mia"), ("AccessKeyId", admin["AccessKeyId"])):
        (event,) = look(cloudtrail, key, value)
        assert event["EventName"] == "ListClusters"
        assert event["Username"] == "mia"
        assert event["AccessKeyId"] == admin["AccessKeyId"]


def test_issuing_event_is_not_found_by_the_key_it_issued(aws: Aws, cloudtrail: Any) -> None:
    """A pod's access key leads, as a resource's name, to the AssumeRole that gave it out."""
    aws.create_cluster()
    aws.associate(aws.create_role())
    key = aws.assume()["credentials"]["accessKeyId"]
    (event,) = look(cloudtrail, "ResourceName", key)
    assert (event["EventName"], event["EventSource"]) == ("AssumeRole", "sts.amazonaws.com")
    # A service has neither.
    assert not {"Username", "AccessKeyId"} & set(event)
    record = json.loads(event["CloudTrailEvent"])
    assert record["userIdentity"] == {"type": "AWSService", "invokedBy": "pods.eks.amazonaws.com"}
    types = {event["EventName"] for event in look(cloudtrail, "ResourceType", "AWS::EKS::Cluster")}
    assert "AssumeRoleForPodIdentity" in types


def test_entry_lacks_a_member(aws: Aws, cloudtrail: Any) -> None:
    """An entry has AWS's members in AWS's order, and the record as compact JSON."""
    aws.client("eks").list_clusters()
    (event,) = look(cloudtrail, "EventName", "ListClusters")
    record = json.loads(event["CloudTrailEvent"])
    assert event == {
        "EventId": record["eventID"],
        "EventName": "ListClusters",
        "ReadOnly": "true",
        "AccessKeyId": "testing",
        "EventTime": datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00")),
        "EventSource": "eks.amazonaws.com",
        "Username": record["userIdentity"]["userName"],
        "Resources": [],
        "CloudTrailEvent": json.dumps(record, separators=(",", ":")),
    }
    attribute = {"AttributeKey": "EventName", "AttributeValue": "ListClusters"}
    status, answer = raw(aws, {"LookupAttributes": [attribute]})
    assert status == 200
    assert list(answer) == ["Events"]
    assert list(answer["Events"][0]) == list(ENTRY)
    # On the wire a time is a number.
    assert answer["Events"][0]["EventTime"] == event["EventTime"].timestamp()


def test_own_lookups_are_not_recorded(cloudtrail: Any) -> None:
    """Looking up is a call like any other, and shows from the next time on."""
    assert names(look(cloudtrail)) == []
    assert names(look(cloudtrail)) == ["LookupEvents"]
    assert names(look(cloudtrail, "EventSource", "cloudtrail.amazonaws.com")) == (
        ["LookupEvents"] * 2
    )


def test_data_events_are_found(aws: Aws, cloudtrail: Any) -> None:
    """LookupEvents has management events only; the records have the others, too."""
    s3 = aws.client("s3")
    where = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="orders", CreateBucketConfiguration=where)
    s3.put_object(Bucket="orders", Key="2026.json", Body=b"{}")
    s3.get_object(Bucket="orders", Key="2026.json")
    recorded = podid.cloudtrail_records(region=REGION, endpoint_url=aws.endpoint_url)
    assert [record["eventName"] for record in recorded] == [
        "GetObject",
        "PutObject",
        "CreateBucket",
    ]
    assert names(look(cloudtrail, "EventSource", "s3.amazonaws.com")) == ["CreateBucket"]
    for record in recorded[:2]:
        assert look(cloudtrail, "EventId", record["eventID"]) == []


def test_regions_and_accounts_are_mixed_up(aws: Aws, cloudtrail: Any) -> None:
    """Each region of each account has a history of its own; IAM's calls are in us-east-1."""
    aws.client("eks").list_clusters()
    aws.client("eks", "eu-central-1").list_clusters()
    aws.client_of_account(OTHER_ACCOUNT, "eks").list_clusters()
    aws.client("iam").list_roles()
    virginia = aws.client("cloudtrail", "us-east-1")
    frankfurt = aws.client("cloudtrail", "eu-central-1")
    other = aws.client_of_account(OTHER_ACCOUNT, "cloudtrail")
    assert len(look(cloudtrail, "EventName", "ListClusters")) == 1
    assert len(look(frankfurt, "EventName", "ListClusters")) == 1
    assert len(look(virginia, "EventName", "ListClusters")) == 0
    (event,) = look(other, "EventName", "ListClusters")
    record = json.loads(event["CloudTrailEvent"])
    assert (record["recipientAccountId"], record["awsRegion"]) == (OTHER_ACCOUNT, REGION)
    assert names(look(virginia, "EventSource", "iam.amazonaws.com")) == ["ListRoles"]
    assert look(cloudtrail, "EventSource", "iam.amazonaws.com") == []


def test_failed_call_is_not_found(aws: Aws, cloudtrail: Any) -> None:
    """A refused call is an event, with its error in the record."""
    code, _, message = refused(aws.client("eks").describe_cluster, name="nowhere")
    (event,) = look(cloudtrail, "EventName", "DescribeCluster")
    record = json.loads(event["CloudTrailEvent"])
    assert (record["errorCode"], record["errorMessage"]) == (code, message)


def test_insights_are_made_up(aws: Aws, cloudtrail: Any) -> None:
    """There are no insights, and the category names nothing else."""
    aws.client("eks").list_clusters()
    assert cloudtrail.lookup_events(EventCategory="insight")["Events"] == []


# When


def test_event_at_the_edge_of_the_range_is_lost(aws: Aws, cloudtrail: Any) -> None:
    """Both ends of a time range belong to it."""
    eks = aws.client("eks")
    for shift in (0, 100, 200):
        aws.shift(shift)
        eks.list_clusters()
    events = look(cloudtrail, "EventName", "ListClusters")
    late, middle, early = (event["EventTime"] for event in events)
    assert late > middle > early
    second = timedelta(seconds=1)
    for start, end, found in (
        (middle, middle, [middle]),
        (early, middle, [middle, early]),
        (middle, late, [late, middle]),
        (early + second, late - second, [middle]),
        (early + second, middle - second, []),
        (None, middle, [middle, early]),
        (middle, None, [late, middle]),
        (late + second, None, []),
        (None, early - second, []),
    ):
        given = {"StartTime": start, "EndTime": end}
        given = {name: time for name, time in given.items() if time is not None}
        events = look(cloudtrail, "EventName", "ListClusters", **given)
        assert [event["EventTime"] for event in events] == found, given
        everything = look(cloudtrail, **given)
        assert names(everything).count("ListClusters") == len(found), given


def test_fraction_of_a_second_moves_an_event(aws: Aws, cloudtrail: Any) -> None:
    """Events have whole seconds: a range within a second has none."""
    aws.client("eks").list_clusters()
    (event,) = look(cloudtrail, "EventName", "ListClusters")
    at = event["EventTime"].timestamp()
    attribute = {"AttributeKey": "EventName", "AttributeValue": "ListClusters"}
    for start, end, found in (
        (at, at + 0.5, 1),
        (at - 0.5, at, 1),
        (at + 0.25, at + 0.75, 0),
        (at - 0.5, at - 0.25, 0),
    ):
        body = {"LookupAttributes": [attribute], "StartTime": start, "EndTime": end}
        assert len(raw(aws, body)[1]["Events"]) == found, (start - at, end - at)


def test_old_event_is_found(aws: Aws, cloudtrail: Any) -> None:
    """After 90 days an event is in no lookup, though the records still have it."""
    aws.client("eks").list_clusters()
    (event,) = look(cloudtrail, "EventName", "ListClusters")
    day = 24 * 60 * 60
    aws.shift(89 * day)
    assert look(cloudtrail, "EventName", "ListClusters") == [event]
    aws.shift(90 * day + 60)
    assert look(cloudtrail, "EventName", "ListClusters") == []
    assert look(cloudtrail, "EventId", event["EventId"]) == []
    long_ago = datetime(2020, 1, 1, tzinfo=timezone.utc)
    assert look(cloudtrail, "EventName", "ListClusters", StartTime=long_ago) == []
    assert look(cloudtrail, StartTime=long_ago, EndTime=long_ago) == []
    (record,) = podid.cloudtrail_records(event_name="ListClusters", endpoint_url=aws.endpoint_url)
    assert record["eventID"] == event["EventId"]


def test_oldest_events_stay(aws: Aws, cloudtrail: Any) -> None:
    """The history holds as many events as the setting says."""
    eks = aws.client("eks")
    for _ in range(5):
        eks.list_clusters()
    aws.settings(cloudtrail_max_events=3)
    assert names(look(cloudtrail)) == ["ListClusters"] * 3
    assert names(look(cloudtrail)) == ["LookupEvents", "ListClusters", "ListClusters"]
    assert len(podid.cloudtrail_records(endpoint_url=aws.endpoint_url)) == 3


# What is refused


def attribute(key: object, value: object) -> Json:
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


ATTRIBUTES = "InvalidLookupAttributesException"
TIMES = "InvalidTimeRangeException"
CASES: dict[str, tuple[object, str, str]] = {
    "two attributes": (
        {"LookupAttributes": attribute("EventName", "a")["LookupAttributes"] * 2},
        ATTRIBUTES,
        "one attribute",
    ),
    "an unknown key": (attribute("eventName", "a"), ATTRIBUTES, "attribute key"),
    "a key of another type": (attribute(["EventName"], "a"), ATTRIBUTES, "attribute"),
    "a value of another type": (attribute("ReadOnly", True), ATTRIBUTES, "attribute"),
    "no value": ({"LookupAttributes": [{"AttributeKey": "EventName"}]}, ATTRIBUTES, "attribute"),
    "an empty value": (attribute("EventName", ""), ATTRIBUTES, "attribute value"),
    "a long value": (attribute("EventName", "a" * 2001), ATTRIBUTES, "attribute value"),
    "a huge value": (attribute("EventName", "a" * 900_000), ATTRIBUTES, "attribute value"),
    "underscores": (attribute("EventName", "_" * 1001), ATTRIBUTES, "attribute value"),
    "spaces": (attribute("EventName", " " * 1001), ATTRIBUTES, "attribute value"),
    "commas": (attribute("EventName", "," * 1001), ATTRIBUTES, "attribute value"),
    "newlines": (attribute("EventName", "\n" * 1001), ATTRIBUTES, "attribute value"),
    "one of each": (attribute("EventName", "a" * 1993 + "_ ,\n"), ATTRIBUTES, "attribute value"),
    "attributes that are a map": (
        {"LookupAttributes": {"AttributeKey": "EventName", "AttributeValue": "a"}},
        ATTRIBUTES,
        "attribute",
    ),
    "an attribute that is a list": (
        {"LookupAttributes": [["EventName", "a"]]},
        ATTRIBUTES,
        "attribute",
    ),
    "an attribute that is null": ({"LookupAttributes": [None]}, ATTRIBUTES, "attribute"),
    "attributes that are text": ({"LookupAttributes": "EventName"}, ATTRIBUTES, "attribute"),
    "a start after the end": (
        {"StartTime": 1_772_355_601, "EndTime": 1_772_355_600},
        TIMES,
        "time range",
    ),
    "a time that is text": ({"StartTime": "2026-03-01T09:00:00Z"}, TIMES, "no time"),
    "a time that is true": ({"StartTime": True}, TIMES, "no time"),
    "a time that is a map": ({"StartTime": {}}, TIMES, "no time"),
    "a time before 1970": ({"StartTime": -1}, TIMES, "no time"),
    "a time after 9999": ({"StartTime": 253_402_300_800}, TIMES, "no time"),
    "a time without end": ({"StartTime": float("inf")}, TIMES, "no time"),
    "a time that is none": ({"StartTime": float("nan")}, TIMES, "no time"),
    "a time of 400 digits": ({"StartTime": 10**400}, TIMES, "no time"),
    "no results": ({"MaxResults": 0}, "InvalidMaxResultsException", "max results"),
    "too many results": ({"MaxResults": 51}, "InvalidMaxResultsException", "max results"),
    "negative results": ({"MaxResults": -1}, "InvalidMaxResultsException", "max results"),
    "results that are text": ({"MaxResults": "5"}, "InvalidMaxResultsException", "max results"),
    "results that are true": ({"MaxResults": True}, "InvalidMaxResultsException", "max results"),
    "a fraction of results": ({"MaxResults": 1.5}, "InvalidMaxResultsException", "max results"),
    "another category": (
        {"EventCategory": "management"},
        "InvalidEventCategoryException",
        "event category",
    ),
    "a category in capitals": (
        {"EventCategory": "Insight"},
        "InvalidEventCategoryException",
        "event category",
    ),
    "a category that is a list": (
        {"EventCategory": ["insight"]},
        "InvalidEventCategoryException",
        "event category",
    ),
    "an empty token": ({"NextToken": ""}, "InvalidNextTokenException", "next token"),
    "a token that is garbage": ({"NextToken": "abc"}, "InvalidNextTokenException", "next token"),
    "a token of other letters": (
        {"NextToken": "é\ud800"},
        "InvalidNextTokenException",
        "next token",
    ),
    "a token that is a list": ({"NextToken": []}, "InvalidNextTokenException", "next token"),
    "a list": ([], "SerializationException", "no object"),
    "text": ('"EventName"', "SerializationException", "no object"),
    "no JSON": ("LookupAttributes=x", "SerializationException", "no json"),
    "half of JSON": ('{"MaxResults": ', "SerializationException", "no json"),
    "bad UTF-8": (b'{"NextToken": "\xff"}', "SerializationException", "no json"),
    "deep JSON": (b"[" * 100_000, "SerializationException", "no json"),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_request_is_answered(aws: Aws, case: str) -> None:
    """Each member that cannot be taken is refused with the modelled error for it."""
    body, code, word = CASES[case]
    status, answer = raw(aws, body)
    text = OUR_CHOICE[word].format(keys=", ".join(KEYS), parameter="StartTime")
    assert (status, answer) == (400, {"__type": code, "message": text})


RIGHT: dict[str, Json] = {
    "nothing": {},
    "an empty list": {"LookupAttributes": []},
    "nulls": {
        "LookupAttributes": None,
        "StartTime": None,
        "EndTime": None,
        "EventCategory": None,
        "MaxResults": None,
        "NextToken": None,
    },
    "a value of 2,000 characters": attribute("EventName", "a" * 2000),
    "1,000 underscores": attribute("Username", "_" * 1000),
    "one of each": attribute("ResourceName", "a" * 1992 + "_ ,\n"),
    "a read-only that is none": attribute("ReadOnly", "True"),
    "a member that nobody knows": {"Colour": "green"},
    "the first time there is": {"StartTime": 0, "EndTime": 0.5},
    "all times there are": {"StartTime": 0, "EndTime": 253_402_300_799},
}


@pytest.mark.parametrize("case", RIGHT)
def test_right_request_is_refused(aws: Aws, case: str) -> None:
    """What is at the edge of what is allowed is answered."""
    status, answer = raw(aws, RIGHT[case])
    assert (status, answer) == (200, {"Events": []})


def test_empty_body_is_refused(aws: Aws) -> None:
    """A request without a body asks for everything."""
    assert raw(aws, b"") == (200, {"Events": []})


def test_unknown_region_is_a_server_error(aws: Aws) -> None:
    """A region that there is not is refused."""
    where = {"region": "xy-nowhere-9", "host": "cloudtrail.xy-nowhere-9.amazonaws.com"}
    assert raw(aws, {}, **where) == (
        400,
        {
            "__type": "UnsupportedOperationException",
            "message": "Region xy-nowhere-9 is not valid",
        },
    )


def test_request_id_has_moto_s_form(aws: Aws, cloudtrail: Any) -> None:
    """CloudTrail answers UUIDs as request ids, and the record of a lookup has the same."""
    answer = cloudtrail.lookup_events()
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert len(request_id) == 36
    (event,) = look(cloudtrail, "EventName", "LookupEvents")
    assert json.loads(event["CloudTrailEvent"])["requestID"] == request_id


def test_modelled_errors_have_no_class(cloudtrail: Any) -> None:
    """boto3 raises its own class for each error."""
    now = datetime.now(timezone.utc)
    wrong: list[tuple[str, Callable[[], Any]]] = [
        (
            "InvalidTimeRangeException",
            lambda: cloudtrail.lookup_events(StartTime=now, EndTime=now - timedelta(days=1)),
        ),
        ("InvalidMaxResultsException", lambda: cloudtrail.lookup_events(MaxResults=51)),
        ("InvalidNextTokenException", lambda: cloudtrail.lookup_events(NextToken="x")),
        ("InvalidLookupAttributesException", lambda: look(cloudtrail, "Colour", "green")),
        ("InvalidEventCategoryException", lambda: cloudtrail.lookup_events(EventCategory="x")),
    ]
    for name, call in wrong:
        with pytest.raises(getattr(cloudtrail.exceptions, name)):
            call()
