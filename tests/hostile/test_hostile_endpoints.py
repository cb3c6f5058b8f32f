"""Hostile input to the plugin's own HTTP endpoints on the server."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from aws_under_test import CLUSTER, Aws
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.strategies import HOSTILE, bodies, json_values, queries, segments
from tests.hostile.wire import assert_survived, send, to_json

PREFIX = "/moto-api/eks-podid"
JWKS = {"keys": [{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"}]}

#: Path -> method and a body that is right, in shape at least.
ENDPOINTS: dict[str, tuple[str, dict[str, Any]]] = {
    "/tokens": (
        "POST",
        {
            "cluster": CLUSTER,
            "namespace": "shop",
            "service_account": "cart",
            "pod_name": "cart-1",
            "pod_uid": "9",
            "node_name": "i-1",
            "audience": "a",
            "expires_in": 600,
            "region": "us-west-2",
            "account_id": "123456789012",
        },
    ),
    "/issuers": (
        "POST",
        {
            "cluster": CLUSTER,
            "issuer": "https://kind",
            "jwks": JWKS,
            "jwks_url": None,
            "region": None,
            "account_id": None,
        },
    ),
    "/issuers/rotate": ("POST", {"cluster": CLUSTER, "region": None, "account_id": None}),
    "/settings": (
        "PUT",
        {
            "verify_token": True,
            "validate_role": True,
            "judge_trust_policy": True,
            "associations_per_cluster": 5000,
        },
    ),
    "/clock": ("PUT", {"shift_seconds": 0}),
    "/inject": (
        "POST",
        {
            "service": "eks-auth",
            "operation": "AssumeRoleForPodIdentity",
            "error": "ThrottlingException",
            "message": "Later",
            "status": 429,
            "latency": 0.5,
            "dropped": False,
            "expired": False,
            "clock_skew": None,
            "times": 1,
            "access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "role_arn": "arn:aws:iam::123456789012:role/cart",
        },
    ),
}
MEMBERS = [(path, member) for path, (_, body) in ENDPOINTS.items() for member in body]


@pytest.fixture(scope="module")
def cluster(server: Any) -> Aws:
    """These endpoints exist on the server only."""
    requests.post(f"{server.url}/moto-api/reset", timeout=30).raise_for_status()
    aws = Aws(endpoint_url=server.url)
    aws.create_cluster()
    return aws


def call(aws: Aws, method: str, target: str, body: bytes = b"") -> int:
    answer = send(aws, "", method, target, body, {})
    assert_survived(answer)
    if answer.status >= 400:
        assert set(answer.json) == {"error", "message"}
    return answer.status


def undo(aws: Aws) -> None:
    """What an accepted request may have put stays for no later example."""
    aws.settings()
    aws.shift(0)
    assert call(aws, "DELETE", f"{PREFIX}/inject") == 200


@pytest.mark.parametrize("path", ENDPOINTS)
@HOSTILE
@given(body=bodies)
def test_hostile_body_crashes_an_endpoint(cluster: Aws, path: str, body: bytes) -> None:
    """Whatever stands where the JSON body should is a 400 that says what is wrong."""
    call(cluster, ENDPOINTS[path][0], PREFIX + path, body)
    undo(cluster)


@pytest.mark.parametrize(("path", "member"), MEMBERS)
@HOSTILE
@given(value=json_values)
def test_hostile_member_crashes_an_endpoint(
    cluster: Aws, path: str, member: str, value: Any
) -> None:
    """One member may be any JSON value; the endpoints stay answerable afterwards."""
    method, body = ENDPOINTS[path]
    if member == "jwks_url":
        body = {**body, "jwks": None}
    call(cluster, method, PREFIX + path, to_json({**body, member: value}))
    undo(cluster)
    for listing in ("/issuers", "/sessions", "/settings", "/clock", "/inject"):
        assert call(cluster, "GET", PREFIX + listing) == 200


@HOSTILE
@given(jwk=st.dictionaries(st.sampled_from(["kty", "kid", "n", "e", "use", "alg"]), json_values))
def test_hostile_key_crashes_the_trust_of_an_issuer(cluster: Aws, jwk: dict[str, Any]) -> None:
    """A JWKS may hold anything, and a token that names its key is still only refused."""
    body = {"cluster": CLUSTER, "issuer": "https://kind", "jwks": {"keys": [jwk]}}
    call(cluster, "POST", f"{PREFIX}/issuers", to_json(body))


@pytest.mark.parametrize("path", [*ENDPOINTS, "/sessions"])
@HOSTILE
@given(method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]), query=queries)
def test_hostile_query_crashes_an_endpoint(
    cluster: Aws, path: str, method: str, query: str
) -> None:
    """Any method and query string: answered, or refused in JSON."""
    call(cluster, method, f"{PREFIX}{path}?{query}")
    undo(cluster)


@HOSTILE
@given(segment=segments)
def test_unknown_endpoint_crashes(cluster: Aws, segment: str) -> None:
    """A path below ours that is none is no 5xx."""
    assert_survived(send(cluster, "", "GET", f"{PREFIX}/{segment}", b"", {}))
