"""Who issues tokens: a cluster's own issuer, and a real cluster's issuer that is trusted.

Follows "Fetch signing keys to validate OIDC tokens" (EKS User Guide) and the documents that EKS's
issuers serve.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from .errors import IssuerReleased, JwksUnavailable
from .keys import ALGORITHM, KeyPool, SigningKey, key_pool, public_jwk, read_jwks

#: How long EKS signs with one key.
ROTATION_PERIOD = timedelta(days=7)


class KeySet(Protocol):
    """The keys that tokens of one issuer verify with."""

    @property
    def url(self) -> str:
        """The issuer, as in a token's ``iss``."""

    def verification_key(self, kid: str, now: datetime) -> RSAPublicKey | None:
        """Return the public key with that id, if it verifies at that time."""


@dataclass(frozen=True, slots=True)
class KeySets:
    """Several sets of keys for one issuer, as one: a key of any of them verifies its tokens."""

    url: str
    members: Sequence[KeySet]

    def verification_key(self, kid: str, now: datetime) -> RSAPublicKey | None:
        """Return the public key with that id from the first set that has it.

        :raises JwksUnavailable: when no set has it, and the keys of one cannot be fetched
        """
        unavailable = None
        for member in self.members:
            try:
                key = member.verification_key(kid, now)
            except JwksUnavailable as failure:
                unavailable = failure
            else:
                if key is not None:
                    return key
        if unavailable is not None:
            raise unavailable
        return None


@dataclass(slots=True)
class HeldKey:
    """A key of an issuer, and when the last token that it signed expires, if it signed any."""

    key: SigningKey
    needed_until: datetime | None = None


