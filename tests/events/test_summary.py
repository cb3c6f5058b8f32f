from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from recorded_calls import (
    ACCOUNT,
    ASSUME_FOR_POD,
    ASSUME_FOR_POD_RECORD,
    POD,
    POD_SESSION,
    PODS_SERVICE,
    REGION,
    SERVICE_CALL,
    USER,
    a_call,
    at,
)

from moto_eks_podid.events.call import CallDetails
from moto_eks_podid.events.identities import (
    AWSAccount,
    Root,
    SAMLUser,
    WebIdentityUser,
    user_name_of,
)
from moto_eks_podid.events.record import build
from moto_eks_podid.events.resource_names import NAMED_BY_PARAMETERS, ONLY_WITH, RESOURCE_NAMES
from moto_eks_podid.events.summary import lookup_event, parse_time


def resources(details: CallDetails) -> list[tuple[str, str]]:
    entry = lookup_event(build(details))
    assert all(list(item) == ["ResourceType", "ResourceName"] for item in entry["Resources"])
    return [(item["ResourceType"], item["ResourceName"]) for item in entry["Resources"]]


def test_agents_call_is_listed_otherwise() -> None:
    """AssumeRoleForPodIdentity is listed under the instance, and names the cluster although its
    record has no resources."""
    entry = lookup_event(build(ASSUME_FOR_POD))
    text = entry.pop("CloudTrailEvent")
    assert list(entry.items()) == [
        ("EventId", "0b7f0f9e-53e6-4a0c-9f51-1f6f5a1e7c22"),
        ("EventName", "AssumeRoleForPodIdentity"),
        ("ReadOnly", "true"),
        ("AccessKeyId", "ASIAEXAMPLENODEKEY1"),
        ("EventTime", datetime(2026, 3, 1, 9, tzinfo=timezone.utc)),
        ("EventSource", "eks-auth.amazonaws.com"),
        ("Username", "i-0abc1234def567890"),
        ("Resources", [{"ResourceType": "AWS::EKS::Cluster", "ResourceName": "prod-blue"}]),
    ]
    assert text == json.dumps(ASSUME_FOR_POD_RECORD, separators=(",", ":"))


def test_call_of_eks_is_listed_otherwise() -> None:
    """The AssumeRole that EKS makes has neither user nor key; its resources are the issued key,
    the session by its three names, and the role."""
    entry = lookup_event(build(SERVICE_CALL))
    entry.pop("CloudTrailEvent")
    assert list(entry.items()) == [
        ("EventId", "8164df1a-e944-36e0-9b1c-2b7a6f1d5c33"),
        ("EventName", "AssumeRole"),
        ("ReadOnly", "true"),
        ("EventTime", datetime(2026, 3, 1, 9, tzinfo=timezone.utc)),
        ("EventSource", "sts.amazonaws.com"),
        (
            "Resources",
            [
                {"ResourceType": "AWS::IAM::AccessKey", "ResourceName": "ASIAEXAMPLEKEYID0001"},
                {
                    "ResourceType": "AWS::STS::AssumedRole",
                    "ResourceName": (
                        f"arn:aws:sts::111122223333:assumed-role/cart-reader/{POD_SESSION}"
                    ),
                },
                {
                    "ResourceType": "AWS::STS::AssumedRole",
                    "ResourceName": f"AROAEXAMPLEROLEID0001:{POD_SESSION}",
                },
                {"ResourceType": "AWS::STS::AssumedRole", "ResourceName": POD_SESSION},
                {
                    "ResourceType": "AWS::IAM::Role",
                    "ResourceName": "arn:aws:iam::111122223333:role/cart-reader",
                },
            ],
        ),
    ]


IDENTITIES = (
    (USER, "dana", "AKIAEXAMPLEUSERKEY01"),
    (POD, POD_SESSION, "ASIAEXAMPLEKEYID0001"),
    (Root(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, "AKIAROOT"), "root", "AKIAROOT"),
    (PODS_SERVICE, None, None),
    (AWSAccount("AROAEXAMPLE:hop", ACCOUNT), None, None),
    (
        WebIdentityUser("arn:provider", "audience", "system:serviceaccount:shop:cart"),
        "system:serviceaccount:shop:cart",
        None,
    ),
    (WebIdentityUser(None, None, None), None, None),
    (SAMLUser("qualifier", "dana@example.com"), "dana@example.com", None),
)


@pytest.mark.parametrize(("identity", "user_name", "access_key_id"), IDENTITIES)
def test_unknown_user_is_listed(
    identity: Any, user_name: str | None, access_key_id: str | None
) -> None:
    """Username and AccessKeyId are absent, and not null, where there is none; the history's own
    index of names agrees."""
    entry = lookup_event(build(a_call("sts", "GetCallerIdentity", identity=identity)))
    assert entry.get("Username", "absent") == (user_name or "absent")
    assert entry.get("AccessKeyId", "absent") == (access_key_id or "absent")
    assert user_name_of(identity) == user_name


def test_writing_call_is_listed_as_reading() -> None:
    """ReadOnly is a text, and Resources an empty list where there are none."""
    entry = lookup_event(build(a_call("ssm", "PutParameter", parameters={"Name": "p"})))
    assert entry["ReadOnly"] == "false"
    assert lookup_event(build(a_call("eks", "ListClusters")))["Resources"] == []


