"""The session policy of an association: five checks, in the order in which the service makes them.

Follows "Session policies for Amazon EKS Pod Identity" (AWS Containers Blog).
"""

from __future__ import annotations

import json
import re

from ..policy import validate
from .associations import InvalidAssociation, Rule
from .sessions import MAX_SESSION_POLICY, packed_policy_size

_LEGAL = re.compile(r"[\u0009\u000A\u000D\u0020-\u00FF]+")


def check_session_policy(policy: str) -> None:
    """Check a session policy: JSON, characters, length, grammar, packed size.

    :raises InvalidAssociation: for the first check that fails
    """
    try:
        json.loads(policy)
    except (ValueError, RecursionError):
        raise InvalidAssociation(Rule.POLICY_JSON) from None
    if not _LEGAL.fullmatch(policy):
        raise InvalidAssociation(Rule.POLICY_CHARACTERS)
    if len(policy) > MAX_SESSION_POLICY:
        raise InvalidAssociation(Rule.POLICY_LENGTH, str(len(policy)))
    errors = [
        finding for finding in validate(policy, kind="session") if finding.severity == "error"
    ]
    if errors:
        raise InvalidAssociation(Rule.POLICY_GRAMMAR, errors[0].message)
    packed = packed_policy_size({}, policy)
    if packed is not None and packed > 100:
        raise InvalidAssociation(Rule.POLICY_PACKED, str(packed))
