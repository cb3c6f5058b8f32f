"""What annotations of pods and service accounts ask of the webhook.

Follows the webhook's own reading of them: a value that it cannot read counts as absent.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass

DOMAIN = "eks.amazonaws.com"
#: A pod with this label, whatever its value, never reaches the webhook.
SKIP_LABEL = f"{DOMAIN}/skip-pod-identity-webhook"

#: The least that the API server takes, in seconds; less is taken for it.
MIN_TOKEN_EXPIRATION = 600

_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
# A quote in the middle of a field makes Go's reader of CSV give up; Python's takes it as it is.
_FIELD = r'(?:"(?:[^"]|"")*"|[^",]*)'
_RECORD = re.compile(f"{_FIELD}(?:,{_FIELD})*")


@dataclass(frozen=True, slots=True)
class PodOptions:
    """What a pod asks for; ``token_expiration`` is in seconds."""

    skipped_containers: frozenset[str]
    token_expiration: int | None

    @classmethod
    def read(cls, annotations: Mapping[str, str]) -> PodOptions:
        """Read a pod's annotations."""
        return cls(
            skipped_containers=_names(annotations.get(f"{DOMAIN}/skip-containers", "")),
            token_expiration=_token_expiration(annotations),
        )


@dataclass(frozen=True, slots=True)
class ServiceAccountOptions:
    """What a service account asks for; None where it says nothing.

    :ivar role_arn: the role of IAM roles for service accounts (IRSA)
    :ivar audience: of IRSA's token
    :ivar sts_regional_endpoints: whether to set ``AWS_STS_REGIONAL_ENDPOINTS``
    :ivar token_expiration: seconds
    """

    role_arn: str | None = None
    audience: str | None = None
    sts_regional_endpoints: bool | None = None
    token_expiration: int | None = None

    @classmethod
    def read(cls, annotations: Mapping[str, str]) -> ServiceAccountOptions:
        """Read a service account's annotations."""
        return cls(
            role_arn=annotations.get(f"{DOMAIN}/role-arn") or None,
            audience=annotations.get(f"{DOMAIN}/audience"),
            sts_regional_endpoints=_boolean(
                annotations.get(f"{DOMAIN}/sts-regional-endpoints", "")
            ),
            token_expiration=_token_expiration(annotations),
        )


def _token_expiration(annotations: Mapping[str, str]) -> int | None:
    text = annotations.get(f"{DOMAIN}/token-expiration", "")
    if not _INTEGER.fullmatch(text) or not -(2**63) <= int(text) < 2**63:
        return None
    return max(int(text), MIN_TOKEN_EXPIRATION)


def _boolean(text: str) -> bool | None:
    return True if text in _TRUE else False if text in _FALSE else None


def _names(text: str) -> frozenset[str]:
    """Read the first record of a CSV, as the webhook does: blanks are part of a name."""
    lines = [line for line in text.splitlines() if line]
    if not lines or not _RECORD.fullmatch(lines[0]):
        return frozenset()
    return frozenset(next(csv.reader(lines[:1])))
