"""A template as the CDK synthesises it, from a file and, where the CDK is, by the CDK."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from aws_under_test import ACCOUNT, CLUSTER, REGION, Json

from tests.cloudformation.stack_under_test import Stacks

HERE = Path(__file__).parent
APP = HERE / "cdk_app.py"
SYNTHESISED = HERE / "cdk_template.json"
#: Where `make cdk` installs it.
CDK_PYTHON = HERE.parents[1] / ".cache" / "cdk" / "bin" / "python"


@cache
def python_with_cdk() -> str | None:
    """A Python that has the CDK; None where there is none, or no Node for it to run on."""
    if shutil.which("node") is None:
        return None
    for python in (str(CDK_PYTHON), sys.executable):
        if Path(python).exists():
            finds = [python, "-c", "import importlib.util as u; exit(not u.find_spec('aws_cdk'))"]
            if subprocess.run(finds, check=False).returncode == 0:
                return python
    return None


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What the app makes now."""
    folder = tmp_path_factory.mktemp("cdk")
    python = python_with_cdk()
    if python is None:
        pytest.skip("needs Node and aws-cdk-lib: `make cdk` installs the latter")
    environ = {
        **os.environ,
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }
    subprocess.run([python, str(APP), str(folder)], env=environ, check=True, timeout=300)
    template: Json = json.loads((folder / "Shop.template.json").read_text())
    return template


def check(stacks: Stacks, template: Json) -> None:
    """The template makes what the app says."""
    stacks.create(json.dumps(template), "Shop", Capabilities=["CAPABILITY_IAM"])
    assert stacks.status("Shop") == "CREATE_COMPLETE", stacks.events("Shop")
    [made] = stacks.associations()
    assert made["roleArn"] == f"arn:aws:iam::{ACCOUNT}:role/cart-reader"
    assert made["tags"] == {"team": "cart"}
    assert made["disableSessionTags"] is True
    assert stacks.outputs("Shop") == {
        "AssociationArn": made["associationArn"],
        "AssociationId": made["associationId"],
        "ExternalId": f"{REGION}/{ACCOUNT}/{CLUSTER}/shop/cart",
        "Reference": made["associationArn"],
    }
    [name] = stacks.aws.client("iam").list_role_policies(RoleName="cart-reader")["PolicyNames"]
    assert name.startswith("CartRoleDefaultPolicy")
    stacks.delete("Shop")
    assert stacks.eks.list_clusters()["clusters"] == []


def test_synthesised_template_is_not_understood(empty: Stacks) -> None:
    """A template of the CDK works as it is, the parameter of its bootstrap stack included."""
    check(empty, json.loads(SYNTHESISED.read_text()))


def test_cdk_makes_another_template(empty: Stacks, synthesised: Json) -> None:
    """The CDK's own, new template works, and has the resources of the one in the file."""
    in_file = json.loads(SYNTHESISED.read_text())
    assert synthesised["Resources"] == in_file["Resources"]
    assert synthesised["Outputs"] == in_file["Outputs"]
    check(empty, synthesised)
