"""What services say when a permission is missing.

Follows "Troubleshoot access denied error messages" (IAM User Guide) and real responses.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Final

from ..policy import Decision, PolicyKind, Word
from .permissions import Need

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

#: Services that do not say why.
_SAY_NO_REASON: Final = frozenset({"sts"})
#: Services that write actions in small letters.
_SMALL_LETTERS: Final = frozenset({"sqs"})

_EC2: Final = (
    "You are not authorized to perform this operation. {text}. "
    "Encoded authorization failure message: {encoded}"
)


def denial_text(arn: str, need: Need, decision: Decision, service: str) -> str:
    """Return what a service says to a caller that lacks a permission.

    :param arn: of the caller
    :param service: the one that was called, by botocore's name
    """
    action = need.action.lower() if service in _SMALL_LETTERS else need.action
    text = f"User: {arn} is not authorized to perform: {action}"
    resource = need.shown_resource or need.resource
    if resource != "*":
        quoted = f'"{resource}"' if service == "s3" else resource
        text += f" on resource: {quoted}"
    if service not in _SAY_NO_REASON and decision.decided_by is not None:
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
