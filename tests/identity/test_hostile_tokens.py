"""Tokens made to deceive or to break whoever reads them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from moto_eks_podid.identity.errors import MalformedToken, Refusal
from moto_eks_podid.identity.tokens import (
    MAX_TOKEN_LENGTH,
    VerifiedClaims,
    read_unverified,
)
from tests.identity.token_forger import (
    CLAIMS,
    HEADER,
    KID,
    MALFORMED,
    REMOVED,
    Forger,
    encode,
    literal,
)


def test_the_forger_cannot_sign(forger: Forger) -> None:
    """The forger's own signature is good, so what follows is refused for its content."""
    assert forger.check(forger.genuine()).pod_name == "cart-1"


def signed_by_hmac(forger: Forger) -> str:
    """The classic confusion: the public key, which everybody has, used as a shared secret."""
    pem = forger.key.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = literal(HEADER, {"alg": '"HS256"'}).encode()
    signing_input = f"{encode(header)}.{encode(literal(CLAIMS, {}).encode())}"
    digest = hmac.new(pem, signing_input.encode(), hashlib.sha256).digest()
    return f"{signing_input}.{encode(digest)}"


def signed_by(algorithm: str, key: Any, **header: Any) -> str:
    claims = json.loads(literal(CLAIMS, {}))
    return jwt.encode(claims, key, algorithm, headers={"kid": KID, **header})


def unsigned(forger: Forger) -> str:
    header = literal(HEADER, {"alg": '"none"'}).encode()
    return f"{encode(header)}.{encode(literal(CLAIMS, {}).encode())}."


def signed_by_embedded_key(forger: Forger) -> str:
    mine = rsa.generate_private_key(65537, 2048)
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(mine.public_key(), as_dict=True)
    return signed_by("RS256", mine, jwk=jwk)


ALGORITHMS: dict[str, Callable[[Forger], str]] = {
    "no signature": unsigned,
    "no signature but an algorithm": lambda forger: forger.genuine().rpartition(".")[0] + ".",
    "none with a good signature": lambda forger: forger.with_header(alg='"none"'),
    "HS256 with the public key": signed_by_hmac,
    "HS256 in a header with a good signature": lambda forger: forger.with_header(alg='"HS256"'),
    "RS512": lambda forger: signed_by("RS512", forger.key.private_key),
    "PS256": lambda forger: signed_by("PS256", forger.key.private_key),
    "ES256": lambda forger: signed_by("ES256", ec.generate_private_key(ec.SECP256R1())),
    "the key in the header": signed_by_embedded_key,
    "another name for RS256": lambda forger: forger.with_header(alg='"rs256"'),
    "a list of algorithms": lambda forger: forger.with_header(alg='["RS256"]'),
    "a nested algorithm": lambda forger: forger.with_header(alg='{"RS256":1}'),
    "no algorithm": lambda forger: forger.with_header(alg=REMOVED),
    "a null algorithm": lambda forger: forger.with_header(alg="null"),
}
BAD_SIGNATURES = {"no signature but an algorithm", "the key in the header"}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_token_chooses_how_it_is_verified(forger: Forger, name: str) -> None:
    """Only RS256 with the issuer's own key counts, whatever the header proposes."""
    expected = Refusal.BAD_SIGNATURE if name in BAD_SIGNATURES else Refusal.WRONG_ALGORITHM
    assert forger.outcome(ALGORITHMS[name](forger)) is expected


