"""Minting tokens, trusting the issuers of real clusters, rotating keys."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import jwt
import pytest
from aws_under_test import CLUSTER, OTHER_ACCOUNT, REGION, Aws, policy, statement
from pods import prepare
from real_cluster import ISSUER, claims_in, claims_of_a_pod, jwks, private_key, sign
from refusals import refused

import moto_eks_podid as podid
from moto_eks_podid import clock
from moto_eks_podid.eks.lookup import find_key_set
from moto_eks_podid.identity.errors import JwksUnavailable

# Tokens


def test_claims_differ(aws: Aws) -> None:
    """A token says what the API server says, in its order; what is given is in it."""
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    before = int(time.time())
    token = aws.token(
        pod_name="cart-7c9d6b5f4-x2k9m", pod_uid="91ee", node_name="node-1", expires_in=3600
    )
    header, claims = jwt.get_unverified_header(token), claims_in(token)
    assert list(header) == ["alg", "kid", "typ"]
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert re.fullmatch("[0-9a-f]{40}", header["kid"])
    assert list(claims) == ["aud", "exp", "iat", "iss", "jti", "kubernetes.io", "nbf", "sub"]
    assert claims["aud"] == ["pods.eks.amazonaws.com"]
    assert before <= claims["iat"] == claims["nbf"] == claims["exp"] - 3600 <= time.time() + 1
    assert claims["iss"] == issuer
    assert str(UUID(claims["jti"])) == claims["jti"]
    assert claims["sub"] == "system:serviceaccount:shop:cart"
    members = claims["kubernetes.io"]
    assert list(members) == ["namespace", "node", "pod", "serviceaccount"]
    assert members["namespace"] == "shop"
    assert members["node"]["name"] == "node-1"
    assert members["pod"] == {"name": "cart-7c9d6b5f4-x2k9m", "uid": "91ee"}
    assert members["serviceaccount"]["name"] == "cart"
    for kind in ("node", "serviceaccount"):
        assert str(UUID(members[kind]["uid"])) == members[kind]["uid"]


def test_defaults_differ(aws: Aws) -> None:
    """By default a token lasts a day, for a pod and a node of the usual names."""
    aws.create_cluster()
    claims = claims_in(aws.token())
    assert claims["exp"] - claims["iat"] == 86_400
    members = claims["kubernetes.io"]
    assert re.fullmatch("cart-[bcdfghjklmnpqrstvwxz2456789]{5}", members["pod"]["name"])
    assert re.fullmatch("i-[0-9a-f]{17}", members["node"]["name"])
    assert str(UUID(members["pod"]["uid"])) == members["pod"]["uid"]


def test_pod_changes_its_uid(aws: Aws) -> None:
    """A pod keeps its uid from token to token, as do service account and node; token ids, other
    pods and other clusters' pods of that name differ."""
    aws.create_cluster()
    aws.create_cluster("prod-green")

    def minted(cluster: str = CLUSTER, **more: Any) -> dict[str, Any]:
        return claims_in(aws.token(cluster, **{"pod_name": "a", "node_name": "n", **more}))

    one, again = minted(), minted()
    assert one["kubernetes.io"] == again["kubernetes.io"]
    assert one["jti"] != again["jti"]
    others = (minted(pod_name="b"), minted(namespace="billing"), minted("prod-green"))
    uids = {other["kubernetes.io"]["pod"]["uid"] for other in others}
    assert len(uids | {one["kubernetes.io"]["pod"]["uid"]}) == 4
    accounts = {
        other["kubernetes.io"]["serviceaccount"]["uid"]
        for other in (one, again, minted(service_account="till"))
    }
    assert len(accounts) == 2
    # Two pods without a name are two pods.
    unnamed = {claims_in(aws.token())["kubernetes.io"]["pod"]["name"] for _ in range(5)}
    assert len(unnamed) > 1


def test_audience_is_passed_over(aws: Aws) -> None:
    """A token is for the audience that is asked for, in a list."""
    aws.create_cluster()
    assert claims_in(aws.token(audience="sts.amazonaws.com"))["aud"] == ["sts.amazonaws.com"]


def test_shift_is_passed_over(aws: Aws) -> None:
    """A token is issued at the plugin's time."""
    aws.create_cluster()
    now = claims_in(aws.token())["iat"]
    aws.shift(100_000)
    assert abs(claims_in(aws.token())["iat"] - now - 100_000) < 60


