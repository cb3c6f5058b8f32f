"""Clusters and issuers, wherever they are: what the other services ask EKS for."""

from __future__ import annotations

from collections.abc import Iterator

from moto.eks.models import EKSBackend, eks_backends

from ..identity.issuer import KeySet, KeySets
from . import exceptions
from .cluster_identity import ClusterIdentity
from .models import PodIdentityEKSBackend


def find_backend(account_id: str, region_name: str) -> PodIdentityEKSBackend:
    """Return the EKS of an account and region.

    :raises InvalidRequestException: for a region that there is not
    """
    # The seam has made it one of ours.
    return _backend(account_id, region_name)  # type: ignore[return-value]


def find_cluster(
    account_id: str, region_name: str, name: str
) -> tuple[PodIdentityEKSBackend, ClusterIdentity] | None:
    """Return the EKS of an account and region, and one of its clusters; None without the cluster.

    :raises InvalidRequestException: for a region that there is not
    """
    backend = _backend(account_id, region_name)
    # See the comment in `identities`.
    if not isinstance(backend, PodIdentityEKSBackend):
        return None
    identity = backend.identities.get(name)
    return (backend, identity) if identity else None


def _backend(account_id: str, region_name: str) -> EKSBackend:
    try:
        return eks_backends[account_id][region_name]
    except KeyError:
        raise exceptions.InvalidRequestException(
            message=exceptions.chosen("bad region", region=region_name)
        ) from None


def identities() -> Iterator[tuple[PodIdentityEKSBackend, str, ClusterIdentity]]:
    """Yield every cluster of every account and region: its backend, its name, its identity."""
    for account in list(eks_backends.values()):
        for backend in list(account.values()):
            # A backend that moto made before the plugin was installed has no identities.
            if isinstance(backend, PodIdentityEKSBackend):
                for name, identity in list(backend.identities.items()):
                    yield backend, name, identity


def find_key_set(issuer_url: str) -> KeySet | None:
    """Return the keys of an issuer: a cluster's own, or one that clusters trust.

    Clusters may each trust another real cluster of one issuer URL: kind clusters all have the same.
    """
    found = [
        key_set
        for _, _, identity in identities()
        if (key_set := identity.key_sets.get(issuer_url)) is not None
    ]
    return KeySets(issuer_url, found) if found else None
