"""What operations on trails refuse, and that nothing of it stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_under_test import Aws

import moto_eks_podid as podid
from moto_eks_podid.cloudtrail.buckets import put
from tests.cloudtrail.trail_bucket import BUCKET, TRAIL, TrailBucket

Json = dict[str, Any]

#: Operation, its body, and the name of the exception.
REFUSED: dict[str, tuple[str, Json, str]] = {
    "a bucket that is a number": (
        "UpdateTrail",
        {"Name": TRAIL, "S3BucketName": 9},
        "InvalidS3BucketNameException",
    ),
    "a bucket without a name": (
        "UpdateTrail",
        {"Name": TRAIL, "S3BucketName": ""},
        "InvalidS3BucketNameException",
    ),
    "a prefix that is a map": (
        "UpdateTrail",
        {"Name": TRAIL, "S3KeyPrefix": {"a": 1}},
        "InvalidS3PrefixException",
    ),
    "a prefix that cannot be encoded": (
        "UpdateTrail",
        {"Name": TRAIL, "S3KeyPrefix": "\ud800"},
        "InvalidS3PrefixException",
    ),
    "a long prefix": (
        "UpdateTrail",
        {"Name": TRAIL, "S3KeyPrefix": "x" * 201},
        "InvalidS3PrefixException",
    ),
    "a topic that is a number": (
        "UpdateTrail",
        {"Name": TRAIL, "SnsTopicName": 7},
        "InvalidSnsTopicNameException",
    ),
    "a key that is a list": (
        "UpdateTrail",
        {"Name": TRAIL, "KmsKeyId": ["x"]},
        "InvalidKmsKeyIdException",
    ),
    "a switch that is a text": (
        "UpdateTrail",
        {"Name": TRAIL, "IsMultiRegionTrail": "yes"},
        "SerializationException",
    ),
    "no trail": ("CreateTrail", {}, "InvalidTrailNameException"),
    "no bucket": ("CreateTrail", {"Name": "other"}, "InvalidS3BucketNameException"),
    "a name that is a number": (
        "CreateTrail",
        {"Name": 5, "S3BucketName": BUCKET},
        "InvalidTrailNameException",
    ),
    "tags that are a text": (
        "CreateTrail",
        {"Name": "other", "S3BucketName": BUCKET, "TagsList": "x"},
        "InvalidTagParameterException",
    ),
    "selectors of a number": (
        "PutEventSelectors",
        {"TrailName": 5, "EventSelectors": []},
        "InvalidTrailNameException",
    ),
    "selectors of nothing": ("GetEventSelectors", {}, "InvalidTrailNameException"),
    "insights of nothing": ("GetInsightSelectors", {}, "InvalidTrailNameException"),
    "insights that are a map": (
        "PutInsightSelectors",
        {"TrailName": TRAIL, "InsightSelectors": {}},
        "InvalidInsightSelectorsException",
    ),
    "logging of a number": ("StartLogging", {"Name": 5}, "InvalidTrailNameException"),
    "tags of a number": (
        "AddTags",
        {"ResourceId": 5, "TagsList": []},
        "CloudTrailARNInvalidException",
    ),
}


@pytest.fixture
def bucket(aws: Aws) -> TrailBucket:
    found = TrailBucket(aws)
    found.trail(EnableLogFileValidation=True)
    return found


@pytest.mark.parametrize("case", REFUSED)
def test_hostile_trail_breaks_calls_of_others(aws: Aws, bucket: TrailBucket, case: str) -> None:
    """A parameter that CloudTrail cannot take is refused, and the trails go on as they were."""
    operation, body, refusal = REFUSED[case]
    cloudtrail = bucket.cloudtrail()
    before = cloudtrail.describe_trails()["trailList"]
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}",
    }
    answer = aws.http("cloudtrail", "POST", "/", json.dumps(body), headers=headers)
    assert (answer.status, answer.json["__type"]) == (400, refusal)
    assert cloudtrail.describe_trails()["trailList"] == before
    assert bucket.s3.list_buckets()["Buckets"]
    assert bucket.keys()
    assert "LatestDeliveryError" not in cloudtrail.get_trail_status(Name=TRAIL)


def test_failing_delivery_breaks_calls_of_others(
    in_process_aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong with a delivery ends in the trail's status; the events are not lost."""
    bucket = TrailBucket(in_process_aws)
    bucket.trail()

    def failing(*_: Any) -> None:
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")

    monkeypatch.setattr("moto_eks_podid.cloudtrail.trails.put", failing)
    assert bucket.keys() == []
    assert podid.deliver_trails() == []
    status = bucket.cloudtrail().get_trail_status(Name=TRAIL)
    assert status["LatestDeliveryError"] == "InternalError"
    monkeypatch.setattr("moto_eks_podid.cloudtrail.trails.put", put)
    assert bucket.names() == ["GetTrailStatus", "StartLogging"]
