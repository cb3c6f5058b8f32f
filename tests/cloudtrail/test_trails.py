"""A trail delivers the events that it takes to its bucket."""

from __future__ import annotations

import gzip
import json
import re
import threading
from typing import Any
from urllib.parse import unquote_plus

import pytest
import requests
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, REGION, Aws, policy
from botocore.exceptions import ClientError

import moto_eks_podid as podid
from moto_eks_podid.cloudtrail import delivery
from moto_eks_podid.cloudtrail.history import history
from tests.cloudtrail.made_up_calls import MadeUpCall
from tests.cloudtrail.trail_bucket import BUCKET, TRAIL, TrailBucket, trail_arn

Json = dict[str, Any]

KEY = re.compile(
    rf"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/(\d{{4}})/(\d\d)/(\d\d)/"
    rf"{ACCOUNT}_CloudTrail_{REGION}_\1\2\3T\d{{4}}Z_[0-9A-Za-z]{{16}}\.json\.gz"
)


@pytest.fixture
def bucket(aws: Aws) -> TrailBucket:
    return TrailBucket(aws)


def deliver(aws: Aws) -> list[str]:
    return podid.deliver_trails(endpoint_url=aws.endpoint_url)


def test_bucket_has_no_log_file(aws: Aws, bucket: TrailBucket) -> None:
    """What was called since logging began is in the bucket when somebody lists it."""
    aws.client("eks").list_clusters()
    bucket.trail()
    aws.client("sqs").create_queue(QueueName="orders")
    aws.client("sts").get_caller_identity()

    (key,) = bucket.keys()
    assert KEY.fullmatch(key)
    records = bucket.read(key)["Records"]
    assert [record["eventName"] for record in records] == [
        "StartLogging",
        "CreateQueue",
        "GetCallerIdentity",
    ]
    of_history = podid.cloudtrail_records(endpoint_url=aws.endpoint_url, region=REGION)
    assert records == [
        record
        for record in reversed(of_history)
        if record["eventName"] in ("StartLogging", "CreateQueue", "GetCallerIdentity")
    ]


def test_log_file_is_not_one_line_of_gzipped_json(bucket: TrailBucket) -> None:
    """A log file is gzip of one line of JSON without spaces, and its object says so."""
    bucket.trail()
    (key,) = bucket.keys()
    answer = bucket.s3.get_object(Bucket=BUCKET, Key=key)
    assert (answer["ContentType"], answer["ContentEncoding"]) == ("application/json", "gzip")
    assert answer["ServerSideEncryption"] == "AES256"
    text = gzip.decompress(answer["Body"].read()).decode()
    assert "\n" not in text
    assert json.dumps(json.loads(text), separators=(",", ":")) == text
    assert list(json.loads(text)) == ["Records"]


def test_reading_a_known_key_misses_nothing(aws: Aws, bucket: TrailBucket) -> None:
    """Reading an object, or its head, delivers as well as listing the bucket does."""
    bucket.trail()
    (first,) = bucket.keys()
    for read in (bucket.s3.get_object, bucket.s3.head_object):
        before = deliver(aws)
        assert before == []
        aws.client("eks").list_clusters()
        read(Bucket=BUCKET, Key=first)
        assert deliver(aws) == []
    assert bucket.names() == ["ListClusters", "ListClusters", "StartLogging"]


def test_reading_another_bucket_delivers(aws: Aws, bucket: TrailBucket) -> None:
    """Events wait while other buckets are read."""
    other = TrailBucket(aws, "other-bucket")
    bucket.trail()
    aws.client("eks").list_clusters()
    assert other.keys() == []
    (url,) = deliver(aws)
    assert url.startswith(f"s3://{BUCKET}/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/")
    assert deliver(aws) == []
    assert bucket.names() == ["ListClusters", "StartLogging"]


def test_key_prefix_is_lost(bucket: TrailBucket) -> None:
    """The keys begin with the trail's prefix."""
    bucket.trail(S3KeyPrefix="audit/2026")
    (key,) = bucket.keys()
    assert key.startswith(f"audit/2026/AWSLogs/{ACCOUNT}/CloudTrail/")


def test_stopping_is_not_recorded(aws: Aws, bucket: TrailBucket) -> None:
    """StopLogging is the last event of a trail, and delivers what was waiting, itself included."""
    bucket.trail()
    aws.client("eks").list_clusters()
    bucket.cloudtrail().stop_logging(Name=TRAIL)
    aws.client("eks").list_clusters()
    assert deliver(aws) == []
    assert bucket.names() == ["ListClusters", "StartLogging", "StopLogging"]


