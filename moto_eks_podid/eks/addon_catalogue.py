"""The add-ons that can be made: their releases, namespaces, service accounts and policies.

The figures are those of DescribeAddonVersions and DescribeAddonConfiguration in autumn 2026, a few
releases of each add-on. A release that is not listed counts as the newest listed one before it, so
that a version that somebody pinned works.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import addon_schemas

_VERSION = re.compile(r"v(\d{1,9})\.(\d{1,9})\.(\d{1,9})-eksbuild\.(\d{1,9})", re.ASCII)
_KUBERNETES_VERSION = re.compile(r"1\.(\d{1,9})", re.ASCII)

#: The minor Kubernetes versions that the catalogue knows.
KUBERNETES_MINORS = range(28, 37)

Number = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Release:
    """One version of an add-on, and the minor Kubernetes versions it is for."""

    version: str
    minors: range
    #: Those for which it is what CreateAddon takes when no version is given.
    default_for: range = range(0)

    @property
    def number(self) -> Number:
        """The version as a number that can be compared."""
        number = version_number(self.version)
        assert number is not None
        return number


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A service account of an add-on that may get a role by Pod Identity, since a release."""

    name: str
    managed_policies: tuple[str, ...]
    since: str


@dataclass(frozen=True, slots=True)
class AddonType:
    """An add-on of the catalogue; releases are newest first, as the service lists them."""

    name: str
    type: str
    namespace: str
    compute_types: tuple[str, ...]
    requires_iam_permissions: bool
    releases: tuple[Release, ...]
    schema: Mapping[str, Any]
    service_accounts: tuple[ServiceAccount, ...] = ()

    def release_of(self, version: str) -> Release | None:
        """Return the release that a version is, or counts as; None for one that cannot be one."""
        number = version_number(version)
        if number is None:
            return None
        for release in self.releases:
            if release.number <= number and release.number[0] == number[0]:
                return release
        return None

    def default_release(self, minor: int | None) -> Release:
        """Return what is installed when no version is asked for.

        :param minor: the cluster's minor Kubernetes version, one that the add-on has releases for;
            None for the newest
        """
        wanted = KUBERNETES_MINORS[-1] if minor is None else minor
        return next(release for release in self.releases if wanted in release.default_for)

    def service_accounts_of(self, version: str) -> tuple[ServiceAccount, ...]:
        """Return the service accounts that may get a role by Pod Identity in a version."""
        number = version_number(version) or (0, 0, 0, 0)
        return tuple(
            account
            for account in self.service_accounts
            if (version_number(account.since) or number) <= number
        )


def version_number(version: str) -> Number | None:
    """Return a version such as ``v1.20.4-eksbuild.2`` as numbers; None for anything else."""
    match = _VERSION.fullmatch(version)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3]), int(match[4]))


def minor_of(kubernetes_version: str) -> int | None:
    """Return the minor version of ``1.33``; None for anything else.

    One that is newer than the catalogue counts as the newest that it knows.
    """
    match = _KUBERNETES_VERSION.fullmatch(kubernetes_version)
    return None if match is None else min(int(match[1]), KUBERNETES_MINORS[-1])


def find(name: str) -> AddonType | None:
    """Return the add-on with a name, if there is one."""
    return _BY_NAME.get(name)


def managed_policy_arns(account: ServiceAccount, partition: str) -> list[str]:
    """Return the ARNs of the AWS managed policies that are recommended for a service account."""
    return [f"arn:{partition}:iam::aws:policy/{name}" for name in account.managed_policies]


def supported(
    *,
    kubernetes_version: str | None = None,
    name: str | None = None,
    types: list[str] | None = None,
) -> Iterator[tuple[AddonType, list[tuple[Release, list[int]]]]]:
    """Yield the add-ons that match, each with its releases and the minor versions that match."""
    minors = list(KUBERNETES_MINORS)
    if kubernetes_version is not None:
        minor = minor_of(kubernetes_version)
        minors = [] if minor is None else [minor]
    for addon in CATALOGUE:
        if name not in (None, addon.name) or (types and addon.type not in types):
            continue
        matching = [
            (release, found)
            for release in addon.releases
            if (found := [minor for minor in reversed(minors) if minor in release.minors])
        ]
        if matching:
            yield addon, matching


