"""A role's policies, tried on many calls that nobody makes."""

from __future__ import annotations

import json

import boto3
import pytest

import moto_eks_podid as podid

POD_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        },
    }
)
NAMESPACE = "aws:PrincipalTag/kubernetes-namespace"
OWN_FOLDER_ONLY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::orders/${" + NAMESPACE + "}/*",
        },
    }
)


@pytest.mark.parametrize(
    ("namespace", "action", "key", "expected"),
    [
        ("shop", "s3:GetObject", "shop/march.json", "allowed"),
        ("shop", "s3:PutObject", "shop/march.json", "allowed"),
        ("shop", "s3:GetObject", "bank/march.json", "implicitDeny"),
        ("bank", "s3:GetObject", "bank/march.json", "allowed"),
        ("bank", "s3:DeleteObject", "bank/march.json", "implicitDeny"),
    ],
)
@podid.mock_aws
def test_pods_keep_to_their_folder(namespace: str, action: str, key: str, expected: str) -> None:
    iam = boto3.client("iam")
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=POD_TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName="reader", PolicyName="own", PolicyDocument=OWN_FOLDER_ONLY)

    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=role,
        ActionNames=[action],
        ResourceArns=[f"arn:aws:s3:::orders/{key}"],
        ContextEntries=[
            {
                "ContextKeyName": NAMESPACE,
                "ContextKeyValues": [namespace],
                "ContextKeyType": "string",
            }
        ],
    )["EvaluationResults"]
    assert result["EvalDecision"] == expected


@podid.mock_aws
def test_policy_needs_the_session_tag() -> None:
    iam = boto3.client("iam")
    needed = iam.get_context_keys_for_custom_policy(PolicyInputList=[OWN_FOLDER_ONLY])
    assert needed["ContextKeyNames"] == [NAMESPACE]
