"""The agent's HTTP interface: checks in their order, texts, statuses, headers, bodies."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from agents import agent_of, ask, calls_of_eks_auth, get, send, unsigned
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, POD_TRUST, Aws, policy, statement
from judged import allow, judge, role
from pods import prepare

import moto_eks_podid as podid
from moto_eks_podid.agent.answers import PodCredentials
from moto_eks_podid.agent.checks import host_in


@pytest.fixture
def agent(in_process_aws: Aws) -> Iterator[podid.PodIdentityAgent]:
    prepare(in_process_aws)
    with agent_of(in_process_aws) as running:
        yield running


@pytest.fixture
def unasking() -> Iterator[podid.PodIdentityAgent]:
    """An agent that answers 500 if it would ask EKS Auth: there is no mock."""
    with podid.PodIdentityAgent(CLUSTER) as running:
        yield running


# Credentials


def test_sdk_cannot_read_the_answer(aws: Aws) -> None:
    """The body has AWS's five members in their order, without spaces, and they are the pod's."""
    prepare(aws)
    with agent_of(aws) as agent:
        answer = ask(agent.url, aws.token())
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json) == [
        "AccessKeyId",
        "SecretAccessKey",
        "Token",
        "AccountId",
        "Expiration",
    ]
    assert answer.body == json.dumps(answer.json, separators=(",", ":"))
    assert answer.json["AccountId"] == ACCOUNT
    [session] = aws.sessions(access_key_id=answer.json["AccessKeyId"])
    assert session.tags["kubernetes-service-account"] == "cart"
    expires_at = datetime.fromisoformat(answer.json["Expiration"].replace("Z", "+00:00"))
    assert abs((expires_at - session.expires_at).total_seconds()) < 0.01


def test_account_is_not_the_target_roles(aws: Aws) -> None:
    """With a target role, AccountId is that role's account."""
    aws.create_cluster()
    source = role(aws, allow("sts:AssumeRole", "sts:TagSession"))
    trust = policy(
        statement("sts:AssumeRole", "sts:TagSession", principal={"AWS": ACCOUNT}),
    )
    other = aws.client_of_account(OTHER_ACCOUNT, "iam")
    target = aws.create_role("target", trust, iam=other)
    aws.associate(source, targetRoleArn=target)
    with agent_of(aws) as agent:
        assert ask(agent.url, aws.token()).json["AccountId"] == OTHER_ACCOUNT


@pytest.mark.parametrize(
    ("microsecond", "written"), [(0, "00Z"), (500_000, "00.5Z"), (123_456, "00.123456Z")]
)
def test_fraction_of_the_expiry_has_zeros(microsecond: int, written: str) -> None:
    """Expiration has as many digits of a fraction as it needs: none for whole seconds."""
    moment = datetime(2026, 3, 1, 12, 50, 0, microsecond, tzinfo=timezone.utc)
    credentials = PodCredentials("ASIA", "<&>", "token", ACCOUNT, moment)
    assert json.loads(credentials.body)["Expiration"] == f"2026-03-01T12:50:{written}"
    assert r"\u003c\u0026\u003e" in credentials.body


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_method_matters(agent: podid.PodIdentityAgent, in_process_aws: Aws, method: str) -> None:
    """Any method will do."""
    assert ask(agent.url, in_process_aws.token(), method=method).status == 200


def test_head_has_a_body(agent: podid.PodIdentityAgent, in_process_aws: Aws) -> None:
    """HEAD answers the head of GET."""
    answer = ask(agent.url, in_process_aws.token(), method="HEAD")
    assert answer.status == 200
    assert answer.body == ""
    assert int(answer.headers["Content-Length"]) > 100


# Refusals


