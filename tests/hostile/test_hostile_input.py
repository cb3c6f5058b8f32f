"""Hostile input to the operations of associations and to EKS Auth: refused, never a crash."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import botocore.session
import pytest
from aws_under_test import CLUSTER, POD_TRUST, policy, statement
from botocore.exceptions import ClientError, ParamValidationError
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.strategies import HOSTILE, bodies, json_values, queries, segments, texts
from tests.hostile.wire import Pods, assert_survived, encoded, send, to_json

JSON_TYPE = {"Content-Type": "application/json"}


def members_of(service: str, operation: str, location: str | None) -> list[str]:
    """The wire names of an operation's members that travel in the body, the query or the path."""
    shape = (
        botocore.session.get_session()
        .get_service_model(service)
        .operation_model(operation)
        .input_shape
    )
    return [
        member.serialization.get("name", name)
        for name, member in shape.members.items()
        if member.serialization.get("location") == location
    ]


#: Operation -> service, method and whether it takes the path of the association.
OPERATIONS = {
    "CreatePodIdentityAssociation": ("eks", "POST", "path"),
    "ListPodIdentityAssociations": ("eks", "GET", "path"),
    "DescribePodIdentityAssociation": ("eks", "GET", "association_path"),
    "UpdatePodIdentityAssociation": ("eks", "POST", "association_path"),
    "DeletePodIdentityAssociation": ("eks", "DELETE", "association_path"),
    "TagResource": ("eks", "POST", "tags_path"),
    "UntagResource": ("eks", "DELETE", "tags_path"),
    "ListTagsForResource": ("eks", "GET", "tags_path"),
    "AssumeRoleForPodIdentity": ("eks-auth", "POST", "assume_path"),
}
# A valid Delete deletes, whatever its body: it has tests of its own below.
KEEPS_THE_ASSOCIATION = [name for name in OPERATIONS if not name.startswith("Delete")]

BODY_MEMBERS = [
    (operation, member)
    for operation in KEEPS_THE_ASSOCIATION
    for member in members_of(OPERATIONS[operation][0], operation, None)
]
QUERY_MEMBERS = [
    (operation, member)
    for operation in KEEPS_THE_ASSOCIATION
    for member in members_of(OPERATIONS[operation][0], operation, "querystring")
]


def valid_body(pods: Pods, operation: str) -> dict[str, Any]:
    if operation == "CreatePodIdentityAssociation":
        return pods.create_body()
    if operation == "TagResource":
        return {"tags": {"a": "b"}}
    if operation == "AssumeRoleForPodIdentity":
        return {"token": pods.aws.token()}
    return {}


def target_of(pods: Pods, operation: str) -> str:
    path: str = getattr(pods, OPERATIONS[operation][2])
    return path


@pytest.mark.parametrize("operation", KEEPS_THE_ASSOCIATION)
@HOSTILE
@given(body=bodies)
def test_hostile_body_crashes(pods: Pods, operation: str, body: bytes) -> None:
    """Whatever stands where the JSON body should, the answer is no 5xx and nothing is half-made."""
    service, method, _ = OPERATIONS[operation]
    pods.settle(send(pods.aws, service, method, target_of(pods, operation), body))


@pytest.mark.parametrize(("operation", "member"), BODY_MEMBERS)
@HOSTILE
@given(value=json_values)
def test_hostile_member_crashes(pods: Pods, operation: str, member: str, value: Any) -> None:
    """One member of a valid request may be any JSON value: refused whole, or accepted whole."""
    service, method, _ = OPERATIONS[operation]
    body = {**valid_body(pods, operation), member: value}
    pods.settle(send(pods.aws, service, method, target_of(pods, operation), to_json(body)))


@pytest.mark.parametrize("member", [name for op, name in BODY_MEMBERS if op.startswith("Create")])
@HOSTILE
@given(value=json_values)
def test_hostile_member_hides_behind_the_policy_options(
    pods: Pods, member: str, value: Any
) -> None:
    """With every option given, one hostile member still leaves nothing half-made."""
    full = {
        **pods.create_body(),
        "tags": {"a": "b"},
        "disableSessionTags": True,
        "targetRoleArn": "arn:aws:iam::444455556666:role/target",
        "policy": policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
    }
    pods.settle(send(pods.aws, "eks", "POST", pods.path, to_json({**full, member: value})))


