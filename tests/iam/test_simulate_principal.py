"""SimulatePrincipalPolicy: decisions about what users, groups and roles have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, Aws
from judged import allow, deny, document, role
from refusals import refused

Json = dict[str, Any]

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/shop/queues"
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/limit"
MARCH = "arn:aws:s3:::orders/march"


@pytest.fixture
def people(aws: Aws) -> dict[str, str]:
    """A user in a group, and a role with a boundary; all of them have policies of each kind."""
    iam = aws.client("iam")
    queues = document(allow("sqs:*"))
    iam.create_policy(PolicyName="queues", Path="/shop/", PolicyDocument=queues)
    iam.create_policy(PolicyName="limit", PolicyDocument=document(allow("s3:*", "sqs:*")))
    user = iam.create_user(UserName="dana", Path="/staff/")["User"]["Arn"]
    iam.put_user_policy(
        UserName="dana", PolicyName="own", PolicyDocument=document(allow("sns:Publish"))
    )
    iam.attach_user_policy(UserName="dana", PolicyArn=MANAGED)
    group = iam.create_group(GroupName="staff")["Group"]["Arn"]
    iam.put_group_policy(
        GroupName="staff", PolicyName="shared", PolicyDocument=document(deny("sqs:PurgeQueue"))
    )
    for arn in (MANAGED, READ_ONLY):
        iam.attach_group_policy(GroupName="staff", PolicyArn=arn)
    iam.add_user_to_group(GroupName="staff", UserName="dana")
    cart = role(
        aws, allow("s3:*", "kms:Decrypt"), name="cart", Path="/pods/", PermissionsBoundary=LIMIT
    )
    iam.attach_role_policy(RoleName="cart", PolicyArn=MANAGED)
    return {"user": user, "group": group, "role": cart}


def simulate(aws: Aws, arn: str, *actions: str, **given: Any) -> dict[str, Json]:
    results = aws.client("iam").simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=list(actions), **given
    )["EvaluationResults"]
    return {one["EvalActionName"]: one for one in results}


def decision(result: Json) -> tuple[str, ...]:
    sources = sorted(one["SourcePolicyId"] for one in result["MatchedStatements"])
    return (result["EvalDecision"], *sources)


#: Whose, action -> word and the policies that decided.
DECISIONS = {
    ("user", "sns:Publish"): ("allowed", "user_dana_own"),
    ("user", "sqs:SendMessage"): ("allowed", "queues"),
    ("user", "sqs:PurgeQueue"): ("explicitDeny", "group_staff_shared"),
    ("user", "s3:GetObject"): ("allowed", "AmazonS3ReadOnlyAccess"),
    ("user", "s3:PutObject"): ("implicitDeny",),
    ("group", "sns:Publish"): ("implicitDeny",),
    ("group", "sqs:SendMessage"): ("allowed", "queues"),
    ("group", "sqs:PurgeQueue"): ("explicitDeny", "group_staff_shared"),
    ("role", "s3:PutObject"): ("allowed", "role_cart_inline"),
    ("role", "sqs:PurgeQueue"): ("allowed", "queues"),
    ("role", "kms:Decrypt"): ("implicitDeny",),
    ("role", "sns:Publish"): ("implicitDeny",),
}


def test_decision_differs(aws: Aws, people: dict[str, str]) -> None:
    """Inline and managed policies count, a user's groups' too, and a role's boundary."""
    for kind, arn in people.items():
        expected = {name: word for (whose, name), word in DECISIONS.items() if whose == kind}
        found = simulate(aws, arn, *expected)
        assert {name: decision(result) for name, result in found.items()} == expected
        limits = {
            result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary")
            for result in found.values()
        }
        assert limits == ({True, False} if kind == "role" else {None})


def test_path_matters(aws: Aws, people: dict[str, str]) -> None:
    """An entity is found by its name, whatever the path in the ARN."""
    arn = people["role"].replace("/pods/", "/elsewhere/")
    assert decision(simulate(aws, arn, "s3:PutObject")["s3:PutObject"])[0] == "allowed"


