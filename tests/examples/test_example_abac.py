"""Policies that test the tags of pods: each recipe allows one pod and refuses its neighbour."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import moto_eks_podid as podid

TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"],
}

OWN_OBJECTS = {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:GetObjectTagging"],
    "Resource": "arn:aws:s3:::orders/*",
    "Condition": {
        "StringEquals": {
            "s3:ExistingObjectTag/namespace": "${aws:PrincipalTag/kubernetes-namespace}",
        }
    },
}
OWN_PREFIX = {
    "Effect": "Allow",
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::orders/${aws:PrincipalTag/kubernetes-namespace}/*",
}
OWN_ROWS = {
    "Effect": "Allow",
    "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
    "Resource": "arn:aws:dynamodb:*:*:table/carts",
    "Condition": {
        "ForAllValues:StringEquals": {
            "dynamodb:LeadingKeys": "${aws:PrincipalTag/kubernetes-service-account}"
        },
        "Null": {"dynamodb:LeadingKeys": "false"},
    },
}
ONE_CLUSTER = {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:PrincipalTag/eks-cluster-name": "prod-blue"}},
}


def clients(namespace: str, service_account: str) -> tuple[Any, Any]:
    """S3 and DynamoDB for a pod."""
    eks = boto3.client("eks", "us-west-2")
    eks.create_pod_identity_association(
        clusterName="prod-blue",
        namespace=namespace,
        serviceAccount=service_account,
        roleArn="arn:aws:iam::123456789012:role/shared",
    )
    given = boto3.client("eks-auth", "us-west-2").assume_role_for_pod_identity(
        clusterName="prod-blue",
        token=podid.service_account_token("prod-blue", namespace, service_account),
    )["credentials"]
    session = boto3.Session(
        given["accessKeyId"], given["secretAccessKey"], given["sessionToken"], "us-west-2"
    )
    return session.client("s3"), session.client("dynamodb")


@podid.mock_aws(config={"eks_podid": {"iam_enforcement": "sessions"}})
def test_neighbours_share_a_role() -> None:
    """With one role, pods reach what is theirs by tag, by prefix and by key."""
    iam, eks = boto3.client("iam"), boto3.client("eks", "us-west-2")
    role = iam.create_role(
        RoleName="shared",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]}),
    )["Role"]["Arn"]
    statements = [OWN_OBJECTS, OWN_PREFIX, OWN_ROWS, ONE_CLUSTER]
    iam.put_role_policy(
        RoleName="shared",
        PolicyName="own",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
    eks.create_cluster(name="prod-blue", roleArn=role, resourcesVpcConfig={})
    bucket = boto3.client("s3", "us-east-1")
    bucket.create_bucket(Bucket="orders")
    bucket.put_object(Bucket="orders", Key="shared", Body=b"x", Tagging="namespace=shop")
    boto3.client("dynamodb", "us-west-2").create_table(
        TableName="carts",
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    s3, dynamodb = clients("shop", "cart")
    s3.get_object(Bucket="orders", Key="shared")
    s3.put_object(Bucket="orders", Key="shop/1", Body=b"x")
    dynamodb.put_item(TableName="carts", Item={"owner": {"S": "cart"}})

    s3, dynamodb = clients("kitchen", "chef")
    with pytest.raises(ClientError, match="s3:GetObject"):
        s3.get_object(Bucket="orders", Key="shared")
    with pytest.raises(ClientError, match="s3:PutObject"):
        s3.put_object(Bucket="orders", Key="shop/2", Body=b"x")
    with pytest.raises(ClientError, match="dynamodb:GetItem"):
        dynamodb.get_item(TableName="carts", Key={"owner": {"S": "cart"}})
