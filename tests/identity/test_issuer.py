"""A cluster's own issuer: its documents, the rotation of its keys, and its end."""

from __future__ import annotations

import base64
import itertools
import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from moto_eks_podid.identity import keys
from moto_eks_podid.identity.errors import IssuerReleased
from moto_eks_podid.identity.issuer import ROTATION_PERIOD, Issuer
from moto_eks_podid.identity.keys import KeyPool

NOW = datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
URL = "https://oidc.eks.us-west-2.amazonaws.com/id/0F1E2D3C4B5A69788796A5B4C3D2E1F0"


def kids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):040x}"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer(URL, new_kid=kids())
    yield issuer
    issuer.release()


def published(issuer: Issuer, now: datetime) -> list[str]:
    return [key["kid"] for key in issuer.jwks(now)["keys"]]


class TestDocuments:
    def test_the_discovery_document_has_another_order(self, issuer: Issuer) -> None:
        """The discovery document has EKS's members in EKS's order."""
        assert list(issuer.discovery().items()) == [
            ("issuer", URL),
            ("jwks_uri", URL + "/keys"),
            ("authorization_endpoint", "urn:kubernetes:programmatic_authorization"),
            ("response_types_supported", ["id_token"]),
            ("subject_types_supported", ["public"]),
            ("claims_supported", ["sub", "iss"]),
            ("id_token_signing_alg_values_supported", ["RS256"]),
        ]

    def test_the_key_document_is_unreadable_or_tells_too_much(self, issuer: Issuer) -> None:
        """A published key has EKS's members in order, and only the public half."""
        (jwk,) = issuer.jwks(NOW)["keys"]
        assert list(jwk) == ["kty", "kid", "use", "alg", "n", "e"]
        assert (jwk["kty"], jwk["use"], jwk["alg"], jwk["e"]) == ("RSA", "sig", "RS256", "AQAB")
        modulus = int.from_bytes(base64.urlsafe_b64decode(jwk["n"] + "=="), "big")
        public = issuer.signing_key(NOW).private_key.public_key()
        assert modulus == public.public_numbers().n

    def test_the_key_id_is_not_eks_like(self) -> None:
        """Key ids are what the given function draws: 40 lower-case hexadecimal digits."""
        issuer = Issuer(URL, new_kid=lambda: "5f" * 20)
        assert published(issuer, NOW) == ["5f" * 20]
        assert re.fullmatch("[0-9a-f]{40}", issuer.signing_key(NOW).kid)
        issuer.release()

    def test_a_reader_of_the_key_document_changes_the_issuer(self, issuer: Issuer) -> None:
        """Changing a document that was returned does not change what is published next."""
        issuer.jwks(NOW)["keys"][0]["kid"] = "changed"
        assert published(issuer, NOW) == [f"{1:040x}"]

    def test_other_libraries_cannot_read_the_keys(self, issuer: Issuer) -> None:
        """A JWT library's own reader finds the signing key in the published document."""
        key = issuer.signing_key(NOW)
        found = jwt.PyJWKSet.from_dict(issuer.jwks(NOW))[key.kid]
        assert found.key.public_numbers() == key.public_key.public_numbers()

    def test_the_issuer_id_keeps_the_url(self, issuer: Issuer) -> None:
        """The issuer's id is the last part of its URL."""
        assert issuer.issuer_id == "0F1E2D3C4B5A69788796A5B4C3D2E1F0"


