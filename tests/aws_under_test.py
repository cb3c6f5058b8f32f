"""What the tests do with AWS, in-process or at a server: clients, clusters, roles, tokens, time."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import requests
from botocore.config import Config

import moto_eks_podid as podid
from moto_eks_podid import clock, settings

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "444455556666"
REGION = "us-west-2"
CLUSTER = "prod-blue"

Json = dict[str, Any]


def statement(
    *actions: str, effect: str = "Allow", principal: Json | str | None = None, **more: Any
) -> Json:
    """A statement; without a principal it is for the service principal of Pod Identity."""
    return {
        "Effect": effect,
        "Principal": principal or {"Service": "pods.eks.amazonaws.com"},
        "Action": list(actions) or ["sts:AssumeRole", "sts:TagSession"],
        **more,
    }


def policy(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


POD_TRUST = policy(statement())


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@functools.cache
def _session() -> boto3.Session:
    """One session for all tests: making a client is mostly reading its service's model."""
    return boto3.Session()


class Aws:
    """One AWS to test against."""

    def __init__(self, endpoint_url: str | None) -> None:
        self.endpoint_url = endpoint_url

    # Clients

    def client(self, service: str, region: str = REGION, **credentials: str) -> Any:
        keys = credentials or {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        make: Any = _session().client
        return make(
            service,
            region_name=region,
            endpoint_url=self.endpoint_url,
            config=Config(retries={"total_max_attempts": 1}),
            **keys,
        )

    def client_with(self, credentials: Json, service: str, region: str = REGION) -> Any:
        """A client with credentials as STS (capital letters) or EKS Auth (small) spell them."""
        given = {name[0].lower() + name[1:]: value for name, value in credentials.items()}
        return self.client(
            service,
            region,
            aws_access_key_id=given["accessKeyId"],
            aws_secret_access_key=given["secretAccessKey"],
            aws_session_token=given["sessionToken"],
        )

    def client_of_account(self, account_id: str, service: str, region: str = REGION) -> Any:
        """A client whose calls belong to another account."""
        sts = self.client("sts", region)
        role = f"arn:aws:iam::{account_id}:role/admin"
        answer = sts.assume_role(RoleArn=role, RoleSessionName="admin")
        return self.client_with(answer["Credentials"], service, region)

    def http(
        self,
        service: str,
        method: str,
        path: str,
        body: bytes | str | None = None,
        *,
        host: str | None = None,
        headers: dict[str, str] | None = None,
        region: str = REGION,
    ) -> Response:
        """A request as a hostile client makes it: only its credential scope routes it."""
        scope = f"AKIAIOSFODNN7EXAMPLE/20260101/{region}/{service}/aws4_request"
        sent = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0",
            **(headers or {}),
        }
        base = self.endpoint_url or f"https://{host or f'{service}.{region}.amazonaws.com'}"
        answer = requests.request(method, base + path, data=body, headers=sent, timeout=30)
        return Response(answer.status_code, answer.headers, answer.text)

    # The plugin's own functions

    def token(
        self,
        cluster: str = CLUSTER,
        namespace: str = "shop",
        service_account: str = "cart",
        **more: Any,
    ) -> str:
        return podid.service_account_token(
            cluster, namespace, service_account, endpoint_url=self.endpoint_url, **more
        )

    def sessions(self, **filters: Any) -> list[podid.RoleSession]:
        return podid.role_sessions(endpoint_url=self.endpoint_url, **filters)

    def inject(self, service: str, **failure: Any) -> podid.Injection:
        return podid.inject(service, endpoint_url=self.endpoint_url, **failure)

    def records(self, **filters: Any) -> list[Json]:
        return podid.cloudtrail_records(endpoint_url=self.endpoint_url, **filters)

    def settings(self, **values: Any) -> None:
        if self.endpoint_url is None:
            settings.override(values)
        else:
            self._put("settings", values)

    def shift(self, seconds: float) -> None:
        """Move the plugin's time to `seconds` from now."""
        if self.endpoint_url is None:
            clock.set_shift(seconds)
        else:
            self._put("clock", {"shift_seconds": seconds})

    def _put(self, name: str, values: Json) -> None:
        url = f"{self.endpoint_url}/moto-api/eks-podid/{name}"
        requests.put(url, json=values, timeout=30).raise_for_status()

    # What most tests begin with

    def create_cluster(
        self, name: str = CLUSTER, region: str = REGION, eks: Any = None, **more: Any
    ) -> Json:
        cluster: Json = (eks or self.client("eks", region)).create_cluster(
            name=name,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/cluster",
            resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
            **more,
        )["cluster"]
        return cluster

    def create_role(
        self, name: str = "cart-reader", trust: str = POD_TRUST, iam: Any = None, **more: Any
    ) -> str:
        role = (iam or self.client("iam")).create_role(
            RoleName=name, AssumeRolePolicyDocument=trust, **more
        )
        return str(role["Role"]["Arn"])

    def associate(
        self,
        role_arn: str,
        cluster: str = CLUSTER,
        namespace: str = "shop",
        service_account: str = "cart",
        region: str = REGION,
        **more: Any,
    ) -> Json:
        association: Json = self.client("eks", region).create_pod_identity_association(
            clusterName=cluster,
            namespace=namespace,
            serviceAccount=service_account,
            roleArn=role_arn,
            **more,
        )["association"]
        return association

    def assume(
        self, token: str | None = None, cluster: str = CLUSTER, region: str = REGION
    ) -> Json:
        answer: Json = self.client("eks-auth", region).assume_role_for_pod_identity(
            clusterName=cluster, token=token or self.token(cluster)
        )
        return answer