BAD_TOKENS: dict[str, tuple[dict[str, Any], str]] = {
    "capital namespace": (
        {"namespace": "Shop"},
        "Kubernetes does not allow this namespace: 'Shop'",
    ),
    "empty namespace": ({"namespace": ""}, "Kubernetes does not allow this namespace: ''"),
    "long namespace": ({"namespace": "a" * 64}, "Kubernetes does not allow this namespace length"),
    "bad service account": (
        {"service_account": "cart-"},
        "Kubernetes does not allow this service account: 'cart-'",
    ),
    "bad pod name": ({"pod_name": "a/b c"}, "Kubernetes does not allow this pod name: 'a/b c'"),
    "pod name of a surrogate": ({"pod_name": "\ud800"}, "Kubernetes does not allow this pod name"),
    "long pod name": ({"pod_name": "a" * 254}, "Kubernetes does not allow this pod name"),
    "bad pod uid": ({"pod_uid": "a;b"}, "Kubernetes does not allow this pod uid: 'a;b'"),
    "short life": ({"expires_in": 599}, "expires_in is 600 to 4294967296 seconds, not 599"),
    "negative life": ({"expires_in": -1}, "expires_in is 600 to 4294967296 seconds, not -1"),
    "long life": (
        {"expires_in": 2**32 + 1},
        "expires_in is 600 to 4294967296 seconds, not 4294967297",
    ),
}


@pytest.mark.parametrize("case", BAD_TOKENS)
def test_impossible_token_is_minted(aws: Aws, case: str) -> None:
    """What Kubernetes would not allow is a ValueError that says so."""
    aws.create_cluster()
    changes, words = BAD_TOKENS[case]
    with pytest.raises(ValueError, match=re.escape(words)):
        aws.token(**changes)


def test_limits_themselves_are_refused(aws: Aws) -> None:
    """The shortest and the longest life, and dotted service accounts, are fine."""
    aws.create_cluster()
    for expires_in in (600, 2**32):
        claims = claims_in(aws.token(expires_in=expires_in))
        assert claims["exp"] - claims["iat"] == expires_in
    assert claims_in(aws.token(service_account="cart.v2"))["sub"].endswith(":cart.v2")


# Which cluster


def calls(aws: Aws) -> dict[str, Callable[..., Any]]:
    """The functions that name a cluster."""
    url = aws.endpoint_url

    def token(name: str, **where: Any) -> Any:
        return podid.service_account_token(name, "shop", "cart", endpoint_url=url, **where)

    def trust(name: str, **where: Any) -> Any:
        return podid.trust_issuer(name, ISSUER, jwks=jwks(), endpoint_url=url, **where)

    def rotate(name: str, **where: Any) -> Any:
        return podid.rotate_signing_key(name, endpoint_url=url, **where)

    return {"token": token, "trust": trust, "rotate": rotate}


@pytest.mark.parametrize("function", ["token", "trust", "rotate"])
def test_cluster_is_guessed(aws: Aws, function: str) -> None:
    """A cluster that is not there, or is there more than once, is an error that says where."""
    call = calls(aws)[function]
    with pytest.raises(
        podid.ClusterLookupError, match=re.escape("There is no cluster 'prod-blue'")
    ):
        call(CLUSTER)
    aws.create_cluster()
    call(CLUSTER)
    for where in ({"region": "us-east-1"}, {"account_id": OTHER_ACCOUNT}):
        with pytest.raises(podid.ClusterLookupError, match="There is no cluster 'prod-blue' in"):
            call(CLUSTER, **where)
    aws.create_cluster(region="eu-central-1")
    with pytest.raises(podid.ClusterLookupError) as caught:
        call(CLUSTER)
    assert f"123456789012/{REGION}" in str(caught.value)
    assert "123456789012/eu-central-1" in str(caught.value)
    assert "region= and account_id=" in str(caught.value)
    call(CLUSTER, region=REGION)


