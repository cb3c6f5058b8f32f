"""Tokens changed at random: nothing but the genuine text verifies, and nothing else is raised."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_eks_podid.identity.errors import MalformedToken, TokenRefused
from moto_eks_podid.identity.tokens import (
    POD_IDENTITY_AUDIENCE,
    VerifiedClaims,
    read_unverified,
    unverified_issuer,
)
from tests.identity.token_forger import (
    CLAIMS,
    HEADER,
    NOW,
    URL,
    Forger,
    decode,
    encode,
    literal,
)

TEXT = st.text(
    st.sampled_from("AQgw-_.=+/ \n\0{}é") | st.characters(categories=["L", "N", "P"]), max_size=6
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "uid", "namespace", "pod"]), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from([*CLAIMS, "other"])


@st.composite
def mutations(draw: st.DrawFn, original: Any, insert: st.SearchStrategy[Any]) -> Any:
    """Cut pieces out of a text, move them, repeat them, and put other text between them."""
    mutated = original
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(mutated)))
        end = min(len(mutated), start + draw(st.sampled_from([0, 0, 1, 1, 2, 4, 40, 400])))
        at = draw(st.integers(0, len(mutated)))
        piece = mutated[start:end] if draw(st.booleans()) else draw(insert)
        without = mutated[:start] + mutated[end:] if draw(st.booleans()) else mutated
        mutated = without[:at] + piece + without[at:]
    return mutated


@given(data=st.data())
@settings(max_examples=400)
def test_a_changed_token_verifies(forger: Forger, data: st.DataObject) -> None:
    """Of all texts near a genuine token only that very text verifies."""
    token = forger.genuine()
    mutated = data.draw(mutations(token, TEXT))
    assert isinstance(forger.outcome(mutated), VerifiedClaims) == (mutated == token)


@given(position=st.integers(0), character=st.characters(codec="ascii"))
@settings(max_examples=400)
def test_a_token_verifies_with_one_character_changed(
    forger: Forger, position: int, character: str
) -> None:
    """No single character of a token can be another, the last of each segment included."""
    token = forger.genuine()
    header, payload, _ = token.split(".")
    last_ones = [len(header) - 1, len(header) + len(payload), len(token) - 1]
    for at in (position % len(token), *last_ones):
        mutated = token[:at] + character + token[at + 1 :]
        assert isinstance(forger.outcome(mutated), VerifiedClaims) == (mutated == token)


@given(data=st.data())
@settings(max_examples=200)
def test_changed_claims_verify_with_the_old_signature(forger: Forger, data: st.DataObject) -> None:
    """Neither header nor payload can be written otherwise under the same signature."""
    header, payload, signature = forger.genuine().split(".")
    for number, segment in enumerate((header, payload)):
        changed = data.draw(mutations(decode(segment), st.binary(max_size=4)))
        parts = [header, payload, signature]
        parts[number] = encode(changed)
        outcome = forger.outcome(".".join(parts))
        assert isinstance(outcome, VerifiedClaims) == (changed == decode(segment))


@given(data=st.data())
@settings(max_examples=200)
def test_mangled_json_breaks_the_reader_of_a_genuine_token(
    forger: Forger, data: st.DataObject
) -> None:
    """Whatever bytes the issuer signs, what verifies is what another JSON reader finds there."""
    payload = data.draw(mutations(literal(CLAIMS, {}).encode(), st.binary(max_size=4)))
    outcome = forger.outcome(forger.token(literal(HEADER, {}), payload))
    if isinstance(outcome, VerifiedClaims):
        assert_says(outcome, json.loads(payload))


@given(changes=st.dictionaries(NAMES, JSON, max_size=3))
@settings(max_examples=300)
def test_odd_claims_break_the_reader_of_a_genuine_token(
    forger: Forger, changes: dict[str, Any]
) -> None:
    """Claims of any JSON value verify to themselves or are refused."""
    texts: dict[str, str | None] = {name: json.dumps(value) for name, value in changes.items()}
    outcome = forger.outcome(forger.token(literal(HEADER, {}), literal(CLAIMS, texts)))
    if isinstance(outcome, VerifiedClaims):
        assert_says(outcome, json.loads(literal(CLAIMS, texts)))


def assert_says(claims: VerifiedClaims, members: dict[str, Any]) -> None:
    pod = members["kubernetes.io"]
    assert claims.issuer == members["iss"] == URL
    assert claims.subject == members["sub"]
    assert claims.subject == f"system:serviceaccount:{pod['namespace']}:{claims.service_account}"
    assert list(claims.audience) in (members["aud"], [members["aud"]])
    assert POD_IDENTITY_AUDIENCE in claims.audience
    assert claims.expires_at.timestamp() == members["exp"] > NOW.timestamp()
    assert claims.issued_at.timestamp() == members["iat"]
    assert claims.token_id == members.get("jti")
    assert claims.namespace == pod["namespace"]
    assert claims.service_account == pod["serviceaccount"]["name"]
    assert claims.service_account_uid == pod["serviceaccount"].get("uid")
    assert (claims.pod_name, claims.pod_uid) == (pod["pod"]["name"], pod["pod"]["uid"])
    assert claims.node_name == (pod.get("node") or {}).get("name")


@given(header=st.binary(max_size=60), payload=st.binary(max_size=60))
@settings(max_examples=100)
def test_any_signed_bytes_break_the_reader(forger: Forger, header: bytes, payload: bytes) -> None:
    """A signature over nonsense makes no token of it."""
    for token in (forger.token(header, payload), forger.token(literal(HEADER, {}), payload)):
        assert isinstance(forger.outcome(token), str)


@given(text=st.text() | mutations("a.eyJpc3MiOiJ4In0.c", TEXT))
@settings(max_examples=300)
def test_any_text_breaks_the_readers_without_verification(text: str) -> None:
    """Reading without verification raises its two errors only, and finding the issuer none."""
    issuer = unverified_issuer(text)
    assert issuer is None or issuer
    with pytest.raises((MalformedToken, TokenRefused)):
        read_unverified(text)
