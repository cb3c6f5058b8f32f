"""Associations with a target role in another account, and with a session policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import moto_eks_podid as podid

REGION = "us-west-2"
ACCOUNT, DATA_ACCOUNT = "123456789012", "444455556666"
SOURCE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart-source"
TARGET_ROLE = f"arn:aws:iam::{DATA_ACCOUNT}:role/cart-data"
EXTERNAL_ID = f"{REGION}/{ACCOUNT}/prod-blue/shop/cart"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def iam_of(account_id: str) -> Any:
    """An IAM client of another account: moto gives out admin credentials for the asking."""
    admin = boto3.client("sts", REGION).assume_role(
        RoleArn=f"arn:aws:iam::{account_id}:role/admin", RoleSessionName="admin"
    )["Credentials"]
    return boto3.client(
        "iam",
        REGION,
        aws_access_key_id=admin["AccessKeyId"],
        aws_secret_access_key=admin["SecretAccessKey"],
        aws_session_token=admin["SessionToken"],
    )


@pytest.fixture
def eks() -> Iterator[Any]:
    """A cluster, a source role in its account, and a target role in another."""
    with podid.mock_aws():
        iam = boto3.client("iam", REGION)
        # EKS assumes the source role. Its own policy lets it assume the target role, tags included.
        pods = {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
        iam.create_role(RoleName="cart-source", AssumeRolePolicyDocument=policy(pods))
        hop = {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Resource": TARGET_ROLE,
        }
        iam.put_role_policy(
            RoleName="cart-source", PolicyName="assume-target", PolicyDocument=policy(hop)
        )
        # The target role trusts the source role, for this pod and with the association's external
        # id.
        assume = {
            "Effect": "Allow",
            "Principal": {"AWS": SOURCE_ROLE},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {
                    "sts:ExternalId": EXTERNAL_ID,
                    "aws:RequestTag/kubernetes-namespace": "shop",
                }
            },
        }
        tag = {"Effect": "Allow", "Principal": {"AWS": SOURCE_ROLE}, "Action": "sts:TagSession"}
        iam_of(DATA_ACCOUNT).create_role(
            RoleName="cart-data", AssumeRolePolicyDocument=policy(assume, tag)
        )
        eks = boto3.client("eks", REGION)
        eks.create_cluster(name="prod-blue", roleArn=SOURCE_ROLE, resourcesVpcConfig={})
        yield eks


def associate(eks: Any, **more: Any) -> dict[str, Any]:
    return eks.create_pod_identity_association(
        clusterName="prod-blue",
        namespace="shop",
        serviceAccount="cart",
        roleArn=SOURCE_ROLE,
        targetRoleArn=TARGET_ROLE,
        **more,
    )["association"]


def assume() -> dict[str, Any]:
    token = podid.service_account_token("prod-blue", "shop", "cart")
    return boto3.client("eks-auth", REGION).assume_role_for_pod_identity(
        clusterName="prod-blue", token=token
    )


def test_a_target_role_in_another_account(eks: Any) -> None:
    """The pod gets the target role, for one hour; the tags reach it through the source role."""
    association = associate(eks)
    assert association["externalId"] == EXTERNAL_ID

    answer = assume()
    assert answer["assumedRoleUser"]["arn"].startswith(
        f"arn:aws:sts::{DATA_ACCOUNT}:assumed-role/cart-data/eks-prod-blue-"
    )

    [target] = podid.role_sessions(access_key_id=answer["credentials"]["accessKeyId"])
    assert (target.expires_at - target.issued_at).total_seconds() == 3600
    assert target.external_id == EXTERNAL_ID
    assert target.association_arn == association["associationArn"]

    [source] = podid.role_sessions(access_key_id=target.parent_access_key_id)
    assert source.role_arn == SOURCE_ROLE
    assert target.tags == source.tags
    assert target.tags["kubernetes-namespace"] == "shop"


def test_a_target_role_that_expects_another_external_id(eks: Any) -> None:
    """When the target role refuses, the pod gets no session at all, the source role's neither."""
    association = associate(eks)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": SOURCE_ROLE},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"sts:ExternalId": "made-up"}},
    }
    iam_of(DATA_ACCOUNT).update_assume_role_policy(
        RoleName="cart-data", PolicyDocument=policy(trust)
    )

    with pytest.raises(ClientError, match="Unauthorized Exception!"):
        assume()
    assert podid.role_sessions(association_arn=association["associationArn"]) == []


def test_a_session_policy(eks: Any) -> None:
    """A session policy needs session tags off; it narrows the target role's session alone."""
    read_only = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    with pytest.raises(ClientError) as refused:
        associate(eks, policy=read_only)
    assert refused.value.response["Error"]["Message"] == (
        "When policy is specified, disableSessionTags must be set to true"
    )

    associate(eks, policy=read_only, disableSessionTags=True)
    # Without tags there is no aws:RequestTag to test: the external id has to do.
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": SOURCE_ROLE},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    }
    iam_of(DATA_ACCOUNT).update_assume_role_policy(
        RoleName="cart-data", PolicyDocument=policy(trust)
    )

    key = assume()["credentials"]["accessKeyId"]
    [target] = podid.role_sessions(access_key_id=key)
    [source] = podid.role_sessions(access_key_id=target.parent_access_key_id)
    assert target.policy == read_only
    assert source.policy is None
    assert target.tags == {}
