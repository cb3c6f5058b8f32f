"""Assuming a role takes two: the caller's own policies, and the trust policy of the role.

Follows "AssumeRole" (STS API Reference) and "Pass session tags in AWS STS" (IAM User Guide).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from .permissions import Need
from .roles import find_role

#: The trust policy of a role that does not exist, where that is to be ignored.
_TRUSTS_EVERYBODY: Final = (
    '{"Version": "2012-10-17", "Statement": '
    '{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:*"}}'
)
#: What makes, or changes, a session of a role.
_OF_SESSIONS: Final = frozenset({"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"})


def with_trust(needed: Iterable[Need], *, needs_role: bool) -> tuple[Need, ...]:
    """Return what AssumeRole needs, with the trust policy of the role as the resource's policy.

    :param needs_role: whether a role must exist to be assumed
    """
    return tuple(
        replace(need, resource_policies=_trust(need.resource, needs_role))
        if need.action in _OF_SESSIONS
        else need
        for need in needed
    )


def _trust(role_arn: str, needs_role: bool) -> tuple[str, ...]:
    role = find_role(role_arn)
    if role is not None:
        return (role.assume_role_policy_document,)
    return () if needs_role else (_TRUSTS_EVERYBODY,)
