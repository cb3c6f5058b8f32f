"""EKS with pod identity associations, and an issuer of its own for each cluster."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from typing import Any

from moto.eks.models import Cluster, EKSBackend
from moto.moto_api._internal import mock_random

from .. import clock, settings
from ..hosts import DNS_SUFFIXES
from ..iam.roles import find_role
from ..identity import associations
from ..identity.association_table import AssociationTable, DuplicateAssociation
from ..identity.associations import Association
from ..identity.issuer import Issuer
from ..identity.options import with_options
from ..identity.page_tokens import InvalidPageToken
from ..identity.request_tokens import RequestTokenReused, fingerprint
from ..policy import MalformedPolicy, missing_grants
from . import exceptions
from .addon_table import Addon
from .addons import AddonOperations
from .cluster_identity import ClusterIdentity
from .issuer_ids import new_kid, random_issuer_id

#: ListPodIdentityAssociations's default for `maxResults`.
DEFAULT_PAGE_SIZE = 100


class PodIdentityEKSBackend(EKSBackend):
    """moto's EKS of one account and region, plus pod identity."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.identities: dict[str, ClusterIdentity] = {}
        self._lock = threading.RLock()
        self.addons = AddonOperations(self, self._lock)

    def reset(self) -> None:
        for identity in list(self.identities.values()):
            identity.issuer.release()
        super().reset()

    @property
    def lock(self) -> threading.RLock:
        """Who holds it sees no change of clusters, associations and add-ons by others."""
        return self._lock

    # Clusters

    def create_cluster(self, name: str, *args: Any, **kwargs: Any) -> Cluster:
        """Create a cluster with an issuer of its own; arguments as moto's."""
        with self._lock:
            cluster = super().create_cluster(name, *args, **kwargs)
            issuer = Issuer(self._new_issuer_url(), new_kid=new_kid)
            cluster.identity = {"oidc": {"issuer": issuer.url}}
            # moto's own default version is older than Pod Identity: only a version that was asked
            # for counts.
            self.identities[name] = ClusterIdentity(
                issuer, kubernetes_version=kwargs.get("version") or ""
            )
        return cluster

    def delete_cluster(self, name: str) -> Cluster:
        """Delete a cluster and with it its add-ons, its associations and its issuer."""
        with self._lock:
            cluster = super().delete_cluster(name)
            self.identities.pop(name).issuer.release()
        return cluster

    def cluster_identity(self, cluster_name: str) -> ClusterIdentity:
        """:raises ResourceNotFoundException: when there is no such cluster"""
        try:
            return self.identities[cluster_name]
        except KeyError:
            raise exceptions.cluster_not_found(cluster_name) from None

    def cluster_arn(self, cluster_name: str) -> str:
        """Return the ARN of a cluster of this account and region."""
        return (
            f"arn:{self.partition}:eks:{self.region_name}:{self.account_id}:cluster/{cluster_name}"
        )

    def _new_issuer_url(self) -> str:
        from .lookup import identities  # which needs this module

        # By id, not by URL: below the server's own address, documents are found by the id alone.
        taken = {
            url.rpartition("/")[2] for _, _, identity in identities() for url in identity.key_sets
        }
        issuer_id = random_issuer_id()
        # moto's generator repeats itself whenever somebody seeds it.
        while issuer_id in taken:
            issuer_id = random_issuer_id()
        suffix = DNS_SUFFIXES[self.partition]
        return f"https://oidc.eks.{self.region_name}.{suffix}/id/{issuer_id}"

    # Associations

    def create_pod_identity_association(
        self,
        cluster_name: str,
        namespace: str,
        service_account: str,
        role_arn: str,
        *,
        client_request_token: str | None = None,
        tags: dict[str, str] | None = None,
        disable_session_tags: bool | None = None,
        target_role_arn: str | None = None,
        policy: str | None = None,
        owner_arn: str | None = None,
        going: int = 0,
    ) -> Association:
        """Associate a service account with a role.

        :param owner_arn: the add-on that owns the association
        :param going: how many associations of the cluster go in exchange, and do not count
        :raises EKSError: the service's error for what is wrong, in the order in which it checks
        """
        parameters = fingerprint(
            namespace,
            service_account,
            role_arn,
            tags or {},
            bool(disable_session_tags),
            target_role_arn,
            policy,
        )
        with self._lock:
            identity = self.usable_identity(cluster_name)
            table = identity.associations
            earlier = self._answered(table, client_request_token, parameters)
            if earlier is not None:
                return earlier
            with exceptions.refusals():
                associations.check_namespace(namespace)
                associations.check_service_account(service_account)
                associations.check_tags(tags or {})
                self.check_role(role_arn)
                wanted = with_options(
                    self._new_association(
                        table, cluster_name, namespace, service_account, role_arn
                    ),
                    partition=self.partition,
                    disable_session_tags=disable_session_tags,
                    target_role_arn=target_role_arn,
                    policy=policy,
                )
            quota = settings.get("associations_per_cluster")
            if len(table) - going >= quota and table.find(namespace, service_account) is None:
                raise exceptions.ResourceLimitExceededException(
                    clusterName=cluster_name,
                    message=exceptions.chosen("quota", name=cluster_name, quota=quota),
                )
            association = replace(wanted, tags=dict(tags or {}), owner_arn=owner_arn)
            try:
                table.add(association)
            except DuplicateAssociation as duplicate:
                raise exceptions.duplicate(cluster_name, duplicate.association_id) from None
            table.remember(client_request_token, parameters, association.association_id)
        return association

    def describe_pod_identity_association(
        self, cluster_name: str, association_id: str
    ) -> Association:
        """:raises EKSError: for an id of a wrong length, a missing cluster or association"""
        _, association = self._find(cluster_name, association_id)
        return association

    def update_pod_identity_association(
        self,
        cluster_name: str,
        association_id: str,
        *,
        role_arn: str | None = None,
        client_request_token: str | None = None,
        disable_session_tags: bool | None = None,
        target_role_arn: str | None = None,
        policy: str | None = None,
    ) -> Association:
        """Change an association: what is None stays; an empty target role or policy clears it.

        :raises EKSError: the service's error for what is wrong; the association is as it was, then
        """
        parameters = fingerprint(
            association_id, role_arn, disable_session_tags, target_role_arn, policy
        )
        with self._lock:
            table, association = self._find(cluster_name, association_id)
            earlier = self._answered(table, client_request_token, parameters)
            if earlier is not None:
                return earlier
            with exceptions.refusals():
                if role_arn is not None:
                    self.check_role(role_arn)
                changed = with_options(
                    replace(association, role_arn=role_arn or association.role_arn),
                    partition=self.partition,
                    disable_session_tags=disable_session_tags,
                    target_role_arn=target_role_arn,
                    policy=policy,
                )
            changed = replace(changed, modified_at=clock.now())
            table.replace(changed)
            table.remember(client_request_token, parameters, association_id)
        return changed

    def delete_pod_identity_association(
        self, cluster_name: str, association_id: str
    ) -> Association:
        """Delete an association and return it as the service does: modified now."""
        with self._lock:
            table, association = self._find(cluster_name, association_id)
            table.remove(association_id)
        return replace(association, modified_at=clock.now())

    def list_pod_identity_associations(
        self,
        cluster_name: str,
        *,
        namespace: str | None = None,
        service_account: str | None = None,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> tuple[list[Association], str | None]:
        """Return one page and the token of the next (None at the end).

        :param max_results: 1 or more
        :raises EKSError: for a missing cluster, or a token that is not this query's
        """
        with self._lock:
            table = self.cluster_identity(cluster_name).associations
            limit = DEFAULT_PAGE_SIZE if max_results is None else max_results
            try:
                return table.page(
                    namespace=namespace,
                    service_account=service_account,
                    limit=limit,
                    token=next_token,
                )
            except InvalidPageToken:
                raise exceptions.InvalidParameterException(
                    message=exceptions.chosen("next token")
                ) from None

    def usable_identity(self, cluster_name: str) -> ClusterIdentity:
        """:raises EKSError: for a missing cluster, or one that is too old"""
        identity = self.cluster_identity(cluster_name)
        if identity.too_old:
            raise exceptions.InvalidRequestException(
                clusterName=cluster_name,
                message=exceptions.chosen("too old", version=self.clusters[cluster_name].version),
            )
        return identity

    def _find(self, cluster_name: str, association_id: str) -> tuple[AssociationTable, Association]:
        with exceptions.refusals():
            associations.check_id(association_id)
        table = self.cluster_identity(cluster_name).associations
        association = table.get(association_id)
        if association is None:
            raise exceptions.association_not_found(cluster_name, association_id)
        return table, association

    def _answered(
        self, table: AssociationTable, client_request_token: str | None, parameters: str
    ) -> Association | None:
        try:
            return table.answered(client_request_token, parameters)
        except RequestTokenReused:
            raise exceptions.InvalidParameterException(
                message=exceptions.chosen("token reuse")
            ) from None

    def check_role(self, role_arn: str) -> None:
        """Check a role as CreatePodIdentityAssociation does.

        :raises InvalidAssociation: for a role of another account
        :raises InvalidParameterException: when it does not exist or does not trust Pod Identity
        """
        associations.check_role_arn(role_arn, self.partition, self.account_id)
        if not settings.get("validate_role"):
            return
        role = find_role(role_arn)
        if role is None:
            raise exceptions.InvalidParameterException(message=exceptions.ROLE_MISSING)
        try:
            missing = missing_grants(
                role.assume_role_policy_document,
                associations.SERVICE_PRINCIPAL,
                associations.REQUIRED_TRUST,
            )
        except MalformedPolicy:
            missing = associations.REQUIRED_TRUST
        if missing:
            raise exceptions.InvalidParameterException(message=exceptions.TRUST_POLICY)

    def _new_association(
        self,
        table: AssociationTable,
        cluster_name: str,
        namespace: str,
        service_account: str,
        role_arn: str,
    ) -> Association:
        association_id = associations.new_id(mock_random.choice)
        # As with issuers, an id may come again.
        while association_id in table:
            association_id = associations.new_id(mock_random.choice)
        now = clock.now()
        return Association(
            cluster_name=cluster_name,
            namespace=namespace,
            service_account=service_account,
            role_arn=role_arn,
            association_arn=associations.arn(
                self.partition, self.region_name, self.account_id, cluster_name, association_id
            ),
            association_id=association_id,
            created_at=now,
            modified_at=now,
        )

    # Tags

    def tag_resource(self, resource_arn: str, tags: dict[str, str]) -> None:
        """Add tags to what is ours, overwriting what is there; other resources as moto does."""
        if not _is_ours(resource_arn):
            with exceptions.own_not_found():
                return super().tag_resource(resource_arn, tags)
        with self._lock:
            table, tagged = self._tagged(resource_arn)
            with exceptions.refusals(exceptions.tag_refusal):
                associations.check_tags(tags, tagged.tags)
            table.replace(replace(tagged, tags={**tagged.tags, **tags}))
        return None

    def untag_resource(self, resource_arn: str, tag_keys: list[str]) -> None:
        """Take tags off what is ours, if they are there; other resources as moto does."""
        if not _is_ours(resource_arn):
            with exceptions.own_not_found():
                return super().untag_resource(resource_arn, tag_keys)
        with self._lock:
            table, tagged = self._tagged(resource_arn)
            kept = {key: value for key, value in tagged.tags.items() if key not in tag_keys}
            table.replace(replace(tagged, tags=kept))
        return None

    def list_tags_for_resource(self, resource_arn: str) -> dict[str, str]:
        """Return the tags of what is ours; of other resources as moto does."""
        if not _is_ours(resource_arn):
            with exceptions.own_not_found():
                return super().list_tags_for_resource(resource_arn)
        _, tagged = self._tagged(resource_arn)
        return tagged.tags

    def _tagged(self, resource_arn: str) -> tuple[Any, Association | Addon]:
        """Return an association or an add-on, and the table that it is in."""
        prefix = f"arn:{self.partition}:eks:{self.region_name}:{self.account_id}:"
        kind, _, path = resource_arn.removeprefix(prefix).partition("/")
        cluster_name, _, below = path.partition("/")
        if (identity := self.identities.get(cluster_name)) is not None:
            association = identity.associations.get(below)
            if kind == _ASSOCIATION and association is not None:
                return identity.associations, association
            addon = identity.addons.get(below.partition("/")[0])
            if addon is not None and addon.arn == resource_arn:
                return identity.addons, addon
        raise exceptions.NotFoundException(message=exceptions.chosen("resource not found"))


_EKS_ARN = re.compile(r"arn:[\w-]+:eks:[\w-]+:\d{12}:(?P<kind>[a-z-]+)/.+", re.ASCII)
_ASSOCIATION, _ADDON = "podidentityassociation", "addon"


def _is_ours(resource_arn: str) -> bool:
    """:raises BadRequestException: for what is no ARN of EKS at all"""
    match = _EKS_ARN.fullmatch(resource_arn)
    if match is None:
        raise exceptions.BadRequestException(message=exceptions.chosen("bad arn", arn=resource_arn))
    return match["kind"] in (_ASSOCIATION, _ADDON)
