"""EventBridge rules get the events of calls while a trail takes them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, REGION, Aws

import moto_eks_podid as podid
from moto_eks_podid.cloudtrail import event_bus
from tests.cloudtrail.trail_bucket import TRAIL, TrailBucket

Json = dict[str, Any]

ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
CALLS: Json = {"detail-type": ["AWS API Call via CloudTrail"]}
ENVELOPE = [
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Listener:
    """Rules with queues, and what arrives in them."""

    def __init__(self, aws: Aws, region: str = REGION) -> None:
        self.aws = aws
        self.region = region
        self.events = aws.client("events", region)
        self.sqs = aws.client("sqs", region)

    def queue(self, name: str) -> str:
        self.sqs.create_queue(QueueName=name)
        return f"arn:aws:sqs:{self.region}:{ACCOUNT}:{name}"

    def rule(
        self,
        name: str = "calls",
        pattern: Json = CALLS,
        state: str = "ENABLED",
        bus: str = "default",
        **target: Any,
    ) -> None:
        """A rule whose target is a queue of its name, if no other target is given."""
        target.setdefault("Arn", self.queue(name))
        self.events.put_rule(
            Name=name, EventPattern=json.dumps(pattern), State=state, EventBusName=bus
        )
        self.events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": name, **target}])

    def texts(self, name: str = "calls") -> list[str]:
        """The bodies in a queue, which is empty then."""
        url = f"https://queue.amazonaws.com/{ACCOUNT}/{name}"
        found = []
        while more := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in more:
                found.append(message["Body"])
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def received(self, name: str = "calls") -> list[Json]:
        return [json.loads(text) for text in self.texts(name)]

    def names(self, name: str = "calls") -> list[str]:
        return [event["detail"]["eventName"] for event in self.received(name)]


@pytest.fixture
def listener(aws: Aws) -> Listener:
    """A listener, while a trail logs the management events of all regions."""
    TrailBucket(aws).trail(IsMultiRegionTrail=True)
    return Listener(aws)


def test_rule_gets_another_envelope(aws: Aws, listener: Listener) -> None:
    """A rule gets AWS's envelope, in its order, around the record of the call."""
    listener.rule()
    listener.texts()
    aws.create_cluster()
    (event,) = listener.received()
    (record,) = podid.cloudtrail_records(endpoint_url=aws.endpoint_url, event_name="CreateCluster")
    assert list(event) == ENVELOPE
    assert UUID.fullmatch(event.pop("id"))
    assert event == {
        "version": "0",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.eks",
        "account": ACCOUNT,
        "time": record["eventTime"],
        "region": REGION,
        "resources": [],
        "detail": record,
    }
    assert list(event["detail"]) == list(record)


def call(aws: Aws) -> None:
    """Calls that count as changes and as reading, by name or by record."""
    sts = aws.client("sts")
    aws.create_cluster()
    aws.client("eks").describe_cluster(name="prod-blue")
    sts.get_session_token()
    sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/x", RoleSessionName="session")
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key, Plaintext=b"x")


CHANGES = ["CreateCluster", "GetSessionToken", "CreateKey", "Encrypt"]
EVERYTHING = [
    "CreateCluster",
    "DescribeCluster",
    "GetSessionToken",
    "AssumeRole",
    "CreateKey",
    "Encrypt",
]
BY_STATE = {"ENABLED": CHANGES, ALL_EVENTS: EVERYTHING, "DISABLED": []}


@pytest.mark.parametrize("state", BY_STATE)
def test_state_of_the_rule_counts_for_nothing(aws: Aws, listener: Listener, state: str) -> None:
    """A rule that is enabled gets changes, one for all management events reads, too."""
    listener.rule(state=state)
    listener.texts()
    call(aws)
    seen = [name for name in listener.names() if name != "ReceiveMessage"]
    assert sorted(seen) == sorted(BY_STATE[state])


def test_rule_disabled_later_is_heard(aws: Aws, listener: Listener) -> None:
    """DisableRule and EnableRule take effect at once."""
    pattern = {**CALLS, "source": ["aws.eks"]}
    listener.rule(pattern=pattern)
    listener.events.disable_rule(Name="calls")
    aws.create_cluster("one")
    listener.events.enable_rule(Name="calls")
    aws.create_cluster("two")
    (event,) = listener.received()
    assert event["detail"]["requestParameters"]["name"] == "two"


