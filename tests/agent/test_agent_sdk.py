"""Unmodified SDKs get their credentials from the agent, at its own address too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
import pytest
from agents import agent_of, calls_of_eks_auth
from aws_under_test import REGION, Aws
from botocore.exceptions import CredentialRetrievalError
from pods import prepare

import moto_eks_podid as podid


@pytest.fixture
def token_file(aws: Aws, tmp_path: Path) -> Path:
    prepare(aws)
    path = tmp_path / "eks-pod-identity-token"
    path.write_text(aws.token(pod_name="cart-0"))
    return path


@pytest.fixture
def agent(aws: Aws, token_file: Path) -> Iterator[podid.PodIdentityAgent]:
    with agent_of(aws) as running:
        yield running


@pytest.fixture
def inside_pod(
    agent: podid.PodIdentityAgent, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The environment of a container."""
    with monkeypatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.delenv(name, raising=False)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        patch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url)
        patch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token_file))
        yield


@pytest.mark.usefixtures("inside_pod")
def test_boto3_finds_no_credentials(aws: Aws) -> None:
    """boto3 is the pod, without an argument."""
    sts = boto3.client("sts", region_name=REGION, endpoint_url=aws.endpoint_url)
    who = sts.get_caller_identity()
    assert ":assumed-role/cart-reader/eks-prod-blue-cart-0-" in who["Arn"]


@pytest.mark.usefixtures("inside_pod")
def test_boto3_shows_another_error(
    aws: Aws, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the agent refuses, boto3 quotes to its user."""
    monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
    token_file.write_text("Bearer x.y.z")
    with pytest.raises(CredentialRetrievalError) as caught:
        boto3.client("sts", region_name=REGION, endpoint_url=aws.endpoint_url)
    assert str(caught.value).rstrip() == (
        "Error when retrieving credentials from container-role: Error retrieving metadata: "
        "Received non 200 response 400 from container metadata: Service account token cannot be "
        "parsed: token is malformed: could not base64 decode header: "
        "illegal base64 data at input byte 6"
    )
    assert calls_of_eks_auth(aws) == []


# At EKS's own addresses, in a network of its own

IN_THE_NAMESPACE = """
    import json, os, socket, sys, tempfile, threading
    import boto3
    from moto.server import ThreadedMotoServer
    import moto_eks_podid as podid

    podid.install()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint_url = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

    def client(service, **more):
        return boto3.client(service, "us-west-2", endpoint_url=endpoint_url, **more)

    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        },
    }
    role = client("iam", **keys).create_role(
        RoleName="cart-reader", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]["Arn"]
    eks = client("eks", **keys)
    eks.create_cluster(name="prod-blue", roleArn=role, resourcesVpcConfig={})
    eks.create_pod_identity_association(
        clusterName="prod-blue", namespace="shop", serviceAccount="cart", roleArn=role
    )
    token = podid.service_account_token("prod-blue", "shop", "cart", endpoint_url=endpoint_url)
    found = {}
    with (
        tempfile.NamedTemporaryFile("w") as file,
        podid.PodIdentityAgent(
            "prod-blue",
            host=["169.254.170.23", "fd00:ec2::23"],
            port=80,
            endpoint_url=endpoint_url,
            allow_loopback=False,
            probe_port=2703,
            service_timeout=30,
        ) as agent,
    ):
        file.write(token)
        file.flush()
        os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = file.name
        found["urls"] = agent.urls
        found["callers"] = []
        for url in ("http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials"):
            os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url
            boto3.DEFAULT_SESSION = None
            found["callers"].append(client("sts").get_caller_identity()["Arn"])
        import urllib.request
        with urllib.request.urlopen("http://localhost:2703/readyz", timeout=30) as probe:
            found["probe"] = probe.status
    server.stop()
    print(json.dumps(found))
"""


def in_network_namespace(
    script: str, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run Python in a network of its own, which has the addresses of EKS's agents."""
    commands = (
        "ip link set lo up && ip addr add 169.254.170.23/32 dev lo && "
        'ip addr add fd00:ec2::23/128 dev lo && exec "$0" -c "$1"'
    )
    return subprocess.run(
        ["unshare", "-rn", "sh", "-c", commands, sys.executable, textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **environ},
    )


def namespaces_refused() -> str | None:
    """Why there can be no network namespace here."""
    for program in ("unshare", "ip"):
        if shutil.which(program) is None:
            return f"there is no {program}"
    tried = in_network_namespace("pass", {})
    return tried.stderr.strip() if tried.returncode else None


def test_default_address_does_not_answer() -> None:
    """Where the machine has EKS's addresses, the agent listens there, and unmodified boto3 finds it
    by the URI that EKS gives a container."""
    if reason := namespaces_refused():
        pytest.skip(f"network namespaces: {reason}")
    done = in_network_namespace(IN_THE_NAMESPACE, {"PYTHONPATH": str(Path(__file__).parents[2])})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["urls"] == [
        "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::23]/v1/credentials",
    ]
    assert len(found["callers"]) == 2
    for arn in found["callers"]:
        assert ":assumed-role/cart-reader/eks-prod-blue-cart-" in arn
    assert found["probe"] == 200
