"""The policy simulator as somebody types it: `aws iam simulate-principal-policy` and its kin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_under_test import REGION, Aws
from judged import allow, deny, document, role

AWS = Path(sys.executable).parent / "aws"

Run = Callable[..., subprocess.CompletedProcess[str]]

OWN_SECRETS = allow(
    "secretsmanager:GetSecretValue",
    StringEquals={
        "secretsmanager:ResourceTag/kubernetes-namespace": (
            "${aws:PrincipalTag/kubernetes-namespace}"
        )
    },
)
KEYS = ["secretsmanager:ResourceTag/kubernetes-namespace", "aws:PrincipalTag/kubernetes-namespace"]


@pytest.fixture
def iam(server_aws: Aws, tmp_path: Path) -> Run:
    """Run `aws iam` with an empty home and fake keys."""
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
            [AWS, "iam", *words, "--output", "json"],
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


def entry(name: str, value: str) -> str:
    return f"ContextKeyName={name},ContextKeyValues={value},ContextKeyType=string"


def test_command_decides_otherwise_about_a_role(server_aws: Aws, iam: Run) -> None:
    """The keys that the role's policies need, then the decision once they are given."""
    source = ("--policy-source-arn", role(server_aws, OWN_SECRETS))
    keys = answered(iam("get-context-keys-for-principal-policy", *source))
    assert keys == {"ContextKeyNames": KEYS}
    simulate = ("simulate-principal-policy", *source, "--action-names", *OWN_SECRETS["Action"])
    (result,) = answered(iam(*simulate))["EvaluationResults"]
    assert result == {
        "EvalActionName": "secretsmanager:GetSecretValue",
        "EvalResourceName": "*",
        "EvalDecision": "implicitDeny",
        "MatchedStatements": [],
        "MissingContextValues": KEYS,
    }
    entries = ("--context-entries", *(entry(name, "dev-ns") for name in KEYS))
    (result,) = answered(iam(*simulate, *entries))["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    assert [one["SourcePolicyId"] for one in result["MatchedStatements"]] == [
        "role_cart-reader_inline"
    ]


def test_command_decides_otherwise_about_a_text(iam: Run, tmp_path: Path) -> None:
    """Policies of a file, a boundary on the command line, pages behind the user's back."""
    policies = tmp_path / "policies.json"
    policies.write_text(json.dumps([document(allow("s3:*")), document(deny("s3:PutObject"))]))
    read, put = answered(
        iam(
            "simulate-custom-policy",
            "--policy-input-list",
            f"file://{policies}",
            "--permissions-boundary-policy-input-list",
            document(allow("s3:*")),
            "--action-names",
            "s3:GetObject",
            "s3:PutObject",
            "--resource-arns",
            "arn:aws:s3:::orders/march",
            "--page-size",
            "1",
        )
    )["EvaluationResults"]
    assert (read["EvalDecision"], put["EvalDecision"]) == ("allowed", "explicitDeny")
    assert [one["SourcePolicyId"] for one in put["MatchedStatements"]] == ["PolicyInputList.2"]
    assert put["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}


def test_command_prints_another_error(iam: Run) -> None:
    """A refusal is printed with its code and its text."""
    done = iam("get-context-keys-for-custom-policy", "--policy-input-list", "{}")
    # 254 in version 2, 255 in version 1.
    assert done.returncode in (254, 255)
    assert done.stdout == ""
    assert "(InvalidInput)" in done.stderr
    assert "Policy input list item 1 has invalid content" in done.stderr
