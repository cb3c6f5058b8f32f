"""The condition keys that every request has, whatever it asks for.

Follows "AWS global condition context keys" (IAM User Guide). Keys that depend on the operation and
on resources come with the permissions that a call needs.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from .. import clock
from ..sts.user_tokens import UserToken
from .credentials import Caller, FederatedCaller, SessionCaller

Context = dict[str, Any]

#: Everybody calls from here in-process.
_LOOPBACK = "127.0.0.1"
#: What moto calls the region of services that have none.
_NO_REGIONS = frozenset({"", "aws", "global"})
_HOME_OF_GLOBAL_SERVICES = "us-east-1"


def request_context(response: Any, caller: Caller | None) -> Context:
    """Return the global condition keys of a request.

    :param response: moto's response object of the request, once it is set up
    :param caller: None for an anonymous one
    """
    now = int(clock.epoch_seconds())
    # Not the request's own look-ups, which cost more than all the rest.
    environ = response.normalized_request.environ
    region = response.region
    context: Context = {
        "aws:CurrentTime": _iso(now),
        "aws:EpochTime": now,
        "aws:PrincipalIsAWSService": False,
        "aws:RequestedRegion": _HOME_OF_GLOBAL_SERVICES if region in _NO_REGIONS else region,
        "aws:SecureTransport": is_secure(response),
        "aws:SourceIp": environ.get("REMOTE_ADDR") or _LOOPBACK,
        "aws:ViaAWSService": False,
    }
    if (service := getattr(response, "calling_service", None)) is not None:
        context.update(_of_service(service.principal))
    if user_agent := environ.get("HTTP_USER_AGENT"):
        context["aws:UserAgent"] = user_agent
    if referer := environ.get("HTTP_REFERER"):
        context["aws:Referer"] = referer
    if caller is None:
        context["aws:PrincipalType"] = "Anonymous"
        context["aws:userid"] = "anonymous"
    elif isinstance(caller, SessionCaller):
        context.update(_of_session(caller))
    elif isinstance(caller, FederatedCaller):
        context.update(_of_federated(caller))
    else:
        context.update(
            {
                "aws:PrincipalAccount": caller.account_id,
                "aws:PrincipalArn": caller.arn,
                "aws:PrincipalType": caller.principal_type,
                "aws:userid": caller.unique_id,
                "aws:username": caller.user.name,
            }
        )
        context.update(tag_keys("aws:PrincipalTag", stored_tags(caller.user.tags)))
        if caller.token is not None:
            context.update(_of_token(caller.token))
    return context


def is_secure(response: Any) -> bool:
    """Tell whether the client would have used TLS with AWS.

    The server stands for AWS's own endpoints, which are TLS's, so that its plain HTTP says nothing;
    a proxy in front of it may.
    """
    environ = response.normalized_request.environ
    if forwarded := environ.get("HTTP_X_FORWARDED_PROTO"):
        return bool(forwarded == "https")
    return bool(response.is_werkzeug_request or response.uri.startswith("https:"))


def _of_service(principal: str) -> Context:
    return {
        "aws:CalledVia": [principal],
        "aws:CalledViaFirst": principal,
        "aws:CalledViaLast": principal,
        "aws:ViaAWSService": True,
    }


def _of_session(caller: SessionCaller) -> Context:
    session = caller.session
    context: Context = {
        "aws:MultiFactorAuthPresent": False,
        "aws:PrincipalAccount": session.account_id,
        "aws:PrincipalArn": session.role_arn,
        "aws:PrincipalType": caller.principal_type,
        "aws:TokenIssueTime": _iso(session.issued_at.timestamp()),
        "aws:userid": session.user_id,
    }
    if session.federated_provider is not None:
        context["aws:FederatedProvider"] = session.federated_provider
    if session.source_identity is not None:
        context["aws:SourceIdentity"] = session.source_identity
    of_role = stored_tags(caller.role.tags) if caller.role else {}
    context.update(tag_keys("aws:PrincipalTag", of_role, session.tags))
    return context


def _of_federated(caller: FederatedCaller) -> Context:
    of_user = stored_tags(caller.user.tags) if caller.user is not None else {}
    return {
        "aws:PrincipalAccount": caller.account_id,
        "aws:PrincipalArn": caller.arn,
        "aws:PrincipalType": caller.principal_type,
        "aws:userid": caller.unique_id,
        **_of_token(caller.token),
        **tag_keys("aws:PrincipalTag", of_user, caller.federation.tags),
    }


def _of_token(token: UserToken) -> Context:
    return {
        "aws:MultiFactorAuthPresent": token.request.has_mfa,
        "aws:TokenIssueTime": _iso(token.issued_at.timestamp()),
    }


def stored_tags(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Return the tags of a user or role as moto stores them by their keys."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags or ()}


def tag_keys(
    prefix: str, tags: Mapping[str, str], overriding: Mapping[str, str] | None = None
) -> Context:
    """Return tags as condition keys.

    :param prefix: what stands before the slash, such as ``aws:PrincipalTag``
    :param overriding: tags that replace those of the same key, whatever the case of either
    """
    merged = {key.lower(): (key, value) for key, value in tags.items()}
    for key, value in (overriding or {}).items():
        merged[key.lower()] = (key, value)
    return {f"{prefix}/{key}": value for key, value in merged.values()}


def _iso(epoch: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
