"""An application that is tested as it runs in its pod."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

import moto_eks_podid as podid

if TYPE_CHECKING:
    from moto_eks_podid.fixtures import AsPod, MakePodIdentity, TestAws


def newest_order() -> str:
    """The application: it knows nothing of pods, and makes its clients as it does in production."""
    body = boto3.client("s3").get_object(Bucket="orders", Key="newest")["Body"].read()
    return str(json.loads(body)["id"])


TRUST_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        },
    }
)
ORDERS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders/*"}


def test_with_fixtures(as_pod: AsPod, pod_identity_aws: TestAws) -> None:
    """Three lines: the bucket of the test, the pod, the application."""
    s3 = pod_identity_aws.client("s3")
    s3.create_bucket(Bucket="orders")
    s3.put_object(Bucket="orders", Key="newest", Body=b'{"id": "o-1"}')

    as_pod("shop", "cart", policy=ORDERS)

    assert newest_order() == "o-1"
    with pytest.raises(ClientError, match="not authorized to perform: s3:DeleteObject"):
        boto3.client("s3").delete_object(Bucket="orders", Key="newest")


@podid.mock_aws
def test_with_a_block() -> None:
    """The same by hand: what stands outside of the block is the test's, inside it is the pod's."""
    iam, eks = boto3.client("iam"), boto3.client("eks", "us-west-2")
    role = iam.create_role(RoleName="cart", AssumeRolePolicyDocument=TRUST_POLICY)["Role"]
    eks.create_cluster(name="prod-blue", roleArn=role["Arn"], resourcesVpcConfig={})
    eks.create_pod_identity_association(
        clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role["Arn"]
    )

    with podid.run_as_pod("prod-blue", "shop", "cart") as pod:
        assert pod.pod_name.startswith("cart-")
        arn = boto3.client("sts").get_caller_identity()["Arn"]

    assert arn.startswith("arn:aws:sts::123456789012:assumed-role/cart/eks-prod-blue-cart-")
    assert boto3.client("sts").get_caller_identity()["Arn"] != arn


@pytest.mark.pod_identity_server
def test_with_another_process(pod_identity: MakePodIdentity) -> None:
    """A process of its own, in whatever language, is given the pod's environment."""
    with pod_identity("shop", "cart").pod() as pod:
        script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=dict(pod.environ),
            capture_output=True,
            text=True,
            check=True,
        )
    assert ":assumed-role/shop-cart/" in done.stdout
