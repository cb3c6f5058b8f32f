"""trailscraper, a tool that others wrote, reads what a trail delivers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_under_test import ACCOUNT, REGION, Aws, policy, statement
from shell import Shell

import moto_eks_podid as podid
from tests.cloudtrail.trail_bucket import BUCKET, TrailBucket

VERSION = "0.10.0"


@pytest.fixture(scope="module")
def trailscraper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tool in an environment of its own: it pins an older boto3 than ours."""
    home = tmp_path_factory.mktemp("trailscraper")
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=120)
    installed = subprocess.run(
        [str(home / "bin" / "pip"), "install", "--quiet", f"trailscraper=={VERSION}"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if installed.returncode:
        pytest.skip(f"trailscraper cannot be installed: {installed.stderr[-300:]}")
    return home / "bin" / "trailscraper"


def run(shell: Shell, tool: Path, *words: str, given: str | None = None) -> str:
    done = shell.run(tool, *words, given=given)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_trailscraper_finds_no_call(
    server_aws: Aws, shell: Shell, tmp_path: Path, trailscraper: Path
) -> None:
    """It downloads the log files, finds the calls of a role, and generates their policy."""
    bucket = TrailBucket(server_aws)
    bucket.trail(IsMultiRegionTrail=True)
    trust = policy(statement("sts:AssumeRole", principal={"AWS": "*"}))
    role = server_aws.create_role("reader", trust)
    credentials = server_aws.client("sts").assume_role(RoleArn=role, RoleSessionName="reader")
    pod = server_aws.client_with(credentials["Credentials"], "eks")
    pod.list_clusters()
    server_aws.client_with(credentials["Credentials"], "sqs").create_queue(QueueName="orders")
    server_aws.client("ec2").describe_instances()

    logs = str(tmp_path / "logs")
    run(
        shell,
        trailscraper,
        *("download", "--bucket", BUCKET, "--account-id", ACCOUNT, "--region", REGION),
        *("--log-dir", logs, "--from", "-1days", "--to", "now"),
    )
    found = records(run(shell, trailscraper, "select", "--log-dir", logs))
    delivered = {record["eventID"] for record in bucket.records(REGION)}
    assert {record["eventName"] for record in found} >= {
        *("AssumeRole", "ListClusters", "CreateQueue", "DescribeInstances"),
    }
    assert {record["eventID"] for record in found} <= delivered

    selected = run(
        shell,
        trailscraper,
        *("select", "--log-dir", logs, "--filter-assumed-role-arn", role),
    )
    assert sorted(record["eventName"] for record in records(selected)) == [
        "CreateQueue",
        "ListClusters",
    ]
    generated = json.loads(run(shell, trailscraper, "generate", given=selected))
    (allowed,) = generated["Statement"]
    assert allowed["Action"] == ["eks:ListClusters", "sqs:CreateQueue"]


def test_trailscraper_cannot_look_up(server_aws: Aws, shell: Shell, trailscraper: Path) -> None:
    """It finds the same calls through LookupEvents."""
    server_aws.client("eks").list_clusters()
    (record,) = podid.cloudtrail_records(endpoint_url=server_aws.endpoint_url)
    out = run(
        shell,
        trailscraper,
        *("select", "--use-cloudtrail-api", "--from", "-1days", "--to", "now"),
    )
    assert [one["eventID"] for one in records(out)] == [record["eventID"]]


def records(out: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(out)["Records"]
    return found
