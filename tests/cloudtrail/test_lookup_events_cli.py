"""LookupEvents as somebody types it: `aws cloudtrail lookup-events`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from aws_under_test import CLUSTER, Aws
from shell import Shell

LOOKUP = ("cloudtrail", "lookup-events")


def by(key: str, value: str) -> tuple[str, str]:
    return "--lookup-attributes", f"AttributeKey={key},AttributeValue={value}"


def test_command_finds_nothing(server_aws: Aws, shell: Shell) -> None:
    """One attribute and a time range, with the times that the record shows."""
    server_aws.create_cluster()
    (event,) = shell.aws(*LOOKUP, *by("EventName", "CreateCluster"))["Events"]
    assert event["EventSource"] == "eks.amazonaws.com"
    assert event["ReadOnly"] == "false"
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventName"] == "CreateCluster"
    assert record["requestParameters"]["name"] == CLUSTER
    at = datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00"))
    # Version 1 prints the number, version 2 a date.
    assert event["EventTime"] in (at.timestamp(), at.isoformat())
    second = ("--start-time", record["eventTime"], "--end-time", record["eventTime"])
    found = shell.aws(*LOOKUP, *by("EventSource", "eks.amazonaws.com"), *second)
    assert found["Events"] == [event]
    earlier = shell.aws(*LOOKUP, "--end-time", "2026-01-01")
    assert earlier == {"Events": []}


def test_command_loses_pages(server_aws: Aws, shell: Shell) -> None:
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
    assert clusters(shell.aws(*LOOKUP, *attribute, "--page-size", "3")) == everything

    first = shell.aws(*LOOKUP, *attribute, "--max-items", "4", "--page-size", "3")
    assert clusters(first) == everything[:4]
    # Two pages of three have been read, the second of them in part.
    token = ("--starting-token", first["NextToken"], "--page-size", "3")
    rest = shell.aws(*LOOKUP, *attribute, *token)
    assert clusters(rest) == everything[4:]
    assert "NextToken" not in rest


def test_command_prints_another_error(shell: Shell) -> None:
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
        assert error in shell.refused(*LOOKUP, *words)