def test_tags_of_the_request_do_not_count(aws: Aws) -> None:
    """A pod's session tags are given as context: ABAC can be tried before there is a pod."""
    own = allow(
        "secretsmanager:GetSecretValue",
        StringEquals={
            "secretsmanager:ResourceTag/kubernetes-namespace": (
                "${aws:PrincipalTag/kubernetes-namespace}"
            )
        },
    )
    arn = role(aws, own)
    secret = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:dev-secret-AbCdEf"

    def word(**tags: str) -> tuple[str, list[str]]:
        entries = [
            {"ContextKeyName": name, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for name, value in tags.items()
        ]
        (result,) = simulate(
            aws, arn, own["Action"][0], ResourceArns=[secret], ContextEntries=entries
        ).values()
        return result["EvalDecision"], result["MissingContextValues"]

    resource, principal = (
        "secretsmanager:ResourceTag/kubernetes-namespace",
        "aws:PrincipalTag/kubernetes-namespace",
    )
    assert word(**{resource: "dev-ns", principal: "dev-ns"}) == ("allowed", [])
    assert word(**{resource: "dev-ns", principal: "qa-ns"}) == ("implicitDeny", [])
    assert word(**{resource: "dev-ns"}) == ("implicitDeny", [principal])
    assert word() == ("implicitDeny", [resource, principal])


def test_request_adds_nothing(aws: Aws, people: dict[str, str]) -> None:
    """Policies of the request count beside the entity's; its boundary replaces the entity's."""
    added = document(allow("sns:*"))
    found = simulate(aws, people["user"], "sns:Publish", PolicyInputList=[added])
    assert decision(found["sns:Publish"]) == ("allowed", "PolicyInputList.1", "user_dana_own")
    other = document(allow("kms:*"))
    found = simulate(
        aws,
        people["role"],
        "kms:Decrypt",
        "s3:PutObject",
        PermissionsBoundaryPolicyInputList=[other],
    )
    words = {name: result["EvalDecision"] for name, result in found.items()}
    assert words == {"kms:Decrypt": "allowed", "s3:PutObject": "implicitDeny"}


def test_caller_is_somebody_else(aws: Aws, people: dict[str, str]) -> None:
    """The entity itself calls, unless the request names another with CallerArn."""
    resource_policy = document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": people["user"]},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::orders/*",
        }
    )
    given = {"ResourceArns": [MARCH], "ResourcePolicy": resource_policy}
    found = simulate(aws, people["user"], "s3:PutObject", **given)
    assert decision(found["s3:PutObject"]) == ("allowed", "ResourcePolicy")
    found = simulate(aws, people["user"], "s3:PutObject", CallerArn=people["role"], **given)
    assert decision(found["s3:PutObject"]) == ("implicitDeny",)


def test_version_in_force_is_another(aws: Aws, people: dict[str, str]) -> None:
    """The default version of a managed policy counts, and only as long as it is attached."""
    iam = aws.client("iam")
    assert simulate(aws, people["role"], "sqs:SendMessage")["sqs:SendMessage"]["EvalDecision"] == (
        "allowed"
    )
    iam.create_policy_version(
        PolicyArn=MANAGED, PolicyDocument=document(deny("sqs:*")), SetAsDefault=True
    )
    found = simulate(aws, people["role"], "sqs:SendMessage")
    assert decision(found["sqs:SendMessage"]) == ("explicitDeny", "queues")
    iam.detach_role_policy(RoleName="cart", PolicyArn=MANAGED)
    found = simulate(aws, people["role"], "sqs:SendMessage")
    assert decision(found["sqs:SendMessage"]) == ("implicitDeny",)


@dataclass(frozen=True)
class Exclusion:
    """What a ``PolicyExclusionList`` of one identifier leaves of the user's policies."""

    identifier: Json
    left: set[str]


ALL = {"user_dana_own", "queues", "group_staff_shared", "AmazonS3ReadOnlyAccess"}


def inline(name: str, kind: str, holder: str) -> Json:
    return {
        "InlinePolicyIdentifier": {
            "PolicyName": name,
            "AttachmentType": kind,
            "AttachmentName": holder,
        }
    }


EXCLUSIONS = {
    "inline": Exclusion({"PolicyType": "inline"}, {"queues", "AmazonS3ReadOnlyAccess"}),
    "AWS managed": Exclusion({"PolicyType": "aws-managed"}, ALL - {"AmazonS3ReadOnlyAccess"}),
    "user managed": Exclusion({"PolicyType": "user-managed"}, ALL - {"queues"}),
    "boundaries": Exclusion({"PolicyType": "permission-boundary"}, ALL),
    "service control policies": Exclusion({"PolicyType": "scp"}, ALL),
    "ARN": Exclusion({"PolicyArn": MANAGED}, ALL - {"queues"}),
    "ARN without path": Exclusion({"PolicyArn": MANAGED.replace("/shop/", "/")}, ALL - {"queues"}),
    "ARN of another path": Exclusion({"PolicyArn": MANAGED.replace("/shop/", "/x/")}, ALL),
    "ARN with wildcards": Exclusion(
        {"PolicyArn": "arn:aws:iam::aws:policy/AmazonS?Read*"}, ALL - {"AmazonS3ReadOnlyAccess"}
    ),
    "unknown ARN": Exclusion({"PolicyArn": MANAGED + "-of-old"}, ALL),
    "user's": Exclusion(inline("own", "user", "dana"), ALL - {"user_dana_own"}),
    "group's": Exclusion(inline("shared", "group", "sta*"), ALL - {"group_staff_shared"}),
    "another kind's": Exclusion(inline("own", "role", "dana"), ALL),
    "another holder's": Exclusion(inline("own", "user", "staff"), ALL),
    "another name": Exclusion(inline("shared", "user", "dana"), ALL),
}


