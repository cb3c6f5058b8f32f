"""Add-ons through the real `aws` command line."""

from __future__ import annotations

import json

from aws_under_test import ACCOUNT, CLUSTER, POD_TRUST
from shell import Shell

from tests.server.test_aws_cli import create_cluster

ADDON = ("--cluster-name", CLUSTER, "--addon-name", "aws-ebs-csi-driver")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/storage"


def test_command_does_not_work(shell: Shell) -> None:
    """An add-on is made, waited for, changed, deleted and waited for, with its association."""
    create_cluster(shell)
    shell.aws(
        *("iam", "create-role", "--role-name", "storage"),
        *("--assume-role-policy-document", POD_TRUST),
    )
    made = shell.aws(
        *("eks", "create-addon", *ADDON, "--configuration-values", "controller: {replicaCount: 1}"),
        *("--pod-identity-associations", f"serviceAccount=ebs-csi-controller-sa,roleArn={ROLE}"),
    )["addon"]
    assert made["status"] == "CREATING"
    assert shell.aws("eks", "wait", "addon-active", *ADDON) is None
    assert shell.aws("eks", "list-addons", "--cluster-name", CLUSTER) == {
        "addons": ["aws-ebs-csi-driver"]
    }
    [association] = shell.aws("eks", "list-pod-identity-associations", "--cluster-name", CLUSTER)[
        "associations"
    ]
    assert association["ownerArn"] == made["addonArn"]
    update = shell.aws("eks", "update-addon", *ADDON, "--pod-identity-associations", "[]")["update"]
    found = shell.aws(
        *("eks", "describe-update", "--name", CLUSTER, "--update-id", update["id"]),
        *("--addon-name", "aws-ebs-csi-driver"),
    )["update"]
    assert (update["status"], found["status"]) == ("InProgress", "Successful")
    assert shell.aws("eks", "delete-addon", *ADDON, "--preserve")["addon"]["status"] == "DELETING"
    assert shell.aws("eks", "wait", "addon-deleted", *ADDON) is None
    assert shell.refused("eks", "describe-addon", *ADDON) == (
        "An error occurred (ResourceNotFoundException) when calling the DescribeAddon operation: "
        f"No addon: aws-ebs-csi-driver found in cluster: {CLUSTER}"
    )


def test_catalogue_cannot_be_asked(shell: Shell) -> None:
    """The way from an add-on's name to the roles it wants, as the user guide shows it."""
    answer = shell.aws(
        *("eks", "describe-addon-versions", "--addon-name", "aws-ebs-csi-driver"),
        *("--kubernetes-version", "1.33"),
        *("--query", "addons[0].addonVersions[?compatibilities[0].defaultVersion].addonVersion"),
    )
    assert answer == ["v1.66.0-eksbuild.1"]
    configuration = shell.aws(
        *("eks", "describe-addon-configuration", "--addon-name", "aws-ebs-csi-driver"),
        *("--addon-version", answer[0]),
    )
    assert "controller" in json.loads(configuration["configurationSchema"])["properties"]
    assert configuration["podIdentityConfiguration"][0]["serviceAccount"] == "ebs-csi-controller-sa"
