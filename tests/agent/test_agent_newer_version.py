"""Version 0.2 of the agent: claims, signatures, pods that are known by their uids."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from agents import agent_of, ask, calls_of_eks_auth, segment, unsigned
from aws_under_test import CLUSTER, Aws
from pods import prepare

import moto_eks_podid as podid
from moto_eks_podid.identity.keys import key_pool

KID = "0" * 40
POD = {"name": "cart-0", "uid": "91ee"}
SERVICE_ACCOUNT = {"name": "cart", "uid": "aad7"}
KUBERNETES = {"namespace": "shop", "serviceaccount": SERVICE_ACCOUNT, "pod": POD}
CLAIMS = {"aud": ["pods.eks.amazonaws.com"], "kubernetes.io": KUBERNETES}

FAILED = "Service account token failed claim validations: "


def without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def claims(**kubernetes: Any) -> dict[str, Any]:
    return {**CLAIMS, "kubernetes.io": {**KUBERNETES, **kubernetes}}


def nested(kind: str, member: str) -> str:
    claim = f"kubernetes.io/{kind}/{member}"
    return f"error finding claim {claim} missing or empty claim: {claim}"


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no key id": ({}, CLAIMS, "missing header: kid"),
    "key id a number": ({"kid": 1}, CLAIMS, "missing header: kid"),
    "key id empty": ({"kid": " "}, CLAIMS, "missing header: kid"),
    "key id short": ({"kid": "ab"}, CLAIMS, "invalid header: kid ab"),
    "key id in capitals": ({"kid": "A" * 40}, CLAIMS, f"invalid header: kid {'A' * 40}"),
    "key id and a line": ({"kid": f"{KID}\n"}, CLAIMS, f"invalid header: kid {KID}\n"),
    "no kubernetes": ({}, without(CLAIMS, "kubernetes.io"), "missing claim: kubernetes.io"),
    "kubernetes null": ({}, {**CLAIMS, "kubernetes.io": None}, "missing claim: kubernetes.io"),
    "kubernetes a list": ({}, {**CLAIMS, "kubernetes.io": []}, "invalid claim: kubernetes.io"),
    "no namespace": (
        {},
        {**CLAIMS, "kubernetes.io": without(KUBERNETES, "namespace")},
        "missing or empty claim: kubernetes.io/namespace",
    ),
    "namespace a number": (
        {},
        claims(namespace=1),
        "missing or empty claim: kubernetes.io/namespace",
    ),
    "no service account": (
        {},
        claims(serviceaccount=None),
        "missing claim: kubernetes.io/serviceaccount",
    ),
    "service account without name": (
        {},
        claims(serviceaccount=without(SERVICE_ACCOUNT, "name")),
        nested("serviceaccount", "name"),
    ),
    "service account without uid": (
        {},
        claims(serviceaccount={**SERVICE_ACCOUNT, "uid": " "}),
        nested("serviceaccount", "uid"),
    ),
    "no pod": ({}, claims(pod=[]), "missing claim: kubernetes.io/pod"),
    "pod without name": ({}, claims(pod=without(POD, "name")), nested("pod", "name")),
    "pod without uid": ({}, claims(pod=without(POD, "uid")), nested("pod", "uid")),
    "no audience": ({}, without(CLAIMS, "aud"), "missing claim: aud"),
    "another audience": (
        {},
        {**CLAIMS, "aud": ["sts.amazonaws.com"]},
        "invalid audience: expected pods.eks.amazonaws.com",
    ),
    "two audiences": (
        {},
        {**CLAIMS, "aud": ["pods.eks.amazonaws.com", "sts.amazonaws.com"]},
        "invalid audience: expected pods.eks.amazonaws.com",
    ),
}


@pytest.mark.parametrize(("header", "body", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_claim_is_not_looked_at(header: dict[str, Any], body: dict[str, Any], reason: str) -> None:
    """Each claim that EKS's tokens have is wanted, before anybody is asked for keys."""
    kid = {} if reason.endswith("kid") else {"kid": KID}
    token = f"{segment({'alg': 'RS256', **kid, **header})}.{segment(body)}.c2ln"
    with podid.PodIdentityAgent(CLUSTER, version="0.2") as agent:
        answer = ask(agent.url, token)
    assert (answer.status, answer.body) == (400, f"{FAILED}{reason}\n")


