"""AssumeRoleForPodIdentity refuses tokens: their times, signature, claims and shape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import jwt
import pytest
from aws_under_test import CLUSTER, REGION, Aws, Response
from botocore.exceptions import ClientError
from pods import prepare
from real_cluster import (
    ABSENT,
    ISSUER,
    KID,
    claims_in,
    claims_of_a_pod,
    private_key,
    sign,
    sign_with_public_half,
    trust,
)
from refusals import refused

from moto_eks_podid import clock
from moto_eks_podid.issuers import find_cluster

MALFORMED = ("InvalidTokenException", 400, "The token included in the request is malformed.")
PATTERN = (
    "1 validation error detected: Value at 'token' failed to satisfy constraint: Member must "
    r"satisfy regular expression pattern: [A-Za-z0-9-_=]+\.[A-Za-z0-9-_=]+\.[A-Za-z0-9-_=]+"
)


def invalid(detail: str) -> tuple[str, int, str]:
    return (
        "InvalidTokenException",
        400,
        f"The token included in the request is invalid: {detail}.",
    )


def raw(aws: Aws, body: bytes | str, cluster: str = CLUSTER) -> Response:
    path = f"/clusters/{cluster}/assume-role-for-pod-identity"
    return aws.http("eks-auth", "POST", path, body, host=f"eks-auth.{REGION}.api.aws")


# Time


def test_expired_token_is_taken(aws: Aws) -> None:
    """A token that has expired: the error tells the present with nanoseconds, and the expiry."""
    prepare(aws)
    token = aws.token(expires_in=600)
    aws.shift(601)
    code, status, message = refused(aws.assume, token=token)
    assert (code, status) == ("ExpiredTokenException", 400)
    match = re.fullmatch(
        r"The token included in the request is expired: "
        r"current date/time (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{6}000Z "
        r"must be before the expiration date/time (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\.",
        message,
    )
    assert match
    expiry = datetime.fromtimestamp(claims_in(token)["exp"], timezone.utc)
    assert match[2] == f"{expiry:%Y-%m-%dT%H:%M:%SZ}"
    now = datetime.fromisoformat(match[1] + "+00:00")
    assert 0 <= (now - expiry).total_seconds() < 60
    assert aws.sessions() == []


def test_token_expires_early(aws: Aws) -> None:
    """A token works until its expiry."""
    prepare(aws)
    token = aws.token(expires_in=600)
    aws.shift(540)
    assert aws.assume(token)["credentials"]


def test_future_token_is_taken(aws: Aws) -> None:
    """A token that is not valid yet is refused; the error tells both times."""
    prepare(aws)
    token = aws.token()
    aws.shift(-3600)
    code, status, message = refused(aws.assume, token=token)
    since = datetime.fromtimestamp(claims_in(token)["nbf"], timezone.utc)
    assert (code, status) == ("InvalidTokenException", 400)
    assert re.fullmatch(
        r"The token included in the request is invalid: the token is valid from "
        rf"{since:%Y-%m-%dT%H:%M:%SZ} and it is \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.",
        message,
    )


# Signature, issuer and audience


def test_foreign_signature_is_taken(aws: Aws) -> None:
    """The same header and claims under another key's signature are refused."""
    prepare(aws)
    token = aws.token()
    kid = jwt.get_unverified_header(token)["kid"]
    forged = sign(claims_in(token), kid=kid)
    expected = invalid(f"the signature is not the one of key '{kid}'")
    assert refused(aws.assume, token=forged) == expected
    header, payload, _ = token.split(".")
    borrowed = f"{header}.{payload}.{forged.split('.')[2]}"
    assert refused(aws.assume, token=borrowed) == expected


def test_tampered_claims_are_taken(aws: Aws) -> None:
    """A genuine signature over other claims is refused."""
    prepare(aws)
    one, other = aws.token().split("."), aws.token(service_account="till").split(".")
    kid = jwt.get_unverified_header(".".join(one))["kid"]
    assert refused(aws.assume, token=f"{one[0]}.{other[1]}.{one[2]}") == invalid(
        f"the signature is not the one of key '{kid}'"
    )


