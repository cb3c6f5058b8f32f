"""A token as the node agent reads it, unverified: with the texts of Go's ``golang-jwt``."""

from __future__ import annotations

import base64
import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NoReturn

from .go_json import GoJSONError, TooLarge, kind_of, loads

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")
#: The algorithms that the library has, whether anybody may sign with them or not.
_METHODS: Final = frozenset(
    [f"{family}{bits}" for family in ("HS", "RS", "ES", "PS") for bits in (256, 384, 512)]
    + ["EdDSA", "none"]
)
_TEXT_CLAIMS: Final = frozenset({"iss", "sub", "jti"})
_DATE_CLAIMS: Final = frozenset({"exp", "nbf", "iat"})


class UnreadableToken(ValueError):
    """A token that cannot be parsed; the message is the library's."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart. Dates are whole seconds since 1970; nothing in it is verified."""

    header: dict[str, Any]
    claims: dict[str, Any]
    expires_at: float | None
    not_before: float | None
    signed_part: str
    signature: str

    def time_failures(self, now: float) -> list[str]:
        """Return what the times that the token names say against it at a moment."""
        failures = []
        if self.expires_at is not None and not now < self.expires_at:
            failures.append("token is expired")
        if self.not_before is not None and now < self.not_before:
            failures.append("token is not valid yet")
        return failures


# A pod comes with the same token for a day.
@lru_cache(maxsize=256)
def parse(token: str) -> Token:
    """Take a token apart as the agent does before it asks EKS Auth.

    :raises UnreadableToken: for what is no token of three segments of JSON objects in base64url,
        with an algorithm that there is
    """
    segments = token.split(".")
    if len(segments) != 3:
        _malformed("token contains an invalid number of segments")
    header = _json_object(segments[0], "header", "map[string]interface {}")
    if (number := _too_large(header)) is not None:
        _malformed(
            f"could not JSON decode header: json: cannot unmarshal number {number} "
            "into Go value of type float64"
        )
    claims = _json_object(segments[1], "claim", "jwt.RegisteredClaims")
    dates = _registered(claims)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        _unverifiable("signing method (alg) is unspecified")
    if algorithm not in _METHODS:
        _unverifiable("signing method (alg) is unavailable")
    return Token(
        header,
        claims,
        expires_at=dates.get("exp"),
        not_before=dates.get("nbf"),
        signed_part=f"{segments[0]}.{segments[1]}",
        signature=segments[2],
    )


def decode_segment(segment: str) -> bytes:
    """Return the bytes of base64url without padding; left-over bits do not count.

    :raises ValueError: with the text of Go's decoder, which counts from the first byte
    """
    good = _ALPHABET.match(segment)
    assert good
    if good.end() < len(segment):
        raise ValueError(f"illegal base64 data at input byte {good.end()}")
    if len(segment) % 4 == 1:
        raise ValueError(f"illegal base64 data at input byte {len(segment) - 1}")
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def _json_object(segment: str, part: str, go_type: str) -> dict[str, Any]:
    try:
        text = decode_segment(segment)
    except ValueError as error:
        _malformed(f"could not base64 decode {part}: {error}")
    try:
        value = loads(text)
    except GoJSONError as error:
        _malformed(f"could not JSON decode {part}: {error}")
    if value is None:
        return {}
    if not isinstance(value, dict):
        _malformed(
            f"could not JSON decode {part}: json: cannot unmarshal {kind_of(value)} "
            f"into Go value of type {go_type}"
        )
    return value


def _registered(claims: dict[str, Any]) -> dict[str, float]:
    """Return the dates among the claims of RFC 7519, all of which must have their types."""
    dates: dict[str, float] = {}
    # What a claim's own type refuses is told at once; another type only after everything else.
    wrong_text = None
    for claim, value in claims.items():
        # Go takes a member's name in capital letters, too.
        name = claim.lower()
        if value is None:
            continue
        if name in _DATE_CLAIMS:
            dates[name] = _date(value)
        elif name == "aud" and not _is_audience(value):
            _malformed("could not JSON decode claim: invalid type for claim")
        elif name in _TEXT_CLAIMS and not isinstance(value, str) and wrong_text is None:
            wrong_text = (
                f"could not JSON decode claim: json: cannot unmarshal {kind_of(value)} "
                f"into Go struct field RegisteredClaims.{name} of type string"
            )
    if wrong_text is not None:
        _malformed(wrong_text)
    return dates


def _date(value: object) -> float:
    number = value
    if isinstance(value, str):
        # A number in quotes is a number, too.
        number = _number(value)
        if number is None:
            literal = json.dumps(json.dumps(value, ensure_ascii=False), ensure_ascii=False)
            _no_date(
                "could not parse NumericData: json: invalid number literal, "
                f"trying to unmarshal {literal} into Number"
            )
    if not isinstance(number, float):
        _no_date(
            f"could not parse NumericData: json: cannot unmarshal {kind_of(value)} "
            "into Go value of type json.Number"
        )
    if isinstance(number, TooLarge):
        _no_date(
            "could not convert json number value to float: strconv.ParseFloat: "
            f'parsing "{number.text}": value out of range'
        )
    # Seconds that a 64-bit integer cannot hold are those of the remotest past.
    return float(math.floor(number)) if abs(number) < 2.0**63 else -math.inf


def _number(text: str) -> float | None:
    try:
        value = loads(text.encode())
    except GoJSONError:
        return None
    return value if isinstance(value, float) and text == text.strip() else None


def _no_date(reason: str) -> NoReturn:
    _malformed(f"could not JSON decode claim: {reason}")


def _is_audience(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(entry, str) for entry in value)
    return isinstance(value, str)


def _too_large(value: object) -> str | None:
    """Return a number in a value that a float cannot hold."""
    waiting = [value]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict):
            waiting.extend(entry.values())
        elif isinstance(entry, list):
            waiting.extend(entry)
        elif isinstance(entry, TooLarge):
            return entry.text
    return None


def _malformed(reason: str) -> NoReturn:
    raise UnreadableToken(f"token is malformed: {reason}")


def _unverifiable(reason: str) -> NoReturn:
    raise UnreadableToken(f"token is unverifiable: {reason}")
