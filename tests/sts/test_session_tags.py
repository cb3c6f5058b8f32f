"""AssumeRole: what a session keeps of its request, what it inherits, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, Aws, policy
from refusals import refused

import moto_eks_podid as podid

ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart"
NEXT = f"arn:aws:iam::{OTHER_ACCOUNT}:role/next"
LAST = f"arn:aws:iam::{ACCOUNT}:role/last"
SESSION_POLICY = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
MANAGED = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key.replace("_", "-"), "Value": value} for key, value in values.items()]


class Caller:
    """Somebody who assumes roles, and remembers the last session's key."""

    def __init__(self, aws: Aws, credentials: dict[str, Any] | None = None) -> None:
        self.aws = aws
        self.sts = aws.client_with(credentials, "sts") if credentials else aws.client("sts")
        self.answer: dict[str, Any] = {}

    def ask(self, role: str = ROLE, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.sts.assume_role(
            RoleArn=role, RoleSessionName="cart-1", **more
        )
        self.answer = answer
        return answer

    def assume(self, role: str = ROLE, **more: Any) -> Caller:
        """Assume a role and go on as its session."""
        return Caller(self.aws, self.ask(role, **more)["Credentials"])

    def session(self) -> podid.RoleSession:
        """What was recorded of the session that was assumed last."""
        key = self.answer["Credentials"]["AccessKeyId"]
        (session,) = self.aws.sessions(access_key_id=key)
        return session


@pytest.fixture
def caller(aws: Aws) -> Caller:
    return Caller(aws)


# What is kept


def test_session_forgets_what_it_was_asked_for(caller: Caller) -> None:
    """A session keeps tags, transitive keys, source identity, policies and external id."""
    answer = caller.ask(
        Tags=tags(team="blue", Cost_Center="7"),
        TransitiveTagKeys=["team"],
        SourceIdentity="alice",
        Policy=SESSION_POLICY,
        PolicyArns=[{"arn": MANAGED}],
        ExternalId="id-1",
        DurationSeconds=900,
    )
    assert answer["SourceIdentity"] == "alice"
    session = caller.session()
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": session.user_id, "Arn": session.arn}
    assert session.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/cart/cart-1"
    assert (session.role_arn, session.session_name) == (ROLE, "cart-1")
    assert list(session.tags.items()) == [("team", "blue"), ("Cost-Center", "7")]
    assert session.transitive_tag_keys == ("team",)
    assert session.source_identity == "alice"
    assert (session.policy, session.policy_arns) == (SESSION_POLICY, (MANAGED,))
    assert session.external_id == "id-1"
    assert (session.expires_at - session.issued_at).total_seconds() == 900
    assert abs((answer["Credentials"]["Expiration"] - session.expires_at).total_seconds()) < 1
    assert (session.parent_access_key_id, session.association_arn) == (None, None)


def test_plain_session_has_something(caller: Caller) -> None:
    """A session that was asked for nothing has nothing, lasts an hour, and shows no size."""
    answer = caller.ask()
    assert "PackedPolicySize" not in answer
    assert "SourceIdentity" not in answer
    session = caller.session()
    assert (session.tags, session.transitive_tag_keys, session.policy_arns) == ({}, (), ())
    assert (session.policy, session.external_id, session.source_identity) == (None, None, None)
    assert (session.expires_at - session.issued_at).total_seconds() == 3600


def test_session_of_a_role_has_another_id(aws: Aws, caller: Caller) -> None:
    """A session's id begins with the id of its role, if there is that role."""
    role = aws.client("iam").create_role(
        RoleName="cart", AssumeRolePolicyDocument=policy(), Path="/team/"
    )["Role"]
    answer = caller.ask(role["Arn"])
    assert answer["AssumedRoleUser"]["AssumedRoleId"] == f"{role['RoleId']}:cart-1"
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/cart/cart-1"


# Chains


def test_chain_loses_a_transitive_tag(caller: Caller) -> None:
    """Transitive tags go on along a chain, over accounts, in front of new ones; others stay."""
    second = caller.assume(
        Tags=tags(team="blue", stage="prod", zone="a"), TransitiveTagKeys=["team", "zone"]
    )
    third = second.assume(NEXT, Tags=tags(owner="bob", stage="test"), TransitiveTagKeys=["owner"])
    third.ask(LAST)
    first_session, second_session, last = caller.session(), second.session(), third.session()
    assert second_session.tags == {"team": "blue", "zone": "a", "owner": "bob", "stage": "test"}
    assert list(second_session.tags) == ["team", "zone", "owner", "stage"]
    assert second_session.transitive_tag_keys == ("team", "zone", "owner")
    assert last.tags == {"team": "blue", "zone": "a", "owner": "bob"}
    assert last.transitive_tag_keys == ("team", "zone", "owner")
    assert last.parent_access_key_id == second_session.access_key_id
    assert second_session.parent_access_key_id == first_session.access_key_id


def test_transitive_key_of_other_case_is_lost(caller: Caller) -> None:
    """Transitive keys are compared with the tags' without regard to case."""
    second = caller.assume(Tags=tags(Team="blue"), TransitiveTagKeys=["TEAM"])
    second.ask(NEXT)
    assert second.session().tags == {"Team": "blue"}


def test_source_identity_is_lost(caller: Caller) -> None:
    """A source identity stays for the whole chain, and may be set again only to itself."""
    second = caller.assume(SourceIdentity="alice")
    third = second.assume(NEXT)
    answer = third.ask(LAST, SourceIdentity="alice")
    assert second.session().source_identity == third.session().source_identity == "alice"
    assert answer["SourceIdentity"] == "alice"
    assert refused(third.ask, role=LAST, SourceIdentity="bob") == (
        "InvalidParameterValue",
        400,
        "The source identity is already set for this assume role session",
    )


def test_source_identity_cannot_be_set_later(caller: Caller) -> None:
    """A chain that began without a source identity can still get one."""
    second = caller.assume()
    second.ask(NEXT, SourceIdentity="alice")
    assert second.session().source_identity == "alice"


def test_inherited_policy_narrows_the_next_session(caller: Caller) -> None:
    """Policies and the external id are a session's own: nothing but tags is handed on."""
    second = caller.assume(Policy=SESSION_POLICY, PolicyArns=[{"arn": MANAGED}], ExternalId="id-1")
    second.ask(NEXT)
    session = second.session()
    assert (session.policy, session.policy_arns, session.external_id) == (None, (), None)


def test_pod_s_chain_loses_its_tags(aws: Aws) -> None:
    """A pod that assumes a further role hands on all six tags and its association."""
    aws.create_cluster()
    association = aws.associate(aws.create_role())
    pod = Caller(aws, aws.assume()["credentials"])
    answer = pod.ask(NEXT, Tags=tags(team="blue"))
    session = pod.session()
    (first,) = aws.sessions(role_arn=association["roleArn"])
    assert session.tags == {**first.tags, "team": "blue"}
    assert session.transitive_tag_keys == tuple(first.tags)
    assert session.association_arn == association["associationArn"]
    assert session.parent_access_key_id == first.access_key_id
    assert answer["PackedPolicySize"] > 50
    code, status, _ = refused(pod.ask, role=NEXT, Tags=tags(Kubernetes_Namespace="billing"))
    assert (code, status) == ("InvalidParameterValue", 400)


# What is refused

DUPLICATE = (
    "InvalidParameterValue",
    400,
    "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
)
NOT_PASSED = (
    "InvalidParameterValue",
    400,
    "The specified transitive tag key must be included in the requested tags.",
)
CONSTRAINT = "failed to satisfy constraint: Member must"
CHARACTERS = r"satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]"


def at(position: int, part: str, value: str, constraint: str) -> tuple[str, int, str]:
    where = f"Value '{value}' at 'tags.{position}.member.{part}'"
    text = f"1 validation error detected: {where} {CONSTRAINT} {constraint}"
    return ("ValidationError", 400, text)


REFUSALS: dict[str, tuple[dict[str, Any], tuple[str, int, str]]] = {
    "the same key twice": (
        {"Tags": [*tags(team="a"), *tags(team="b")]},
        DUPLICATE,
    ),
    "the same key in another case": ({"Tags": tags(team="a", Team="a")}, DUPLICATE),
    "a transitive key without tags": ({"TransitiveTagKeys": ["team"]}, NOT_PASSED),
    "a transitive key of no tag": (
        {"Tags": tags(team="a"), "TransitiveTagKeys": ["team", "stage"]},
        NOT_PASSED,
    ),
    "a key of 129": (
        {"Tags": [*tags(team="a"), *tags(**{"k" * 129: "a"})]},
        at(2, "key", "k" * 129, "have length between 1 and 128"),
    ),
    "a value of 257": (
        {"Tags": tags(team="v" * 257)},
        at(1, "value", "v" * 257, "have length less than or equal to 256"),
    ),
    "a key with a hash": (
        {"Tags": tags(**{"te#am": "a"})},
        at(1, "key", "te#am", CHARACTERS + "+"),
    ),
    "a value with a star": ({"Tags": tags(team="a*")}, at(1, "value", "a*", CHARACTERS + "*")),
    "a value with a line feed": (
        {"Tags": tags(team="a\nb")},
        at(1, "value", "a\nb", CHARACTERS + "*"),
    ),
    "a policy that is no JSON": (
        {"Policy": "allow"},
        ("MalformedPolicyDocument", 400, "Syntax errors in policy."),
    ),
    "a policy that is no policy": (
        {"Policy": '{"Statement": 5}'},
        ("MalformedPolicyDocument", 400, "Syntax errors in policy."),
    ),
    "a policy with a principal": (
        {
            "Policy": policy(
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"}
            )
        },
        ("MalformedPolicyDocument", 400, "Syntax errors in policy."),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_bad_request_makes_a_session(caller: Caller, case: str) -> None:
    """What breaks a rule is refused in STS's words, and no session is made."""
    arguments, expected = REFUSALS[case]
    assert refused(caller.ask, **arguments) == expected
    assert caller.aws.sessions() == []


def test_inherited_tag_can_be_overridden(caller: Caller) -> None:
    """A tag that was inherited as transitive cannot be passed again, in whatever case, even with
    the same value; one that was not can be."""
    second = caller.assume(Tags=tags(team="blue", stage="prod"), TransitiveTagKeys=["team"])
    expected = (
        "InvalidParameterValue",
        400,
        "One of the specified transitive tag keys can't be set because it conflicts with a "
        "transitive tag key from the calling session.",
    )
    for again in (tags(team="red"), tags(team="blue"), tags(TEAM="red")):
        assert refused(second.ask, role=NEXT, Tags=again) == expected
    second.ask(NEXT, Tags=tags(stage="test"))
    assert second.session().tags == {"team": "blue", "stage": "test"}


def test_longest_tags_are_refused(caller: Caller) -> None:
    """A key of 128, a value of 256, an empty value and letters of every script are tags."""
    for given in ({"k" * 128: "v"}, {"k": "v" * 256}, {"k": ""}, {"Größe": "東京 7_.:/=+-@"}):
        caller.ask(Tags=tags(**given))
        assert list(caller.session().tags.values()) == list(given.values())


# The space of a session

EXAMPLE_TAGS = {
    "eks-cluster-arn": "arn:aws:eks:us-west-2:111122223333:cluster/prod-blue",
    "eks-cluster-name": "prod-blue",
    "kubernetes-namespace": "shop",
    "kubernetes-service-account": "cart",
    "kubernetes-pod-name": "cart-7c9d6b5f4-x2k9m",
    "kubernetes-pod-uid": "91ee0000-74f3-49d4-8f7c-bcde305c0000",
}


def test_packed_size_differs(caller: Caller) -> None:
    """Six tags like those of AWS's example take 55 % of the space; longer ones take more, inherited
    ones as much, and a policy adds to them."""
    six = [{"Key": key, "Value": value} for key, value in EXAMPLE_TAGS.items()]
    second = caller.assume(Tags=six, TransitiveTagKeys=list(EXAMPLE_TAGS))
    assert caller.answer["PackedPolicySize"] == 55
    assert second.ask(NEXT)["PackedPolicySize"] == 55
    sizes = [
        caller.ask(Tags=[*six, {"Key": "a", "Value": "v" * length}])["PackedPolicySize"]
        for length in (1, 50, 100)
    ]
    assert 55 <= sizes[0] < sizes[1] < sizes[2] <= 100
    assert caller.ask(Tags=six, Policy=SESSION_POLICY)["PackedPolicySize"] > 55
    assert 0 < caller.ask(Policy=SESSION_POLICY)["PackedPolicySize"] < 10
    assert caller.ask(PolicyArns=[{"arn": MANAGED}])["PackedPolicySize"] > 0


def test_full_session_is_made(caller: Caller) -> None:
    """More than 100 % is refused, and the error names the figure; what is inherited counts."""
    six = [{"Key": key, "Value": value} for key, value in EXAMPLE_TAGS.items()]
    second = caller.assume(Tags=six, TransitiveTagKeys=list(EXAMPLE_TAGS))
    before = len(caller.aws.sessions())
    code, status, message = refused(second.ask, role=NEXT, Tags=tags(long="v" * 240))
    assert (code, status) == ("PackedPolicyTooLarge", 400)
    percent = int(message.removeprefix("Packed size of session tags consumes ").split("%")[0])
    assert message == f"Packed size of session tags consumes {percent}% of allotted space."
    assert 100 < percent < 120
    assert len(caller.aws.sessions()) == before


def test_longest_policy_is_refused(caller: Caller) -> None:
    """A session policy may have 2,048 characters."""
    document = json.loads(SESSION_POLICY)
    document["Statement"][0]["Sid"] = ""
    document["Statement"][0]["Sid"] = "a" * (2048 - len(json.dumps(document)))
    assert len(json.dumps(document)) == 2048
    assert caller.ask(Policy=json.dumps(document))["PackedPolicySize"] == 100
    longer = json.dumps(document) + " "
    code, status, message = refused(caller.ask, Policy=longer)
    assert (code, status) == ("ValidationError", 400)
    assert message.endswith(f"at 'policy' {CONSTRAINT} have length less than or equal to 2048")
