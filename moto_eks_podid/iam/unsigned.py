"""Operations that take no signature: who calls stands in their parameters.

Follows "AssumeRoleWithWebIdentity" and "AssumeRoleWithSAML" (STS API Reference). The public
operations of Cognito and of IAM Identity Center check tokens of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..eks.lookup import find_key_set
from ..identity.errors import MalformedToken, TokenRefused
from ..identity.role_arn import ROLE_ARN
from ..identity.tokens import read_unverified, unverified_issuer
from ..policy import MalformedPolicy, Request, evaluate
from .refusals import DENIED, Refused, refusal_of
from .requested_call import RequestedCall
from .roles import find_role

#: What SAML's own condition keys have for the console and for programs alike.
_SAML_AUDIENCE: Final = "https://signin.aws.amazon.com/saml"


def check_unsigned(response: Any, call: RequestedCall) -> None:
    """Let a call of an operation without signature proceed, or refuse it.

    :param response: moto's response object of the request, before its operation is called
    :raises Refused: in the protocol of the service
    """
    check = _CHECKS.get((call.service, call.operation or ""))
    if check is not None and not check(call.parameters):
        raise _not_authorized(response, call)


def _not_authorized(response: Any, call: RequestedCall) -> Refused:
    return refusal_of(response, DENIED, f"Not authorized to perform sts:{call.operation}")


def _web_identity(parameters: Mapping[str, Any]) -> bool:
    """Judge the tokens of issuers that no cluster knows: the operation takes them at their word."""
    token, role_arn = parameters.get("WebIdentityToken"), parameters.get("RoleArn")
    if not token or not role_arn:
        # The operation says so.
        return True
    issuer = unverified_issuer(token)
    if issuer is not None and find_key_set(issuer) is not None:
        return True
    role = ROLE_ARN.fullmatch(role_arn)
    if role is None:
        return False
    context: dict[str, Any] = {"sts:RoleSessionName": parameters.get("RoleSessionName", "")}
    if provider_id := parameters.get("ProviderId"):
        # OAuth 2.0, of the providers that IAM knows by name.
        return _trusts(role_arn, "sts:AssumeRoleWithWebIdentity", provider_id, context)
    try:
        claims = read_unverified(token, pod_claims=False)
    except (MalformedToken, TokenRefused):
        return False
    name = claims.issuer.removeprefix("https://")
    provider = f"arn:{role['partition']}:iam::{role['account']}:oidc-provider/{name}"
    context[f"{name}:sub"] = claims.subject
    context[f"{name}:aud"] = next(iter(claims.audience), "")
    context["aws:FederatedProvider"] = provider
    return _trusts(role_arn, "sts:AssumeRoleWithWebIdentity", provider, context)


def _saml(parameters: Mapping[str, Any]) -> bool:
    role_arn, provider = parameters.get("RoleArn"), parameters.get("PrincipalArn")
    if not role_arn or not provider:
        return True
    context = {"saml:aud": _SAML_AUDIENCE, "aws:FederatedProvider": provider}
    return _trusts(role_arn, "sts:AssumeRoleWithSAML", provider, context)


def _trusts(role_arn: str, action: str, provider: str, context: Mapping[str, Any]) -> bool:
    role = find_role(role_arn)
    if role is None:
        return False
    request = Request(principal=provider, action=action, resource=role_arn, context=context)
    try:
        return evaluate(request, resource=role.assume_role_policy_document).allowed
    except MalformedPolicy:
        return False


#: Service and operation -> whether its parameters name somebody who may call it.
_CHECKS: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], bool]] = {
    ("sts", "AssumeRoleWithWebIdentity"): _web_identity,
    ("sts", "AssumeRoleWithSAML"): _saml,
}