def assert_text(answer: Any, status: int, text: str) -> None:
    """A refusal as Go's http.Error writes it."""
    assert answer.body == f"{text}\n"
    assert answer.status == status
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/v1/credentials/", "/v1", "/healthz", "/metrics", "/v2"])
def test_other_path_answers(unasking: podid.PodIdentityAgent, path: str) -> None:
    """Everything but /v1/credentials is not found; probes and metrics have their own ports."""
    url = unasking.url.removesuffix("/v1/credentials")
    assert_text(get(url + path), 404, "404 page not found")


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:80", "127.8.8.8", "localhost", "localhost:8080", "[::1]:80"),
        *("169.254.170.23", "169.254.170.23:80", "[fd00:ec2::23]", "[fd00:ec2::23]:80"),
        "fd00:ec2::23",
    ],
)
def test_proper_host_is_refused(unasking: podid.PodIdentityAgent, host: str) -> None:
    """A request may come to the addresses of EKS's agents, or to this machine's own."""
    assert_text(ask(unasking.url, host=host), 400, "Service account token cannot be empty")


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("example.com", "example.com"),
        ("example.com:80", "example.com"),
        ("169.254.170.2", "169.254.170.2"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("127.0.0.1.example.com", "127.0.0.1.example.com"),
        ("localhost.", "localhost."),
        ("a:b:c", "a:b:c"),
        ("", ""),
    ],
)
def test_foreign_host_is_served(unasking: podid.PodIdentityAgent, host: str, named: str) -> None:
    """A request for another host is refused before its token is looked at."""
    answer = ask(unasking.url, unsigned({}), host=host)
    assert_text(
        answer,
        403,
        "Access Denied. Called agent through invalid address, please use either "
        f"[169.254.170.23 fd00:ec2::23] address not {named}",
    )


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("[::1]", "::1"),
        ("[::1]:80", "::1"),
        ("[::1]80", "[::1]80"),
        ("::1", "::1"),
        ("a:", "a"),
        (":80", ""),
        ("[", "["),
        ("[]", ""),
    ],
)
def test_host_is_taken_apart_differently(header: str, host: str) -> None:
    """Port and brackets go as they go in Go."""
    assert host_in(header) == host


def test_hosts_cannot_be_chosen() -> None:
    """The hosts are those that are given, and loopback can be forbidden, as it is on EKS."""
    with podid.PodIdentityAgent(CLUSTER, allowed_hosts=["agent.local", "[::2]"]) as agent:
        assert ask(agent.url, host="agent.local:80").status == 400
        assert ask(agent.url, host="[::2]").status == 400
        refused = ask(agent.url, host="169.254.170.23")
    assert refused.body.endswith("please use either [agent.local ::2] address not 169.254.170.23\n")
    with podid.PodIdentityAgent(CLUSTER, allow_loopback=False) as agent:
        assert ask(agent.url, host="localhost").status == 403
        # What it listens at is proper in any case.
        assert ask(agent.url, host="127.0.0.1").status == 400


