"""Record the calls of a server with moto's recorder, and replay them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

import moto_eks_podid as podid

REGION = "us-west-2"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    # The recorder writes the file moto_recording, here.
    monkeypatch.chdir(tmp_path)
    podid.install()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    requests.put(f"http://{host}:{port}/moto-api/eks-podid/settings", json={}, timeout=10)
    requests.post(f"http://{host}:{port}/moto-api/reset", timeout=10)
    server.stop()


def use_pod_identity(url: str) -> None:
    """What is recorded: a cluster, a role, an association, and a pod that gets credentials."""

    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, REGION, endpoint_url=url, **keys)

    trust_policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        },
    }
    role = client("iam").create_role(
        RoleName="cart-reader", AssumeRolePolicyDocument=json.dumps(trust_policy)
    )["Role"]["Arn"]
    client("eks").create_cluster(name="prod-blue", roleArn=role, resourcesVpcConfig={})
    client("eks").create_pod_identity_association(
        clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role
    )
    token = podid.service_account_token("prod-blue", "shop", "cart", endpoint_url=url)
    client("eks-auth").assume_role_for_pod_identity(clusterName="prod-blue", token=token)


def test_a_recording_is_replayed(url: str) -> None:
    """A replay needs verify_token off: the cluster is made again, with an issuer of its own."""

    def call(method: Callable[..., requests.Response], path: str, **more: Any) -> requests.Response:
        answer = method(f"{url}/moto-api{path}", timeout=30, **more)
        answer.raise_for_status()
        return answer

    call(requests.post, "/recorder/reset-recording")
    call(requests.post, "/recorder/start-recording")
    use_pod_identity(url)
    call(requests.post, "/recorder/stop-recording")

    call(requests.post, "/reset")
    assert podid.role_sessions(endpoint_url=url) == []

    call(requests.put, "/eks-podid/settings", json={"verify_token": False})
    call(requests.post, "/recorder/replay-recording")
    [session] = podid.role_sessions(endpoint_url=url)
    assert session.tags["kubernetes-service-account"] == "cart"

    # Everything that was sent is in the recording, tokens included.
    entries = call(requests.get, "/recorder/download-recording").text.splitlines()
    bodies = [base64.b64decode(json.loads(entry)["body"]) for entry in entries]
    assert any(b'"token"' in body for body in bodies)