def test_deleting_a_trail_loses_events(aws: Aws, bucket: TrailBucket) -> None:
    """DeleteTrail, by ARN, delivers what was waiting, itself included; the trail is gone."""
    arn = bucket.trail()
    aws.client("eks").list_clusters()
    bucket.cloudtrail().delete_trail(Name=arn)
    aws.client("eks").list_clusters()
    assert bucket.names() == ["DeleteTrail", "ListClusters", "StartLogging"]
    assert bucket.cloudtrail().describe_trails()["trailList"] == []
    with pytest.raises(ClientError) as refused:
        bucket.cloudtrail().delete_trail(Name=TRAIL)
    assert refused.value.response["Error"]["Code"] == "TrailNotFoundException"


@pytest.mark.parametrize("stopped", [False, True])
def test_deleted_trail_delivers(aws: Aws, bucket: TrailBucket, stopped: bool) -> None:
    """A trail that is deleted while its bucket is gone never delivers what it held."""
    bucket.trail()
    bucket.s3.delete_bucket(Bucket=BUCKET)
    if stopped:
        bucket.cloudtrail().stop_logging(Name=TRAIL)
    bucket.cloudtrail().delete_trail(Name=TRAIL)
    again = TrailBucket(aws)
    assert again.keys() == []
    assert deliver(aws) == []


def test_anonymous_reader_misses_files(aws: Aws, bucket: TrailBucket) -> None:
    """Reading a bucket that everybody may read delivers, too."""
    bucket.s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    bucket.trail()
    aws.client("eks").list_clusters()
    base = (
        f"{aws.endpoint_url}/{BUCKET}"
        if aws.endpoint_url
        else f"https://{BUCKET}.s3.amazonaws.com/"
    )
    text = requests.get(base, timeout=30).text
    assert f"AWSLogs/{ACCOUNT}/CloudTrail/" in text


def test_trail_that_takes_no_writes_never_ends(aws: Aws, bucket: TrailBucket) -> None:
    """A trail whose selectors leave out StopLogging stops all the same."""
    bucket.trail()
    bucket.cloudtrail().put_event_selectors(
        TrailName=TRAIL, EventSelectors=[{"ReadWriteType": "ReadOnly"}]
    )
    bucket.cloudtrail().stop_logging(Name=TRAIL)
    aws.client("eks").list_clusters()
    assert deliver(aws) == []
    assert bucket.names() == ["StartLogging"]


def test_logging_again_loses_events(aws: Aws, bucket: TrailBucket) -> None:
    """A trail that was stopped and started again takes events again, and none of between."""
    bucket.trail()
    bucket.cloudtrail().stop_logging(Name=TRAIL)
    aws.client("sqs").create_queue(QueueName="between")
    bucket.cloudtrail().start_logging(Name=TRAIL)
    bucket.cloudtrail().start_logging(Name=TRAIL)
    aws.client("eks").list_clusters()
    assert bucket.names() == [
        "ListClusters",
        "StartLogging",
        "StartLogging",
        "StartLogging",
        "StopLogging",
    ]


def test_thousand_events_wait(aws: Aws, bucket: TrailBucket) -> None:
    """A file is written as soon as a thousand events are waiting."""
    bucket.trail()
    sts = aws.client("sts")
    for _ in range(1000):
        sts.get_caller_identity()
    (url,) = deliver(aws)
    keys = bucket.keys()
    assert len(keys) == 2
    assert url.removeprefix(f"s3://{BUCKET}/") in keys
    assert sorted(len(bucket.read(key)["Records"]) for key in keys) == [1, 1000]


# What a trail takes


@pytest.fixture
def calls(aws: Aws, bucket: TrailBucket) -> None:
    """A trail of every kind, and calls in two regions, of a global service and of two accounts."""
    bucket.trail("here", S3KeyPrefix="here")
    bucket.trail("leader", "us-east-1", S3KeyPrefix="leader")
    bucket.trail("local", "us-east-1", S3KeyPrefix="local", IncludeGlobalServiceEvents=False)
    bucket.trail("all", S3KeyPrefix="all", IsMultiRegionTrail=True)
    deliver(aws)
    aws.client("sqs").create_queue(QueueName="here")
    aws.client("eks", "us-east-1").list_clusters()
    aws.client("iam").list_roles()
    aws.client_of_account(OTHER_ACCOUNT, "eks").list_clusters()


