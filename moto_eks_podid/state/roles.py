"""The roles of every account, with their trust policies and permissions."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from moto.iam.models import IAMBackend, Role, iam_backends

from ..iam.aws_managed import aws_managed_document
from ..iam.roles import find_backend
from .attributes import read_attributes, write_attributes
from .codec import NaiveTime
from .policies import PolicyEntry, all_iam, check_iam, check_path, check_tag_names
from .section import Commit, Incoming, changes, check_texts, printable

#: How long the sessions of a role may be, in seconds; AWS's own bounds are narrower.
_DURATIONS = range(1, 1_000_000)


@dataclass(frozen=True, slots=True)
class RoleAttributes:
    """What moto keeps of a role. When it was last used is left out."""

    id: str
    name: str
    path: str
    description: str | None
    assume_role_policy_document: str
    create_date: NaiveTime
    tags: list[dict[str, str]]
    permissions_boundary_arn: str | None
    max_session_duration: int | str | None
    policies: dict[str, str]


@dataclass(frozen=True, slots=True)
class RoleEntry:
    """A role in the state; ``attached`` are the ARNs of managed policies, AWS's included."""

    account_id: str
    partition: str
    linked_service: str | None
    role: RoleAttributes
    attached: list[str]

    @property
    def key(self) -> tuple[str, ...]:
        return (self.partition, self.account_id, self.role.name)

    @property
    def title(self) -> str:
        return f"The role {self.role.name!r} of account {self.account_id}"


def export_roles() -> list[RoleEntry]:
    """Return every role."""
    return [_entry(backend, role) for backend in all_iam() for role in list(backend.roles.values())]


def _entry(backend: IAMBackend, role: Role) -> RoleEntry:
    inline: dict[str, Any] = dict(role.policies)
    # What CloudFormation put in is no text.
    texts = {
        name: document if isinstance(document, str) else json.dumps(document, default=str)
        for name, document in inline.items()
    }
    return RoleEntry(
        backend.account_id,
        backend.partition,
        role._linked_service,
        replace(read_attributes(RoleAttributes, role), policies=texts),
        list(role.managed_policies),
    )


def prepare_roles(entries: list[RoleEntry], incoming: Incoming) -> Commit:
    """:raises ValueError: for roles that cannot be, or that are there and differ"""
    policies: list[PolicyEntry] = incoming.sections["policies"]
    incoming_arns = {(entry.account_id, entry.partition, entry.arn) for entry in policies}
    ids = set()
    for entry in entries:
        _check(entry, incoming_arns)
        if entry.role.id in ids:
            raise ValueError(f"{entry.title} has the id of another role")
        ids.add(entry.role.id)
    present = {entry.key: entry for entry in export_roles()}
    owners = {entry.role.id: entry.key for entry in present.values()}
    changed = changes(entries, present, incoming)
    for entry in changed:
        if owners.get(entry.role.id, entry.key) != entry.key:
            raise ValueError(f"{entry.title} has the id of another role that is there already")

    def commit() -> None:
        for entry in changed:
            _put(entry)

    return commit


def _check(entry: RoleEntry, incoming_arns: set[tuple[str, str, str]]) -> None:
    check_iam(entry.account_id, entry.partition, entry.title)
    check_texts(entry)
    check_path(entry.role.path, entry.title)
    check_tag_names(entry.role.tags, entry.title)
    if not (entry.role.id and entry.role.name):
        raise ValueError(f"{entry.title} has no id or no name")
    duration = entry.role.max_session_duration
    try:
        possible = duration is None or int(duration) in _DURATIONS
    except ValueError:
        possible = False
    if not possible:
        raise ValueError(f"{entry.title} has sessions of an impossible length")
    if len(set(entry.attached)) != len(entry.attached):
        raise ValueError(f"{entry.title} has a policy twice")
    backend = find_backend(entry.account_id, entry.partition)
    for arn in entry.attached:
        if (entry.account_id, entry.partition, arn) in incoming_arns:
            continue
        if backend is not None and arn in backend.managed_policies:
            continue
        of_aws = arn.startswith(f"arn:{entry.partition}:iam::aws:policy/")
        if not (of_aws and aws_managed_document(arn)):
            raise ValueError(f"{entry.title} has a policy that is not there: {printable(arn)}")


def _put(entry: RoleEntry) -> None:
    backend = iam_backends[entry.account_id][entry.partition]
    # One that is there stays the same object: instance profiles hold it.
    role = next(
        (role for role in list(backend.roles.values()) if role.name == entry.role.name), None
    )
    if role is None:
        role = _new(entry)
    for policy in list(role.managed_policies.values()):
        policy.detach_from(role)
    backend.roles.pop(role.id, None)
    write_attributes(entry.role, role)
    role._linked_service = entry.linked_service
    for arn in entry.attached:
        backend.get_policy(arn).attach_to(role)
    backend.roles[role.id] = role


def _new(entry: RoleEntry) -> Role:
    # Abstract only to mypy: moto leaves out members that CloudFormation alone asks for.
    return Role(  # type: ignore[abstract]
        account_id=entry.account_id,
        partition=entry.partition,
        role_id=entry.role.id,
        name=entry.role.name,
        assume_role_policy_document=entry.role.assume_role_policy_document,
        path=entry.role.path,
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration=None,
    )
