"""What narrows a role's permissions: boundaries, session policies, explicit denies."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import ACCOUNT, Aws, Json, policy, statement
from judged import allow, bucket, deny, document, judge, pod, refused, role

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ANYBODY = policy(statement("sts:AssumeRole", "sts:TagSession", principal={"AWS": "*"}))


@pytest.fixture
def goods(aws: Aws) -> Any:
    s3 = bucket(aws, "goods")
    s3.put_object(Bucket="goods", Key="tea", Body=b"green")
    return s3


def test_aws_managed_policy_is_unknown(aws: Aws, goods: Any) -> None:
    """A role with AmazonS3ReadOnlyAccess reads every bucket and writes none."""
    reader = role(aws)
    iam = aws.client("iam")
    iam.attach_role_policy(RoleName="cart-reader", PolicyArn=READ_ONLY)
    attached = iam.list_attached_role_policies(RoleName="cart-reader")["AttachedPolicies"]
    assert attached == [{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": READ_ONLY}]
    assert iam.get_policy(PolicyArn=READ_ONLY)["Policy"]["DefaultVersionId"] == "v3"
    credentials = pod(aws, reader)
    judge(aws)
    client = aws.client_with(credentials, "s3")
    assert client.get_object(Bucket="goods", Key="tea")["Body"].read() == b"green"
    assert client.list_buckets()["Buckets"]
    with refused("AccessDenied", "because no identity-based policy allows the s3:PutObject action"):
        client.put_object(Bucket="goods", Key="tea", Body=b"black")


def test_policy_of_aws_that_does_not_exist_is_attached(aws: Aws) -> None:
    """There are as many AWS managed policies as AWS has."""
    role(aws)
    iam = aws.client("iam")
    for arn in (
        "arn:aws:iam::aws:policy/NoSuchPolicy",
        "arn:aws:iam::aws:policy/service-role/AmazonS3ReadOnlyAccess",
        "arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess",
    ):
        with refused("NoSuchEntity"):
            iam.attach_role_policy(RoleName="cart-reader", PolicyArn=arn)


#: Boundary -> what it says when it is in the way.
BOUNDARIES: dict[str, tuple[Json | str | None, str]] = {
    "silent": (
        allow("s3:List*"),
        "because no permissions boundary allows the s3:GetObject action",
    ),
    "denies": (
        deny("s3:GetObject"),
        "with an explicit deny in a permissions boundary",
    ),
    "allows": (allow("s3:*"), ""),
    "of AWS": (READ_ONLY, ""),
    "gone": (
        f"arn:aws:iam::{ACCOUNT}:policy/gone",
        "because no permissions boundary allows the s3:GetObject action",
    ),
}


@pytest.mark.parametrize("case", BOUNDARIES)
def test_boundary_is_not_kept_to(aws: Aws, goods: Any, case: str) -> None:
    """A role may do what both its policies and its permissions boundary allow."""
    boundary, message = BOUNDARIES[case]
    arn = boundary
    if isinstance(boundary, dict):
        made = aws.client("iam").create_policy(
            PolicyName="boundary", PolicyDocument=document(boundary)
        )
        arn = made["Policy"]["Arn"]
    credentials = pod(aws, role(aws, allow("s3:*"), PermissionsBoundary=arn))
    judge(aws)
    client = aws.client_with(credentials, "s3")
    if not message:
        client.get_object(Bucket="goods", Key="tea")
        return
    with refused("AccessDenied", message, 403):
        client.get_object(Bucket="goods", Key="tea")


def test_session_policy_of_an_association_does_not_narrow(aws: Aws, goods: Any) -> None:
    """An association's session policy leaves of the role's permissions what both allow."""
    narrow = document(allow("s3:GetObject", on="arn:aws:s3:::goods/*"), allow("sqs:*"))
    credentials = pod(aws, role(aws, allow("s3:*")), disableSessionTags=True, policy=narrow)
    judge(aws)
    client = aws.client_with(credentials, "s3")
    client.get_object(Bucket="goods", Key="tea")
    with refused(
        "AccessDenied",
        'on resource: "arn:aws:s3:::goods/tea" because no session policy allows the '
        "s3:DeleteObject action",
    ):
        client.delete_object(Bucket="goods", Key="tea")
    with refused("AccessDenied", "because no identity-based policy allows the sqs:listqueues"):
        aws.client_with(credentials, "sqs").list_queues()


#: Arguments of AssumeRole -> what is said about s3:GetObject.
SESSION_POLICIES: dict[str, tuple[Json, str]] = {
    "policy": (
        {"Policy": document(allow("s3:List*"))},
        "because no session policy allows the s3:GetObject action",
    ),
    "denying policy": (
        {"Policy": document(allow("*"), deny("s3:Get*"))},
        "with an explicit deny in a session policy",
    ),
    "managed policy": ({"PolicyArns": [{"arn": READ_ONLY}]}, ""),
    "another managed policy": (
        {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"}]},
        "because no session policy allows the s3:GetObject action",
    ),
    "managed policy that is gone": (
        {"PolicyArns": [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/gone"}]},
        "because no session policy allows the s3:GetObject action",
    ),
    "two of which one allows": (
        {"PolicyArns": [{"arn": READ_ONLY}], "Policy": document(allow("sqs:*"))},
        "",
    ),
}


@pytest.mark.parametrize("case", SESSION_POLICIES)
def test_session_policy_does_not_narrow(aws: Aws, goods: Any, case: str) -> None:
    """What is passed with AssumeRole, a policy or ARNs of managed ones, narrows the session."""
    arguments, message = SESSION_POLICIES[case]
    arn = role(aws, allow("s3:*"), trust=ANYBODY)
    credentials = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="narrow", **arguments)[
        "Credentials"
    ]
    judge(aws)
    client = aws.client_with(credentials, "s3")
    if not message:
        client.get_object(Bucket="goods", Key="tea")
        return
    with refused("AccessDenied", message, 403):
        client.get_object(Bucket="goods", Key="tea")


def test_pod_that_is_denied_by_name_goes_on(aws: Aws, goods: Any) -> None:
    """An explicit deny on one pod's name stops this pod, and no other of the same role."""
    reader = role(
        aws,
        allow("s3:*"),
        deny("s3:*", StringEquals={"aws:PrincipalTag/kubernetes-pod-name": "cart-1"}),
    )
    stopped = pod(aws, reader, pod_name="cart-1")
    other = aws.assume(aws.token(pod_name="cart-2"))["credentials"]
    judge(aws)
    aws.client_with(other, "s3").get_object(Bucket="goods", Key="tea")
    with refused("AccessDenied", "with an explicit deny in an identity-based policy", 403):
        aws.client_with(stopped, "s3").get_object(Bucket="goods", Key="tea")
    with refused("AccessDenied", "s3:ListAllMyBuckets with an explicit deny"):
        aws.client_with(stopped, "s3").list_buckets()


