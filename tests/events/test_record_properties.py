from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_calls import (
    MEMBERS,
    NODE,
    POD,
    PODS_SERVICE,
    PROTOCOLS,
    SOMETIMES,
    USER,
    WEB_USER,
    a_call,
)

from moto_eks_podid.events.call import HIDDEN, CallDetails, Map
from moto_eks_podid.events.identities import AWSAccount, Root, WebIdentityUser
from moto_eks_podid.events.record import build
from moto_eks_podid.events.summary import lookup_event

OPERATIONS = {
    "appsync": ["CreateApiKey", "ListApiKeys"],
    "cloudformation": ["CreateStack"],
    "cloudtrail": ["LookupEvents", "CreateTrail"],
    "codepipeline": ["CreatePipeline"],
    "cognito-idp": ["SignUp", "AdminGetUser"],
    "dynamodb": ["GetItem", "PutItem", "BatchWriteItem", "CreateTable"],
    "ec2": ["RunInstances", "DescribeInstances"],
    "eks": ["CreatePodIdentityAssociation", "TagResource", "ListClusters"],
    "eks-auth": ["AssumeRoleForPodIdentity"],
    "elasticache": ["CreateUser"],
    "elbv2": ["CreateLoadBalancer"],
    "iam": ["CreateUser", "CreateAccessKey", "GetRole"],
    "kinesis": ["PutRecord"],
    "kms": ["Decrypt", "Encrypt", "CreateKey"],
    "lambda": ["CreateFunction", "Invoke"],
    "memorydb": ["CreateUser"],
    "mq": ["CreateUser"],
    "rds": ["CreateDBInstance"],
    "s3": ["GetObject", "PutObject", "ListBuckets", "PutBucketPolicy", "CreateSession"],
    "secretsmanager": ["CreateSecret", "GetSecretValue"],
    "sns": ["Publish", "CreateTopic"],
    "sqs": ["SendMessage", "ReceiveMessage"],
    "ssm": ["PutParameter", "GetParameter"],
    "sts": ["AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity", "GetSessionToken"],
}

#: Names of members that no service shows.
ALWAYS_SECRET = (
    "SecretAccessKey",
    "WebIdentityToken",
    "Password",
    "MasterUserPassword",
    "ClientSecret",
    "SecretString",
    "SecretBinary",
    "PrivateKey",
    "AccessToken",
    "RefreshToken",
    "SAMLAssertion",
)
MARK = "s3cr3t-mark"

names = st.sampled_from(
    [
        "Bucket",
        "Key",
        "Policy",
        "RoleArn",
        "TableName",
        "RequestItems",
        "QueueUrl",
        "FunctionName",
        "KeyId",
        "KeyMetadata",
        "Tags",
        "principalArn",
        "clusterName",
        "resourceArn",
        "InstanceIds",
        "ACL",
        "x",
    ]
) | st.text(max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.datetimes(
        min_value=datetime(1900, 1, 1),
        max_value=datetime(2200, 1, 1),
        timezones=st.none() | st.just(timezone.utc),
    )
    | st.just(HIDDEN)
    | st.builds(object)
)
secrets = st.dictionaries(
    st.sampled_from(ALWAYS_SECRET), st.just(MARK) | st.just(MARK.encode()), min_size=1, max_size=2
)
values = st.recursive(
    scalars | secrets,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(names, inner, max_size=4)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3).map(Map)
    ),
    max_leaves=12,
)
members = st.dictionaries(names, values, max_size=5)
identities = st.sampled_from(
    [
        USER,
        NODE,
        POD,
        replace(POD, invoked_by="pods.eks.amazonaws.com"),
        PODS_SERVICE,
        WEB_USER,
        WebIdentityUser(None, None, None),
        AWSAccount("AROAEXAMPLE:hop", "111122223333"),
        Root("arn:aws:iam::111122223333:root", "111122223333", "AKIAEXAMPLE"),
    ]
)


@st.composite
def calls(draw: Any) -> CallDetails:
    service = draw(st.sampled_from(sorted(PROTOCOLS)))
    return a_call(
        service,
        draw(st.sampled_from(OPERATIONS[service])),
        identity=draw(identities),
        event_time=draw(
            st.datetimes(min_value=datetime(1971, 1, 1), timezones=st.just(timezone.utc))
        ),
        region=draw(st.sampled_from(["us-west-2", "cn-north-1", "us-gov-west-1", ""])),
        host=draw(st.none() | st.text(max_size=20)),
        signed_with=draw(st.sampled_from([None, "AuthHeader", "QueryString"])),
        query=tuple(
            draw(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3))
        ),
        user_agent=draw(st.text(max_size=2000)),
        parameters=draw(st.none() | members | secrets),
        results=draw(st.none() | members | secrets),
        error_code=draw(st.none() | st.text(max_size=1500)),
        error_message=draw(st.none() | st.text(max_size=1500)),
        api_version=draw(st.sampled_from([None, "2012-08-10"])),
        shared_event_id=draw(st.sampled_from([None, "2d1f5c3a-9c44-4f0e-8b5f-6a7b8c9d0e1f"])),
        parameters_too_large=draw(st.booleans()),
        results_too_large=draw(st.booleans()),
    )


STEADY = settings(max_examples=150)


@STEADY
@given(calls())
def test_call_breaks_its_record(details: CallDetails) -> None:
    """Any call gives a record of strict JSON within the limits, its members in AWS's order,
    without secrets, and an entry of LookupEvents that holds it."""
    record = build(details)
    text = json.dumps(record, allow_nan=False)
    assert len(text) <= 256 * 1024
    assert json.loads(text) == record
    assert MARK not in text
    assert [name for name in MEMBERS if name in record] == list(record)
    assert set(MEMBERS) - set(record) <= SOMETIMES
    entry = lookup_event(record)
    assert json.loads(entry["CloudTrailEvent"]) == record
    assert build(details) == record


@pytest.mark.parametrize("side", ["parameters", "results"])
@pytest.mark.parametrize("depth", range(6))
def test_deep_secret_is_in_the_record(side: str, depth: int) -> None:
    """A secret is hidden at any depth, in structures, lists and maps."""
    nested: Any = dict.fromkeys(ALWAYS_SECRET, MARK)
    for level in range(depth):
        nested = ({"In": [nested]}, {"In": Map(key=nested)}, {"In": nested})[level % 3]
    for service, operations in OPERATIONS.items():
        for operation in operations:
            record = build(a_call(service, operation, **{side: nested}))
            assert MARK not in json.dumps(record)
