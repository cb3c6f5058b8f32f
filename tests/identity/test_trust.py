"""What a trust policy is judged by: which actions, by whom, in which context."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moto_eks_podid.identity import trust
from moto_eks_podid.identity.sessions import NO_TAGS, SessionTags, pod_session_tags
from moto_eks_podid.identity.trust import (
    Assumption,
    CallingSession,
    RolePolicies,
    judge_service,
    judge_session,
    judge_web_identity,
)
from moto_eks_podid.policy import MalformedPolicy, Request, evaluate

CLUSTER = "arn:aws:eks:us-west-2:111122223333:cluster/prod-blue"
ROLE = "arn:aws:iam::111122223333:role/cart"
TARGET = "arn:aws:iam::444455556666:role/target"
NAME = "eks-prod-blue-cart-7c9d6-1f0c2b9e-3a54-4c1d-9f63-2f2c0b7f9a11"
TAGS = pod_session_tags(CLUSTER, "prod-blue", "shop", "cart", "cart-x", "91ee")
SIX = list(TAGS.all)
REQUEST_TAGS = {f"aws:RequestTag/{key}": value for key, value in TAGS.all.items()}
POD = {"Service": "pods.eks.amazonaws.com"}


def policy(*actions: str, principal: Any = POD, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions), **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


OPEN = policy("sts:*", principal="*")


class Seen:
    """Every request that was judged, as the evaluator got it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[Request] = []
        self.documents: list[dict[str, Any]] = []
        monkeypatch.setattr(trust, "evaluate", self.evaluate)

    def evaluate(self, request: Request, **documents: Any) -> Any:
        self.requests.append(request)
        self.documents.append(documents)
        return evaluate(request, **documents)

    @property
    def actions(self) -> list[str]:
        return [request.action for request in self.requests]

    @property
    def context(self) -> dict[str, Any]:
        """The context, which must be one for all actions."""
        first, *others = [dict(request.context) for request in self.requests]
        assert all(other == first for other in others)
        return first


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    return Seen(monkeypatch)


def caller(**changes: Any) -> CallingSession:
    values: dict[str, Any] = {
        "arn": f"arn:aws:sts::111122223333:assumed-role/cart/{NAME}",
        "role_arn": ROLE,
        "user_id": f"AROAEXAMPLEROLEID0001:{NAME}",
        "tags": TAGS.all,
        "role_tags": {},
    }
    return CallingSession(**{**values, **changes})


# For the service


def test_service_s_context_differs(seen: Seen) -> None:
    """EKS asks for both actions, with the six tags, the cluster as source, and its own name."""
    decision = judge_service(Assumption(ROLE, NAME, TAGS), OPEN, cluster_arn=CLUSTER)
    assert decision.allowed
    assert seen.actions == ["sts:AssumeRole", "sts:TagSession"]
    assert seen.context == {
        **REQUEST_TAGS,
        "aws:TagKeys": SIX,
        "sts:TransitiveTagKeys": SIX,
        "sts:RoleSessionName": NAME,
        "aws:SourceArn": CLUSTER,
        "aws:SourceAccount": "111122223333",
        "aws:PrincipalIsAWSService": True,
        "aws:PrincipalServiceName": "pods.eks.amazonaws.com",
        "aws:PrincipalServiceNamesList": ["pods.eks.amazonaws.com"],
    }
    request = seen.requests[0]
    assert (request.principal, request.resource) == ("pods.eks.amazonaws.com", ROLE)
    assert seen.documents[0]["identity"] == []


def test_tags_are_offered_without_any(seen: Seen) -> None:
    """Without tags only AssumeRole is asked for, and nothing of tags is in the context."""
    assert judge_service(Assumption(ROLE, NAME, NO_TAGS), OPEN, cluster_arn=CLUSTER).allowed
    assert seen.actions == ["sts:AssumeRole"]
    assert not [key for key in seen.context if "tag" in key.lower()]
    assert "sts:ExternalId" not in seen.context


@pytest.mark.parametrize(
    ("actions", "tags", "allowed"),
    [
        (("sts:AssumeRole", "sts:TagSession"), TAGS, True),
        (("sts:AssumeRole",), TAGS, False),
        (("sts:TagSession",), TAGS, False),
        (("sts:AssumeRole",), NO_TAGS, True),
        (("sts:TagSession",), NO_TAGS, False),
        (("sts:*",), TAGS, True),
        (("*",), TAGS, True),
        (("STS:assumerole", "sts:tag*"), TAGS, True),
    ],
)
def test_one_action_is_enough(actions: tuple[str, ...], tags: SessionTags, allowed: bool) -> None:
    """Passing tags needs its own permission; without tags it needs none."""
    decision = judge_service(Assumption(ROLE, NAME, tags), policy(*actions), cluster_arn=CLUSTER)
    assert decision.allowed is allowed


