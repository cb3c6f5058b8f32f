"""The condition keys that every request has, as policies of real roles and users test them."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import ACCOUNT, REGION, Aws, Json
from botocore.exceptions import ClientError
from judged import allow, document, judge, pod, role

#: What a policy tests -> the operator and the value that hold for a pod's call.
OF_A_POD: dict[str, Json] = {
    "aws:PrincipalArn": {"ArnEquals": f"arn:aws:iam::{ACCOUNT}:role/team/cart-reader"},
    "aws:PrincipalAccount": {"StringEquals": ACCOUNT},
    "aws:PrincipalType": {"StringEquals": "AssumedRole"},
    "aws:PrincipalTag/kubernetes-namespace": {"StringEquals": "shop"},
    "aws:PrincipalTag/TEAM": {"StringEquals": "blue"},
    "aws:PrincipalTag/Kubernetes-Pod-Name": {"StringEquals": "cart-1"},
    "aws:PrincipalIsAWSService": {"Bool": "false"},
    "aws:ViaAWSService": {"Bool": "false"},
    "aws:MultiFactorAuthPresent": {"Bool": "false"},
    "aws:SourceIp": {"IpAddress": "127.0.0.1"},
    "aws:UserAgent": {"StringLike": "*Boto3/*"},
    "aws:SecureTransport": {"Bool": "true"},
    "aws:RequestedRegion": {"StringEquals": REGION},
    "aws:userid": {"StringLike": "AROA*:eks-prod-blue-*"},
    "aws:CurrentTime": {"DateGreaterThan": "2020-01-01T00:00:00Z"},
    "aws:EpochTime": {"NumericGreaterThan": "1500000000"},
    "aws:TokenIssueTime": {"DateGreaterThan": "2020-01-01T00:00:00Z"},
    "aws:username": {"Null": "true"},
    "aws:SourceArn": {"Null": "true"},
    "aws:SourceAccount": {"Null": "true"},
    "aws:FederatedProvider": {"Null": "true"},
    "aws:SourceIdentity": {"Null": "true"},
}
OF_A_USER: dict[str, Json] = {
    "aws:PrincipalArn": {"ArnEquals": f"arn:aws:iam::{ACCOUNT}:user/team/ann"},
    "aws:PrincipalType": {"StringEquals": "User"},
    "aws:PrincipalTag/team": {"StringEquals": "blue"},
    "aws:username": {"StringEquals": "ann"},
    "aws:userid": {"StringNotLike": "*:*"},
    "aws:TokenIssueTime": {"Null": "true"},
    "aws:MultiFactorAuthPresent": {"Null": "true"},
}
#: Values that hold for no call.
WRONG = {
    "IpAddress": "192.0.2.1",
    "DateGreaterThan": "2999-01-01T00:00:00Z",
    "NumericGreaterThan": "9999999999",
    "StringNotLike": "*",
}
OPPOSITE = {"true": "false", "false": "true"}


def conditions(table: dict[str, Json]) -> dict[str, Json]:
    merged: dict[str, Json] = {}
    for key, test in table.items():
        for operator, value in test.items():
            merged.setdefault(operator, {})[key] = value
    return merged


def calls(client: Any, put: Any, table: dict[str, Json]) -> None:
    """All conditions together hold; with any one of them turned round, the call is refused."""
    put(document(allow("sqs:ListQueues", **conditions(table))))
    client.list_queues()
    for key, test in table.items():
        for operator, value in test.items():
            wrong = {
                operator: {key: OPPOSITE.get(value, "1.2.3.4" if "Ip" in operator else "9999")}
            }
            if operator.startswith(("Date", "Numeric")):
                wrong = {operator: {key: "9999999999"}}
            elif "Not" in operator:
                wrong = {operator: {key: "*"}}
            put(document(allow("sqs:ListQueues", **wrong)))
            with pytest.raises(ClientError, match="sqs:listqueues"):
                client.list_queues()


def test_pod_s_request_lacks_a_key(aws: Aws) -> None:
    """A pod's call has the keys of its role session, role tags overridden by session tags."""
    arn = role(
        aws,
        Path="/team/",
        Tags=[
            {"Key": "Team", "Value": "blue"},
            {"Key": "KUBERNETES-NAMESPACE", "Value": "overridden"},
        ],
    )
    credentials = pod(aws, arn, pod_name="cart-1")
    judge(aws)
    iam = aws.client("iam")

    def put(text: str) -> None:
        iam.put_role_policy(RoleName="cart-reader", PolicyName="keys", PolicyDocument=text)

    calls(aws.client_with(credentials, "sqs"), put, OF_A_POD)


def test_user_s_request_lacks_a_key(aws: Aws) -> None:
    """A user's call has the keys of a user, and none of a session."""
    iam = aws.client("iam")
    iam.create_user(UserName="ann", Path="/team/", Tags=[{"Key": "team", "Value": "blue"}])
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    client = aws.client(
        "sqs",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    judge(aws)

    def put(text: str) -> None:
        iam.put_user_policy(UserName="ann", PolicyName="keys", PolicyDocument=text)

    calls(client, put, OF_A_USER)


def test_web_identity_is_unknown_to_policies(aws: Aws) -> None:
    """A session of an IRSA role names its provider."""
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    provider = aws.client("iam").create_open_id_connect_provider(
        Url=issuer, ClientIDList=["sts.amazonaws.com"]
    )["OpenIDConnectProviderArn"]
    trust = document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
        }
    )
    arn = role(
        aws,
        allow("sqs:ListQueues", ArnEquals={"aws:FederatedProvider": provider}),
        allow("sqs:CreateQueue", ArnNotEquals={"aws:FederatedProvider": provider}),
        trust=trust,
    )
    judge(aws)
    credentials = aws.client("sts").assume_role_with_web_identity(
        RoleArn=arn, RoleSessionName="web", WebIdentityToken=aws.token(audience="sts.amazonaws.com")
    )["Credentials"]
    client = aws.client_with(credentials, "sqs")
    client.list_queues()
    with pytest.raises(ClientError, match="sqs:createqueue"):
        client.create_queue(QueueName="q")