def test_request_without_host_is_served(unasking: podid.PodIdentityAgent) -> None:
    """HTTP/1.1 requires a host; HTTP/1.0 does not, and then it is a wrong one."""
    answer = send(unasking.url, b"GET /v1/credentials HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert answer.endswith(b"400 Bad Request: missing required Host header\n")
    answer = send(unasking.url, b"GET /v1/credentials HTTP/1.0\r\n\r\n")
    assert b" 403 " in answer.split(b"\r\n")[0]
    assert answer.endswith(b"address not \n")


NOW = 1_800_000_000
CANNOT = "Service account token cannot be parsed: "
FAILED = "Service account token failed basic claim validations: "

REFUSED_TOKENS = {
    "none": (None, "Service account token cannot be empty"),
    "empty": ("", "Service account token cannot be empty"),
    "spaces": ("  ", "Service account token cannot be empty"),
    "a word": (
        "token",
        CANNOT + "token is malformed: token contains an invalid number of segments",
    ),
    "bearer": (
        f"Bearer {unsigned({})}",
        CANNOT + "token is malformed: could not base64 decode header: "
        "illegal base64 data at input byte 6",
    ),
    "no algorithm": (
        unsigned({}, "{}"),
        CANNOT + "token is unverifiable: signing method (alg) is unspecified",
    ),
    "expired": (unsigned({"exp": NOW}), FAILED + "token is expired"),
    "not yet valid": (unsigned({"nbf": NOW + 1}), FAILED + "token is not valid yet"),
    "neither": (
        unsigned({"exp": NOW, "nbf": NOW + 1}),
        FAILED + "token is expired, token is not valid yet",
    ),
}


@pytest.mark.parametrize(("token", "text"), REFUSED_TOKENS.values(), ids=list(REFUSED_TOKENS))
def test_token_is_refused_in_other_words(token: str | None, text: str) -> None:
    """What cannot be a token of a pod is refused here; EKS Auth does not hear of it."""
    with podid.PodIdentityAgent(CLUSTER, now=lambda: NOW) as agent:
        assert_text(ask(agent.url, token), 400, text)


# EKS Auth's errors


def passed_on(answer: Any, status: int, code: str, message: str, fault: str = "client") -> str:
    """An error of EKS Auth, passed on; returns the request id."""
    match = re.match(r"\[([0-9a-f-]{36})\]: ", answer.body)
    assert match, answer.body
    assert_text(answer, status, f"[{match[1]}]: ({code}): {message}, fault: {fault}")
    return match[1]


def test_missing_association_is_passed_on_differently(aws: Aws) -> None:
    """An error of EKS Auth keeps status, code and message; the id is CloudTrail's."""
    aws.create_cluster()
    with agent_of(aws) as agent:
        request_id = passed_on(
            ask(agent.url, aws.token()),
            404,
            "ResourceNotFoundException",
            "The token included in the request has no service account role association for it.",
        )
    [record] = calls_of_eks_auth(aws)
    assert record["requestID"] == request_id


def test_refused_role_is_passed_on_differently(aws: Aws) -> None:
    """A role that EKS may no longer assume is AccessDenied, which is a 400 here."""
    prepare(aws)
    aws.client("iam").update_assume_role_policy(
        RoleName="cart-reader", PolicyDocument=policy(statement("sts:AssumeRole"))
    )
    with agent_of(aws) as agent:
        passed_on(
            ask(agent.url, aws.token()),
            400,
            "AccessDeniedException",
            "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
        )


def test_cluster_that_is_nowhere_breaks_the_agent(aws: Aws) -> None:
    """An agent may start before its cluster: EKS Auth says that there is none, and then gives
    credentials."""
    aws.create_cluster()
    with agent_of(aws, "late") as agent:
        passed_on(
            ask(agent.url, aws.token()),
            404,
            "ResourceNotFoundException",
            "No cluster found for name: late.",
        )
        aws.create_cluster("late")
        aws.associate(aws.create_role(), cluster="late")
        assert ask(agent.url, aws.token("late")).status == 200


def test_another_clusters_token_is_accepted(aws: Aws) -> None:
    """A token of another cluster is EKS Auth's to refuse."""
    prepare(aws)
    aws.create_cluster("other")
    with agent_of(aws) as agent:
        answer = ask(agent.url, aws.token("other"))
    assert answer.status == 400
    assert "(InvalidTokenException): " in answer.body


# The node


def test_caller_is_no_node(aws: Aws) -> None:
    """CloudTrail shows a node of the cluster as the caller of EKS Auth."""
    prepare(aws)
    with agent_of(aws, instance_id="i-0abc1234def567890") as agent:
        ask(agent.url, aws.token())
        role_arn = agent.node_role_arn
    assert role_arn == f"arn:aws:iam::{ACCOUNT}:role/eks-node-{CLUSTER}"
    [record] = calls_of_eks_auth(aws)
    caller = record["userIdentity"]
    assert caller["type"] == "AssumedRole"
    assert (
        caller["arn"]
        == f"arn:aws:sts::{ACCOUNT}:assumed-role/eks-node-{CLUSTER}/i-0abc1234def567890"
    )
    assert caller["sessionContext"]["sessionIssuer"]["arn"] == role_arn
    assert caller["sessionContext"]["ec2RoleDelivery"]
    [node] = aws.sessions(role_arn=role_arn)
    assert caller["accessKeyId"] == node.access_key_id


def test_node_makes_calls_of_its_own(aws: Aws) -> None:
    """Nothing but EKS Auth is called: EC2 makes the node's session, and no call tells of it."""
    prepare(aws)
    before = len(podid.cloudtrail_records(endpoint_url=aws.endpoint_url))
    with agent_of(aws) as agent:
        ask(agent.url, aws.token())
    new = podid.cloudtrail_records(endpoint_url=aws.endpoint_url)[:-before]
    assert [record["eventName"] for record in new] == ["AssumeRoleForPodIdentity", "AssumeRole"]


def test_node_asks_for_a_session_each_time(aws: Aws) -> None:
    """A node keeps its session while it is good, and has another one when the time comes."""
    prepare(aws)
    with agent_of(aws, max_cache_size=0) as agent:
        ask(agent.url, aws.token())
        ask(agent.url, aws.token())
        assert len(aws.sessions(role_arn=agent.node_role_arn)) == 1
        aws.shift(6 * 3600 - 200)
        ask(agent.url, aws.token())
        assert len(aws.sessions(role_arn=agent.node_role_arn)) == 2


def test_node_without_permission_gets_credentials(aws: Aws) -> None:
    """While calls are judged, the node needs eks-auth:AssumeRoleForPodIdentity; the refusal is
    passed on."""
    prepare(aws)
    trust = policy(statement("sts:AssumeRole", principal={"Service": "ec2.amazonaws.com"}))
    bare = aws.create_role("bare-node", trust)
    judge(aws)
    with agent_of(aws, node_role=bare, instance_id="i-0abc1234def567890") as agent:
        cluster_arn = f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/{CLUSTER}"
        passed_on(
            ask(agent.url, aws.token()),
            400,
            "AccessDeniedException",
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/bare-node/i-0abc1234def567890 is not "
            "authorized to perform: eks-auth:AssumeRoleForPodIdentity on resource: "
            f"{cluster_arn} because no identity-based policy allows the "
            "eks-auth:AssumeRoleForPodIdentity action",
        )
        aws.client("iam").put_role_policy(
            RoleName="bare-node",
            PolicyName="eks-auth",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": allow("eks-auth:AssumeRoleForPodIdentity", on=cluster_arn),
                }
            ),
        )
        assert ask(agent.url, aws.token()).status == 200


