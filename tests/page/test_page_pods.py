"""Whose an event is: the page's quick answer is the one that the records give."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, Aws, policy, statement

import moto_eks_podid as podid
from moto_eks_podid.page.graph import CallNode, SessionNode, drawn
from moto_eks_podid.page.looking import look
from moto_eks_podid.page.pods import FOR_PODS, Pod
from moto_eks_podid.remote import PREFIX
from tests.eksauth.target_chain import FOREIGN_TARGET, ROLE, Chain, identity_policy, trusting


def pods_by_event() -> list[tuple[str, Pod | None]]:
    known, recorded = look()
    events, _ = recorded.appended(0)
    return [
        (event.event_name, found.pod if (found := known.pods.of_event(event)) else None)
        for event in events
    ]


def same_as_traced(aws: Aws) -> set[Pod]:
    """Every event's pod, after it was compared with what leads back from its record."""
    records = aws.records()[::-1]
    found = pods_by_event()
    assert [name for name, _ in found] == [record["eventName"] for record in records]
    pods = set()
    for (name, pod), record in zip(found, records, strict=True):
        origin = podid.trace(record)
        if name == FOR_PODS:
            # Its record does not say whom it was for; what EKS called for it does.
            continue
        assert (pod is None) == (origin is None), record
        if pod is not None and origin is not None:
            pods.add(pod)
            assert pod == Pod(
                origin.mechanism,
                origin.cluster_arn,
                origin.namespace,
                origin.service_account,
                origin.pod_name,
                origin.pod_uid,
                origin.issuer,
            )
    return pods


def test_event_belongs_to_another_pod(in_process_aws: Aws) -> None:
    """Events of several pods, of their chained sessions, and of nobody, are told apart."""
    aws = in_process_aws
    arn = aws.create_role()
    second = aws.create_role("second", policy(statement(principal={"AWS": arn})))
    aws.create_cluster()
    aws.associate(arn)
    for name in ("one", "two"):
        pod = aws.assume(aws.token(pod_name=name))["credentials"]
        answer = aws.client_with(pod, "sts").assume_role(RoleArn=second, RoleSessionName="again")
        aws.client_with(answer["Credentials"], "sts").get_caller_identity()
    aws.client_of_account(OTHER_ACCOUNT, "eks").list_clusters()
    assert {pod.name for pod in same_as_traced(aws)} == {"one", "two"}
    asked = [pod for name, pod in pods_by_event() if name == FOR_PODS]
    assert [pod.name for pod in asked if pod] == ["one", "two"]


def test_target_role_hides_the_pod(in_process_aws: Aws) -> None:
    """Calls with a target role in another account, and both accounts' records, are the pod's."""
    aws = in_process_aws
    chain = Chain(aws)
    chain.permit(identity_policy("sts:AssumeRole", "sts:TagSession"))
    chain.target(trusting(ROLE), OTHER_ACCOUNT)
    chain.associate(FOREIGN_TARGET)
    answer = chain.assume()
    aws.client_with(answer["credentials"], "sts").get_caller_identity()
    assert len(same_as_traced(aws)) == 1


@pytest.mark.parametrize("deleted", [False, True])
def test_pod_without_tags_is_nobody(in_process_aws: Aws, deleted: bool) -> None:
    """Without session tags the association leads to the service account, even if it is gone."""
    aws = in_process_aws
    aws.create_cluster()
    association = aws.associate(aws.create_role(), disableSessionTags=True)
    pod = aws.assume()["credentials"]
    if deleted:
        aws.client("eks").delete_pod_identity_association(
            clusterName=CLUSTER, associationId=association["associationId"]
        )
    aws.client_with(pod, "sts").get_caller_identity()
    [found] = same_as_traced(aws)
    assert (found.label, found.name) == ("cart", None)


def irsa_role(aws: Aws) -> str:
    """A role for the service accounts of a new cluster."""
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    provider = aws.client("iam").create_open_id_connect_provider(
        Url=issuer, ClientIDList=["sts.amazonaws.com"]
    )["OpenIDConnectProviderArn"]
    trust = statement("sts:AssumeRoleWithWebIdentity", principal={"Federated": provider})
    return aws.create_role("irsa", policy(trust))


def test_web_identity_is_nobody(in_process_aws: Aws) -> None:
    """With IRSA the token's subject leads to the service account."""
    aws = in_process_aws
    answer = aws.client("sts").assume_role_with_web_identity(
        RoleArn=irsa_role(aws),
        RoleSessionName="irsa",
        WebIdentityToken=aws.token(audience="sts.amazonaws.com"),
    )
    aws.client_with(answer["Credentials"], "sts").get_caller_identity()
    [found] = same_as_traced(aws)
    assert (found.mechanism, found.path) == ("irsa", f"{CLUSTER}/shop/cart")


def test_session_of_an_earlier_process_is_nobodys(in_process_aws: Aws) -> None:
    """A session that came in with a state is still its pod's."""
    aws = in_process_aws
    url = f"http://motoapi.amazonaws.com{PREFIX}/state"
    aws.create_cluster()
    aws.associate(aws.create_role())
    pod = aws.assume(aws.token(pod_name="kept"))["credentials"]
    state = requests.get(url, timeout=30).content
    requests.post("http://motoapi.amazonaws.com/moto-api/reset", timeout=30)
    assert pods_by_event() == []
    requests.put(url, data=state, timeout=30).raise_for_status()
    aws.client_with(pod, "sts").get_caller_identity()
    assert {pod.name for pod in same_as_traced(aws)} == {"kept"}


