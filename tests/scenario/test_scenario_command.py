"""`moto-eks-podid load`: what it prints, and what it does at a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_under_test import Aws
from click.testing import CliRunner, Result

import moto_eks_podid as podid
from moto_eks_podid.cli import command

EXAMPLE = Path(__file__).parents[1] / "examples" / "shop.yaml"
NOBODY = "http://127.0.0.1:1"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, ["load", *map(str, arguments)])


def test_loaded_scenario_is_not_shown(server_aws: Aws) -> None:
    """The example is in place at the server; the table has a line for each thing, and no token."""
    done = run(EXAMPLE, "--endpoint-url", str(server_aws.endpoint_url))
    assert done.exit_code == 0, done.output
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[:2] for row in rows] == [
        ["Made", "Name"],
        ["role", "cart"],
        ["cluster", "prod-blue"],
        ["bucket", "orders"],
        ["association", "shop/cart"],
        ["pod", "shop/cart-0"],
        ["pod", "shop/cart-1"],
    ]
    assert (
        rows[2][2] == server_aws.client("eks").describe_cluster(name="prod-blue")["cluster"]["arn"]
    )
    assert "eyJ" not in done.stdout
    pods = [
        session.tags["kubernetes-pod-name"] for session in server_aws.sessions() if session.tags
    ]
    assert sorted(pods) == ["cart-0", "cart-1"]


def test_everything_that_can_be_made_is_not_shown(server_aws: Aws, tmp_path: Path) -> None:
    """Policies, secrets and tables are shown as well."""
    path = tmp_path / "s.yaml"
    path.write_text(
        "policies: [{name: read, document: {Effect: Allow, Action: '*', Resource: '*'}}]\n"
        "secrets: [{name: 'shop/[b]', value: x}, {name: shop/db, value: hunter2}]\n"
        "tables: [{name: carts, key: id}]\n".replace("{name: 'shop/[b]', value: x}, ", ""),
        encoding="utf-8",
    )
    done = run(path, "--endpoint-url", str(server_aws.endpoint_url))
    kinds = [line.split()[0] for line in done.stdout.splitlines()]
    assert kinds == ["Made", "policy", "secret", "table"]
    assert "hunter2" not in done.stdout


def test_check_asks_a_server() -> None:
    """`--check` needs no server."""
    done = run(EXAMPLE, "--check", "--endpoint-url", NOBODY)
    assert (done.exit_code, done.output) == (0, f"{EXAMPLE}: nothing is wrong with it\n")


@pytest.mark.parametrize("flags", [[], ["--check"]])
def test_problem_is_a_traceback(flags: list[str], tmp_path: Path) -> None:
    """Each problem is a line on standard error, and nothing else is printed."""
    path = tmp_path / "s.yaml"
    path.write_text("rolls: []\nregion: Europe\n", encoding="utf-8")
    done = run(path, *flags, "--endpoint-url", NOBODY)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"{path}:1:1: there is no member 'rolls'; did you mean 'roles'?",
        f"{path}:2:9: expected a region, got 'Europe'",
    ]


def test_refusal_is_a_traceback(server_aws: Aws) -> None:
    """So is what the server refuses, and what had been made is gone."""
    server_aws.client("s3").create_bucket(
        Bucket="orders", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    done = run(EXAMPLE, "--endpoint-url", str(server_aws.endpoint_url))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"{EXAMPLE}:34:5: there is a bucket 'orders' already\n"
    assert server_aws.client("iam").list_roles()["Roles"] == []


def test_missing_server_is_a_traceback() -> None:
    """Without a server, one line says where none answers."""
    done = run(EXAMPLE, "--endpoint-url", NOBODY)
    assert (done.exit_code, done.stderr) == (1, f"Error: No server answers at {NOBODY}\n")


def test_missing_file_is_a_traceback(tmp_path: Path) -> None:
    """A file that is not there, or not named, is one line."""
    done = run(tmp_path / "gone.yaml", "--check")
    assert done.exit_code == 1
    assert done.stderr.endswith(
        "gone.yaml:1:1: the file cannot be read: No such file or directory\n"
    )
    done = run()
    assert done.exit_code == 2
    assert "Missing argument 'FILE'" in done.stderr


def test_schema_is_not_printed() -> None:
    """`--schema` prints JSON, and needs no file."""
    done = run("--schema")
    assert done.exit_code == 0
    assert "associations" in json.loads(done.stdout)["properties"]


def test_public_names_are_not_loaded() -> None:
    """What the error is called in Python is what is raised."""
    with pytest.raises(podid.ScenarioError, match=r"gone\.yaml:1:1"):
        podid.load_scenario("gone.yaml")
