"""A real cluster's issuer: which keys are read, and when they are fetched."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from moto_eks_podid.identity.errors import JwksUnavailable
from moto_eks_podid.identity.issuer import Issuer, TrustedIssuer

NOW = datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
URL = "https://oidc.eks.us-west-2.amazonaws.com/id/0F1E2D3C4B5A69788796A5B4C3D2E1F0"


@pytest.fixture(scope="module")
def jwk() -> dict[str, Any]:
    issuer = Issuer(URL, new_kid=lambda: "real")
    (jwk,) = issuer.jwks(NOW)["keys"]
    issuer.release()
    return dict(jwk)


class Fetcher:
    """Answers with one document after another; an exception is raised."""

    def __init__(self, *answers: Any, seconds: float = 0) -> None:
        self.answers = list(answers)
        self.seconds = seconds
        self.calls = 0

    def __call__(self) -> Mapping[str, Any]:
        self.calls += 1
        time.sleep(self.seconds)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


USABLE: dict[str, dict[str, Any]] = {
    "as published by EKS": {},
    "without use": {"use": None},
    "without alg": {"alg": None},
    "with operations": {"key_ops": ["verify"]},
    "with unknown members": {"x5t": "abc", "other": {"a": 1}},
    "with an unusable private half": {"d": "AQAB", "p": 7},
}
UNUSABLE: dict[str, dict[str, Any]] = {
    "another type": {"kty": "EC"},
    "no type": {"kty": None},
    "a shared secret": {"kty": "oct", "k": "c2VjcmV0"},
    "for encryption": {"use": "enc"},
    "for another algorithm": {"alg": "RS512"},
    "for key encryption": {"alg": "RSA-OAEP"},
    "operations without verify": {"key_ops": ["sign"]},
    "operations of another type": {"key_ops": 7},
    "no id": {"kid": None},
    "an empty id": {"kid": ""},
    "a number for an id": {"kid": 7},
    "no modulus": {"n": None},
    "a number for a modulus": {"n": 12345},
    "a modulus that is not base64": {"n": "A"},
    "a modulus that is not ASCII": {"n": "é" * 342},
    "a modulus that is no text": {"n": "\ud800" * 342},
    "a modulus of 1024 bits": {"n": base64.urlsafe_b64encode(b"\xff" * 128).decode()},
    "a modulus of 8208 bits": {"n": base64.urlsafe_b64encode(b"\xff" * 1026).decode()},
    "a modulus of a million characters": {"n": "A" * 1_000_000},
    "an even modulus": {"n": base64.urlsafe_b64encode(b"\xff" * 255 + b"\xfe").decode()},
    "no exponent": {"e": None},
    "an exponent of 1": {"e": "AQ"},
    "an even exponent": {"e": "AQAA"},
    "an exponent of 72 bits": {"e": base64.urlsafe_b64encode(b"\xff" * 9).decode()},
}


def changed(jwk: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**jwk, **changes}.items() if value is not None}


@pytest.mark.parametrize("changes", USABLE.values(), ids=USABLE)
def test_a_real_clusters_key_is_not_read(jwk: dict[str, Any], changes: dict[str, Any]) -> None:
    """An RSA signature key is read, with or without its optional members."""
    trusted = TrustedIssuer(URL, jwks={"keys": [changed(jwk, changes)]})
    key = trusted.verification_key("real", NOW)
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048
    assert trusted.verification_key("other", NOW) is None


@pytest.mark.parametrize("changes", UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_key_is_trusted(jwk: dict[str, Any], changes: dict[str, Any]) -> None:
    """A key that cannot verify RS256 signatures is passed over, and alone it is an error."""
    unusable = changed({**jwk, "kid": "bad"}, changes)
    with pytest.raises(ValueError, match="no usable key"):
        TrustedIssuer(URL, jwks={"keys": [unusable]})
    trusted = TrustedIssuer(URL, jwks={"keys": [unusable, jwk]})
    assert trusted.verification_key("bad", NOW) is None
    assert trusted.verification_key("real", NOW) is not None


@pytest.mark.parametrize(
    "document",
    [{}, {"keys": None}, {"keys": "abc"}, {"keys": {}}, {"keys": [7]}, {"keys": []}, [], 7],
    ids=str,
)
def test_something_else_passes_for_a_key_document(document: Any) -> None:
    """What has not the shape of a JWKS is refused at once."""
    with pytest.raises(ValueError, match="JWKS"):
        TrustedIssuer(URL, jwks=document)


def test_a_second_key_replaces_the_first_of_its_id(jwk: dict[str, Any]) -> None:
    """Of two usable keys with one id the first counts."""
    other = {**jwk, "n": base64.urlsafe_b64encode(b"\xff" * 256).decode()}
    trusted = TrustedIssuer(URL, jwks={"keys": [jwk, other]})
    first = TrustedIssuer(URL, jwks={"keys": [jwk]})
    assert trusted.verification_key("real", NOW) == first.verification_key("real", NOW)
    assert TrustedIssuer(URL, jwks={"keys": [other]}).verification_key(
        "real", NOW
    ) != first.verification_key("real", NOW)


def test_neither_or_both_ways_to_the_keys(jwk: dict[str, Any]) -> None:
    """The keys are either given or fetched."""
    with pytest.raises(ValueError, match="either"):
        TrustedIssuer(URL)
    with pytest.raises(ValueError, match="either"):
        TrustedIssuer(URL, jwks={"keys": [jwk]}, fetch=Fetcher())


def test_keys_are_fetched_before_they_are_needed_or_too_often(jwk: dict[str, Any]) -> None:
    """Keys are fetched for an unknown id only, and at most once in thirty seconds."""
    rotated = {"keys": [{**jwk, "kid": "new"}, jwk]}
    fetch = Fetcher({"keys": [jwk]}, rotated, {"keys": [jwk]})
    trusted = TrustedIssuer(URL, fetch=fetch)
    assert fetch.calls == 0
    assert trusted.verification_key("real", NOW) is not None
    assert trusted.verification_key("real", NOW + HOUR) is not None
    assert fetch.calls == 1
    assert trusted.verification_key("new", NOW + 29 * SECOND) is None
    assert fetch.calls == 1
    assert trusted.verification_key("new", NOW + 30 * SECOND) is not None
    assert fetch.calls == 2
    assert trusted.verification_key("other", NOW + 60 * SECOND) is None
    assert trusted.verification_key("new", NOW + 61 * SECOND) is None, "the key was withdrawn"


def test_a_clock_set_back_stops_fetching(jwk: dict[str, Any]) -> None:
    """A clock that is set back does not put the next fetch off."""
    trusted = TrustedIssuer(URL, fetch=Fetcher({"keys": [jwk]}, {"keys": [{**jwk, "kid": "new"}]}))
    assert trusted.verification_key("new", NOW) is None
    assert trusted.verification_key("new", NOW - HOUR) is not None


@pytest.mark.parametrize(
    "failure",
    [JwksUnavailable("no answer"), ValueError("no JSON"), {"keys": []}],
    ids=["no answer", "no JSON", "no usable key"],
)
def test_a_failed_fetch_counts_as_an_unknown_key(jwk: dict[str, Any], failure: Any) -> None:
    """While the last fetch has failed, an unknown key is an error and a known one verifies;
    failures too are tried again after thirty seconds only."""
    fetch = Fetcher(failure, {"keys": [jwk]}, failure)
    trusted = TrustedIssuer(URL, fetch=fetch)
    for _ in range(2):
        with pytest.raises(JwksUnavailable, match=r"no answer|no JSON|no usable key"):
            trusted.verification_key("real", NOW)
    assert fetch.calls == 1
    later = NOW + 30 * SECOND
    assert trusted.verification_key("real", later) is not None
    assert trusted.verification_key("other", later + SECOND) is None
    with pytest.raises(JwksUnavailable):
        trusted.verification_key("other", later + 30 * SECOND)
    assert trusted.verification_key("real", later + 30 * SECOND) is not None


def test_many_threads_fetch_at_once(jwk: dict[str, Any]) -> None:
    """Threads that need the same new key wait for one fetch."""
    fetch = Fetcher({"keys": [jwk]}, seconds=0.05)
    trusted = TrustedIssuer(URL, fetch=fetch, refetch_after=timedelta(0))
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(trusted.verification_key("real", NOW)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fetch.calls == 1
    assert len(found) == 8
    assert None not in found
