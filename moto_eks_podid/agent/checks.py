"""What the agent asks of a request before it asks EKS Auth: host, token, claims.

Texts and statuses are the real agent's, version by version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any, Final

from ..identity.tokens import POD_IDENTITY_AUDIENCE
from .answers import Refused
from .go_jwt import Token, UnreadableToken, parse

#: The link-local addresses at which an agent listens on EKS.
EKS_HOSTS: Final = ("169.254.170.23", "fd00:ec2::23")

_KEY_ID = re.compile(r"[0-9a-f]{40}")
#: Objects below `kubernetes.io`, each with a name and a uid.
_KUBERNETES_OBJECTS: Final = ("serviceaccount", "pod")


def check_host(
    header: str, wanted: Sequence[str], tolerated: Iterable[str], loopback: bool
) -> None:
    """Check which address the pod called.

    :param header: the request's ``Host``
    :param wanted: the addresses that the refusal names
    :param tolerated: further ones
    :param loopback: whether every loopback address, and ``localhost``, is fine as well
    :raises Refused: with 403
    """
    host = host_in(header)
    if host in wanted or host in tolerated or (loopback and _is_loopback(host)):
        return
    raise Refused(
        403,
        "Access Denied. Called agent through invalid address, please use either "
        f"[{' '.join(wanted)}] address not {host}",
    )


def host_in(header: str) -> str:
    """Return the host of a ``Host`` header, without the port and the brackets of IPv6."""
    host, colon, port = header.rpartition(":")
    if colon and "]" not in port and (":" not in host or (host[:1] == "[" and host[-1:] == "]")):
        header = host
    if len(header) > 1 and header[0] == "[" and header[-1] == "]":
        header = header[1:-1]
    return header


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_token(token: str) -> Token:
    """Read the token of a request, whoever signed it.

    :raises Refused: with 400
    """
    if not token:
        raise Refused(400, "Service account token cannot be empty")
    try:
        return parse(token)
    except UnreadableToken as error:
        raise Refused(400, f"Service account token cannot be parsed: {error}") from None


def check_times(token: Token, now: float) -> None:
    """Check that a token is of use at a moment.

    :raises Refused: with 400
    """
    if failures := token.time_failures(now):
        raise Refused(
            400,
            "Service account token failed basic claim validations: " + ", ".join(failures),
        )


def check_claims(token: Token, *, audience: bool) -> str:
    """Check the claims that EKS's tokens have, as version 0.2 does; return the pod's uid.

    :param audience: whether the token must be for Pod Identity
    :raises Refused: with 400
    """
    reason = _key_id(token.header.get("kid")) or _kubernetes(token.claims)
    if reason is None and audience:
        reason = _audience(token.claims)
    if reason is not None:
        raise Refused(400, f"Service account token failed claim validations: {reason}")
    return str(token.claims["kubernetes.io"]["pod"]["uid"])


def _key_id(kid: Any) -> str | None:
    if not _is_text(kid):
        return "missing header: kid"
    return None if _KEY_ID.fullmatch(kid) else f"invalid header: kid {kid}"


def _kubernetes(claims: dict[str, Any]) -> str | None:
    found = claims.get("kubernetes.io")
    if found is None:
        return "missing claim: kubernetes.io"
    if not isinstance(found, dict):
        return "invalid claim: kubernetes.io"
    if not _is_text(found.get("namespace")):
        return "missing or empty claim: kubernetes.io/namespace"
    for kind in _KUBERNETES_OBJECTS:
        members = found.get(kind)
        if not isinstance(members, dict):
            return f"missing claim: kubernetes.io/{kind}"
        for member in ("name", "uid"):
            if not _is_text(members.get(member)):
                claim = f"kubernetes.io/{kind}/{member}"
                return f"error finding claim {claim} missing or empty claim: {claim}"
    return None


def _audience(claims: dict[str, Any]) -> str | None:
    if "aud" not in claims:
        return "missing claim: aud"
    if claims["aud"] in (POD_IDENTITY_AUDIENCE, [POD_IDENTITY_AUDIENCE]):
        return None
    return f"invalid audience: expected {POD_IDENTITY_AUDIENCE}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
