"""Temporary credentials that a user asks for: to go on as itself, or as a federated user.

Follows "GetSessionToken" and "GetFederationToken" (STS API Reference).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.credentials import Credentials
from moto.iam.models import AccessKey, User


@dataclass(frozen=True, slots=True)
class Federation:
    """A federated user: a name, and what limits it and describes it."""

    name: str
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What credentials are asked for; ``duration`` in seconds. Checked by whoever makes it.

    :param user: None for an administrator: a key that nobody gave out
    :param federation: None for the user itself
    :param has_mfa: whether the user showed a device of its own
    """

    user: User | None
    duration: int
    federation: Federation | None = None
    has_mfa: bool = False


@dataclass(frozen=True, slots=True)
class UserToken:
    """Temporary credentials that belong to a user; times are aware and UTC."""

    request: TokenRequest
    key: AccessKey
    session_token: str
    account_id: str
    partition: str
    issued_at: datetime
    expires_at: datetime

    @property
    def arn(self) -> str | None:
        """Who calls with them; None for an administrator."""
        user, federation = self.request.user, self.request.federation
        if federation is not None:
            return f"arn:{self.partition}:sts::{self.account_id}:federated-user/{federation.name}"
        return None if user is None else str(user.arn)

    @property
    def unique_id(self) -> str | None:
        """``AIDA…`` of the user, ``ACCOUNT:NAME`` of a federated one; None likewise."""
        user, federation = self.request.user, self.request.federation
        if federation is not None:
            return f"{self.account_id}:{federation.name}"
        return None if user is None else str(user.id)

    @property
    def secrets(self) -> Credentials:
        """What a call must be signed with."""
        key = self.key
        return Credentials(key.access_key_id, key.secret_access_key, self.session_token)

    def as_answered(self) -> dict[str, Any]:
        """Return them as STS answers them."""
        return {
            "AccessKeyId": self.key.access_key_id,
            "SecretAccessKey": self.key.secret_access_key,
            "SessionToken": self.session_token,
            "Expiration": self.expires_at.replace(tzinfo=None),
        }
