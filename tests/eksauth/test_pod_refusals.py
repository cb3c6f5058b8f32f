"""AssumeRoleForPodIdentity refuses pods: cluster, association, role, and the order of checks."""

from __future__ import annotations

import json

import jwt
import pytest
from aws_under_test import CLUSTER, REGION, Aws, policy, statement
from pods import prepare
from real_cluster import claims_in, claims_of_a_pod, sign, trust
from refusals import refused

UNAUTHORIZED = (
    "AccessDeniedException",
    400,
    "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
)
NO_ASSOCIATION = (
    "ResourceNotFoundException",
    404,
    "The token included in the request has no service account role association for it.",
)


def test_pod_without_association_gets_credentials(aws: Aws) -> None:
    """A service account without an association, and one whose association is gone, get a 404."""
    association = prepare(aws)
    for token in (aws.token(namespace="billing"), aws.token(service_account="till")):
        assert refused(aws.assume, token=token) == NO_ASSOCIATION
    aws.client("eks").delete_pod_identity_association(
        clusterName=CLUSTER, associationId=association["associationId"]
    )
    assert refused(aws.assume) == NO_ASSOCIATION


def test_missing_cluster_is_another_error(aws: Aws) -> None:
    """A cluster that is not there, or not in this region, is a 404 that names it."""
    prepare(aws)
    token = aws.token()
    expected = ("ResourceNotFoundException", 404, "No cluster found for name: nowhere.")
    assert refused(aws.assume, token=token, cluster="nowhere") == expected
    elsewhere = refused(aws.assume, token=token, region="eu-central-1")
    assert elsewhere[2] == f"No cluster found for name: {CLUSTER}."


def test_deleted_role_is_assumed(aws: Aws) -> None:
    """A role that was deleted after the association was made is refused like a broken one."""
    prepare(aws)
    aws.client("iam").delete_role(RoleName="cart-reader")
    assert refused(aws.assume) == UNAUTHORIZED
    assert aws.sessions() == []


@pytest.mark.parametrize(
    "trust_policy",
    [
        policy(statement(principal={"Service": "ec2.amazonaws.com"})),
        policy(statement("sts:AssumeRole")),
        policy(statement("sts:TagSession")),
        policy(statement(), statement("sts:TagSession", effect="Deny")),
    ],
    ids=["another service", "no TagSession", "no AssumeRole", "denied TagSession"],
)
def test_broken_trust_is_passed_over(aws: Aws, trust_policy: str) -> None:
    """A trust policy that was broken after the association was made refuses the pod."""
    prepare(aws)
    aws.client("iam").update_assume_role_policy(RoleName="cart-reader", PolicyDocument=trust_policy)
    assert refused(aws.assume) == UNAUTHORIZED
    assert aws.sessions() == []


def test_refusal_is_a_403(aws: Aws) -> None:
    """On the wire AccessDenied is a 400: its code in the header, nothing but the text in the
    body."""
    prepare(aws)
    aws.client("iam").delete_role(RoleName="cart-reader")
    answer = aws.http(
        "eks-auth",
        "POST",
        f"/clusters/{CLUSTER}/assume-role-for-pod-identity",
        json.dumps({"token": aws.token()}),
        host=f"eks-auth.{REGION}.api.aws",
    )
    code, status, message = UNAUTHORIZED
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (status, code)
    assert answer.json == {"message": message}


# Order


def test_checks_are_made_in_another_order(aws: Aws) -> None:
    """Parameters come before the cluster, the cluster before the token, the token before the
    association, the association before the role."""
    prepare(aws)
    pattern = refused(aws.assume, token="no token", cluster="nowhere")
    assert pattern[:2] == ("InvalidParameterException", 400)
    assert refused(aws.assume, token="a.b.c", cluster="nowhere")[1] == 404
    lonely, associated = aws.token(service_account="till"), aws.token()
    aws.client("iam").delete_role(RoleName="cart-reader")
    assert refused(aws.assume, token=lonely) == NO_ASSOCIATION
    assert refused(aws.assume, token=associated) == UNAUTHORIZED
    aws.shift(86_401)
    for token in (lonely, associated):
        assert refused(aws.assume, token=token)[0] == "ExpiredTokenException"


