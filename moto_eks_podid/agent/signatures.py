"""The agent's own check of a token's signature, which version 0.2 has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from ..identity.errors import JwksUnavailable
from ..identity.keys import ALGORITHM, read_jwks
from .answers import Refused
from .go_jwt import Token, decode_segment

_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)


class SignatureCheck:
    """Verifies tokens with the cluster's keys, which are fetched when a token names a new one.

    :param fetch: returns the cluster's JWKS, or raises JwksUnavailable
    """

    def __init__(self, fetch: Callable[[], Mapping[str, Any]]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._keys: Mapping[str, RSAPublicKey] = {}

    def __call__(self, token: Token) -> None:
        """:raises Refused: with 400, unless the cluster signed the token"""
        reason = self._failure(token)
        if reason is not None:
            raise Refused(
                400,
                f"JWT signature validation failed: cryptographic validation failed: {reason}",
            )

    def _failure(self, token: Token) -> str | None:
        kid = token.header.get("kid")
        if not isinstance(kid, str):
            return "kid not found in JWT header"
        key = self._keys.get(kid)
        if key is None:
            try:
                self._refresh(kid)
            except (JwksUnavailable, ValueError) as error:
                return f"key refresh failed: {error}"
            key = self._keys.get(kid)
            if key is None:
                return f"no matching key found for kid: {kid}"
        try:
            signature = decode_segment(token.signature)
        except ValueError as error:
            return f"token is malformed: could not base64 decode signature: {error}"
        algorithm = token.header.get("alg")
        if algorithm != ALGORITHM:
            return (
                "token is unverifiable: error while executing keyfunc: algorithm mismatch: "
                f'token uses "{algorithm}" but key declares "{ALGORITHM}"'
            )
        if not _RS256.verify(token.signed_part.encode(), key, signature):
            return "token signature is invalid: crypto/rsa: verification error"
        return None

    def _refresh(self, kid: str) -> None:
        with self._lock:
            # Another thread may have waited for the same key.
            if kid not in self._keys:
                self._keys = read_jwks(self._fetch())
