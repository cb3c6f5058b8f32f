"""A role, a target role, and a pod of both."""

from __future__ import annotations

from typing import Any

from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws, policy, statement

import moto_eks_podid as podid

UNAUTHORIZED = (
    "AccessDeniedException",
    400,
    "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart-reader"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/target"
FOREIGN_TARGET = f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"
EXTERNAL_ID = f"{REGION}/{ACCOUNT}/{CLUSTER}/shop/cart"
SESSION_POLICY = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
BOTH = ("sts:AssumeRole", "sts:TagSession")


def identity_policy(*actions: str, effect: str = "Allow", resource: str = "*") -> str:
    return policy({"Effect": effect, "Action": list(actions), "Resource": resource})


def trusting(principal: Any, *actions: str, **conditions: Any) -> str:
    """A trust policy for a principal of IAM."""
    more = {"Condition": conditions} if conditions else {}
    return policy(statement(*actions or BOTH, principal={"AWS": principal}, **more))


class Chain:
    """A cluster, a role, a target role, and an association of both."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        aws.create_cluster()
        aws.create_role()

    def permit(self, document: str | None) -> None:
        """Give the association's role a permission policy."""
        if document is not None:
            self.aws.client("iam").put_role_policy(
                RoleName="cart-reader", PolicyName="chain", PolicyDocument=document
            )

    def target(self, trust: str, account: str = ACCOUNT, **more: Any) -> str:
        iam = self.aws.client_of_account(account, "iam") if account != ACCOUNT else None
        return self.aws.create_role("target", trust, iam, **more)

    def associate(self, target: str = TARGET, **more: Any) -> dict[str, Any]:
        return self.aws.associate(ROLE, targetRoleArn=target, **more)

    def assume(self) -> dict[str, Any]:
        token = self.aws.token(pod_name="cart-7c9d6b5f4-x2k9m", pod_uid="91ee")
        return self.aws.assume(token)

    def sessions(self) -> dict[str, podid.RoleSession]:
        """What the pod left behind, by role."""
        found = self.aws.sessions()
        return {session.role_arn: session for session in found if session.association_arn}