ARN = f"arn:aws:iam::{ACCOUNT}"
RESOURCES = (
    (
        a_call(
            "eks",
            "CreatePodIdentityAssociation",
            parameters={"clusterName": "prod-blue"},
            results={
                "association": {"associationId": "a-1", "associationArn": "arn:aws:eks:r:a:p/a-1"}
            },
        ),
        [
            ("AWS::EKS::Cluster", "prod-blue"),
            ("AWS::EKS::PodIdentityAssociation", "a-1"),
            ("AWS::EKS::PodIdentityAssociation", "arn:aws:eks:r:a:p/a-1"),
        ],
    ),
    (
        a_call(
            "eks",
            "DeletePodIdentityAssociation",
            parameters={"clusterName": "prod-blue", "associationId": "a-1"},
            results={"association": {"associationId": "a-1"}},
        ),
        [("AWS::EKS::Cluster", "prod-blue"), ("AWS::EKS::PodIdentityAssociation", "a-1")],
    ),
    (
        a_call(
            "iam",
            "AttachRolePolicy",
            parameters={"RoleName": "cart-reader", "PolicyArn": f"{ARN}:policy/p"},
        ),
        [("AWS::IAM::Policy", f"{ARN}:policy/p"), ("AWS::IAM::Role", "cart-reader")],
    ),
    (
        a_call(
            "iam",
            "CreateAccessKey",
            parameters={"UserName": "dana"},
            results={"AccessKey": {"AccessKeyId": "AKIANEW", "CreateDate": at(9)}},
        ),
        [("AWS::IAM::User", "dana"), ("AWS::IAM::AccessKey", "AKIANEW")],
    ),
    (a_call("s3", "CreateBucket", parameters={"Bucket": "b"}), [("AWS::S3::Bucket", "b")]),
    (
        a_call("secretsmanager", "GetSecretValue", parameters={"SecretId": "db"}),
        [("AWS::SecretsManager::Secret", "db")],
    ),
    (
        a_call(
            "secretsmanager",
            "CreateSecret",
            parameters={"Name": "db"},
            results={"ARN": "arn:db", "Name": "db"},
        ),
        [("AWS::SecretsManager::Secret", "db"), ("AWS::SecretsManager::Secret", "arn:db")],
    ),
    (
        a_call("kms", "DescribeKey", parameters={"KeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"}),
        [("AWS::KMS::Key", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k")],
    ),
    (
        a_call("dynamodb", "DescribeTable", parameters={"TableName": "carts"}),
        [("AWS::DynamoDB::Table", "carts")],
    ),
    (
        a_call(
            "sqs", "CreateQueue", parameters={"QueueName": "q"}, results={"QueueUrl": "https://q"}
        ),
        [("AWS::SQS::Queue", "q"), ("AWS::SQS::Queue", "https://q")],
    ),
    (
        a_call("sns", "CreateTopic", parameters={"Name": "t"}, results={"TopicArn": "arn:t"}),
        [("AWS::SNS::Topic", "arn:t")],
    ),
    (
        a_call("lambda", "DeleteFunction", parameters={"FunctionName": "f"}),
        [("AWS::Lambda::Function", "f")],
    ),
    (
        a_call("ec2", "StopInstances", parameters={"InstanceIds": ["i-1", "i-2"]}),
        [("AWS::EC2::Instance", "i-1"), ("AWS::EC2::Instance", "i-2")],
    ),
    (
        a_call("cloudtrail", "StartLogging", parameters={"Name": "main"}),
        [("AWS::CloudTrail::Trail", "main")],
    ),
    (
        replace(SERVICE_CALL, results=None, error_code="AccessDenied"),
        [
            ("AWS::STS::AssumedRole", POD_SESSION),
            ("AWS::IAM::Role", "arn:aws:iam::111122223333:role/cart-reader"),
        ],
    ),
)


@pytest.mark.parametrize(("details", "expected"), RESOURCES)
def test_other_resources_are_listed(details: CallDetails, expected: list[tuple[str, str]]) -> None:
    """Resources are found by the names in parameters and results, each once."""
    assert resources(details) == expected


def test_table_of_resource_names_is_misspelt() -> None:
    """Paths begin in the elements of a record, and types are CloudFormation's."""
    for source, rows in RESOURCE_NAMES.items():
        assert source.endswith(".amazonaws.com")
        for path, kind in rows:
            assert path.split(".")[0] in ("requestParameters", "responseElements")
            assert kind.startswith("AWS::")
            assert kind.count("::") == 2
    assert all(path in dict(RESOURCE_NAMES[source]) for source, path in ONLY_WITH)
    assert set(RESOURCE_NAMES) >= NAMED_BY_PARAMETERS


NO_TIMES = (
    "",
    "2026-03-01",
    "2026-03-01T09:00:00",
    "2026-03-01T09:00:00.5Z",
    "2026-13-01T09:00:00Z",
)


@pytest.mark.parametrize("text", NO_TIMES)
def test_no_time_is_a_time(text: str) -> None:
    """Only the form of records is a time."""
    with pytest.raises(ValueError, match=r"not the time of an event|month"):
        parse_time(text)


def test_foreign_record_breaks_the_list() -> None:
    """Records that others wrote, with elements of another form, are listed as well."""
    record = {
        "eventID": "e",
        "eventName": "AssumeRole",
        "eventTime": "2026-03-01T09:00:00Z",
        "eventSource": "sts.amazonaws.com",
        "userIdentity": None,
        "requestParameters": "text",
        "responseElements": [{"credentials": {"accessKeyId": "ASIA1"}}, 7],
    }
    entry = lookup_event(record)
    assert entry["Resources"] == [{"ResourceType": "AWS::IAM::AccessKey", "ResourceName": "ASIA1"}]
    assert "Username" not in entry
