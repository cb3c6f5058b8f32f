"""Who asks, and how a policy's ``Principal`` names them.

Follows "AWS JSON policy elements: Principal" and "NotPrincipal" (IAM User Guide).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root", re.ASCII)
_SESSION = re.compile(
    r"arn:(?P<partition>[^:]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/.+"
)
_PROVIDER = re.compile(r"arn:[^:]+:iam::\d{12}:(oidc-provider|saml-provider)/.+")


class Naming(IntEnum):
    """How closely a policy names the caller; a closer naming needs less from other policies."""

    NOT = 0
    #: The account: it delegates to the identity policies of its own principals.
    ACCOUNT = 1
    EVERYBODY = 2
    #: The role behind a session.
    ROLE = 3
    #: The user, session, service or provider itself.
    ITSELF = 4


class Kind(IntEnum):
    """What kind of principal asks: an AWS identity, a service, a federated provider, nobody known."""

    AWS = 0
    SERVICE = 1
    FEDERATED = 2
    ANONYMOUS = 3


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, taken apart."""

    kind: Kind
    name: str = ""
    account: str | None = None
    role_arn: str | None = None
    #: The unique id of the user or role, without a session name.
    unique_id: str | None = None


@lru_cache(maxsize=4096)
def read_caller(principal: str | None, role_arn: str | None, principal_id: str | None) -> Caller:
    """Take a request's principal apart.

    :param principal: an ARN, a service principal's name, or None for an anonymous request
    :param role_arn: the role behind a session, where the session's own ARN leaves out its path
    :param principal_id: ``AIDA…``, ``AROA…`` or ``AROA…:SESSION``
    """
    if principal is None:
        return Caller(Kind.ANONYMOUS)
    if not principal.startswith("arn:"):
        return Caller(Kind.SERVICE, principal)
    if _PROVIDER.fullmatch(principal):
        return Caller(Kind.FEDERATED, principal)
    parts = principal.split(":", 5)
    account = parts[4] if len(parts) == 6 else None
    session = _SESSION.fullmatch(principal)
    if session and role_arn is None:
        role_arn = f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}"
    unique_id = principal_id.partition(":")[0] if principal_id else None
    return Caller(Kind.AWS, principal, account, role_arn, unique_id)


class Principals:
    """A compiled ``Principal`` or ``NotPrincipal``."""

    __slots__ = ("_accounts", "_aws", "_everybody", "_federated", "_services")

    def __init__(self, element: str | Mapping[str, Any]) -> None:
        named: dict[str, set[str]] = {"AWS": set(), "Service": set(), "Federated": set()}
        if isinstance(element, str):
            self._everybody = element == "*"
        else:
            for kind, names in element.items():
                named.setdefault(kind, set()).update([names] if isinstance(names, str) else names)
            self._everybody = "*" in named["AWS"]
        self._services = named["Service"]
        self._federated = named["Federated"]
        self._accounts = {
            root[1] if (root := _ROOT.fullmatch(name)) else name
            for name in named["AWS"]
            if _ACCOUNT.fullmatch(name) or _ROOT.fullmatch(name)
        }
        self._aws = named["AWS"]

    def name(self, caller: Caller) -> Naming:
        """Tell how the element names the caller, most closely if in several ways."""
        if caller.kind is Kind.SERVICE:
            if caller.name in self._services:
                return Naming.ITSELF
        elif caller.kind is Kind.FEDERATED:
            if caller.name in self._federated or "*" in self._federated:
                return Naming.ITSELF
        elif caller.kind is Kind.AWS:
            naming = self._name_aws(caller)
            if naming is not None:
                return naming
        return Naming.EVERYBODY if self._everybody else Naming.NOT

    def _name_aws(self, caller: Caller) -> Naming | None:
        if caller.name in self._aws:
            return Naming.ITSELF
        if caller.role_arn is not None:
            if caller.role_arn in self._aws or caller.unique_id in self._aws:
                return Naming.ROLE
        elif caller.unique_id in self._aws:
            return Naming.ITSELF
        if not self._everybody and caller.account in self._accounts:
            return Naming.ACCOUNT
        return None
