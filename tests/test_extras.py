"""What a base install lacks is named, with the command that brings it."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

from moto_eks_podid.extras import MissingExtra, requires_extra

BLOCK = """
import sys

class Blocker:
    # What an environment without these packages does.
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
sys.argv = ["moto-eks-podid", *{arguments!r}]
from moto_eks_podid.__main__ import main
main()
"""


def run_without(blocked: tuple[str, ...], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in an environment that lacks some packages."""
    return subprocess.run(
        [sys.executable, "-c", BLOCK.format(blocked=blocked, arguments=arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("--help",), ("demo",), ("server",)])
def test_command_line_without_click_shows_a_traceback(arguments: tuple[str, ...]) -> None:
    """Without the extra `cli`, every command says how to install it, and fails."""
    done = run_without(("click",), *arguments)
    assert done.returncode == 1
    assert "click is missing" in done.stderr
    assert "pip install 'moto-eks-podid[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("missing", ["flask", "flask_cors", "uvicorn", "httptools"])
def test_server_without_its_extra_shows_a_traceback(missing: str) -> None:
    """Without the extra `server`, `server` says how to install it, and fails."""
    done = run_without((missing,), "server", "-p", "0")
    assert done.returncode == 1
    assert f"{missing} is missing" in done.stderr
    assert "pip install 'moto-eks-podid[server]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_demo_without_rich_shows_a_traceback() -> None:
    """The extra `cli` brings rich for the demo; without it the demo names the extra."""
    done = run_without(("rich",), "demo")
    assert done.returncode == 1
    assert "pip install 'moto-eks-podid[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_base_package_needs_an_extra() -> None:
    """Without any extra, mocks, pods and add-ons work in-process; what does not is named."""
    script = BLOCK.rpartition("sys.argv")[0].format(
        blocked=("click", "rich", "flask", "flask_cors", "jsonschema"), arguments=()
    )
    script += """
import boto3
import moto_eks_podid as podid
with podid.mock_aws():
    eks = boto3.client("eks", "us-west-2")
    role = "arn:aws:iam::123456789012:role/cluster"
    eks.create_cluster(name="blue", roleArn=role, resourcesVpcConfig={})
    eks.create_addon(clusterName="blue", addonName="vpc-cni")
    with podid.run_as_pod("blue", "shop", "cart") as pod:
        print(pod.token.count("."))
    try:
        eks.update_addon(clusterName="blue", addonName="vpc-cni", configurationValues="{}")
    except podid.extras.MissingExtra as missing:
        print(missing)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "2",
        "jsonschema is missing: this needs the extra 'addons'. "
        "Install it with: pip install 'moto-eks-podid[addons]'",
    ]


def test_other_failed_import_is_mistaken_for_a_missing_extra() -> None:
    """Only the extra's own modules are named; another failed import passes through as it is."""
    with pytest.raises(ModuleNotFoundError) as caught, requires_extra("cli", "click"):
        raise ModuleNotFoundError("No module named 'other'", name="other")
    assert not isinstance(caught.value, MissingExtra)
    with pytest.raises(ImportError, match="without a name") as nameless, requires_extra("cli", "x"):
        raise ImportError("without a name")
    assert not isinstance(nameless.value, MissingExtra)


def test_missing_submodule_is_not_recognised() -> None:
    """A missing submodule of an extra's package is the extra's; the error chains no other."""
    with pytest.raises(MissingExtra) as caught, requires_extra("cli", "rich"):
        raise ModuleNotFoundError("No module named 'rich.tree'", name="rich.tree")
    assert str(caught.value) == (
        "rich.tree is missing: this needs the extra 'cli'. "
        "Install it with: pip install 'moto-eks-podid[cli]'"
    )
    assert caught.value.__suppress_context__


def test_error_names_an_extra_that_there_is_not() -> None:
    """Every extra that the package asks for is one that setup.cfg declares."""
    root = Path(__file__).parents[1]
    declared = configparser.ConfigParser()
    declared.read(root / "setup.cfg")
    asked = {
        line.partition('requires_extra("')[2].partition('"')[0]
        for path in (root / "moto_eks_podid").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if 'requires_extra("' in line
    }
    assert {"cli", "server"} <= asked <= set(declared["options.extras_require"])
