"""Ways to use the plugin in a test's own process: decorator, fixture, unittest, time, settings."""

from __future__ import annotations

import json
import unittest
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError
from freezegun import freeze_time
from moto import mock_aws

import moto_eks_podid as podid

REGION = "us-west-2"


def create_cart_pod(role_name: str = "cart-reader") -> None:
    """Make cluster prod-blue, a role, and an association of shop/cart with it."""
    trust_policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        },
    }
    role = boto3.client("iam", REGION).create_role(
        RoleName=role_name, AssumeRolePolicyDocument=json.dumps(trust_policy)
    )["Role"]
    eks = boto3.client("eks", REGION)
    eks.create_cluster(name="prod-blue", roleArn=role["Arn"], resourcesVpcConfig={})
    eks.create_pod_identity_association(
        clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role["Arn"]
    )


def assume(token: str) -> dict[str, Any]:
    """Do what the node agent does with a pod's token."""
    eks_auth = boto3.client("eks-auth", REGION)
    return eks_auth.assume_role_for_pod_identity(clusterName="prod-blue", token=token)


def sts_of(credentials: dict[str, Any]) -> Any:
    """An STS client that holds a pod's credentials."""
    return boto3.client(
        "sts",
        REGION,
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials["sessionToken"],
    )


@podid.mock_aws
def test_with_the_decorator() -> None:
    """The decorator of this package needs no other set-up."""
    create_cart_pod()
    answer = assume(podid.service_account_token("prod-blue", "shop", "cart"))
    assert answer["subject"] == {"namespace": "shop", "serviceAccount": "cart"}


@mock_aws
def test_with_motos_own_decorator() -> None:
    """Under pytest, moto's decorator has the plugin in it already."""
    create_cart_pod()
    assert assume(podid.service_account_token("prod-blue", "shop", "cart"))


@pytest.fixture
def cart_pod_token() -> Iterator[str]:
    with podid.mock_aws():
        create_cart_pod()
        yield podid.service_account_token("prod-blue", "shop", "cart")


def test_with_a_fixture(cart_pod_token: str) -> None:
    """A fixture holds the mock open for as long as the test runs."""
    assert assume(cart_pod_token)["audience"] == "pods.eks.amazonaws.com"


@podid.mock_aws
class TestWithUnittest(unittest.TestCase):
    """A decorated class mocks setUp and each test; what setUp makes is there in the test."""

    def setUp(self) -> None:
        create_cart_pod()

    def test_the_pod_gets_credentials(self) -> None:
        """The pod gets credentials whose keys begin as those of STS do."""
        answer = assume(podid.service_account_token("prod-blue", "shop", "cart"))
        assert answer["credentials"]["accessKeyId"].startswith("ASIA")


@podid.mock_aws
def test_a_token_expires_under_freezegun() -> None:
    """A token is refused from the second on that its `exp` names."""
    with freeze_time("2026-03-01 12:00:00") as clock:
        create_cart_pod()
        token = podid.service_account_token("prod-blue", "shop", "cart", expires_in=3600)
        clock.tick(timedelta(minutes=59, seconds=59))
        assert assume(token)
        clock.tick(timedelta(seconds=1))
        with pytest.raises(ClientError) as refused:
            assume(token)
    assert refused.value.response["Error"] == {
        "Code": "ExpiredTokenException",
        "Message": "The token included in the request is expired: current date/time "
        "2026-03-01T13:00:00.000000000Z must be before the expiration date/time "
        "2026-03-01T13:00:00Z.",
    }


@podid.mock_aws
def test_credentials_expire_under_time_machine() -> None:
    """A pod's credentials last six hours."""
    with time_machine.travel("2026-03-01 12:00:00+00:00", tick=False) as clock:
        create_cart_pod()
        answer = assume(podid.service_account_token("prod-blue", "shop", "cart"))
        sts = sts_of(answer["credentials"])
        clock.shift(timedelta(hours=5, minutes=59))
        assert sts.get_caller_identity()["Account"] == "123456789012"
        clock.shift(timedelta(minutes=1))
        with pytest.raises(ClientError) as refused:
            sts.get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "ExpiredToken"


@podid.mock_aws(config={"eks_podid": {"validate_role": False}})
def test_with_a_setting() -> None:
    """A setting relaxes one check, for one mock: this role does not exist."""
    eks = boto3.client("eks", REGION)
    eks.create_cluster(
        name="prod-blue",
        roleArn="arn:aws:iam::123456789012:role/eks-cluster",
        resourcesVpcConfig={},
    )
    association = eks.create_pod_identity_association(
        clusterName="prod-blue",
        namespace="shop",
        serviceAccount="cart",
        roleArn="arn:aws:iam::123456789012:role/made-elsewhere",
    )["association"]
    assert association["roleArn"] == "arn:aws:iam::123456789012:role/made-elsewhere"
