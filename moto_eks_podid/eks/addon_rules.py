"""What CreateAddon and UpdateAddon refuse, in AWS's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..identity import associations
from . import addon_catalogue, addon_configuration, exceptions
from .addon_catalogue import AddonType


def available(
    cluster_name: str, addon_name: str, minor: int | None, kubernetes_version: str
) -> AddonType:
    """Return the add-on with a name.

    :param minor: the cluster's minor Kubernetes version; None for a cluster that takes all releases
    :param kubernetes_version: the cluster's, as the error shows it
    :raises InvalidParameterException: when there is none for the cluster's version
    """
    kind = addon_catalogue.find(addon_name)
    if kind is None or not any(minor in (None, *release.minors) for release in kind.releases):
        raise exceptions.addon_unsupported(cluster_name, addon_name, kubernetes_version)
    return kind


def checked_version(cluster_name: str, kind: AddonType, minor: int | None, asked: str) -> str:
    """Return the version that is asked for.

    :raises InvalidParameterException: when it is none, or not for the cluster's version
    """
    release = kind.release_of(asked)
    if release is None or minor not in (None, *release.minors):
        raise exceptions.addon_version_unsupported(cluster_name, kind.name)
    return asked


def check_configuration(cluster_name: str, kind: AddonType, values: str | None) -> None:
    """:raises InvalidParameterException: for what is unreadable, or not in the add-on's schema"""
    try:
        addon_configuration.check(values or "", kind.schema)
    except addon_configuration.UnreadableConfiguration:
        raise exceptions.configuration_unreadable(cluster_name, kind.name) from None
    except addon_configuration.InvalidConfiguration as invalid:
        raise exceptions.configuration_invalid(cluster_name, kind.name, invalid.problems) from None


def checked_namespace(kind: AddonType, config: Mapping[str, str] | None) -> str:
    """Return the namespace that is asked for, or the add-on's own.

    :raises InvalidParameterException: for what is no namespace
    """
    namespace = (config or {}).get("namespace", kind.namespace)
    try:
        associations.check_namespace(namespace)
    except associations.InvalidAssociation:
        raise exceptions.addon_namespace_invalid() from None
    return namespace


def checked_associations(
    cluster_name: str, kind: AddonType, version: str, given: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """Return the role of each service account that is to have one; roles are not looked at.

    :raises InvalidParameterException: for service accounts that the version does not have
    """
    supported = [account.name for account in kind.service_accounts_of(version)]
    if given and not supported:
        raise exceptions.pod_identity_unsupported(cluster_name, kind.name, version)
    roles: dict[str, str] = {}
    for association in given:
        service_account = association["serviceAccount"]
        if service_account not in supported:
            raise exceptions.service_account_unsupported(cluster_name, kind.name, service_account)
        if service_account in roles:
            raise exceptions.service_account_repeated(cluster_name, kind.name, service_account)
        roles[service_account] = association["roleArn"]
    return roles
