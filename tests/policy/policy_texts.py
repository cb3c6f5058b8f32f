"""Short ways to write policies and requests for the tests of the policy language."""

from __future__ import annotations

from typing import Any

from moto_eks_podid.policy import Request, evaluate

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
OBJECT = "arn:aws:s3:::orders/2026/march.json"
USER = f"arn:aws:iam::{ACCOUNT}:user/dana"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/cart/eks-prod-blue-cart"
FOREIGN_SESSION = f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/guest/visit"
QUEUE = f"arn:aws:sqs:us-west-2:{ACCOUNT}:orders"
PODS = "pods.eks.amazonaws.com"

ALLOWED = "allowed"
SILENT = "implicitly denied"
DENIED = "explicitly denied"

Json = dict[str, Any]


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> Json:
    """An Allow statement; ``resource=None`` leaves the element out."""
    return _statement("Allow", action, resource, more)


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> Json:
    return _statement("Deny", action, resource, more)


def _statement(effect: str, action: Any, resource: Any, more: Json) -> Json:
    statement: Json = {"Effect": effect}
    if "NotAction" not in more:
        statement["Action"] = action
    if resource is not None and "NotResource" not in more:
        statement["Resource"] = resource
    return {**statement, **more}


def document(*statements: Json, version: str | None = "2012-10-17") -> Json:
    head = {} if version is None else {"Version": version}
    return {**head, "Statement": list(statements)}


def condition(operator: str, key: str, values: Any) -> Json:
    return {operator: {key: values}}


def word(
    *statements: Json,
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    principal: str | None = SESSION,
    context: Json | None = None,
    version: str | None = "2012-10-17",
    by_resource: Json | None = None,
    **more: Any,
) -> str:
    """The outcome under one identity policy of these statements; ``by_resource`` is the other's."""
    request_fields = {
        name: more.pop(name)
        for name in ("resource_account", "principal_role_arn", "principal_id")
        if name in more
    }
    return evaluate(
        Request(principal, action, resource, context or {}, **request_fields),
        identity=[document(*statements, version=version)] if statements else [],
        resource=by_resource,
        **more,
    ).word.value


def holds(
    operator: str, values: Any, found: Any, *, key: str = "aws:PrincipalTag/team", **more: Any
) -> bool:
    """Whether a condition holds; ``found`` is the context, or the value of the only key in it."""
    context = found if isinstance(found, dict) else {key: found}
    statement = allow(Condition=condition(operator, key, values))
    return word(statement, context=context, **more) == ALLOWED
