"""The files that run the server in containers: they name what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from moto_eks_podid.cli import command
from moto_eks_podid.scenario.loading import check

ROOT = Path(__file__).parent.parent
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
#: Of moto_server, below which the Dockerfile puts the server.
ENTRYPOINT = ["moto-eks-podid", "server", "-H", "0.0.0.0"]


def flags_of(arguments: list[str]) -> dict[str, Any]:
    """What the command line reads from arguments, as it would when it runs."""
    name, *rest = arguments
    subcommand = command.commands[name]
    with click.Context(subcommand) as context:
        subcommand.parse_args(context, rest)
        return context.params


def test_image_runs_something_else() -> None:
    """The image's entry point is the server, reachable from outside of its container."""
    (line,) = re.findall(r"^ENTRYPOINT (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert yaml.safe_load(line) == ENTRYPOINT
    assert flags_of(ENTRYPOINT[1:])["host"] == "0.0.0.0"


def test_compose_gives_wrong_flags(tmp_path: Path) -> None:
    """The server's flags are its own, and its scenario is one that it takes."""
    service = SERVICES["aws"]
    (volume,) = service["volumes"]
    source, target, _ = volume.split(":")
    plan = check(ROOT / source)
    assert plan
    arguments = [
        str(ROOT / source) if argument == target else argument for argument in service["command"]
    ]
    assert flags_of([*ENTRYPOINT[1:], *arguments])["scenario"] == ROOT / source
    assert "/moto-api/eks-podid/ready" in service["healthcheck"]["test"][-1]


def test_compose_mints_another_pods_token() -> None:
    """The application's token is of a service account of the scenario."""
    (script,) = SERVICES["token"]["command"]
    words = script.split(" > ")[0].split()
    assert words[0] == "moto-eks-podid"
    given = flags_of(words[1:])
    scenario = yaml.safe_load((ROOT / "tests/examples/shop.yaml").read_text())
    named = {name: given[name] for name in ("cluster", "namespace", "service_account")}
    assert named.items() <= scenario["pods"][0].items()


def test_compose_waits_for_nobody() -> None:
    """Services wait for services that there are, and share the network of one that there is."""
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        network = service.get("network_mode", "service:pod")
        assert network.removeprefix("service:") in SERVICES


@pytest.mark.skipif(
    not shutil.which("docker-compose"),
    reason="needs docker-compose: apt-get install docker-compose",
)
def test_compose_file_is_none() -> None:
    """Compose takes the file."""
    done = subprocess.run(
        ["docker-compose", "-f", "compose.yaml", "config", "--quiet"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
