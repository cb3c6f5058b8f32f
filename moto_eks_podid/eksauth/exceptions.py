"""The errors of EKS Auth, with AWS's codes, HTTP statuses and texts.

Note that AccessDenied is a 400 here. A text is AWS's own where real responses show one; those in
`OUR_CHOICE` are ours.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.eks.exceptions import EKSError


class EKSAuthError(EKSError):
    """An error of EKS Auth: a JSON body with a message, its code in a header."""

    STATUS = 400


class AccessDeniedException(EKSAuthError):
    """STS did not let EKS assume the role."""

    TYPE = "AccessDeniedException"


class ResourceNotFoundException(EKSAuthError):
    """There is no such cluster, or no association for the token's service account."""

    TYPE = "ResourceNotFoundException"
    STATUS = 404


class ExpiredTokenException(EKSAuthError):
    """The service account token has expired."""

    TYPE = "ExpiredTokenException"


class InvalidTokenException(EKSAuthError):
    """The service account token cannot be accepted."""

    TYPE = "InvalidTokenException"


class InvalidParameterException(EKSAuthError):
    """A parameter breaks the model's constraints."""

    TYPE = "InvalidParameterException"


class InvalidRequestException(EKSAuthError):
    """The request cannot be understood."""

    TYPE = "InvalidRequestException"


UNAUTHORIZED = (
    "Unauthorized Exception! EKS does not have permissions to assume the associated role."
)
NO_ASSOCIATION = "The token included in the request has no service account role association for it."
EXPIRED = (
    "The token included in the request is expired: "
    "current date/time {now} must be before the expiration date/time {expiry}."
)

#: Texts that no published response shows.
OUR_CHOICE = {
    "cluster not found": "No cluster found for name: {name}.",
    "malformed": "The token included in the request is malformed.",
    "refused": "The token included in the request is invalid: {detail}.",
    "keys unavailable": (
        "The token included in the request cannot be verified: the issuer's keys are not available."
    ),
    "bad region": "Region {region} is not valid",
}


def chosen(word: str, **values: Any) -> str:
    """Return one of the texts that are our own choice, filled in."""
    return OUR_CHOICE[word].format(**values)


def expired(now: datetime, expires_at: datetime) -> ExpiredTokenException:
    """Return the error for an expired token: the present with nanoseconds, the expiry without."""
    text = EXPIRED.format(
        now=f"{now:%Y-%m-%dT%H:%M:%S.%f}000Z", expiry=f"{expires_at:%Y-%m-%dT%H:%M:%S}Z"
    )
    return ExpiredTokenException(message=text)
