"""The rules of IAM's evaluation that are easiest to get wrong, each from both sides."""

from __future__ import annotations

from typing import Any

import pytest

from moto_eks_podid.policy import Request, evaluate
from tests.policy.policy_texts import (
    ACCOUNT,
    ALLOWED,
    DENIED,
    FOREIGN_SESSION,
    OBJECT,
    OTHER_ACCOUNT,
    PODS,
    QUEUE,
    ROLE,
    SESSION,
    SILENT,
    USER,
    allow,
    condition,
    deny,
    document,
    holds,
    word,
)

TEAM = "aws:PrincipalTag/team"
ABSENT: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("StringEquals", "blue", False),
        ("StringLike", "*", False),
        ("NumericLessThan", "5", False),
        ("DateGreaterThan", "2020-01-01", False),
        ("Bool", "false", False),
        ("IpAddress", "0.0.0.0/0", False),
        ("ArnLike", "arn:aws:iam::*:role/*", False),
        ("StringNotEquals", "blue", True),
        ("StringNotLike", "*", True),
        ("StringNotEqualsIgnoreCase", "blue", True),
        ("NumericNotEquals", "5", True),
        ("DateNotEquals", "2020-01-01", True),
        ("NotIpAddress", "0.0.0.0/0", True),
        ("ArnNotEquals", "arn:aws:iam::*:role/*", True),
        ("StringEqualsIfExists", "blue", True),
        ("BoolIfExists", "true", True),
        ("NumericLessThanIfExists", "5", True),
        ("StringNotEqualsIfExists", "blue", True),
        ("ForAllValues:StringEquals", "blue", True),
        ("ForAllValues:StringNotEquals", "blue", True),
        ("ForAnyValue:StringEquals", "blue", False),
        ("ForAnyValue:StringNotEquals", "blue", False),
        ("Null", "true", True),
        ("Null", "false", False),
    ],
)
def test_rule_1_absent_key(operator: str, values: str, expected: bool) -> None:
    """What an operator says of a key that the request lacks; a denial asks the same question."""
    assert holds(operator, values, ABSENT) is expected
    assert holds(operator, values, {"aws:PrincipalTag/other": "blue"}) is expected
    refused = word(
        allow(), deny(Condition=condition(operator, TEAM, values)), context={"aws:username": "x"}
    )
    assert refused == (DENIED if expected else ALLOWED)


def test_rule_2_several_policy_values() -> None:
    """A list in the policy is an or; under a negated operator it is none of them."""
    assert holds("StringEquals", ["blue", "green"], "green")
    assert not holds("StringEquals", ["blue", "green"], "red")
    assert not holds("StringNotEquals", ["blue", "green"], "green")
    assert not holds("StringNotEquals", ["blue", "green"], "blue")
    assert holds("StringNotEquals", ["blue", "green"], "red")
    assert not holds("StringNotLike", ["b*", "g*"], "green")
    assert not holds("NotIpAddress", ["10.0.0.0/8", "192.168.0.0/16"], "192.168.3.4")
    assert not holds("NumericNotEquals", ["1", "2"], "2")


def test_rule_3_case_of_keys_and_values() -> None:
    """The name of a key folds case together with its tag; a value does so for few operators."""
    for spelling in ("AWS:principaltag/TEAM", "aws:principalTag/Team", "aws:PrincipalTag/team"):
        assert holds("StringEquals", "blue", {spelling: "blue"})
    assert not holds("StringEquals", "blue", "Blue")
    assert not holds("StringLike", "b*", "Blue")
    assert not holds("ArnLike", "arn:aws:iam::*:role/cart", "arn:aws:iam::1:role/Cart")
    assert holds("StringEqualsIgnoreCase", "BLUE", "blue")
    assert not holds("StringNotEqualsIgnoreCase", "BLUE", "blue")
    assert holds("Bool", "True", "true")
    assert holds("Bool", "false", "FALSE")
    assert holds("sTRINGeQUALS", "blue", "blue")