HEADERS: dict[str, tuple[dict[str, str | None], Refusal | str]] = {
    "no key id": ({"kid": REMOVED}, Refusal.UNKNOWN_KEY),
    "a null key id": ({"kid": "null"}, Refusal.UNKNOWN_KEY),
    "an empty key id": ({"kid": '""'}, Refusal.UNKNOWN_KEY),
    "a number for a key id": ({"kid": "7"}, Refusal.UNKNOWN_KEY),
    "a huge number for a key id": ({"kid": "7" * 4000}, Refusal.UNKNOWN_KEY),
    "a list for a key id": ({"kid": f'["{KID}"]'}, Refusal.UNKNOWN_KEY),
    "an object for a key id": ({"kid": "{}"}, Refusal.UNKNOWN_KEY),
    "another key id": ({"kid": f'"{KID[::-1]}"'}, Refusal.UNKNOWN_KEY),
    "another case": ({"kid": f'"{KID.upper()}"'}, Refusal.UNKNOWN_KEY),
    "a path for a key id": ({"kid": '"../../dev/null"'}, Refusal.UNKNOWN_KEY),
    "line breaks in a key id": ({"kid": '"a\\r\\nX-Header: b"'}, Refusal.UNKNOWN_KEY),
    "a long key id": ({"kid": f'"{"k" * 14_000}"'}, Refusal.UNKNOWN_KEY),
    "a key id of a megabyte": ({"kid": f'"{"k" * 1_000_000}"'}, MALFORMED),
    "half a surrogate pair for a key id": ({"kid": '"\\ud800"'}, MALFORMED),
    "critical extensions": ({"crit": '["exp"]'}, Refusal.UNSUPPORTED_HEADER),
    "critical b64": ({"crit": '["b64"]', "b64": "false"}, Refusal.UNSUPPORTED_HEADER),
    "no critical extensions": ({"crit": "[]"}, Refusal.UNSUPPORTED_HEADER),
    "null critical extensions": ({"crit": "null"}, Refusal.UNSUPPORTED_HEADER),
    "nothing": (dict.fromkeys(HEADER), Refusal.WRONG_ALGORITHM),
}


@pytest.mark.parametrize(("changes", "expected"), HEADERS.values(), ids=HEADERS)
def test_a_strange_header_is_accepted(
    forger: Forger, changes: dict[str, str | None], expected: Refusal | str
) -> None:
    """A header must name a known key and must not ask for extensions, even if the rest is good."""
    assert forger.outcome(forger.with_header(**changes)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"jku": '"http://127.0.0.1:9/keys"'},
        {"x5u": '"http://127.0.0.1:9/keys"'},
        {"x5c": '["AAAA"]'},
        {"jwk": '{"kty":"oct","k":"AAAA"}'},
        {"jwk": "7"},
        {"typ": REMOVED},
    ],
    ids=str,
)
def test_a_pointer_to_another_key_is_followed(
    forger: Forger, changes: dict[str, str | None]
) -> None:
    """What a header says about keys beside the key id is not looked at."""
    assert forger.outcome(forger.with_header(**changes)) == forger.check(forger.genuine())


ORDER: list[tuple[Refusal | str, dict[str, str | None], dict[str, str | None]]] = [
    (MALFORMED, {}, {"x": "NaN"}),
    (Refusal.WRONG_ALGORITHM, {"alg": '"none"'}, {}),
    (Refusal.UNSUPPORTED_HEADER, {"crit": "[]"}, {}),
    (Refusal.UNKNOWN_ISSUER, {}, {"iss": '"https://example.com"'}),
    (Refusal.UNKNOWN_KEY, {"kid": '"other"'}, {}),
    (Refusal.WRONG_CLAIM, {}, {"iat": '"today"'}),
    (Refusal.NOT_YET_VALID, {}, {"nbf": "253402300799"}),
    (Refusal.EXPIRED, {}, {"exp": "0"}),
    (Refusal.WRONG_AUDIENCE, {}, {"aud": '["other"]'}),
    (Refusal.MISSING_CLAIM, {}, {"kubernetes.io": None}),
]


@pytest.mark.parametrize("first", range(len(ORDER)), ids=[str(row[0]) for row in ORDER])
def test_another_fault_is_reported(forger: Forger, first: int) -> None:
    """Of several faults the first in the order of the checks is reported."""
    header: dict[str, str | None] = {}
    claims: dict[str, str | None] = {}
    for _, header_changes, claim_changes in ORDER[first:]:
        header |= header_changes
        claims |= claim_changes
    token = forger.token(literal(HEADER, header), literal(CLAIMS, claims))
    assert forger.outcome(token) == ORDER[first][0]


def test_a_forged_token_tells_more_than_its_forgery(forger: Forger) -> None:
    """The signature is judged before the claims, so a forger learns nothing about them."""
    token = forger.token(
        literal(HEADER, {}), literal(CLAIMS, {"exp": "0", "aud": "7", "kubernetes.io": None})
    )
    assert forger.outcome(token[:-8] + "AAAAAAAA") is Refusal.BAD_SIGNATURE


