"""Add-ons: made, described, updated, deleted; the associations that they own; their catalogue.

Follows "Amazon EKS add-ons" and "IAM roles for Amazon EKS add-ons" (EKS User Guide) and the
service's responses. Nothing is installed anywhere: an add-on is ready at once, though the answer
that made it says ``CREATING``, as AWS's does.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from moto.moto_api._internal import mock_random

from .. import clock
from ..identity import associations
from ..identity.page_tokens import InvalidPageToken
from ..identity.request_tokens import RequestTokenReused, fingerprint
from . import addon_answers, addon_catalogue, addon_rules, exceptions, owned_associations
from .addon_answers import Json
from .addon_catalogue import AddonType
from .addon_table import Addon, AddonTable, AddonUpdate, Pages

if TYPE_CHECKING:
    from .models import PodIdentityEKSBackend

#: The default of every listing's `maxResults`.
DEFAULT_PAGE_SIZE = 100

#: Add-on -> a number that never changes, in the order of the catalogue and in that of names.
_POSITION = {kind.name: number for number, kind in enumerate(addon_catalogue.CATALOGUE, 1)}
_NUMBER = {name: number for number, name in enumerate(sorted(_POSITION), 1)}


class AddonOperations:
    """The operations about add-ons, of one account and region; their arguments as botocore's model.

    Each raises the service's error for what is wrong; nothing has changed, then.
    """

    def __init__(self, backend: PodIdentityEKSBackend, lock: threading.RLock) -> None:
        self._backend = backend
        self._lock = lock
        self._catalogue_pages = Pages()

    # Add-ons

    def create_addon(
        self,
        cluster_name: str,
        addon_name: str,
        *,
        addon_version: str | None = None,
        service_account_role_arn: str | None = None,
        resolve_conflicts: str | None = None,
        client_request_token: str | None = None,
        tags: dict[str, str] | None = None,
        configuration_values: str | None = None,
        pod_identity_associations: list[dict[str, str]] | None = None,
        namespace_config: dict[str, str] | None = None,
    ) -> Json:
        """Install an add-on, with the associations that it is to own."""
        parameters = fingerprint(
            "create",
            addon_name,
            addon_version,
            service_account_role_arn,
            resolve_conflicts,
            tags,
            configuration_values,
            pod_identity_associations,
            namespace_config,
        )
        with self._lock:
            table = self._table(cluster_name)
            earlier = self._answered(table, client_request_token, parameters)
            if earlier is not None and (made := table.get(earlier)) is not None:
                return self._described(made, "CREATING")
            kind = self._available(cluster_name, addon_name)
            if table.get(addon_name) is not None:
                raise exceptions.addon_exists()
            version = self._version(cluster_name, kind, addon_version)
            addon_rules.check_configuration(cluster_name, kind, configuration_values)
            namespace = addon_rules.checked_namespace(kind, namespace_config)
            with exceptions.refusals():
                associations.check_tags(tags or {})
            self._check_service_account_role(service_account_role_arn)
            roles = self._roles(cluster_name, kind, version, pod_identity_associations or [])
            now = clock.now()
            addon = Addon(
                cluster_name=cluster_name,
                name=addon_name,
                version=version,
                arn=self._new_arn(cluster_name, addon_name),
                namespace=namespace,
                created_at=now,
                modified_at=now,
                tags=dict(tags or {}),
                service_account_role_arn=service_account_role_arn,
                configuration_values=configuration_values or None,
            )
            addon = replace(
                addon, association_ids=owned_associations.make_owned(self._backend, addon, roles)
            )
            table.put(addon)
            table.requests.remember(client_request_token, parameters, addon_name)
            return self._described(addon, "CREATING")

    def describe_addon(self, cluster_name: str, addon_name: str) -> Json:
        """Return an add-on."""
        with self._lock:
            _, addon = self._find(cluster_name, addon_name)
            return self._described(addon, "ACTIVE")

    def update_addon(
        self,
        cluster_name: str,
        addon_name: str,
        *,
        addon_version: str | None = None,
        service_account_role_arn: str | None = None,
        resolve_conflicts: str | None = None,
        client_request_token: str | None = None,
        configuration_values: str | None = None,
        pod_identity_associations: list[dict[str, str]] | None = None,
    ) -> Json:
        """Change an add-on and return the update.

        Associations that are None stay; a list becomes all that the add-on owns. The role of the
        service account goes when it is not given again, as with AWS.
        """
        asked = {
            "AddonVersion": addon_version,
            "ServiceAccountRoleArn": service_account_role_arn,
            "ResolveConflicts": resolve_conflicts,
            "ConfigurationValues": configuration_values,
            "PodIdentityAssociations": None
            if pod_identity_associations is None
            else json.dumps(pod_identity_associations, separators=(",", ":")),
        }
        parameters = fingerprint("update", addon_name, asked)
        with self._lock:
            table, addon = self._find(cluster_name, addon_name)
            earlier = self._answered(table, client_request_token, parameters)
            if earlier is not None and (made := table.update(earlier)) is not None:
                return addon_answers.update(made, "InProgress")
            kind = self._available(cluster_name, addon_name)
            version = addon.version
            if addon_version is not None:
                version = self._version(cluster_name, kind, addon_version)
            addon_rules.check_configuration(cluster_name, kind, configuration_values)
            self._check_service_account_role(service_account_role_arn)
            association_ids = addon.association_ids
            if pod_identity_associations is not None:
                roles = self._roles(cluster_name, kind, version, pod_identity_associations)
                association_ids = owned_associations.make_owned(self._backend, addon, roles)
            configuration = addon.configuration_values
            if configuration_values is not None:
                configuration = configuration_values or None
            now = clock.now()
            table.put(
                replace(
                    addon,
                    version=version,
                    modified_at=now,
                    service_account_role_arn=service_account_role_arn,
                    configuration_values=configuration,
                    association_ids=association_ids,
                )
            )
            params = tuple((name, value) for name, value in asked.items() if value is not None)
            update = AddonUpdate(_new_update_id(), addon_name, params, now)
            table.add_update(update)
            table.requests.remember(client_request_token, parameters, update.id)
            return addon_answers.update(update, "InProgress")

    def delete_addon(self, cluster_name: str, addon_name: str, *, preserve: bool = False) -> Json:
        """Remove an add-on; its associations go too, unless they are preserved.

        Preserved associations have no owner any more.
        """
        with self._lock:
            table, addon = self._find(cluster_name, addon_name)
            answer = self._described(replace(addon, modified_at=clock.now()), "DELETING")
            owned_associations.end_ownership(self._backend, addon, preserve=preserve)
            table.remove(addon_name)
            return answer

    def list_addons(
        self, cluster_name: str, *, max_results: int | None = None, next_token: str | None = None
    ) -> tuple[list[str], str | None]:
        """Return one page of the add-ons' names, sorted, and the token of the next page."""
        with self._lock:
            table = self._table(cluster_name)
            numbered = [(_NUMBER[name], name) for name in table.names()]
            return _page(table.pages, numbered, {"listing": "addons"}, max_results, next_token)

    # Updates

    def describe_update(
        self,
        cluster_name: str,
        update_id: str,
        *,
        addon_name: str | None = None,
        nodegroup_name: str | None = None,
        capability_name: str | None = None,
    ) -> Json:
        """Return an update of an add-on: moto keeps no other updates."""
        with self._lock:
            table = self._table(cluster_name)
            if addon_name is not None:
                self._find(cluster_name, addon_name)
            update = table.update(update_id)
            if update is None or update.addon_name != addon_name:
                raise exceptions.update_not_found(cluster_name, update_id)
            return addon_answers.update(update, "Successful")

    def list_updates(
        self,
        cluster_name: str,
        *,
        addon_name: str | None = None,
        nodegroup_name: str | None = None,
        capability_name: str | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[str], str | None]:
        """Return one page of the ids of an add-on's updates, and the token of the next page."""
        with self._lock:
            table = self._table(cluster_name)
            updates: list[AddonUpdate] = []
            if addon_name is not None:
                self._find(cluster_name, addon_name)
                updates = table.updates_of(addon_name)
            numbered = [(number, update.id) for number, update in enumerate(updates, 1)]
            query = {"listing": "updates", "addon": addon_name or ""}
            return _page(table.pages, numbered, query, max_results, next_token)

    # The catalogue

    def describe_addon_versions(
        self,
        *,
        kubernetes_version: str | None = None,
        addon_name: str | None = None,
        types: list[str] | None = None,
        publishers: list[str] | None = None,
        owners: list[str] | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[Json], str | None]:
        """Return one page of the catalogue, and the token of the next page."""
        matching = addon_catalogue.supported(
            kubernetes_version=kubernetes_version, name=addon_name, types=types
        )
        numbered = [
            (_POSITION[kind.name], addon_answers.versions(kind, releases))
            for kind, releases in matching
            if addon_answers.PUBLISHER in (publishers or [addon_answers.PUBLISHER])
            and addon_answers.OWNER in (owners or [addon_answers.OWNER])
        ]
        query = {"query": fingerprint(kubernetes_version, addon_name, types, publishers, owners)}
        return _page(self._catalogue_pages, numbered, query, max_results, next_token)

    def describe_addon_configuration(self, addon_name: str, addon_version: str) -> Json:
        """Return what a version of an add-on can be configured with, and which roles it takes."""
        kind = addon_catalogue.find(addon_name)
        if kind is None:
            raise exceptions.addon_unknown(addon_name)
        if kind.release_of(addon_version) is None:
            raise exceptions.addon_version_unsupported(None, addon_name)
        return addon_answers.configuration(kind, addon_version, self._backend.partition)

    # Checks that need to know the cluster

    def _available(self, cluster_name: str, addon_name: str) -> AddonType:
        version = self._backend.clusters[cluster_name].version
        return addon_rules.available(cluster_name, addon_name, self._minor(cluster_name), version)

    def _version(self, cluster_name: str, kind: AddonType, asked: str | None) -> str:
        minor = self._minor(cluster_name)
        if asked is not None:
            return addon_rules.checked_version(cluster_name, kind, minor, asked)
        return kind.default_release(minor).version

    def _minor(self, cluster_name: str) -> int | None:
        """Return a cluster's minor Kubernetes version; None when nobody asked for a version."""
        asked = self._backend.cluster_identity(cluster_name).kubernetes_version
        return addon_catalogue.minor_of(asked)

    def _check_service_account_role(self, role_arn: str | None) -> None:
        if role_arn is None:
            return
        with exceptions.refusals():
            associations.check_role_arn(role_arn, self._backend.partition, self._backend.account_id)

    def _roles(
        self, cluster_name: str, kind: AddonType, version: str, given: list[dict[str, str]]
    ) -> dict[str, str]:
        roles = addon_rules.checked_associations(cluster_name, kind, version, given)
        with exceptions.refusals():
            for role_arn in roles.values():
                self._backend.check_role(role_arn)
        return roles

    # What is there

    def _table(self, cluster_name: str) -> AddonTable:
        return self._backend.cluster_identity(cluster_name).addons

    def _find(self, cluster_name: str, addon_name: str) -> tuple[AddonTable, Addon]:
        table = self._table(cluster_name)
        addon = table.get(addon_name)
        if addon is None:
            raise exceptions.addon_not_found(cluster_name, addon_name)
        return table, addon

    def _answered(
        self, table: AddonTable, client_request_token: str | None, parameters: str
    ) -> str | None:
        try:
            return table.requests.answered(client_request_token, parameters)
        except RequestTokenReused:
            raise exceptions.InvalidParameterException(
                message=exceptions.chosen("token reuse")
            ) from None

    def _described(self, addon: Addon, status: str) -> Json:
        owned = owned_associations.owned_by(self._backend, addon)
        return addon_answers.addon(addon, owned, status)

    def _new_arn(self, cluster_name: str, addon_name: str) -> str:
        backend = self._backend
        return (
            f"arn:{backend.partition}:eks:{backend.region_name}:{backend.account_id}:"
            f"addon/{cluster_name}/{addon_name}/{UUID(int=mock_random.getrandbits(128))}"
        )


def _page(
    pages: Pages,
    numbered: list[tuple[int, Any]],
    query: Mapping[str, str],
    max_results: int | None,
    next_token: str | None,
) -> tuple[list[Any], str | None]:
    limit = DEFAULT_PAGE_SIZE if max_results is None else max_results
    try:
        return pages.page(numbered, query, limit, next_token)
    except InvalidPageToken:
        raise exceptions.InvalidParameterException(
            message=exceptions.chosen("next token")
        ) from None


def _new_update_id() -> str:
    return str(UUID(int=mock_random.getrandbits(128), version=3))
