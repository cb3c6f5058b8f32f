"""SimulateCustomPolicy: decisions about policies that exist nowhere but in the request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, Aws
from judged import allow, deny, document

Json = dict[str, Any]

DANA = f"arn:aws:iam::{ACCOUNT}:user/staff/dana"
CART = f"arn:aws:iam::{ACCOUNT}:role/cart"
MARCH = "arn:aws:s3:::orders/march"
APRIL = "arn:aws:s3:::orders/april"
ORDERS = "arn:aws:s3:::orders/*"
QUEUE = f"arn:aws:sqs:us-west-2:{ACCOUNT}:orders"
SHOP = {"StringEquals": {"aws:PrincipalTag/kubernetes-namespace": "shop"}}


def grant(*actions: str, to: Json | str, on: str = ORDERS, effect: str = "Allow") -> Json:
    return {"Effect": effect, "Principal": to, "Action": list(actions), "Resource": on}


def key(name: str, *values: str, kind: str = "string") -> Json:
    return {"ContextKeyName": name, "ContextKeyValues": list(values), "ContextKeyType": kind}


@dataclass(frozen=True)
class Case:
    """A simulation of s3:GetObject, and what comes of it."""

    policies: list[str]
    decision: str
    matched: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    resources: list[str] = field(default_factory=lambda: [MARCH])
    given: Json = field(default_factory=dict)
    action: str = "s3:GetObject"


IN_NAMESPACE = document(allow("s3:*", **SHOP))
HOME = document(allow("s3:GetObject", on="arn:aws:s3:::orders/${aws:username}"))
READ = document(allow("s3:GetObject"))

CASES: dict[str, Case] = {
    "allow": Case([READ], "allowed", ["PolicyInputList.1"]),
    "nothing said": Case([document(allow("s3:PutObject"))], "implicitDeny"),
    "no policy": Case([], "implicitDeny"),
    "deny beside an allow": Case(
        [READ, document(deny("s3:*", on=ORDERS))], "explicitDeny", ["PolicyInputList.2"]
    ),
    "two that allow": Case(
        [READ, document(allow("*"))], "allowed", ["PolicyInputList.1", "PolicyInputList.2"]
    ),
    "action in another case": Case([READ], "allowed", ["PolicyInputList.1"], action="S3:getobject"),
    "wildcard in the action": Case([READ], "implicitDeny", action="s3:Get*"),
    "resource of another name": Case([document(allow("s3:GetObject", on=APRIL))], "implicitDeny"),
    "all resources, one allowed": Case(
        [document(allow("s3:GetObject", on=ORDERS))], "implicitDeny", resources=[]
    ),
    "all resources": Case([READ], "allowed", ["PolicyInputList.1"], resources=["*"]),
    "tag that fits": Case(
        [IN_NAMESPACE],
        "allowed",
        ["PolicyInputList.1"],
        given={"ContextEntries": [key("AWS:principaltag/kubernetes-namespace", "shop")]},
    ),
    "tag of another value": Case(
        [IN_NAMESPACE],
        "implicitDeny",
        given={"ContextEntries": [key("aws:PrincipalTag/kubernetes-namespace", "Shop")]},
    ),
    "tag that is missing": Case(
        [IN_NAMESPACE], "implicitDeny", missing=["aws:PrincipalTag/kubernetes-namespace"]
    ),
    "key of another action that is missing": Case(
        [document(allow("s3:PutObject", **SHOP))],
        "implicitDeny",
        missing=["aws:PrincipalTag/kubernetes-namespace"],
    ),
    "key that nobody misses": Case(
        [READ, document(deny("s3:GetObject", **SHOP))], "allowed", ["PolicyInputList.1"]
    ),
    "variable that is missing": Case([HOME], "implicitDeny", missing=["aws:username"]),
    "variable of the caller": Case(
        [HOME],
        "allowed",
        ["PolicyInputList.1"],
        resources=["arn:aws:s3:::orders/dana"],
        given={"CallerArn": DANA},
    ),
    "variable that is overridden": Case(
        [HOME],
        "allowed",
        ["PolicyInputList.1"],
        given={"CallerArn": DANA, "ContextEntries": [key("aws:UserName", "march")]},
    ),
    "caller's keys": Case(
        [
            document(
                allow(
                    "*",
                    StringEquals={"aws:PrincipalAccount": ACCOUNT, "aws:userid": CART},
                    ArnEquals={"aws:PrincipalArn": CART},
                    Null={"aws:username": "true"},
                )
            )
        ],
        "allowed",
        ["PolicyInputList.1"],
        given={"CallerArn": CART},
    ),
    "several values": Case(
        [document(allow("*", **{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}))],
        "allowed",
        ["PolicyInputList.1"],
        given={"ContextEntries": [key("aws:TagKeys", "b", "a", kind="stringList")]},
    ),
    "one value too many": Case(
        [document(allow("*", **{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}))],
        "implicitDeny",
        given={"ContextEntries": [key("aws:TagKeys", "b", "c", kind="stringList")]},
    ),
    "typed values": Case(
        [
            document(
                allow(
                    "*",
                    NumericLessThan={"s3:max-keys": "10"},
                    DateGreaterThan={"aws:CurrentTime": "2026-01-01"},
                    IpAddress={"aws:SourceIp": "192.0.2.0/24"},
                    Bool={"aws:SecureTransport": "true"},
                    BinaryEquals={"my:digest": "eWVz"},
                )
            )
        ],
        "allowed",
        ["PolicyInputList.1"],
        given={
            "ContextEntries": [
                key("s3:max-keys", "9.5", kind="numeric"),
                key("aws:CurrentTime", "2026-02-01T12:00:00Z", kind="date"),
                key("aws:SourceIp", "192.0.2.7", kind="ip"),
                key("aws:SecureTransport", "TRUE", kind="boolean"),
                key("my:digest", "eWVz", kind="binary"),
            ]
        },
    ),
    "boundary that allows": Case(
        [READ],
        "allowed",
        ["PolicyInputList.1"],
        given={"PermissionsBoundaryPolicyInputList": [document(allow("s3:*"))]},
    ),
    "boundary that is silent": Case(
        [READ],
        "implicitDeny",
        given={"PermissionsBoundaryPolicyInputList": [document(allow("sqs:*"))]},
    ),
    "boundary that denies": Case(
        [READ, document(deny("*"))],
        "explicitDeny",
        ["PermissionsBoundaryPolicyInputList.1", "PolicyInputList.2"],
        given={"PermissionsBoundaryPolicyInputList": [document(deny("s3:*"))]},
    ),
    "key that a boundary misses": Case(
        [READ],
        "implicitDeny",
        missing=["aws:PrincipalTag/kubernetes-namespace"],
        given={"PermissionsBoundaryPolicyInputList": [IN_NAMESPACE]},
    ),
    "resource policy that names the caller": Case(
        [],
        "allowed",
        ["ResourcePolicy"],
        given={
            "CallerArn": DANA,
            "ResourcePolicy": document(grant("s3:GetObject", to={"AWS": DANA})),
        },
    ),
    "resource policy that names a role": Case(
        [READ],
        "allowed",
        ["PolicyInputList.1", "ResourcePolicy"],
        given={
            "CallerArn": CART,
            "ResourcePolicy": document(grant("s3:GetObject", to={"AWS": CART})),
        },
    ),
    "resource policy that names the account": Case(
        [],
        "implicitDeny",
        given={
            "CallerArn": DANA,
            "ResourcePolicy": document(grant("s3:GetObject", to={"AWS": ACCOUNT})),
        },
    ),
    "resource policy that names another": Case(
        [],
        "implicitDeny",
        given={
            "CallerArn": DANA,
            "ResourcePolicy": document(grant("s3:GetObject", to={"AWS": CART})),
        },
    ),
    "resource policy that denies": Case(
        [READ],
        "explicitDeny",
        ["ResourcePolicy"],
        given={
            "CallerArn": DANA,
            "ResourcePolicy": document(grant("s3:*", to="*", effect="Deny")),
        },
    ),
    "resource of another account": Case(
        [document(allow("sqs:SendMessage"))],
        "allowed",
        ["PolicyInputList.1"],
        resources=[f"arn:aws:sqs:us-west-2:{OTHER_ACCOUNT}:orders"],
        action="sqs:SendMessage",
    ),
    "role without its trust policy": Case(
        [document(allow("sts:AssumeRole", on=CART))],
        "allowed",
        ["PolicyInputList.1"],
        resources=[CART],
        action="sts:AssumeRole",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_decision_differs(aws: Aws, name: str) -> None:
    """The word, the policies that decided and the keys that are missing."""
    case = CASES[name]
    given = {"ResourceArns": case.resources} if case.resources else {}
    (result,) = aws.client("iam").simulate_custom_policy(
        PolicyInputList=case.policies, ActionNames=[case.action], **given, **case.given
    )["EvaluationResults"]
    assert result["EvalActionName"] == case.action
    assert result["EvalDecision"] == case.decision
    assert sorted(one["SourcePolicyId"] for one in result["MatchedStatements"]) == case.matched
    assert result["MissingContextValues"] == case.missing


def answer(aws: Aws, *policies: str, **given: Any) -> Any:
    made = aws.client("iam").simulate_custom_policy(PolicyInputList=list(policies), **given)
    return {name: value for name, value in made.items() if name != "ResponseMetadata"}


def test_whole_answer_differs_for_all_resources(aws: Aws) -> None:
    """Without resources there is one decision, and nothing about single resources."""
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [allow("sqs:*", on=QUEUE), allow("s3:GetObject")],
        },
        indent=4,
    )
    assert answer(aws, policy, ActionNames=["s3:GetObject"]) == {
        "EvaluationResults": [
            {
                "EvalActionName": "s3:GetObject",
                "EvalResourceName": "*",
                "EvalDecision": "allowed",
                "MatchedStatements": [
                    {
                        "SourcePolicyId": "PolicyInputList.1",
                        "SourcePolicyType": "IAM Policy",
                        "StartPosition": {"Line": 10, "Column": 10},
                        "EndPosition": {"Line": 17, "Column": 10},
                    }
                ],
                "MissingContextValues": [],
            }
        ],
        "IsTruncated": False,
    }


def test_whole_answer_differs_for_one_resource(aws: Aws) -> None:
    """One resource is named twice; what is empty is left out below it, not above."""
    assert answer(aws, READ, ActionNames=["s3:PutObject"], ResourceArns=[MARCH]) == {
        "EvaluationResults": [
            {
                "EvalActionName": "s3:PutObject",
                "EvalResourceName": MARCH,
                "EvalDecision": "implicitDeny",
                "MatchedStatements": [],
                "MissingContextValues": [],
                "EvalDecisionDetails": {},
                "ResourceSpecificResults": [
                    {"EvalResourceName": MARCH, "EvalResourceDecision": "implicitDeny"}
                ],
            }
        ],
        "IsTruncated": False,
    }


def test_several_resources_have_one_word_each(aws: Aws) -> None:
    """The most restrictive word is the whole's; of an explicit deny, only denies are shown."""
    policy = document(allow("s3:GetObject", on=MARCH))
    refused = document(deny("s3:GetObject", on=APRIL, **SHOP))
    pages = ["arn:aws:s3:::orders/may", MARCH, APRIL]

    def words(*entries: Json) -> tuple[str, list[str], int]:
        (result,) = answer(
            aws,
            policy,
            refused,
            ActionNames=["s3:GetObject"],
            ResourceArns=pages,
            ContextEntries=list(entries),
        )["EvaluationResults"]
        single = result["ResourceSpecificResults"]
        assert [one["EvalResourceName"] for one in single] == pages
        assert result["EvalResourceName"] == "*"
        decisions = [one["EvalResourceDecision"] for one in single]
        return result["EvalDecision"], decisions, len(result["MatchedStatements"])

    assert words() == ("implicitDeny", ["implicitDeny", "allowed", "implicitDeny"], 1)
    assert words(key("aws:PrincipalTag/kubernetes-namespace", "shop")) == (
        "explicitDeny",
        ["implicitDeny", "allowed", "explicitDeny"],
        1,
    )


