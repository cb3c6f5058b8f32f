"""What the agent hands out, and what it refuses with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property

#: Go's encoder writes these so, that JSON may stand in HTML.
_HTML = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})


# Without slots: the body is written when it is first asked for.
@dataclass(frozen=True)
class PodCredentials:
    """The credentials of a pod. ``expires_at`` is aware."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    account_id: str
    expires_at: datetime

    @cached_property
    def body(self) -> str:
        """The JSON that SDKs read, members in the agent's order."""
        members = {
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "Token": self.session_token,
            "AccountId": self.account_id,
            "Expiration": rfc3339(self.expires_at),
        }
        text = json.dumps(members, separators=(",", ":"), ensure_ascii=False)
        return text.translate(_HTML)


class Refused(Exception):
    """The agent answers with an HTTP status and a line of text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class EksAuthRefused(Refused):
    """EKS Auth refused, or did not answer.

    ``code`` is its error code, empty without an answer. ``irrecoverable`` tells that asking again
    for the same pod is of no use.
    """

    def __init__(self, status: int, text: str, code: str, *, irrecoverable: bool) -> None:
        super().__init__(status, text)
        self.code = code
        self.irrecoverable = irrecoverable

    @classmethod
    def without_answer(cls) -> EksAuthRefused:
        """Return what there is when EKS Auth did not answer: an empty list of request ids."""
        return cls(500, "[]", "", irrecoverable=False)


def rfc3339(moment: datetime) -> str:
    """Return a time in UTC, with as many digits of a fraction as it needs."""
    utc = moment.astimezone(timezone.utc)
    fraction = f".{utc.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{utc:%Y-%m-%dT%H:%M:%S}{fraction}Z"
