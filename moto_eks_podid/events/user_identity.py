"""``userIdentity``: who made a call, as its record shows it.

Follows "CloudTrail userIdentity element" (CloudTrail User Guide), in the order of real records.
"""

from __future__ import annotations

import re
from typing import Any

from .identities import (
    AssumedRole,
    AWSAccount,
    AWSService,
    IAMUser,
    Identity,
    Root,
    SAMLUser,
    WebIdentityUser,
)
from .values import iso_time

#: Sessions of instances are named like them; their credentials come from version 2 of the
#: instance's metadata service.
_INSTANCE_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})", re.ASCII)
EC2_ROLE_DELIVERY = "2.0"


def user_identity(identity: Identity, service: str) -> dict[str, Any]:
    """Return the ``userIdentity`` of a record.

    :param service: botocore's name of the service that was called; an unsigned call looks
        different from service to service
    """
    if isinstance(identity, (AssumedRole, IAMUser, Root)):
        shown = _signed(identity)
        if identity.invoked_by is not None:
            shown["invokedBy"] = identity.invoked_by
        return shown
    if isinstance(identity, AWSService):
        return {"type": "AWSService", "invokedBy": identity.invoked_by}
    if isinstance(identity, AWSAccount):
        return {
            "type": "AWSAccount",
            "principalId": identity.principal_id,
            "accountId": identity.account_id,
        }
    if isinstance(identity, SAMLUser):
        return _saml_user(identity)
    return _unsigned(identity, service)


def _signed(identity: AssumedRole | IAMUser | Root) -> dict[str, Any]:
    if isinstance(identity, AssumedRole):
        return _assumed_role(identity)
    if isinstance(identity, IAMUser):
        return {
            "type": "IAMUser",
            "principalId": identity.principal_id,
            "arn": identity.arn,
            "accountId": identity.account_id,
            "accessKeyId": identity.access_key_id,
            "userName": identity.user_name,
        }
    return {
        "type": "Root",
        "principalId": identity.account_id,
        "arn": identity.arn,
        "accountId": identity.account_id,
        "accessKeyId": identity.access_key_id,
    }


def _assumed_role(identity: AssumedRole) -> dict[str, Any]:
    context: dict[str, Any] = {
        "sessionIssuer": {
            "type": "Role",
            "principalId": identity.role_id,
            "arn": identity.role_arn,
            "accountId": identity.account_id,
            "userName": identity.role_name,
        }
    }
    if identity.federated_provider is not None:
        context["webIdFederationData"] = {
            "federatedProvider": identity.federated_provider,
            "attributes": {},
        }
    context["attributes"] = {
        "creationDate": iso_time(identity.created_at),
        "mfaAuthenticated": "false",
    }
    if identity.source_identity is not None:
        context["sourceIdentity"] = identity.source_identity
    if _INSTANCE_ID.fullmatch(identity.session_name):
        context["ec2RoleDelivery"] = EC2_ROLE_DELIVERY
    return {
        "type": "AssumedRole",
        "principalId": identity.principal_id,
        "arn": identity.arn,
        "accountId": identity.account_id,
        "accessKeyId": identity.access_key_id,
        "sessionContext": context,
    }


def _saml_user(identity: SAMLUser) -> dict[str, Any]:
    shown = {"type": "SAMLUser"}
    if identity.name_qualifier is not None and identity.subject is not None:
        shown["principalId"] = f"{identity.name_qualifier}:{identity.subject}"
        shown["userName"] = identity.subject
        shown["identityProvider"] = identity.name_qualifier
    return shown


def _unsigned(identity: WebIdentityUser, service: str) -> dict[str, Any]:
    if identity.provider is None and service != "sts":
        if service == "s3":
            return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
        return {"type": "Unknown", "principalId": "Anonymous"}
    shown = {"type": "WebIdentityUser"}
    if identity.provider is not None:
        shown["principalId"] = f"{identity.provider}:{identity.audience}:{identity.subject}"
    if identity.subject is not None:
        shown["userName"] = identity.subject
    if identity.provider is not None:
        shown["identityProvider"] = identity.provider
    return shown
