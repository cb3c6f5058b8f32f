"""Who made a call, in the shapes of CloudTrail's ``userIdentity``, frozen when the call was made.

Follows "CloudTrail userIdentity element" (CloudTrail User Guide).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class IAMUser:
    """A user with a long-term access key; ``invoked_by`` as in :class:`AssumedRole`."""

    principal_id: str
    arn: str
    account_id: str
    access_key_id: str
    user_name: str
    invoked_by: str | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """An account's root user; ``invoked_by`` as in :class:`AssumedRole`."""

    arn: str
    account_id: str
    access_key_id: str
    invoked_by: str | None = None


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """A role session; ``role_*`` is its issuer.

    ``federated_provider`` is the ARN of the OIDC provider of a web identity session. ``created_at``
    is an aware UTC datetime. ``invoked_by`` is the AWS service that made the call for the caller.
    """

    principal_id: str
    arn: str
    account_id: str
    access_key_id: str
    role_id: str
    role_arn: str
    created_at: datetime
    source_identity: str | None = None
    federated_provider: str | None = None
    invoked_by: str | None = None

    @property
    def session_name(self) -> str:
        """The last part of the session's ARN."""
        return self.principal_id.partition(":")[2]

    @property
    def role_name(self) -> str:
        """The role's name, without its path."""
        return self.role_arn.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class WebIdentityUser:
    """Whoever presents a web identity token; ``provider`` is the OIDC provider's ARN.

    All are None for a token that no provider vouches for.
    """

    provider: str | None
    audience: str | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class SAMLUser:
    """Whoever presents a SAML assertion; both are None for one that nobody could read."""

    name_qualifier: str | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class AWSService:
    """An AWS service that acts on its own, such as ``pods.eks.amazonaws.com``."""

    invoked_by: str


@dataclass(frozen=True, slots=True)
class AWSAccount:
    """A caller from another account, as the account that is called sees it."""

    principal_id: str
    account_id: str


Identity: TypeAlias = (
    IAMUser | Root | AssumedRole | WebIdentityUser | SAMLUser | AWSService | AWSAccount
)


def invoked_by(identity: Identity, service: str) -> Identity:
    """Return who makes a call that an AWS service makes for somebody.

    :param service: such as ``cloudformation.amazonaws.com``, which is the caller itself where it
        acts for nobody that is known
    """
    if isinstance(identity, (IAMUser, Root, AssumedRole)):
        return replace(identity, invoked_by=service)
    return AWSService(service)


def access_key_of(identity: Identity) -> str | None:
    """Return the caller's access key id; None for callers that have none."""
    return getattr(identity, "access_key_id", None)


def user_name_of(identity: Identity) -> str | None:
    """Return what LookupEvents calls ``Username``: a user's name or a role session's name."""
    if isinstance(identity, IAMUser):
        return identity.user_name
    if isinstance(identity, AssumedRole):
        return identity.session_name
    if isinstance(identity, Root):
        return "root"
    if isinstance(identity, (WebIdentityUser, SAMLUser)):
        return identity.subject
    return None
