"""Tokens as the agent reads them. The expected texts are what golang-jwt 5.2.2 answered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from agents import segment, unsigned
from hypothesis import example, given
from hypothesis import strategies as st

from moto_eks_podid.agent.go_json import GoJSONError, loads
from moto_eks_podid.agent.go_jwt import UnreadableToken, parse

MALFORMED = "token is malformed: "
HEADER = MALFORMED + "could not JSON decode header: "
CLAIM = MALFORMED + "could not JSON decode claim: "

UNREADABLE = {
    "no segments": ("abc", MALFORMED + "token contains an invalid number of segments"),
    "four segments": ("a.b.c.d", MALFORMED + "token contains an invalid number of segments"),
    "bearer": (
        "Bearer eyJ.x.y",
        MALFORMED + "could not base64 decode header: illegal base64 data at input byte 6",
    ),
    "padding": (
        f"{segment('{}')}=.x.y",
        MALFORMED + "could not base64 decode header: illegal base64 data at input byte 3",
    ),
    "one character left over": (
        f"{segment('{}')}.abcde.y",
        MALFORMED + "could not base64 decode claim: illegal base64 data at input byte 4",
    ),
    "empty header": ("..", HEADER + "unexpected end of JSON input"),
    "header a list": (
        unsigned({}, "[]"),
        HEADER + "json: cannot unmarshal array into Go value of type map[string]interface {}",
    ),
    "number in the header": (
        unsigned({}, '{"a":[{"b":1e999}]}'),
        HEADER + "json: cannot unmarshal number 1e999 into Go value of type float64",
    ),
    "claims a list": (
        unsigned("[]"),
        CLAIM + "json: cannot unmarshal array into Go value of type jwt.RegisteredClaims",
    ),
    "issuer a number": (
        unsigned({"iss": 1}),
        CLAIM
        + "json: cannot unmarshal number into Go struct field RegisteredClaims.iss of type string",
    ),
    "audience a number": (unsigned({"aud": 1}), CLAIM + "invalid type for claim"),
    "audience with a number": (unsigned({"aud": ["a", 1]}), CLAIM + "invalid type for claim"),
    "expiry a list": (
        unsigned({"exp": []}),
        CLAIM + "could not parse NumericData: json: cannot unmarshal array "
        "into Go value of type json.Number",
    ),
    "expiry a word": (
        unsigned({"iss": 1, "exp": "x"}),
        CLAIM + "could not parse NumericData: json: invalid number literal, "
        'trying to unmarshal "\\"x\\"" into Number',
    ),
    "expiry too large": (
        unsigned('{"exp":1e999}'),
        CLAIM + "could not convert json number value to float: strconv.ParseFloat: "
        'parsing "1e999": value out of range',
    ),
    "no algorithm": (
        unsigned({}, "{}"),
        "token is unverifiable: signing method (alg) is unspecified",
    ),
    "header null": (
        unsigned({}, "null"),
        "token is unverifiable: signing method (alg) is unspecified",
    ),
    "unknown algorithm": (
        unsigned({}, '{"alg":"HS1"}'),
        "token is unverifiable: signing method (alg) is unavailable",
    ),
}


@pytest.mark.parametrize(("token", "text"), UNREADABLE.values(), ids=list(UNREADABLE))
def test_refusal_reads_differently(token: str, text: str) -> None:
    """What is no token is refused in the words of the real agent's library."""
    with pytest.raises(UnreadableToken) as caught:
        parse(token)
    assert str(caught.value) == text


