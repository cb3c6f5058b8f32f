from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from recorded_calls import NODE, USER, a_call, at

from moto_eks_podid.events.call import CallDetails, Map
from moto_eks_podid.events.record import build
from moto_eks_podid.events.values import epoch_seconds, iso_time, lowered, us_date


def parameters(details: CallDetails) -> Any:
    return build(details)["requestParameters"]


def results(details: CallDetails) -> Any:
    return build(details)["responseElements"]


NAMES = (
    ("RoleArn", "roleArn"),
    ("SAMLAssertionID", "sAMLAssertionID"),
    ("DBInstanceIdentifier", "dBInstanceIdentifier"),
    ("ARN", "aRN"),
    ("MD5OfMessageBody", "mD5OfMessageBody"),
    ("already", "already"),
    ("X", "x"),
    ("", ""),
)


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_name_is_not_as_in_a_record(name: str, expected: str) -> None:
    """Only the first letter of a member's name is lowered."""
    assert lowered(name) == expected


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type]


US_DATES = (
    (utc(2023, 12, 13, 7, 14, 20), "Dec 13, 2023, 7:14:20 AM"),
    (utc(2026, 3, 1, 15, 0, 0), "Mar 1, 2026, 3:00:00 PM"),
    (utc(2026, 3, 1, 0, 5, 9), "Mar 1, 2026, 12:05:09 AM"),
    (utc(2026, 11, 30, 12, 0, 0), "Nov 30, 2026, 12:00:00 PM"),
    (utc(2026, 9, 9, 23, 59, 59, 999999), "Sep 9, 2026, 11:59:59 PM"),
    (
        datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))),
        "Dec 31, 2025, 11:00:00 PM",
    ),
    (datetime(2026, 1, 1, 1, 0), "Jan 1, 2026, 1:00:00 AM"),
)


@pytest.mark.parametrize(("time", "expected"), US_DATES)
def test_date_is_not_in_us_form(time: datetime, expected: str) -> None:
    """Dates in long form have no leading zeros, a comma after the year, and are in UTC."""
    assert us_date(time) == expected


def test_epoch_is_rounded() -> None:
    """Numbers keep milliseconds and have no fraction where there are none."""
    assert json.dumps(epoch_seconds(utc(2018, 5, 28, 18, 58, 55, 208999))) == "1527533935.208"
    assert json.dumps(epoch_seconds(utc(2018, 5, 28, 18, 58, 55))) == "1527533935"
    assert epoch_seconds(utc(1969, 12, 31, 23, 59, 59)) == -1


def test_event_time_has_a_fraction() -> None:
    """The time of an event is in whole seconds, in UTC."""
    east = timezone(timedelta(hours=5, minutes=30))
    assert iso_time(datetime(2026, 3, 1, 5, 0, 1, 999999, east)) == "2026-02-28T23:30:01Z"


DATES = (
    ("iam", "CreateUser", {"User": {"CreateDate": at(9)}}, "Mar 1, 2026, 9:00:00 AM"),
    ("kms", "CreateKey", {"KeyMetadata": {"CreateDate": at(9)}}, "Mar 1, 2026, 9:00:00 AM"),
    ("eks", "CreateCluster", {"Cluster": {"CreateDate": at(9)}}, 1772355600),
    ("ec2", "CreateVolume", {"Volume": {"CreateDate": at(9)}}, 1772355600000),
)


@pytest.mark.parametrize(("service", "operation", "answer", "expected"), DATES)
def test_service_writes_dates_in_another_form(
    service: str, operation: str, answer: dict[str, Any], expected: object
) -> None:
    """Services of XML protocols write long dates, those of JSON seconds, EC2 milliseconds."""
    shown = results(a_call(service, operation, results=answer))
    (structure,) = (value for value in shown.values() if isinstance(value, dict))
    assert structure == {"createDate": expected}


def test_lookup_shows_its_range_in_seconds() -> None:
    """CloudTrail itself writes long dates."""
    shown = parameters(
        a_call("cloudtrail", "LookupEvents", parameters={"StartTime": at(9), "MaxResults": 5})
    )
    assert shown == {"startTime": "Mar 1, 2026, 9:00:00 AM", "maxResults": 5}


def test_keys_of_a_map_are_lowered() -> None:
    """The keys of maps are data, at any depth; the members inside their values are not."""
    shown = parameters(
        a_call(
            "eks",
            "CreateCluster",
            parameters={"Tags": Map({"Team": {"Name": Map({"A": "B"})}}), "List": [{"Key": "K"}]},
        )
    )
    assert shown == {"tags": {"Team": {"name": {"A": "B"}}}, "list": [{"key": "K"}]}


def test_eks_arn_is_decoded() -> None:
    """ARNs in EKS's URIs are recorded as on the wire, those in bodies as they are."""
    arn = "arn:aws:iam::111122223333:role/ops/x"
    wire = "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fops%2Fx"
    associate = a_call(
        "eks",
        "AssociateAccessPolicy",
        parameters={"clusterName": "c", "principalArn": arn, "policyArn": arn},
    )
    assert parameters(associate) == {"name": "c", "principalArn": wire, "policyArn": arn}
    create = replace(associate, operation="CreateAccessEntry")
    assert parameters(create) == {"name": "c", "principalArn": arn, "policyArn": arn}
    tag = a_call("eks", "TagResource", parameters={"resourceArn": arn, "tags": Map({"A": "b"})})
    assert parameters(tag) == {"resourceArn": wire, "tags": {"A": "b"}}


