"""Associations that come in: checked as those that are created, and as whole ones."""

from __future__ import annotations

from collections.abc import Iterable

from ..identity import associations
from ..identity.association_table import AssociationTable
from ..identity.associations import Association
from ..identity.request_tokens import RememberedRequest
from ..identity.session_policy import check_session_policy


def put_associations(
    table: AssociationTable,
    incoming: Iterable[Association],
    requests: Iterable[RememberedRequest],
    place: str,
    cluster_name: str,
) -> None:
    """Put associations into the table of a cluster, and the requests that had a token.

    :param place: how ARNs of the cluster's account and region begin: ``arn:aws:eks:…:…:``
    :raises ValueError: for one that the service would not have made, or two that are one
    """
    for association in incoming:
        title = f"The association {association.association_id[:64]!r} of {cluster_name!r}"
        try:
            _check(association, place, cluster_name)
            table.add(association)
        except ValueError as refused:
            raise ValueError(f"{title} cannot be: {refused}") from None
    try:
        table.requests.restore(requests)
        for request in table.requests.remembered():
            if request.about not in table:
                raise ValueError(f"there is no association {request.about[:64]!r}")
    except ValueError as refused:
        raise ValueError(f"A request token of {cluster_name!r} cannot be: {refused}") from None


def _check(association: Association, place: str, cluster_name: str) -> None:
    _, partition, _, _, account_id, _ = place.split(":")
    associations.check_id(association.association_id)
    arn = f"{place}podidentityassociation/{cluster_name}/{association.association_id}"
    if association.cluster_name != cluster_name or association.association_arn != arn:
        raise ValueError("it is another cluster's")
    associations.check_namespace(association.namespace)
    associations.check_service_account(association.service_account)
    associations.check_tags(association.tags)
    associations.check_role_arn(association.role_arn, partition, account_id)
    if association.target_role_arn is not None:
        associations.check_target_role_arn(association.target_role_arn, partition)
    if association.policy is not None:
        if not association.disable_session_tags:
            raise associations.InvalidAssociation(associations.Rule.POLICY_NEEDS_NO_TAGS)
        check_session_policy(association.policy)
