"""``moto-eks-podid demo``: the whole story, told by real boto3 calls against an embedded moto."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError
from rich.console import Console
from rich.json import JSON
from rich.panel import Panel
from rich.table import Table

from .issuers import service_account_token
from .mocking import mock_aws
from .recorder import role_sessions

REGION = "us-west-2"
CLUSTER, NAMESPACE, SERVICE_ACCOUNT = "prod-blue", "shop", "cart"

Policy = dict[str, Any]


def trust_policy(
    *conditions: Policy, actions: tuple[str, ...] = ("sts:AssumeRole", "sts:TagSession")
) -> Policy:
    """Return a trust policy for Pod Identity; several conditions are one condition block."""
    statement: Policy = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": list(actions),
    }
    if conditions:
        statement["Condition"] = {
            operator: keys for condition in conditions for operator, keys in condition.items()
        }
    return {"Version": "2012-10-17", "Statement": [statement]}


class Story:
    """One telling: clients of the embedded moto, and where to print."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.eks = boto3.client("eks", region_name=REGION)
        self.iam = boto3.client("iam", region_name=REGION)
        self.eks_auth = boto3.client("eks-auth", region_name=REGION)
        self._roles = 0

    def tell(self) -> None:
        """Tell it from the cluster to the association that a session came from."""
        self._chapter("A cluster, a role, an association")
        issuer = self.create_cluster(CLUSTER)
        self.console.print(f"cluster      {CLUSTER}, its issuer {issuer}")
        role_arn = self.create_role(trust_policy())
        self.console.print(f"role         {role_arn}")
        association = self.associate(CLUSTER, NAMESPACE, SERVICE_ACCOUNT, role_arn)
        self.console.print(f"association  {association['associationArn']}")

        self._chapter("The pod's token: its claims")
        token = service_account_token(
            CLUSTER, NAMESPACE, SERVICE_ACCOUNT, pod_name="cart-7c9d6b5f4-x2k9m"
        )
        claims = token.split(".")[1]
        self.console.print(JSON(base64.urlsafe_b64decode(claims + "==").decode()))

        self._chapter("AssumeRoleForPodIdentity: credentials, and who they are")
        answer = self.eks_auth.assume_role_for_pod_identity(clusterName=CLUSTER, token=token)
        credentials = answer["credentials"]
        self.console.print(
            f"access key   {credentials['accessKeyId']}, until {credentials['expiration']}"
        )
        pod = boto3.client(
            "sts",
            region_name=REGION,
            aws_access_key_id=credentials["accessKeyId"],
            aws_secret_access_key=credentials["secretAccessKey"],
            aws_session_token=credentials["sessionToken"],
        )
        self.console.print(f"caller       {pod.get_caller_identity()['Arn']}")

        self._chapter("The session's tags, all transitive")
        (session,) = role_sessions(access_key_id=credentials["accessKeyId"])
        tags = Table("tag", "value", box=None)
        for key, value in session.tags.items():
            tags.add_row(key, value)
        self.console.print(tags)

        self._chapter("A token of another cluster is refused")
        self.create_cluster("staging-green")
        stranger = service_account_token("staging-green", NAMESPACE, SERVICE_ACCOUNT)
        self.console.print(self.outcome(CLUSTER, stranger))

        self._chapter("Trust policies decide, as AWS documents them")
        examples = Table(
            "the role's trust policy", "the pod", "answer", box=None, padding=(0, 2, 0, 0)
        )
        for row in self.trust_examples():
            examples.add_row(*row)
        self.console.print(examples)

        self._chapter("Where the session came from")
        self.console.print(f"{session.access_key_id}  is a session of  {session.role_arn}")
        self.console.print(f"made through  {session.association_arn}")
        tag = session.tags
        self.console.print(
            f"for pod  {tag['kubernetes-pod-name']}  of  {tag['kubernetes-namespace']}/"
            f"{tag['kubernetes-service-account']}  on  {tag['eks-cluster-name']}"
        )

    def trust_examples(self) -> Iterator[tuple[str, str, str]]:
        """Yield a row for each example: what the trust policy says, which pod asks, the answer."""
        two_clusters = {
            "StringEquals": {"aws:RequestTag/eks-cluster-name": [CLUSTER, "prod-red"]},
        }
        yield from self._example(
            "clusters prod-blue, prod-red", trust_policy(two_clusters), CLUSTER, "a"
        )
        yield from self._example(
            "clusters prod-blue, prod-red", trust_policy(two_clusters), "staging-green", "a"
        )
        namespace = trust_policy(
            {"StringEquals": {"aws:RequestTag/kubernetes-namespace": NAMESPACE}}
        )
        yield from self._example(f"namespace {NAMESPACE}", namespace, CLUSTER, "b")
        yield from self._example(
            f"namespace {NAMESPACE}", namespace, CLUSTER, "b", namespace="billing"
        )
        source = trust_policy(
            {"StringEquals": {"aws:SourceAccount": "123456789012"}},
            {"ArnEquals": {"aws:SourceArn": self._cluster_arn(CLUSTER)}},
        )
        yield from self._example("aws:SourceArn is prod-blue", source, CLUSTER, "c")
        yield from self._example("aws:SourceArn is prod-blue", source, "staging-green", "c")
        yield (
            "sts:AssumeRole without sts:TagSession",
            "no association yet",
            self._create_outcome(trust_policy(actions=("sts:AssumeRole",))),
        )

    def _example(
        self,
        says: str,
        policy: Policy,
        cluster: str,
        service_account: str,
        namespace: str = NAMESPACE,
    ) -> Iterator[tuple[str, str, str]]:
        association = self.associate(cluster, namespace, service_account, self.create_role(policy))
        token = service_account_token(cluster, namespace, service_account)
        yield says, f"{cluster} {namespace}/{service_account}", self.outcome(cluster, token)
        self.eks.delete_pod_identity_association(
            clusterName=cluster, associationId=association["associationId"]
        )

    def outcome(self, cluster: str, token: str) -> str:
        """Return what AssumeRoleForPodIdentity says to a token: allowed, or its error."""
        try:
            self.eks_auth.assume_role_for_pod_identity(clusterName=cluster, token=token)
        except ClientError as error:
            return _refused(error)
        return "[green]allowed[/green]"

    def _create_outcome(self, policy: Policy) -> str:
        try:
            self.associate(CLUSTER, NAMESPACE, "untagged", self.create_role(policy))
        except ClientError as error:
            return _refused(error)
        return "[green]created[/green]"

    def create_cluster(self, name: str) -> str:
        """Create a cluster and return its issuer's URL."""
        cluster = self.eks.create_cluster(
            name=name,
            roleArn="arn:aws:iam::123456789012:role/eks-cluster",
            resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
        )["cluster"]
        return str(cluster["identity"]["oidc"]["issuer"])

    def create_role(self, policy: Policy) -> str:
        """Create a role with a trust policy and return its ARN."""
        self._roles += 1
        role = self.iam.create_role(
            RoleName=f"cart-reader-{self._roles}", AssumeRolePolicyDocument=json.dumps(policy)
        )
        return str(role["Role"]["Arn"])

    def associate(self, cluster: str, namespace: str, service_account: str, role_arn: str) -> Any:
        """Create an association and return it."""
        return self.eks.create_pod_identity_association(
            clusterName=cluster,
            namespace=namespace,
            serviceAccount=service_account,
            roleArn=role_arn,
        )["association"]

    def _cluster_arn(self, name: str) -> str:
        return str(self.eks.describe_cluster(name=name)["cluster"]["arn"])

    def _chapter(self, title: str) -> None:
        self.console.print()
        self.console.print(Panel.fit(title, style="bold"))


def _refused(error: ClientError) -> str:
    answer = error.response["Error"]
    return f"[red]{answer['Code']}[/red] {answer['Message']}"


def run(*, color: bool = True) -> None:
    """Tell the story on standard output."""
    console = Console(no_color=not color, highlight=color, soft_wrap=True)
    with mock_aws():
        Story(console).tell()
