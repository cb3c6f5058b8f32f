"""What EKS does to a pod at its creation, tested on the pod's manifest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import yaml

import moto_eks_podid as podid

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec:
      serviceAccountName: cart
      containers:
      - name: app
        image: registry.example/cart:1
      - name: proxy
        image: registry.example/proxy:1
        env:
        - {name: AWS_REGION, value: eu-central-1}
"""

TRUST = """{"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"]}]}"""


@pytest.fixture
def role() -> Iterator[str]:
    """A cluster, and a role that pods may have."""
    with podid.mock_aws():
        boto3.client("eks", "us-west-2").create_cluster(
            name="prod-blue",
            roleArn="arn:aws:iam::123456789012:role/eks-cluster",
            resourcesVpcConfig={},
        )
        iam = boto3.client("iam", "us-west-2")
        made = iam.create_role(RoleName="cart-reader", AssumeRolePolicyDocument=TRUST)
        yield made["Role"]["Arn"]


def variables(patch: list[dict[str, Any]], container: str) -> dict[str, str]:
    """Return the environment of a container as the patch leaves it."""
    [containers] = [entry["value"] for entry in patch if entry["path"] == "/spec/containers"]
    [found] = [entry for entry in containers if entry["name"] == container]
    return {variable["name"]: variable["value"] for variable in found["env"]}


def test_deployment_gets_credentials(role: str) -> None:
    """The deployment's pods get what the association promises."""
    template = yaml.safe_load(DEPLOYMENT)["spec"]["template"]
    assert podid.mutate_pod(template, namespace="shop") == []  # nobody associated it yet

    boto3.client("eks", "us-west-2").create_pod_identity_association(
        clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role
    )
    patch = podid.mutate_pod(template, namespace="shop")
    app = variables(patch, "app")
    assert app["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == "http://169.254.170.23/v1/credentials"
    assert app["AWS_REGION"] == "us-west-2"
    # What the manifest sets itself stays.
    assert variables(patch, "proxy")["AWS_REGION"] == "eu-central-1"


def test_role_in_an_annotation(role: str) -> None:
    """The same template with IRSA: the service account's annotation names the role."""
    template = yaml.safe_load(DEPLOYMENT)["spec"]["template"]
    patch = podid.mutate_pod(
        template,
        namespace="shop",
        service_account_annotations={"eks.amazonaws.com/role-arn": role},
    )
    assert variables(patch, "app")["AWS_ROLE_ARN"] == role


def test_without_a_cluster() -> None:
    """Who is associated can be said in the form of the webhook's identities file."""
    template = yaml.safe_load(DEPLOYMENT)["spec"]["template"]
    associated = {"identities": [{"namespace": "shop", "serviceAccount": "cart"}]}
    assert podid.mutate_pod(template, namespace="shop", identities=associated)
    assert not podid.mutate_pod(template, namespace="till", identities=associated)
