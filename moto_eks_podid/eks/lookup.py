"""Clusters and issuers, wherever they are: what the other services ask EKS for."""

from __future__ import annotations

from collections.abc import Iterator

from moto.eks.models import eks_backends

from ..identity.issuer import KeySet
from . import exceptions
from .models import ClusterIdentity, PodIdentityEKSBackend


def find_backend(account_id: str, region_name: str) -> PodIdentityEKSBackend:
    """Return the EKS of an account and region.

    :raises InvalidRequestException: for a region that there is not
    """
    try:
        return eks_backends[account_id][region_name]  # type: ignore[return-value]
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
    """Return the keys of an issuer: a cluster's own, or one that a cluster trusts."""
    for _, _, identity in identities():
        if issuer_url in identity.key_sets:
            return identity.key_sets[issuer_url]
    return None