def test_two_statements_are_not_enough() -> None:
    """The two actions may be allowed by statements of their own, under conditions of their own."""
    first = json.loads(policy("sts:AssumeRole"))
    second = json.loads(
        policy(
            "sts:TagSession",
            Condition={"StringEquals": {"aws:RequestTag/kubernetes-namespace": "shop"}},
        )
    )
    first["Statement"] += second["Statement"]
    assert judge_service(Assumption(ROLE, NAME, TAGS), first, cluster_arn=CLUSTER).allowed
    other = pod_session_tags(CLUSTER, "prod-blue", "billing", "cart", "cart-x", "91ee")
    assert not judge_service(Assumption(ROLE, NAME, other), first, cluster_arn=CLUSTER).allowed


@pytest.mark.parametrize("document", ["{", "[]", '{"Statement": 5}', "null"])
def test_malformed_trust_allows(document: str) -> None:
    """A trust policy that cannot be read is an error, whoever asks."""
    assumption = Assumption(ROLE, NAME, TAGS)
    with pytest.raises(MalformedPolicy):
        judge_service(assumption, document, cluster_arn=CLUSTER)
    with pytest.raises(MalformedPolicy):
        judge_session(
            assumption,
            document,
            caller=caller(),
            policies=RolePolicies([]),
            target_role_tags={},
        )
    with pytest.raises(MalformedPolicy):
        judge_web_identity(
            ROLE,
            NAME,
            document,
            provider_arn="arn:aws:iam::111122223333:oidc-provider/oidc.example.com",
            subject="s",
            audience="a",
        )


# For a session

HANDED_ON = SessionTags({}, TAGS.all, TAGS.transitive_keys)
PERMISSION = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Resource": TARGET,
        },
    }
)


def judge(trust_policy: str = OPEN, tags: SessionTags = HANDED_ON, **changes: Any) -> Any:
    assumption = Assumption(TARGET, NAME, tags, external_id=changes.pop("external_id", None))
    return judge_session(
        assumption,
        trust_policy,
        caller=changes.pop("caller", caller()),
        policies=changes.pop("policies", RolePolicies([PERMISSION])),
        target_role_tags=changes.pop("target_role_tags", {}),
    )


def test_session_s_context_differs(seen: Seen) -> None:
    """A session that goes on offers its tags as request tags and as its own, and says who it is."""
    assert judge(external_id="us-west-2/111122223333/prod-blue/shop/cart").allowed
    assert seen.actions == ["sts:AssumeRole", "sts:TagSession"]
    assert seen.context == {
        **REQUEST_TAGS,
        **{f"aws:PrincipalTag/{key}": value for key, value in TAGS.all.items()},
        "aws:TagKeys": SIX,
        "sts:TransitiveTagKeys": SIX,
        "sts:RoleSessionName": NAME,
        "sts:ExternalId": "us-west-2/111122223333/prod-blue/shop/cart",
        "aws:PrincipalArn": ROLE,
        "aws:PrincipalAccount": "111122223333",
        "aws:PrincipalType": "AssumedRole",
        "aws:userid": f"AROAEXAMPLEROLEID0001:{NAME}",
    }
    request = seen.requests[0]
    assert request.principal == f"arn:aws:sts::111122223333:assumed-role/cart/{NAME}"
    assert (request.principal_role_arn, request.resource) == (ROLE, TARGET)


def test_session_tag_hides_behind_the_role_s(seen: Seen) -> None:
    """A session's tag takes the place of its role's, and an inherited one that of the target's,
    whatever the case; a target has no tags that it did not have."""
    judge(
        caller=caller(role_tags={"Kubernetes-Namespace": "billing", "team": "blue"}),
        target_role_tags={"KUBERNETES-POD-NAME": "old", "stage": "prod"},
    )
    tags = {
        key: value
        for key, value in seen.context.items()
        if key.startswith(("aws:PrincipalTag/", "aws:ResourceTag/"))
    }
    assert tags["aws:PrincipalTag/kubernetes-namespace"] == "shop"
    assert tags["aws:PrincipalTag/team"] == "blue"
    assert "aws:PrincipalTag/Kubernetes-Namespace" not in tags
    assert {key: value for key, value in tags.items() if "ResourceTag" in key} == {
        "aws:ResourceTag/kubernetes-pod-name": "cart-x",
        "aws:ResourceTag/stage": "prod",
    }