BROKEN_JSON = {
    "": "unexpected end of JSON input",
    "{": "unexpected end of JSON input",
    '{"a"': "unexpected end of JSON input",
    '"\\u12': "invalid character ' ' in \\u hexadecimal character escape",
    "nul": "invalid character ' ' in literal null (expecting 'l')",
    "-": "invalid character ' ' in numeric literal",
    "1.": "invalid character ' ' after decimal point in numeric literal",
    "1e+": "invalid character ' ' in exponent of numeric literal",
    "'": "invalid character '\\'' looking for beginning of value",
    "[,": "invalid character ',' looking for beginning of value",
    "[1 2": "invalid character '2' after array element",
    '{"a" 1': "invalid character '1' after object key",
    '{"a":1 "': "invalid character '\"' after object key:value pair",
    "{a": "invalid character 'a' looking for beginning of object key string",
    '{"a":1,}': "invalid character '}' looking for beginning of object key string",
    '"\\x': "invalid character 'x' in string escape code",
    '"\n': "invalid character '\\n' in string literal",
    "trux": "invalid character 'x' in literal true (expecting 'e')",
    "01": "invalid character '1' after top-level value",
    "NaN": "invalid character 'N' looking for beginning of value",
    "\x00": "invalid character '\\x00' looking for beginning of value",
    "\ufeff{}": "invalid character 'ï' looking for beginning of value",
    "[" * 100_000: "exceeded max depth",
}


@pytest.mark.parametrize(("text", "message"), BROKEN_JSON.items(), ids=range(len(BROKEN_JSON)))
def test_json_error_reads_differently(text: str, message: str) -> None:
    """Broken JSON is refused in Go's words, at the byte at which Go stops."""
    with pytest.raises(GoJSONError) as caught:
        loads(text.encode())
    assert str(caught.value) == message


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    """Go replaces what is not UTF-8 inside of a string, and escaped halves of pairs are JSON."""
    assert loads(b'"\xff"') == "\N{REPLACEMENT CHARACTER}"
    assert loads(rb'"\ud800"') == "\ud800"


@pytest.mark.parametrize(
    ("claims", "expires_at"),
    [
        ({}, None),
        ({"exp": 12.9}, 12),
        ({"EXP": 12}, 12),
        ({"exp": "12"}, 12),
        ({"exp": None}, None),
        ({"exp": 1e19}, float("-inf")),
    ],
)
def test_expiry_is_another_time(claims: dict[str, object], expires_at: float | None) -> None:
    """Dates are whole seconds; Go takes them in quotes, under names in capital letters, and a
    number beyond its range is the remotest past."""
    assert parse(unsigned(claims)).expires_at == expires_at


def test_token_is_judged_at_another_moment() -> None:
    """A token is good from its very first second, until right before its last; both failures are
    told."""
    token = parse(unsigned({"nbf": 10, "exp": 20}))
    assert token.time_failures(9.9) == ["token is not valid yet"]
    assert token.time_failures(10) == []
    assert token.time_failures(19.9) == []
    assert token.time_failures(20) == ["token is expired"]
    upside_down = parse(unsigned({"nbf": 20, "exp": 10}))
    assert upside_down.time_failures(15) == ["token is expired", "token is not valid yet"]


def refusal(read: Callable[[], object], error: type[Exception]) -> str | None:
    """The message of an error, None where there is none."""
    try:
        read()
    except error as raised:
        return str(raised)
    return None


@given(st.text() | st.lists(st.text(max_size=20), min_size=3, max_size=3).map(".".join))
@example("é.b.c")
def test_text_fails_otherwise_than_as_unreadable(token: str) -> None:
    """Whatever text comes is a token, or unreadable."""
    text = refusal(lambda: parse(token), UnreadableToken)
    assert text is None or text.startswith("token is ")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.sampled_from(["iss", "exp", "nbf", "aud", "kubernetes.io", "x"]),
)
def test_claim_fails_otherwise_than_as_unreadable(value: object, claim: str) -> None:
    """Whatever JSON a claim is, the token is read or unreadable."""
    text = refusal(lambda: parse(unsigned({claim: value})), UnreadableToken)
    assert text is None or text.startswith(CLAIM)


@given(st.binary())
def test_bytes_fail_otherwise_than_as_json(data: bytes) -> None:
    """Whatever bytes come are JSON, or refused with a reason."""
    assert refusal(lambda: loads(data), GoJSONError) != ""
