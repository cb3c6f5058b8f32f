"""AssumeRoleForPodIdentity answers: its members, the session it names, credentials that work."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from uuid import UUID

import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws, policy
from pods import prepare

import moto_eks_podid as podid

HOST = f"eks-auth.{REGION}.api.aws"
PATH = f"/clusters/{CLUSTER}/assume-role-for-pod-identity"
SIX_HOURS = 21_600


def order_of(document: Any) -> Any:
    """The names of a document's members, in order, as deep as there are any."""
    if not isinstance(document, dict):
        return None
    return [(name, order_of(value)) for name, value in document.items()]


def test_wire_form_differs(aws: Aws) -> None:
    """On the wire: 200, a UUID as request id, all members in the service's order, the expiry a
    number."""
    prepare(aws)
    body = json.dumps({"token": aws.token(pod_name="cart-7c9d6b5f4-x2k9m")})
    answer = aws.http("eks-auth", "POST", PATH, body, host=HOST)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert str(UUID(answer.headers["x-amzn-RequestId"])) == answer.headers["x-amzn-RequestId"]
    assert order_of(answer.json) == [
        ("subject", [("namespace", None), ("serviceAccount", None)]),
        ("audience", None),
        ("podIdentityAssociation", [("associationArn", None), ("associationId", None)]),
        ("assumedRoleUser", [("arn", None), ("assumeRoleId", None)]),
        (
            "credentials",
            [
                ("sessionToken", None),
                ("secretAccessKey", None),
                ("accessKeyId", None),
                ("expiration", None),
            ],
        ),
    ]
    expiration = answer.json["credentials"]["expiration"]
    assert isinstance(expiration, float)
    assert expiration == pytest.approx(time.time() + SIX_HOURS, abs=60)


def test_answer_names_something_else(aws: Aws) -> None:
    """The answer names the pod's service account, its association and the session of its role."""
    association = prepare(aws)
    role = aws.client("iam").get_role(RoleName="cart-reader")["Role"]
    answer = aws.assume()
    assert answer["subject"] == {"namespace": "shop", "serviceAccount": "cart"}
    assert answer["audience"] == "pods.eks.amazonaws.com"
    assert answer["podIdentityAssociation"] == {
        "associationArn": association["associationArn"],
        "associationId": association["associationId"],
    }
    (session,) = aws.sessions()
    assert answer["assumedRoleUser"] == {
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/cart-reader/{session.session_name}",
        "assumeRoleId": f"{role['RoleId']}:{session.session_name}",
    }
    assert "workloadIdentityProviderArn" not in answer


def test_credentials_look_like_a_user_s(aws: Aws) -> None:
    """The credentials are those of a session: a key that begins with ASIA, a secret, a token."""
    prepare(aws)
    given = aws.assume()["credentials"]
    assert re.fullmatch("ASIA[A-Z0-9]{16}", given["accessKeyId"])
    assert len(given["secretAccessKey"]) == 40
    assert len(given["sessionToken"]) > 100


def test_role_shortens_the_session(aws: Aws) -> None:
    """A pod's session lasts six hours, whatever the role's own maximum is."""
    aws.create_cluster()
    aws.associate(aws.create_role(MaxSessionDuration=3600))
    expiration = aws.assume()["credentials"]["expiration"]
    (session,) = aws.sessions()
    assert (session.expires_at - session.issued_at).total_seconds() == SIX_HOURS
    assert abs((expiration - session.expires_at).total_seconds()) < 1


SESSION_NAMES = {
    ("eksworkshop-eksctl", "app1-v1-56b9f94b4-dvd5c"): "eks-eksworksho-app1-v1-56-",
    ("eksworkshop-eksctl", "app1"): "eks-eksworksho-app1-",
    ("myeks", "irsa-demo-58b4c"): "eks-myeks-irsa-demo--",
    ("fastapi-demo", "fastapi-eks-demo-x2k9m"): "eks-fastapi-de-fastapi-ek-",
    ("my-cluster", "karpenter-7c9d6b5f4-x2k9m"): "eks-my-cluster-karpenter--",
    ("eks-pod-id-lab", "pod.with.dots"): "eks-eks-pod-id-pod.with.d-",
    ("a", "b"): "eks-a-b-",
}


@pytest.mark.parametrize(("cluster", "pod"), SESSION_NAMES)
def test_session_has_another_name(aws: Aws, cluster: str, pod: str) -> None:
    """The session's name has ten characters of cluster and of pod, a dash at the cut included, and
    a random UUID: another one at each call, and not the pod's."""
    aws.create_cluster(cluster)
    aws.associate(aws.create_role(), cluster=cluster)
    token = aws.token(cluster, pod_name=pod, pod_uid="91ee0000-74f3-49d4-8f7c-bcde305c0000")
    prefix = SESSION_NAMES[cluster, pod]
    uuids = set()
    for _ in range(2):
        name = aws.assume(token, cluster)["assumedRoleUser"]["arn"].rpartition("/")[2]
        assert name.startswith(prefix)
        text = name.removeprefix(prefix)
        assert (str(UUID(text)), UUID(text).version) == (text, 4)
        assert len(name) <= 62
        uuids.add(text)
    assert len(uuids - {"91ee0000-74f3-49d4-8f7c-bcde305c0000"}) == 2


