"""Seven things that a role's trust policy can say about pods, and what the pods get."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import moto_eks_podid as podid

REGION = "us-west-2"
ACCOUNT = "123456789012"

UNAUTHORIZED = (
    "AccessDeniedException",
    400,
    "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
)


def trust(condition: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A statement that lets EKS assume the role for pods, under a condition if there is one."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        **({"Condition": condition} if condition else {}),
        **more,
    }


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Admin:
    """What an administrator does."""

    def __init__(self) -> None:
        self.eks = boto3.client("eks", REGION)
        self.iam = boto3.client("iam", REGION)

    def role(self, *statements: dict[str, Any]) -> str:
        role = self.iam.create_role(
            RoleName="cart-reader", AssumeRolePolicyDocument=policy(*statements)
        )
        return role["Role"]["Arn"]

    def change_trust(self, *statements: dict[str, Any]) -> None:
        self.iam.update_assume_role_policy(
            RoleName="cart-reader", PolicyDocument=policy(*statements)
        )

    def cluster(self, name: str) -> None:
        self.eks.create_cluster(
            name=name,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/eks-cluster",
            resourcesVpcConfig={},
        )

    def associate(
        self,
        role_arn: str,
        cluster: str = "prod-blue",
        namespace: str = "shop",
        service_account: str = "cart",
        **more: Any,
    ) -> None:
        self.eks.create_pod_identity_association(
            clusterName=cluster,
            namespace=namespace,
            serviceAccount=service_account,
            roleArn=role_arn,
            **more,
        )


def pod(
    cluster: str = "prod-blue",
    namespace: str = "shop",
    service_account: str = "cart",
    pod_name: str | None = None,
) -> Any:
    """What a pod gets: the word "credentials", or the error's code, status and message."""
    token = podid.service_account_token(cluster, namespace, service_account, pod_name=pod_name)
    try:
        boto3.client("eks-auth", REGION).assume_role_for_pod_identity(
            clusterName=cluster, token=token
        )
    except ClientError as error:
        answer = error.response
        return (
            answer["Error"]["Code"],
            answer["ResponseMetadata"]["HTTPStatusCode"],
            answer["Error"]["Message"],
        )
    return "credentials"


@pytest.fixture
def admin() -> Iterator[Admin]:
    with podid.mock_aws():
        yield Admin()


def test_only_two_clusters(admin: Admin) -> None:
    """1. The cluster's name is one of two; a third cluster can have the association, no more."""
    role = admin.role(
        trust({"StringEquals": {"aws:RequestTag/eks-cluster-name": ["prod-blue", "prod-red"]}})
    )
    for cluster in ("prod-blue", "prod-red", "staging-green"):
        admin.cluster(cluster)
        admin.associate(role, cluster)

    assert pod("prod-blue") == "credentials"
    assert pod("prod-red") == "credentials"
    assert pod("staging-green") == UNAUTHORIZED


def test_only_one_namespace_service_account_or_pod(admin: Admin) -> None:
    """2. The cluster and one more tag: both must match."""
    admin.cluster("prod-blue")
    role = admin.role(trust())
    for namespace, service_account in (("shop", "cart"), ("shop", "till"), ("billing", "cart")):
        admin.associate(role, "prod-blue", namespace, service_account)

    def only(**tags: str) -> None:
        wanted = {"eks-cluster-name": "prod-blue"}
        wanted.update({name.replace("_", "-"): value for name, value in tags.items()})
        keys = {f"aws:RequestTag/{name}": value for name, value in wanted.items()}
        admin.change_trust(trust({"StringLike": keys}))

    only(kubernetes_namespace="shop")
    assert pod(namespace="shop") == "credentials"
    assert pod(namespace="billing") == UNAUTHORIZED

    only(kubernetes_service_account="cart")
    assert pod(service_account="cart") == "credentials"
    assert pod(service_account="till") == UNAUTHORIZED

    only(kubernetes_pod_name="cart-blue-*")
    assert pod(pod_name="cart-blue-0") == "credentials"
    assert pod(pod_name="cart-green-0") == UNAUTHORIZED


def test_only_the_cluster_as_the_source(admin: Admin) -> None:
    """3. `aws:SourceArn` is the cluster's ARN, `aws:SourceAccount` its account."""
    role = admin.role(
        trust(
            {
                "StringEquals": {"aws:SourceAccount": ACCOUNT},
                "ArnEquals": {"aws:SourceArn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod-blue"},
            }
        )
    )
    for cluster in ("prod-blue", "staging-green"):
        admin.cluster(cluster)
        admin.associate(role, cluster)

    assert pod("prod-blue") == "credentials"
    assert pod("staging-green") == UNAUTHORIZED


def test_the_role_breaks_after_the_association(admin: Admin) -> None:
    """4. The trust policy is judged on every call; a deleted role answers with the same text."""
    admin.cluster("prod-blue")
    admin.associate(admin.role(trust()))
    assert pod() == "credentials"

    admin.change_trust(trust(Principal={"Service": "ec2.amazonaws.com"}))
    assert pod() == UNAUTHORIZED

    admin.iam.delete_role(RoleName="cart-reader")
    assert pod() == UNAUTHORIZED


def test_without_tag_session(admin: Admin) -> None:
    """5. `sts:TagSession` is needed to make the association, and later as long as tags are on."""
    admin.cluster("prod-blue")
    role = admin.role(trust(Action="sts:AssumeRole"))
    with pytest.raises(ClientError) as refused:
        admin.associate(role)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
    assert refused.value.response["Error"]["Message"] == (
        "Trust policy of the role provided is invalid. "
        "Follow the official documentation to resolve the issue"
    )

    admin.change_trust(trust())
    admin.associate(role, service_account="cart")
    admin.associate(role, service_account="untagged", disableSessionTags=True)

    admin.change_trust(trust(Action="sts:AssumeRole"))
    assert pod(service_account="cart") == UNAUTHORIZED
    assert pod(service_account="untagged") == "credentials"


def test_pod_identity_and_irsa(admin: Admin) -> None:
    """6. One role trusts the service principal and the cluster's OIDC provider; both work."""
    admin.cluster("prod-blue")
    issuer = admin.eks.describe_cluster(name="prod-blue")["cluster"]["identity"]["oidc"]["issuer"]
    provider = issuer.removeprefix("https://")
    admin.iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])
    irsa = {
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
    role = admin.role(trust(), irsa)
    admin.associate(role)

    assert pod() == "credentials"
    answer = boto3.client("sts", REGION).assume_role_with_web_identity(
        RoleArn=role,
        RoleSessionName="cart",
        WebIdentityToken=podid.service_account_token(
            "prod-blue", "shop", "cart", audience="sts.amazonaws.com"
        ),
    )
    assert answer["SubjectFromWebIdentityToken"] == "system:serviceaccount:shop:cart"


def test_an_explicit_deny(admin: Admin) -> None:
    """7. A Deny on one namespace wins over the Allow."""
    denied = {
        "Effect": "Deny",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "sandbox"}},
    }
    admin.cluster("prod-blue")
    role = admin.role(trust(), denied)
    for namespace in ("shop", "sandbox"):
        admin.associate(role, namespace=namespace)

    assert pod(namespace="shop") == "credentials"
    assert pod(namespace="sandbox") == UNAUTHORIZED
