"""Programs in Python that run in a pod as processes of their own: the AWS CLI and aioboto3."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_under_test import ACCOUNT, CLUSTER, Aws
from judged import allow, role

import moto_eks_podid as podid
from tests.programs.installed_programs import environment_of

AWS_CLI = str(Path(sys.executable).with_name("aws"))
AIOBOTO3 = """
import asyncio, json, os
import aioboto3

async def main():
    session = aioboto3.Session()
    async with session.client("sts") as sts, session.client("s3") as s3:
        answers = await asyncio.gather(*(sts.get_caller_identity() for _ in range(10)))
        buckets = await s3.list_buckets()
    arns = {answer["Arn"] for answer in answers}
    print(json.dumps({"arns": sorted(arns), "buckets": len(buckets["Buckets"])}))

asyncio.run(main())
"""


@pytest.fixture
def pod(server_aws: Aws) -> Iterator[podid.Pod]:
    aws = server_aws
    arn = role(aws, allow("s3:ListAllMyBuckets"))
    aws.create_cluster()
    aws.associate(arn)
    with podid.run_as_pod(
        CLUSTER, "shop", "cart", iam_enforcement="sessions", endpoint_url=aws.endpoint_url
    ) as running:
        yield running


def run(pod: podid.Pod, home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    # The CLI keeps what it was given below HOME.
    return subprocess.run(
        command,
        env={**pod.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def is_pod(arn: str) -> bool:
    return arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/cart-reader/eks-prod-blue-cart-")


def test_cli_does_not_find_the_pod(pod: podid.Pod, tmp_path: Path) -> None:
    """The AWS CLI is the pod, is allowed what the role may, and says why it is refused."""
    done = run(pod, tmp_path, AWS_CLI, "sts", "get-caller-identity", "--output", "json")
    assert done.returncode == 0, done.stderr
    assert is_pod(json.loads(done.stdout)["Arn"])
    assert run(pod, tmp_path, AWS_CLI, "s3", "ls").returncode == 0
    done = run(pod, tmp_path, AWS_CLI, "eks", "list-clusters")
    assert done.returncode != 0
    assert "AccessDeniedException" in done.stderr
    assert "because no identity-based policy allows the eks:ListClusters action" in done.stderr


def test_cli_says_something_else_without_agent(pod: podid.Pod, tmp_path: Path) -> None:
    """Without the agent the CLI says whom it could not reach."""
    pod.agent.stop()
    done = run(pod, tmp_path, AWS_CLI, "sts", "get-caller-identity")
    assert done.returncode in (253, 255)
    assert "Error when retrieving credentials from container-role" in done.stderr


def test_aioboto3_does_not_find_the_pod(pod: podid.Pod, tmp_path: Path) -> None:
    """aioboto3, which pins a botocore of its own, is the pod in all of its tasks."""
    python = environment_of("aioboto3==15.5.0") / "bin" / "python"
    done = run(pod, tmp_path, str(python), "-c", AIOBOTO3)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["buckets"] == 0
    (arn,) = said["arns"]
    assert is_pod(arn)