def test_unknown_key_is_taken(aws: Aws) -> None:
    """A key id that the issuer does not have is refused."""
    prepare(aws)
    trust(aws)
    token = sign(claims_of_a_pod(), kid="b2" * 20)
    assert refused(aws.assume, token=token) == invalid(
        f"the key id is '{'b2' * 20}', expected one of the issuer's"
    )


def test_unsigned_token_is_taken(aws: Aws) -> None:
    """Algorithms other than RS256 are refused: none, and a shared secret, even the public key."""
    prepare(aws)
    trust(aws)
    for token, algorithm in (
        (jwt.encode(claims_of_a_pod(), None, "none", {"kid": KID}), "none"),
        (sign_with_public_half(claims_of_a_pod()), "HS256"),
        (jwt.encode(claims_of_a_pod(), private_key(), "RS512", {"kid": KID}), "RS512"),
    ):
        # The pattern asks for a third segment, which `none` leaves empty.
        signed = token if not token.endswith(".") else token + "AA"
        assert refused(aws.assume, token=signed) == invalid(
            f"the algorithm is '{algorithm}', expected 'RS256'"
        )


def test_web_identity_token_is_taken(aws: Aws) -> None:
    """A token for STS (IRSA) is not one for EKS Auth."""
    prepare(aws)
    assert refused(aws.assume, token=aws.token(audience="sts.amazonaws.com")) == invalid(
        "the audience is 'sts.amazonaws.com', expected 'pods.eks.amazonaws.com'"
    )


def test_other_cluster_s_token_is_taken(aws: Aws) -> None:
    """A cluster takes its own tokens only, even where the other has the same association."""
    prepare(aws)
    other = aws.create_cluster("prod-green")
    aws.associate("arn:aws:iam::123456789012:role/cart-reader", cluster="prod-green")
    issuer = aws.client("eks").describe_cluster(name=CLUSTER)["cluster"]["identity"]["oidc"]
    assert refused(aws.assume, token=aws.token("prod-green")) == invalid(
        f"the issuer is '{other['identity']['oidc']['issuer'][:80]}', "
        f"expected '{issuer['issuer'][:80]}'"
    )


def test_cluster_s_successor_takes_its_tokens(aws: Aws) -> None:
    """A cluster that was made again under the same name has another issuer."""
    prepare(aws)
    token = aws.token()
    aws.client("eks").delete_cluster(name=CLUSTER)
    aws.create_cluster()
    aws.associate("arn:aws:iam::123456789012:role/cart-reader")
    code, status, message = refused(aws.assume, token=token)
    assert (code, status) == ("InvalidTokenException", 400)
    assert "the issuer is" in message


def test_trusted_issuer_is_refused(aws: Aws) -> None:
    """Tokens of a trusted issuer count as the cluster's own, and only as that cluster's."""
    prepare(aws)
    aws.create_cluster("prod-green")
    token = sign(claims_of_a_pod())
    with pytest.raises(ClientError, match="the issuer is"):
        aws.assume(token)
    trust(aws)
    assert aws.assume(token)["credentials"]
    assert ISSUER in refused(aws.assume, token=token, cluster="prod-green")[2]


# Claims


@pytest.fixture
def signed(aws: Aws) -> Callable[..., str]:
    """Signs claims that the cluster accepts: with its own key where that can be had."""
    prepare(aws)
    if aws.endpoint_url is not None:
        trust(aws)
        return lambda **changes: sign(claims_of_a_pod(**changes))
    issuer = find_cluster(CLUSTER, None, None)[1].issuer
    key = issuer.signing_key(clock.now())
    return lambda **changes: sign(
        claims_of_a_pod(issuer.url, **changes), kid=key.kid, key=key.private_key
    )


def without(name: str) -> dict[str, Any]:
    """The claim `kubernetes.io` without one of its members."""
    members = claims_of_a_pod()["kubernetes.io"]
    outer, _, inner = name.partition("/")
    if inner:
        del members[outer][inner]
    else:
        del members[outer]
    return {"kubernetes.io": members}


