"""Issuers whose keys come from elsewhere: written, read, and taken up again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from moto_eks_podid.identity.issuer import Issuer, TrustedIssuer
from moto_eks_podid.identity.keys import KeyPool, read_private_key, write_private_key
from moto_eks_podid.identity.request_tokens import (
    RememberedRequest,
    RequestTokenReused,
    RequestTokens,
)

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
URL = "https://oidc.eks.us-west-2.amazonaws.com/id/0F1E2D3C4B5A69788796A5B4C3D2E1F0"


@pytest.fixture
def pool() -> KeyPool:
    return KeyPool()


def issuer(pool: KeyPool) -> Issuer:
    numbers = count()
    return Issuer(URL, new_kid=lambda: f"{next(numbers):040x}", pool=pool)


def test_private_key_is_another_one_when_read() -> None:
    """What was written is read as the same key."""
    key = generate_private_key(65537, 2048)
    read = read_private_key(write_private_key(key))
    assert read.private_numbers() == key.private_numbers()


def test_claimed_key_is_given_to_somebody_else(pool: KeyPool) -> None:
    """A key that comes in and is idle here is taken out of the pool, and may be given back."""
    key = pool.take()
    copy = read_private_key(write_private_key(key))
    pool.give_back(key)
    claimed = pool.claim(copy)
    assert claimed is key
    assert pool.take() is not key
    pool.give_back(claimed)
    assert pool.take() is key


def test_foreign_key_cannot_be_given_back(pool: KeyPool) -> None:
    """A key that was never here is the pool's once it was claimed."""
    foreign = generate_private_key(65537, 2048)
    assert pool.claim(foreign) is foreign
    pool.give_back(foreign)
    assert pool.take() is foreign


def test_restored_issuer_verifies_less(pool: KeyPool) -> None:
    """An issuer that goes on with another's keys signs with its newest, verifies with all, and
    publishes those that still have tokens."""
    first = issuer(pool)
    old = first.signing_key_until(NOW, NOW + timedelta(hours=1))
    new = first.rotate(NOW)
    second = issuer(KeyPool())
    second.restore(first.held_keys())
    assert second.signing_key(NOW).kid == new.kid
    assert second.jwks(NOW) == first.jwks(NOW)
    assert second.verification_key(old.kid, NOW) is not None
    later = NOW + timedelta(hours=2)
    assert second.verification_key(old.kid, later) is not None
    assert [key["kid"] for key in second.jwks(later)["keys"]] == [new.kid]


def test_held_keys_change_with_the_issuer(pool: KeyPool) -> None:
    """Keys that were shown stay what they were when tokens are signed meanwhile."""
    made = issuer(pool)
    made.signing_key(NOW)
    [shown] = made.held_keys()
    made.signing_key_until(NOW, NOW + timedelta(hours=1))
    assert shown.needed_until is None


def test_fetched_keys_are_fetched_again(pool: KeyPool) -> None:
    """A trusted issuer that starts with keys from earlier asks for others only."""
    made = issuer(pool)
    kid = made.signing_key(NOW).kid
    asked = []

    def fetch() -> dict[str, object]:
        asked.append(1)
        return {"keys": []}

    trusted = TrustedIssuer(URL, fetch=fetch, jwks_url="http://x/keys", fetched=made.jwks(NOW))
    assert trusted.jwks() == made.jwks(NOW)
    assert trusted.verification_key(kid, NOW) is not None
    assert not asked
    with pytest.raises(Exception, match="unusable"):
        trusted.verification_key("another", NOW)
    assert asked


def test_restored_request_is_done_again() -> None:
    """A request token that was restored is answered as before, for the same parameters only."""
    first = RequestTokens()
    first.remember("token", "parameters", "a-1")
    second = RequestTokens()
    second.restore(first.remembered())
    assert second.answered("token", "parameters") == "a-1"
    with pytest.raises(RequestTokenReused):
        second.answered("token", "others")
    second.forget("a-1")
    assert second.answered("token", "parameters") is None


@pytest.mark.parametrize("digest", ["", "00", "zz" * 32])
def test_request_without_a_digest_is_restored(digest: str) -> None:
    """What is no digest of parameters is refused."""
    with pytest.raises(ValueError, match=r"digest|hexadecimal"):
        RequestTokens().restore([RememberedRequest("token", digest, "a-1")])
