"""A cluster outside of moto: a test holds its private key and signs what it likes."""

from __future__ import annotations

import hmac
import json
import time
from functools import cache
from typing import Any

import jwt
from aws_under_test import CLUSTER, Aws
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

import moto_eks_podid as podid

ISSUER = "https://kubernetes.default.svc.cluster.local"
KID = "a1" * 20
POD_AUDIENCE = "pods.eks.amazonaws.com"

#: Stands for a claim that is left out.
ABSENT = object()


@cache
def _key(number: int) -> RSAPrivateKey:
    # Making one takes a while.
    return generate_private_key(65537, 2048)


def private_key(number: int = 0) -> RSAPrivateKey:
    """The cluster's key of that number, the same for the whole process."""
    return _key(number)


def jwks(kid: str = KID, number: int = 0) -> dict[str, Any]:
    """What the cluster publishes for one of its keys."""
    public = RSAAlgorithm.to_jwk(private_key(number).public_key(), as_dict=True)
    return {
        "keys": [{"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256"} | pick(public, "n", "e")]
    }


def pick(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names}


def claims_of_a_pod(issuer: str = ISSUER, **changes: Any) -> dict[str, Any]:
    """What the cluster says about the pod `cart-1`, but for the changes."""
    now = int(time.time())
    claims = {
        "aud": [POD_AUDIENCE],
        "exp": now + 3600,
        "iat": now,
        "iss": issuer,
        "jti": "6d1c2a50-5a3e-4b0b-9d4f-2f6f0c1d7a10",
        "kubernetes.io": {
            "namespace": "shop",
            "node": {"name": "i-0abc1234def567890", "uid": "4"},
            "pod": {"name": "cart-1", "uid": "2"},
            "serviceaccount": {"name": "cart", "uid": "1"},
        },
        "nbf": now,
        "sub": "system:serviceaccount:shop:cart",
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not ABSENT}


def sign(
    claims: dict[str, Any], *, kid: str = KID, key: RSAPrivateKey | None = None, **header: Any
) -> str:
    """Sign claims that may be of any type."""
    payload = json.dumps(claims).encode()
    headers = {"kid": kid, "typ": "JWT", **header}
    return jwt.PyJWS().encode(payload, key or private_key(), algorithm="RS256", headers=headers)


def sign_with_public_half(claims: dict[str, Any]) -> str:
    """Sign with a secret that everybody knows: a JWT library would refuse to."""
    secret = (
        private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    parts = ({"alg": "HS256", "kid": KID, "typ": "JWT"}, claims)
    signed = b".".join(base64url_encode(json.dumps(part).encode()) for part in parts)
    return (signed + b"." + base64url_encode(hmac.digest(secret, signed, "sha256"))).decode()


def claims_in(token: str) -> dict[str, Any]:
    """What a token says, whoever signed it."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def trust(aws: Aws, cluster: str = CLUSTER) -> None:
    """Let the tokens of the real cluster count as those of a cluster in moto."""
    podid.trust_issuer(cluster, ISSUER, jwks=jwks(), endpoint_url=aws.endpoint_url)
