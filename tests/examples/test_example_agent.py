"""An agent of one's own: an SDK that asks it, and the node that it runs on."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import CredentialRetrievalError

import moto_eks_podid as podid

REGION = "us-west-2"


def trust(service: str) -> str:
    """A trust policy for a service."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def create_cluster_with_an_association() -> None:
    role = boto3.client("iam", region_name=REGION).create_role(
        RoleName="cart-reader", AssumeRolePolicyDocument=trust("pods.eks.amazonaws.com")
    )["Role"]["Arn"]
    eks = boto3.client("eks", region_name=REGION)
    eks.create_cluster(name="prod-blue", roleArn=role, resourcesVpcConfig={})
    eks.create_pod_identity_association(
        clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role
    )


@podid.mock_aws
def test_sdk_asks_the_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_cluster_with_an_association()
    token_file = tmp_path / "eks-pod-identity-token"
    token_file.write_text(podid.service_account_token("prod-blue", "shop", "cart"))

    with podid.PodIdentityAgent("prod-blue") as agent, monkeypatch.context() as pod:
        pod.delenv("AWS_ACCESS_KEY_ID")
        pod.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url)
        pod.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token_file))
        caller = boto3.Session().client("sts", region_name=REGION).get_caller_identity()

    assert ":assumed-role/cart-reader/eks-prod-blue-cart-" in caller["Arn"]


@podid.mock_aws(config={"eks_podid": {"iam_enforcement": "sessions"}})
def test_node_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_cluster_with_an_association()
    boto3.client("iam", region_name=REGION).create_role(
        RoleName="bare-node", AssumeRolePolicyDocument=trust("ec2.amazonaws.com")
    )
    token = podid.service_account_token("prod-blue", "shop", "cart")

    with podid.PodIdentityAgent("prod-blue", node_role="bare-node") as agent:
        with monkeypatch.context() as pod:
            pod.delenv("AWS_ACCESS_KEY_ID")
            pod.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url)
            pod.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", token)
            with pytest.raises(CredentialRetrievalError) as caught:
                boto3.Session().client("sts", region_name=REGION)

    assert "not authorized to perform: eks-auth:AssumeRoleForPodIdentity" in str(caught.value)
    # boto3 asks three times.
    record, *_ = podid.cloudtrail_records(event_name="AssumeRoleForPodIdentity")
    assert record["errorCode"] == "AccessDenied"
    assert "/bare-node/i-" in record["userIdentity"]["arn"]
