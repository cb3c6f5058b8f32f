"""From a cluster to a pod's credentials, and what they carry."""

from __future__ import annotations

import json

import boto3

import moto_eks_podid as podid

REGION = "us-west-2"

TRUST_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ],
}


@podid.mock_aws
def test_a_pod_gets_credentials() -> None:
    """A pod of an associated service account gets credentials that carry its six tags."""
    # What the administrator does: a role, a cluster, an association.
    role = boto3.client("iam", REGION).create_role(
        RoleName="cart-reader", AssumeRolePolicyDocument=json.dumps(TRUST_POLICY)
    )["Role"]
    eks = boto3.client("eks", REGION)
    eks.create_cluster(
        name="prod-blue",
        roleArn="arn:aws:iam::123456789012:role/eks-cluster",
        resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
    )
    association = eks.create_pod_identity_association(
        clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role["Arn"]
    )["association"]

    # What the API server and the node agent do for the pod: a token, exchanged for credentials.
    token = podid.service_account_token("prod-blue", "shop", "cart", pod_name="cart-7c9d6-x2k9m")
    answer = boto3.client("eks-auth", REGION).assume_role_for_pod_identity(
        clusterName="prod-blue", token=token
    )

    # What the pod does with them.
    credentials = answer["credentials"]
    sts = boto3.client(
        "sts",
        REGION,
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials["sessionToken"],
    )
    arn = sts.get_caller_identity()["Arn"]
    assert arn.startswith(
        "arn:aws:sts::123456789012:assumed-role/cart-reader/eks-prod-blue-cart-7c9d6-"
    )

    # What STS recorded.
    [session] = podid.role_sessions(access_key_id=credentials["accessKeyId"])
    assert session.arn == arn
    assert session.association_arn == association["associationArn"]
    assert session.tags["eks-cluster-name"] == "prod-blue"
    assert session.tags["kubernetes-namespace"] == "shop"
    assert session.tags["kubernetes-service-account"] == "cart"
    assert session.tags["kubernetes-pod-name"] == "cart-7c9d6-x2k9m"
    assert session.transitive_tag_keys == tuple(session.tags)
