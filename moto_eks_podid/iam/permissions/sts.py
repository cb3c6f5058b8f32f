"""Permissions of AWS STS ("Actions, resources, and condition keys for AWS Security Token Service").

A role's trust policy comes in where roles are assumed; see :mod:`..assumption`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...identity.sessions import RoleSession
from .call import Call, Context
from .keys import request_tags, tag_request, tags_in
from .passing import role_arn, role_at
from .rows import ANYTHING, Resource, anything, on, service


def _inherited(session: RoleSession | None) -> dict[str, str]:
    return session.transitive_tags if session is not None else {}


def _tags(call: Call) -> dict[str, str | None]:
    return {**_inherited(call.session), **tags_in(call.parameters.get("Tags"))}


def _source_identity(call: Call) -> str | None:
    inherited = call.session.source_identity if call.session is not None else None
    return inherited or call.text("SourceIdentity")


def _role(call: Call) -> tuple[Resource, ...]:
    arn = call.text("RoleArn")
    if arn is None:
        return ANYTHING
    role = role_at(role_arn(call, arn))
    # Tags that are handed on take the place of equal ones of the role.
    handed_on = {key.lower(): value for key, value in _inherited(call.session).items()}
    if not (handed_on and role.context):
        return (role,)
    context: Context = {
        key: handed_on.get(key.partition("/")[2].lower(), value)
        for key, value in role.context.items()
    }
    return (role._replace(context=context),)


def _role_to_tag(call: Call) -> Iterable[Resource]:
    return _role(call) if _tags(call) else ()


def _role_of_source(call: Call) -> Iterable[Resource]:
    return _role(call) if _source_identity(call) else ()


def _session(call: Call) -> Context:
    """Return the condition keys of a session that is to be."""
    context = tag_request(_tags(call))
    transitive = [*_inherited(call.session), *call.texts("TransitiveTagKeys")]
    if transitive:
        context["sts:TransitiveTagKeys"] = transitive
    source_identity = _source_identity(call)
    if source_identity is not None:
        context["sts:SourceIdentity"] = source_identity
    for parameter in ("RoleSessionName", "ExternalId"):
        if (value := call.text(parameter)) is not None:
            context[f"sts:{parameter}"] = value
    return context


def _federated_user(call: Call) -> tuple[Resource, ...]:
    name = call.text("Name")
    if name is None:
        return ANYTHING
    arn = f"arn:{call.partition}:sts::{call.account_id}:federated-user/{name}"
    return (Resource(arn, account=call.account_id),)


def _root(call: Call) -> tuple[Resource, ...]:
    account = call.text("TargetPrincipal")
    if account is None:
        return ANYTHING
    return (Resource(f"arn:{call.partition}:iam::{account}:root", account=account),)


STS = service(
    "sts",
    on(_role, "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity", _session),
    on(_role_to_tag, "AssumeRole=TagSession", _session),
    on(_role_of_source, "AssumeRole=SetSourceIdentity", _session),
    on(_root, "AssumeRoot"),
    on(_federated_user, "GetFederationToken", request_tags),
    on(
        anything,
        "DecodeAuthorizationMessage GetAccessKeyInfo GetDelegatedAccessToken GetWebIdentityToken",
        request_tags,
    ),
    # "No permissions are required to perform this operation" (their pages in the API Reference).
    free="GetCallerIdentity GetSessionToken",
)