@pytest.mark.parametrize("mode", ["sessions", "all"])
def test_default_node_is_refused(aws: Aws, mode: str) -> None:
    """The role that an agent makes may do what a node must, whoever is judged."""
    prepare(aws)
    token = aws.token()
    judge(aws, mode)
    with agent_of(aws) as agent:
        assert ask(agent.url, token).status == 200


def test_node_role_that_is_not_there_is_made(aws: Aws) -> None:
    """A role that is named has to exist: the agent says so, and the test hears of it."""
    prepare(aws)
    with agent_of(aws, node_role="nobody") as agent:
        text = f"There is no role arn:aws:iam::{ACCOUNT}:role/nobody for the nodes of '{CLUSTER}'"
        assert_text(ask(agent.url, aws.token()), 500, text)
        with pytest.raises(ValueError, match="There is no role"):
            agent.check()
        agent.check()


def test_several_clusters_of_one_name_are_mixed_up(aws: Aws) -> None:
    """With clusters of one name in two regions, the agent needs to know which is its own."""
    prepare(aws)
    aws.create_cluster(region="eu-central-1")
    token = aws.token(region="us-west-2")
    with agent_of(aws) as agent:
        answer = ask(agent.url, token)
        assert answer.status == 500
        assert "say which with region=" in answer.body
        with pytest.raises(podid.ClusterLookupError):
            agent.check()
    with agent_of(aws, region="us-west-2") as agent:
        assert ask(agent.url, token).status == 200
    with agent_of(aws, region="eu-central-1") as agent:
        assert "InvalidTokenException" in ask(agent.url, token).body


def test_cluster_of_another_account_is_not_found(aws: Aws) -> None:
    """The node is in the account and region of the cluster."""
    eks = aws.client_of_account(OTHER_ACCOUNT, "eks", "eu-west-1")
    aws.create_cluster("abroad", "eu-west-1", eks)
    iam = aws.client_of_account(OTHER_ACCOUNT, "iam")
    role_arn = aws.create_role("abroad", POD_TRUST, iam)
    eks.create_pod_identity_association(
        clusterName="abroad", namespace="shop", serviceAccount="cart", roleArn=role_arn
    )
    with agent_of(aws, "abroad") as agent:
        assert ask(agent.url, aws.token("abroad")).json["AccountId"] == OTHER_ACCOUNT
    [record] = calls_of_eks_auth(aws)
    assert record["awsRegion"] == "eu-west-1"
    assert record["userIdentity"]["accountId"] == OTHER_ACCOUNT


# Trouble between agent and EKS Auth


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_server_that_is_down_hangs_the_agent() -> None:
    """Without an answer of EKS Auth there is no request id to tell: 500, `[]`."""
    endpoint_url = f"http://127.0.0.1:{unused_port()}"
    with podid.PodIdentityAgent(CLUSTER, endpoint_url=endpoint_url) as agent:
        assert_text(ask(agent.url, unsigned({})), 500, "[]")


def test_agent_calls_aws_after_its_mock() -> None:
    """An agent that outlives its mock calls nothing, and the test hears of it."""
    aws = Aws(None)
    with podid.mock_aws():
        prepare(aws)
        token = aws.token()
        agent = agent_of(aws)
        agent.start()
    try:
        answer = ask(agent.url, token)
        assert answer.status == 500
        assert answer.body.startswith("No mock runs")
        with pytest.raises(RuntimeError, match="No mock runs"):
            agent.check()
    finally:
        agent.stop()
