"""What the sides need of AWS: clients, a cluster, a role, associations and the pods' tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

ACCOUNT = "123456789012"
REGION = "us-west-2"
CLUSTER = "prod-blue"
NAMESPACE = "shop"

TRUST_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ],
    }
)


def client(
    service: str,
    endpoint_url: str | None = None,
    *,
    access_key_id: str = "testing",
    secret_access_key: str = "testing",
    session_token: str | None = None,
) -> Any:
    """Return a boto3 client, with credentials that nobody owns unless some are given."""
    make: Any = boto3.client
    return make(
        service,
        region_name=REGION,
        endpoint_url=endpoint_url,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        aws_session_token=session_token,
    )


@contextmanager
def mock(*, plugin: bool) -> Iterator[None]:
    """Run a mock, with the plugin or as moto has it."""
    from moto import mock_aws

    if plugin:
        import moto_eks_podid

        moto_eks_podid.install()
    with mock_aws():
        yield


def create_role(
    endpoint_url: str | None = None, *, name: str = "cart-reader", iam: Any = None
) -> str:
    """Create a role that pods may assume, and return its ARN."""
    role = (iam or client("iam", endpoint_url)).create_role(
        RoleName=name, AssumeRolePolicyDocument=TRUST_POLICY
    )
    return str(role["Role"]["Arn"])


def create_cluster(endpoint_url: str | None = None) -> None:
    """Create the cluster."""
    client("eks", endpoint_url).create_cluster(
        name=CLUSTER,
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/cluster",
        resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
    )


def associate(role_arn: str, service_account: str, endpoint_url: str | None = None) -> str:
    """Associate a service account with the role, and return the association's id."""
    association = client("eks", endpoint_url).create_pod_identity_association(
        clusterName=CLUSTER, namespace=NAMESPACE, serviceAccount=service_account, roleArn=role_arn
    )
    return str(association["association"]["associationId"])


def token(service_account: str, endpoint_url: str | None = None) -> str:
    """Return the token of a pod of that service account."""
    from moto_eks_podid import service_account_token

    return service_account_token(CLUSTER, NAMESPACE, service_account, endpoint_url=endpoint_url)
