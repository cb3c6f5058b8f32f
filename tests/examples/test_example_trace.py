"""From a call back to the pod."""

from __future__ import annotations

import boto3

import moto_eks_podid as podid

TRUST = """{"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"]
}]}"""


@podid.mock_aws()
def test_who_read_the_order() -> None:
    """The record of a call leads back to the pod that made it."""
    eks = boto3.client("eks", "us-west-2")
    eks.create_cluster(
        name="prod-blue",
        roleArn="arn:aws:iam::123456789012:role/eks-cluster",
        resourcesVpcConfig={},
    )
    role = boto3.client("iam").create_role(RoleName="cart-reader", AssumeRolePolicyDocument=TRUST)[
        "Role"
    ]["Arn"]
    eks.create_pod_identity_association(
        clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role
    )
    token = podid.service_account_token("prod-blue", "shop", "cart", pod_name="cart-0")
    credentials = boto3.client("eks-auth", "us-west-2").assume_role_for_pod_identity(
        clusterName="prod-blue", token=token
    )["credentials"]

    # The code under test calls AWS with the pod's credentials.
    boto3.client(
        "s3",
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials["sessionToken"],
    ).create_bucket(Bucket="orders")

    [record] = podid.cloudtrail_records(event_name="CreateBucket")
    origin = podid.trace(record)
    assert origin is not None
    assert (origin.cluster_name, origin.namespace) == ("prod-blue", "shop")
    assert (origin.service_account, origin.pod_name) == ("cart", "cart-0")
    assert origin == podid.trace(credentials["accessKeyId"])
