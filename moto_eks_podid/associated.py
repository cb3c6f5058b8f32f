"""Which service accounts have an association: of this process, of a server, or of a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from . import remote
from .eks.cluster_identity import ClusterIdentity
from .eks.lookup import identities
from .eks.models import PodIdentityEKSBackend
from .identity.association_table import AssociationTable
from .issuers import find_cluster
from .remote import ClusterLookupError
from .webhook.identities import Identity, parse_identities, read_identities, write_identities

#: What may stand for an identities file: its JSON value, or its path.
IdentitiesFile = Mapping[str, Any] | str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Associated:
    """What the webhook of a cluster knows.

    :ivar region: the cluster's, if there is a cluster
    :ivar has: tells whether a service account, in its namespace, has an association
    """

    region: str | None
    has: Callable[[str, str], bool]


def associated(
    cluster: str | None = None,
    *,
    file: IdentitiesFile | None = None,
    region: str | None = None,
    account_id: str | None = None,
    endpoint_url: str | None = None,
    subject: Identity | None = None,
) -> Associated:
    """Return what the webhook of a cluster knows.

    :param cluster: default: the only one there is
    :param file: takes the place of the cluster's associations; no cluster is needed then
    :param region: the cluster's; default: wherever the only cluster of that name is
    :param account_id: twelve digits; default as for the region
    :param endpoint_url: of a server with the plugin; default: this process, or moto's own server
        under ``TEST_SERVER_MODE``
    :param subject: namespace and service account that alone will be asked about: a server need not
        list all of them
    :raises ClusterLookupError: when no cluster fits, or more than one does
    :raises MalformedIdentities: for a file of another form
    :raises OSError: when the file cannot be read
    """
    listed = None if file is None else _listed(file)
    if listed is not None and cluster is None:
        return Associated(region, _member_of(listed))
    if server := remote.server(endpoint_url):
        namespace, service_account = subject or (None, None)
        given = {
            "cluster": cluster,
            "region": region,
            "account_id": account_id,
            "namespace": namespace,
            "service_account": service_account,
        }
        query = {name: value for name, value in given.items() if value is not None}
        answer = remote.call(server, "GET", f"/identities?{urlencode(query)}")
        found = frozenset(
            (entry["namespace"], entry["serviceAccount"]) for entry in answer["identities"]
        )
        home, has = answer["region"], _member_of(found)
    else:
        _, backend, identity = _find(cluster, region, account_id)
        home, has = backend.region_name, _finder(identity.associations)
    return Associated(home, has if listed is None else _member_of(listed))


def identities_of(
    cluster: str | None = None,
    region: str | None = None,
    account_id: str | None = None,
    namespace: str | None = None,
    service_account: str | None = None,
) -> dict[str, Any]:
    """Return an identities file of a cluster of this process, with the cluster's whereabouts.

    :param namespace: of the associations that are listed; default: every one
    :param service_account: likewise
    :raises ClusterLookupError: when no cluster fits, or more than one does
    """
    name, backend, identity = _find(cluster, region, account_id)
    return {
        "cluster": name,
        "region": backend.region_name,
        "account_id": backend.account_id,
        "identities": write_identities(
            (association.namespace, association.service_account)
            for association in identity.associations
            if namespace in (None, association.namespace)
            and service_account in (None, association.service_account)
        ),
    }


def _find(
    cluster: str | None, region: str | None, account_id: str | None
) -> tuple[str, PodIdentityEKSBackend, ClusterIdentity]:
    if cluster is not None:
        return (cluster, *find_cluster(cluster, region, account_id))
    names = {
        name
        for backend, name, _ in identities()
        if region in (None, backend.region_name) and account_id in (None, backend.account_id)
    }
    if len(names) == 1:
        [cluster] = names
        return (cluster, *find_cluster(cluster, region, account_id))
    if names:
        raise ClusterLookupError(f"Say which cluster: there are {', '.join(sorted(names))}")
    raise ClusterLookupError(
        "There is no cluster: create one with eks.create_cluster, or give a list of identities"
    )


def _finder(table: AssociationTable) -> Callable[[str, str], bool]:
    return lambda namespace, service_account: table.find(namespace, service_account) is not None


def _member_of(listed: frozenset[Identity]) -> Callable[[str, str], bool]:
    return lambda namespace, service_account: (namespace, service_account) in listed


def _listed(file: IdentitiesFile) -> frozenset[Identity]:
    if isinstance(file, Mapping):
        return read_identities(file)
    return parse_identities(Path(file).read_bytes())