class TestRotation:
    def test_a_key_is_made_before_anybody_needs_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody pays for an RSA key before the first token or the first look at the keys."""
        pool = KeyPool()
        issuer = Issuer(URL, new_kid=kids(), pool=pool)
        monkeypatch.setattr(pool, "take", lambda: pytest.fail("a key was taken"))
        assert issuer.verification_key("a", NOW) is None
        issuer.release()

    def test_the_signing_key_changes_by_itself(self, issuer: Issuer) -> None:
        """The issuer signs with one key for seven days, and then with another."""
        first = issuer.signing_key(NOW)
        assert issuer.signing_key(NOW + ROTATION_PERIOD - SECOND) is first
        second = issuer.signing_key(NOW + ROTATION_PERIOD)
        assert second.kid != first.kid
        assert second.private_key is not first.private_key
        assert timedelta(days=7) == ROTATION_PERIOD

    def test_a_look_at_the_keys_shows_an_old_one(self, issuer: Issuer) -> None:
        """The published keys rotate even if nobody asks for a token."""
        issuer.signing_key(NOW)
        assert published(issuer, NOW + ROTATION_PERIOD) == [f"{2:040x}"]

    def test_a_rotated_key_stops_verifying_too_early(self, issuer: Issuer) -> None:
        """A rotated key is published until its last token has expired, and verifies even then."""
        first = issuer.signing_key(NOW)
        issuer.note_expiry(first.kid, NOW + 3 * HOUR)
        issuer.note_expiry(first.kid, NOW + 2 * HOUR)
        second = issuer.rotate(NOW + HOUR)
        just_before, at_expiry = NOW + 3 * HOUR - SECOND, NOW + 3 * HOUR
        assert issuer.verification_key(first.kid, just_before) is first.public_key
        assert published(issuer, just_before) == [second.kid, first.kid]
        assert issuer.verification_key(first.kid, at_expiry) is first.public_key
        assert published(issuer, at_expiry) == [second.kid]
        assert issuer.verification_key(first.kid, at_expiry) is first.public_key
        assert issuer.verification_key(second.kid, at_expiry) is second.public_key

    def test_a_key_without_tokens_stays(self) -> None:
        """A key that signed nothing is gone, and given back, as soon as it is rotated."""
        pool = RealKeys()
        issuer = Issuer(URL, new_kid=kids(), pool=pool)
        first = issuer.signing_key(NOW)
        second = issuer.rotate(NOW)
        assert issuer.verification_key(first.kid, NOW) is None
        assert pool.given_back == [first.private_key]
        assert published(issuer, NOW) == [second.kid]
        issuer.release()

    def test_a_spent_key_is_lost(self) -> None:
        """A key that no token needs any more is given back for reuse, under another id."""
        pool = RealKeys()
        issuer = Issuer(URL, new_kid=kids(), pool=pool)
        first = issuer.signing_key_until(NOW, NOW + HOUR)
        issuer.rotate(NOW)
        assert pool.given_back == []
        issuer.jwks(NOW + HOUR)
        assert pool.given_back == [first.private_key]
        issuer.release()

    def test_an_expiry_of_a_key_that_is_gone_breaks_minting(self, issuer: Issuer) -> None:
        """Noting an expiry for an id that the issuer does not have does nothing."""
        issuer.note_expiry("gone", NOW)
        assert published(issuer, NOW) == [f"{1:040x}"]

    def test_two_keys_get_the_same_id(self) -> None:
        """An id that is drawn again, after the generator was seeded again, is drawn anew."""
        draws = iter(["a" * 40, "a" * 40, "b" * 40])
        issuer = Issuer(URL, new_kid=lambda: next(draws))
        issuer.signing_key_until(NOW, NOW + HOUR)
        issuer.rotate(NOW)
        assert published(issuer, NOW) == ["b" * 40, "a" * 40]
        issuer.release()


class RealKeys(KeyPool):
    """A pool that remembers what is given back; its keys come from the process's pool."""

    def __init__(self) -> None:
        super().__init__()
        self.given_back: list[rsa.RSAPrivateKey] = []

    def take(self) -> rsa.RSAPrivateKey:
        return keys.key_pool.take()

    def give_back(self, key: rsa.RSAPrivateKey) -> None:
        self.given_back.append(key)
        keys.key_pool.give_back(key)


class TestRelease:
    def test_released_keys_are_lost(self) -> None:
        """A released issuer's key is the next issuer's, under a new id."""
        pool = KeyPool()
        first = Issuer(URL, new_kid=lambda: "a" * 40, pool=pool)
        before = first.signing_key(NOW)
        first.release()
        second = Issuer(URL[:-1] + "1", new_kid=lambda: "b" * 40, pool=pool)
        after = second.signing_key(NOW)
        assert after.private_key is before.private_key
        assert (before.kid, after.kid) == ("a" * 40, "b" * 40)
        assert second.verification_key(before.kid, NOW) is None

    def test_rotated_keys_are_lost(self) -> None:
        """A release gives back rotated keys as well, also those that tokens still need."""
        pool = RealKeys()
        issuer = Issuer(URL, new_kid=kids(), pool=pool)
        old = issuer.signing_key_until(NOW, NOW + HOUR)
        new = issuer.rotate(NOW)
        issuer.release()
        assert {id(key) for key in pool.given_back} == {id(old.private_key), id(new.private_key)}

    def test_a_released_issuer_goes_on(self) -> None:
        """After its release an issuer verifies nothing and makes no key, however often released."""
        issuer = Issuer(URL, new_kid=kids())
        kid = issuer.signing_key(NOW).kid
        issuer.release()
        issuer.release()
        assert issuer.verification_key(kid, NOW) is None
        uses: list[Callable[[datetime], object]] = [issuer.signing_key, issuer.rotate, issuer.jwks]
        for use in uses:
            with pytest.raises(IssuerReleased):
                use(NOW)

    def test_two_clusters_share_a_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No two live issuers have the same RSA key, whichever threads make and release them."""
        monkeypatch.setattr(
            keys, "generate_private_key", lambda e, bits: rsa.generate_private_key(e, 1024)
        )
        pool = KeyPool()
        live: list[Issuer] = []

        def work() -> None:
            for _ in range(4):
                issuer = Issuer(URL, new_kid=kids(), pool=pool)
                issuer.signing_key(NOW)
                issuer.release()
            live.append(Issuer(URL, new_kid=kids(), pool=pool))
            live[-1].signing_key(NOW)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        moduli = {issuer.jwks(NOW)["keys"][0]["n"] for issuer in live}
        assert len(moduli) == len(live) == 8
