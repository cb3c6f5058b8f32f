"""Roles and the documents that decide what they may do, read from moto's IAM."""

from __future__ import annotations

from moto.iam.models import IAMBackend, ManagedPolicy, Role, iam_backends

from ..identity.role_arn import ROLE_ARN
from .aws_managed import aws_managed_document

#: The boundary of a role whose boundary's policy does not exist: nothing fails open.
_NOTHING = '{"Version": "2012-10-17", "Statement": []}'


def find_backend(account_id: str, partition: str) -> IAMBackend | None:
    """Return moto's IAM of an account and partition, if anything was ever made there."""
    # Plain `get`: indexing would make the account and the partition.
    account = iam_backends.get(account_id)
    return account.get(partition) if account is not None else None


def find_role(role_arn: str) -> Role | None:
    """Return moto's role for an ARN of any account and partition; None when there is none."""
    match = ROLE_ARN.fullmatch(role_arn)
    backend = find_backend(match["account"], match["partition"]) if match else None
    if backend is None:
        return None
    # moto finds a role by walking over all of them. The backend of a mock that began before the
    # plugin remembers none.
    known: dict[str, Role] = getattr(backend, "roles_by_arn", {})
    role = known.get(role_arn)
    if role is not None and backend.roles.get(role.id) is role:
        return role
    # A copy, since another thread may be changing the dictionary.
    for role in list(backend.roles.values()):
        if role.arn == role_arn:
            known[role_arn] = role
            return role
    known.pop(role_arn, None)
    return None


def identity_policies(role: Role) -> list[str]:
    """Return the documents of a role's inline and attached policies, as JSON texts."""
    attached = [default_document(policy) for policy in role.managed_policies.values()]
    return [*role.policies.values(), *attached]


def permissions_boundary(role: Role) -> str | None:
    """Return the document of a role's permissions boundary; None for a role that has none.

    A boundary whose policy does not exist allows nothing.
    """
    arn = role.permissions_boundary_arn
    if not arn:
        return None
    return managed_document(arn, find_backend(role.account_id, role.partition)) or _NOTHING


def managed_document(arn: str, backend: IAMBackend | None) -> str | None:
    """Return the document of a managed policy, an account's or AWS's; None when there is none.

    :param backend: the IAM of the account that refers to it
    """
    policy = backend.managed_policies.get(arn) if backend else None
    return default_document(policy) if policy else aws_managed_document(arn)


def default_document(policy: ManagedPolicy) -> str:
    """Return the document of a managed policy's version that is in force."""
    return next(version.document for version in policy.versions if version.is_default)
