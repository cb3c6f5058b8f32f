"""What the demo's story needs: clients of the embedded moto, clusters, roles, pods."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError
from rich.markup import escape

from ..issuers import service_account_token

REGION = "us-west-2"
ACCOUNT = "123456789012"

Json = dict[str, Any]

ALLOWED = "[green]allowed[/green]"


def pod_statement(
    *, actions: tuple[str, ...] = ("sts:AssumeRole", "sts:TagSession"), **more: Any
) -> Json:
    """Return a statement of a trust policy about the service principal of Pod Identity."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": list(actions),
        **more,
    }


def document(*statements: Json) -> str:
    """Return a policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class Stage:
    """Clients, and what is done with them in a line."""

    def __init__(self) -> None:
        self.eks = boto3.client("eks", region_name=REGION)
        self.iam = boto3.client("iam", region_name=REGION)
        self.eks_auth = boto3.client("eks-auth", region_name=REGION)
        self.sts = boto3.client("sts", region_name=REGION)
        self._roles = 0

    def create_cluster(self, name: str) -> str:
        """Create a cluster and return its issuer's URL."""
        cluster = self.eks.create_cluster(
            name=name,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/eks-cluster",
            resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
        )["cluster"]
        return str(cluster["identity"]["oidc"]["issuer"])

    def create_role(self, trust_policy: str) -> str:
        """Create a role and return its ARN."""
        self._roles += 1
        role = self.iam.create_role(
            RoleName=f"cart-reader-{self._roles}", AssumeRolePolicyDocument=trust_policy
        )
        return str(role["Role"]["Arn"])

    def associate(
        self, cluster: str, namespace: str, service_account: str, role_arn: str, **options: Any
    ) -> Json:
        """Create an association and return it."""
        answer = self.eks.create_pod_identity_association(
            clusterName=cluster,
            namespace=namespace,
            serviceAccount=service_account,
            roleArn=role_arn,
            **options,
        )
        association: Json = answer["association"]
        return association

    def as_pod(self, service: str, credentials: Json) -> Any:
        """Return a client of a service with the credentials that EKS Auth gave to a pod."""
        make: Any = boto3.client
        return make(
            service,
            region_name=REGION,
            aws_access_key_id=credentials["accessKeyId"],
            aws_secret_access_key=credentials["secretAccessKey"],
            aws_session_token=credentials["sessionToken"],
        )

    def allow(self, role_arn: str, *statements: Json) -> None:
        """Give a role one inline policy."""
        self.iam.put_role_policy(
            RoleName=role_arn.rpartition("/")[2],
            PolicyName="own-namespace",
            PolicyDocument=document(*statements),
        )

    def put_objects(self, bucket: str, tagging: Mapping[str, str]) -> None:
        """Create a bucket with objects in it.

        :param tagging: the objects' tags by their keys, as in a URL's query
        """
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key, tags in tagging.items():
            s3.put_object(Bucket=bucket, Key=key, Body=b"{}", Tagging=tags)

    def read(self, s3: Any, bucket: str, key: str) -> str:
        """Let a pod read an object and return what it is told: allowed, or the error."""
        try:
            s3.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            return refusal(error)
        return ALLOWED

    def ask(
        self, cluster: str, namespace: str, service_account: str, pod_name: str | None = None
    ) -> str:
        """Let a pod ask for credentials and return what it is told: allowed, or the error."""
        token = service_account_token(cluster, namespace, service_account, pod_name=pod_name)
        return self.ask_with(cluster, token)

    def ask_with(self, cluster: str, token: str) -> str:
        """Return what EKS Auth says to a token: allowed, or the error."""
        try:
            self.eks_auth.assume_role_for_pod_identity(clusterName=cluster, token=token)
        except ClientError as error:
            return refusal(error)
        return ALLOWED


def refusal(error: ClientError) -> str:
    """Return an error as the demo prints it: its code and its text."""
    answer = error.response["Error"]
    return f"[red]{answer['Code']}[/red] {escape(answer['Message'])}"
