"""Resources of Amazon EC2 that go by something else than their ids, read from moto's EC2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from moto.ec2.models import EC2Backend

#: The ids of what goes by a name.
_Find: TypeAlias = "Callable[[EC2Backend, str], Iterable[str | None]]"


# Copies: another thread may be changing what moto keeps.


def _groups_called(backend: EC2Backend, name: str) -> Iterable[str]:
    for groups in list(backend.groups.values()):
        yield from (group.id for group in list(groups.values()) if group.name == name)


def _keys_of_id(backend: EC2Backend, pair_id: str) -> Iterable[str]:
    # The ARN of a key pair has its name.
    return (pair.key_name for pair in list(backend.key_pairs.values()) if pair.id == pair_id)


def _templates_called(backend: EC2Backend, name: str) -> Iterable[str | None]:
    yield backend.launch_template_name_to_ids.get(name)


def _addresses_at(backend: EC2Backend, public_ip: str) -> Iterable[str | None]:
    return (
        address.allocation_id
        for address in list(backend.addresses)
        if address.public_ip == public_ip
    )


def _associated_addresses(backend: EC2Backend, association_id: str) -> Iterable[str | None]:
    return (
        address.allocation_id
        for address in list(backend.addresses)
        if address.association_id == association_id
    )


def _associated_acls(backend: EC2Backend, association_id: str) -> Iterable[str]:
    return (
        acl.id for acl in list(backend.network_acls.values()) if association_id in acl._associations
    )


def _associated_tables(backend: EC2Backend, association_id: str) -> Iterable[str]:
    return (
        table.id
        for table in list(backend.route_tables.values())
        if association_id in table.all_associations_ids
    )


#: Kind of resource -> parameters, as those that name some by id -> how to find those.
_FINDS: Final[Mapping[str, Mapping[str, _Find]]] = {
    "elastic-ip": {"AssociationId": _associated_addresses, "PublicIp": _addresses_at},
    "key-pair": {"KeyPairId": _keys_of_id},
    "launch-template": {
        "LaunchTemplate.LaunchTemplateName": _templates_called,
        "LaunchTemplateName": _templates_called,
    },
    "network-acl": {"AssociationId": _associated_acls},
    "route-table": {"AssociationId": _associated_tables},
    "security-group": {"GroupName": _groups_called, "SecurityGroups": _groups_called},
}


def parameters_of(kind: str) -> Iterable[str]:
    """Return the parameters that name resources of a kind otherwise than by id."""
    return _FINDS.get(kind, ())


def id_of(backend: EC2Backend | None, kind: str, parameter: str, name: str) -> str:
    """Return what the ARN of a resource has for what a parameter calls it; of one that is not
    there, just that."""
    found = _FINDS[kind][parameter](backend, name) if backend is not None else ()
    return next((one for one in found if one is not None), name)
