"""AssumeRoleWithWebIdentity with the tokens of our clusters (IRSA), checked as STS checks them.

Follows "IAM roles for service accounts" (EKS User Guide) and "AssumeRoleWithWebIdentity" (STS API
Reference).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from moto.iam.models import OpenIDConnectProvider, Role

from .. import clock
from ..eks.lookup import find_key_set
from ..events.identities import WebIdentityUser
from ..hosts import ISSUER_URL
from ..iam.roles import find_backend, find_role
from ..identity.errors import JwksUnavailable, MalformedToken, Refusal, TokenExpired, TokenRefused
from ..identity.role_arn import ROLE_ARN
from ..identity.tokens import read_unverified, unverified_issuer, verify
from ..identity.trust import judge_web_identity
from ..policy import MalformedPolicy
from . import exceptions

_REFUSALS = {
    Refusal.WRONG_AUDIENCE: exceptions.WRONG_AUDIENCE,
    Refusal.UNKNOWN_KEY: exceptions.NO_KEY,
    Refusal.WRONG_ALGORITHM: exceptions.NO_KEY,
    Refusal.NOT_YET_VALID: exceptions.chosen("not yet valid"),
}


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """Who a verified web identity token speaks for."""

    subject: str
    audience: str
    provider_arn: str


def verify_web_identity(
    token: str, role_arn: str, session_name: str, duration: int
) -> WebIdentity | None:
    """Check a web identity token of one of our clusters, or of an issuer that one of them trusts.

    :param duration: the session's length in seconds, which the role's own maximum caps
    :returns: None for a token of an issuer that is not EKS's: moto accepts those without looking
    :raises STSError: STS's error for what is wrong with the token, the provider or the role
    """
    issuer = unverified_issuer(token)
    key_set = find_key_set(issuer) if issuer else None
    if issuer is None or (key_set is None and not ISSUER_URL.fullmatch(issuer)):
        return None
    provider = _provider(issuer, role_arn)
    if provider is None:
        raise exceptions.InvalidIdentityToken(exceptions.NO_PROVIDER.format(issuer=issuer))
    if key_set is None:
        # The cluster is gone, and its keys with it.
        raise exceptions.InvalidIdentityToken(exceptions.NO_KEY)
    try:
        claims = verify(
            token,
            key_sets={issuer: key_set},
            audiences=provider.client_id_list,
            now=clock.now(),
            pod_claims=False,
        )
    except MalformedToken:
        raise exceptions.InvalidIdentityToken(exceptions.NOT_A_JWT) from None
    except JwksUnavailable:
        raise exceptions.InvalidIdentityToken(exceptions.NO_KEY) from None
    except TokenExpired as expired:
        text = exceptions.TOKEN_EXPIRED.format(
            now=int(expired.now.timestamp()), expiry=int(expired.expires_at.timestamp())
        )
        raise exceptions.ExpiredToken(text) from None
    except TokenRefused as refused:
        text = _REFUSALS.get(refused.reason, exceptions.NOT_A_JWT)
        raise exceptions.InvalidIdentityToken(text) from None
    audience = next(name for name in claims.audience if name in provider.client_id_list)
    identity = WebIdentity(claims.subject, audience, provider.arn)
    _judge(identity, role_arn, session_name, duration)
    return identity


def claimed_identity(token: str, role_arn: str) -> tuple[WebIdentityUser, str | None]:
    """Return who a token says that it speaks for, unverified, and the account of the role.

    This is for the record of the call, which names the caller of a call that is refused too.
    """
    role = ROLE_ARN.fullmatch(role_arn)
    account_id = role["account"] if role else None
    try:
        claims = read_unverified(token, pod_claims=False)
    except (MalformedToken, TokenRefused):
        return WebIdentityUser(None, None, None), account_id
    provider = _provider_arn(claims.issuer, role) if role else None
    return WebIdentityUser(provider, next(iter(claims.audience), None), claims.subject), account_id


def _provider(issuer: str, role_arn: str) -> OpenIDConnectProvider | None:
    role = ROLE_ARN.fullmatch(role_arn)
    backend = find_backend(role["account"], role["partition"]) if role else None
    return backend.open_id_providers.get(_provider_arn(issuer, role)) if backend and role else None


def _provider_arn(issuer: str, role: re.Match[str]) -> str:
    """Return the ARN that an issuer's provider has in the account of a role."""
    name = issuer.removeprefix("https://")
    return f"arn:{role['partition']}:iam::{role['account']}:oidc-provider/{name}"


def _judge(identity: WebIdentity, role_arn: str, session_name: str, duration: int) -> None:
    role = find_role(role_arn)
    if role is None or not _allowed(role, identity, session_name):
        raise exceptions.AccessDenied(exceptions.WEB_IDENTITY_DENIED)
    if role.max_session_duration and duration > int(role.max_session_duration):
        raise exceptions.ValidationError(exceptions.chosen("max session"))


def _allowed(role: Role, identity: WebIdentity, session_name: str) -> bool:
    try:
        decision = judge_web_identity(
            role.arn,
            session_name,
            role.assume_role_policy_document,
            provider_arn=identity.provider_arn,
            subject=identity.subject,
            audience=identity.audience,
        )
    except MalformedPolicy:
        return False
    return decision.allowed
