"""`moto-eks-podid agent` in a process of its own, beside a server in another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import pytest
from agents import ask, calls_of_eks_auth, get
from aws_under_test import ACCOUNT, CLUSTER, Aws
from click.testing import CliRunner
from pods import moto_api, prepare

import moto_eks_podid as podid
from moto_eks_podid import cli_agent
from moto_eks_podid.cli import command

VARIABLE = "AWS_CONTAINER_CREDENTIALS_FULL_URI="


class Running:
    """The command, once it serves."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self.process = process
        self.lines = [process.stdout.readline().strip(), process.stdout.readline().strip()]
        assert self.lines[0].startswith(VARIABLE), self.lines
        self.url = self.lines[0].removeprefix(VARIABLE)

    def stop(self, number: int = signal.SIGTERM) -> str:
        """Stop it as its operator does; returns its log."""
        self.process.send_signal(number)
        _, log = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, log
        assert "Traceback" not in log
        return log


@contextmanager
def agent_command(*flags: str, **environ: str) -> Iterator[Running]:
    free = ("--port", "0", "--probe-port", "0", "--metrics-port", "0")
    process = subprocess.Popen(
        [sys.executable, "-m", "moto_eks_podid", "agent", "-c", CLUSTER, *free, *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environ},
    )
    with process:
        try:
            yield Running(process)
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_serves_nothing(server_aws: Aws, number: int) -> None:
    """The command serves credentials, probes and metrics, logs to standard error, and ends when it
    is told to."""
    prepare(server_aws)
    assert server_aws.endpoint_url
    flags = ("--endpoint-url", server_aws.endpoint_url, "--instance-id", "i-0123456789abcdef0")
    with agent_command(*flags) as running:
        answer = ask(running.url, server_aws.token())
        words = running.lines[1].replace(",", "").split()
        probes, metrics = (word for word in words if word.startswith("http"))
        assert get(f"{probes}/readyz").status == 200
        assert 'pod_identity_http_response{code="200"} 1' in get(metrics).body
        log = running.stop(number)
    assert answer.json["AccountId"] == ACCOUNT
    assert answer.json["AccessKeyId"] in log
    assert answer.json["SecretAccessKey"] not in log
    [record] = calls_of_eks_auth(server_aws)
    assert record["userIdentity"]["arn"].endswith("/i-0123456789abcdef0")


def test_real_agents_arguments_are_refused(server_aws: Aws) -> None:
    """The flags of the real agent are understood, short and long."""
    prepare(server_aws)
    assert server_aws.endpoint_url
    flags = (
        *("-p", "0", "-b", "127.0.0.1", "-b", "127.0.0.2", "--metrics-address", "127.0.0.1"),
        *("--max-credential-retention-before-renewal", "0", "--max-cache-size", "2000"),
        *("--max-service-qps", "3", "--endpoint", server_aws.endpoint_url, "-v", "error"),
        "--rotate-credentials",
    )
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    token = server_aws.token()
    with agent_command(*flags, AWS_REGION="eu-west-1", **keys) as running:
        assert "No cluster found for name" in ask(running.url, token).body
        assert running.stop() == ""
    with agent_command(*flags, AWS_REGION="us-west-2", **keys) as running:
        assert running.lines[1].startswith(VARIABLE)
        assert "127.0.0.2" in running.lines[1]
        # There is no cache.
        assert ask(running.url, token).body != ask(running.url, token).body
    callers = {
        record["userIdentity"].get("accessKeyId") for record in calls_of_eks_auth(server_aws)
    }
    assert callers == {"AKIAIOSFODNN7EXAMPLE"}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(command, ["agent", *arguments])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing option '-c' / '--cluster-name'"),
        (
            ("-c", "x", "--max-credential-retention-before-renewal", "3"),
            "'3' is no duration: write 3h, 1h30m, 90s or 0",
        ),
        (
            ("-c", "x", "--max-credential-retention-before-renewal", "10s"),
            "Refresh QPS is too small (3)",
        ),
        (("-c", "x", "-p", "0", "-b", "192.0.2.1"), "Cannot assign requested address"),
        (("-c", "x", "--agent-version", "3"), "'3' is not one of '0.1', '0.2'"),
    ],
)
def test_mistake_gives_a_traceback(arguments: tuple[str, ...], message: str) -> None:
    """A mistake is one line on standard error."""
    done = run(*arguments)
    assert done.exit_code in (1, 2)
    assert message in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("0", 0), ("3h", 10_800), ("1h30m", 5400), ("90s", 90), ("1.5s", 1.5), (".5m", 30)),
        *(("250ms", 0.25), ("1us", 1e-6), ("1µs", 1e-6), ("1ns", 1e-9)),
    ],
)
def test_duration_is_another_time(text: str, expected: float) -> None:
    """Durations are written as Go writes them."""
    option = click.Option(["--x"])
    assert cli_agent.seconds(click.Context(command), option, text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "3", "h", "3 h", "-1s", "1d", "1h30", "٣h"])
def test_duration_is_guessed(text: str) -> None:
    """What Go would not read is refused; so is a negative time."""
    with pytest.raises(click.BadParameter):
        cli_agent.seconds(click.Context(command), click.Option(["--x"]), text)


def test_agent_follows_a_server_that_began_later(server_aws: Aws) -> None:
    """A server that is reset under a running agent begins anew: the agent's node, too."""
    prepare(server_aws)
    assert server_aws.endpoint_url
    with podid.PodIdentityAgent(CLUSTER, endpoint_url=server_aws.endpoint_url) as agent:
        first = ask(agent.url, server_aws.token()).json
        moto_api(server_aws, "reset")
        prepare(server_aws)
        second = ask(agent.url, server_aws.token()).json
    assert first["AccessKeyId"] != second["AccessKeyId"]
    [record] = calls_of_eks_auth(server_aws)
    assert record["userIdentity"]["arn"].endswith(f"/{agent.instance_id}")
