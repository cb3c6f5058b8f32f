"""What can be wrong with a token: it is no token at all, or it is one and is refused.

The AWS codes and texts for these belong to the services that answer with them.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum


class Refusal(str, Enum):
    """Why a well-formed token is refused, in the order in which a token is judged."""

    WRONG_ALGORITHM = "wrong algorithm"
    UNSUPPORTED_HEADER = "unsupported header"
    UNKNOWN_ISSUER = "unknown issuer"
    UNKNOWN_KEY = "unknown key"
    BAD_SIGNATURE = "bad signature"
    MISSING_CLAIM = "missing claim"
    WRONG_CLAIM = "wrong claim"
    NOT_YET_VALID = "not yet valid"
    EXPIRED = "expired"
    WRONG_AUDIENCE = "wrong audience"


class IdentityError(Exception):
    """Whatever the identity rules raise on purpose."""


class MalformedToken(IdentityError, ValueError):
    """The text is not a JWT: its size, segments, base64url or JSON is wrong.

    The message says what is wrong and repeats nothing of the text.
    """


class TokenRefused(IdentityError):
    """A JWT that is not accepted.

    :ivar reason: the rule that it breaks
    :ivar detail: what was expected and what was found, as a sentence without its full stop; it may
        quote a claim, shortened, and never the token
    """

    # BaseException keeps the constructor's arguments, so that these errors can be pickled; calling
    # its __init__ with others would break that.
    def __init__(self, reason: Refusal, detail: str) -> None:
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason.value}: {self.detail}"


class TokenExpired(TokenRefused):
    """The token's time is over: ``now`` is not before ``expires_at``. Both are aware."""

    def __init__(self, now: datetime, expires_at: datetime) -> None:
        end, today = f"{expires_at:%Y-%m-%dT%H:%M:%SZ}", f"{now:%Y-%m-%dT%H:%M:%SZ}"
        super().__init__(Refusal.EXPIRED, f"the token expired at {end} and it is {today}")
        self.now = now
        self.expires_at = expires_at


class JwksUnavailable(IdentityError):
    """An issuer's keys could not be fetched, or what was fetched holds no usable key."""


class IssuerReleased(IdentityError):
    """The issuer's cluster is gone, and its keys with it."""