class Issuer:
    """A cluster's own issuer: it signs with its newest key and verifies with all. Thread-safe.

    The first key is made when it is first needed.

    :param url: the issuer as in ``cluster.identity.oidc.issuer``, without a slash at the end
    :param new_kid: returns a new key id at each call: 40 lower-case hexadecimal digits
    :param pool: where RSA keys come from, and go when they are no longer needed
    """

    def __init__(self, url: str, *, new_kid: Callable[[], str], pool: KeyPool = key_pool) -> None:
        self.url = url
        self.issuer_id = url.rpartition("/")[2]
        self._new_kid = new_kid
        self._pool = pool
        self._lock = threading.RLock()
        self._held: list[HeldKey] = []
        self._spent: dict[str, RSAPublicKey] = {}
        self._released = False

    def signing_key(self, now: datetime) -> SigningKey:
        """Return the key to sign with now; a key that is seven days old is rotated.

        :raises IssuerReleased: after :meth:`release`
        """
        with self._lock:
            if self._held and now - self._held[0].key.created_at < ROTATION_PERIOD:
                return self._held[0].key
            return self.rotate(now)

    def signing_key_until(self, now: datetime, expires_at: datetime) -> SigningKey:
        """Return the key to sign with now, and keep it verifying until ``expires_at``.

        One step, since a key with no token to verify is given away when it is rotated.

        :raises IssuerReleased: after :meth:`release`
        """
        with self._lock:
            key = self.signing_key(now)
            self.note_expiry(key.kid, expires_at)
            return key

    def rotate(self, now: datetime) -> SigningKey:
        """Sign with a new key from now on; the old one verifies until its last token has expired.

        :raises IssuerReleased: after :meth:`release`
        """
        with self._lock:
            if self._released:
                raise IssuerReleased(self.url)
            kid = self._new_kid()
            # Ids are drawn from a generator that a test may seed again.
            while kid in self._spent or any(held.key.kid == kid for held in self._held):
                kid = self._new_kid()
            key = SigningKey.of(self._pool.take(), kid, now)
            self._held.insert(0, HeldKey(key))
            self._drop_spent_keys(now)
            return key

    def note_expiry(self, kid: str, expires_at: datetime) -> None:
        """Remember that a token with that key id expires then. An id that is gone is ignored."""
        with self._lock:
            for held in self._held:
                if held.key.kid == kid:
                    held.needed_until = max(held.needed_until or expires_at, expires_at)

    def held_keys(self) -> list[HeldKey]:
        """Return all keys, the one to sign with first."""
        with self._lock:
            return [replace(held) for held in self._held]

    def restore(self, keys: Sequence[HeldKey]) -> None:
        """Go on with keys that :meth:`held_keys` returned, elsewhere or earlier, and no others."""
        with self._lock:
            before = self._held
            self._held = [
                HeldKey(
                    replace(held.key, private_key=self._pool.claim(held.key.private_key)),
                    held.needed_until,
                )
                for held in keys
            ]
            # Only now: nobody else may get one that goes on.
            for held in before:
                self._pool.give_back(held.key.private_key)
            self._released = False

    def verification_key(self, kid: str, now: datetime) -> RSAPublicKey | None:
        """Return the public key with that id; None after :meth:`release`.

        Of a key whose tokens have all expired it still tells that those are expired, not forged.
        """
        with self._lock:
            for held in self._held:
                if held.key.kid == kid:
                    return held.key.public_key
            return self._spent.get(kid)

    def jwks(self, now: datetime) -> dict[str, list[dict[str, str]]]:
        """Return the document at ``ISSUER/keys``: every key that verifies now, the newest first.

        :raises IssuerReleased: after :meth:`release`
        """
        with self._lock:
            self.signing_key(now)
            self._drop_spent_keys(now)
            return {"keys": [dict(held.key.jwk) for held in self._held]}

    def discovery(self) -> dict[str, Any]:
        """Return the document at ``ISSUER/.well-known/openid-configuration``, in EKS's order."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "authorization_endpoint": "urn:kubernetes:programmatic_authorization",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "claims_supported": ["sub", "iss"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }

    def release(self) -> None:
        """Give all keys back: no token of this issuer verifies any more, and none is made."""
        with self._lock:
            self._released = True
            for held in self._held:
                self._pool.give_back(held.key.private_key)
            self._held.clear()
            self._spent.clear()

    def _drop_spent_keys(self, now: datetime) -> None:
        newest, *older = self._held
        for held in older:
            if not _is_needed(held, now):
                if held.needed_until is not None:
                    self._spent[held.key.kid] = held.key.public_key
                self._pool.give_back(held.key.private_key)
        self._held = [newest, *(held for held in older if _is_needed(held, now))]


def _is_needed(held: HeldKey, now: datetime) -> bool:
    return held.needed_until is not None and now < held.needed_until


class TrustedIssuer:
    """The issuer of a real cluster, whose keys are given or fetched. Thread-safe.

    :param url: the issuer, exactly as in its tokens' ``iss``
    :param jwks: its JWKS document, parsed
    :param fetch: returns its JWKS document, parsed, or raises :class:`JwksUnavailable`; called for
        a key id that is not known yet, so that rotated keys are found. Instead of ``jwks``
    :param refetch_after: the shortest time between two calls of ``fetch``, failed ones included
    :param jwks_url: where ``fetch`` gets the document, for whoever wants to know
    :param fetched: a JWKS document that ``fetch`` returned earlier
    :raises ValueError: when neither or both of ``jwks`` and ``fetch`` are given, or one of the
        documents is not a JWKS with a usable key (see :func:`.keys.read_jwks`)
    """

    def __init__(
        self,
        url: str,
        *,
        jwks: Mapping[str, Any] | None = None,
        fetch: Callable[[], Mapping[str, Any]] | None = None,
        refetch_after: timedelta = timedelta(seconds=30),
        jwks_url: str | None = None,
        fetched: Mapping[str, Any] | None = None,
    ) -> None:
        if (jwks is None) == (fetch is None):
            raise ValueError("give either the issuer's jwks or a way to fetch it")
        self.url = url
        self.jwks_url = jwks_url
        self._fetch = fetch
        self._refetch_after = refetch_after
        self._lock = threading.Lock()
        known = fetched if jwks is None else jwks
        self._keys = {} if known is None else read_jwks(known)
        self._fetched_at: datetime | None = None
        self._failure: str | None = None

    def verification_key(self, kid: str, now: datetime) -> RSAPublicKey | None:
        """Return the public key with that id, if the issuer has it.

        :raises JwksUnavailable: when the key is not known and the last fetch failed
        """
        key = self._keys.get(kid)
        if key is not None or self._fetch is None:
            return key
        with self._lock:
            if kid not in self._keys and self._may_fetch(now):
                self._refetch(self._fetch, now)
            key = self._keys.get(kid)
            if key is None and self._failure is not None:
                raise JwksUnavailable(self._failure)
            return key

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the keys that are known now, as a JWKS document."""
        return {"keys": [public_jwk(kid, key) for kid, key in self._keys.items()]}

    def _may_fetch(self, now: datetime) -> bool:
        # A test may set its clock back; that must not put the next fetch off for years.
        return (
            self._fetched_at is None
            or not self._fetched_at <= now < self._fetched_at + self._refetch_after
        )

    def _refetch(self, fetch: Callable[[], Mapping[str, Any]], now: datetime) -> None:
        self._fetched_at = now
        try:
            self._keys = read_jwks(fetch())
            self._failure = None
        except JwksUnavailable as unavailable:
            self._failure = str(unavailable)
        except ValueError as unusable:
            self._failure = f"the keys of {self.url} are unusable: {unusable}"
