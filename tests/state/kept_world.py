"""An AWS with something of everything that a state keeps, and what has to be so after a restart."""

from __future__ import annotations

import json
from typing import Any

import requests
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, POD_TRUST, Aws, policy, statement

import moto_eks_podid as podid
from tests import real_cluster

OTHER_REGION = "eu-central-1"
OTHER_CLUSTER = "prod-green"
ALLOWED = policy(
    {
        "Effect": "Allow",
        "Action": ["s3:ListAllMyBuckets", "sts:AssumeRole", "sts:TagSession"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/kubernetes-namespace": "shop"}},
    }
)
EVERYTHING = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
QUEUES = policy({"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"})
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
JWKS_URL = "http://127.0.0.1:1/keys"
FETCHED_ISSUER = "https://kind.example.com"


def restart(aws: Aws, state: Any = None, **options: Any) -> Any:
    """Export, lose everything, import what went through a file; return the state."""
    state = json.loads(json.dumps(state or podid.export_state(endpoint_url=aws.endpoint_url)))
    forget_everything(aws)
    podid.import_state(state, endpoint_url=aws.endpoint_url, **options)
    return state


def forget_everything(aws: Aws) -> None:
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    requests.post(f"{base}/moto-api/reset", timeout=30).raise_for_status()


def plain(answer: Any) -> Any:
    """An answer without what is about the call."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


class World:
    """Clusters in two accounts and regions, roles of all kinds, sessions along chains."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        # Making a client takes longer than most calls.
        self.iam, self.eks = aws.client("iam"), aws.client("eks")
        self._make_roles()
        self._make_clusters()
        self.token = aws.token(pod_name="cart-0")
        podid.rotate_signing_key(CLUSTER, endpoint_url=aws.endpoint_url)
        self.newer_token = aws.token(pod_name="cart-1")
        self.pod = aws.assume(self.token)["credentials"]
        self.chained = self._chained()
        self.target = aws.assume(aws.token(service_account="till"))["credentials"]
        self.irsa = self._irsa()
        aws.settings(judge_trust_policy=False, associations_per_cluster=100)
        self.shown = self.show()

    def _make_roles(self) -> None:
        aws, iam = self.aws, self.iam
        self.boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=EVERYTHING)
        boundary_arn = self.boundary["Policy"]["Arn"]
        iam.create_policy_version(
            PolicyArn=boundary_arn, PolicyDocument=EVERYTHING.replace("*", "s3:*", 1)
        )
        self.role = self._role(
            "cart-reader",
            POD_TRUST,
            Path="/shop/",
            Description="reads carts",
            MaxSessionDuration=7200,
            PermissionsBoundary=boundary_arn,
            Tags=[{"Key": "team", "Value": "cärt"}],
        )
        iam.put_role_policy(RoleName="cart-reader", PolicyName="inline", PolicyDocument=ALLOWED)
        iam.put_role_permissions_boundary(RoleName="cart-reader", PermissionsBoundary=boundary_arn)
        queues = iam.create_policy(
            PolicyName="queues",
            PolicyDocument=QUEUES,
            Path="/shop/",
            Tags=[{"Key": "a", "Value": "b"}],
        )
        for arn in (queues["Policy"]["Arn"], READ_ONLY):
            iam.attach_role_policy(RoleName="cart-reader", PolicyArn=arn)
        anybody = policy(statement("sts:AssumeRole", "sts:TagSession", principal={"AWS": "*"}))
        self._role("auditor", anybody)
        self.foreign = aws.client_of_account(OTHER_ACCOUNT, "iam")
        self._role("target", anybody, self.foreign)
        self._role("elsewhere", POD_TRUST, self.foreign)

    def _role(self, name: str, trust: str = POD_TRUST, iam: Any = None, **more: Any) -> str:
        return self.aws.create_role(name, trust, iam or self.iam, **more)

    def _make_clusters(self) -> None:
        aws, iam, eks = self.aws, self.iam, self.eks
        aws.create_cluster(version="1.33", tags={"team": "shop"}, eks=eks)
        self.association = aws.associate(
            self.role, clientRequestToken="the-first-request", tags={"cost": "1"}
        )
        self._role("till")
        iam.put_role_policy(RoleName="till", PolicyName="chain", PolicyDocument=EVERYTHING)
        aws.associate(
            f"arn:aws:iam::{ACCOUNT}:role/till",
            service_account="till",
            targetRoleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/target",
        )
        eks.create_addon(
            clusterName=CLUSTER,
            addonName="vpc-cni",
            podIdentityAssociations=[
                {
                    "serviceAccount": "aws-node",
                    "roleArn": self._role("cni"),
                }
            ],
        )
        eks.update_addon(clusterName=CLUSTER, addonName="vpc-cni", configurationValues="{}")
        for issuer, keys in (
            (real_cluster.ISSUER, {"jwks": real_cluster.jwks()}),
            (FETCHED_ISSUER, {"jwks_url": JWKS_URL}),
        ):
            podid.trust_issuer(CLUSTER, issuer, endpoint_url=aws.endpoint_url, **keys)
        self.foreign_eks = aws.client_of_account(OTHER_ACCOUNT, "eks", OTHER_REGION)
        aws.create_cluster(OTHER_CLUSTER, OTHER_REGION, self.foreign_eks)
        self.foreign_eks.create_pod_identity_association(
            clusterName=OTHER_CLUSTER,
            namespace="shop",
            serviceAccount="cart",
            roleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/elsewhere",
        )

    def _chained(self) -> dict[str, Any]:
        """What the pod gets by assuming a further role itself."""
        answer: dict[str, Any] = self.aws.client_with(self.pod, "sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/auditor", RoleSessionName="audit"
        )["Credentials"]
        return answer

    def _irsa(self) -> dict[str, Any]:
        aws = self.aws
        issuer = self.eks.describe_cluster(name=CLUSTER)["cluster"]["identity"]["oidc"]
        provider = self.iam.create_open_id_connect_provider(
            Url=issuer["issuer"], ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
        )["OpenIDConnectProviderArn"]
        self.irsa_role = self._role(
            "irsa",
            policy(statement("sts:AssumeRoleWithWebIdentity", principal={"Federated": provider})),
        )
        self.irsa_token = aws.token(audience="sts.amazonaws.com")
        return self.assume_with_web_identity()

    def assume_with_web_identity(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.aws.client("sts").assume_role_with_web_identity(
            RoleArn=self.irsa_role, RoleSessionName="irsa", WebIdentityToken=self.irsa_token
        )["Credentials"]
        return answer

    def access_keys(self) -> list[str]:
        """Access keys of the sessions that have a pod behind them."""
        return [
            (credentials.get("accessKeyId") or credentials["AccessKeyId"])
            for credentials in (self.pod, self.chained, self.target, self.irsa)
        ]

    def show(self) -> dict[str, Any]:
        """What AWS shows of all that is kept, by whoever asked."""
        aws = self.aws
        eks, iam = self.eks, self.iam
        named = {"clusterName": CLUSTER}
        described = {
            "cluster": eks.describe_cluster(name=CLUSTER),
            "associations": eks.list_pod_identity_associations(**named),
            "association": eks.describe_pod_identity_association(
                **named, associationId=self.association["associationId"]
            ),
            "tags": eks.list_tags_for_resource(resourceArn=self.association["associationArn"]),
            "addon": eks.describe_addon(**named, addonName="vpc-cni"),
            "updates": eks.list_updates(name=CLUSTER, addonName="vpc-cni"),
            "role": iam.get_role(RoleName="cart-reader"),
            "inline": iam.get_role_policy(RoleName="cart-reader", PolicyName="inline"),
            "attached": iam.list_attached_role_policies(RoleName="cart-reader"),
            "policy": iam.get_policy(PolicyArn=self.boundary["Policy"]["Arn"]),
            "versions": iam.list_policy_versions(PolicyArn=self.boundary["Policy"]["Arn"]),
            "providers": iam.list_open_id_connect_providers(),
            "foreign role": self.foreign.get_role(RoleName="target"),
            "foreign cluster": self.foreign_eks.describe_cluster(name=OTHER_CLUSTER),
        }
        shown = {name: plain(answer) for name, answer in described.items()}
        shown["role"]["Role"].pop("RoleLastUsed", None)
        shown["foreign role"]["Role"].pop("RoleLastUsed", None)
        shown["sessions"] = {session.access_key_id: session for session in aws.sessions()}
        shown["origins"] = [
            podid.trace(key, endpoint_url=aws.endpoint_url) for key in self.access_keys()
        ]
        return shown