TAKEN = {
    "here": ["AssumeRole", "CreateQueue"],
    "leader": ["ListClusters", "ListRoles"],
    "local": ["ListClusters"],
    "all": ["AssumeRole", "CreateQueue", "ListClusters", "ListRoles"],
}


@pytest.mark.parametrize("name", TAKEN)
def test_trail_takes_events_of_elsewhere(
    aws: Aws, bucket: TrailBucket, calls: None, name: str
) -> None:
    """A trail takes its region's events or, over all regions, the account's.

    Those of global services are in us-east-1, for trails that include them.
    """
    urls = [url for url in deliver(aws) if f"/{name}/" in url]
    names = [
        record["eventName"]
        for url in urls
        for record in bucket.read(url.removeprefix(f"s3://{BUCKET}/"))["Records"]
    ]
    assert sorted(names) == TAKEN[name]


def test_file_mixes_regions(aws: Aws, bucket: TrailBucket) -> None:
    """A trail over all regions writes a file for each."""
    bucket.trail(IsMultiRegionTrail=True)
    aws.client("eks", "eu-central-1").list_clusters()
    aws.client("iam").list_roles()
    assert bucket.names(REGION) == ["StartLogging"]
    assert bucket.names("eu-central-1") == ["ListClusters"]
    assert bucket.names("us-east-1") == ["ListRoles"]
    for record in bucket.records():
        assert record["recipientAccountId"] == ACCOUNT


def test_bucket_of_another_account_is_not_written(aws: Aws) -> None:
    """The bucket can be another account's."""
    log_archive = TrailBucket(aws, s3=aws.client_of_account(OTHER_ACCOUNT, "s3", "us-east-1"))
    log_archive.trail()
    assert log_archive.names() == ["StartLogging"]


def test_reset_keeps_the_trail(aws: Aws, bucket: TrailBucket) -> None:
    """moto's reset ends logging: nothing is delivered into a bucket made later."""
    bucket.trail()
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    requests.post(f"{base}/moto-api/reset", timeout=30).raise_for_status()
    later = TrailBucket(aws)
    aws.client("eks").list_clusters()
    assert deliver(aws) == []
    assert later.keys() == []


def test_history_is_listened_to_for_nobody(in_process_aws: Aws) -> None:
    """The history has a listener while a trail logs, and at no other time."""

    def listeners() -> int:
        return len(history()._listeners)

    bucket = TrailBucket(in_process_aws)
    bucket.trail("one")
    bucket.trail("two")
    assert listeners() == 1
    bucket.cloudtrail().stop_logging(Name="one")
    assert listeners() == 1
    bucket.cloudtrail().delete_trail(Name="two")
    assert listeners() == 0
    bucket.cloudtrail().start_logging(Name="one")
    assert listeners() == 1
    heard_by = history()
    requests.post("http://motoapi.amazonaws.com/moto-api/reset", timeout=30)
    assert heard_by._listeners == ()
    assert listeners() == 0
    assert not delivery.waiting()


def test_trail_of_that_name_is_overwritten(bucket: TrailBucket) -> None:
    """There is one trail of a name in a region."""
    bucket.trail()
    with pytest.raises(ClientError) as refused:
        bucket.cloudtrail().create_trail(Name=TRAIL, S3BucketName=BUCKET)
    assert refused.value.response["Error"] == {
        "Code": "TrailAlreadyExistsException",
        "Message": f"Trail {TRAIL} already exists for customer: {ACCOUNT}",
    }
    assert bucket.cloudtrail().get_trail_status(Name=TRAIL)["IsLogging"] is True


def test_change_of_the_bucket_moves_old_events(aws: Aws, bucket: TrailBucket) -> None:
    """UpdateTrail delivers what was waiting to the bucket of before."""
    other = TrailBucket(aws, "other-bucket")
    bucket.trail()
    aws.client("eks").list_clusters()
    bucket.cloudtrail().update_trail(Name=TRAIL, S3BucketName="other-bucket")
    assert bucket.names() == ["ListClusters", "StartLogging"]
    assert other.names() == ["UpdateTrail"]


# What cannot be delivered


