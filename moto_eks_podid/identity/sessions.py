"""Role sessions and their tags: what EKS passes to STS, what STS allows, what a chain inherits.

Follows "Grant Pods access to AWS resources based on tags" (EKS User Guide), "Pass session tags in
AWS STS" (IAM User Guide) and the limits of STS's service model.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

#: STS's limits (its service model).
MAX_TAGS = 50
MAX_TAG_KEY = 128
MAX_TAG_VALUE = 256
MAX_SESSION_POLICY = 2048
MAX_POLICY_ARNS = 10

#: A service asks STS for six hours; a role's MaxSessionDuration does not limit services.
SERVICE_SESSION_SECONDS = 21_600
#: Role chaining never lasts longer than one hour.
CHAINED_SESSION_SECONDS = 3_600

#: Keys and values that begin so are AWS's own ("Rules for tagging", IAM User Guide).
_RESERVED_PREFIX = "aws:"

_NAME_PART = 10

#: `PackedPolicySize` is a percentage of this space. AWS does not publish how it packs; tags weigh
#: what makes the six tags of AWS's own example come out at the 55 % that real responses show.
PACKED_SPACE = 2048
PACKED_TAG_WEIGHT = 4.7


class SessionTagRule(str, Enum):
    """What a request's session tags can break."""

    TOO_MANY = "too many tags"
    KEY_LENGTH = "key length"
    VALUE_LENGTH = "value length"
    KEY_CHARACTERS = "key characters"
    VALUE_CHARACTERS = "value characters"
    RESERVED = "reserved prefix"
    DUPLICATE_KEY = "duplicate key"
    TRANSITIVE_KEY_NOT_PASSED = "transitive key not passed"
    OVERRIDES_TRANSITIVE = "overrides transitive"
    SOURCE_IDENTITY_CHANGED = "source identity changed"


class InvalidSessionTags(ValueError):
    """Session tags that STS refuses.

    ``rule`` says why; ``position`` is the 1-based place of the offending tag, where one offends;
    ``value`` is the text that offends, where one does.
    """

    def __init__(self, rule: SessionTagRule, *, position: int = 0, value: str = "") -> None:
        super().__init__(f"{rule.value}: {value!r}" if value else rule.value)
        self.rule = rule
        self.position = position
        self.value = value


