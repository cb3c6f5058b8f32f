"""Reading a JWT's compact form strictly: one text is one token, and nothing but JSON is JSON.

Follows RFC 7515 (JWS) and RFC 8725 (JWT best current practices).
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NamedTuple, NoReturn

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from .errors import MalformedToken

#: In characters: the most that AssumeRoleWithWebIdentity takes.
MAX_TOKEN_LENGTH = 20_000

_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)


class Jws(NamedTuple):
    """A token taken apart; nothing in it is verified."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signing_input: bytes
    signature: bytes

    def is_signed_by(self, key: RSAPublicKey) -> bool:
        """Return whether the signature is the key's, by RS256 whatever the header says."""
        return _RS256.verify(self.signing_input, key, self.signature)


def parse(token: object) -> Jws:
    """Take a token in compact form apart.

    :raises MalformedToken: when it is longer than 20,000 characters, has other than three segments,
        or a segment is not canonical base64url without padding, or header or payload is not one
        JSON object in UTF-8 whose members have unique names
    """
    if not isinstance(token, str) or not token:
        raise MalformedToken("it is empty")
    if len(token) > MAX_TOKEN_LENGTH:
        raise MalformedToken(f"it is longer than {MAX_TOKEN_LENGTH} characters")
    if not token.isascii():
        raise MalformedToken("it has a character that is not ASCII")
    signing_input, _, signature = token.encode().rpartition(b".")
    segments = signing_input.split(b".")
    if len(segments) != 2:
        raise MalformedToken("it does not have three segments")
    header = _json_object("header", _base64url("header", segments[0]))
    claims = _json_object("payload", _base64url("payload", segments[1]))
    return Jws(header, claims, signing_input, _base64url("signature", signature))


def _base64url(part: str, segment: bytes) -> bytes:
    try:
        decoded = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except binascii.Error:
        raise MalformedToken(f"its {part} is not base64url") from None
    # The decoder passes over foreign characters and left-over bits: only what encodes to the same
    # text again was base64url without padding.
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != segment:
        raise MalformedToken(f"its {part} is not base64url without padding")
    return decoded


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member appears twice")
    return members


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_members, parse_constant=_not_json)


def _json_object(part: str, data: bytes) -> dict[str, Any]:
    try:
        text = data.decode()
        document = _DECODER.decode(text)
        if "\\u" in text:
            # An escaped half of a surrogate pair is JSON, and a text that nothing can write out.
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise MalformedToken(f"its {part} is not JSON with unique members in UTF-8") from None
    if not isinstance(document, dict):
        raise MalformedToken(f"its {part} is not a JSON object")
    return document