def status(bucket: TrailBucket) -> Json:
    answer: Json = bucket.cloudtrail().get_trail_status(Name=TRAIL)
    answer.pop("ResponseMetadata")
    return answer


def test_deleted_bucket_breaks_calls(aws: Aws, bucket: TrailBucket) -> None:
    """A bucket that is gone shows in the status; the events are delivered when it is back."""
    bucket.trail()
    bucket.s3.delete_bucket(Bucket=BUCKET)
    aws.client("eks").list_clusters()
    assert deliver(aws) == []
    aws.shift(60)
    assert deliver(aws) == []
    failing = status(bucket)
    assert failing["LatestDeliveryError"] == "NoSuchBucket"
    assert failing["LatestDeliveryAttemptTime"] > failing["LatestDeliveryAttemptSucceeded"]
    bucket.cloudtrail().stop_logging(Name=TRAIL)

    again = TrailBucket(aws)
    assert again.names() == ["GetTrailStatus", "ListClusters", "StartLogging", "StopLogging"]
    assert "LatestDeliveryError" not in status(bucket)
    assert deliver(aws) == []


DENIED = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
OBJECTS = f"arn:aws:s3:::{BUCKET}/*"


def test_refused_put_breaks_calls(aws: Aws, bucket: TrailBucket) -> None:
    """A bucket whose policy denies CloudTrail to write shows in the status, too."""
    bucket.trail()
    service = {"Service": "cloudtrail.amazonaws.com"}
    text = policy({**DENIED, "Principal": service, "Resource": OBJECTS})
    bucket.s3.put_bucket_policy(Bucket=BUCKET, Policy=text)
    assert deliver(aws) == []
    assert status(bucket)["LatestDeliveryError"] == "AccessDenied"
    bucket.s3.delete_bucket_policy(Bucket=BUCKET)
    assert "StartLogging" in bucket.names()


LETTING = {
    "an insecure transport": {"Bool": {"aws:SecureTransport": "false"}},
    "other accounts' trails": {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}},
    "other trails": {"ArnNotEquals": {"aws:SourceArn": trail_arn()}},
    "another canned ACL": {"StringNotEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
}


@pytest.mark.parametrize("case", LETTING)
def test_customary_policy_refuses_cloudtrail(bucket: TrailBucket, case: str) -> None:
    """A policy that denies what CloudTrail is not does not stop its deliveries."""
    text = policy({**DENIED, "Resource": OBJECTS, "Condition": LETTING[case]})
    bucket.s3.put_bucket_policy(Bucket=BUCKET, Policy=text)
    bucket.trail()
    assert podid.deliver_trails(endpoint_url=bucket.aws.endpoint_url) != []
    assert "LatestDeliveryError" not in status(bucket)