DENY = PERMISSION.replace("Allow", "Deny")
ONLY_ASSUME = PERMISSION.replace(', "sts:TagSession"', "")
BY_ROLE = policy("sts:*", principal={"AWS": ROLE})
BY_ACCOUNT = policy("sts:*", principal={"AWS": "111122223333"})
OTHERS: dict[str, tuple[str, RolePolicies, SessionTags, bool]] = {
    "both sides": (BY_ROLE, RolePolicies([PERMISSION]), HANDED_ON, True),
    "by account": (BY_ACCOUNT, RolePolicies([PERMISSION]), HANDED_ON, True),
    "no permission": (BY_ROLE, RolePolicies([]), HANDED_ON, False),
    "permission for AssumeRole alone": (BY_ROLE, RolePolicies([ONLY_ASSUME]), HANDED_ON, False),
    "the same without tags": (BY_ROLE, RolePolicies([ONLY_ASSUME]), NO_TAGS, True),
    "permission in two policies": (
        BY_ROLE,
        RolePolicies([ONLY_ASSUME, PERMISSION]),
        HANDED_ON,
        True,
    ),
    "denied": (BY_ROLE, RolePolicies([PERMISSION, DENY]), HANDED_ON, False),
    "boundary": (BY_ROLE, RolePolicies([PERMISSION], boundary=PERMISSION), HANDED_ON, True),
    "narrow boundary": (
        BY_ROLE,
        RolePolicies([PERMISSION], boundary=ONLY_ASSUME),
        HANDED_ON,
        False,
    ),
    "session policy": (BY_ROLE, RolePolicies([PERMISSION], session=[PERMISSION]), HANDED_ON, True),
    "narrow session policy": (
        BY_ROLE,
        RolePolicies([PERMISSION], session=[ONLY_ASSUME]),
        HANDED_ON,
        False,
    ),
    "trust of another role": (
        policy("sts:*", principal={"AWS": ROLE + "2"}),
        RolePolicies([PERMISSION]),
        HANDED_ON,
        False,
    ),
    "trust of the service": (policy("sts:*"), RolePolicies([PERMISSION]), HANDED_ON, False),
}


@pytest.mark.parametrize("case", OTHERS)
def test_one_side_is_enough(case: str) -> None:
    """Across accounts the target's trust and all that bounds the role must allow both actions."""
    trust_policy, policies, tags, allowed = OTHERS[case]
    assert judge(trust_policy, tags, policies=policies).allowed is allowed


# For a web identity

PROVIDER = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0F1E"


def test_web_identity_s_context_differs(seen: Seen) -> None:
    """A web identity is its provider, and its claims are keys of the provider's name."""
    decision = judge_web_identity(
        ROLE,
        "botocore-session-1",
        policy("sts:AssumeRoleWithWebIdentity", principal={"Federated": PROVIDER}),
        provider_arn=PROVIDER,
        subject="system:serviceaccount:shop:cart",
        audience="sts.amazonaws.com",
    )
    assert decision.allowed
    assert seen.actions == ["sts:AssumeRoleWithWebIdentity"]
    assert seen.context == {
        "oidc.eks.us-west-2.amazonaws.com/id/0F1E:sub": "system:serviceaccount:shop:cart",
        "oidc.eks.us-west-2.amazonaws.com/id/0F1E:aud": "sts.amazonaws.com",
        "aws:FederatedProvider": PROVIDER,
        "sts:RoleSessionName": "botocore-session-1",
    }
    assert (seen.requests[0].principal, seen.requests[0].resource) == (PROVIDER, ROLE)


def test_refusal_does_not_say_which_action() -> None:
    """The decision is the one that refuses, else the last one."""
    untagged = policy("sts:AssumeRole")
    decision = judge_service(Assumption(ROLE, NAME, TAGS), untagged, cluster_arn=CLUSTER)
    assert decision.word == "implicitly denied"
    assert "sts:TagSession" in str(decision)
    denied = json.loads(policy("sts:*"))
    denied["Statement"].append({**denied["Statement"][0], "Effect": "Deny"})
    decision = judge_service(Assumption(ROLE, NAME, TAGS), denied, cluster_arn=CLUSTER)
    assert decision.word == "explicitly denied"
    assert "sts:AssumeRole" in str(decision)
