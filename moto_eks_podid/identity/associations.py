"""Pod identity associations: their fields, ids and rules. Nothing here knows HTTP or moto.

Follows "Learn how EKS Pod Identity grants pods access to AWS services" (EKS User Guide) and the
service's responses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

SERVICE_PRINCIPAL = "pods.eks.amazonaws.com"
#: What a role must let the service principal do before an association may name it.
REQUIRED_TRUST = ("sts:AssumeRole", "sts:TagSession")

ID_LENGTH = 19
_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"

#: Kubernetes's rules (a DNS-1123 label and subdomain); the service quotes the expressions.
NAMESPACE_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
SERVICE_ACCOUNT_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
MAX_NAMESPACE = 63
MAX_SERVICE_ACCOUNT = 253

MAX_TAGS = 50
MAX_TAG_KEY = 128
MAX_TAG_VALUE = 256

#: Pod Identity came with Kubernetes 1.24; no platform version of an older one has it.
FIRST_KUBERNETES_VERSION = (1, 24)

# ASCII: to AWS, the digits and letters of other scripts are none.
_ROLE_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):role/[\w+=,.@/-]+", re.ASCII
)
_KUBERNETES_VERSION = re.compile(r"(\d+)\.(\d+)$", re.ASCII)


class Rule(str, Enum):
    """What a request about an association can break."""

    ID_LENGTH = "association id length"
    NAMESPACE = "namespace"
    NAMESPACE_LENGTH = "namespace length"
    SERVICE_ACCOUNT = "service account"
    SERVICE_ACCOUNT_LENGTH = "service account length"
    TAG_COUNT = "number of tags"
    TAG_KEY = "tag key"
    TAG_VALUE = "tag value"
    RESERVED_TAG = "reserved tag prefix"
    FOREIGN_ROLE = "role of another account"
    TARGET_ROLE = "target role ARN"
    POLICY_NEEDS_NO_TAGS = "policy with session tags"
    POLICY_JSON = "policy is not JSON"
    POLICY_CHARACTERS = "policy characters"
    POLICY_LENGTH = "policy length"
    POLICY_GRAMMAR = "policy grammar"
    POLICY_PACKED = "packed policy size"


class InvalidAssociation(ValueError):
    """A request that breaks a rule; ``value`` is the text or figure that breaks it."""

    def __init__(self, rule: Rule, value: str = "") -> None:
        super().__init__(f"{rule.value}: {value!r}")
        self.rule = rule
        self.value = value


@dataclass(frozen=True, slots=True)
class Association:
    """A pod identity association; times are aware and UTC, ``policy`` is kept to the letter."""

    cluster_name: str
    namespace: str
    service_account: str
    role_arn: str
    association_arn: str
    association_id: str
    created_at: datetime
    modified_at: datetime
    tags: dict[str, str] = field(default_factory=dict)
    owner_arn: str | None = None
    disable_session_tags: bool = False
    target_role_arn: str | None = None
    policy: str | None = None

    @property
    def external_id(self) -> str | None:
        """``REGION/ACCOUNT/CLUSTER/NAMESPACE/SERVICEACCOUNT``; only with a target role."""
        if self.target_role_arn is None:
            return None
        _, _, _, region, account, _ = self.association_arn.split(":", 5)
        return f"{region}/{account}/{self.cluster_name}/{self.namespace}/{self.service_account}"


def new_id(choose: Callable[[str], str]) -> str:
    """Return a fresh association id: ``a-`` and 17 lower-case letters or digits.

    :param choose: picks one character of the alphabet it is given, such as ``random.choice``
    """
    return "a-" + "".join(choose(_ID_ALPHABET) for _ in range(ID_LENGTH - 2))


def arn(
    partition: str, region: str, account_id: str, cluster_name: str, association_id: str
) -> str:
    """Return the ARN of an association."""
    return (
        f"arn:{partition}:eks:{region}:{account_id}:"
        f"podidentityassociation/{cluster_name}/{association_id}"
    )


def too_old(kubernetes_version: str) -> bool:
    """Tell whether a Kubernetes version such as ``1.23`` is older than Pod Identity."""
    match = _KUBERNETES_VERSION.match(kubernetes_version)
    return match is not None and (int(match[1]), int(match[2])) < FIRST_KUBERNETES_VERSION


def check_id(association_id: str) -> None:
    """:raises InvalidAssociation: for an id that is not 19 characters long"""
    if len(association_id) != ID_LENGTH:
        raise InvalidAssociation(Rule.ID_LENGTH, association_id)


def check_namespace(namespace: str) -> None:
    """:raises InvalidAssociation: for a name that Kubernetes would not allow"""
    _check_name(namespace, NAMESPACE_PATTERN, MAX_NAMESPACE, Rule.NAMESPACE, Rule.NAMESPACE_LENGTH)


def check_service_account(service_account: str) -> None:
    """:raises InvalidAssociation: for a name that Kubernetes would not allow"""
    _check_name(
        service_account,
        SERVICE_ACCOUNT_PATTERN,
        MAX_SERVICE_ACCOUNT,
        Rule.SERVICE_ACCOUNT,
        Rule.SERVICE_ACCOUNT_LENGTH,
    )


def _check_name(name: str, pattern: str, longest: int, rule: Rule, length_rule: Rule) -> None:
    # The length comes first: it also bounds the work of the expression on hostile input. `$` alone
    # would let a trailing newline through.
    if len(name) > longest:
        raise InvalidAssociation(length_rule, name)
    if not re.fullmatch(pattern, name) or name.endswith("\n"):
        raise InvalidAssociation(rule, name)


def check_tags(tags: Mapping[str, str], present: Mapping[str, str] | None = None) -> None:
    """Check tags to be added to those that are ``present``.

    :raises InvalidAssociation: for more than 50 tags in all, keys or values that are too long, an
        empty key, or a key with the prefix ``aws:`` in any case
    """
    for key, value in tags.items():
        if not 1 <= len(key) <= MAX_TAG_KEY:
            raise InvalidAssociation(Rule.TAG_KEY, key)
        if len(value) > MAX_TAG_VALUE:
            raise InvalidAssociation(Rule.TAG_VALUE, value)
        if key.lower().startswith("aws:"):
            raise InvalidAssociation(Rule.RESERVED_TAG, key)
    if len({*tags, *(present or {})}) > MAX_TAGS:
        raise InvalidAssociation(Rule.TAG_COUNT, str(len({*tags, *(present or {})})))


def check_role_arn(role_arn: str, partition: str, account_id: str) -> None:
    """Check that an ARN names something of the caller's account.

    The service compares accounts before anything else: even an empty ARN is answered as a role of
    another account (observed in real responses).

    :raises InvalidAssociation: for every ARN that is not of that account
    """
    if not role_arn.startswith(f"arn:{partition}:iam::{account_id}:"):
        raise InvalidAssociation(Rule.FOREIGN_ROLE, role_arn)


def check_target_role_arn(target_role_arn: str, partition: str) -> None:
    """Check a target role's ARN; it may be of any account of the partition.

    :raises InvalidAssociation: for anything that is not a role's ARN
    """
    match = _ROLE_ARN.fullmatch(target_role_arn)
    if match is None or match["partition"] != partition:
        raise InvalidAssociation(Rule.TARGET_ROLE, target_role_arn)
