"""RSA keys: a pool to reuse them from, a key that signs tokens, and the keys of a JWKS.

Follows RFC 7517 (JSON Web Key) and RFC 7518, section 6.3 (RSA keys).
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    RSAPublicNumbers,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_decode

ALGORITHM = "RS256"
_KEY_BITS = 2048
_PUBLIC_EXPONENT = 65537

#: The key sizes that are accepted from others, in bits.
MIN_KEY_BITS = 2048
MAX_KEY_BITS = 8192
_MAX_EXPONENT_BITS = 64
#: A key of 8192 bits takes about 6,400 characters.
_MAX_PEM = 16 * 1024


class KeyPool:
    """Private RSA keys for whoever needs one for a while. Thread-safe.

    A fresh key costs about 100 ms, so keys that are given back are handed out again, the last one
    first. A key is with one taker at a time, unless somebody claims it. A forked child inherits no
    key: neither the idle ones nor those that are out can come into its pool, since the parent goes
    on using them.

    :param max_idle: how many keys are kept for reuse; further ones that are given back are dropped
    """

    def __init__(self, max_idle: int = 64) -> None:
        self._max_idle = max_idle
        self._forget()
        _pools.add(self)

    def take(self) -> RSAPrivateKey:
        """Return a key that nobody else has, a new one if none is idle."""
        with self._lock:
            if self._idle:
                return self._lend(self._idle.pop())
        key = generate_private_key(_PUBLIC_EXPONENT, _KEY_BITS)
        with self._lock:
            return self._lend(key)

    def give_back(self, key: RSAPrivateKey) -> None:
        """Make a key available again. One that is not out, or not from here, is ignored."""
        modulus = _modulus(key)
        with self._lock:
            if modulus not in self._out:
                return
            self._out[modulus] -= 1
            if self._out[modulus]:
                return
            del self._out[modulus]
            if len(self._idle) < self._max_idle:
                self._idle.append(key)

    def claim(self, key: RSAPrivateKey) -> RSAPrivateKey:
        """Take a certain key that comes from elsewhere, such as a saved state.

        If an idle key is the same, that one is taken: nobody else must get it. One that is out is
        available again when all have given it back.

        :returns: the key to use, and to give back
        """
        modulus = _modulus(key)
        with self._lock:
            for place, idle in enumerate(self._idle):
                if _modulus(idle) == modulus:
                    return self._lend(self._idle.pop(place))
            return self._lend(key)

    def _lend(self, key: RSAPrivateKey) -> RSAPrivateKey:
        self._out[_modulus(key)] += 1
        return key

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[RSAPrivateKey] = []
        #: How many have a key, by its modulus.
        self._out: Counter[int] = Counter()


def _modulus(key: RSAPrivateKey) -> int:
    return key.public_key().public_numbers().n


_pools: weakref.WeakSet[KeyPool] = weakref.WeakSet()


def _forget_inherited_keys() -> None:
    for pool in list(_pools):
        pool._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_inherited_keys)

#: The pool of this process.
key_pool = KeyPool()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that an issuer signs with.

    :ivar kid: its id, 40 lower-case hexadecimal digits at EKS
    :ivar jwk: the public half as EKS publishes it, members in that order
    """

    kid: str
    private_key: RSAPrivateKey
    public_key: RSAPublicKey
    created_at: datetime
    jwk: dict[str, str]

    @classmethod
    def of(cls, private_key: RSAPrivateKey, kid: str, created_at: datetime) -> SigningKey:
        """Return a private key as a signing key with that id and age."""
        public_key = private_key.public_key()
        return cls(kid, private_key, public_key, created_at, public_jwk(kid, public_key))


def public_jwk(kid: str, key: RSAPublicKey) -> dict[str, str]:
    """Return a public key as EKS publishes it, members in that order."""
    numbers = RSAAlgorithm.to_jwk(key, as_dict=True)
    return {
        "kty": "RSA",
        "kid": kid,
        "use": "sig",
        "alg": ALGORITHM,
        "n": numbers["n"],
        "e": numbers["e"],
    }


def write_private_key(key: RSAPrivateKey) -> str:
    """Return a private key as PEM text (PKCS #8, not encrypted)."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode("ascii")


def read_private_key(pem: str) -> RSAPrivateKey:
    """Read what :func:`write_private_key` wrote.

    :raises ValueError: for anything but an RSA key of 2048 to 8192 bits whose parts go together;
        the message does not quote it
    """
    try:
        if len(pem) > _MAX_PEM:
            raise ValueError
        key = load_pem_private_key(pem.encode("ascii"), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is no private key in PEM") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("is no RSA key")
    if not MIN_KEY_BITS <= key.key_size <= MAX_KEY_BITS:
        raise ValueError(f"is no RSA key of {MIN_KEY_BITS} to {MAX_KEY_BITS} bits")
    return key


def read_jwks(document: Any) -> dict[str, RSAPublicKey]:
    """Return the keys of a JWKS that verify RS256 signatures, by key id.

    As RFC 7517, section 5 asks, keys of other kinds and unusable ones are passed over: those
    without an id, for another use or algorithm, of fewer than 2048 or more than 8192 bits. Of two
    keys with one id the first counts. Private members are never read.

    :param document: the parsed document, ``{"keys": [{"kty": "RSA", …}, …]}``
    :raises ValueError: when it has another shape, or no usable key
    """
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list | tuple):
        raise ValueError('a JWKS is an object whose member "keys" is a list')
    keys: dict[str, RSAPublicKey] = {}
    for entry in entries:
        if not isinstance(entry, Mapping):
            raise ValueError('each entry of a JWKS\'s "keys" is an object')
        kid = entry.get("kid")
        if isinstance(kid, str) and kid and kid not in keys:
            key = _usable_key(entry)
            if key is not None:
                keys[kid] = key
    if not keys:
        raise ValueError(
            f"the JWKS has no usable key: an RSA key of {MIN_KEY_BITS} to {MAX_KEY_BITS} bits"
            f' with a "kid", for "use" sig and "alg" {ALGORITHM}'
        )
    return keys


def _usable_key(jwk: Mapping[str, Any]) -> RSAPublicKey | None:
    if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig":
        return None
    if jwk.get("alg", ALGORITHM) != ALGORITHM:
        return None
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list | tuple) or "verify" not in operations:
        return None
    n = _number(jwk.get("n"), MAX_KEY_BITS)
    e = _number(jwk.get("e"), _MAX_EXPONENT_BITS)
    if n.bit_length() < MIN_KEY_BITS:
        return None
    # OpenSSL fails on an even modulus when it verifies, with an error that is no "bad signature".
    if n % 2 == 0 or e % 2 == 0 or e < 3:
        return None
    return RSAPublicNumbers(e, n).public_key()


def _number(text: Any, max_bits: int) -> int:
    """Return a Base64urlUInt; 0, which no RSA key has, for anything else or larger."""
    if not isinstance(text, str):
        return 0
    try:
        number = int.from_bytes(base64url_decode(text), "big")
    except ValueError:
        return 0
    return number if number.bit_length() <= max_bits else 0