def test_rule_4_a_multi_valued_key_needs_a_set_operator() -> None:
    """Several values are compared by ForAllValues or ForAnyValue, and are no policy variable."""
    tags = ["team", "stage"]
    assert not holds("StringEquals", ["team", "stage"], tags, key="aws:TagKeys")
    assert not holds("StringNotEquals", "color", tags, key="aws:TagKeys")
    assert holds("ForAllValues:StringEquals", ["team", "stage", "x"], tags, key="aws:TagKeys")
    assert not holds("ForAllValues:StringEquals", ["team"], tags, key="aws:TagKeys")
    assert holds("ForAnyValue:StringEquals", ["team"], tags, key="aws:TagKeys")
    assert not holds("ForAnyValue:StringEquals", ["color"], tags, key="aws:TagKeys")
    mine = allow(resource="arn:aws:s3:::${aws:TagKeys}/*")
    assert word(mine, resource="arn:aws:s3:::team/x", context={"aws:TagKeys": ["team"]}) == SILENT


def test_rule_5_variables_need_the_newer_version() -> None:
    """In a policy of 2008-10-17, or of no version, `${…}` is plain text."""
    own = allow(resource="arn:aws:s3:::orders/${aws:username}/*")
    mine = "arn:aws:s3:::orders/dana/x"
    context = {"aws:username": "dana"}
    assert word(own, resource=mine, context=context) == ALLOWED
    for version in ("2008-10-17", None):
        assert word(own, resource=mine, context=context, version=version) == SILENT
        spelt = "arn:aws:s3:::orders/${aws:username}/x"
        assert word(own, resource=spelt, context=context, version=version) == ALLOWED
    assert holds("StringEquals", "${aws:username}", {TEAM: "dana", **context})
    assert holds(
        "ArnEquals",
        "arn:aws:iam::1:user/${aws:username}",
        {TEAM: "arn:aws:iam::1:user/dana", **context},
    )
    assert not holds("NumericEquals", "${aws:username}", {TEAM: "1", "aws:username": "1"})


def test_rule_5_defaults_and_literals() -> None:
    """A default stands in for a missing value; `${*}`, `${?}` and `${$}` are the characters."""
    shared = allow(resource=f"arn:aws:s3:::orders/${{{TEAM}, 'all teams'}}/*")
    assert word(shared, resource="arn:aws:s3:::orders/all teams/x") == ALLOWED
    blue = {"context": {TEAM: "blue"}}
    assert word(shared, resource="arn:aws:s3:::orders/blue/x", **blue) == ALLOWED
    assert word(shared, resource="arn:aws:s3:::orders/all teams/x", **blue) == SILENT
    assert holds("StringLike", "a${*}b", "a*b")
    assert not holds("StringLike", "a${*}b", "axb")
    assert holds("StringLike", "a${?}b*", "a?bc")
    assert not holds("StringLike", "a${?}b", "axb")
    assert holds("StringEquals", "${$}{aws:username}", "${aws:username}")


def test_rule_5_a_wildcard_in_a_value_is_no_wildcard() -> None:
    """What a caller can put into a tag cannot widen a policy."""
    own = allow(resource=f"arn:aws:s3:::orders/${{{TEAM}}}/*")
    star = {"context": {TEAM: "*"}}
    assert word(own, resource="arn:aws:s3:::orders/blue/x", **star) == SILENT
    assert word(own, resource="arn:aws:s3:::orders/*/x", **star) == ALLOWED
    assert not holds("StringLike", "${aws:username}", {TEAM: "dana", "aws:username": "d*"})
    assert holds("StringLike", "${aws:username}?", {TEAM: "d*!", "aws:username": "d*"})


def test_rule_5_a_variable_without_a_value() -> None:
    """A value that cannot be made matches nothing, and says nothing about what it is not."""
    variable = f"${{{TEAM}}}"
    other = "aws:RequestTag/team"
    assert not holds("StringEquals", variable, {other: variable}, key=other)
    assert holds("StringEquals", [variable, "blue"], {other: "blue"}, key=other)
    assert not holds("StringNotEquals", variable, {other: "blue"}, key=other)
    assert not holds("StringNotEquals", [variable, "green"], {other: "blue"}, key=other)
    assert not holds("StringNotEquals", variable, ABSENT, key=other)
    assert not holds("ArnNotLike", variable, {other: "arn:aws:iam::1:role/x"}, key=other)
    everywhere_else = {"NotResource": f"arn:aws:s3:::orders/{variable}/*"}
    assert word(allow(**everywhere_else)) == SILENT
    assert word(allow(), deny(**everywhere_else)) == ALLOWED
    assert word(allow(), deny(**everywhere_else), context={TEAM: "blue"}) == DENIED