def test_exclusion_leaves_others(aws: Aws, people: dict[str, str]) -> None:
    """An identifier excludes policies by type, by ARN, or by name and holder; no others."""
    seen = ("sns:Publish", "sqs:SendMessage", "sqs:PurgeQueue", "s3:GetObject")
    for name, exclusion in EXCLUSIONS.items():
        found = simulate(
            aws, people["user"], *seen, PolicyExclusionList=[exclusion.identifier]
        ).values()
        deciding = {source for result in found for source in decision(result)[1:]}
        assert deciding == exclusion.left, name


def test_boundary_cannot_be_excluded(aws: Aws, people: dict[str, str]) -> None:
    """A boundary is excluded by its type, not by its ARN; one of the request's never is."""
    by_type = {"PolicyType": "permission-boundary"}

    def word(*identifiers: Json, **given: Any) -> str:
        found = simulate(
            aws, people["role"], "kms:Decrypt", PolicyExclusionList=list(identifiers), **given
        )
        return str(found["kms:Decrypt"]["EvalDecision"])

    assert word({"PolicyArn": LIMIT}) == "implicitDeny"
    assert word(by_type) == "allowed"
    limit = document(allow("s3:*"))
    assert word(by_type, PermissionsBoundaryPolicyInputList=[limit]) == "implicitDeny"


def test_lost_boundary_allows_everything(aws: Aws) -> None:
    """A boundary whose policy does not exist allows nothing."""
    iam = aws.client("iam")
    arn = role(aws, allow("s3:*"), PermissionsBoundary=LIMIT)
    (result,) = simulate(aws, arn, "s3:GetObject").values()
    assert result["EvalDecision"] == "implicitDeny"
    iam.delete_role_permissions_boundary(RoleName="cart-reader")
    (result,) = simulate(aws, arn, "s3:GetObject").values()
    assert result["EvalDecision"] == "allowed"


def test_simulation_needs_no_permission(aws: Aws, people: dict[str, str]) -> None:
    """While calls are judged, so is this one, on the entity that is asked about."""
    iam = aws.client("iam")
    keys = iam.create_access_key(UserName="dana")["AccessKey"]
    dana = aws.client(
        "iam",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
    )
    iam.put_user_policy(
        UserName="dana",
        PolicyName="simulator",
        PolicyDocument=document(allow("iam:SimulatePrincipalPolicy", on=people["role"])),
    )
    aws.settings(iam_enforcement="sessions")
    given = {"ActionNames": ["s3:GetObject"]}
    dana.simulate_principal_policy(PolicySourceArn=people["role"], **given)
    code, status, message = refused(
        dana.simulate_principal_policy, PolicySourceArn=people["user"], **given
    )
    assert (code, status) == ("AccessDenied", 403)
    assert "is not authorized to perform: iam:SimulatePrincipalPolicy on resource: " in message


def test_simulation_is_not_recorded(aws: Aws, people: dict[str, str]) -> None:
    """CloudTrail records a simulation as the reading call that it is."""
    simulate(aws, people["role"], "s3:GetObject")
    lookup = aws.client("cloudtrail", "us-east-1").lookup_events(
        LookupAttributes=[
            {"AttributeKey": "EventName", "AttributeValue": "SimulatePrincipalPolicy"}
        ]
    )
    (event,) = lookup["Events"]
    assert (event["EventSource"], event["ReadOnly"]) == ("iam.amazonaws.com", "true")


def test_accounts_are_mixed_up(aws: Aws) -> None:
    """Each account simulates its own entities."""
    there = aws.client_of_account(OTHER_ACCOUNT, "iam")
    arn = role(aws, allow("s3:*"), name="same")
    there_arn = aws.create_role("same", iam=there)
    own = {"ActionNames": ["s3:GetObject"]}
    assert arn != there_arn
    (result,) = there.simulate_principal_policy(PolicySourceArn=there_arn, **own)[
        "EvaluationResults"
    ]
    assert result["EvalDecision"] == "implicitDeny"
    assert refused(there.simulate_principal_policy, PolicySourceArn=arn, **own) == (
        "InvalidInput",
        400,
        f"Invalid Policy Source Arn: caller's account {OTHER_ACCOUNT} does not have access to "
        f"policies in account {ACCOUNT}.",
    )
