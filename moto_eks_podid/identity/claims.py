"""What tokens say: the claims that are read, their types, and the values that verification returns.

Follows RFC 7519 (JWT), section 4.1, and the ``kubernetes.io`` claims of real tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, NoReturn

from .errors import Refusal, TokenRefused

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LAST_SECOND = 253_402_300_799  # of the year 9999, the last one of datetime
KUBERNETES = "kubernetes.io"


def service_account_subject(namespace: str, service_account: str) -> str:
    """Return Kubernetes's user name of a service account: its tokens' ``sub``."""
    return f"system:serviceaccount:{namespace}:{service_account}"


@dataclass(frozen=True, slots=True)
class WebIdentityClaims:
    """What a verified token of a trusted issuer says.

    :ivar token_id: ``jti``; None in tokens of older clusters
    :ivar kid: the id of the key that signed it; None only where nothing was verified
    """

    issuer: str
    subject: str
    audience: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    token_id: str | None
    kid: str | None


@dataclass(frozen=True, slots=True)
class VerifiedClaims(WebIdentityClaims):
    """What a verified token of a pod says.

    :ivar service_account_uid: None when the token leaves it out
    :ivar node_name: None in tokens of older clusters
    """

    namespace: str
    service_account: str
    service_account_uid: str | None
    pod_name: str
    pod_uid: str
    node_name: str | None


def text(value: Any) -> str | None:
    """Return a claim that is a text with at least one character, else None."""
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None


def _moment(value: Any) -> datetime | None:
    # bool is an int in Python, and true is no time.
    if type(value) is not int or not 0 <= value <= LAST_SECOND:
        return None
    return EPOCH + timedelta(seconds=value)


class _Type(NamedTuple):
    expected: str
    read: Callable[[Any], Any]


class _Claim(NamedTuple):
    path: tuple[str, ...]
    type: _Type
    required: bool = True


_TEXT = _Type("a non-empty string", text)
_TEXTS = _Type("a string or a list of strings", _texts)
_MOMENT = _Type("whole seconds from 1970 to the year 9999", _moment)

#: By field of WebIdentityClaims, and what is judged only.
_REGISTERED = {
    "issuer": _Claim(("iss",), _TEXT),
    "subject": _Claim(("sub",), _TEXT),
    "audience": _Claim(("aud",), _TEXTS),
    "issued_at": _Claim(("iat",), _MOMENT),
    "not_before": _Claim(("nbf",), _MOMENT, required=False),
    "expires_at": _Claim(("exp",), _MOMENT),
    "token_id": _Claim(("jti",), _TEXT, required=False),
}

#: By field of VerifiedClaims.
_POD = {
    "namespace": _Claim((KUBERNETES, "namespace"), _TEXT),
    "service_account": _Claim((KUBERNETES, "serviceaccount", "name"), _TEXT),
    "service_account_uid": _Claim((KUBERNETES, "serviceaccount", "uid"), _TEXT, required=False),
    "pod_name": _Claim((KUBERNETES, "pod", "name"), _TEXT),
    "pod_uid": _Claim((KUBERNETES, "pod", "uid"), _TEXT),
    "node_name": _Claim((KUBERNETES, "node", "name"), _TEXT, required=False),
}


def read_issuer(claims: dict[str, Any]) -> str:
    """Return ``iss``, which has to be known before anything can be verified.

    :raises TokenRefused: when it is missing or no text
    """
    issuer: str = _read(claims, _REGISTERED["issuer"])
    return issuer


def read_registered(claims: dict[str, Any]) -> dict[str, Any]:
    """Return the claims that every token has: the fields of :class:`WebIdentityClaims` but ``kid``,
    and ``not_before``, each of its type, or None where it may be missing and is.

    :raises TokenRefused: for the first that is missing or of another type
    """
    return {field: _read(claims, claim) for field, claim in _REGISTERED.items()}


def read_pod(claims: dict[str, Any], subject: str) -> dict[str, Any]:
    """Return what a pod's token says besides: the further fields of :class:`VerifiedClaims`.

    :param subject: the token's ``sub``, which must name the same service account
    :raises TokenRefused: for the first that is missing or of another type
    """
    pod = {field: _read(claims, claim) for field, claim in _POD.items()}
    expected = service_account_subject(pod["namespace"], pod["service_account"])
    if subject != expected:
        refuse(Refusal.WRONG_CLAIM, f"sub is {shown(subject)}, expected {shown(expected)}")
    return pod


def _read(claims: dict[str, Any], claim: _Claim) -> Any:
    found: Any = claims
    for depth, name in enumerate(claim.path):
        if not isinstance(found, dict):
            where = "/".join(claim.path[:depth])
            refuse(Refusal.WRONG_CLAIM, f"{where} is {shown(found)}, expected an object")
        found = found.get(name)
        if found is None:
            break
    name = "/".join(claim.path)
    if found is None:
        if claim.required:
            refuse(Refusal.MISSING_CLAIM, f"there is no {name}, expected {claim.type.expected}")
        return None
    value = claim.type.read(found)
    if value is None:
        refuse(Refusal.WRONG_CLAIM, f"{name} is {shown(found)}, expected {claim.type.expected}")
    return value


_SHOWN_CHARACTERS = 80
_SHOWN_ITEMS = 5
_JSON_TYPES = {bool: "a boolean", list: "a list", dict: "an object", type(None): "missing"}


def shown(value: Any) -> str:
    """Return a value for an error: a text shortened and in ASCII, a number, else only its type."""
    if isinstance(value, str):
        return ascii(value[:_SHOWN_CHARACTERS]) + ("..." if len(value) > _SHOWN_CHARACTERS else "")
    if type(value) is int and value.bit_length() <= 64:
        return str(value)
    return _JSON_TYPES.get(type(value), "a number")


def shown_all(values: Iterable[str], between: str) -> str:
    """Return the first few of several texts for an error."""
    every = list(values)
    several = [shown(value) for value in every[:_SHOWN_ITEMS]]
    if len(every) > _SHOWN_ITEMS:
        several.append("...")
    return between.join(several) or "none"


def refuse(reason: Refusal, detail: str) -> NoReturn:
    """:raises TokenRefused: always"""
    raise TokenRefused(reason, detail)