def _minors(oldest: int, newest: int) -> range:
    return range(oldest, newest + 1)


_ALL = _minors(28, 36)
_NODES = ("ec2", "hybrid")
_EVERYWHERE = ("ec2", "fargate", "auto", "hybrid")

#: In the order in which DescribeAddonVersions lists them.
CATALOGUE: tuple[AddonType, ...] = (
    AddonType(
        name="vpc-cni",
        type="networking",
        namespace="kube-system",
        compute_types=("ec2",),
        requires_iam_permissions=True,
        releases=(
            Release("v1.23.2-eksbuild.1", _minors(31, 36)),
            Release("v1.22.4-eksbuild.3", _minors(30, 36), _minors(31, 36)),
            Release("v1.22.3-eksbuild.1", _minors(30, 36), _minors(30, 30)),
            Release("v1.21.1-eksbuild.7", _minors(29, 36)),
            Release("v1.20.4-eksbuild.2", _ALL, _minors(28, 29)),
            Release("v1.17.1-eksbuild.1", _minors(28, 33)),
            Release("v1.16.4-eksbuild.2", _minors(28, 31)),
            Release("v1.15.5-eksbuild.1", _minors(28, 29)),
            Release("v1.14.1-eksbuild.1", _minors(28, 29)),
        ),
        schema=addon_schemas.VPC_CNI,
        service_accounts=(
            ServiceAccount("aws-node", ("AmazonEKS_CNI_Policy",), "v1.15.5-eksbuild.1"),
        ),
    ),
    AddonType(
        name="kube-proxy",
        type="networking",
        namespace="kube-system",
        compute_types=_NODES,
        requires_iam_permissions=False,
        releases=(
            Release("v1.36.0-eksbuild.25", _minors(36, 36), _minors(36, 36)),
            Release("v1.35.3-eksbuild.29", _minors(35, 36), _minors(35, 35)),
            Release("v1.34.6-eksbuild.29", _minors(34, 36), _minors(34, 34)),
            Release("v1.33.10-eksbuild.29", _minors(33, 36), _minors(33, 33)),
            Release("v1.33.0-eksbuild.2", _minors(33, 36)),
            Release("v1.32.13-eksbuild.32", _minors(32, 35), _minors(32, 32)),
            Release("v1.32.0-eksbuild.2", _minors(32, 35)),
            Release("v1.31.14-eksbuild.36", _minors(31, 34), _minors(31, 31)),
            Release("v1.31.0-eksbuild.2", _minors(31, 34)),
            Release("v1.30.14-eksbuild.42", _minors(30, 33), _minors(30, 30)),
            Release("v1.30.0-eksbuild.2", _minors(30, 33)),
            Release("v1.29.15-eksbuild.16", _minors(29, 32), _minors(29, 29)),
            Release("v1.29.0-eksbuild.1", _minors(29, 32)),
            Release("v1.28.15-eksbuild.31", _minors(28, 31), _minors(28, 28)),
            Release("v1.28.1-eksbuild.1", _minors(28, 31)),
        ),
        schema=addon_schemas.KUBE_PROXY,
    ),
    AddonType(
        name="eks-pod-identity-agent",
        type="security",
        namespace="kube-system",
        compute_types=_NODES,
        requires_iam_permissions=False,
        releases=(
            Release("v1.4.0-eksbuild.2", _minors(29, 36)),
            Release("v1.3.10-eksbuild.3", _minors(29, 36), _minors(29, 36)),
            Release("v1.3.10-eksbuild.1", _ALL, _minors(28, 28)),
            Release("v1.3.8-eksbuild.2", _minors(28, 35)),
            Release("v1.3.4-eksbuild.1", _minors(28, 34)),
            Release("v1.2.0-eksbuild.1", _minors(28, 34)),
            Release("v1.0.0-eksbuild.1", _minors(28, 34)),
        ),
        schema=addon_schemas.POD_IDENTITY_AGENT,
    ),
    AddonType(
        name="coredns",
        type="networking",
        namespace="kube-system",
        compute_types=_EVERYWHERE,
        requires_iam_permissions=False,
        releases=(
            Release("v1.14.6-eksbuild.4", _minors(35, 36), _minors(36, 36)),
            Release("v1.13.2-eksbuild.31", _minors(33, 36), _minors(35, 35)),
            Release("v1.12.4-eksbuild.38", _minors(33, 35), _minors(33, 34)),
            Release("v1.12.1-eksbuild.2", _minors(33, 35)),
            Release("v1.11.4-eksbuild.60", _minors(29, 34), _minors(31, 32)),
            Release("v1.11.4-eksbuild.40", _minors(29, 34), _minors(30, 30)),
            Release("v1.11.4-eksbuild.2", _minors(29, 34)),
            Release("v1.11.1-eksbuild.4", _minors(29, 34), _minors(29, 29)),
            Release("v1.10.1-eksbuild.38", _minors(28, 31), _minors(28, 28)),
            Release("v1.10.1-eksbuild.1", _minors(28, 31)),
            Release("v1.9.3-eksbuild.2", _minors(28, 28)),
        ),
        schema=addon_schemas.COREDNS,
    ),
    AddonType(
        name="aws-efs-csi-driver",
        type="storage",
        namespace="kube-system",
        compute_types=("ec2", "auto"),
        requires_iam_permissions=True,
        releases=(
            Release("v3.3.0-eksbuild.1", _ALL, _ALL),
            Release("v3.0.0-eksbuild.1", _ALL),
            Release("v2.0.3-eksbuild.1", _ALL),
            Release("v1.7.7-eksbuild.1", _minors(28, 30)),
        ),
        schema=addon_schemas.EFS_CSI_DRIVER,
        service_accounts=(
            ServiceAccount(
                "efs-csi-controller-sa",
                ("service-role/AmazonEFSCSIDriverPolicy",),
                "v2.0.3-eksbuild.1",
            ),
            ServiceAccount(
                "efs-csi-node-sa", ("service-role/AmazonEFSCSIDriverPolicy",), "v3.0.0-eksbuild.1"
            ),
        ),
    ),
    AddonType(
        name="aws-ebs-csi-driver",
        type="storage",
        namespace="kube-system",
        compute_types=("ec2",),
        requires_iam_permissions=True,
        releases=(
            Release("v1.66.0-eksbuild.1", _minors(31, 36), _minors(31, 36)),
            Release("v1.63.0-eksbuild.1", _minors(30, 36), _minors(30, 30)),
            Release("v1.56.0-eksbuild.1", _minors(29, 36), _minors(29, 29)),
            Release("v1.53.0-eksbuild.1", _ALL, _minors(28, 28)),
            Release("v1.42.0-eksbuild.1", _ALL),
            Release("v1.38.1-eksbuild.2", _minors(28, 35)),
            Release("v1.26.0-eksbuild.1", _minors(28, 31)),
            Release("v1.22.1-eksbuild.1", _minors(28, 29)),
            Release("v1.17.0-eksbuild.1", _minors(28, 28)),
        ),
        schema=addon_schemas.EBS_CSI_DRIVER,
        service_accounts=(
            ServiceAccount(
                "ebs-csi-controller-sa",
                ("service-role/AmazonEBSCSIDriverPolicy",),
                "v1.26.0-eksbuild.1",
            ),
        ),
    ),
    AddonType(
        name="amazon-cloudwatch-observability",
        type="observability",
        namespace="amazon-cloudwatch",
        compute_types=("ec2", "auto", "hybrid"),
        requires_iam_permissions=True,
        releases=(
            Release("v6.7.0-eksbuild.1", _minors(29, 36), _minors(29, 36)),
            Release("v6.0.1-eksbuild.1", _minors(29, 36)),
            Release("v5.4.0-eksbuild.1", _ALL, _minors(28, 28)),
            Release("v5.2.1-eksbuild.1", _minors(28, 34)),
            Release("v4.5.0-eksbuild.1", _minors(28, 34)),
            Release("v4.0.0-eksbuild.1", _minors(28, 33)),
            Release("v3.0.0-eksbuild.1", _minors(28, 32)),
            Release("v2.6.0-eksbuild.1", _minors(28, 31)),
        ),
        schema=addon_schemas.CLOUDWATCH_OBSERVABILITY,
        service_accounts=(
            ServiceAccount(
                "cloudwatch-agent",
                ("CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess"),
                "v3.1.0-eksbuild.1",
            ),
        ),
    ),
)

_BY_NAME: Mapping[str, AddonType] = {addon.name: addon for addon in CATALOGUE}
