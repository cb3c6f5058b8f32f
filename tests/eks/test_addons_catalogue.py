"""DescribeAddonVersions and DescribeAddonConfiguration, and the catalogue behind them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_under_test import CLUSTER, Aws
from jsonschema import Draft6Validator
from refusals import refused

from moto_eks_podid.eks import addon_catalogue
from moto_eks_podid.eks.addon_catalogue import CATALOGUE, KUBERNETES_MINORS, AddonType

NAMES = [kind.name for kind in CATALOGUE]
every_kind = pytest.mark.parametrize("kind", CATALOGUE, ids=NAMES)


@every_kind
def test_catalogue_contradicts_itself(kind: AddonType) -> None:
    """Releases are newest first; each Kubernetes version has one default, which is for it."""
    numbers = [release.number for release in kind.releases]
    assert numbers == sorted(set(numbers), reverse=True)
    for minor in KUBERNETES_MINORS:
        [default] = [release for release in kind.releases if minor in release.default_for]
        assert minor in default.minors
        assert kind.default_release(minor) == default
    for account in kind.service_accounts:
        since = addon_catalogue.version_number(account.since)
        assert since is not None
        assert kind.releases[-1].number <= since <= kind.releases[0].number
    assert bool(kind.service_accounts) == kind.requires_iam_permissions
    Draft6Validator.check_schema(kind.schema)


@every_kind
def test_addon_of_the_catalogue_cannot_be_made(aws: Aws, kind: AddonType) -> None:
    """Every listed release can be made on a cluster of every version that it is listed for."""
    eks = aws.client("eks")
    for release in kind.releases:
        for minor in {release.minors[0], release.minors[-1]}:
            cluster = f"c-{release.version.replace('.', '-')}-{minor}"
            aws.create_cluster(cluster, version=f"1.{minor}")
            addon = eks.create_addon(
                clusterName=cluster, addonName=kind.name, addonVersion=release.version
            )["addon"]
            assert addon["addonVersion"] == release.version
            assert addon["namespaceConfig"] == {"namespace": kind.namespace}


@pytest.mark.parametrize(
    ("version", "counts_as"),
    [
        ("v1.22.4-eksbuild.3", "v1.22.4-eksbuild.3"),
        ("v1.19.0-eksbuild.1", "v1.17.1-eksbuild.1"),
        ("v1.22.3-eksbuild.9", "v1.22.3-eksbuild.1"),
        ("v1.99.0-eksbuild.1", "v1.23.2-eksbuild.1"),
        ("v1.14.0-eksbuild.3", None),
        ("v2.0.0-eksbuild.1", None),
        ("v1.22.4-eksbuild.3 ", None),
        ("v1.22.4-eksbuild.٣", None),
    ],
)
def test_version_counts_as_another(version: str, counts_as: str | None) -> None:
    """A release that is not listed counts as the newest listed one before it, of its major."""
    kind = addon_catalogue.find("vpc-cni")
    assert kind is not None
    release = kind.release_of(version)
    assert (release.version if release else None) == counts_as


def test_pinned_version_is_refused(aws: Aws) -> None:
    """A real version that the catalogue does not list can be installed, and stays as it is."""
    aws.create_cluster(version="1.31")
    eks = aws.client("eks")
    made = eks.create_addon(
        clusterName=CLUSTER, addonName="vpc-cni", addonVersion="v1.19.0-eksbuild.1"
    )["addon"]
    assert made["addonVersion"] == "v1.19.0-eksbuild.1"


def test_versions_are_listed_otherwise(aws: Aws) -> None:
    """For one Kubernetes version, each release shows that version alone, and the one default."""
    eks = aws.client("eks")
    answer = eks.describe_addon_versions(addonName="coredns", kubernetesVersion="1.29")
    [addon] = answer["addons"]
    versions = addon.pop("addonVersions")
    assert addon == {
        "addonName": "coredns",
        "type": "networking",
        "publisher": "eks",
        "owner": "aws",
        "defaultNamespace": "kube-system",
    }
    assert [each["addonVersion"] for each in versions] == [
        "v1.11.4-eksbuild.60",
        "v1.11.4-eksbuild.40",
        "v1.11.4-eksbuild.2",
        "v1.11.1-eksbuild.4",
        "v1.10.1-eksbuild.38",
        "v1.10.1-eksbuild.1",
    ]
    assert versions[3] == {
        "addonVersion": "v1.11.1-eksbuild.4",
        "architecture": ["amd64", "arm64"],
        "computeTypes": ["ec2", "fargate", "auto", "hybrid"],
        "compatibilities": [
            {"clusterVersion": "1.29", "platformVersions": ["*"], "defaultVersion": True}
        ],
        "requiresConfiguration": False,
        "requiresIamPermissions": False,
    }
    defaults = [each["compatibilities"][0]["defaultVersion"] for each in versions]
    assert defaults.count(True) == 1


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, NAMES),
        ({"addonName": "vpc-cni"}, ["vpc-cni"]),
        ({"addonName": "made-up"}, []),
        ({"types": ["storage"]}, ["aws-efs-csi-driver", "aws-ebs-csi-driver"]),
        (
            {"types": ["storage", "security"], "owners": ["aws"], "publishers": ["eks"]},
            ["eks-pod-identity-agent", "aws-efs-csi-driver", "aws-ebs-csi-driver"],
        ),
        ({"owners": ["aws-marketplace"]}, []),
        ({"publishers": ["Datadog", "eks"], "addonName": "coredns"}, ["coredns"]),
        ({"publishers": ["Datadog"]}, []),
        ({"kubernetesVersion": "1.27"}, []),
        ({"kubernetesVersion": "newest"}, []),
        ({"kubernetesVersion": "1.36"}, NAMES),
    ],
)
def test_filter_matches_something_else(
    aws: Aws, filters: dict[str, Any], expected: list[str]
) -> None:
    """Filters are combined; what matches nothing is an empty list."""
    answer = aws.client("eks").describe_addon_versions(**filters)
    assert [addon["addonName"] for addon in answer["addons"]] == expected


def test_pages_of_versions_lose_addons(aws: Aws) -> None:
    """boto3's paginator sees each add-on once; a token is for its own query only."""
    eks = aws.client("eks")
    paginator = eks.get_paginator("describe_addon_versions")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["addons"]) for page in pages] == [3, 3, 1]
    assert [addon["addonName"] for page in pages for addon in page["addons"]] == NAMES
    token = eks.describe_addon_versions(maxResults=1)["nextToken"]
    invalid = ("InvalidParameterException", 400, "The parameter nextToken is invalid")
    assert refused(eks.describe_addon_versions, nextToken=token, types=["storage"]) == invalid