@dataclass(frozen=True, slots=True)
class RoleSession:
    """One session that STS gave out: who assumed what, and what the session carries.

    ``tags`` holds inherited tags first, then the session's own, each in the order in which they
    were passed. ``issued_at`` and ``expires_at`` are aware UTC datetimes. ``parent_access_key_id``
    is the key of the session that assumed this one; ``association_arn`` names the pod identity
    association that it came from (directly, or along a chain).
    """

    access_key_id: str
    arn: str
    role_arn: str
    session_name: str
    issued_at: datetime
    expires_at: datetime
    role_id: str
    tags: dict[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    parent_access_key_id: str | None = None
    association_arn: str | None = None
    external_id: str | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    federated_provider: str | None = None

    @property
    def account_id(self) -> str:
        """The account of the role, and so of every call made with this session."""
        return self.arn.split(":")[4]

    @property
    def partition(self) -> str:
        """The partition of the role: ``aws``, ``aws-cn`` and so on."""
        return self.arn.split(":")[1]

    @property
    def user_id(self) -> str:
        """``AROA…:SESSION_NAME``, as GetCallerIdentity answers it."""
        return f"{self.role_id}:{self.session_name}"

    @property
    def transitive_tags(self) -> dict[str, str]:
        """The tags that a session assumed with this one inherits."""
        keys = {key.lower() for key in self.transitive_tag_keys}
        return {key: value for key, value in self.tags.items() if key.lower() in keys}

    def as_json(self) -> dict[str, Any]:
        """Return the session as plain JSON values: times in ISO 8601 with a ``Z``, no secret."""
        return {
            "access_key_id": self.access_key_id,
            "arn": self.arn,
            "role_arn": self.role_arn,
            "session_name": self.session_name,
            "issued_at": _iso(self.issued_at),
            "expires_at": _iso(self.expires_at),
            "role_id": self.role_id,
            "tags": dict(self.tags),
            "transitive_tag_keys": list(self.transitive_tag_keys),
            "source_identity": self.source_identity,
            "parent_access_key_id": self.parent_access_key_id,
            "association_arn": self.association_arn,
            "external_id": self.external_id,
            "policy": self.policy,
            "policy_arns": list(self.policy_arns),
            "federated_provider": self.federated_provider,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RoleSession:
        """Read what :meth:`as_json` wrote."""
        return cls(
            **{
                **values,
                "issued_at": datetime.fromisoformat(values["issued_at"].replace("Z", "+00:00")),
                "expires_at": datetime.fromisoformat(values["expires_at"].replace("Z", "+00:00")),
                "transitive_tag_keys": tuple(values["transitive_tag_keys"]),
                "policy_arns": tuple(values["policy_arns"]),
            }
        )


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class SessionTags:
    """The tags of a session to be: the request's own, and what the caller's session hands on."""

    requested: dict[str, str]
    inherited: dict[str, str]
    transitive_keys: tuple[str, ...]

    @property
    def all(self) -> dict[str, str]:
        """Inherited tags first, then the requested ones."""
        return {**self.inherited, **self.requested}


NO_TAGS = SessionTags({}, {}, ())


def pod_session_tags(
    cluster_arn: str,
    cluster_name: str,
    namespace: str,
    service_account: str,
    pod_name: str,
    pod_uid: str,
) -> SessionTags:
    """Return the six tags that EKS passes for a pod, all transitive, in the order that AWS uses."""
    tags = {
        "eks-cluster-arn": cluster_arn,
        "eks-cluster-name": cluster_name,
        "kubernetes-namespace": namespace,
        "kubernetes-service-account": service_account,
        "kubernetes-pod-name": pod_name,
        "kubernetes-pod-uid": pod_uid,
    }
    return SessionTags(tags, {}, tuple(tags))


def pod_session_name(cluster_name: str, pod_name: str, uuid: str) -> str:
    """Return ``eks-CLUSTER-POD-UUID``: both names cut at ten characters, a trailing ``-`` kept.

    Derived from session names in published logs; at most 62 of the 64 characters that STS allows.

    :param uuid: a fresh version 4 UUID in lower case (not the pod's uid)
    """
    return f"eks-{cluster_name[:_NAME_PART]}-{pod_name[:_NAME_PART]}-{uuid}"


def session_tags(
    tags: Sequence[tuple[str, str]], transitive_keys: Sequence[str], parent: RoleSession | None
) -> SessionTags:
    """Check the tags of an AssumeRole request and add what the caller's session hands on.

    :param tags: keys and values in the request's order
    :param transitive_keys: the request's ``TransitiveTagKeys``
    :param parent: the caller's own session, for role chaining
    :raises InvalidSessionTags: for what STS refuses; keys are compared without regard to case
    """
    _check_tags(tags)
    keys = {key.lower() for key, _ in tags}
    inherited = parent.transitive_tags if parent else {}
    for key in inherited:
        if key.lower() in keys:
            raise InvalidSessionTags(SessionTagRule.OVERRIDES_TRANSITIVE, value=key)
    for key in transitive_keys:
        if key.lower() not in keys:
            raise InvalidSessionTags(SessionTagRule.TRANSITIVE_KEY_NOT_PASSED, value=key)
    return SessionTags(dict(tags), inherited, (*inherited, *transitive_keys))


def _check_tags(tags: Sequence[tuple[str, str]]) -> None:
    if len(tags) > MAX_TAGS:
        raise InvalidSessionTags(SessionTagRule.TOO_MANY, value=str(len(tags)))
    seen: set[str] = set()
    for position, (key, value) in enumerate(tags, 1):
        for text, lengths, characters, low, high in (
            (key, SessionTagRule.KEY_LENGTH, SessionTagRule.KEY_CHARACTERS, 1, MAX_TAG_KEY),
            (value, SessionTagRule.VALUE_LENGTH, SessionTagRule.VALUE_CHARACTERS, 0, MAX_TAG_VALUE),
        ):
            if not low <= len(text) <= high:
                raise InvalidSessionTags(lengths, position=position, value=text)
            if not _legal(text):
                raise InvalidSessionTags(characters, position=position, value=text)
            if text.lower().startswith(_RESERVED_PREFIX):
                raise InvalidSessionTags(SessionTagRule.RESERVED, position=position, value=text)
        if key.lower() in seen:
            raise InvalidSessionTags(SessionTagRule.DUPLICATE_KEY, position=position, value=key)
        seen.add(key.lower())


_PLAIN = re.compile(r"[A-Za-z0-9 _.:/=+\-@]*")


def _legal(text: str) -> bool:
    """Match STS's ``[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*``."""
    if _PLAIN.fullmatch(text):
        return True
    return all(
        character in "_.:/=+-@" or unicodedata.category(character)[0] in "LZN" for character in text
    )


def inherited_source_identity(requested: str | None, parent: RoleSession | None) -> str | None:
    """Return a session's source identity: once set, it stays for the whole chain.

    :raises InvalidSessionTags: when the request would change it
    """
    current = parent.source_identity if parent else None
    if current is not None and requested not in (None, current):
        raise InvalidSessionTags(SessionTagRule.SOURCE_IDENTITY_CHANGED, value=requested or "")
    return requested if current is None else current


def packed_policy_size(
    tags: Mapping[str, str], policy: str | None = None, policy_arns: Iterable[str] = ()
) -> int | None:
    """Return ``PackedPolicySize``: how full the session's space is, in percent, rounded up.

    Over 100, STS refuses the request. None when nothing was passed, as STS leaves the member out
    then. Inherited tags take space too.
    """
    policy_arns = tuple(policy_arns)
    if not (tags or policy or policy_arns):
        return None
    tag_characters = sum(len(key) + len(value) for key, value in tags.items())
    other_characters = len(policy or "") + sum(map(len, policy_arns))
    return math.ceil(100 * (PACKED_TAG_WEIGHT * tag_characters + other_characters) / PACKED_SPACE)