def with_member(name: str, value: Any) -> dict[str, Any]:
    return {"kubernetes.io": {**claims_of_a_pod()["kubernetes.io"], name: value}}


TEXT = "expected a non-empty string"
MOMENT = "expected whole seconds from 1970 to the year 9999"
WRONG_CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "no kubernetes.io": (
        {"kubernetes.io": ABSENT},
        f"there is no kubernetes.io/namespace, {TEXT}",
    ),
    "kubernetes.io is a text": (
        {"kubernetes.io": "shop"},
        "kubernetes.io is 'shop', expected an object",
    ),
    "no namespace": (without("namespace"), f"there is no kubernetes.io/namespace, {TEXT}"),
    "empty namespace": (with_member("namespace", ""), f"kubernetes.io/namespace is '', {TEXT}"),
    "no service account": (
        without("serviceaccount"),
        f"there is no kubernetes.io/serviceaccount/name, {TEXT}",
    ),
    "service account is a list": (
        with_member("serviceaccount", ["cart"]),
        "kubernetes.io/serviceaccount is a list, expected an object",
    ),
    "no service account name": (
        without("serviceaccount/name"),
        f"there is no kubernetes.io/serviceaccount/name, {TEXT}",
    ),
    "no pod": (without("pod"), f"there is no kubernetes.io/pod/name, {TEXT}"),
    "no pod name": (without("pod/name"), f"there is no kubernetes.io/pod/name, {TEXT}"),
    "no pod uid": (without("pod/uid"), f"there is no kubernetes.io/pod/uid, {TEXT}"),
    "pod name is a number": (
        with_member("pod", {"name": 7, "uid": "2"}),
        f"kubernetes.io/pod/name is 7, {TEXT}",
    ),
    "no subject": ({"sub": ABSENT}, f"there is no sub, {TEXT}"),
    "subject of another service account": (
        {"sub": "system:serviceaccount:shop:till"},
        "sub is 'system:serviceaccount:shop:till', expected 'system:serviceaccount:shop:cart'",
    ),
    "no audience": ({"aud": ABSENT}, "there is no aud, expected a string or a list of strings"),
    "empty audience": (
        {"aud": []},
        "the audience is none, expected 'pods.eks.amazonaws.com'",
    ),
    "no expiry": ({"exp": ABSENT}, f"there is no exp, {MOMENT}"),
    "expiry is a text": ({"exp": "soon"}, f"exp is 'soon', {MOMENT}"),
    "no time of issue": ({"iat": ABSENT}, f"there is no iat, {MOMENT}"),
    "no issuer": ({"iss": ABSENT}, f"there is no iss, {TEXT}"),
}


@pytest.mark.parametrize("case", WRONG_CLAIMS)
def test_wrong_claims_are_taken(aws: Aws, signed: Callable[..., str], case: str) -> None:
    """A well-signed token whose claims are missing, or of another type, is refused by name."""
    changes, detail = WRONG_CLAIMS[case]
    assert refused(aws.assume, token=signed(**changes)) == invalid(detail)
    assert aws.sessions() == []


OLD_CLUSTERS = {
    "no node": without("node"),
    "no token id": {"jti": ABSENT},
    "no service account uid": without("serviceaccount/uid"),
    "audience is a text": {"aud": "pods.eks.amazonaws.com"},
    "further audiences": {"aud": ["else", "pods.eks.amazonaws.com"]},
    "no beginning": {"nbf": ABSENT},
    "further claims": with_member("warnafter", 1),
}


@pytest.mark.parametrize("case", OLD_CLUSTERS)
def test_older_cluster_s_token_is_refused(aws: Aws, signed: Callable[..., str], case: str) -> None:
    """Claims that older clusters leave out, or newer ones add, are not asked for."""
    answer = aws.assume(signed(**OLD_CLUSTERS[case]))
    assert answer["subject"] == {"namespace": "shop", "serviceAccount": "cart"}


# Shape

