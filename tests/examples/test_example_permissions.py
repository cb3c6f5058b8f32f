"""A pod's permissions, as a test has them judged."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

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
OWN_NAMESPACE_ONLY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
            "Condition": {
                "StringEquals": {
                    "secretsmanager:ResourceTag/kubernetes-namespace": (
                        "${aws:PrincipalTag/kubernetes-namespace}"
                    )
                }
            },
        },
    }
)


def pod_session(namespace: str, role: str) -> boto3.Session:
    """A pod of that namespace, as its SDK would sign in."""
    eks, eks_auth = boto3.client("eks", "us-west-2"), boto3.client("eks-auth", "us-west-2")
    eks.create_pod_identity_association(
        clusterName="prod-blue", namespace=namespace, serviceAccount="reader", roleArn=role
    )
    token = podid.service_account_token("prod-blue", namespace, "reader")
    answer = eks_auth.assume_role_for_pod_identity(clusterName="prod-blue", token=token)
    given: Any = answer["credentials"]
    return boto3.Session(
        aws_access_key_id=given["accessKeyId"],
        aws_secret_access_key=given["secretAccessKey"],
        aws_session_token=given["sessionToken"],
        region_name="us-west-2",
    )


@podid.mock_aws(config={"eks_podid": {"iam_enforcement": "sessions"}})
def test_pod_reads_the_secrets_of_its_namespace_alone() -> None:
    """One role serves two namespaces, and neither reads the other's secret."""
    iam = boto3.client("iam")
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=POD_TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName="reader", PolicyName="own", PolicyDocument=OWN_NAMESPACE_ONLY)
    boto3.client("eks", "us-west-2").create_cluster(
        name="prod-blue", roleArn=role, resourcesVpcConfig={}
    )
    for namespace in ("dev", "qa"):
        boto3.client("secretsmanager", "us-west-2").create_secret(
            Name=f"{namespace}-secret",
            SecretString="x",
            Tags=[{"Key": "kubernetes-namespace", "Value": namespace}],
        )

    secrets = pod_session("dev", role).client("secretsmanager")
    assert secrets.get_secret_value(SecretId="dev-secret")["SecretString"] == "x"
    with pytest.raises(ClientError, match="no identity-based policy allows") as refused:
        secrets.get_secret_value(SecretId="qa-secret")

    why = podid.explain(refused.value.response["ResponseMetadata"]["RequestId"])
    assert str(why).endswith(
        "inline policy own of role reader, statement 0: Allow has a condition that does not hold\n"
        "    StringEquals secretsmanager:ResourceTag/kubernetes-namespace: "
        "'qa' against 'dev' does not hold"
    )
