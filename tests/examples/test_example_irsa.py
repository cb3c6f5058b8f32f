"""IAM roles for service accounts, and the way from them to Pod Identity."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

import moto_eks_podid as podid

REGION = "us-west-2"
ACCOUNT = "123456789012"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def issuer() -> Iterator[str]:
    """A cluster whose issuer is an OIDC provider of the account."""
    with podid.mock_aws():
        cluster = boto3.client("eks", REGION).create_cluster(
            name="prod-blue",
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/eks-cluster",
            resourcesVpcConfig={},
        )["cluster"]
        issuer = cluster["identity"]["oidc"]["issuer"]
        boto3.client("iam", REGION).create_open_id_connect_provider(
            Url=issuer, ClientIDList=["sts.amazonaws.com"]
        )
        yield issuer


def irsa_statement(issuer: str) -> dict[str, Any]:
    """Trust the service account shop/cart through the provider."""
    provider = issuer.removeprefix("https://")
    return {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{provider}:sub": "system:serviceaccount:shop:cart",
                f"{provider}:aud": "sts.amazonaws.com",
            }
        },
    }


POD_IDENTITY_STATEMENT = {
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"],
}


def assume_with_irsa(role_arn: str, token: str) -> dict[str, Any]:
    return boto3.client("sts", REGION).assume_role_with_web_identity(
        RoleArn=role_arn, RoleSessionName="cart", WebIdentityToken=token
    )


def test_irsa(issuer: str) -> None:
    """STS verifies the token, finds the provider and judges the role's trust policy."""
    role = boto3.client("iam", REGION).create_role(
        RoleName="cart-reader", AssumeRolePolicyDocument=policy(irsa_statement(issuer))
    )["Role"]["Arn"]

    cart = podid.service_account_token("prod-blue", "shop", "cart", audience="sts.amazonaws.com")
    answer = assume_with_irsa(role, cart)
    assert answer["SubjectFromWebIdentityToken"] == "system:serviceaccount:shop:cart"
    assert answer["Audience"] == "sts.amazonaws.com"

    till = podid.service_account_token("prod-blue", "shop", "till", audience="sts.amazonaws.com")
    with pytest.raises(
        ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"
    ):
        assume_with_irsa(role, till)

    # A token for Pod Identity is not one for STS.
    pod_identity_token = podid.service_account_token("prod-blue", "shop", "cart")
    with pytest.raises(ClientError, match="Incorrect token audience"):
        assume_with_irsa(role, pod_identity_token)


def test_migration_to_pod_identity(issuer: str) -> None:
    """While a role trusts both, old pods use IRSA and new ones Pod Identity."""
    iam = boto3.client("iam", REGION)
    role = iam.create_role(
        RoleName="cart-reader", AssumeRolePolicyDocument=policy(irsa_statement(issuer))
    )["Role"]["Arn"]
    old_pod = podid.service_account_token("prod-blue", "shop", "cart", audience="sts.amazonaws.com")
    new_pod = podid.service_account_token("prod-blue", "shop", "cart")

    # 1. Let the role trust both, then associate it.
    iam.update_assume_role_policy(
        RoleName="cart-reader",
        PolicyDocument=policy(irsa_statement(issuer), POD_IDENTITY_STATEMENT),
    )
    boto3.client("eks", REGION).create_pod_identity_association(
        clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role
    )
    by_irsa = assume_with_irsa(role, old_pod)["Credentials"]["AccessKeyId"]
    by_pod_identity = boto3.client("eks-auth", REGION).assume_role_for_pod_identity(
        clusterName="prod-blue", token=new_pod
    )["credentials"]["accessKeyId"]

    # The two sessions differ: only Pod Identity's carries tags.
    [irsa_session] = podid.role_sessions(access_key_id=by_irsa)
    [pod_session] = podid.role_sessions(access_key_id=by_pod_identity)
    assert irsa_session.tags == {}
    assert irsa_session.federated_provider.endswith(issuer.removeprefix("https://"))
    assert pod_session.tags["kubernetes-service-account"] == "cart"
    assert pod_session.federated_provider is None

    # 2. When no pod uses IRSA any more, take its statement away.
    iam.update_assume_role_policy(
        RoleName="cart-reader", PolicyDocument=policy(POD_IDENTITY_STATEMENT)
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        assume_with_irsa(role, old_pod)


def test_the_issuers_documents(issuer: str) -> None:
    """Each cluster's issuer serves its discovery document and its keys."""
    discovery = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
    assert discovery["issuer"] == issuer

    [key] = requests.get(discovery["jwks_uri"], timeout=10).json()["keys"]
    assert key["alg"] == "RS256"

    # After a rotation both keys are served, as long as tokens of the old one are about.
    podid.service_account_token("prod-blue", "shop", "cart")
    new_kid = podid.rotate_signing_key("prod-blue")
    keys = requests.get(discovery["jwks_uri"], timeout=10).json()["keys"]
    assert [entry["kid"] for entry in keys] == [new_kid, key["kid"]]