PATTERNS: dict[str, tuple[Json, list[str]]] = {
    "a source": ({"source": ["aws.eks"]}, ["CreateCluster"]),
    "a name": ({**CALLS, "detail": {"eventName": ["CreateKey"]}}, ["CreateKey"]),
    "a caller": (
        {"detail": {"userIdentity": {"userName": ["moto"]}, "eventName": [{"prefix": "Enc"}]}},
        ["Encrypt"],
    ),
    "a time": ({"time": [{"prefix": "20"}], "source": ["aws.eks"]}, ["CreateCluster"]),
    "an account": ({"account": [ACCOUNT], "source": ["aws.eks"]}, ["CreateCluster"]),
    "another account": ({"account": [OTHER_ACCOUNT]}, []),
    "another type": ({"detail-type": ["AWS Service Event via CloudTrail"]}, []),
}


@pytest.mark.parametrize("case", PATTERNS)
def test_pattern_matches_others(aws: Aws, listener: Listener, case: str) -> None:
    """The rule's pattern chooses, with all members of the envelope."""
    pattern, expected = PATTERNS[case]
    listener.rule(pattern=pattern)
    call(aws)
    assert listener.names() == expected


def test_event_comes_without_a_trail(aws: Aws) -> None:
    """Without a trail that logs there are no events; the last one is that it stops."""
    listener = Listener(aws)
    listener.rule(pattern={"source": ["aws.eks", "aws.cloudtrail"]})
    aws.create_cluster("none")
    assert listener.names() == []
    bucket = TrailBucket(aws)
    bucket.trail()
    aws.create_cluster("one")
    bucket.cloudtrail().stop_logging(Name=TRAIL)
    aws.create_cluster("two")
    assert listener.names() == ["StartLogging", "CreateCluster", "StopLogging"]


def test_event_that_no_trail_takes_comes(aws: Aws) -> None:
    """A trail of another region, or one that leaves management events out, lets none through."""
    listener = Listener(aws)
    listener.rule(pattern={"source": ["aws.eks", "aws.s3"]})
    bucket = TrailBucket(aws)
    bucket.trail("elsewhere", "us-east-1")
    aws.create_cluster("none")
    bucket.trail()
    bucket.cloudtrail().put_event_selectors(
        TrailName=TRAIL,
        EventSelectors=[
            {
                "IncludeManagementEvents": False,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::orders/"]}],
            }
        ],
    )
    aws.create_cluster("none-either")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="orders", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="orders", Key="a", Body=b"a")
    s3.get_object(Bucket="orders", Key="a")
    assert listener.names() == ["PutObject", "GetObject"]


def test_iam_is_heard_everywhere(aws: Aws, listener: Listener) -> None:
    """Events of IAM are on the bus of us-east-1 alone."""
    leader = Listener(aws, "us-east-1")
    for one in (listener, leader):
        one.rule(pattern={**CALLS, "source": ["aws.iam"]})
    aws.create_role()
    assert listener.names() == []
    assert leader.names() == ["CreateRole"]


def test_account_hears_another(aws: Aws, listener: Listener) -> None:
    """An account's bus has its own events: a call across accounts is on both."""
    listener.rule(pattern={**CALLS, "source": ["aws.sts"]}, state=ALL_EVENTS)
    aws.client_of_account(OTHER_ACCOUNT, "eks").list_clusters()
    (event,) = listener.received()
    assert event["account"] == event["detail"]["recipientAccountId"] == ACCOUNT


# Targets


def test_custom_bus_hears_by_itself(aws: Aws, listener: Listener) -> None:
    """A custom bus gets what a rule of the default bus sends to it, with the same envelope."""
    arn = listener.events.create_event_bus(Name="audit")["EventBusArn"]
    listener.rule("audit", {"source": ["aws.eks"]}, bus="audit")
    aws.create_cluster("before")
    assert listener.received("audit") == []
    listener.rule("direct", {"source": ["aws.eks"]})
    listener.rule("forward", {"source": ["aws.eks"]}, Arn=arn)
    aws.create_cluster()
    assert listener.received("audit") == listener.received("direct") != []


def test_buses_send_to_each_other_for_ever(aws: Aws, listener: Listener) -> None:
    """An event that comes back to a bus has been there already."""
    audit = listener.events.create_event_bus(Name="audit")["EventBusArn"]
    pattern = {"source": ["aws.eks"]}
    listener.rule("there", pattern, Arn=audit)
    listener.rule("back", pattern, bus="audit", Arn=audit.replace("/audit", "/default"))
    listener.rule("heard", pattern)
    aws.create_cluster()
    assert listener.names("heard") == ["CreateCluster"]


