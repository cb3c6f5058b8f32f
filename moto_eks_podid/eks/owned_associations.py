"""The associations that an add-on owns: made, changed and deleted with it.

Follows "IAM roles for Amazon EKS add-ons" (EKS User Guide): anybody may also change or delete one
of them directly, and an add-on never takes over one that is there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..identity.associations import Association
from . import exceptions
from .addon_table import Addon

if TYPE_CHECKING:
    from .models import PodIdentityEKSBackend


def owned_by(backend: PodIdentityEKSBackend, addon: Addon) -> list[Association]:
    """Return what an add-on owns and nobody has deleted."""
    table = backend.cluster_identity(addon.cluster_name).associations
    found = (table.get(association_id) for association_id in addon.association_ids)
    return [association for association in found if association is not None]


def make_owned(
    backend: PodIdentityEKSBackend, addon: Addon, roles: Mapping[str, str]
) -> tuple[str, ...]:
    """Make an add-on own one association for each role, and no other; return their ids.

    :param roles: roles that have been checked, by service account
    :raises EKSError: when a service account has an association of somebody else; nothing has
        changed, then
    """
    owned = {association.service_account: association for association in owned_by(backend, addon)}
    going = [association for name, association in owned.items() if name not in roles]
    made: dict[str, Association] = {}
    # First: of all that is to be done only this can be refused.
    try:
        for service_account in [name for name in roles if name not in owned]:
            made[service_account] = backend.create_pod_identity_association(
                addon.cluster_name,
                addon.namespace,
                service_account,
                roles[service_account],
                owner_arn=addon.arn,
                going=len(going),
            )
    except exceptions.EKSError:
        _delete(backend, made.values())
        raise
    for service_account, association in owned.items():
        if roles.get(service_account, association.role_arn) != association.role_arn:
            backend.update_pod_identity_association(
                addon.cluster_name,
                association.association_id,
                role_arn=roles[service_account],
            )
    _delete(backend, going)
    return tuple({**owned, **made}[name].association_id for name in roles)


def end_ownership(backend: PodIdentityEKSBackend, addon: Addon, *, preserve: bool) -> None:
    """Delete what an add-on owns, or preserve it: without an owner, then."""
    owned = owned_by(backend, addon)
    if not preserve:
        return _delete(backend, owned)
    table = backend.cluster_identity(addon.cluster_name).associations
    for association in owned:
        table.replace(replace(association, owner_arn=None))
    return None


def _delete(backend: PodIdentityEKSBackend, gone: Iterable[Association]) -> None:
    for association in gone:
        backend.delete_pod_identity_association(
            association.cluster_name, association.association_id
        )
