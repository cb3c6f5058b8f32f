"""Genuine tokens whose claims are not what they should be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moto_eks_podid.identity.errors import Refusal
from moto_eks_podid.identity.tokens import (
    POD_IDENTITY_AUDIENCE,
    VerifiedClaims,
    verify,
)
from tests.identity.token_forger import (
    CLAIMS,
    HEADER,
    MALFORMED,
    NOW,
    REMOVED,
    URL,
    Forger,
    literal,
)

NO_TIMES = {
    "a text": ('"1760000000"', Refusal.WRONG_CLAIM),
    "true": ("true", Refusal.WRONG_CLAIM),
    "false": ("false", Refusal.WRONG_CLAIM),
    "a fraction": ("1760000000.5", Refusal.WRONG_CLAIM),
    "a whole fraction": ("1760000000.0", Refusal.WRONG_CLAIM),
    "an exponent": ("1e10", Refusal.WRONG_CLAIM),
    "more than any fraction": ("1e999", Refusal.WRONG_CLAIM),
    "negative": ("-1", Refusal.WRONG_CLAIM),
    "in the year 10000": ("253402300800", Refusal.WRONG_CLAIM),
    "more than 64 bits": (str(2**64), Refusal.WRONG_CLAIM),
    "more than a double": ("9" * 400, Refusal.WRONG_CLAIM),
    "a list": ("[1760000000]", Refusal.WRONG_CLAIM),
    "an object": ("{}", Refusal.WRONG_CLAIM),
    "no number": ("NaN", MALFORMED),
    "endless": ("Infinity", MALFORMED),
    "endless backwards": ("-Infinity", MALFORMED),
    "no JSON": ("01", MALFORMED),
}


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize(("text", "expected"), NO_TIMES.values(), ids=NO_TIMES)
def test_something_else_passes_for_a_time(
    forger: Forger, claim: str, text: str, expected: Refusal | str
) -> None:
    """A time is whole seconds from 1970 to the year 9999, in a genuine token as in any other."""
    assert forger.outcome(forger.with_claim(claim, text)) == expected


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
def test_a_number_of_thousands_of_digits_is_read(forger: Forger, claim: str) -> None:
    """A number that takes long to read is refused in one way or the other."""
    outcome = forger.outcome(forger.with_claim(claim, "9" * 9000))
    assert outcome in (MALFORMED, Refusal.WRONG_CLAIM)


@pytest.mark.parametrize(
    ("claim", "text", "expected"),
    [
        ("exp", "0", Refusal.EXPIRED),
        ("exp", "253402300799", VerifiedClaims),
        ("iat", "0", VerifiedClaims),
        ("iat", "253402300799", VerifiedClaims),
        ("nbf", "0", VerifiedClaims),
        ("nbf", "253402300799", Refusal.NOT_YET_VALID),
        ("nbf", REMOVED, VerifiedClaims),
        ("nbf", "null", VerifiedClaims),
        ("jti", REMOVED, VerifiedClaims),
        ("aud", f'"{POD_IDENTITY_AUDIENCE}"', VerifiedClaims),
        ("other", "[[[]]]", VerifiedClaims),
    ],
)
def test_a_rare_but_good_claim_is_refused(
    forger: Forger, claim: str, text: str | None, expected: Any
) -> None:
    """The first and last second count as times, and what may be missing may."""
    outcome = forger.outcome(forger.with_claim(claim, text))
    assert (type(outcome) if expected is VerifiedClaims else outcome) is expected


NO_TEXTS = ['""', "7", "true", "1.5", "[]", '["a"]', "{}", '{"a":"b"}']


@pytest.mark.parametrize("claim", ["iss", "sub", "jti"])
@pytest.mark.parametrize("text", NO_TEXTS)
def test_something_else_passes_for_a_name(forger: Forger, claim: str, text: str) -> None:
    """Issuer, subject and token id are texts with at least a character."""
    assert forger.outcome(forger.with_claim(claim, text)) is Refusal.WRONG_CLAIM


@pytest.mark.parametrize("text", ["7", "true", "{}", "[7]", "[null]", "[[]]", '["a", {}]'])
def test_something_else_passes_for_an_audience(forger: Forger, text: str) -> None:
    """An audience is a text or a list of texts."""
    assert forger.outcome(forger.with_claim("aud", text)) is Refusal.WRONG_CLAIM


@pytest.mark.parametrize("text", [REMOVED, "null"], ids=["missing", "null"])
@pytest.mark.parametrize("claim", ["aud", "exp", "iat", "iss", "sub", "kubernetes.io"])
def test_a_needed_claim_is_not_missed(forger: Forger, claim: str, text: str | None) -> None:
    """Without a claim that a pod's token always has, a token is refused."""
    assert forger.outcome(forger.with_claim(claim, text)) is Refusal.MISSING_CLAIM