def test_configuration_is_described_otherwise(aws: Aws) -> None:
    """A version's schema is JSON in a text, with the service accounts and policies it takes."""
    eks = aws.client("eks")
    version = "v1.40.0-eksbuild.1"
    answer = eks.describe_addon_configuration(addonName="aws-ebs-csi-driver", addonVersion=version)
    schema = json.loads(answer["configurationSchema"])
    assert schema["$schema"] == "http://json-schema.org/draft-06/schema#"
    assert schema["additionalProperties"] is False
    assert answer["podIdentityConfiguration"] == [
        {
            "serviceAccount": "ebs-csi-controller-sa",
            "recommendedManagedPolicies": [
                "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
            ],
        }
    ]
    assert (answer["addonName"], answer["addonVersion"]) == ("aws-ebs-csi-driver", version)


@pytest.mark.parametrize(
    ("name", "version", "service_accounts"),
    [
        ("coredns", "v1.14.6-eksbuild.4", []),
        ("vpc-cni", "v1.14.1-eksbuild.1", []),
        ("vpc-cni", "v1.23.2-eksbuild.1", ["aws-node"]),
        ("aws-efs-csi-driver", "v2.1.0-eksbuild.1", ["efs-csi-controller-sa"]),
        ("aws-efs-csi-driver", "v3.3.0-eksbuild.1", ["efs-csi-controller-sa", "efs-csi-node-sa"]),
        ("amazon-cloudwatch-observability", "v6.7.0-eksbuild.1", ["cloudwatch-agent"]),
    ],
)
def test_service_accounts_of_a_version_differ(
    aws: Aws, name: str, version: str, service_accounts: list[str]
) -> None:
    """Service accounts are those of the version; without any, the member is absent."""
    answer = aws.client("eks").describe_addon_configuration(addonName=name, addonVersion=version)
    listed = answer.get("podIdentityConfiguration")
    assert listed != []
    assert [each["serviceAccount"] for each in listed or []] == service_accounts


def test_policies_are_of_another_partition(aws: Aws) -> None:
    """The recommended policies are of the partition that is asked."""
    eks = aws.client("eks", "us-gov-west-1")
    answer = eks.describe_addon_configuration(
        addonName="vpc-cni", addonVersion="v1.23.2-eksbuild.1"
    )
    assert answer["podIdentityConfiguration"][0]["recommendedManagedPolicies"] == [
        "arn:aws-us-gov:iam::aws:policy/AmazonEKS_CNI_Policy"
    ]


@pytest.mark.parametrize(
    ("name", "version", "text"),
    [
        ("made-up", "v1.0.0-eksbuild.1", "Addon specified is not supported"),
        ("vpc-cni", "latest", "Addon version specified is not supported"),
    ],
)
def test_configuration_of_nothing_is_described(
    aws: Aws, name: str, version: str, text: str
) -> None:
    """There is no configuration of an add-on or a version that does not exist."""
    describe = aws.client("eks").describe_addon_configuration
    assert refused(describe, addonName=name, addonVersion=version) == (
        "InvalidParameterException",
        400,
        text,
    )