@pytest.mark.parametrize("operator", ["ArnEquals", "ArnLike"])
def test_rule_6_arns_are_compared_part_by_part(operator: str) -> None:
    """A wildcard stays within its part of the ARN, except in the last; case matters."""
    cluster = "arn:aws:eks:us-west-2:111122223333:cluster/prod-blue"
    assert holds(operator, cluster, cluster)
    assert holds(operator, "arn:aws:eks:*:111122223333:cluster/*", cluster)
    assert holds(operator, "arn:*:eks:us-west-?:*:*", cluster)
    assert not holds(operator, "arn:aws:eks:*:cluster/prod-blue", cluster)
    assert not holds(operator, "arn:aws:*:cluster/prod-blue", cluster)
    assert not holds(operator, "arn:aws:eks:us-west-2:111122223333:Cluster/prod-blue", cluster)
    group = "arn:aws:logs:us-west-2:111122223333:log-group:pods:stream"
    assert holds(operator, "arn:aws:logs:*:*:log-group:*", group)
    negated = operator.replace("Arn", "ArnNot")
    assert not holds(negated, "arn:aws:eks:*:111122223333:cluster/*", cluster)
    assert holds(negated, "arn:aws:eks:*:999900001111:cluster/*", cluster)


def test_rule_6_string_equals_has_no_wildcards() -> None:
    """An asterisk under StringEquals is an asterisk."""
    assert not holds("StringEquals", "b*", "blue")
    assert holds("StringEquals", "b*", "b*")
    assert holds("StringNotEquals", "b?ue", "blue")
    assert not holds("StringEqualsIgnoreCase", "B*", "blue")
    assert holds("StringLike", "b*", "blue")


def test_rule_7_actions_fold_case_and_resources_do_not() -> None:
    """Service and action take `*` and `?` in any case; every other character is itself."""
    for action in ("S3:getobject", "s3:Get*", "s3:GetObjec?", "s?:*", "*", "S3:*"):
        assert word(allow(action)) == ALLOWED
    for action in ("s3:Get", "s3:GetObjec??", "s3:[G]etObject", "s3:Get.*", "s3:(GetObject)"):
        assert word(allow(action)) == SILENT
    assert word(allow(resource="arn:aws:s3:::ORDERS/*")) == SILENT
    assert word(allow(resource="arn:aws:s3:::orders/????/march.json")) == ALLOWED
    assert word(allow(resource="arn:aws:s3:::orders/[0-9]*")) == SILENT
    assert word(allow(NotAction="S3:GETOBJECT")) == SILENT


@pytest.mark.parametrize(
    ("operator", "values", "found"),
    [
        ("StringSame", "blue", "blue"),
        ("ForSomeValues:StringEquals", "blue", "blue"),
        (":StringEquals", "blue", "blue"),
        ("StringEqualsIfexist", "blue", "blue"),
        ("NullIfExists", "false", "blue"),
        ("ForAllValues:Null", "false", "blue"),
        ("NumericEquals", "five", "five"),
        ("NumericNotEquals", "five", "5"),
        ("NumericNotEquals", "5", "six"),
        ("NumericLessThan", "0x10", "1"),
        ("NumericGreaterThan", "1", "1e9999"),
        ("NumericEquals", "NaN", "NaN"),
        ("DateLessThan", "tomorrow", "2020-01-01"),
        ("DateNotEquals", "2020-13-01", "2020-01-01"),
        ("DateNotEquals", "2020-01-01", "2020-02-30"),
        ("IpAddress", "10.0.0.0/40", "10.0.0.1"),
        ("IpAddress", "10.0.0.0/255.0.0.0", "10.0.0.1"),
        ("NotIpAddress", "10.0.0.0/8", "not an address"),
        ("NotIpAddress", "ten", "10.0.0.1"),
        ("Bool", "yes", "yes"),
        ("BinaryEquals", "???", "???"),
        ("ArnLike", "cart", "cart"),
    ],
)
def test_rule_8_what_cannot_be_read_does_not_match(operator: str, values: str, found: str) -> None:
    """An operator nobody knows, or a value that is none of its kind, neither matches nor raises."""
    assert not holds(operator, values, found)
    assert (
        word(allow(), deny(Condition=condition(operator, TEAM, values)), context={TEAM: found})
        == ALLOWED
    )


