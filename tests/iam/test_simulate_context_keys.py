"""GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy."""

from __future__ import annotations

from aws_under_test import ACCOUNT, Aws
from judged import allow, deny, document, role
from refusals import refused

TAGGED = document(
    allow("s3:*", StringEquals={"aws:PrincipalTag/Team": "${s3:ExistingObjectTag/team}"})
)
HOME = document(allow("s3:GetObject", on="arn:aws:s3:::home/${aws:username}/*"))
READ_ONLY_OF_IAM = "arn:aws:iam::aws:policy/IAMUserChangePassword"


def test_custom_policies_need_other_keys(aws: Aws) -> None:
    """The keys of conditions and variables of all policies, each once, as they are spelt."""
    iam = aws.client("iam")
    both = iam.get_context_keys_for_custom_policy(PolicyInputList=[TAGGED, HOME, TAGGED])
    assert both["ContextKeyNames"] == [
        "aws:PrincipalTag/Team",
        "s3:ExistingObjectTag/team",
        "aws:username",
    ]
    none = iam.get_context_keys_for_custom_policy(PolicyInputList=[document(allow("s3:*"))])
    assert none["ContextKeyNames"] == []
    assert refused(iam.get_context_keys_for_custom_policy, PolicyInputList=[TAGGED, "{"]) == (
        "InvalidInput",
        400,
        "Policy input list item 2 has invalid content",
    )


def test_entities_need_other_keys(aws: Aws) -> None:
    """An entity's own policies, its groups' and those of the request; a boundary's do not count."""
    iam = aws.client("iam")
    iam.create_policy(PolicyName="limit", PolicyDocument=document(allow("*", Null={"a:b": True})))
    iam.create_user(UserName="dana")
    iam.put_user_policy(UserName="dana", PolicyName="own", PolicyDocument=HOME)
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="dana")
    shared = document(deny("*", Bool={"aws:MultiFactorAuthPresent": "false"}))
    iam.put_group_policy(GroupName="staff", PolicyName="shared", PolicyDocument=shared)
    limit = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    cart = role(aws, allow("s3:*"), PermissionsBoundary=limit)
    iam.attach_role_policy(RoleName="cart-reader", PolicyArn=READ_ONLY_OF_IAM)

    def keys(arn: str, *texts: str) -> list[str]:
        given = {"PolicyInputList": list(texts)} if texts else {}
        answer = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn, **given)
        return list(answer["ContextKeyNames"])

    prefix = f"arn:aws:iam::{ACCOUNT}"
    assert keys(f"{prefix}:user/dana") == ["aws:username", "aws:MultiFactorAuthPresent"]
    assert keys(f"{prefix}:group/staff", HOME) == ["aws:MultiFactorAuthPresent", "aws:username"]
    assert keys(cart) == ["aws:username"]
    iam.detach_role_policy(RoleName="cart-reader", PolicyArn=READ_ONLY_OF_IAM)
    assert keys(cart) == []
