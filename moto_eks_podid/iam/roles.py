"""Roles of any account and partition, read from moto's IAM."""

from __future__ import annotations

from moto.iam.models import IAMBackend, Role, iam_backends

from ..identity.role_arn import ROLE_ARN


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