def test_bucket_s_deny_is_overruled(aws: Aws, goods: Any) -> None:
    """A bucket's policy denies whom it names, whatever the role may do."""
    reader = role(aws, allow("s3:*"))
    goods.put_bucket_policy(
        Bucket="goods",
        Policy=policy(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::goods/*",
                "Condition": {
                    "StringNotEquals": {"aws:PrincipalTag/kubernetes-namespace": "kitchen"}
                },
            }
        ),
    )
    shop = pod(aws, reader)
    kitchen = pod(aws, reader, "kitchen", "cook")
    judge(aws)
    aws.client_with(kitchen, "s3").get_object(Bucket="goods", Key="tea")
    with refused("AccessDenied", "with an explicit deny in a resource-based policy", 403):
        aws.client_with(shop, "s3").get_object(Bucket="goods", Key="tea")


def test_bucket_may_not_let_a_session_in(aws: Aws, goods: Any) -> None:
    """Within one account a bucket's policy is enough, even for a role without policies."""
    reader = role(aws)
    goods.put_bucket_policy(
        Bucket="goods",
        Policy=policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": reader},
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::goods/*",
            }
        ),
    )
    credentials = pod(aws, reader)
    judge(aws)
    client = aws.client_with(credentials, "s3")
    client.get_object(Bucket="goods", Key="tea")
    with refused("AccessDenied", "because no identity-based policy allows the s3:PutObject"):
        client.put_object(Bucket="goods", Key="tea", Body=b"black")
