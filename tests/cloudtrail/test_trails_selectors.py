"""PutEventSelectors, and what a trail with selectors delivers."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import REGION, Aws, policy, statement
from botocore.exceptions import ClientError

import moto_eks_podid as podid
from tests.cloudtrail.trail_bucket import BUCKET, TRAIL, TrailBucket, trail_arn

Json = dict[str, Any]


@pytest.fixture
def bucket(aws: Aws) -> TrailBucket:
    made = TrailBucket(aws)
    made.trail(IsMultiRegionTrail=True)
    return made


def select(bucket: TrailBucket, *selectors: Json, kind: str = "EventSelectors") -> Json:
    answer: Json = bucket.cloudtrail().put_event_selectors(
        TrailName=TRAIL, **{kind: list(selectors)}
    )
    return answer


def advanced(**fields: str) -> Json:
    """Conditions that fields equal values; `a__b` is the field `a.b`."""
    return {
        "FieldSelectors": [
            {"Field": name.replace("__", "."), "Equals": [value]} for name, value in fields.items()
        ]
    }


def test_selectors_are_forgotten(bucket: TrailBucket) -> None:
    """What was put is answered, got, and told by DescribeTrails; one kind replaces the other."""
    cloudtrail = bucket.cloudtrail()

    def custom() -> bool:
        (trail,) = cloudtrail.describe_trails()["trailList"]
        assert (
            cloudtrail.get_trail(Name=TRAIL)["Trail"]["HasCustomEventSelectors"]
            is (trail["HasCustomEventSelectors"])
        )
        return bool(trail["HasCustomEventSelectors"])

    assert custom() is False
    basic = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}
    answer = select(bucket, basic)
    assert (answer["TrailARN"], answer["EventSelectors"]) == (trail_arn(), [basic])
    assert custom() is True
    got = cloudtrail.get_event_selectors(TrailName=trail_arn())
    assert got["TrailARN"] == trail_arn()
    assert (got["EventSelectors"], got["AdvancedEventSelectors"]) == ([basic], [])

    other = {"Name": "writes", **advanced(eventCategory="Management", readOnly="false")}
    answer = select(bucket, other, kind="AdvancedEventSelectors")
    assert answer["AdvancedEventSelectors"] == [other]
    got = cloudtrail.get_event_selectors(TrailName=TRAIL)
    assert (got["EventSelectors"], got["AdvancedEventSelectors"]) == ([], [other])

    select(bucket, basic)
    got = cloudtrail.get_event_selectors(TrailName=TRAIL)
    assert (got["EventSelectors"], got["AdvancedEventSelectors"]) == ([basic], [])


def call_everything(aws: Aws) -> None:
    """Management and data events of S3, Lambda, DynamoDB and KMS, reading and writing."""
    s3 = aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="orders")
    s3.put_object(Bucket="orders", Key="2026/a", Body=b"a")
    s3.get_object(Bucket="orders", Key="2026/a")
    s3.put_object(Bucket="orders", Key="2027/b", Body=b"b")
    s3.list_objects_v2(Bucket="orders")
    dynamodb = aws.client("dynamodb")
    for name in ("carts", "users"):
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName=name, Item={"id": {"S": "1"}})
    dynamodb.get_item(TableName="users", Key={"id": {"S": "1"}})
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key, Plaintext=b"x")


MANAGEMENT = {"CreateBucket", "CreateTable", "CreateKey", "Encrypt"}


def data(kind: str, *values: str, **more: Any) -> Json:
    resources = [{"Type": kind, "Values": list(values)}]
    return {"IncludeManagementEvents": False, "DataResources": resources, **more}


S3_OBJECT = "AWS::S3::Object"
TABLE = "AWS::DynamoDB::Table"

DELIVERED: dict[str, tuple[str, list[Json], list[tuple[str, str]]]] = {
    "objects of a prefix": (
        "EventSelectors",
        [data(S3_OBJECT, "arn:aws:s3:::orders/2026/")],
        [("GetObject", "2026/a"), ("PutObject", "2026/a")],
    ),
    "objects of a bucket": (
        "EventSelectors",
        [data(S3_OBJECT, "arn:aws:s3:::orders/", ReadWriteType="WriteOnly")],
        [("PutObject", "2026/a"), ("PutObject", "2027/b")],
    ),
    "a table": (
        "EventSelectors",
        [data(TABLE, f"arn:aws:dynamodb:{REGION}:123456789012:table/users")],
        [("GetItem", "users"), ("PutItem", "users")],
    ),
    "tables, by an advanced selector": (
        "AdvancedEventSelectors",
        [advanced(eventCategory="Data", resources__type=TABLE, eventName="PutItem")],
        [("PutItem", "carts"), ("PutItem", "users")],
    ),
    "an object, by an advanced selector": (
        "AdvancedEventSelectors",
        [
            advanced(
                eventCategory="Data",
                resources__type=S3_OBJECT,
                resources__ARN="arn:aws:s3:::orders/2027/b",
            )
        ],
        [("PutObject", "2027/b")],
    ),
}


@pytest.mark.parametrize("case", DELIVERED)
def test_trail_delivers_other_data_events(aws: Aws, bucket: TrailBucket, case: str) -> None:
    """Data events are delivered where selectors take them, and no others."""
    kind, selectors, expected = DELIVERED[case]
    select(bucket, *selectors, kind=kind)
    call_everything(aws)
    parameters = [
        (record["eventName"], record["requestParameters"])
        for record in bucket.records()
        if record["eventName"] not in ("StartLogging",)
    ]
    found = [(name, given.get("tableName") or given.get("key")) for name, given in parameters]
    assert sorted(found) == expected
    for record in bucket.records():
        if record["eventName"] != "StartLogging":
            assert (record["managementEvent"], record["eventCategory"]) == (False, "Data")


def test_data_events_are_delivered_unasked(aws: Aws, bucket: TrailBucket) -> None:
    """Without selectors there are management events, and no data events."""
    call_everything(aws)
    names = set(bucket.names())
    assert names >= MANAGEMENT
    assert not names & {"PutObject", "GetObject", "ListObjects", "PutItem", "GetItem"}


def test_excluded_source_is_delivered(aws: Aws, bucket: TrailBucket) -> None:
    """Management events of a source that is excluded are left out."""
    select(bucket, {"ExcludeManagementEventSources": ["kms.amazonaws.com"]})
    call_everything(aws)
    assert "CreateTable" in bucket.names()
    assert not set(bucket.names()) & {"CreateKey", "Encrypt"}


def test_function_is_not_delivered() -> None:
    """Calls of a Lambda function are delivered when selected, and those of another are not."""
    with podid.mock_aws(config={"lambda": {"use_docker": False}}):
        aws = Aws(endpoint_url=None)
        bucket = TrailBucket(aws)
        bucket.trail()
        arn = f"arn:aws:lambda:{REGION}:123456789012:function:"
        select(bucket, data("AWS::Lambda::Function", f"{arn}cart"))
        functions = aws.client("lambda")
        trust = policy(statement("sts:AssumeRole", principal={"Service": "lambda.amazonaws.com"}))
        role = aws.create_role("lambda", trust)
        for name in ("cart", "cart-2"):
            functions.create_function(
                FunctionName=name, Role=role, Code={"ImageUri": "image"}, PackageType="Image"
            )
            functions.invoke(FunctionName=name)
        called = [one for one in bucket.records() if one["eventName"] == "Invoke"]
        assert [record["resources"][0]["ARN"] for record in called] == [f"{arn}cart"]


REFUSED: dict[str, Json] = {
    "nothing": {},
    "empty lists": {"EventSelectors": [], "AdvancedEventSelectors": []},
    "both kinds": {
        "EventSelectors": [{}],
        "AdvancedEventSelectors": [advanced(eventCategory="Management")],
    },
    "a word for reading": {"EventSelectors": [{"ReadWriteType": "read-only"}]},
    "six selectors": {"EventSelectors": [{}] * 6},
    "no category": {"AdvancedEventSelectors": [advanced(readOnly="true")]},
    "an unknown field": {"AdvancedEventSelectors": [advanced(eventCategory="Data", f="x")]},
    "data events without a type": {"AdvancedEventSelectors": [advanced(eventCategory="Data")]},
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_selectors_are_kept(bucket: TrailBucket, case: str) -> None:
    """Bad selectors are refused with InvalidEventSelectorsException, and change nothing."""
    kept = {"ReadWriteType": "WriteOnly"}
    select(bucket, kept)
    with pytest.raises(ClientError) as refused:
        bucket.cloudtrail().put_event_selectors(TrailName=TRAIL, **REFUSED[case])
    assert refused.value.response["Error"]["Code"] == "InvalidEventSelectorsException"
    assert refused.value.response["Error"]["Message"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    got = bucket.cloudtrail().get_event_selectors(TrailName=TRAIL)
    assert got["EventSelectors"] == [kept]


def test_unknown_trail_takes_selectors(bucket: TrailBucket) -> None:
    """A trail that is not there is told before anything else."""
    with pytest.raises(ClientError) as refused:
        bucket.cloudtrail().put_event_selectors(TrailName="nowhere", EventSelectors=[])
    assert refused.value.response["Error"]["Code"] == "TrailNotFoundException"


def test_reading_the_log_bucket_logs_for_ever(bucket: TrailBucket) -> None:
    """A trail that takes the reads of its own bucket delivers them, and comes to an end."""
    select(bucket, data(S3_OBJECT, f"arn:aws:s3:::{BUCKET}/"))
    first = bucket.keys()
    second = bucket.keys()
    assert len(second) == len(first) + 1
    assert bucket.names()[:1] == ["ListObjects"]