def segments(change: Callable[[str, str, str], str]) -> Callable[[Forger], str]:
    return lambda forger: change(*forger.genuine().split("."))


def header_of(header: str | bytes) -> Callable[[Forger], str]:
    return lambda forger: forger.token(header, literal(CLAIMS, {}))


def payload_of(payload: str | bytes) -> Callable[[Forger], str]:
    return lambda forger: forger.token(literal(HEADER, {}), payload)


GOOD_HEADER = literal(HEADER, {})
GOOD_PAYLOAD = literal(CLAIMS, {})
MANGLED: dict[str, Callable[[Forger], str]] = {
    "empty": lambda forger: "",
    "dots only": lambda forger: "..",
    "a word": lambda forger: "token",
    "one segment": segments(lambda h, p, s: h),
    "two segments": segments(lambda h, p, s: f"{h}.{p}"),
    "four segments": segments(lambda h, p, s: f"{h}.{p}.{s}.{s}"),
    "five segments, as JWE has": segments(lambda h, p, s: f"{h}.{p}.{s}.{s}.{s}"),
    "an empty header": segments(lambda h, p, s: f".{p}.{s}"),
    "an empty payload": segments(lambda h, p, s: f"{h}..{s}"),
    "a leading dot": segments(lambda h, p, s: f".{h}.{p}.{s}"),
    "a trailing dot": segments(lambda h, p, s: f"{h}.{p}.{s}."),
    "Bearer before it": segments(lambda h, p, s: f"Bearer {h}.{p}.{s}"),
    "a line feed after it": segments(lambda h, p, s: f"{h}.{p}.{s}\n"),
    "a space before it": segments(lambda h, p, s: f" {h}.{p}.{s}"),
    "a line feed in the payload": segments(lambda h, p, s: f"{h}.{p[:9]}\n{p[9:]}.{s}"),
    "a null character in the header": segments(lambda h, p, s: f"{h}\0.{p}.{s}"),
    "a padded signature": segments(lambda h, p, s: f"{h}.{p}.{s}=="),
    "padding in the middle": segments(lambda h, p, s: f"{h}.{p}.{s[:8]}={s[8:]}"),
    "padding alone": segments(lambda h, p, s: f"{h}.{p}.===="),
    "one character too many": segments(lambda h, p, s: f"{h}.{p}.{s}A" if len(s) % 4 == 0 else s),
    "standard base64": segments(lambda h, p, s: f"{h}.{p}.+{s[1:]}"),
    "a slash": segments(lambda h, p, s: f"{h}.{p}.{s[:-4]}/{s[-3:]}"),
    "left-over bits": segments(lambda h, p, s: f"{h}.{p}.{s[:-1]}{chr(ord(s[-1]) + 1)}"),
    "a letter that is not ASCII": segments(lambda h, p, s: f"{h}.{p}.{s[:-1]}é"),
    "a full-width digit": segments(lambda h, p, s: f"{h}.{p}.{s[:-1]}\uff11"),
    "half a surrogate pair": segments(lambda h, p, s: f"{h}.{p}.{s[:-1]}\ud800"),
    "a header with a member twice": header_of(GOOD_HEADER[:-1] + ',"alg":"RS256"}'),
    "a header in a list": header_of(f"[{GOOD_HEADER}]"),
    "a header that is a text": header_of('"RS256"'),
    "a header that is not JSON": header_of("alg"),
    "a header with more after it": header_of(GOOD_HEADER + "{}"),
    "a header in single quotes": header_of(GOOD_HEADER.replace('"', "'")),
    "a header in Latin-1": header_of(b'{"alg":"RS256","kid":"\xe9"}'),
    "a header in UTF-16": header_of(GOOD_HEADER.encode("utf-16")),
    "a header after a byte order mark": header_of(GOOD_HEADER.encode("utf-8-sig")),
    "a payload with a member twice": payload_of(GOOD_PAYLOAD[:-1] + ',"sub":"admin"}'),
    "a nested member twice": payload_of(literal(CLAIMS, {"x": '{"a":1,"a":2}'})),
    "a member twice, once escaped": payload_of(GOOD_PAYLOAD[:-1] + ',"s\\u0075b":"admin"}'),
    "a payload in a list": payload_of(f"[{GOOD_PAYLOAD}]"),
    "a payload that is null": payload_of("null"),
    "a payload that is not JSON": payload_of(GOOD_PAYLOAD[:-1]),
    "a payload in UTF-16": payload_of(GOOD_PAYLOAD.encode("utf-16")),
    "a payload in UTF-32": payload_of(GOOD_PAYLOAD.encode("utf-32-le")),
    "a payload that is no UTF-8": payload_of(GOOD_PAYLOAD.encode()[:-1] + b',"x":"\xff"}'),
    "an overlong UTF-8 form": payload_of(GOOD_PAYLOAD.encode()[:-1] + b',"x":"\xc0\xaf"}'),
    "a surrogate in UTF-8": payload_of(GOOD_PAYLOAD.encode()[:-1] + b',"x":"\xed\xa0\x80"}'),
    "half an escaped pair in a value": payload_of(literal(CLAIMS, {"sub": '"\\udc00"'})),
    "half an escaped pair in a name": payload_of(literal(CLAIMS, {"\\ud800": "1"})),
    "half an escaped pair deep inside": payload_of(literal(CLAIMS, {"x": '[{"a":"\\uDBFF"}]'})),
    "a control character in a text": payload_of(literal(CLAIMS, {"x": '"\n"'})),
    "a comment": payload_of(GOOD_PAYLOAD + "//"),
    "too long": lambda forger: "A" * (MAX_TOKEN_LENGTH + 1),
    "a megabyte of dots": lambda forger: "." * 1_000_000,
}