@pytest.mark.parametrize(("operation", "member"), QUERY_MEMBERS)
@HOSTILE
@given(value=texts.filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_hostile_query_member_crashes(pods: Pods, operation: str, member: str, value: str) -> None:
    """A query member may be any text."""
    service, method, _ = OPERATIONS[operation]
    target = f"{target_of(pods, operation)}?{member}={quote(value, safe='')}"
    pods.settle(send(pods.aws, service, method, target))


@pytest.mark.parametrize("operation", KEEPS_THE_ASSOCIATION)
@HOSTILE
@given(query=queries)
def test_hostile_query_string_crashes(pods: Pods, operation: str, query: str) -> None:
    """A query string may hold anything: it neither breaks an operation nor becomes another one."""
    service, method, _ = OPERATIONS[operation]
    target = f"{target_of(pods, operation)}?{query}"
    pods.settle(send(pods.aws, service, method, target, to_json(valid_body(pods, operation))))


METHODS = ("GET", "POST", "DELETE", "PUT", "HEAD", "PATCH", "OPTIONS")
PATHS = (
    "/clusters/{}/pod-identity-associations",
    f"/clusters/{CLUSTER}/pod-identity-associations/{{}}",
    "/clusters/{}/pod-identity-associations/{}",
    "/tags/{}",
    "/tags/arn%3Aaws%3Aeks%3Aus-west-2%3A123456789012%3Apodidentityassociation%2F{}",
    "/tags/arn%3Aaws%3Aeks%3A{}%3A{}%3Apodidentityassociation%2Fprod-blue%2F{}",
    "/tags/{}%3Apodidentityassociation%2F{}",
)


@pytest.mark.parametrize("path", PATHS)
@HOSTILE
@given(method=st.sampled_from(METHODS), data=st.data())
def test_hostile_path_crashes(pods: Pods, method: str, path: str, data: st.DataObject) -> None:
    """Any cluster name, association id or ARN in a path: refused, and nobody else is touched."""
    hostile = [data.draw(segments) for _ in range(path.count("{}"))]
    body = to_json(pods.create_body()) if method == "POST" else b""
    pods.settle(send(pods.aws, "eks", method, path.format(*hostile), body))


@HOSTILE
@given(cluster=segments)
def test_hostile_cluster_name_reaches_a_role(pods: Pods, cluster: str) -> None:
    """EKS Auth with any cluster name but the token's own gives nothing out."""
    before = pods.aws.sessions()
    target = f"/clusters/{cluster}/assume-role-for-pod-identity"
    answer = send(pods.aws, "eks-auth", "POST", target, to_json({"token": pods.aws.token()}))
    assert_survived(answer)
    assert answer.status >= 400
    assert pods.aws.sessions() == before


@HOSTILE
@given(data=st.data())
def test_fuzzed_token_gets_credentials(pods: Pods, data: st.DataObject) -> None:
    """A token that is not to the letter what the cluster signed is refused with a 4xx."""
    honest = pods.aws.token()
    token = data.draw(tokens(honest))
    before = pods.aws.sessions()
    answer = send(pods.aws, "eks-auth", "POST", pods.assume_path, to_json({"token": token}))
    assert_survived(answer)
    assert answer.status == 400
    assert answer.headers["x-amzn-ErrorType"] in (
        "InvalidParameterException",
        "InvalidTokenException",
    )
    assert pods.aws.sessions() == before


def tokens(honest: str) -> st.SearchStrategy[str]:
    """Mutations of an honest token; none of them is the token itself."""
    header, claims, signature = honest.split(".")
    parts = st.sampled_from([header, claims, signature, "", "=", "e30", "bnVsbA", "W10"])
    forged = st.one_of(json_values.map(to_json), st.binary(max_size=30)).map(encoded)
    cut = st.integers(0, len(honest) - 1).map(lambda position: honest[:position])
    flipped = st.integers(0, len(honest) - 3).map(
        lambda position: (
            honest[:position] + ("B" if honest[position] == "A" else "A") + honest[position + 1 :]
        )
    )
    return st.one_of(
        texts,
        cut,
        flipped,
        st.lists(st.one_of(parts, forged), min_size=1, max_size=5).map(".".join),
        forged.map(lambda part: f"{header}.{part}.{signature}"),
        forged.map(lambda part: f"{part}.{claims}.{signature}"),
        forged.map(lambda part: f"{header}.{claims}.{part}"),
        st.just(encoded(b"[" * 5000) + f".{claims}.{signature}"),
        st.just(f"{header}." + "A" * 100_000 + f".{signature}"),
    ).filter(lambda token: token != honest)


@HOSTILE
@given(data=st.data())
def test_forged_page_token_is_taken(pods: Pods, data: st.DataObject) -> None:
    """A page token that was not given out is an InvalidParameterException, mutations included."""
    second = pods.aws.associate(pods.role, service_account="till")
    page = pods.eks.list_pod_identity_associations(clusterName=CLUSTER, maxResults=1)
    pods.eks.delete_pod_identity_association(
        clusterName=CLUSTER, associationId=second["associationId"]
    )
    honest = page["nextToken"]
    token = data.draw(
        st.one_of(
            texts.filter(bool),
            st.binary(min_size=1, max_size=40).map(encoded),
            st.integers(0, len(honest) - 1).map(lambda at: honest[:at] + "!" + honest[at + 1 :]),
            st.integers(1, len(honest) - 1).map(lambda at: honest[:at]),
        )
        .filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text))
        .filter(lambda text: text != honest)
    )
    answer = send(pods.aws, "eks", "GET", f"{pods.path}?nextToken={quote(token, safe='')}")
    assert answer.status == 400
    assert answer.headers["x-amzn-ErrorType"] == "InvalidParameterException"