def test_older_version_looks_at_claims(in_process_aws: Aws) -> None:
    """Version 0.1 leaves the claims to EKS Auth."""
    in_process_aws.create_cluster()
    with agent_of(in_process_aws) as agent:
        assert "(InvalidTokenException)" in ask(agent.url, unsigned({})).body


def test_audience_cannot_be_left_aside(in_process_aws: Aws) -> None:
    """An agent in front of something else than EKS Auth may take tokens for it."""
    in_process_aws.create_cluster()
    token = in_process_aws.token(audience="elsewhere")
    with agent_of(in_process_aws, version="0.2", check_audience=False) as agent:
        assert "(InvalidTokenException)" in ask(agent.url, token).body


INVALID = "JWT signature validation failed: cryptographic validation failed: "


def test_forged_token_reaches_eks_auth(aws: Aws) -> None:
    """A token is verified with the keys of the agent's cluster; none that fails goes further."""
    prepare(aws)
    aws.create_cluster("other")
    token = aws.token()
    header, body, signature = token.split(".")
    kid = jwt.get_unverified_header(token)["kid"]
    unknown = segment({"alg": "RS256", "kid": KID})
    mismatch = segment({"alg": "PS256", "kid": kid})
    foreign_kid = jwt.get_unverified_header(aws.token("other"))["kid"]
    key = key_pool.take()
    try:
        payload = jwt.decode(token, options={"verify_signature": False})
        forged = jwt.encode(payload, key, "RS256", headers={"kid": kid})
    finally:
        key_pool.give_back(key)
    expected = {
        token: None,
        forged: "token signature is invalid: crypto/rsa: verification error",
        f"{header}.{body}.": "token signature is invalid: crypto/rsa: verification error",
        f"{header}.{body}.{signature[:-1]}*": "token is malformed: could not base64 decode "
        f"signature: illegal base64 data at input byte {len(signature) - 1}",
        f"{unknown}.{body}.{signature}": f"no matching key found for kid: {KID}",
        f"{mismatch}.{body}.{signature}": "token is unverifiable: error while executing keyfunc: "
        'algorithm mismatch: token uses "PS256" but key declares "RS256"',
        aws.token("other"): f"no matching key found for kid: {foreign_kid}",
    }
    with agent_of(aws, version="0.2") as agent:
        for given, reason in expected.items():
            answer = ask(agent.url, given)
            if reason is None:
                assert answer.status == 200
            else:
                assert (answer.status, answer.body) == (400, f"{INVALID}{reason}\n")
    assert len(calls_of_eks_auth(aws)) == 1


def test_rotated_key_is_unknown(aws: Aws) -> None:
    """A token that names a new key has the agent fetch the cluster's keys again."""
    prepare(aws)
    with agent_of(aws, version="0.2") as agent:
        assert ask(agent.url, aws.token()).status == 200
        podid.rotate_signing_key(CLUSTER, endpoint_url=aws.endpoint_url)
        assert ask(agent.url, aws.token()).status == 200


def test_keys_that_cannot_be_fetched_let_tokens_pass(aws: Aws) -> None:
    """Without keys there is no verification, and without verification no credentials."""
    prepare(aws)
    token = aws.token()
    with agent_of(aws, "nowhere", version="0.2") as agent:
        answer = ask(agent.url, token)
    assert answer.status == 400
    assert answer.body.startswith(f"{INVALID}key refresh failed: There is no cluster 'nowhere'")


def test_renewed_token_costs_a_call(aws: Aws) -> None:
    """A pod is known by its uid: the token that the kubelet renewed gets what the old one got."""
    prepare(aws)
    pod = {"pod_name": "cart-0"}
    first, second, other = aws.token(**pod), aws.token(**pod), aws.token(pod_name="cart-1")
    with agent_of(aws, version="0.2") as agent:
        assert ask(agent.url, first).body == ask(agent.url, second).body
        assert ask(agent.url, other).body != ask(agent.url, first).body
        # A token of that pod that nobody signed gets nothing.
        forged = f"{second.rpartition('.')[0]}.{json.dumps('x')[1:-1] * 4}"
        assert ask(agent.url, forged).status == 400
    assert len(calls_of_eks_auth(aws)) == 2
