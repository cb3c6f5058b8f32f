"""Tokens with any content at all, signed with the key of a trusted issuer."""

from __future__ import annotations

import base64
from datetime import datetime, timezone

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from moto_eks_podid.identity.errors import MalformedToken, Refusal, TokenRefused
from moto_eks_podid.identity.issuer import Issuer
from moto_eks_podid.identity.tokens import (
    POD_IDENTITY_AUDIENCE,
    VerifiedClaims,
    verify,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
URL = "https://oidc.eks.us-west-2.amazonaws.com/id/0F1E2D3C4B5A69788796A5B4C3D2E1F0"
KID = "0123456789abcdef0123456789abcdef01234567"
MALFORMED = "malformed"

REMOVED = None
HEADER = {"alg": '"RS256"', "kid": f'"{KID}"', "typ": '"JWT"'}
CLAIMS = {
    "aud": f'["{POD_IDENTITY_AUDIENCE}"]',
    "exp": str(int(NOW.timestamp()) + 600),
    "iat": str(int(NOW.timestamp())),
    "iss": f'"{URL}"',
    "jti": '"6d1c2a50-5a3e-4b0b-9d4f-2f6f0c1d7a10"',
    "kubernetes.io": '{"namespace":"shop","node":{"name":"n1","uid":"4"},'
    '"pod":{"name":"cart-1","uid":"2"},"serviceaccount":{"name":"cart","uid":"1"}}',
    "nbf": str(int(NOW.timestamp())),
    "sub": '"system:serviceaccount:shop:cart"',
}


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def literal(members: dict[str, str], changes: dict[str, str | None]) -> str:
    """Write a JSON object from JSON texts, which may be no JSON."""
    merged = {**members, **changes}
    texts = [f'"{name}":{text}' for name, text in merged.items() if text is not None]
    return "{" + ",".join(texts) + "}"


class Forger:
    """Signs whatever it is given with the trusted issuer's own key."""

    def __init__(self) -> None:
        self.issuer = Issuer(URL, new_kid=lambda: KID)
        self.key = self.issuer.signing_key(NOW)

    def sign(self, signing_input: str) -> str:
        signature = self.key.private_key.sign(
            signing_input.encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        return f"{signing_input}.{encode(signature)}"

    def token(self, header: str | bytes, payload: str | bytes) -> str:
        header, payload = (
            part if isinstance(part, bytes) else part.encode() for part in (header, payload)
        )
        return self.sign(f"{encode(header)}.{encode(payload)}")

    def with_header(self, **changes: str | None) -> str:
        return self.token(literal(HEADER, changes), literal(CLAIMS, {}))

    def with_claim(self, name: str, text: str | None) -> str:
        return self.token(literal(HEADER, {}), literal(CLAIMS, {name: text}))

    def genuine(self) -> str:
        return self.with_header()

    def check(self, token: str) -> VerifiedClaims:
        return verify(
            token, key_sets={URL: self.issuer}, audiences=[POD_IDENTITY_AUDIENCE], now=NOW
        )

    def outcome(self, token: str) -> VerifiedClaims | Refusal | str:
        """Return the claims, or why there are none; a token never finds its way into an error."""
        try:
            return self.check(token)
        except (MalformedToken, TokenRefused) as error:
            text = str(error)
            assert len(text) < 1000
            assert text.isascii()
            assert text.isprintable()
            assert not token or token not in text
            return error.reason if isinstance(error, TokenRefused) else MALFORMED