def test_rule_9_dates_and_numbers() -> None:
    """Dates are instants, with any offset or as epoch seconds; numbers are no texts."""
    assert holds("DateEquals", "2026-03-01T09:00:00Z", "2026-03-01T11:00:00+02:00")
    assert holds("DateEquals", "2026-03-01T09:00:00Z", "1772355600")
    assert holds("DateGreaterThan", "1772355599", "2026-03-01T09:00:00Z")
    assert not holds("DateEquals", "2026-03-01T09:00:00Z", "1772355600000")
    assert holds("DateLessThan", "2026-03-01", "2026-02-28T23:59:59Z")
    assert not holds("DateLessThan", "2026-03-01", "2026-03-01T00:00:00Z")
    assert holds("NumericEquals", "1.0", "1")
    assert holds("NumericEquals", 1, "1.00")
    assert holds("NumericLessThan", "10", "9")
    assert holds("NumericGreaterThanEquals", "-2.5", "-2.50")
    assert not holds("NumericNotEquals", "1.0", "1")


def test_rule_10_addresses() -> None:
    """An address without a prefix is itself alone; the two families never meet."""
    assert holds("IpAddress", "203.0.113.7", "203.0.113.7")
    assert not holds("IpAddress", "203.0.113.7", "203.0.113.8")
    assert holds("IpAddress", "2001:db8::7", "2001:db8:0:0::7")
    assert not holds("IpAddress", "2001:db8::7", "2001:db8::8")
    assert holds("IpAddress", "0.0.0.0/0", "198.51.100.200")
    assert not holds("IpAddress", "0.0.0.0/0", "2001:db8::7")
    assert not holds("IpAddress", "::/0", "198.51.100.200")
    assert holds("NotIpAddress", "::/0", "198.51.100.200")
    assert not holds("NotIpAddress", "203.0.113.0/24", "203.0.113.255")


def grants(principal: Any, **more: Any) -> dict[str, Any]:
    """A resource policy that allows everything to a principal."""
    return document(allow(resource=more.pop("on", "*"), Principal=principal, **more))


WITHIN = document(allow("s3:ListBucket"))


@pytest.mark.parametrize(
    ("principal", "alone", "with_silent_bounds"),
    [
        ({"AWS": SESSION}, ALLOWED, ALLOWED),
        ({"AWS": ROLE}, ALLOWED, SILENT),
        ("*", ALLOWED, ALLOWED),
        ({"AWS": "*"}, ALLOWED, ALLOWED),
        ({"AWS": ACCOUNT}, SILENT, SILENT),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, SILENT, SILENT),
        ({"AWS": OTHER_ACCOUNT}, SILENT, SILENT),
    ],
)
def test_rule_11_how_a_resource_policy_names_the_caller(
    principal: Any, alone: str, with_silent_bounds: str
) -> None:
    """The closer a resource policy names the caller, the less other policies have to say."""
    policy = grants(principal)
    assert word(by_resource=policy) == alone
    assert word(by_resource=policy, boundary=WITHIN) == with_silent_bounds
    assert word(by_resource=policy, session=WITHIN) == with_silent_bounds
    assert word(allow(), by_resource=policy) == ALLOWED
    assert word(allow(), by_resource=policy, boundary=document(deny())) == DENIED
    assert word(allow(), by_resource=policy, session=document(deny())) == DENIED


