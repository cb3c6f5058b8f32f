"""May this role be assumed? What STS asks of a role's trust policy, and in which context.

Assuming a role and passing session tags are two actions: both must be allowed, by the same
statement or by different ones. Follows "EKS Pod Identity role" and "Assign IAM roles to pods" (EKS
User Guide), "Pass session tags in AWS STS" and "AWS global condition context keys" (IAM User
Guide).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..policy import Decision, Document, Request, evaluate
from .associations import SERVICE_PRINCIPAL
from .sessions import SessionTags

Policy: TypeAlias = str | Mapping[str, Any] | Document
Context: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Assumption:
    """One attempt to assume a role: what AssumeRole is asked for."""

    role_arn: str
    session_name: str
    tags: SessionTags
    external_id: str | None = None
    source_identity: str | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """What must be allowed; tags that are handed on count as passed."""
        return ("sts:AssumeRole", "sts:TagSession") if self.tags.all else ("sts:AssumeRole",)

    @property
    def context(self) -> Context:
        """The condition keys that every AssumeRole request has."""
        context: Context = {"sts:RoleSessionName": self.session_name}
        tags = self.tags.all
        if tags:
            context["aws:TagKeys"] = list(tags)
            context.update((f"aws:RequestTag/{key}", value) for key, value in tags.items())
        if self.tags.transitive_keys:
            context["sts:TransitiveTagKeys"] = list(self.tags.transitive_keys)
        if self.external_id is not None:
            context["sts:ExternalId"] = self.external_id
        if self.source_identity is not None:
            context["sts:SourceIdentity"] = self.source_identity
        return context


def judge_service(assumption: Assumption, trust_policy: Policy, *, cluster_arn: str) -> Decision:
    """Judge whether EKS may assume a role for a pod of a cluster.

    :param cluster_arn: becomes ``aws:SourceArn``, its account ``aws:SourceAccount``
    :returns: the first decision that refuses, else the last one
    :raises MalformedPolicy: when the trust policy cannot be read
    """
    context = assumption.context
    context["aws:SourceArn"] = cluster_arn
    context["aws:SourceAccount"] = cluster_arn.split(":")[4]
    context["aws:PrincipalIsAWSService"] = True
    context["aws:PrincipalServiceName"] = SERVICE_PRINCIPAL
    context["aws:PrincipalServiceNamesList"] = [SERVICE_PRINCIPAL]
    return _judge(
        assumption,
        context,
        principal=SERVICE_PRINCIPAL,
        trust_policy=trust_policy,
    )


@dataclass(frozen=True, slots=True)
class RolePolicies:
    """The documents that bound what a role's session may do."""

    identity: Sequence[Policy]
    boundary: Policy | None = None
    session: Sequence[Policy] = ()


@dataclass(frozen=True, slots=True)
class CallingSession:
    """The role session that assumes a further role; ``user_id`` is ``AROA…:SESSION_NAME``."""

    arn: str
    role_arn: str
    user_id: str
    tags: Mapping[str, str]
    role_tags: Mapping[str, str]


def judge_session(
    assumption: Assumption,
    trust_policy: Policy,
    *,
    caller: CallingSession,
    policies: RolePolicies,
    target_role_tags: Mapping[str, str],
) -> Decision:
    """Judge whether a role session may assume a further role (role chaining).

    Tags that the session hands on are offered as request tags, as principal tags, and in place of
    equal tags of the target role.

    :returns: the first decision that refuses, else the last one
    :raises MalformedPolicy: when one of the policies cannot be read
    """
    context = assumption.context
    context["aws:PrincipalArn"] = caller.role_arn
    context["aws:PrincipalAccount"] = caller.arn.split(":")[4]
    context["aws:PrincipalType"] = "AssumedRole"
    context["aws:userid"] = caller.user_id
    context.update(_tag_context("aws:PrincipalTag", caller.role_tags, caller.tags))
    context.update(
        _tag_context(
            "aws:ResourceTag", target_role_tags, assumption.tags.inherited, only_known=True
        )
    )
    return _judge(
        assumption,
        context,
        principal=caller.arn,
        trust_policy=trust_policy,
        principal_role_arn=caller.role_arn,
        principal_id=caller.user_id.split(":")[0],
        policies=policies,
    )


def judge_web_identity(
    role_arn: str,
    session_name: str,
    trust_policy: Policy,
    *,
    provider_arn: str,
    subject: str,
    audience: str,
) -> Decision:
    """Judge whether the subject of an OIDC provider's token may assume a role.

    :param provider_arn: ``arn:…:oidc-provider/HOST/PATH``; its last part prefixes the condition
        keys
    :raises MalformedPolicy: when the trust policy cannot be read
    """
    provider = provider_arn.split(":oidc-provider/", 1)[1]
    return evaluate(
        Request(
            principal=provider_arn,
            action="sts:AssumeRoleWithWebIdentity",
            resource=role_arn,
            context={
                f"{provider}:sub": subject,
                f"{provider}:aud": audience,
                "aws:FederatedProvider": provider_arn,
                "sts:RoleSessionName": session_name,
            },
        ),
        identity=[],
        resource=trust_policy,
    )


def _tag_context(
    prefix: str,
    of_role: Mapping[str, str],
    of_session: Mapping[str, str],
    *,
    only_known: bool = False,
) -> Context:
    """Session tags replace a role's tags of the same name, whatever the case of either."""
    merged = {key.lower(): (key, value) for key, value in of_role.items()}
    for key, value in of_session.items():
        if not only_known or key.lower() in merged:
            merged[key.lower()] = (key, value)
    return {f"{prefix}/{key}": value for key, value in merged.values()}


def _judge(
    assumption: Assumption,
    context: Context,
    *,
    principal: str,
    trust_policy: Policy,
    policies: RolePolicies | None = None,
    principal_role_arn: str | None = None,
    principal_id: str | None = None,
) -> Decision:
    for action in assumption.actions:
        decision = evaluate(
            Request(
                principal=principal,
                action=action,
                resource=assumption.role_arn,
                context=context,
                principal_role_arn=principal_role_arn,
                principal_id=principal_id,
            ),
            identity=policies.identity if policies else [],
            resource=trust_policy,
            session=policies.session or None if policies else None,
            boundary=policies.boundary if policies else None,
        )
        if not decision.allowed:
            break
    return decision