POD_CLAIMS = {
    ("namespace",): True,
    ("serviceaccount", "name"): True,
    ("serviceaccount", "uid"): False,
    ("pod", "name"): True,
    ("pod", "uid"): True,
    ("node", "name"): False,
}


def pod_claims(path: tuple[str, ...], value: Any, *, remove: bool = False) -> str:
    members = json.loads(CLAIMS["kubernetes.io"])
    parent = members
    for name in path[:-1]:
        parent = parent[name]
    if remove:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return json.dumps(members)


@pytest.mark.parametrize(("path", "required"), POD_CLAIMS.items(), ids=map("/".join, POD_CLAIMS))
def test_a_pod_without_a_name(forger: Forger, path: tuple[str, ...], required: bool) -> None:
    """Namespace, service account, pod name and pod uid must be there; each is a non-empty text."""
    for text in (pod_claims(path, None, remove=True), pod_claims(path, None)):
        outcome = forger.outcome(forger.with_claim("kubernetes.io", text))
        if required:
            assert outcome is Refusal.MISSING_CLAIM
        else:
            assert isinstance(outcome, VerifiedClaims)
    wrong: tuple[Any, ...] = ("", 7, True, [], {}, ["cart"])
    for value in wrong:
        text = pod_claims(path, value)
        assert forger.outcome(forger.with_claim("kubernetes.io", text)) is Refusal.WRONG_CLAIM


@pytest.mark.parametrize("member", ["serviceaccount", "pod", "node"])
@pytest.mark.parametrize("value", ["cart", 7, True, [], ["name"]], ids=str)
def test_a_pod_claim_of_another_shape(forger: Forger, member: str, value: Any) -> None:
    """Service account, pod and node are objects if they are there."""
    text = pod_claims((member,), value)
    assert forger.outcome(forger.with_claim("kubernetes.io", text)) is Refusal.WRONG_CLAIM


@pytest.mark.parametrize("text", ['"shop"', "7", "[]", "true"])
def test_the_pod_claims_are_no_object(forger: Forger, text: str) -> None:
    """The pod's claims are an object, and what else they are is refused."""
    assert forger.outcome(forger.with_claim("kubernetes.io", text)) is Refusal.WRONG_CLAIM


@pytest.mark.parametrize(
    "subject",
    [
        "system:serviceaccount:shop:admin",
        "system:serviceaccount:other:cart",
        "system:serviceaccount:shop:cart:",
        "system:serviceaccount:shop:cart ",
        "System:ServiceAccount:shop:cart",
        "system:node:n1",
        "cart",
    ],
)
def test_the_subject_is_another_service_account(forger: Forger, subject: str) -> None:
    """The subject must be the service account that the pod's claims name."""
    token = forger.with_claim("sub", json.dumps(subject))
    assert forger.outcome(token) is Refusal.WRONG_CLAIM


def test_a_user_of_a_trusted_issuer_needs_a_pod(forger: Forger) -> None:
    """Where no pod is asked for, a token without one verifies."""
    token = forger.token(
        literal(HEADER, {}), literal(CLAIMS, {"kubernetes.io": None, "sub": '"me"'})
    )
    claims = verify(
        token,
        key_sets={URL: forger.issuer},
        audiences=[POD_IDENTITY_AUDIENCE],
        now=NOW,
        pod_claims=False,
    )
    assert claims.subject == "me"