NOTHING = (
    a_call("eks", "ListClusters"),
    a_call("eks", "ListClusters", parameters={}),
    a_call("iam", "PutRolePolicy", results={}),
    a_call("iam", "PutRolePolicy", results=None),
    a_call("eks", "DescribeCluster", results={"cluster": {"name": "c"}}),
    a_call("secretsmanager", "GetSecretValue", results={"SecretString": "s3cr3t"}),
    a_call("dynamodb", "PutItem", results={"Attributes": Map()}),
    a_call("s3", "PutBucketPolicy", results={"Anything": "else"}),
)


@pytest.mark.parametrize("details", NOTHING)
def test_nothing_is_an_empty_element(details: CallDetails) -> None:
    """Elements are null for calls without parameters, answers without results, and reading."""
    assert results(details) is None
    if not details.parameters and details.service != "s3":
        assert parameters(details) is None


# Sizes.


def test_large_element_is_in_the_record() -> None:
    """Parameters and results of more than 100 KB are replaced by a marker that tells the size."""
    fits = {"description": "x" * (100 * 1024 - len('{"description":""}'))}
    assert parameters(a_call("iam", "CreateRole", parameters=fits)) == fits
    large = {"Description": "x" * (100 * 1024 - len('{"description":""}') + 1)}
    record = build(a_call("iam", "CreateRole", parameters=large, results=large))
    assert record["requestParameters"] == {
        "reason": "requestParameters too large",
        "omitted": True,
        "originalSize": 102401,
    }
    assert record["responseElements"] == {
        "reason": "responseElements too large",
        "omitted": True,
        "originalSize": 102401,
    }


def test_element_that_was_not_kept_is_missing() -> None:
    """What was too large to be kept is marked in the same way, unless the call shows no results."""
    details = a_call(
        "iam",
        "CreateRole",
        parameters_too_large=True,
        results_too_large=True,
        bytes_in=200_000,
        bytes_out=300_000,
    )
    assert parameters(details)["originalSize"] == 200_000
    assert results(details)["originalSize"] == 300_000
    assert results(replace(details, operation="ListRoles")) is None
    assert results(replace(details, error_code="LimitExceeded")) is None


LONG = (("a" * 1024, 1024), ("a" * 1025, 1024), ("é" * 700, 1024), ("\U0001f600" * 300, 1024))


@pytest.mark.parametrize(("text", "expected"), LONG)
def test_long_message_is_in_the_record(text: str, expected: int) -> None:
    """Codes, messages and user agents are cut at 1 KB, between characters."""
    record = build(
        a_call("eks", "ListClusters", error_code=text, error_message=text, user_agent=text)
    )
    for name in ("errorCode", "errorMessage", "userAgent"):
        assert text.startswith(record[name])
        assert expected - 3 <= len(record[name].encode()) <= expected


def test_deep_document_breaks_the_record() -> None:
    """A document that is nested without end is cut off."""
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": [deep]}
    assert json.dumps(build(a_call("eks", "CreateCluster", parameters=deep)))


# Services that show elements in a form of their own.


def test_ec2_shows_plain_lists() -> None:
    """EC2 shows lists as sets of items, and its request's id before its results."""
    record = build(
        a_call(
            "ec2",
            "TerminateInstances",
            parameters={
                "InstanceIds": ["i-1", "i-2"],
                "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "A"}]}],
                "Features": ["a"],
                "CidrBlockSet": ["b"],
            },
            results={"Instances": [{"InstanceId": "i-1"}]},
        )
    )
    assert record["requestParameters"] == {
        "instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]},
        "tagSpecificationSet": {
            "items": [{"resourceType": "instance", "tagSet": {"items": [{"key": "A"}]}}]
        },
        "featureSet": {"items": ["a"]},
        "cidrBlockSet": {"items": ["b"]},
    }
    assert list(record["responseElements"].items()) == [
        ("requestId", record["requestID"]),
        ("instancesSet", {"items": [{"instanceId": "i-1"}]}),
    ]
    assert results(a_call("ec2", "CreateTags"))["_return"] is True


def test_rds_wraps_its_instance() -> None:
    """RDS shows the one structure that it answers without its name."""
    answer = {"DBInstance": {"DBInstanceIdentifier": "db", "Endpoint": {"Port": 5432}}}
    assert results(a_call("rds", "CreateDBInstance", results=answer)) == {
        "dBInstanceIdentifier": "db",
        "endpoint": {"port": 5432},
    }


def test_key_of_an_item_has_types() -> None:
    """DynamoDB shows an item's key in plain, without the types of its attributes."""
    shown = parameters(
        a_call(
            "dynamodb",
            "GetItem",
            parameters={"TableName": "carts", "Key": Map({"Id": {"S": "7"}, "N": {"N": "1"}})},
        )
    )
    assert shown == {"tableName": "carts", "key": {"Id": "7", "N": "1"}}


def test_facts_of_a_call_are_altered() -> None:
    """Building a record leaves the call as it was, so that it can be built again."""
    asked: dict[str, Any] = {"clusterName": "c", "tags": Map({"A": "b"}), "list": [{"Key": "v"}]}
    details = a_call("eks", "CreateNodegroup", identity=NODE, parameters=asked)
    first = build(details)
    first["requestParameters"]["tags"]["A"] = "altered"
    assert asked == {"clusterName": "c", "tags": {"A": "b"}, "list": [{"Key": "v"}]}
    assert build(details)["requestParameters"]["tags"] == {"A": "b"}
    assert build(replace(details, identity=USER)) != first
