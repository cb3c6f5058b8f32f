"""Roles and the documents that decide what they may do, read from moto's IAM."""

from __future__ import annotations

import re

from moto.iam.models import IAMBackend, ManagedPolicy, Role, iam_backends

_ROLE_ARN = re.compile(r"arn:(?P<partition>[\w-]+):iam::(?P<account>\d{12}):role/.+")


def find_backend(account_id: str, partition: str) -> IAMBackend | None:
    """Return moto's IAM of an account and partition, if anything was ever made there."""
    # Plain `get`: indexing would make the account and the partition.
    account = iam_backends.get(account_id)
    return account.get(partition) if account is not None else None


def find_role(role_arn: str) -> Role | None:
    """Return moto's role for an ARN of any account and partition; None when there is none."""
    match = _ROLE_ARN.fullmatch(role_arn)
    backend = find_backend(match["account"], match["partition"]) if match else None
    if backend is None:
        return None
    # moto's own look-up walks the live dictionary, which another thread may be changing.
    return next((role for role in list(backend.roles.values()) if role.arn == role_arn), None)


def identity_policies(role: Role) -> list[str]:
    """Return the documents of a role's inline and attached policies, as JSON texts."""
    attached = [_default_document(policy) for policy in role.managed_policies.values()]
    return [*role.policies.values(), *attached]


def permissions_boundary(role: Role) -> str | None:
    """Return the document of a role's permissions boundary; None without one that moto knows."""
    arn = role.permissions_boundary_arn
    policy = (
        iam_backends[role.account_id][role.partition].managed_policies.get(arn) if arn else None
    )
    return _default_document(policy) if policy else None


def _default_document(policy: ManagedPolicy) -> str:
    return next(version.document for version in policy.versions if version.is_default)