SECRET = "c2VjcmV0LXRva2Vu"
BREAKS_THE_PATTERN = {
    "one segment": SECRET,
    "two segments": f"{SECRET}.b",
    "four segments": f"{SECRET}.b.c.d",
    "empty segment": f"{SECRET}..c",
    "no signature": f"{SECRET}.b.",
    "blank": f"{SECRET} .b.c",
    "bearer": f"Bearer {SECRET}.b.c",
    "line feed at the end": f"{SECRET}.b.c\n",
    "not ASCII": f"{SECRET}é.b.c",
    "plain base64": f"{SECRET}+/.b.c",
}


@pytest.mark.parametrize("case", BREAKS_THE_PATTERN)
def test_bad_token_is_repeated(aws: Aws, case: str) -> None:
    """A token that breaks the model's pattern is a wrong parameter, and no error repeats it."""
    prepare(aws)
    token = BREAKS_THE_PATTERN[case]
    answer = raw(aws, json.dumps({"token": token}))
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "InvalidParameterException")
    assert answer.json == {"message": PATTERN}
    assert SECRET not in answer.text


NO_JWT = {
    "no base64": "a.b.c",
    "padded": "e30=.e30=.AAAA",
    "no JSON": "AAAA.AAAA.AAAA",
    "no JSON objects": "W10.W10.AAAA",
    "twice the same member": "eyJhIjoxLCJhIjoyfQ.e30.AAAA",
    "longer than any": f"e30.{'e30' * 7000}.AAAA",
}


@pytest.mark.parametrize("case", NO_JWT)
def test_something_else_passes_for_a_token(aws: Aws, case: str) -> None:
    """What fits the pattern and is no JWT is malformed."""
    prepare(aws)
    assert refused(aws.assume, token=NO_JWT[case]) == MALFORMED


DETECTED = "1 validation error detected: "
CONSTRAINT = "at 'token' failed to satisfy constraint: Member must"

BAD_BODIES: dict[str, tuple[bytes | str, str, str]] = {
    "no token": (
        "{}",
        "InvalidParameterException",
        f"{DETECTED}Value null {CONSTRAINT} not be null",
    ),
    "null token": (
        '{"token": null}',
        "InvalidParameterException",
        f"{DETECTED}Value null {CONSTRAINT} not be null",
    ),
    "empty token": (
        '{"token": ""}',
        "InvalidParameterException",
        f"{DETECTED}Value {CONSTRAINT} have length greater than or equal to 1",
    ),
    "token is a number": (
        '{"token": 5}',
        "InvalidParameterException",
        "Invalid type for parameter token",
    ),
    "token in a list": (
        '{"token": ["eyJhbGciOiJSUzI1NiJ9.e30.AAAA"]}',
        "InvalidParameterException",
        "Invalid type for parameter token",
    ),
    "no JSON": ("token", "InvalidRequestException", "The request body is not valid JSON."),
    "no text": (b"\xff\xfe", "InvalidRequestException", "The request body is not valid JSON."),
    "a list": ("[]", "InvalidRequestException", "The request body is not a JSON object."),
}


@pytest.mark.parametrize("case", BAD_BODIES)
def test_bad_body_is_taken(aws: Aws, case: str) -> None:
    """A body that is no JSON object is a bad request; a token that is none a wrong parameter."""
    prepare(aws)
    body, code, message = BAD_BODIES[case]
    answer = raw(aws, body)
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, code)
    assert answer.json == {"message": message}


def test_bad_cluster_name_is_looked_up(aws: Aws) -> None:
    """A cluster's name that breaks the model is a wrong parameter."""
    for name, constraint in (
        ("-bad", r"Member must satisfy regular expression pattern: [0-9A-Za-z][A-Za-z0-9\-_]*"),
        ("a" * 101, "Member must have length less than or equal to 100"),
    ):
        answer = raw(aws, json.dumps({"token": "a.b.c"}), name)
        assert (answer.status, answer.json) == (
            400,
            {
                "message": f"1 validation error detected: Value '{name}' at 'clusterName' "
                f"failed to satisfy constraint: {constraint}"
            },
        )
        assert answer.headers["x-amzn-ErrorType"] == "InvalidParameterException"
