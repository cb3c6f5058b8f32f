"""The policy simulator as somebody types it: `aws iam simulate-principal-policy` and its kin."""

from __future__ import annotations

import json
from pathlib import Path

from aws_under_test import Aws
from judged import allow, deny, document, role
from shell import Shell

OWN_SECRETS = allow(
    "secretsmanager:GetSecretValue",
    StringEquals={
        "secretsmanager:ResourceTag/kubernetes-namespace": (
            "${aws:PrincipalTag/kubernetes-namespace}"
        )
    },
)
KEYS = ["secretsmanager:ResourceTag/kubernetes-namespace", "aws:PrincipalTag/kubernetes-namespace"]


def entry(name: str, value: str) -> str:
    return f"ContextKeyName={name},ContextKeyValues={value},ContextKeyType=string"


def test_command_decides_otherwise_about_a_role(server_aws: Aws, shell: Shell) -> None:
    """The keys that the role's policies need, then the decision once they are given."""
    source = ("--policy-source-arn", role(server_aws, OWN_SECRETS))
    keys = shell.aws("iam", "get-context-keys-for-principal-policy", *source)
    assert keys == {"ContextKeyNames": KEYS}
    simulate = (
        "iam",
        "simulate-principal-policy",
        *source,
        "--action-names",
        *OWN_SECRETS["Action"],
    )
    (result,) = shell.aws(*simulate)["EvaluationResults"]
    assert result == {
        "EvalActionName": "secretsmanager:GetSecretValue",
        "EvalResourceName": "*",
        "EvalDecision": "implicitDeny",
        "MatchedStatements": [],
        "MissingContextValues": KEYS,
    }
    entries = ("--context-entries", *(entry(name, "dev-ns") for name in KEYS))
    (result,) = shell.aws(*simulate, *entries)["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    assert [one["SourcePolicyId"] for one in result["MatchedStatements"]] == [
        "role_cart-reader_inline"
    ]


def test_command_decides_otherwise_about_a_text(shell: Shell, tmp_path: Path) -> None:
    """Policies of a file, a boundary on the command line, pages behind the user's back."""
    policies = tmp_path / "policies.json"
    policies.write_text(json.dumps([document(allow("s3:*")), document(deny("s3:PutObject"))]))
    read, put = (
        shell.aws(
            "iam",
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


def test_command_prints_another_error(shell: Shell) -> None:
    """A refusal is printed with its code and its text."""
    said = shell.refused("iam", "get-context-keys-for-custom-policy", "--policy-input-list", "{}")
    assert "(InvalidInput)" in said
    assert "Policy input list item 1 has invalid content" in said