def test_pods_that_are_gone_fill_the_memory(in_process_aws: Aws) -> None:
    """A pod is known as long as a session or an event of it is there, and not much longer."""
    aws = in_process_aws
    aws.create_cluster()
    aws.associate(aws.create_role())
    aws.settings(max_sessions=4, cloudtrail_max_events=40)
    for number in range(60):
        pod = aws.assume(aws.token(pod_name=f"pod-{number}"))["credentials"]
        aws.client_with(pod, "sts").get_caller_identity()
        known, _ = look()
        assert [pod.name for name, pod in pods_by_event() if pod][-1] == f"pod-{number}"
    pods = known.pods
    events = {pod for _, pod in pods_by_event() if pod}
    assert 4 < len(events) < 20
    assert {known.pod for known in pods} >= events
    for held in (pods.known, pods._of_key, pods._given_to, pods._given_at, pods._ended):
        assert len(held) <= 2 * len(events) + 4


def test_web_identities_that_are_gone_fill_the_memory(in_process_aws: Aws) -> None:
    """Nor is a service account known for longer, whose token was its role's."""
    aws = in_process_aws
    role = irsa_role(aws)
    aws.settings(max_sessions=4, cloudtrail_max_events=40)
    for number in range(60):
        aws.client("sts").assume_role_with_web_identity(
            RoleArn=role,
            RoleSessionName="irsa",
            WebIdentityToken=podid.service_account_token(
                CLUSTER, "shop", f"cart-{number}", audience="sts.amazonaws.com"
            ),
        )
        known, _ = look()
    pods = known.pods
    assert {known.pod.service_account for known in pods} >= {"cart-58", "cart-59"}
    for held in (pods.known, pods._of_key, pods._subjects, pods._of_subject):
        assert len(held) <= 50


@pytest.mark.parametrize("frozen", [False, True])
def test_linked_records_are_of_another_pod(
    in_process_aws: Aws, monkeypatch: pytest.MonkeyPatch, frozen: bool
) -> None:
    """A node's call and EKS's own AssumeRole lead to each other, also while time stands still."""
    aws = in_process_aws
    aws.create_cluster()
    aws.associate(aws.create_role())
    if frozen:
        monkeypatch.setattr("moto_eks_podid.clock.epoch_seconds", lambda: 1_800_000_000.0)
    pods = [aws.assume(aws.token(pod_name=name)) for name in ("one", "two", "three")]

    def page(event_id: str) -> str:
        url = f"http://motoapi.amazonaws.com{PREFIX}/ui/events/{event_id}"
        return requests.get(url, timeout=30).text

    asked = aws.records(event_name=FOR_PODS)
    assumed = aws.records(event_name="AssumeRole")
    for call, made in zip(asked, assumed, strict=True):
        linked = re.findall(
            rf"Recorded with <a href=\"{PREFIX}/ui/events/(\S+)\"", page(call["eventID"])
        )
        assert linked == [made["eventID"]]
        linked = re.findall(
            rf"Recorded with <a href=\"{PREFIX}/ui/events/(\S+)\"", page(made["eventID"])
        )
        assert linked == [call["eventID"]]
    aws.client_with(pods[1]["credentials"], "sts").get_caller_identity()
    [record] = aws.records(event_name="GetCallerIdentity")
    text = page(record["eventID"])
    assert f'came from <a href="{PREFIX}/ui/events/{assumed[1]["eventID"]}"' in text
    assert f"<dd><code>arn:aws:iam::{ACCOUNT}:user/moto</code></dd>" in text


# The graph


def session(role: str, *sessions: SessionNode, calls: int = 0) -> SessionNode:
    nodes = tuple(CallNode(f"s3:Call{number}", number, 0, "/") for number in range(calls))
    return SessionNode(role, "ASIAEXAMPLE", "/", sessions, nodes)


GRAPHS: dict[str, list[SessionNode]] = {
    "nothing": [],
    "one session": [session("a")],
    "calls": [session("a", calls=5), session("b", calls=1)],
    "a chain": [session("a", session("b", session("c", calls=2), calls=3), calls=1), session("d")],
}


@pytest.mark.parametrize("sessions", GRAPHS.values(), ids=GRAPHS)
def test_boxes_overlap(sessions: list[SessionNode]) -> None:
    """No box covers another one or lies outside, and a line leads to each but the pod."""
    drawing = drawn("a-pod-with-a-name-that-is-too-long-for-its-box", sessions)
    boxes = drawing.boxes
    for one in boxes:
        assert one.x >= 0
        assert one.x + one.width <= drawing.width
        assert one.y >= 0
        assert one.y + one.height <= drawing.height
        for other in boxes:
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            assert one is other or apart
    ends: Any = [tuple(map(int, line.split(" ")[-2:])) for line in drawing.lines]
    wanted = [(box.x, box.y + box.height // 2) for box in boxes if box.kind != "pod"]
    assert sorted(ends) == sorted(wanted)