def test_token_is_of_another_region_s_cluster(aws: Aws) -> None:
    """Region and account choose among clusters of one name; of several accounts the default one
    counts unless another is named."""
    west = aws.create_cluster()["identity"]["oidc"]["issuer"]
    east = aws.create_cluster(region="us-east-1")["identity"]["oidc"]["issuer"]
    eks = aws.client_of_account(OTHER_ACCOUNT, "eks", "us-east-1")
    foreign = aws.create_cluster(eks=eks)["identity"]["oidc"]["issuer"]

    def issuer(**where: str) -> str:
        return str(claims_in(aws.token(**where))["iss"])

    assert issuer(region=REGION) == west
    assert issuer(region="us-east-1") == east
    assert issuer(account_id=OTHER_ACCOUNT) == foreign
    assert issuer(region="us-east-1", account_id=OTHER_ACCOUNT) == foreign
    assert len({west, east, foreign}) == 3


def test_only_cluster_of_another_account_is_not_found(aws: Aws) -> None:
    """A cluster that only another account has is found without naming the account."""
    eks = aws.client_of_account(OTHER_ACCOUNT, "eks")
    issuer = aws.create_cluster(eks=eks)["identity"]["oidc"]["issuer"]
    assert claims_in(aws.token())["iss"] == issuer


def test_deleted_cluster_mints(aws: Aws) -> None:
    """A deleted cluster mints no tokens."""
    aws.create_cluster()
    aws.client("eks").delete_cluster(name=CLUSTER)
    with pytest.raises(podid.ClusterLookupError):
        aws.token()


# Rotation


def test_rotation_changes_nothing(aws: Aws) -> None:
    """Each rotation returns the id of a new key, which signs from then on; all tokens work."""
    prepare(aws)
    tokens = [aws.token()]
    for _ in range(2):
        kid = podid.rotate_signing_key(CLUSTER, endpoint_url=aws.endpoint_url)
        tokens.append(aws.token())
        assert jwt.get_unverified_header(tokens[-1])["kid"] == kid
    assert len({jwt.get_unverified_header(token)["kid"] for token in tokens}) == 3
    for token in tokens:
        assert aws.assume(token)["credentials"]


# Trust


def trust(aws: Aws, **how: Any) -> None:
    podid.trust_issuer(CLUSTER, ISSUER, endpoint_url=aws.endpoint_url, **how)


def test_given_keys_are_not_used(aws: Aws) -> None:
    """With its keys given, a real cluster's tokens are the cluster's, until others are given."""
    prepare(aws)
    token = sign(claims_of_a_pod())
    assert "the issuer is" in refused(aws.assume, token=token)[2]
    trust(aws, jwks=jwks())
    assert aws.assume(token)["subject"] == {"namespace": "shop", "serviceAccount": "cart"}
    assert aws.assume()["credentials"], "the cluster's own tokens count still"
    trust(aws, jwks=jwks("b2" * 20, number=1))
    assert "the key id is" in refused(aws.assume, token=token)[2]
    assert aws.assume(sign(claims_of_a_pod(), kid="b2" * 20, key=private_key(1)))["credentials"]


def test_trust_survives_the_cluster(aws: Aws) -> None:
    """Trust ends with its cluster."""
    prepare(aws)
    trust(aws, jwks=jwks())
    aws.client("eks").delete_cluster(name=CLUSTER)
    aws.create_cluster()
    aws.associate("arn:aws:iam::123456789012:role/cart-reader")
    assert "the issuer is" in refused(aws.assume, token=sign(claims_of_a_pod()))[2]


SECOND_KID = "b2" * 20
STS_AUDIENCE = "sts.amazonaws.com"


@pytest.fixture
def irsa_role(aws: Aws) -> str:
    """A role for pods of any cluster with the issuer's URL."""
    provider = aws.client("iam").create_open_id_connect_provider(
        Url=ISSUER, ClientIDList=[STS_AUDIENCE], ThumbprintList=["0" * 40]
    )["OpenIDConnectProviderArn"]
    trusting = statement("sts:AssumeRoleWithWebIdentity", principal={"Federated": provider})
    return aws.create_role("irsa", policy(trusting))


def assume_web_identity(aws: Aws, role: str, token: str) -> Any:
    return aws.client("sts").assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="botocore-session-1", WebIdentityToken=token
    )


def web_token(number: int, kid: str) -> str:
    """A token that the real cluster with that key makes for STS."""
    return sign(claims_of_a_pod(aud=[STS_AUDIENCE]), kid=kid, key=private_key(number))


