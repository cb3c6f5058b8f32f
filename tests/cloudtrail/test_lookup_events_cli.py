"""LookupEvents as somebody types it: `aws cloudtrail lookup-events`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aws_under_test import CLUSTER, REGION, Aws

AWS = Path(sys.executable).parent / "aws"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def lookup_events(server_aws: Aws, tmp_path: Path) -> Run:
    """Run `aws cloudtrail lookup-events` with an empty home and fake keys."""
    environ = {
        **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": str(server_aws.endpoint_url),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [AWS, "cloudtrail", "lookup-events", *words, "--output", "json"],
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def answered(done: subprocess.CompletedProcess[str]) -> Any:
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def by(key: str, value: str) -> tuple[str, str]:
    return "--lookup-attributes", f"AttributeKey={key},AttributeValue={value}"


def test_command_finds_nothing(server_aws: Aws, lookup_events: Run) -> None:
    """One attribute and a time range, with the times that the record shows."""
    server_aws.create_cluster()
    (event,) = answered(lookup_events(*by("EventName", "CreateCluster")))["Events"]
    assert event["EventSource"] == "eks.amazonaws.com"
    assert event["ReadOnly"] == "false"
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventName"] == "CreateCluster"
    assert record["requestParameters"]["name"] == CLUSTER
    at = datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00"))
    # Version 1 prints the number, version 2 a date.
    assert event["EventTime"] in (at.timestamp(), at.isoformat())
    second = ("--start-time", record["eventTime"], "--end-time", record["eventTime"])
    found = answered(lookup_events(*by("EventSource", "eks.amazonaws.com"), *second))
    assert found["Events"] == [event]
    earlier = answered(lookup_events("--end-time", "2026-01-01"))
    assert earlier == {"Events": []}


def test_command_loses_pages(server_aws: Aws, lookup_events: Run) -> None:
    """--page-size pages behind the user's back; --max-items hands out a token to go on with."""
    eks = server_aws.client("eks")
    for number in range(7):
        server_aws.create_cluster(f"cluster-{number}", eks=eks)

    def clusters(answer: Any) -> list[str]:
        return [
            json.loads(event["CloudTrailEvent"])["requestParameters"]["name"]
            for event in answer["Events"]
        ]

    everything = [f"cluster-{number}" for number in reversed(range(7))]
    attribute = by("EventName", "CreateCluster")
    assert clusters(answered(lookup_events(*attribute, "--page-size", "3"))) == everything

    first = answered(lookup_events(*attribute, "--max-items", "4", "--page-size", "3"))
    assert clusters(first) == everything[:4]
    # Two pages of three have been read, the second of them in part.
    token = ("--starting-token", first["NextToken"], "--page-size", "3")
    rest = answered(lookup_events(*attribute, *token))
    assert clusters(rest) == everything[4:]
    assert "NextToken" not in rest


def test_command_prints_another_error(lookup_events: Run) -> None:
    """A refusal is printed with its code and its text."""
    backwards = ("--start-time", "2026-03-02", "--end-time", "2026-03-01")
    for words, error in (
        (
            backwards,
            "(InvalidTimeRangeException) when calling the LookupEvents operation: "
            "The start time should not be after the end time",
        ),
        (
            ("--max-results", "51"),
            "(InvalidMaxResultsException) when calling the LookupEvents operation: "
            "The parameter MaxResults should be between 1 and 50",
        ),
    ):
        done = lookup_events(*words)
        # 254 in version 2, 255 in version 1.
        assert done.returncode in (254, 255)
        assert done.stdout == ""
        assert error in done.stderr