def test_rule_11_a_user_named_itself() -> None:
    """A grant to a user's own ARN is not limited by the silence of the user's boundary."""
    assert word(principal=USER, by_resource=grants({"AWS": USER}), boundary=WITHIN) == ALLOWED
    assert word(principal=USER, by_resource=grants({"AWS": USER})) == ALLOWED
    assert word(principal=USER, by_resource=grants({"AWS": SESSION})) == SILENT
    by_id = {"by_resource": grants({"AWS": "AIDAEXAMPLEUSERID001"}), "principal": USER}
    assert word(**by_id, principal_id="AIDAEXAMPLEUSERID001") == ALLOWED
    assert word(**by_id, principal_id="AIDAEXAMPLEUSERID002") == SILENT


@pytest.mark.parametrize("principal", [{"AWS": FOREIGN_SESSION}, {"AWS": OTHER_ACCOUNT}, "*"])
def test_rule_11_across_accounts_both_sides_must_allow(principal: Any) -> None:
    """However the resource's policy names a foreign caller, the caller's own must allow too."""
    policy = grants(principal)
    foreign = {"principal": FOREIGN_SESSION, "resource_account": ACCOUNT}
    assert word(by_resource=policy, **foreign) == SILENT
    assert word(allow(), by_resource=policy, **foreign) == ALLOWED
    assert word(allow(), **foreign) == SILENT
    assert word(allow(), by_resource=policy, session=WITHIN, **foreign) == SILENT
    assert (
        word(allow(), resource=QUEUE, action="sqs:SendMessage", principal=FOREIGN_SESSION) == SILENT
    )


def assume(*identity: Any, trust: Any, principal: str = SESSION, **more: Any) -> str:
    role = f"arn:aws:iam::{ACCOUNT}:role/next"
    return word(
        *identity,
        action=more.pop("action", "sts:AssumeRole"),
        resource=role,
        principal=principal,
        by_resource=trust,
        **more,
    )


def test_rule_12_a_role_must_trust_its_caller() -> None:
    """No identity policy replaces a role's trust, not even within one account."""
    may = allow("sts:AssumeRole")
    assert assume(may, trust=None) == SILENT
    assert (
        assume(may, trust=grants({"AWS": f"arn:aws:iam::{ACCOUNT}:user/other"}, on=None)) == SILENT
    )
    assert assume(trust=grants({"AWS": ROLE}, on=None)) == ALLOWED
    assert assume(trust=grants({"AWS": SESSION}, on=None)) == ALLOWED