def test_transformer_is_left_out(aws: Aws, listener: Listener) -> None:
    """A target with a transformer gets what that makes of the event."""
    listener.rule(
        pattern={"source": ["aws.eks"]},
        InputTransformer={
            "InputPathsMap": {"who": "$.account", "what": "$.detail.eventName"},
            "InputTemplate": '{"text": "<who> called <what>"}',
        },
    )
    aws.create_cluster()
    assert listener.received() == [{"text": f"{ACCOUNT} called CreateCluster"}]


def test_log_group_gets_nothing(aws: Aws, listener: Listener) -> None:
    """A log group gets the envelope, through moto's own delivery."""
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/audit/calls")
    listener.rule(
        pattern={"source": ["aws.eks"]},
        Arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/audit/calls",
    )
    aws.create_cluster()
    (found,) = logs.filter_log_events(logGroupName="/audit/calls")["events"]
    event = json.loads(found["message"])
    assert list(event) == ENVELOPE
    assert event["time"] == event["detail"]["eventTime"]


def test_topic_gets_nothing(aws: Aws, listener: Listener) -> None:
    """A topic gets the envelope: the usual way to an alarm."""
    sns = aws.client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=listener.queue("inbox"),
        Attributes={"RawMessageDelivery": "true"},
    )
    listener.rule(pattern={"source": ["aws.eks"]}, Arn=topic)
    aws.create_cluster()
    (event,) = listener.received("inbox")
    assert list(event) == ENVELOPE


BROKEN = {
    "a queue that is gone": f"arn:aws:sqs:{REGION}:{ACCOUNT}:gone",
    "a topic that is gone": f"arn:aws:sns:{REGION}:{ACCOUNT}:gone",
    "a function that is gone": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:gone",
    "a state machine that is gone": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:gone",
    "a log group that is gone": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:gone",
    "a bus that is gone": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/gone",
    "an account without EventBridge": f"arn:aws:events:{REGION}:{OTHER_ACCOUNT}:event-bus/default",
    "a kind that moto lacks": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/calls",
    "half an ARN": f"arn:aws:sqs:{REGION}",
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_target_breaks_calls(aws: Aws, listener: Listener, case: str) -> None:
    """A target that cannot be delivered to breaks neither the call nor the other rules."""
    pattern = {"source": ["aws.eks"]}
    listener.rule("broken", pattern, Arn=BROKEN[case])
    listener.rule("whole", pattern)
    aws.create_cluster()
    assert listener.names("whole") == ["CreateCluster"]


def test_schedule_gets_calls(in_process_aws: Aws) -> None:
    """A rule with a schedule, and so without a pattern, gets no call."""
    TrailBucket(in_process_aws).trail()
    listener = Listener(in_process_aws)
    listener.events.put_rule(Name="hourly", ScheduleExpression="rate(1 hours)")
    target = {"Id": "queue", "Arn": listener.queue("hourly")}
    listener.events.put_targets(Rule="hourly", Targets=[target])
    in_process_aws.create_cluster()
    assert listener.received("hourly") == []


def test_target_that_calls_is_called_for_ever(
    in_process_aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls that a target makes while it is delivered to are events, but go to no rule."""
    TrailBucket(in_process_aws).trail()
    listener = Listener(in_process_aws)
    pattern = {"source": ["aws.eks"], "detail": {"eventName": ["CreateCluster"]}}
    listener.rule(pattern=pattern, Arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:loop")
    called = []

    def make_another(rule: Any, arn: str, message: str) -> None:
        called.append(json.loads(message)["detail"]["requestParameters"]["name"])
        in_process_aws.create_cluster(f"made-by-target-{len(called)}")

    monkeypatch.setattr(event_bus, "_DIRECT", {"lambda": make_another})
    in_process_aws.create_cluster()
    assert called == ["prod-blue"]
    assert len(podid.cloudtrail_records(event_name="CreateCluster")) == 2


def test_listener_misses_the_shared_event(aws: Aws, listener: Listener) -> None:
    """What a rule gets of a call between accounts has the id that both accounts' records share."""
    listener.rule(state=ALL_EVENTS, pattern={"detail": {"eventName": ["AssumeRole"]}})
    listener.texts()
    aws.client_of_account(OTHER_ACCOUNT, "sqs")
    (event,) = listener.received()
    ours, theirs = podid.cloudtrail_records(
        endpoint_url=aws.endpoint_url, event_name="AssumeRole", region=REGION
    )
    assert event["detail"]["sharedEventID"] == ours["sharedEventID"] == theirs["sharedEventID"]
