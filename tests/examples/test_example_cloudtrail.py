"""CloudTrail in a test, and as the source of a detection pipeline."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import boto3

import moto_eks_podid as podid


@podid.mock_aws
def test_nobody_else_read_the_secret() -> None:
    """A test asserts which calls were made, by whom, and what they showed."""
    secrets = boto3.client("secretsmanager", "us-west-2")
    secrets.create_secret(Name="orders-db", SecretString="hunter2")
    secrets.get_secret_value(SecretId="orders-db")

    [read] = podid.cloudtrail_records(event_name="GetSecretValue")
    assert read["requestParameters"] == {"secretId": "orders-db"}
    assert "errorCode" not in read
    assert "hunter2" not in json.dumps(podid.cloudtrail_records())

    # The same through CloudTrail's own API, as the application itself may ask.
    events = boto3.client("cloudtrail", "us-west-2").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "GetSecretValue"}]
    )["Events"]
    assert [event["EventId"] for event in events] == [read["eventID"]]


def log_files(bucket: str) -> Iterator[list[dict[str, Any]]]:
    """The records of each log file, as a pipeline reads them."""
    s3 = boto3.client("s3", "us-west-2")
    for listed in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        content = s3.get_object(Bucket=bucket, Key=listed["Key"])["Body"].read()
        yield json.loads(gzip.decompress(content))["Records"]


@podid.mock_aws
def test_pipeline_reads_log_files() -> None:
    """A trail's log files are in its bucket when the bucket is listed."""
    s3 = boto3.client("s3", "us-west-2")
    s3.create_bucket(Bucket="audit", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    trail = boto3.client("cloudtrail", "us-west-2")
    trail.create_trail(Name="all", S3BucketName="audit", IsMultiRegionTrail=True)
    trail.start_logging(Name="all")

    boto3.client("iam").create_user(UserName="mallory")

    found = [record for records in log_files("audit") for record in records]
    assert "CreateUser" in [record["eventName"] for record in found]


@podid.mock_aws
def test_rule_is_told_of_a_call() -> None:
    """A rule of EventBridge gets the calls that match it, while a trail logs."""
    boto3.client("s3", "us-east-1").create_bucket(Bucket="audit")
    trail = boto3.client("cloudtrail", "us-east-1")
    trail.create_trail(Name="all", S3BucketName="audit", IsMultiRegionTrail=True)
    trail.start_logging(Name="all")
    sqs = boto3.client("sqs", "us-east-1")
    queue = sqs.create_queue(QueueName="alarms")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    events = boto3.client("events", "us-east-1")
    pattern = {
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"eventName": ["CreateAccessKey"]},
    }
    events.put_rule(Name="new-keys", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="new-keys", Targets=[{"Id": "alarms", "Arn": arn["QueueArn"]}])

    iam = boto3.client("iam")
    iam.create_user(UserName="mallory")
    iam.create_access_key(UserName="mallory")

    [message] = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    record = json.loads(message["Body"])["detail"]
    assert record["requestParameters"] == {"userName": "mallory"}
