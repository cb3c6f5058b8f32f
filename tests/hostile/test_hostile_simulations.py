"""Hostile query requests to the operations that simulate policies."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from aws_under_test import ACCOUNT, Aws
from hypothesis import given
from hypothesis import strategies as st
from judged import allow, deny, document, role

from tests.hostile.strategies import AWKWARD_TEXTS, HOSTILE, json_values
from tests.hostile.wire import assert_survived, send, signed_for

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart-reader"
READ = document(allow("s3:GetObject"))
OPERATIONS = (
    "SimulatePrincipalPolicy",
    "SimulateCustomPolicy",
    "GetContextKeysForPrincipalPolicy",
    "GetContextKeysForCustomPolicy",
)

VALID = {
    "PolicySourceArn": ROLE,
    "PolicyInputList.member.1": READ,
    "ActionNames.member.1": "s3:GetObject",
    "ResourceArns.member.1": "arn:aws:s3:::orders/march",
    "Version": "2010-05-08",
}
#: Parameters that hostile values are put into.
NAMES = (
    "PolicySourceArn",
    "PolicyInputList",
    "PolicyInputList.member.1",
    "PolicyInputList.member.2",
    "PermissionsBoundaryPolicyInputList.member.1",
    "OrderedOrganizationPolicyInputList.member.1.ServiceControlPolicyInputList.member.1",
    "OrderedOrganizationPolicyInputList.member.1",
    "ActionNames",
    "ActionNames.member.1",
    "ResourceArns",
    "ResourceArns.member.1",
    "ResourcePolicy",
    "ResourceOwner",
    "CallerArn",
    "ContextEntries.member.1",
    "ContextEntries.member.1.ContextKeyName",
    "ContextEntries.member.1.ContextKeyValues",
    "ContextEntries.member.1.ContextKeyValues.member.1",
    "ContextEntries.member.1.ContextKeyType",
    "ResourceHandlingOption",
    "PolicyExclusionList.member.1",
    "PolicyExclusionList.member.1.PolicyType",
    "PolicyExclusionList.member.1.PolicyArn",
    "PolicyExclusionList.member.1.InlinePolicyIdentifier.PolicyName",
    "PolicyExclusionList.member.1.InlinePolicyIdentifier.AttachmentType",
    "PolicyExclusionList.member.1.InlinePolicyIdentifier.AttachmentName",
    "MaxItems",
    "Marker",
    "ContentType",
)


@pytest.fixture
def simulator(aws: Aws) -> Aws:
    """One role with a policy, which no example changes."""
    role(aws, allow("s3:*"), deny("s3:PutObject", on="arn:aws:s3:::${aws:username}/*"))
    return aws


def post(aws: Aws, body: bytes | str, target: str = "/", **headers: str) -> int:
    """Send a query to IAM; return the status, after what every answer must keep."""
    raw = body.encode() if isinstance(body, str) else body
    answer = send(aws, "iam", "POST", target, raw, {**signed_for("iam"), **FORM, **headers})
    assert_survived(answer)
    if answer.status >= 400:
        assert "Code" in answer.text
    return answer.status


def encoded(values: dict[str, str]) -> str:
    return urlencode({name: value.encode("utf-8", "replace") for name, value in values.items()})


awkward = st.one_of(
    st.sampled_from(
        [
            *AWKWARD_TEXTS,
            ROLE,
            READ,
            "*",
            "s3:*",
            ":",
            "9" * 5000,
            "\u0661",
            "stringList",
            "EC2-VPC-EBS",
            "inline",
            "arn:aws:iam::aws:policy/**",
            '{"Version": "2012-10-17", "Statement": []}',
            '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}}}',
            "[" * 2000,
            '{"Statement":' * 500,
        ]
    ),
    st.text(max_size=60),
    json_values.map(json.dumps),
)


@HOSTILE
@given(
    operation=st.sampled_from(OPERATIONS),
    hostile=st.dictionaries(st.sampled_from(NAMES), awkward, min_size=1, max_size=4),
    left_out=st.sets(st.sampled_from(sorted(VALID)), max_size=2),
)
def test_hostile_parameter_breaks_the_simulator(
    simulator: Aws, operation: str, hostile: dict[str, str], left_out: set[str]
) -> None:
    """Whatever stands in whichever parameters, the answer is a simulation or a modelled error."""
    kept = {name: value for name, value in VALID.items() if name not in left_out}
    assert post(simulator, encoded({"Action": operation, **kept, **hostile})) < 500


effects = st.sampled_from(["Allow", "Deny", "Forbid"])
patterns = st.sampled_from(
    ["*", "s3:*", "s3:Get?bject", "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::*", "${", "é"]
)
statements = st.fixed_dictionaries(
    {"Effect": effects, "Action": st.lists(patterns, max_size=2), "Resource": patterns},
    optional={
        "Sid": st.text(max_size=5),
        "Principal": st.sampled_from(["*", {"AWS": ROLE}, {"AWS": []}]),
        "Condition": st.dictionaries(
            st.sampled_from(["StringLike", "Null", "DateLessThan", "ForAnyValue:ArnLike", "No"]),
            st.dictionaries(st.sampled_from(["aws:username", "A:B", ""]), json_values, max_size=2),
            max_size=2,
        ),
    },
)
documents = st.fixed_dictionaries(
    {"Statement": st.one_of(statements, st.lists(statements, max_size=3))},
    optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17", "2030-01-01"])},
)


@HOSTILE
@given(
    policies=st.lists(documents, max_size=3),
    resource_policy=st.none() | documents,
    boundary=st.none() | documents,
    indent=st.sampled_from([None, 1]),
)
def test_hostile_policy_breaks_the_simulator(
    simulator: Aws,
    policies: list[Any],
    resource_policy: Any,
    boundary: Any,
    indent: int | None,
) -> None:
    """Policies that are almost fine, in every place at once, are simulated or refused."""

    def text(value: Any) -> str:
        return json.dumps(value, indent=indent)

    given_policies = {
        f"PolicyInputList.member.{number}": text(policy)
        for number, policy in enumerate(policies, 1)
    }
    if resource_policy is not None:
        given_policies["ResourcePolicy"] = text(resource_policy)
    if boundary is not None:
        given_policies["PermissionsBoundaryPolicyInputList.member.1"] = text(boundary)
    for operation in ("SimulatePrincipalPolicy", "GetContextKeysForPrincipalPolicy"):
        body = {**VALID, **given_policies, "Action": operation}
        assert post(simulator, encoded(body)) in (200, 400)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "", FORM["Content-Type"]]
)
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"Action=ListUsers&\xff", b"{", b"\x1f\x8b"])
def test_unreadable_body_breaks_the_simulator(
    simulator: Aws, body: bytes, content_type: str
) -> None:
    """A body that nobody can read does no harm, with the operation in the address too."""
    for operation in OPERATIONS:
        target = f"/?Action={operation}&Version=2010-05-08"
        assert post(simulator, body, target, **{"Content-Type": content_type}) < 500


def test_stored_policy_that_cannot_be_read_breaks_the_simulator(in_process_aws: Aws) -> None:
    """A policy that AWS would not have stored denies everything, from nowhere in its text."""
    from moto.iam.models import iam_backends

    arn = role(in_process_aws, allow("s3:*"))
    (stored,) = iam_backends[ACCOUNT]["aws"].roles.values()
    stored.policies["broken"] = '{"Statement": '
    iam = in_process_aws.client("iam")
    (result,) = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])[
        "EvaluationResults"
    ]
    assert result["EvalDecision"] == "explicitDeny"
    assert result["MatchedStatements"] == [
        {"SourcePolicyId": "role_cart-reader_broken", "SourcePolicyType": "IAM Policy"}
    ]
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)
    assert keys["ContextKeyNames"] == []
