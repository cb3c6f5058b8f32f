"""``iam:PassRole``: whoever hands a role to a service needs it, on the role.

Follows "Grant a user permissions to pass a role to an AWS service" (IAM User Guide).
"""

from __future__ import annotations

from collections.abc import Iterable

from ..roles import find_role
from .call import Call, Context
from .keys import resource_tags
from .rows import Find, Resource, owner, parts_of


def role_at(arn: str) -> Resource:
    """Return a role, with its tags."""
    role = find_role(arn)
    tags = resource_tags(role.tags, "iam:ResourceTag") if role is not None else {}
    return Resource(arn, tags, owner(parts_of(arn)[4]))


def role_arn(call: Call, name_or_arn: str) -> str:
    """Return the ARN of a role of the caller's account that is called by its name or its ARN."""
    if name_or_arn.startswith("arn:"):
        return name_or_arn
    return f"arn:{call.partition}:iam::{call.account_id}:role/{name_or_arn}"


def passed(to: str, *parameters: str) -> Find:
    """Find the roles that a call hands to a service.

    :param to: the service's principal, such as ``lambda.amazonaws.com``
    :param parameters: those that give a role; those that are absent give none
    """

    def find(call: Call) -> Iterable[Resource]:
        for parameter in parameters:
            value = call.parameters.get(parameter)
            if value and isinstance(value, str):
                yield passed_role(role_arn(call, value), to)

    return find


def passed_role(arn: str, to: str, *, associated_with: str | None = None) -> Resource:
    """Return a role that is handed to a service.

    :param associated_with: the ARN of the resource that the service is to use it for
    """
    role = role_at(arn)
    context: Context = {**role.context, "iam:PassedToService": to}
    if associated_with is not None:
        context["iam:AssociatedResourceArn"] = associated_with
    return role._replace(context=context)