def test_node_s_members_are_refused(aws: Aws) -> None:
    """The node's name, instance and zone, which new agents send, change nothing."""
    prepare(aws)
    answer = aws.client("eks-auth").assume_role_for_pod_identity(
        clusterName=CLUSTER,
        token=aws.token(),
        eksNodeName="i-0abc1234def567890",
        instanceId="i-0abc1234def567890",
        zone="usw2-az1",
    )
    assert answer["subject"]["serviceAccount"] == "cart"
    assert len(aws.sessions()) == 1


def test_session_loses_a_tag(aws: Aws) -> None:
    """A pod's session carries the six tags in AWS's order, all of them transitive."""
    association = prepare(aws)
    aws.assume(aws.token(pod_name="cart-x", pod_uid="91ee0000-74f3-49d4-8f7c-bcde305c0000"))
    (session,) = aws.sessions()
    assert list(session.tags.items()) == [
        ("eks-cluster-arn", f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}"),
        ("eks-cluster-name", CLUSTER),
        ("kubernetes-namespace", "shop"),
        ("kubernetes-service-account", "cart"),
        ("kubernetes-pod-name", "cart-x"),
        ("kubernetes-pod-uid", "91ee0000-74f3-49d4-8f7c-bcde305c0000"),
    ]
    assert session.transitive_tag_keys == tuple(session.tags)
    assert session.association_arn == association["associationArn"]


def test_role_is_looked_for_again(in_process_aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The role that the decision was about is the session's; nobody looks for it a second time."""
    aws = in_process_aws
    prepare(aws, targetRoleArn=f"arn:aws:iam::{ACCOUNT}:role/target")
    aws.settings(judge_trust_policy=False)
    aws.create_role("target")
    iam = aws.client("iam")
    ids = {iam.get_role(RoleName=name)["Role"]["RoleId"] for name in ("cart-reader", "target")}
    monkeypatch.setattr("moto_eks_podid.sts.models.find_role", lambda role_arn: None)
    aws.assume()
    assert {session.role_id for session in aws.sessions()} == ids


def test_disabled_tags_are_passed(aws: Aws) -> None:
    """With disableSessionTags the session has no tags; the association's own never become any. The
    association's policy is the session's."""
    document = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    prepare(aws, tags={"team": "cart"}, disableSessionTags=True, policy=document)
    aws.assume()
    (session,) = aws.sessions()
    assert (session.tags, session.transitive_tag_keys) == ({}, ())
    assert session.policy == document


# Credentials that work


def test_credentials_belong_to_nobody(aws: Aws) -> None:
    """STS knows whose the credentials are: the session of the answer."""
    prepare(aws)
    answer = aws.assume()
    identity = aws.client_with(answer["credentials"], "sts").get_caller_identity()
    assert identity["Arn"] == answer["assumedRoleUser"]["arn"]
    assert identity["UserId"] == answer["assumedRoleUser"]["assumeRoleId"]
    assert identity["Account"] == ACCOUNT


def test_environment_s_account_owns_the_session(
    in_process_aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`MOTO_ACCOUNT_ID` does not change whose a pod's credentials are, nor where they work."""
    aws = in_process_aws
    prepare(aws)
    answer = aws.assume()
    monkeypatch.setenv("MOTO_ACCOUNT_ID", OTHER_ACCOUNT)
    identity = aws.client_with(answer["credentials"], "sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (ACCOUNT, answer["assumedRoleUser"]["arn"])
    eks = aws.client_with(answer["credentials"], "eks")
    assert eks.list_clusters()["clusters"] == [CLUSTER]
    again = aws.client_with(answer["credentials"], "eks-auth").assume_role_for_pod_identity(
        clusterName=CLUSTER, token=podid.service_account_token(CLUSTER, "shop", "cart")
    )
    assert f":{ACCOUNT}:" in again["assumedRoleUser"]["arn"]


def test_header_s_account_owns_the_session(aws: Aws) -> None:
    """`x-moto-account-id` does not change whose a pod's credentials are, nor where they work."""
    prepare(aws)
    answer = aws.assume()

    def foreign(service: str) -> Any:
        client = aws.client_with(answer["credentials"], service)

        def add_header(request: Any, **_: Any) -> None:
            request.headers["x-moto-account-id"] = OTHER_ACCOUNT

        client.meta.events.register("before-sign", add_header)
        return client

    assert foreign("sts").get_caller_identity()["Arn"] == answer["assumedRoleUser"]["arn"]
    assert foreign("eks").list_clusters()["clusters"] == [CLUSTER]
    again = foreign("eks-auth").assume_role_for_pod_identity(clusterName=CLUSTER, token=aws.token())
    assert f":{ACCOUNT}:" in again["assumedRoleUser"]["arn"]


def test_token_works_only_once(aws: Aws) -> None:
    """A token may be exchanged again and again; each time for a session of its own."""
    prepare(aws)
    token = aws.token()
    keys = {aws.assume(token)["credentials"]["accessKeyId"] for _ in range(3)}
    assert len(keys) == len(aws.sessions()) == 3


def test_changed_association_is_not_seen(aws: Aws) -> None:
    """A changed association counts from the next call on; earlier credentials stay what they
    were."""
    association = prepare(aws)
    before = aws.assume()
    aws.client("eks").update_pod_identity_association(
        clusterName=CLUSTER,
        associationId=association["associationId"],
        roleArn=aws.create_role("other"),
    )
    assert ":assumed-role/other/" in aws.assume()["assumedRoleUser"]["arn"]
    identity = aws.client_with(before["credentials"], "sts").get_caller_identity()
    assert identity["Arn"] == before["assumedRoleUser"]["arn"]
