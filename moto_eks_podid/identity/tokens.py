"""Projected service account tokens: minting them as a cluster does, and verifying them.

Follows "Service account tokens" (Kubernetes documentation) and real tokens of EKS clusters.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, overload

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import api_jws

from .claims import (
    EPOCH,
    KUBERNETES,
    LAST_SECOND,
    VerifiedClaims,
    WebIdentityClaims,
    read_issuer,
    read_pod,
    read_registered,
    refuse,
    service_account_subject,
    shown,
    shown_all,
    text,
)
from .errors import Refusal, TokenExpired
from .issuer import Issuer, KeySet
from .jws import MAX_TOKEN_LENGTH, parse
from .keys import ALGORITHM

__all__ = [
    "MAX_TOKEN_LENGTH",
    "POD_IDENTITY_AUDIENCE",
    "STS_AUDIENCE",
    "TokenSubject",
    "VerifiedClaims",
    "WebIdentityClaims",
    "mint",
    "read_unverified",
    "unverified_issuer",
    "verify",
]

POD_IDENTITY_AUDIENCE = "pods.eks.amazonaws.com"
STS_AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True, slots=True)
class TokenSubject:
    """The pod that a token is made for. The node is left out of the token when it has no name."""

    namespace: str
    service_account: str
    service_account_uid: str
    pod_name: str
    pod_uid: str
    node_name: str | None = None
    node_uid: str | None = None


def mint(
    issuer: Issuer,
    subject: TokenSubject,
    *,
    now: datetime,
    expires_in: int,
    audience: str | Sequence[str],
    jti: str,
) -> str:
    """Return a service account token as EKS's API server would sign it for the pod.

    :param now: the time of issue, aware; the token carries its whole seconds
    :param expires_in: the lifetime in seconds; with one below 1 the token has expired already
    :param audience: one audience or several; the token carries a list either way
    :param jti: the token's id, a UUID
    :raises ValueError: when it would be issued or expire outside the years 1970 to 9999
    :raises IssuerReleased: when the issuer's cluster is gone
    """
    issued = (now - EPOCH) // timedelta(seconds=1)
    expires = issued + expires_in
    if not (issued >= 0 and 0 <= expires <= LAST_SECOND):
        raise ValueError(f"no token is issued {issued} and expires {expires} seconds after 1970")
    claims = {
        "aud": [audience] if isinstance(audience, str) else list(audience),
        "exp": expires,
        "iat": issued,
        "iss": issuer.url,
        "jti": jti,
        KUBERNETES: _kubernetes_members(subject),
        "nbf": issued,
        "sub": service_account_subject(subject.namespace, subject.service_account),
    }
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    key = issuer.signing_key_until(now, EPOCH + timedelta(seconds=expires))
    return api_jws.encode(
        payload, key.private_key, ALGORITHM, headers={"kid": key.kid}, sort_headers=True
    )


def _kubernetes_members(subject: TokenSubject) -> dict[str, Any]:
    members: dict[str, Any] = {"namespace": subject.namespace}
    if subject.node_name is not None:
        members["node"] = {"name": subject.node_name}
        if subject.node_uid is not None:
            members["node"]["uid"] = subject.node_uid
    members["pod"] = {"name": subject.pod_name, "uid": subject.pod_uid}
    members["serviceaccount"] = {
        "name": subject.service_account,
        "uid": subject.service_account_uid,
    }
    return members


@overload
def verify(
    token: str,
    *,
    key_sets: Mapping[str, KeySet],
    audiences: Collection[str],
    now: datetime,
    pod_claims: Literal[True] = True,
) -> VerifiedClaims: ...
@overload
def verify(
    token: str,
    *,
    key_sets: Mapping[str, KeySet],
    audiences: Collection[str],
    now: datetime,
    pod_claims: Literal[False],
) -> WebIdentityClaims: ...
def verify(
    token: str,
    *,
    key_sets: Mapping[str, KeySet],
    audiences: Collection[str],
    now: datetime,
    pod_claims: bool = True,
) -> WebIdentityClaims:
    """Return a token's claims if it is genuine, present and meant for one of the audiences.

    Checked in this order: size and shape, header, issuer, key, signature, types of the claims, not
    before, expiry (exactly when ``now`` reaches it, with no leeway), audience, pod. Keys that a
    header carries or points to (``jwk``, ``jku``, ``x5c``, ``x5u``) are never looked at.

    :param token: the JWT in compact form, without white space around it
    :param key_sets: the trusted issuers by URL
    :param audiences: the token's ``aud`` must hold at least one of them
    :param now: an aware datetime
    :param pod_claims: False for a token of any trusted issuer, which need not be a pod's
    :raises MalformedToken: when the text is not a JWT
    :raises TokenRefused: (:class:`TokenExpired` for the expiry) for the first check that fails
    :raises JwksUnavailable: when the issuer's keys cannot be fetched
    """
    jws = parse(token)
    kid = _checked_kid(jws.header)
    issuer = read_issuer(jws.claims)
    if issuer not in key_sets:
        expected = shown_all(key_sets, " or ")
        refuse(Refusal.UNKNOWN_ISSUER, f"the issuer is {shown(issuer)}, expected {expected}")
    key = key_sets[issuer].verification_key(kid, now)
    if not isinstance(key, RSAPublicKey):
        refuse(Refusal.UNKNOWN_KEY, f"the key id is {shown(kid)}, expected one of the issuer's")
    if not jws.is_signed_by(key):
        refuse(Refusal.BAD_SIGNATURE, f"the signature is not the one of key {shown(kid)}")

    claims = read_registered(jws.claims)
    not_before, expires_at, audience = (
        claims["not_before"],
        claims["expires_at"],
        claims["audience"],
    )
    if not_before is not None and now < not_before:
        since, today = f"{not_before:%Y-%m-%dT%H:%M:%SZ}", f"{now:%Y-%m-%dT%H:%M:%SZ}"
        refuse(Refusal.NOT_YET_VALID, f"the token is valid from {since} and it is {today}")
    if now >= expires_at:
        raise TokenExpired(now, expires_at)
    if frozenset(audience).isdisjoint(audiences):
        expected = shown_all(audiences, " or ")
        found = shown_all(audience, ", ")
        refuse(Refusal.WRONG_AUDIENCE, f"the audience is {found}, expected {expected}")
    return _claims(jws.claims, claims, kid, pod_claims)


@overload
def read_unverified(token: str, *, pod_claims: Literal[True] = True) -> VerifiedClaims: ...
@overload
def read_unverified(token: str, *, pod_claims: Literal[False]) -> WebIdentityClaims: ...
def read_unverified(token: str, *, pod_claims: bool = True) -> WebIdentityClaims:
    """Return a token's claims WITHOUT looking at signature, algorithm, issuer, audience and times.

    Only for the setting that switches verification off. The claims must still have their types.

    :raises MalformedToken: when the text is not a JWT
    :raises TokenRefused: for a claim that is missing or has another type
    """
    jws = parse(token)
    return _claims(jws.claims, read_registered(jws.claims), text(jws.header.get("kid")), pod_claims)


def unverified_issuer(token: str) -> str | None:
    """Return the issuer that a token claims to be of, to choose who judges it; None if unreadable.

    More lenient than :func:`verify`, so that a mangled token of a known issuer is refused by
    whoever knows the issuer, instead of passing for a token of nobody. Never raises.
    """
    try:
        segment = token.split(".")[1].encode()
        payload = json.loads(base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4)))
    except (ValueError, IndexError, RecursionError):
        return None
    return text(payload.get("iss")) if isinstance(payload, dict) else None


def _checked_kid(header: dict[str, Any]) -> str:
    algorithm, kid = header.get("alg"), text(header.get("kid"))
    if algorithm != ALGORITHM:
        refuse(
            Refusal.WRONG_ALGORITHM, f"the algorithm is {shown(algorithm)}, expected {ALGORITHM!r}"
        )
    if "crit" in header:
        refuse(Refusal.UNSUPPORTED_HEADER, "the header has a crit member, expected none")
    if kid is None:
        refuse(Refusal.UNKNOWN_KEY, f"the key id is {shown(header.get('kid'))}, expected a string")
    return kid


def _claims(
    claims: dict[str, Any], registered: dict[str, Any], kid: str | None, pod_claims: bool
) -> WebIdentityClaims:
    common = {field: value for field, value in registered.items() if field != "not_before"}
    if not pod_claims:
        return WebIdentityClaims(**common, kid=kid)
    return VerifiedClaims(**common, kid=kid, **read_pod(claims, registered["subject"]))