def test_second_cluster_of_an_issuer_is_passed_over(aws: Aws, irsa_role: str) -> None:
    """Two real clusters may have one issuer URL: the tokens of both are verified, no others."""
    for cluster, keys in (("one", jwks()), ("two", jwks(SECOND_KID, number=1))):
        aws.create_cluster(cluster)
        podid.trust_issuer(cluster, ISSUER, jwks=keys, endpoint_url=aws.endpoint_url)
    for token in (web_token(0, "a1" * 20), web_token(1, SECOND_KID)):
        assert assume_web_identity(aws, irsa_role, token)["Credentials"]
    for forged in (web_token(1, "a1" * 20), web_token(0, SECOND_KID), web_token(1, "c3" * 20)):
        code, _, _ = refused(assume_web_identity, aws=aws, role=irsa_role, token=forged)
        assert code == "InvalidIdentityToken"
    # Each cluster in moto has the pods of its own real cluster only.
    aws.associate(aws.create_role(), cluster="one")
    token = sign(claims_of_a_pod(), kid=SECOND_KID, key=private_key(1))
    assert "the key id is" in refused(aws.assume, token=token, cluster="one")[2]


@pytest.mark.parametrize("first", ["unreachable", "reachable"])
def test_unreachable_cluster_hides_the_keys_of_another(
    aws: Aws, irsa_role: str, first: str
) -> None:
    """When the keys of one of the clusters cannot be fetched, those of the other verify still."""
    how: dict[str, dict[str, Any]] = {
        "unreachable": {"jwks_url": "http://127.0.0.1:1/keys"},
        "reachable": {"jwks": jwks()},
    }
    for name in sorted(how, key=lambda name: name != first):
        aws.create_cluster(name)
        podid.trust_issuer(name, ISSUER, endpoint_url=aws.endpoint_url, **how[name])
    assert assume_web_identity(aws, irsa_role, web_token(0, "a1" * 20))["Credentials"]
    code, _, message = refused(
        assume_web_identity, aws=aws, role=irsa_role, token=web_token(1, SECOND_KID)
    )
    assert (code, message.split(" from")[0]) == (
        "InvalidIdentityToken",
        "Couldn't retrieve verification key",
    )


def test_failed_fetch_is_told_as_an_unknown_key(in_process_aws: Aws) -> None:
    """A key that nobody has is unknown only if all keys could be looked at."""
    now = clock.now()
    in_process_aws.create_cluster("reachable")
    podid.trust_issuer("reachable", ISSUER, jwks=jwks())
    found = find_key_set(ISSUER)
    assert found is not None
    assert found.verification_key(SECOND_KID, now) is None
    in_process_aws.create_cluster("unreachable")
    podid.trust_issuer("unreachable", ISSUER, jwks_url="http://127.0.0.1:1/keys")
    found = find_key_set(ISSUER)
    assert found is not None
    with pytest.raises(JwksUnavailable):
        found.verification_key(SECOND_KID, now)


BAD_TRUST: dict[str, tuple[dict[str, Any], str]] = {
    "no keys": ({}, "Give either jwks or jwks_url"),
    "keys and a URL": (
        {"jwks": {"keys": []}, "jwks_url": "http://127.0.0.1/keys"},
        "Give either jwks or jwks_url",
    ),
    "no JWKS": ({"jwks": {"key": []}}, 'a JWKS is an object whose member "keys" is a list'),
    "no key": ({"jwks": {"keys": []}}, "the JWKS has no usable key"),
    "a file": ({"jwks_url": "file:///etc/passwd"}, "A JWKS URL is http or https"),
    "ftp": ({"jwks_url": "ftp://127.0.0.1/keys"}, "A JWKS URL is http or https"),
    "no scheme": ({"jwks_url": "127.0.0.1/keys"}, "A JWKS URL is http or https"),
}


@pytest.mark.parametrize("case", BAD_TRUST)
def test_nonsense_is_trusted(aws: Aws, case: str) -> None:
    """What cannot be trusted is a ValueError, and nothing changes."""
    prepare(aws)
    trust(aws, jwks=jwks())
    how, words = BAD_TRUST[case]
    with pytest.raises(ValueError, match=re.escape(words)):
        trust(aws, **how)
    assert aws.assume(sign(claims_of_a_pod()))["credentials"]


def test_own_issuer_is_replaced(aws: Aws) -> None:
    """A cluster's own issuer cannot be given other keys, nor one without a name."""
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    for name in (issuer, ""):
        with pytest.raises(ValueError, match="is not the issuer of another cluster"):
            podid.trust_issuer(CLUSTER, name, jwks=jwks(), endpoint_url=aws.endpoint_url)
