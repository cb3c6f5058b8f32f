"""What hostile clients send, as hypothesis draws it."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: The same bounded examples every time: a failure in one run is a failure in the next.
HOSTILE = settings(
    max_examples=25,
    database=None,
    suppress_health_check=[
        # One cluster serves all examples of a test: each leaves it as it was.
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)

AWKWARD_TEXTS = (
    "",
    " ",
    "\0",
    "a\n",
    "\ud800",
    "\udfff\ud800",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "\N{LATIN SMALL LETTER DOTLESS I}",
    "é" * 300,
    "a" * 10_000,
    "../../etc",
    "%s%n{0}{x.__class__}",
    "${jndi:ldap://x}",
    "arn:aws:iam::123456789012:role/",
    "arn:aws:iam::123456789012:role/a\nb",
    "arn:aws:iam::123456789012:user/x",
    "arn:::::",
    "$context",
    "true",
    "null",
    "{}",
    "-1",
    "1e999",
)

#: Any characters, lone surrogates among them.
texts = st.one_of(st.sampled_from(AWKWARD_TEXTS), st.text(st.characters(), max_size=40))

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**30, -(10**400), 2**63, 1e308, float("inf"), float("nan"), -0.0]),
    st.floats(),
    texts,
)

json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)

#: What stands where a JSON object should: other values, and what is no JSON at all.
bodies = st.one_of(
    json_values.map(lambda value: json.dumps(value).encode("ascii")),
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"",
            b"{",
            b"\xff\xfe{}",
            b"\xef\xbb\xbf{}",
            '{"namespace": "shop"}'.encode("utf-16"),
            b'{"namespace": "\xff"}',
            b'{"namespace": "a", "namespace": "b"}',
            b'{"namespace": ' + b"9" * 5000 + b"}",
            b'{"namespace": 1e999999}',
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"{}" * 2,
            b"\0" * 100,
            b"Action=AssumeRole&Version=2011-06-15",
            b"key=1&file=2",
        ]
    ),
)

_segment_characters = st.characters(min_codepoint=33, exclude_characters="?#/", codec="utf-8")
_segments = st.one_of(
    st.sampled_from(
        [
            "",
            ".",
            "..",
            "%2F",
            "%2e%2e",
            "%00",
            "%",
            "%zz",
            "%C3%28",
            "%FF",
            "%ud800",
            "é",
            "日本",
            "a" * 5000,
            "prod-blue%2Fx",
            "prod-blue%00",
            "PROD-BLUE",
            "a-00000000000000000",
            "a-%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9",
            "+",
            ";a=b",
            "$%7Bx%7D",
        ]
    ),
    st.text(_segment_characters, max_size=12),
)
segments = _segments.map(
    # In-process a URL is text that a client has quoted already; only the escapes may be wrong.
    lambda text: "".join(
        character if character.isascii() else "".join(f"%{byte:02X}" for byte in character.encode())
        for character in text
    )
)

queries = st.one_of(
    st.sampled_from(
        [
            "maxResults=",
            "maxResults=abc",
            "maxResults=-1",
            "maxResults=0",
            "maxResults=101",
            "maxResults=1e2",
            "maxResults=" + "9" * 5000,
            "maxResults=%EF%BC%91",
            "maxResults=1&maxResults=2",
            "maxResults[]=1",
            "namespace=%FF",
            "namespace=%00&serviceAccount=%ED%A0%80",
            "nextToken=",
            "nextToken=====",
            "nextToken=" + "A" * 5000,
            "nextToken=%00",
            "nextToken=%C3%A9",
            "Action=CreateCluster",
            "Action=DeletePodIdentityAssociation",
            "Action=NoSuchThing",
            "Action=",
            "Action=__init__",
            "Version=2011-06-15&Action=AssumeRole",
            "AWSAccessKeyId=%FF",
            "tagKeys=",
            "tagKeys=%FF&tagKeys=%00",
            "&&&===;;;",
            "%",
            "%FF=%FF",
        ]
    ),
    st.text(
        st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=30
    ),
)
