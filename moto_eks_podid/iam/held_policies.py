"""The policies of users, groups and roles as JSON texts, read from moto's IAM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from moto.iam.models import Group, IAMBackend, ManagedPolicy, Role, User

from .aws_managed import aws_managed_document
from .roles import find_backend

#: What a policy is that does not exist: nothing fails open.
ALLOWS_NOTHING: Final = '{"Version": "2012-10-17", "Statement": []}'


class HeldPolicy(NamedTuple):
    """A policy that is embedded in its holder; or attached to it, if it has an ARN."""

    name: str
    text: str
    arn: str | None = None


# Copies, because another thread may be changing the live dictionaries.


def policies_held(holder: User | Group | Role) -> Iterator[HeldPolicy]:
    """Yield the inline and attached policies of a user, a group or a role; none of a user's
    groups."""
    inline: Mapping[str, str] = holder.policies
    for name, text in list(inline.items()):
        yield HeldPolicy(name, text)
    attached: Mapping[str, ManagedPolicy] = holder.managed_policies
    for arn, policy in list(attached.items()):
        yield HeldPolicy(policy.name, default_document(policy), arn)


def groups_of(user: User, backend: IAMBackend | None) -> list[Group]:
    """Return the groups that a user is in."""
    groups = list(backend.groups.values()) if backend is not None else []
    return [group for group in groups if any(member is user for member in list(group.users))]


def permissions_boundary(role: Role) -> str | None:
    """Return the document of a role's permissions boundary; None for a role that has none.

    A boundary whose policy does not exist allows nothing.
    """
    arn = role.permissions_boundary_arn
    if not arn:
        return None
    return managed_document(arn, find_backend(role.account_id, role.partition)) or ALLOWS_NOTHING


def managed_document(arn: str, backend: IAMBackend | None) -> str | None:
    """Return the document of a managed policy, an account's or AWS's; None when there is none.

    :param backend: the IAM of the account that refers to it
    """
    policy = backend.managed_policies.get(arn) if backend else None
    return default_document(policy) if policy else aws_managed_document(arn)


def default_document(policy: ManagedPolicy) -> str:
    """Return the document of a managed policy's version that is in force."""
    return next(version.document for version in policy.versions if version.is_default)
