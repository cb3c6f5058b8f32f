"""The policies that decide what a caller may do, compiled and labelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from moto.iam.models import Group, IAMBackend, Role, User
from moto.utilities.utils import get_partition

from ..identity.sessions import RoleSession
from ..policy import Document, MalformedPolicy
from ..sts.user_tokens import Federation
from .credentials import Caller, FederatedCaller, UserCaller
from .held_policies import ALLOWS_NOTHING, groups_of, managed_document, policies_held
from .roles import find_backend

#: What an administrator may do, whom no policy limits.
_ALLOWS_EVERYTHING: Final = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
)
#: What a policy is that AWS would never have stored: nobody knows what it forbids.
_DENIES_EVERYTHING: Final = (
    '{"Version": "2012-10-17", "Statement": {"Sid": "CannotBeRead", "Effect": "Deny", '
    '%s"Action": "*", "Resource": "*"}}'
)


@dataclass(frozen=True, slots=True)
class CallerPolicies:
    """Documents by kind; None where there is no limit of that kind."""

    identity: tuple[Document, ...] = ()
    boundary: Document | None = None
    session: tuple[Document, ...] | None = None


#: Of a caller that nobody knows.
NO_POLICIES: Final = CallerPolicies()


@lru_cache(maxsize=4096)
def labelled(text: str, label: str, *, of_resource: bool = False) -> Document:
    """Compile a document.

    :param label: what explanations call it
    :param of_resource: whether it names principals
    :returns: for a text that is no policy, a document that denies everything
    """
    try:
        return Document.parse(text, label=label)
    except MalformedPolicy as error:
        principal = '"Principal": "*", ' if of_resource else ""
        reason = "; ".join(str(finding) for finding in error.findings)
        return Document.parse(
            _DENIES_EVERYTHING % principal, label=f"{label}, which cannot be read ({reason})"
        )


def policies_of(caller: Caller) -> CallerPolicies:
    """Return the policies of a user (and of the user's groups) or of a session.

    The session of a role that is gone has none left.
    """
    if isinstance(caller, UserCaller):
        return CallerPolicies(tuple(_of_user(caller.user)))
    if isinstance(caller, FederatedCaller):
        return _of_federated(caller)
    session = caller.session
    backend = find_backend(session.account_id, session.partition)
    passed = _passed(session, backend)
    role = caller.role
    if role is None:
        return CallerPolicies(session=passed or None)
    boundary = None
    if arn := role.permissions_boundary_arn:
        boundary = _managed(arn, backend, f"permissions boundary {arn}")
    return CallerPolicies(tuple(_of(role, f"role {role.name}")), boundary, passed or None)


def _of_federated(caller: FederatedCaller) -> CallerPolicies:
    if caller.user is None:
        identity: tuple[Document, ...] = (labelled(_ALLOWS_EVERYTHING, "the administrator"),)
    else:
        identity = tuple(_of_user(caller.user))
    backend = find_backend(caller.account_id, caller.token.partition)
    # Without any policy passed, "the resulting federated user session has no permissions".
    nothing = labelled(ALLOWS_NOTHING, "the session policy that was not passed")
    return CallerPolicies(identity, session=_passed(caller.federation, backend) or (nothing,))


def _passed(session: RoleSession | Federation, backend: IAMBackend | None) -> tuple[Document, ...]:
    passed = []
    if session.policy is not None:
        passed.append(labelled(session.policy, "the session policy"))
    passed += [_managed(arn, backend, f"session policy {arn}") for arn in session.policy_arns]
    return tuple(passed)


def _of_user(user: User) -> Iterator[Document]:
    yield from _of(user, f"user {user.name}")
    backend = find_backend(user.account_id, get_partition(user.region_name))
    for group in groups_of(user, backend):
        yield from _of(group, f"group {group.name}")


def _of(holder: User | Group | Role, name: str) -> Iterator[Document]:
    for held in policies_held(holder):
        yield labelled(held.text, held.arn or f"inline policy {held.name} of {name}")


def _managed(arn: str, backend: IAMBackend | None, label: str) -> Document:
    text = managed_document(arn, backend)
    if text is None:
        return labelled(ALLOWS_NOTHING, f"{label}, which does not exist")
    return labelled(text, label)
