"""What the operations about add-ons answer: members, their order and presence as AWS's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..identity.associations import Association
from . import addon_catalogue
from .addon_catalogue import AddonType, Release
from .addon_table import Addon, AddonUpdate

Json = dict[str, Any]

OWNER, PUBLISHER = "aws", "eks"


def addon(installed: Addon, owned: Iterable[Association], status: str) -> Json:
    """Return an add-on; what it does not have is left out."""
    members = {
        "addonName": installed.name,
        "clusterName": installed.cluster_name,
        "status": status,
        "addonVersion": installed.version,
        "health": {"issues": []},
        "addonArn": installed.arn,
        "createdAt": installed.created_at,
        "modifiedAt": installed.modified_at,
        "serviceAccountRoleArn": installed.service_account_role_arn,
        "tags": installed.tags,
        "configurationValues": installed.configuration_values,
        "podIdentityAssociations": [association.association_arn for association in owned] or None,
        "namespaceConfig": {"namespace": installed.namespace},
    }
    return {name: value for name, value in members.items() if value is not None}


def update(made: AddonUpdate, status: str) -> Json:
    """Return an update."""
    return {
        "id": made.id,
        "status": status,
        "type": "AddonUpdate",
        "params": [{"type": name, "value": value} for name, value in made.params],
        "createdAt": made.created_at,
        "errors": [],
    }


def versions(kind: AddonType, releases: Iterable[tuple[Release, list[int]]]) -> Json:
    """Return an add-on of the catalogue.

    :param releases: each with the minor Kubernetes versions to show
    """
    return {
        "addonName": kind.name,
        "type": kind.type,
        "addonVersions": [
            {
                "addonVersion": release.version,
                "architecture": ["amd64", "arm64"],
                "computeTypes": list(kind.compute_types),
                "compatibilities": [
                    {
                        "clusterVersion": f"1.{minor}",
                        "platformVersions": ["*"],
                        "defaultVersion": minor in release.default_for,
                    }
                    for minor in minors
                ],
                "requiresConfiguration": False,
                "requiresIamPermissions": kind.requires_iam_permissions,
            }
            for release, minors in releases
        ],
        "publisher": PUBLISHER,
        "owner": OWNER,
        "defaultNamespace": kind.namespace,
    }


def configuration(kind: AddonType, version: str, partition: str) -> Json:
    """Return what a version can be configured with, and which service accounts take roles."""
    answer: Json = {
        "addonName": kind.name,
        "addonVersion": version,
        "configurationSchema": json.dumps(kind.schema, sort_keys=True, separators=(",", ":")),
    }
    if accounts := kind.service_accounts_of(version):
        answer["podIdentityConfiguration"] = [
            {
                "serviceAccount": account.name,
                "recommendedManagedPolicies": addon_catalogue.managed_policy_arns(
                    account, partition
                ),
            }
            for account in accounts
        ]
    return answer