def test_expiry_hides_a_forgery(aws: Aws) -> None:
    """The signature comes before the times, and the times before the audience."""
    prepare(aws)
    token = aws.token(expires_in=600)
    other = aws.token(expires_in=600, audience="sts.amazonaws.com")
    kid = jwt.get_unverified_header(token)["kid"]
    aws.shift(601)
    forged = sign(claims_in(token), kid=kid)
    assert "the signature is not" in refused(aws.assume, token=forged)[2]
    assert refused(aws.assume, token=other)[0] == "ExpiredTokenException"


def test_expired_caller_is_answered(aws: Aws) -> None:
    """Before all of that, the caller's own credentials must not have expired: that is a 403."""
    prepare(aws)
    caller = aws.client_with(aws.assume()["credentials"], "eks-auth")
    aws.shift(21_601)
    for token in (aws.token(), "no token"):
        assert refused(caller.assume_role_for_pod_identity, clusterName=CLUSTER, token=token) == (
            "ExpiredTokenException",
            403,
            "The security token included in the request is expired",
        )


# Settings


def test_verification_cannot_be_switched_off(aws: Aws) -> None:
    """With verify_token off, a token is taken at its word, though it must say what a pod's says."""
    prepare(aws)
    forged = sign(claims_of_a_pod("https://elsewhere", exp=1, aud=["else"]), alg="RS256")
    assert refused(aws.assume, token=forged)[0] == "InvalidTokenException"
    aws.settings(verify_token=False)
    assert aws.assume(forged)["subject"] == {"namespace": "shop", "serviceAccount": "cart"}
    (session,) = aws.sessions()
    assert session.tags["kubernetes-pod-name"] == "cart-1"
    nobody = sign(
        claims_of_a_pod(**{"kubernetes.io": {**claims_of_a_pod()["kubernetes.io"], "pod": {}}})
    )
    assert refused(aws.assume, token=nobody) == (
        "InvalidTokenException",
        400,
        "The token included in the request is invalid: there is no kubernetes.io/pod/name, "
        "expected a non-empty string.",
    )
    assert "malformed" in refused(aws.assume, token="a.b.c")[2]
    stranger = sign(claims_of_a_pod(sub="system:serviceaccount:shop:till"))
    assert refused(aws.assume, token=stranger)[0] == "InvalidTokenException"


def test_judging_cannot_be_switched_off(aws: Aws) -> None:
    """With judge_trust_policy off, every role that exists can be assumed, and no other."""
    prepare(aws)
    iam = aws.client("iam")
    broken = policy(statement(effect="Deny"))
    iam.update_assume_role_policy(RoleName="cart-reader", PolicyDocument=broken)
    assert refused(aws.assume) == UNAUTHORIZED
    aws.settings(judge_trust_policy=False)
    assert aws.assume()["credentials"]
    iam.delete_role(RoleName="cart-reader")
    assert refused(aws.assume) == UNAUTHORIZED


@pytest.mark.parametrize("pod", [{"name": "a/b c"}, {"name": "a\0"}, {"uid": "a;b"}])
def test_impossible_pod_gets_credentials(aws: Aws, pod: dict[str, str]) -> None:
    """STS takes neither the name nor the tags of a pod that Kubernetes cannot have made."""
    prepare(aws)
    trust(aws)
    claims = claims_of_a_pod()
    claims["kubernetes.io"]["pod"].update(pod)
    assert refused(aws.assume, token=sign(claims)) == UNAUTHORIZED
    assert aws.sessions() == []
    assert aws.assume(sign(claims_of_a_pod()))
