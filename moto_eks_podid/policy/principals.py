"""Who asks, and how a policy that names principals names them.

How a resource policy names the caller decides which other policies must allow as well. Follows "IAM
JSON policy elements: Principal", "…: NotPrincipal" and "Policy evaluation logic" (IAM User Guide).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import lru_cache
from typing import Final

from .shape import NamedPrincipals


class Naming(IntEnum):
    """How a policy names the caller; the more exact, the less the caller's own policies matter."""

    #: The account or its root: the account decides which of its identities may.
    ACCOUNT = 1
    #: The role behind a session: limited by the role's boundary and by session policies.
    ROLE = 2
    #: Everybody, or exactly this caller: limited by no other policy's silence.
    DIRECT = 3


# Looking up a member of an Enum costs more than the rest of naming a caller.
_ACCOUNT, _ROLE, _DIRECT = Naming


class CallerKind(Enum):
    """What a principal is, as far as evaluation treats it differently."""

    ANONYMOUS = "anonymous"
    SERVICE = "service"
    FEDERATED = "federated"
    ROOT = "root"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal and its names: of itself, of the role behind it, of its account."""

    kind: CallerKind
    account: str = ""
    itself: frozenset[str] = frozenset()
    role: frozenset[str] = frozenset()
    of_account: frozenset[str] = frozenset()
    canonical_user: str | None = None
    #: Nobody but its own account's resources can refuse an account's root.
    is_root: bool = field(init=False)
    #: Whether IAM keeps policies of its own for such a caller.
    has_identity_policies: bool = field(init=False)

    def __post_init__(self) -> None:
        is_root = self.kind is CallerKind.ROOT
        object.__setattr__(self, "is_root", is_root)
        has_policies = is_root or self.kind is CallerKind.IDENTITY
        object.__setattr__(self, "has_identity_policies", has_policies)


_ARN = re.compile(
    r"arn:(?P<partition>[^:]*):(?P<service>iam|sts)::(?P<account>[^:]*):(?P<kind>[^/]+)(?:/(?P<name>.*))?",
    re.DOTALL,
)
_PROVIDERS: Final = ("oidc-provider", "saml-provider")

#: Actions, in lower case, whose principal is an identity provider.
FEDERATED_ACTIONS: Final = frozenset({"sts:assumerolewithwebidentity", "sts:assumerolewithsaml"})


@lru_cache(maxsize=512)
def read_caller(
    principal: str | None,
    role_arn: str | None = None,
    unique_id: str | None = None,
    canonical_user: str | None = None,
    federated: bool = False,
) -> Caller:
    """Read a principal.

    :param principal: ARN, name of a service or of an identity provider, None for nobody
    :param role_arn: of the role behind a session; derived without path when None
    :param unique_id: ``AIDA…`` of a user, ``AROA…`` (with or without ``:SESSION``) of a role
    :param canonical_user: S3's id of the caller's account
    :param federated: take a name that is no ARN for an identity provider, not for a service
    """
    if principal is None:
        return Caller(CallerKind.ANONYMOUS)
    if not principal.startswith("arn:"):
        kind = CallerKind.FEDERATED if federated else CallerKind.SERVICE
        return Caller(kind, itself=frozenset({principal}))
    found = _ARN.fullmatch(principal)
    if found is None:
        return Caller(CallerKind.IDENTITY, itself=frozenset({principal}))
    partition, account, kind_name = found["partition"], found["account"], found["kind"]
    if kind_name in _PROVIDERS:
        return Caller(CallerKind.FEDERATED, account, frozenset({principal}))
    of_account = frozenset({account, f"arn:{partition}:iam::{account}:root"})
    if kind_name == "root":
        return Caller(CallerKind.ROOT, account, of_account, frozenset(), of_account, canonical_user)
    itself, role = {principal}, set[str]()
    if kind_name == "assumed-role":
        name = (found["name"] or "").split("/", 1)[0]
        role.add(role_arn or f"arn:{partition}:iam::{account}:role/{name}")
    elif kind_name == "role":
        itself, role = set(), {principal}
    # A federated user's begins with the account, which names others, too.
    if unique_id and kind_name != "federated-user":
        (role if role else itself).add(unique_id.split(":", 1)[0])
    return Caller(
        CallerKind.IDENTITY,
        account,
        frozenset(itself),
        frozenset(role),
        of_account,
        canonical_user,
    )


class PrincipalTest:
    """The compiled ``Principal`` or ``NotPrincipal`` of a statement."""

    __slots__ = ("_aws", "_canonical", "_everybody", "_federated", "_service", "inverted")

    def __init__(self, shape: NamedPrincipals) -> None:
        names: Mapping[str, Iterable[str]] = shape.names
        self.inverted = shape.inverted
        self._aws = frozenset(names.get("AWS", ()))
        self._everybody = "*" in self._aws
        self._service = frozenset(names.get("Service", ()))
        self._federated = frozenset(names.get("Federated", ()))
        self._canonical = frozenset(names.get("CanonicalUser", ()))

    def names_service(self, service: str) -> bool:
        """Whether a ``Principal`` (not a ``NotPrincipal``) gives a service, or everybody."""
        return not self.inverted and (self._everybody or service in self._service)

    def grants(self, caller: Caller) -> Naming | None:
        """How an Allow names the caller; None when it does not."""
        naming = self._naming(caller)
        if not self.inverted:
            return naming
        return _DIRECT if naming is None else None

    def denies(self, caller: Caller, *, bounded: bool) -> bool:
        """Whether a Deny is meant for the caller.

        ``NotPrincipal`` spares whoever it names, or whose role it names. Naming the account spares
        nobody but its root; and whoever has a permissions boundary is never spared.

        :param bounded: whether the caller has a permissions boundary
        """
        naming = self._naming(caller)
        if not self.inverted:
            return naming is not None
        return bounded or naming is None or naming is _ACCOUNT

    def _naming(self, caller: Caller) -> Naming | None:
        if self._everybody:
            return _DIRECT
        if not caller.has_identity_policies:
            names = self._service if caller.kind is CallerKind.SERVICE else self._federated
            return None if names.isdisjoint(caller.itself) else _DIRECT
        if not self._aws.isdisjoint(caller.itself):
            return _DIRECT
        if not self._aws.isdisjoint(caller.role):
            return _ROLE
        if not self._aws.isdisjoint(caller.of_account) or caller.canonical_user in self._canonical:
            return _ACCOUNT
        return None
