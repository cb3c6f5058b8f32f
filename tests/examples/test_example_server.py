"""A server in the test's process, its clock, and boto3 with an `endpoint_url`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

import moto_eks_podid as podid

REGION = "us-west-2"
TRUST_POLICY = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    },
}


@pytest.fixture
def endpoint_url() -> Iterator[str]:
    podid.install()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    # The server shares its state with this process: leave none behind.
    requests.post(f"http://{host}:{port}/moto-api/reset", timeout=10)
    server.stop()


def client(service: str, endpoint_url: str, credentials: dict[str, Any] | None = None) -> Any:
    """A client of the server, with a pod's credentials or with any others."""
    keys = credentials or {"accessKeyId": "test", "secretAccessKey": "test", "sessionToken": None}
    return boto3.client(
        service,
        REGION,
        endpoint_url=endpoint_url,
        aws_access_key_id=keys["accessKeyId"],
        aws_secret_access_key=keys["secretAccessKey"],
        aws_session_token=keys["sessionToken"],
    )


def test_credentials_expire_in_a_server(endpoint_url: str) -> None:
    """Shifting the server's clock ends a session without waiting for it."""
    role = client("iam", endpoint_url).create_role(
        RoleName="cart-reader", AssumeRolePolicyDocument=json.dumps(TRUST_POLICY)
    )["Role"]
    eks = client("eks", endpoint_url)
    eks.create_cluster(name="prod-blue", roleArn=role["Arn"], resourcesVpcConfig={})
    eks.create_pod_identity_association(
        clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role["Arn"]
    )

    # The plugin's own functions take the server's address too.
    token = podid.service_account_token("prod-blue", "shop", "cart", endpoint_url=endpoint_url)
    answer = client("eks-auth", endpoint_url).assume_role_for_pod_identity(
        clusterName="prod-blue", token=token
    )
    pod = client("sts", endpoint_url, answer["credentials"])
    assert "assumed-role/cart-reader/" in pod.get_caller_identity()["Arn"]
    [session] = podid.role_sessions(role_arn=role["Arn"], endpoint_url=endpoint_url)
    assert session.tags["kubernetes-service-account"] == "cart"

    clock = f"{endpoint_url}/moto-api/eks-podid/clock"
    requests.put(clock, json={"shift_seconds": 6 * 3600}, timeout=10).raise_for_status()
    with pytest.raises(ClientError, match="ExpiredToken"):
        pod.get_caller_identity()
