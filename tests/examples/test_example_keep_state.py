"""Keep what a pod was given when a mock, or a server, ends and another begins."""

from __future__ import annotations

import json
import os
from pathlib import Path

import boto3

import moto_eks_podid as podid

REGION = "us-west-2"
TRUST_POLICY = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    },
}


def test_a_token_survives_a_restart(tmp_path: Path) -> None:
    """What one mock exports, the next one imports: tokens and credentials are as good as before."""
    file = tmp_path / "state.json"
    with podid.mock_aws():
        role = boto3.client("iam", REGION).create_role(
            RoleName="cart-reader", AssumeRolePolicyDocument=json.dumps(TRUST_POLICY)
        )["Role"]["Arn"]
        eks = boto3.client("eks", REGION)
        eks.create_cluster(name="prod-blue", roleArn=role, resourcesVpcConfig={})
        eks.create_pod_identity_association(
            clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role
        )
        token = podid.service_account_token("prod-blue", "shop", "cart", pod_name="cart-0")
        credentials = boto3.client("eks-auth", REGION).assume_role_for_pod_identity(
            clusterName="prod-blue", token=token
        )["credentials"]

        # The file has private keys in it.
        descriptor = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with open(descriptor, "w") as output:
            json.dump(podid.export_state(), output)

    with podid.mock_aws():
        podid.import_state(json.loads(file.read_text()))

        # The old token is exchanged for new credentials …
        boto3.client("eks-auth", REGION).assume_role_for_pod_identity(
            clusterName="prod-blue", token=token
        )
        # … and the old credentials are still the pod's.
        [session] = podid.role_sessions(access_key_id=credentials["accessKeyId"])
        assert session.tags["kubernetes-pod-name"] == "cart-0"
        origin = podid.trace(credentials["accessKeyId"])
        assert origin is not None
        assert origin.pod_name == "cart-0"
