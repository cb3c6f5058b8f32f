"""The policies that a simulation is about, and what the simulator calls them.

Follows "SimulatePrincipalPolicy" (IAM API Reference). What AWS calls a policy was observed in real
responses: ``KIND_HOLDER_POLICY`` for inline policies, the name alone for managed ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, NamedTuple, TypeAlias

from moto.iam.models import Group, IAMBackend, Role, User

from ..policy import Document
from .caller_policies import labelled
from .held_policies import groups_of, permissions_boundary, policies_held

HolderKind: TypeAlias = Literal["user", "group", "role"]

_AWS_MANAGED: Final = re.compile(r"arn:[\w-]+:iam::aws:policy/.+", re.ASCII)


class Origin(str, Enum):
    """Where a policy comes from; all but the last are what `PolicyIdentifier` calls types."""

    INLINE = "inline"
    AWS_MANAGED = "aws-managed"
    USER_MANAGED = "user-managed"
    BOUNDARY = "permission-boundary"
    #: The request itself; nothing excludes it.
    REQUEST = "request"


class Holder(NamedTuple):
    """Whom an inline policy is embedded in."""

    kind: HolderKind
    name: str


@dataclass(frozen=True, slots=True)
class PolicySource:
    """One policy.

    :param source_id: what the simulator calls it
    :param name: of an inline or a managed policy
    :param arn: of a managed policy
    :param holder: of an inline policy
    """

    source_id: str
    text: str
    origin: Origin = Origin.REQUEST
    name: str | None = None
    arn: str | None = None
    holder: Holder | None = None

    @property
    def document(self) -> Document:
        """The policy, compiled; one that cannot be read denies everything."""
        return labelled(self.text, self.source_id)

    @property
    def resource_document(self) -> Document:
        """The same, of a policy that names principals."""
        return labelled(self.text, self.source_id, of_resource=True)


@dataclass(frozen=True, slots=True)
class PolicyHolder:
    """A user (with the policies of the user's groups), a group or a role."""

    arn: str
    policies: tuple[PolicySource, ...]
    boundary: PolicySource | None


def find_holder(backend: IAMBackend, kind: HolderKind, name: str) -> PolicyHolder | None:
    """Return a user, group or role with its policies; None when there is none of that name."""
    entities: Mapping[str, Mapping[str, User | Group | Role]] = {
        "user": backend.users,
        "group": backend.groups,
        "role": backend.roles,
    }
    # A copy, because another thread may be changing the live dictionary.
    entity = next((one for one in list(entities[kind].values()) if one.name == name), None)
    if entity is None:
        return None
    sources = list(_of(entity, Holder(kind, name)))
    if isinstance(entity, User):
        for group in groups_of(entity, backend):
            sources += _of(group, Holder("group", group.name))
    boundary = _boundary(entity) if isinstance(entity, Role) else None
    return PolicyHolder(entity.arn, _once(sources), boundary)


def _of(entity: User | Group | Role, holder: Holder) -> Iterator[PolicySource]:
    for name, text, arn in policies_held(entity):
        if arn is None:
            source_id = f"{holder.kind}_{holder.name}_{name}"
            yield PolicySource(source_id, text, Origin.INLINE, name, holder=holder)
        else:
            origin = Origin.AWS_MANAGED if _AWS_MANAGED.fullmatch(arn) else Origin.USER_MANAGED
            yield PolicySource(name, text, origin, name, arn)


def _boundary(role: Role) -> PolicySource | None:
    arn, text = role.permissions_boundary_arn, permissions_boundary(role)
    if arn is None or text is None:
        return None
    name = arn.rpartition("/")[2]
    return PolicySource(name, text, Origin.BOUNDARY, name, arn)


def _once(sources: Iterable[PolicySource]) -> tuple[PolicySource, ...]:
    """Each policy once, also when a user has it from several groups."""
    return tuple({(one.arn, one.holder, one.name): one for one in sources}.values())