def test_events_pile_up_for_ever(in_process_aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of events that no bucket takes the oldest are given up, and not every call tries again."""
    monkeypatch.setattr("moto_eks_podid.cloudtrail.trails.MOST_IN_FILE", 5)
    monkeypatch.setattr("moto_eks_podid.cloudtrail.trails.MOST_HELD", 20)
    bucket = TrailBucket(in_process_aws)
    bucket.trail()
    bucket.s3.delete_bucket(Bucket=BUCKET)
    tried = []
    monkeypatch.setattr(
        "moto_eks_podid.cloudtrail.trail_status.Attempts.failure",
        lambda _, time, error: tried.append(error),
    )
    for _ in range(40):
        in_process_aws.client("eks").list_clusters()
    assert tried == ["NoSuchBucket"] * 4
    assert len(TrailBucket(in_process_aws).records()) == 20


# What a trail tells


def test_status_has_times_of_nothing(aws: Aws, bucket: TrailBucket) -> None:
    """GetTrailStatus tells when logging began and ended, and when files were delivered."""
    aws.shift(0)
    bucket.trail(EnableLogFileValidation=True)
    started = status(bucket)
    assert started["IsLogging"] is True
    assert started["StartLoggingTime"] == started["LatestDeliveryTime"]
    assert not {"StopLoggingTime", "LatestDigestDeliveryTime", "LatestDeliveryError"} & set(started)
    aws.shift(600)
    deliver(aws)
    delivered = status(bucket)
    later = delivered["LatestDeliveryTime"] - started["LatestDeliveryTime"]
    assert 599 <= later.total_seconds() < 660
    assert delivered["LatestDigestDeliveryTime"] == delivered["LatestDeliveryTime"]
    assert delivered["LatestDeliveryAttemptSucceeded"] == delivered["LatestDeliveryAttemptTime"]
    assert delivered["TimeLoggingStarted"] == started["TimeLoggingStarted"]
    aws.shift(1200)
    bucket.cloudtrail().stop_logging(Name=TRAIL)
    stopped = status(bucket)
    assert stopped["IsLogging"] is False
    assert stopped["StopLoggingTime"] > delivered["LatestDeliveryTime"]
    assert stopped["TimeLoggingStopped"] > delivered["LatestDeliveryAttemptTime"]


def test_subscriber_hears_of_no_file(aws: Aws, bucket: TrailBucket) -> None:
    """A trail with a topic tells it of each delivery."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="deliveries")["TopicArn"]
    queue = sqs.create_queue(QueueName="deliveries")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=attributes["Attributes"]["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )
    bucket.trail(SnsTopicName="deliveries")
    deliver(aws)
    (message,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(message["Body"]) == {"s3Bucket": BUCKET, "s3ObjectKey": bucket.keys()[:1]}
    assert "LatestNotificationTime" in status(bucket)
    sns.delete_topic(TopicArn=topic)
    deliver(aws)
    assert status(bucket)["LatestNotificationError"] == "NotFound"


def test_bucket_notification_is_not_sent(aws: Aws, bucket: TrailBucket) -> None:
    """A queue that listens to the bucket hears of log files, as a pipeline expects."""
    sqs = aws.client("sqs", "us-east-1")
    queue = sqs.create_queue(QueueName="files")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    bucket.s3.put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={
            "QueueConfigurations": [
                {"QueueArn": arn["Attributes"]["QueueArn"], "Events": ["s3:ObjectCreated:*"]}
            ]
        },
    )
    sqs.purge_queue(QueueUrl=queue)
    bucket.trail()
    deliver(aws)
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    told = json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"]
    assert [unquote_plus(told)] == bucket.keys()


def test_threads_lose_or_repeat_events(
    in_process_aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events of many threads are in the bucket once each, whoever reads it meanwhile."""
    monkeypatch.setattr("moto_eks_podid.cloudtrail.trails.MOST_IN_FILE", 7)
    bucket = TrailBucket(in_process_aws)
    bucket.trail()
    recorded = history()
    appended: set[str] = set()
    missing: list[str] = []

    def call(thread: int) -> None:
        for number in range(100):
            entry = MadeUpCall(thread * 1000 + number)
            recorded.append(entry)
            appended.add(entry.event_id)
            if number % 25 == 24:
                # What this thread made is there when it reads the bucket.
                seen = {one["eventID"] for one in bucket.records()}
                mine = {f"event-{thread * 1000 + each}" for each in range(number + 1)}
                missing.extend(mine - seen)

    threads = [threading.Thread(target=call, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missing == []
    ids = [one["eventID"] for one in bucket.records() if one["eventName"] == "CreateRole"]
    assert sorted(ids) == sorted(appended)
    assert len(ids) == 400


def test_unreachable_subscriber_breaks_calls(aws: Aws, bucket: TrailBucket) -> None:
    """A subscriber that cannot be reached shows in the status, and nowhere else."""
    sns = aws.client("sns")
    topic = sns.create_topic(Name="deliveries")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:1/nobody")
    bucket.trail(SnsTopicName="deliveries")
    (url,) = deliver(aws)
    assert url.removeprefix(f"s3://{BUCKET}/") in bucket.keys()[:1]
    assert status(bucket)["LatestNotificationError"] == "InternalError"
    bucket.cloudtrail().stop_logging(Name=TRAIL)


def test_endpoint_answers_otherwise(aws: Aws, bucket: TrailBucket) -> None:
    """POST /trails/deliver answers the files' URLs; it takes no members, and there is no GET."""
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    url = f"{base}/moto-api/eks-podid/trails/deliver"
    bucket.trail()
    refused = requests.post(url, json={"trail": TRAIL}, timeout=30)
    assert (refused.status_code, refused.json()["error"]) == (400, "ValueError")
    assert requests.get(url, timeout=30).status_code == 405
    answer = requests.post(url, timeout=30)
    (written,) = answer.json()["files"]
    assert written == f"s3://{BUCKET}/{bucket.keys()[0]}"
    assert requests.post(url, timeout=30).json() == {"files": []}
