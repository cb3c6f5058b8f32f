"""The names and uids that pods can have: a token that says otherwise is no API server's."""

from __future__ import annotations

import re
from typing import Final

from .associations import MAX_SERVICE_ACCOUNT, SERVICE_ACCOUNT_PATTERN

#: Pods are named as service accounts are: a DNS-1123 subdomain.
_NAME: Final = re.compile(SERVICE_ACCOUNT_PATTERN)
#: UUIDs, as a rule; those of static pods are hashes.
_UID: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")


def is_pod_name(text: str) -> bool:
    """Tell whether Kubernetes allows a pod's name."""
    return len(text) <= MAX_SERVICE_ACCOUNT and _NAME.fullmatch(text) is not None


def is_pod_uid(text: str) -> bool:
    """Tell whether a text can be a pod's uid."""
    return _UID.fullmatch(text) is not None
