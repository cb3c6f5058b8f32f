"""What the policy simulator refuses, and in which words."""

from __future__ import annotations

from typing import Any

from aws_under_test import ACCOUNT, Aws
from judged import allow, document, role
from refusals import refused

from moto_eks_podid.iam import exceptions

Json = dict[str, Any]

READ = document(allow("s3:GetObject"))
MARCH = "arn:aws:s3:::orders/march"
CART = f"arn:aws:iam::{ACCOUNT}:role/cart-reader"
GRANT = {
    "Effect": "Allow",
    "Principal": {"AWS": CART},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::orders/*",
}
VALIDATION = "1 validation error detected: "


def entry(*values: str, name: str = "my:key", kind: str = "string") -> Json:
    return {
        "ContextEntries": [
            {"ContextKeyName": name, "ContextKeyValues": list(values), "ContextKeyType": kind}
        ]
    }


#: Parameters beside, or instead of, a simulation's that is fine, and the message.
INVALID: dict[str, tuple[Json, str]] = {
    "policy that is no JSON": (
        {"PolicyInputList": [READ, "{"]},
        "Policy input list item 2 has invalid content",
    ),
    "policy of another version": (
        {"PolicyInputList": ['{"Version": "2099-01-01", "Statement": []}']},
        "Policy input list item 1 has invalid content",
    ),
    "policy with a principal": (
        {"PolicyInputList": [document(GRANT)]},
        "Policy input list item 1 has invalid content",
    ),
    "two boundaries": (
        {"PermissionsBoundaryPolicyInputList": [READ, READ]},
        "The list of Permissions Boundary policies cannot exceed 1 items.",
    ),
    "boundary that is no JSON": (
        {"PermissionsBoundaryPolicyInputList": ["[]"]},
        exceptions.chosen("boundary"),
    ),
    "level without policies": (
        {
            "OrderedOrganizationPolicyInputList": [
                {"ServiceControlPolicyInputList": [READ]},
                {"ServiceControlPolicyInputList": []},
            ]
        },
        "Organization policy at index 2 must contain at least one service control policy",
    ),
    "service control policy that is none": (
        {
            "OrderedOrganizationPolicyInputList": [
                {"ServiceControlPolicyInputList": [READ, "policy"]}
            ]
        },
        exceptions.chosen("service control policy", number=2, level=1),
    ),
    "action without service": (
        {"ActionNames": ["s3:GetObject", "GetObject"]},
        "The action is invalid since it is missing names",
    ),
    "resource that is no ARN": (
        {"ResourceArns": [MARCH, "orders/march"]},
        "ResourceNames are not in a valid ARN format: orders/march.",
    ),
    "resource that is half an ARN": (
        {"ResourceArns": ["arn:aws:s3"]},
        "ResourceNames are not in a valid ARN format: arn:aws:s3.",
    ),
    "all resources and one": (
        {"ResourceArns": [MARCH, "*"]},
        "ResourceNames are not in a valid ARN format: *.",
    ),
    "scenario of another action": (
        {"ResourceArns": [MARCH], "ResourceHandlingOption": "EC2-VPC-EBS"},
        "Invalid input resource handling options. Action does not support resource handling "
        "options: s3:GetObject.",
    ),
    "resource policy of nobody": (
        {"ResourceArns": [MARCH], "ResourcePolicy": document(GRANT)},
        "Invalid caller - Caller cannot be null or empty.",
    ),
    "resource policy without a resource": (
        {"CallerArn": CART, "ResourcePolicy": document(GRANT)},
        "Invalid Entity Arn: * does not clearly define entity type and name.",
    ),
    "resource policy for everything": (
        {
            "CallerArn": CART,
            "ResourceArns": [MARCH],
            "ResourcePolicy": document({**GRANT, "Resource": "*"}),
        },
        "ResourceNames are not in a valid ARN format: *.",
    ),
    "resource policy that names nobody": (
        {"CallerArn": CART, "ResourceArns": [MARCH], "ResourcePolicy": READ},
        exceptions.chosen("resource policy"),
    ),
    "caller that is a session": (
        {"CallerArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/cart/pod"},
        "Invalid caller - Caller must be an IAM user, role or group in this context.",
    ),
    "caller that is an account": (
        {"CallerArn": f"arn:aws:iam::{ACCOUNT}:root"},
        "Invalid caller - Caller must be an IAM user, role or group in this context.",
    ),
    "owner that is a number": (
        {"ResourceOwner": ACCOUNT},
        f"'{ACCOUNT}' is not a valid as a Resource Owner.",
    ),
    "key without a name": (
        {"ContextEntries": [{"ContextKeyValues": ["x"], "ContextKeyType": "string"}]},
        "ContextKeyName cannot be null or empty.",
    ),
    "key without a type": (
        {"ContextEntries": [{"ContextKeyName": "my:key", "ContextKeyValues": ["x"]}]},
        "Context key my:key has invalid type null.",
    ),
    "key without values": (
        entry(kind="stringList"),
        "Context values for context key my:key cannot be null or empty.",
    ),
    "key of one value with two": (
        entry("a", "b"),
        "Context key string expected a single value, but received 2.",
    ),
    "key that is given twice": (
        {
            "ContextEntries": [
                *entry("a")["ContextEntries"],
                *entry("b", name="MY:Key")["ContextEntries"],
            ]
        },
        "Duplicate context key: MY:Key.",
    ),
    "number that is none": (
        entry("1", "0x10", kind="numericList"),
        "Invalid context value for key my:key: expected numeric format.",
    ),
    "date that is none": (
        entry("tomorrow", kind="date"),
        "Invalid context value for key my:key: expected DateTime format.",
    ),
    "address that is none": (
        entry("999.0.0.1", kind="ip"),
        "Invalid context value for key my:key: expected IP address.",
    ),
    "bytes that are none": (
        entry("!", kind="binary"),
        "Invalid context value for key my:key: expected base-64 encoded binary format.",
    ),
    "marker that is none": ({"Marker": "bm9uZQ=="}, "Invalid marker for pagination."),
}


def test_invalid_input_is_simulated(aws: Aws) -> None:
    """What cannot be simulated is refused with InvalidInput, and says why."""
    fine = {"PolicyInputList": [READ], "ActionNames": ["s3:GetObject"]}
    simulate = aws.client("iam").simulate_custom_policy
    for name, (given, message) in INVALID.items():
        answer = refused(simulate, **{**fine, **given})
        assert (name, *answer) == (name, "InvalidInput", 400, message)


#: Form of a request -> message of the ValidationError.
BROKEN = {
    "Action=SimulateCustomPolicy&PolicyInputList=": (
        "Value null at 'actionNames' failed to satisfy constraint: Member must not be null"
    ),
    "Action=SimulateCustomPolicy&ActionNames.member.1=s3:GetObject": (
        "Value null at 'policyInputList' failed to satisfy constraint: Member must not be null"
    ),
    "Action=GetContextKeysForCustomPolicy": (
        "Value null at 'policyInputList' failed to satisfy constraint: Member must not be null"
    ),
    "Action=GetContextKeysForPrincipalPolicy": (
        "Value null at 'policySourceArn' failed to satisfy constraint: Member must not be null"
    ),
    "Action=GetContextKeysForPrincipalPolicy&PolicySourceArn=arn": (
        "Value at 'policySourceArn' failed to satisfy constraint: "
        "Member must have length greater than or equal to 20"
    ),
    "Action=SimulateCustomPolicy&PolicyInputList=&ActionNames.member.1=s3:Get"
    "&ActionNames.member.2=s3": (
        "Value at 'actionNames.2.member' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3"
    ),
    "Action=SimulateCustomPolicy&PolicyInputList=&ActionNames.member.1=s3:Get&MaxItems=1001": (
        "Value at 'maxItems' failed to satisfy constraint: "
        "Member must have value less than or equal to 1000"
    ),
    "Action=SimulateCustomPolicy&PolicyInputList.member.1=%E2%82%AC&ActionNames.member.1=s3:Get": (
        "Value at 'policyInputList.1.member' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"
    ),
    "Action=SimulateCustomPolicy&PolicyInputList=&ActionNames.member.1=s3:Get"
    "&ContextEntries.member.1.ContextKeyType=text": (
        "Value at 'contextEntries.1.member.contextKeyType' failed to satisfy constraint: Member "
        "must satisfy enum value set: [binary, ipList, booleanList, ip, boolean, numericList, "
        "dateList, numeric, date, stringList, string, binaryList]"
    ),
    "Action=SimulatePrincipalPolicy&ActionNames.member.1=s3:Get&PolicySourceArn="
    + CART
    + "&PolicyExclusionList.member.1.InlinePolicyIdentifier.PolicyName=own"
    "&PolicyExclusionList.member.1.InlinePolicyIdentifier.AttachmentType=users"
    "&PolicyExclusionList.member.1.InlinePolicyIdentifier.AttachmentName=dana": (
        "Value 'users' at 'policyExclusionList.1.member.inlinePolicyIdentifier.attachmentType' "
        "failed to satisfy constraint: Member must satisfy enum value set: [user, role, group]"
    ),
    "Action=SimulatePrincipalPolicy&ActionNames.member.1=s3:Get&PolicySourceArn="
    + CART
    + "&PolicyExclusionList.member.1.InlinePolicyIdentifier.PolicyName=own"
    "&PolicyExclusionList.member.1.InlinePolicyIdentifier.AttachmentType=user"
    "&PolicyExclusionList.member.1.InlinePolicyIdentifier.AttachmentName=*": (
        "Value '*' at 'policyExclusionList.1.member.inlinePolicyIdentifier.attachmentName' failed "
        "to satisfy constraint: Member must satisfy regular expression pattern: "
        ".*[\\w+=,.@-]+.*"
    ),
    "Action=SimulatePrincipalPolicy&ActionNames.member.1=s3:Get&PolicySourceArn="
    + CART
    + "&PolicyExclusionList.member.1.InlinePolicyIdentifier.PolicyName=own": (
        "Value null at 'policyExclusionList.1.member.inlinePolicyIdentifier.attachmentType' "
        "failed to satisfy constraint: Member must not be null"
    ),
}


def posted(aws: Aws, form: str) -> Any:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"{form}&Version=2010-05-08"
    return aws.http("iam", "POST", "/", body, host="iam.amazonaws.com", headers=headers)


def test_model_is_not_kept_to(aws: Aws) -> None:
    """A parameter that the service's model forbids is a ValidationError that names it."""
    for form, message in BROKEN.items():
        answer = posted(aws, form)
        assert answer.status == 400, form
        assert "<Code>ValidationError</Code>" in answer.text
        assert f"<Message>{VALIDATION}{message}</Message>" in answer.text


def test_number_that_is_none_fails(aws: Aws) -> None:
    """A number that is none is a ValidationError as well, in every operation of IAM."""
    for operation in ("SimulateCustomPolicy", "ListUsers"):
        answer = posted(aws, f"Action={operation}&MaxItems=many")
        assert answer.status == 400
        assert f"<Message>{exceptions.chosen('not a number')}</Message>" in answer.text


#: ARN -> code, status and message.
NO_ENTITIES = {
    **{
        f"arn:aws:iam::{ACCOUNT}:{kind}/nobody": (
            "NoSuchEntity",
            404,
            "Unable to retrieve specified IAM entity.",
        )
        for kind in ("user", "group", "role")
    },
    **{
        arn: ("InvalidInput", 400, f"Invalid ARN provided in the request: {arn}")
        for arn in (
            f"arn:aws:iam::{ACCOUNT}:root",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/cart-reader/pod",
            f"arn:aws:iam::{ACCOUNT}:policy/cart-reader",
            f"arn:aws-cn:iam::{ACCOUNT}:role/cart-reader",
            "a name that is long enough",
        )
    },
    "arn:aws:iam::999999999999:role/cart-reader": (
        "InvalidInput",
        400,
        f"Invalid Policy Source Arn: caller's account {ACCOUNT} does not have access to policies "
        "in account 999999999999.",
    ),
}


def test_entity_that_is_none_has_policies(aws: Aws) -> None:
    """Only users, groups and roles of the own account have policies to be simulated."""
    role(aws, allow("s3:*"))
    iam = aws.client("iam")
    simulate, keys = iam.simulate_principal_policy, iam.get_context_keys_for_principal_policy
    for arn, expected in NO_ENTITIES.items():
        assert refused(simulate, PolicySourceArn=arn, ActionNames=["s3:GetObject"]) == expected
        assert refused(keys, PolicySourceArn=arn) == expected


def test_excluded_policy_that_is_none_is_excluded(aws: Aws) -> None:
    """An exclusion that can identify nothing is refused."""
    arn = role(aws, allow("s3:*"))
    simulate = aws.client("iam").simulate_principal_policy
    for identifier, message in (
        (
            {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:role/cart-reader"},
            exceptions.chosen("excluded arn", arn=f"arn:aws:iam::{ACCOUNT}:role/cart-reader"),
        ),
        (
            {"PolicyArn": "arn:aws:iam::aws:policy/*S3*"},
            exceptions.chosen("excluded arn", arn="arn:aws:iam::aws:policy/*S3*"),
        ),
        (
            {
                "InlinePolicyIdentifier": {
                    "PolicyName": "inline",
                    "AttachmentType": "role",
                    "AttachmentName": "*cart*",
                }
            },
            exceptions.chosen("excluded holder", name="*cart*"),
        ),
    ):
        assert refused(
            simulate,
            PolicySourceArn=arn,
            ActionNames=["s3:GetObject"],
            PolicyExclusionList=[identifier],
        ) == ("InvalidInput", 400, message)
    both = "&PolicyExclusionList.member.1.PolicyType=inline"
    both += "&PolicyExclusionList.member.1.PolicyArn=arn:aws:iam::aws:policy/ReadOnlyAccess"
    answer = posted(
        aws,
        f"Action=SimulatePrincipalPolicy&PolicySourceArn={arn}&ActionNames.member.1=s3:Get{both}",
    )
    assert (answer.status, exceptions.chosen("exclusion", number=1) in answer.text) == (400, True)


def test_marker_of_another_simulation_is_taken(aws: Aws) -> None:
    """A marker belongs to the custom policies, or to one entity; other actions may go with it."""
    iam = aws.client("iam")
    arn = role(aws, allow("s3:*"))
    first = {"PolicyInputList": [READ], "ActionNames": ["s3:A", "s3:B", "s3:C"], "MaxItems": 1}
    marker = iam.simulate_custom_policy(**first)["Marker"]
    changed = iam.simulate_custom_policy(
        PolicyInputList=[READ], ActionNames=["s3:X", "s3:Y"], Marker=marker
    )
    assert [one["EvalActionName"] for one in changed["EvaluationResults"]] == ["s3:Y"]
    behind = iam.simulate_custom_policy(PolicyInputList=[READ], ActionNames=["s3:X"], Marker=marker)
    assert (behind["EvaluationResults"], behind["IsTruncated"]) == ([], False)
    assert refused(
        iam.simulate_principal_policy,
        PolicySourceArn=arn,
        ActionNames=["s3:A", "s3:B"],
        Marker=marker,
    ) == ("InvalidInput", 400, "Invalid marker for pagination.")
