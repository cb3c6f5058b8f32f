"""Clusters: what moto has of them, their issuers, associations and add-ons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.eks.models import Cluster, EKSBackend, eks_backends
from moto.settings import allow_unknown_region
from moto.utilities.utils import get_partition

from ..eks.addon_table import Addon, AddonUpdate
from ..eks.cluster_identity import ClusterIdentity
from ..eks.issuer_ids import new_kid
from ..eks.lookup import identities
from ..eks.models import PodIdentityEKSBackend
from ..hosts import DNS_SUFFIXES
from ..identity.associations import Association
from ..identity.issuer import HeldKey, Issuer
from ..identity.request_tokens import RememberedRequest
from .addons import put_addons
from .associations import put_associations
from .attributes import read_attributes, write_attributes
from .codec import NaiveTime
from .issuer_keys import (
    IssuerEntry,
    TrustedEntry,
    held_keys,
    read_issuer,
    read_trusted,
    trusted_issuer,
)
from .nodegroups import Compute, check_compute, read_compute, write_compute
from .section import Commit, Incoming, changes, check_account, printable
from .shapes import check_fits

_NAME = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]*", re.ASCII)
_ISSUER_ID = re.compile(r"[0-9A-F]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ClusterAttributes:
    """What moto keeps of a cluster."""

    name: str
    certificate_authority: dict[str, str]
    client_request_token: str | None
    created_at: NaiveTime
    encryption_config: list[dict[str, Any]]
    endpoint: str
    kubernetes_network_config: dict[str, Any]
    logging: dict[str, Any]
    platformVersion: str
    remote_network_config: dict[str, Any] | None
    resources_vpc_config: dict[str, Any]
    role_arn: str
    status: str
    tags: dict[str, str]
    version: str


@dataclass(frozen=True, slots=True)
class AddonsEntry:
    """The add-ons of a cluster, their updates, and the requests that had a token."""

    addons: list[Addon]
    updates: list[AddonUpdate]
    requests: list[RememberedRequest]


@dataclass(frozen=True, slots=True)
class ClusterEntry:
    """A cluster in the state; ``asked_version`` is empty when nobody asked for a version."""

    account_id: str
    region: str
    cluster: ClusterAttributes
    compute: Compute
    asked_version: str
    issuer: IssuerEntry
    trusted_issuers: list[TrustedEntry]
    associations: list[Association]
    requests: list[RememberedRequest]
    addons: AddonsEntry

    @property
    def key(self) -> tuple[str, ...]:
        return (self.account_id, self.region, self.cluster.name)

    @property
    def title(self) -> str:
        return f"The cluster {self.cluster.name!r} of {self.account_id}/{self.region}"


@dataclass(frozen=True, slots=True)
class _Ready:
    """A cluster that was found to be possible."""

    entry: ClusterEntry
    identity: ClusterIdentity
    keys: list[HeldKey]


def export_clusters() -> list[ClusterEntry]:
    """Return every cluster of every account and region."""
    return [entry for backend in _all_eks() for entry in _clusters_of(backend)]


def _all_eks() -> Iterator[PodIdentityEKSBackend]:
    for account in list(eks_backends.values()):
        for backend in list(account.values()):
            # A backend that moto made before the plugin was installed has no identities.
            if isinstance(backend, PodIdentityEKSBackend):
                yield backend


def _clusters_of(backend: PodIdentityEKSBackend) -> list[ClusterEntry]:
    with backend.lock:
        return [
            _entry(backend, backend.clusters[name], identity)
            for name, identity in backend.identities.items()
        ]


def _entry(
    backend: PodIdentityEKSBackend, cluster: Cluster, identity: ClusterIdentity
) -> ClusterEntry:
    addons = [identity.addons.get(name) for name in identity.addons.names()]
    return ClusterEntry(
        account_id=backend.account_id,
        region=backend.region_name,
        cluster=read_attributes(ClusterAttributes, cluster),
        compute=read_compute(cluster),
        asked_version=identity.kubernetes_version,
        issuer=read_issuer(identity.issuer),
        trusted_issuers=read_trusted(list(identity.key_sets.values())),
        associations=list(identity.associations),
        requests=identity.associations.requests.remembered(),
        addons=AddonsEntry(
            [addon for addon in addons if addon is not None],
            [
                update
                for name in identity.addons.names()
                for update in identity.addons.updates_of(name)
            ],
            identity.addons.requests.remembered(),
        ),
    )


def prepare_clusters(entries: list[ClusterEntry], incoming: Incoming) -> Commit:
    """:raises ValueError: for clusters that cannot be, or that are there and differ"""
    for entry in entries:
        _check_place(entry)
    with _locks(entries):
        present = {entry.key: entry for entry in export_clusters()}
        changed = changes(entries, present, incoming)
        ready = [_ready(entry) for entry in changed]
        _check_issuers(ready)

    def commit() -> None:
        with _locks(entries):
            for one in ready:
                _put(one)

    return commit


def _locks(entries: list[ClusterEntry]) -> ExitStack:
    stack = ExitStack()
    for account_id, region in sorted({(entry.account_id, entry.region) for entry in entries}):
        backend = _existing(account_id, region)
        if isinstance(backend, PodIdentityEKSBackend):
            stack.enter_context(backend.lock)
    return stack


def _existing(account_id: str, region: str) -> EKSBackend | None:
    # Indexing would make the account and the region.
    account = eks_backends.get(account_id)
    return None if account is None else account.get(region)


def _check_place(entry: ClusterEntry) -> None:
    check_account(entry.account_id, entry.title)
    if not _NAME.fullmatch(entry.cluster.name):
        raise ValueError(f"{entry.title} has an impossible name")
    if entry.region not in eks_backends[DEFAULT_ACCOUNT_ID] and not allow_unknown_region():
        raise ValueError(f"{printable(entry.title)} is in an unknown region")
    backend = _existing(entry.account_id, entry.region)
    if backend is not None and not isinstance(backend, PodIdentityEKSBackend):
        raise ValueError(
            f"moto made the EKS of {entry.account_id}/{entry.region} before moto_eks_podid was "
            "installed"
        )
    cluster = entry.cluster
    check_fits(
        "Cluster",
        {
            "resourcesVpcConfig": cluster.resources_vpc_config,
            "kubernetesNetworkConfig": cluster.kubernetes_network_config,
            "logging": cluster.logging,
            "encryptionConfig": cluster.encryption_config,
            "remoteNetworkConfig": cluster.remote_network_config,
        },
        entry.title,
    )
    check_compute(entry.compute, entry.title)


def _ready(entry: ClusterEntry) -> _Ready:
    partition = get_partition(entry.region)
    beginning = f"https://oidc.eks.{entry.region}.{DNS_SUFFIXES[partition]}/id/"
    issuer_id = entry.issuer.url.removeprefix(beginning)
    if issuer_id == entry.issuer.url or not _ISSUER_ID.fullmatch(issuer_id):
        raise ValueError(f"{entry.title} has an issuer of another region")
    issuer = _issuer(entry) or Issuer(entry.issuer.url, new_kid=new_kid)
    identity = ClusterIdentity(issuer, kubernetes_version=entry.asked_version)
    for trusted in entry.trusted_issuers:
        if not trusted.url or trusted.url in identity.key_sets:
            raise ValueError(f"{entry.title} trusts an issuer twice, or its own, or none")
        identity.trust(trusted_issuer(trusted, entry.title))
    place = f"arn:{partition}:eks:{entry.region}:{entry.account_id}:"
    put_associations(
        identity.associations, entry.associations, entry.requests, place, entry.cluster.name
    )
    put_addons(
        identity.addons,
        entry.addons.addons,
        entry.addons.updates,
        entry.addons.requests,
        place,
        entry.cluster.name,
    )
    return _Ready(entry, identity, held_keys(entry.issuer, entry.title))


def _issuer(entry: ClusterEntry) -> Issuer | None:
    """Return the issuer of the cluster that is there, if it goes on: others may be using it."""
    backend = _existing(entry.account_id, entry.region)
    if not isinstance(backend, PodIdentityEKSBackend):
        return None
    there = backend.identities.get(entry.cluster.name)
    return there.issuer if there and there.issuer.url == entry.issuer.url else None


def _check_issuers(ready: list[_Ready]) -> None:
    """Check that no two clusters will have one issuer, or one key."""
    replaced = {one.entry.key for one in ready}
    others = [
        identity
        for backend, name, identity in identities()
        if (backend.account_id, backend.region_name, name) not in replaced
    ]
    issuers = {identity.issuer.issuer_id for identity in others}
    keys = {held.key.jwk["n"] for identity in others for held in identity.issuer.held_keys()}
    for one in ready:
        own = {held.key.jwk["n"] for held in one.keys}
        if one.identity.issuer.issuer_id in issuers:
            raise ValueError(f"{one.entry.title} has the issuer of another cluster")
        if own & keys or len(own) != len(one.keys):
            raise ValueError(f"{one.entry.title} has a key twice, or one of another cluster")
        issuers.add(one.identity.issuer.issuer_id)
        keys |= own


def _put(one: _Ready) -> None:
    entry, identity = one.entry, one.identity
    backend = eks_backends[entry.account_id][entry.region]
    assert isinstance(backend, PodIdentityEKSBackend)
    cluster = Cluster(
        name=entry.cluster.name,
        role_arn=entry.cluster.role_arn,
        resources_vpc_config=entry.cluster.resources_vpc_config,
        account_id=entry.account_id,
        region_name=entry.region,
        aws_partition=backend.partition,
    )
    write_attributes(entry.cluster, cluster)
    cluster.identity = {"oidc": {"issuer": entry.issuer.url}}
    write_compute(entry.compute, cluster, backend)
    identity.issuer.restore(one.keys)
    backend.cluster_count += entry.cluster.name not in backend.clusters
    old = backend.identities.get(entry.cluster.name)
    backend.clusters[entry.cluster.name] = cluster
    backend.identities[entry.cluster.name] = identity
    if old is not None and old.issuer is not identity.issuer:
        old.issuer.release()