POLICY_MEMBERS = (
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)


def policies() -> st.SearchStrategy[str]:
    """Documents that are almost policies."""
    honest = st.sampled_from([json.loads(POD_TRUST), json.loads(policy(statement("s3:Get*")))])
    inside = st.tuples(honest, st.sampled_from(POLICY_MEMBERS), json_values).map(
        lambda drawn: {
            **drawn[0],
            "Statement": [{**drawn[0]["Statement"][0], drawn[1]: drawn[2]}],
        }
    )
    outside = st.tuples(honest, st.sampled_from(POLICY_MEMBERS), json_values).map(
        lambda drawn: {**drawn[0], drawn[1]: drawn[2]}
    )
    condition = st.tuples(
        honest,
        st.sampled_from(["StringEquals", "ForAllValues:ArnLike", "Null", "DateLessThan", "Bool"]),
        texts,
        json_values,
    ).map(
        lambda drawn: {
            **drawn[0],
            "Statement": [
                {**drawn[0]["Statement"][0], "Condition": {drawn[1]: {drawn[2]: drawn[3]}}}
            ],
        }
    )
    documents = st.one_of(inside, outside, condition, json_values).map(json.dumps)
    return st.one_of(documents, texts, st.sampled_from(["[" * 2000, "{" * 2000]))


@HOSTILE
@given(document=policies())
def test_hostile_session_policy_is_half_stored(pods: Pods, document: str) -> None:
    """A session policy may be any text: Create refuses it whole, or stores it to the letter."""
    body = {**pods.create_body(), "disableSessionTags": True, "policy": document}
    answer = send(pods.aws, "eks", "POST", pods.path, to_json(body))
    if answer.status == 200:
        assert answer.json["association"].get("policy", "") == document
    pods.settle(answer)


@HOSTILE
@given(document=policies())
def test_hostile_trust_policy_breaks_the_operations_that_read_it(pods: Pods, document: str) -> None:
    """Whatever trust policy IAM took, Create, Update and EKS Auth answer with their own errors."""
    iam = pods.aws.client("iam")
    try:
        iam.update_assume_role_policy(RoleName="cart-reader", PolicyDocument=document)
    except (ClientError, ParamValidationError, UnicodeEncodeError):
        # IAM refused it: as good an answer as any.
        return
    assume = to_json({"token": pods.aws.token()})
    answer = send(pods.aws, "eks-auth", "POST", pods.assume_path, assume)
    assert_survived(answer)
    if answer.status >= 400:
        assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    pods.settle(send(pods.aws, "eks", "POST", pods.path, to_json(pods.create_body())))
    update = to_json({"roleArn": pods.role})
    pods.settle(send(pods.aws, "eks", "POST", pods.association_path, update))


@HOSTILE
@given(body=bodies, segment=segments)
def test_delete_of_something_else_deletes_an_association(
    pods: Pods, body: bytes, segment: str
) -> None:
    """Delete with a hostile id deletes nothing, whatever its body."""
    pods.settle(send(pods.aws, "eks", "DELETE", f"{pods.path}/{segment}", body))
