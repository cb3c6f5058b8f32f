"""Hostile query requests to the STS operations that are ours, and to the issuers' documents."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from aws_under_test import ACCOUNT, Aws
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.strategies import AWKWARD_TEXTS, HOSTILE, json_values, segments
from tests.hostile.wire import Pods, assert_survived, encoded, send, signed_for, to_json

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart-reader"
OURS = ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity")

VALID = {
    "Action": "AssumeRole",
    "Version": "2011-06-15",
    "RoleArn": ROLE,
    "RoleSessionName": "session",
    "WebIdentityToken": "header.claims.signature",
}


def post(aws: Aws, body: bytes | str, **headers: str) -> int:
    """Send a query to STS; return the status, after what every answer must keep."""
    raw = body.encode() if isinstance(body, str) else body
    answer = send(aws, "sts", "POST", "/", raw, {**signed_for("sts"), **FORM, **headers})
    assert_survived(answer)
    if answer.status >= 400:
        assert "<Code>" in answer.text
    return answer.status


MALFORMED = {
    "no role": {"RoleArn": None},
    "no session name": {"RoleSessionName": None},
    "role that is no ARN": {"RoleArn": "cart-reader-of-nobody"},
    "role of an account that is none": {"RoleArn": "arn:aws:iam::abc:role/cart-reader"},
    "role of an unknown partition": {"RoleArn": f"arn:aws-mars:iam::{ACCOUNT}:role/cart-reader"},
    "user": {"RoleArn": f"arn:aws:iam::{ACCOUNT}:user/cart-reader"},
    "role without a name": {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/"},
    "colons only": {"RoleArn": ":" * 30},
    "long duration": {"DurationSeconds": "1000000000"},
    "duration with exponent": {"DurationSeconds": "1e9"},
    "negative duration": {"DurationSeconds": "-1"},
    "duration of words": {"DurationSeconds": "ten"},
    "duration of digits of another script": {"DurationSeconds": "١٢٣٤"},
    "endless duration": {"DurationSeconds": "9" * 5000},
    "empty duration": {"DurationSeconds": ""},
    "tag without a key": {"Tags.member.1.Value": "v"},
    "tag without a value": {"Tags.member.1.Key": "k"},
    "tag of number x": {"Tags.member.x.Key": "k", "Tags.member.x.Value": "v"},
    "tag of number 0": {"Tags.member.0.Key": "k", "Tags.member.0.Value": "v"},
    "tag of number -1": {"Tags.member.-1.Key": "k", "Tags.member.-1.Value": "v"},
    "tag of a huge number": {"Tags.member.99999999999.Key": "k"},
    "tag without member": {"Tags.1.Key": "k", "Tags.1.Value": "v"},
    "tags as text": {"Tags": "garbage"},
    "tag as text": {"Tags.member.1": "garbage"},
    "tag in a tag": {"Tags.member.1.Key.member.1.Key": "k"},
    "tag with an unknown member": {"Tags.member.1.Colour": "blue"},
    "transitive keys as text": {"TransitiveTagKeys": "garbage"},
    "transitive key in a key": {"TransitiveTagKeys.member.1.x": "garbage"},
    "transitive key without a tag": {"TransitiveTagKeys.member.1": "k"},
    "policy that is none": {"Policy": "{"},
    "policy that is a number": {"Policy": "1"},
    "deep policy": {"Policy": "[" * 2000},
    "policy ARNs as text": {"PolicyArns": "garbage"},
    "policy ARN as text": {"PolicyArns.member.1": "garbage"},
    "policy ARN with an unknown member": {"PolicyArns.member.1.colour": "blue"},
    "contexts": {"ProvidedContexts.member.1.ProviderArn": "x"},
    "empty source identity": {"SourceIdentity": ""},
    "MFA": {"SerialNumber": "x" * 9, "TokenCode": "abcdef"},
    "empty token": {"WebIdentityToken": ""},
    "long token": {"WebIdentityToken": "a" * 30_000},
    "deep token": {"WebIdentityToken": "W1tb" * 3000 + ".e30.e30"},
    "provider": {"ProviderId": "www.amazon.com"},
    "no version": {"Version": None},
    "unknown version": {"Version": "1999-01-01"},
    "surprise": {"__class__": "x", "Action.member.1": "y"},
}


@pytest.mark.parametrize("action", OURS)
@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED)
def test_malformed_member_crashes(pods: Pods, action: str, change: dict[str, str | None]) -> None:
    """A malformed member is a modelled error or is ignored as AWS's query protocol does."""
    merged = {**VALID, "Action": action, **change}
    post(pods.aws, urlencode({name: value for name, value in merged.items() if value is not None}))