@pytest.mark.parametrize("build", MANGLED.values(), ids=MANGLED)
def test_a_text_that_is_no_token_is_one(forger: Forger, build: Callable[[Forger], str]) -> None:
    """What is not exactly a JWT in compact form is malformed, though its signature be good."""
    token = build(forger)
    assert forger.outcome(token) == MALFORMED
    with pytest.raises(MalformedToken):
        read_unverified(token)


@pytest.mark.parametrize("value", [b"a.b.c", None, 7, ["a.b.c"]], ids=str)
def test_something_that_is_no_text_breaks_the_reader(forger: Forger, value: Any) -> None:
    """A value that is no text is malformed like a text that is no token."""
    with pytest.raises(MalformedToken):
        forger.check(value)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("member", ["kid", "alg", "crit"])
def test_a_deeply_nested_header_breaks_the_reader(
    forger: Forger, opening: str, member: str
) -> None:
    """Nesting that exhausts the parser's stack is refused like any other nonsense."""
    for depth in (300, 1000, 12_000 // len(opening)):
        nested = opening * depth + "1" + {"[": "]", '{"a":': "}"}[opening] * depth
        for text in (nested, nested[: 12_000 // 2]):
            assert isinstance(forger.outcome(forger.with_header(**{member: text})), str)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("claim", [*CLAIMS, "other"])
def test_deeply_nested_claims_break_the_reader(forger: Forger, opening: str, claim: str) -> None:
    """A deeply nested claim is refused; where nothing reads it, the token may also verify."""
    for depth in (300, 1000, 12_000 // len(opening) // 2):
        nested = opening * depth + '"\\u0041"' + {"[": "]", '{"a":': "}"}[opening] * depth
        outcome = forger.outcome(forger.with_claim(claim, nested))
        if claim == "other" and isinstance(outcome, VerifiedClaims):
            assert outcome == forger.check(forger.genuine())
        else:
            assert isinstance(outcome, str)


def test_the_longest_token_is_too_long(forger: Forger) -> None:
    """A token of just the greatest length verifies, and one a character longer does not."""
    lengths: dict[int, str] = {}
    for spaces in range(12):
        for digits in range(14_250, 14_300):
            header = encode((" " * spaces + GOOD_HEADER).encode())
            payload = encode(literal(CLAIMS, {"jti": f'"{"1" * digits}"'}).encode())
            lengths[len(f"{header}.{payload}.") + 342] = f"{header}.{payload}"
    longest, longer = (forger.sign(lengths[MAX_TOKEN_LENGTH + more]) for more in (0, 1))
    assert (len(longest), len(longer)) == (MAX_TOKEN_LENGTH, MAX_TOKEN_LENGTH + 1)
    assert isinstance(forger.outcome(longest), VerifiedClaims)
    assert forger.outcome(longer) == MALFORMED
