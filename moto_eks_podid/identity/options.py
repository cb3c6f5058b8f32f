"""The options of an association, target role, session policy and tags, and how they go together.

Follows "Access AWS resources using EKS Pod Identity target IAM roles" (EKS User Guide) and "Session
policies for Amazon EKS Pod Identity" (AWS Containers Blog).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .associations import Association, InvalidAssociation, Rule, check_target_role_arn
from .session_policy import check_session_policy


def with_options(
    association: Association,
    *,
    partition: str,
    disable_session_tags: bool | None,
    target_role_arn: str | None,
    policy: str | None,
) -> Association:
    """Return an association with changed options: None keeps one, an empty string clears it.

    :param partition: the association's, which is the target role's too
    :raises InvalidAssociation: for the first rule that they break
    """
    if target_role_arn:
        check_target_role_arn(target_role_arn, partition)
    changes: dict[str, Any] = {}
    if target_role_arn is not None:
        changes["target_role_arn"] = target_role_arn or None
    if policy is not None:
        changes["policy"] = policy or None
    if disable_session_tags is not None:
        changes["disable_session_tags"] = disable_session_tags
    changed = replace(association, **changes)
    if changed.policy is not None and not changed.disable_session_tags:
        raise InvalidAssociation(Rule.POLICY_NEEDS_NO_TAGS)
    if policy:
        check_session_policy(policy)
    return changed
