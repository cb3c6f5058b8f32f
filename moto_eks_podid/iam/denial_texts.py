"""What services say when a permission is missing.

Follows "Troubleshoot access denied error messages" (IAM User Guide) and real responses.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from ..policy import Decision, PolicyKind, Word
from .permissions import Need
from .permissions.call import ANY

#: Kind of policy -> what is said when it is the first to be silent.
_SILENT: Mapping[PolicyKind, str] = {
    PolicyKind.IDENTITY: "because no identity-based policy allows the {action} action",
    PolicyKind.BOUNDARY: "because no permissions boundary allows the {action} action",
    PolicyKind.SESSION: "because no session policy allows the {action} action",
    PolicyKind.RESOURCE: "because no resource-based policy allows the {action} action",
}
#: Kind of policy -> what is said when it denies.
_DENYING: Mapping[PolicyKind, str] = {
    PolicyKind.IDENTITY: "with an explicit deny in an identity-based policy",
    PolicyKind.BOUNDARY: "with an explicit deny in a permissions boundary",
    PolicyKind.SESSION: "with an explicit deny in a session policy",
    PolicyKind.RESOURCE: "with an explicit deny in a resource-based policy",
}

#: Actions that are refused without a reason: as observed in real responses.
_WITHOUT_REASON: Final = frozenset({"sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"})
#: Services that write actions in their own way: as observed in real responses.
_SPELLINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "sns": lambda action: action.replace("sns:", "SNS:", 1),
    "sqs": str.lower,
}

_EC2: Final = (
    "You are not authorized to perform this operation. {text}. "
    "Encoded authorization failure message: {encoded}"
)


def denial_text(arn: str, need: Need, decision: Decision, service: str) -> str:
    """Return what a service says to a caller that lacks a permission.

    :param arn: of the caller
    :param service: the one that was called, by botocore's name
    """
    spell = _SPELLINGS.get(service)
    action = spell(need.action) if spell is not None else need.action
    text = f"User: {arn} is not authorized to perform: {action}"
    resource = need.shown_resource or (need.resource if need.resource != ANY else None)
    if resource is not None:
        quoted = f'"{resource}"' if service == "s3" else resource
        text += f" on resource: {quoted}"
    if need.action not in _WITHOUT_REASON and decision.decided_by is not None:
        reasons = _DENYING if decision.word is Word.EXPLICITLY_DENIED else _SILENT
        text += f" {reasons[decision.decided_by].format(action=action)}"
    if service == "ec2":
        return _EC2.format(text=text, encoded=_encoded(arn, need, decision))
    return text


def moto_text(arn: str, action: str) -> str:
    """Return what moto says to a caller that lacks a permission.

    :param action: as moto names it
    """
    return f"User: {arn} is not authorized to perform: {action}"


def _encoded(arn: str, need: Need, decision: Decision) -> str:
    """Return the decision as the opaque text that it is for whoever cannot have it decoded."""
    facts = {
        "allowed": False,
        "explicitDeny": decision.word is Word.EXPLICITLY_DENIED,
        "context": {"principal": {"arn": arn}, "action": need.action, "resource": need.resource},
    }
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(facts).encode(), 9)).decode()
