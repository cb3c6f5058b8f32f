"""Failures on purpose: what an application does when AWS throttles, hangs up or is late."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

import moto_eks_podid as podid


@podid.mock_aws
def test_throttled_pod_gets_its_credentials() -> None:
    """The SDK tries again when EKS Auth throttles a node, as it does when many pods start."""
    eks, iam = boto3.client("eks", "us-west-2"), boto3.client("iam")
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=POD_TRUST)["Role"]["Arn"]
    eks.create_cluster(name="prod-blue", roleArn=role, resourcesVpcConfig={})
    eks.create_pod_identity_association(
        clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role
    )
    token = podid.service_account_token("prod-blue", "shop", "cart")

    retries = Config(retries={"mode": "standard", "total_max_attempts": 3})
    eks_auth = boto3.client("eks-auth", "us-west-2", config=retries)
    with podid.inject("eks-auth", error="ThrottlingException", times=2) as throttling:
        answer = eks_auth.assume_role_for_pod_identity(clusterName="prod-blue", token=token)

    assert answer["ResponseMetadata"]["RetryAttempts"] == throttling.struck == 2
    seen = [record.get("errorCode") for record in podid.cloudtrail_records()[:4]]
    assert seen.count("ThrottlingException") == 2


POD_TRUST = """{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"]}}"""


@podid.mock_aws
def test_expired_credentials_surface() -> None:
    """Credentials that end early are refused in the words of each service."""
    with podid.inject("s3", expired=True):
        with pytest.raises(ClientError, match=r"\(ExpiredToken\).*provided token has expired"):
            boto3.client("s3").list_buckets()

    with podid.inject("secretsmanager", expired=True):
        with pytest.raises(ClientError, match=r"\(ExpiredTokenException\)"):
            boto3.client("secretsmanager", "us-west-2").list_secrets()


@podid.mock_aws
def test_dropped_connection_is_survived() -> None:
    """The SDK tries again when the connection drops, and an upload happens once."""
    s3 = boto3.client("s3", config=Config(retries={"mode": "standard"}))
    s3.create_bucket(Bucket="goods")

    with podid.inject("s3", operation="PutObject", dropped=True) as drop:
        s3.put_object(Bucket="goods", Key="cart", Body=b"1")

    assert drop.struck == 1
    assert len(podid.cloudtrail_records(event_name="PutObject")) == 1


@podid.mock_aws
def test_slow_service_is_given_up() -> None:
    """A client gives up when its read timeout is over; the service has done its work."""
    impatient = Config(read_timeout=0.1, retries={"total_max_attempts": 1})
    sqs = boto3.client("sqs", "us-west-2", config=impatient)

    with podid.inject("sqs", latency=60), pytest.raises(ReadTimeoutError):
        sqs.create_queue(QueueName="orders")

    assert len(sqs.list_queues()["QueueUrls"]) == 1