def test_rule_12_trusting_the_account_delegates_to_it() -> None:
    """Who trusts the account leaves it to the account's own policies who of it may."""
    may = allow("sts:AssumeRole")
    for name in (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"):
        assert assume(trust=grants({"AWS": name}, on=None)) == SILENT
        assert assume(may, trust=grants({"AWS": name}, on=None)) == ALLOWED
    assert assume(may, trust=grants({"AWS": OTHER_ACCOUNT}, on=None)) == SILENT


def test_rule_12_services_match_by_exact_name() -> None:
    """A service principal needs no identity policy, and no other name stands for it."""
    trust = grants({"Service": PODS}, on=None)
    assert assume(trust=trust, principal=PODS) == ALLOWED
    for name in ("eks.amazonaws.com", "Pods.eks.amazonaws.com", "pods.eks.amazonaws.com.cn"):
        assert assume(trust=trust, principal=name) == SILENT
    assert assume(trust=grants({"Service": "*.amazonaws.com"}, on=None), principal=PODS) == SILENT
    assert assume(trust=grants({"AWS": PODS}, on=None), principal=PODS) == SILENT


def test_rule_13_not_principal_denies_whoever_has_a_boundary() -> None:
    """To be left out of a denial by NotPrincipal does not help a principal with a boundary."""
    names = [SESSION, ROLE, f"arn:aws:iam::{ACCOUNT}:root"]
    policy = document(deny(NotPrincipal={"AWS": names}))
    everything = document(allow())
    assert word(allow(), by_resource=policy) == ALLOWED
    assert word(allow(), by_resource=policy, boundary=everything) == DENIED
    assert word(allow(), by_resource=policy, session=everything) == ALLOWED
    others = document(deny(NotPrincipal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/other"}))
    assert word(allow(), by_resource=others) == DENIED


def test_rule_14_assuming_and_tagging_are_two_decisions() -> None:
    """A trust policy that names one of the two actions does not give the other."""
    trust = grants({"Service": PODS}, on=None)
    both = {"trust": trust, "principal": PODS}
    assert assume(**both) == assume(**both, action="sts:TagSession") == ALLOWED
    one = document(allow("sts:AssumeRole", None, Principal={"Service": PODS}))
    assert assume(trust=one, principal=PODS) == ALLOWED
    assert assume(trust=one, principal=PODS, action="sts:TagSession") == SILENT
    split = document(
        allow("sts:AssumeRole", None, Principal={"Service": PODS}),
        allow(
            "sts:TagSession",
            None,
            Principal={"Service": PODS},
            Condition=condition("StringEquals", "aws:RequestTag/kubernetes-namespace", "shop"),
        ),
    )
    for namespace, tagging in (("shop", ALLOWED), ("bank", SILENT)):
        context = {"aws:RequestTag/kubernetes-namespace": namespace}
        both = {"trust": split, "principal": PODS, "context": context}
        assert assume(**both) == ALLOWED
        assert assume(**both, action="sts:TagSession") == tagging


def test_rule_14_everybody_may_ask_who_they_are() -> None:
    """GetCallerIdentity needs no permission, and no denial takes it away."""
    who = {"action": "sts:GetCallerIdentity", "resource": "*"}
    assert word(**who) == ALLOWED
    assert word(deny(), **who) == ALLOWED
    assert (
        word(allow("s3:*"), session=document(deny()), boundary=document(deny()), **who) == ALLOWED
    )
    assert word(**{**who, "action": "STS:getcalleridentity"}) == ALLOWED
    assert word(**{**who, "action": "sts:GetCallerIdentityX"}) == SILENT


def test_rule_15_an_action_without_resources() -> None:
    """Only a policy's `*` speaks of a request that has no resource."""
    listing = {"action": "s3:ListAllMyBuckets", "resource": "*"}
    assert word(allow("s3:*"), **listing) == ALLOWED
    assert word(allow("s3:*", ["arn:aws:s3:::x", "*"]), **listing) == ALLOWED
    for resource in ("arn:aws:s3:::*", "arn:*", "?", "a*"):
        assert word(allow("s3:*", resource), **listing) == SILENT
    assert word(allow(NotResource="arn:aws:s3:::x"), **listing) == ALLOWED
    assert word(allow(NotResource="*"), **listing) == SILENT


def test_rule_16_variables_in_parts_without_a_slash() -> None:
    """The colon inside a variable is no colon of the ARN."""
    mine = allow("sqs:*", f"arn:aws:sqs:us-west-2:{ACCOUNT}:${{aws:username}}-queue")
    queue = f"arn:aws:sqs:us-west-2:{ACCOUNT}:dana-queue"
    send = {"action": "sqs:SendMessage", "resource": queue, "principal": USER}
    assert word(mine, **send, context={"aws:username": "dana"}) == ALLOWED
    assert word(mine, **send, context={"aws:username": "eve"}) == SILENT
    tagged = allow("sns:*", f"arn:aws:sns:*:*:${{{TEAM}}}")
    topic = {"action": "sns:Publish", "resource": f"arn:aws:sns:us-west-2:{ACCOUNT}:blue"}
    assert word(tagged, **topic, context={TEAM: "blue"}) == ALLOWED
    assert word(tagged, **topic, context={TEAM: "green"}) == SILENT
    assert holds(
        "ArnLike",
        "arn:aws:sns:*:*:${aws:username}",
        {TEAM: "arn:aws:sns:us-west-2:1:dana", "aws:username": "dana"},
    )


def test_rule_16_no_variables_before_the_resource_part() -> None:
    """A variable in the place of an account or a Region is plain text."""
    theirs = allow("sqs:*", "arn:aws:sqs:us-west-2:${aws:PrincipalAccount}:orders")
    send = {"action": "sqs:SendMessage", "resource": QUEUE}
    assert word(theirs, **send, context={"aws:PrincipalAccount": ACCOUNT}) == SILENT
    decision = evaluate(
        Request(SESSION, "s3:GetObject", OBJECT, {"s3:x": "orders"}),
        [document(allow(resource="arn:aws:s3:::${s3:x}/*"))],
    )
    assert decision.allowed