def test_boundary_is_not_told_apart(aws: Aws) -> None:
    """A boundary has its own word, for the whole and for each resource."""
    (result,) = answer(
        aws,
        READ,
        ActionNames=["s3:GetObject"],
        ResourceArns=[MARCH, APRIL],
        PermissionsBoundaryPolicyInputList=[document(allow("s3:*", on=MARCH))],
    )["EvaluationResults"]
    told = [result, *result["ResourceSpecificResults"]]
    assert [
        one["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for one in told
    ] == [False, True, False]


@pytest.mark.parametrize(
    ("policies", "boundary", "decision", "details"),
    [
        ([READ], None, "allowed", ("allowed", "allowed")),
        ([], None, "implicitDeny", ("implicitDeny", "allowed")),
        ([document(deny("*"))], None, "explicitDeny", ("explicitDeny", "allowed")),
        (
            [READ],
            document(allow("sqs:*")),
            "implicitDeny",
            ("allowed", "allowed", "implicitDeny"),
        ),
    ],
)
def test_other_account_counts_as_own(
    aws: Aws,
    policies: list[str],
    boundary: str | None,
    decision: str,
    details: tuple[str, ...],
) -> None:
    """Across accounts both sides must allow, and each kind of policy has its word."""
    (result,) = answer(
        aws,
        *policies,
        ActionNames=["s3:GetObject"],
        ResourceArns=[MARCH],
        ResourceOwner=f"arn:aws:iam::{OTHER_ACCOUNT}:root",
        ResourcePolicy=document(grant("s3:GetObject", to={"AWS": DANA})),
        CallerArn=DANA,
        **({"PermissionsBoundaryPolicyInputList": [boundary]} if boundary else {}),
    )["EvaluationResults"]
    kinds = ("IAM Policy", "Resource Policy", "Permissions Boundary Policy")
    expected = dict(zip(kinds, details, strict=False))
    assert result["EvalDecision"] == decision
    assert result["EvalDecisionDetails"] == expected
    (single,) = result["ResourceSpecificResults"]
    assert single["EvalDecisionDetails"] == expected


@pytest.mark.parametrize(
    ("levels", "decision", "allowed"),
    [
        ([["*"], ["s3:*", "sqs:*"]], "allowed", True),
        ([["s3:*"], ["sqs:*"]], "implicitDeny", False),
        ([["*"], ["*", "-s3:GetObject"]], "explicitDeny", False),
    ],
)
def test_organization_is_not_asked(
    aws: Aws, levels: list[list[str]], decision: str, allowed: bool
) -> None:
    """Every level of service control policies has to allow; a refusal shows nothing else."""
    written = [
        [document(deny(one[1:]) if one[0] == "-" else allow(one)) for one in level]
        for level in levels
    ]
    (result,) = answer(
        aws,
        READ,
        ActionNames=["s3:GetObject"],
        OrderedOrganizationPolicyInputList=[
            {"ServiceControlPolicyInputList": level} for level in written
        ],
    )["EvaluationResults"]
    assert result["EvalDecision"] == decision
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": allowed}
    assert len(result["MatchedStatements"]) == int(allowed)


def test_scenario_of_ec2_is_refused(aws: Aws) -> None:
    """RunInstances is simulated on all the resources of a scenario, one that is missing or not."""
    region = f"arn:aws:ec2:us-west-2:{ACCOUNT}"
    instance, subnet = f"{region}:instance/*", f"{region}:subnet/subnet-1"
    (result,) = answer(
        aws,
        document(allow("ec2:RunInstances", on=instance)),
        ActionNames=["ec2:RunInstances"],
        ResourceArns=[instance, subnet],
        ResourceHandlingOption="EC2-VPC-EBS-Subnet",
    )["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"
    assert [one["EvalResourceDecision"] for one in result["ResourceSpecificResults"]] == [
        "allowed",
        "implicitDeny",
    ]


def test_paginator_loses_actions(aws: Aws) -> None:
    """Every action comes once, in the order asked for, whatever the size of a page."""
    actions = [f"s3:Action{number}" for number in range(205)]
    paginator = aws.client("iam").get_paginator("simulate_custom_policy")
    given = {"PolicyInputList": [READ], "ActionNames": actions}
    for size, sizes in (
        ({}, [100, 100, 5]),
        ({"PageSize": 205}, [205]),
        ({"PageSize": 204}, [204, 1]),
    ):
        pages = list(paginator.paginate(**given, PaginationConfig=size))
        assert [len(page["EvaluationResults"]) for page in pages] == sizes
        found = [one["EvalActionName"] for page in pages for one in page["EvaluationResults"]]
        assert found == actions
        assert [page["IsTruncated"] for page in pages] == [True] * (len(sizes) - 1) + [False]


def test_repeated_actions_are_merged(aws: Aws) -> None:
    """An action that is asked for twice is answered twice."""
    actions = ["s3:GetObject", "s3:PutObject", "s3:GetObject"]
    results = answer(aws, READ, ActionNames=actions)["EvaluationResults"]
    assert [one["EvalActionName"] for one in results] == actions