_wellformed = st.text(max_size=40)
_member_names = st.one_of(
    st.sampled_from(
        [
            "RoleArn",
            "RoleSessionName",
            "DurationSeconds",
            "ExternalId",
            "Policy",
            "PolicyArns.member.1.arn",
            "SourceIdentity",
            "Tags.member.1.Key",
            "Tags.member.1.Value",
            "Tags.member.2.Key",
            "TransitiveTagKeys.member.1",
            "WebIdentityToken",
            "ProviderId",
            "Version",
            "AWSAccessKeyId",
            "key",
        ]
    ),
    st.from_regex(r"(Tags|PolicyArns|TransitiveTagKeys)(\.(member|[0-9]|Key|arn|)){0,4}"),
    _wellformed,
)
_member_values = st.one_of(
    _wellformed,
    st.integers().map(str),
    st.sampled_from([text for text in AWKWARD_TEXTS if text.isascii() or "é" in text]),
    st.just(ROLE),
)


@HOSTILE
@given(
    action=st.sampled_from(OURS), change=st.dictionaries(_member_names, _member_values, max_size=4)
)
def test_fuzzed_members_crash(pods: Pods, action: str, change: dict[str, str]) -> None:
    """Members of any name and value: no 5xx, no exception."""
    post(pods.aws, urlencode({**VALID, "Action": action, **change}))


@HOSTILE
@given(
    action=st.one_of(
        st.sampled_from(["assumeRole", "__init__", "Dispatch"]), _wellformed.filter(bool)
    )
)
def test_unknown_action_crashes(pods: Pods, action: str) -> None:
    """An operation that does not exist is InvalidAction."""
    assert post(pods.aws, urlencode({**VALID, "Action": action})) == 400


RAW = {
    "percent garbage": b"Action=AssumeRole&RoleArn=%zz&RoleSessionName=%",
    "not UTF-8": b"Action=AssumeRole&RoleArn=\xff\xfe&RoleSessionName=\x80",
    "percent that is not UTF-8": b"Action=AssumeRole&RoleArn=%FF%FE&RoleSessionName=%80",
    "action that is not UTF-8": b"Action=\xff&Version=2011-06-15",
    "duplicate members": b"Action=AssumeRole&RoleArn=a&RoleArn=b&Action=GetCallerIdentity",
    "no equals signs": b"Action&RoleArn&RoleSessionName",
    "many equals signs": b"Action=AssumeRole=x==&RoleArn===",
    "empty pairs": b"&&&Action=GetCallerIdentity&&&",
    "JSON": b'{"Action": "AssumeRole"}',
    "nothing": b"",
    "zeros": b"\0" * 200,
    "many members": b"Action=AssumeRole&"
    + b"&".join(b"Tags.member.%d.Key=k" % n for n in range(999)),
    "deep member": b"Action=AssumeRole&Tags" + b".member.1" * 500 + b"=x",
}
CONTENT_TYPES = (
    "application/x-www-form-urlencoded; charset=utf-8",
    "application/json",
    "",
    "text/x",
    "multipart/form-data; boundary=x",
    "application/x-amz-json-1.1",
)


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize("body", RAW.values(), ids=RAW)
def test_raw_query_body_crashes(pods: Pods, body: bytes, content_type: str) -> None:
    """A body that is no query, in whatever content type, is a 4xx or what STS makes of it."""
    headers = {**signed_for("sts"), "Content-Type": content_type}
    for target in ("/", "/?Action=AssumeRole", "/?Action=GetCallerIdentity&Version=2011-06-15"):
        assert_survived(send(pods.aws, "sts", "POST", target, body, headers))


@HOSTILE
@given(body=st.binary(max_size=80))
def test_binary_query_body_crashes(pods: Pods, body: bytes) -> None:
    """Any bytes after an honest beginning."""
    assert_survived(
        send(
            pods.aws,
            "sts",
            "POST",
            "/",
            urlencode(VALID).encode() + b"&" + body,
            {**signed_for("sts"), **FORM},
        )
    )


@HOSTILE
@given(header=json_values, claims=json_values, signature=st.binary(max_size=20))
def test_fuzzed_web_identity_token_crashes(
    pods: Pods, header: object, claims: object, signature: bytes
) -> None:
    """A web identity token may be any JSON in the shape of a JWT."""
    token = ".".join([encoded(to_json(header)), encoded(to_json(claims)), encoded(signature)])
    post(
        pods.aws,
        urlencode({**VALID, "Action": "AssumeRoleWithWebIdentity", "WebIdentityToken": token}),
    )


@HOSTILE
@given(segment=segments)
def test_hostile_issuer_path_crashes(pods: Pods, segment: str) -> None:
    """An issuer that there is not has no documents; no path makes one."""
    for target in (f"/id/{segment}/keys", f"/id/{segment}/.well-known/openid-configuration"):
        answer = send(pods.aws, "eks", "GET", target)
        assert_survived(answer)
        assert answer.status >= 400
