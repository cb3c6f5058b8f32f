"""The errors of the association operations, with AWS's codes, HTTP statuses and texts.

A text is AWS's own where real responses show one. Every other text is our choice; the page of the
documentation about fidelity lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.eks.exceptions import (
    EKSError,
    InvalidParameterException,
    InvalidRequestException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from ..identity import associations
from ..identity.associations import InvalidAssociation, Rule

__all__ = [
    "AccessDeniedException",
    "BadRequestException",
    "InvalidParameterException",
    "InvalidRequestException",
    "NotFoundException",
    "ResourceInUseException",
    "ResourceLimitExceededException",
    "ResourceNotFoundException",
]


class AccessDeniedException(EKSError):
    """The caller may not do this."""

    TYPE = "AccessDeniedException"
    STATUS = 403


class ResourceLimitExceededException(EKSError):
    """A quota is used up."""

    TYPE = "ResourceLimitExceededException"
    STATUS = 400


class BadRequestException(EKSError):
    """The tag operations' error for a request that is wrong."""

    TYPE = "BadRequestException"
    STATUS = 400


class NotFoundException(EKSError):
    """The tag operations' error for a resource that is not there."""

    TYPE = "NotFoundException"
    STATUS = 404


CLUSTER_NOT_FOUND = "No cluster found for name: {name}."
DUPLICATE = "Association already exists: {association_id}"
ROLE_MISSING = "Role provided in the request does not exist."
TRUST_POLICY = (
    "Trust policy of the role provided is invalid. "
    "Follow the official documentation to resolve the issue"
)

#: Texts that no published response shows.
OUR_CHOICE = {
    "association not found": "No association found for id: {association_id}",
    "quota": "Cluster {name} has reached the limit of {quota} pod identity associations",
    "too old": "Pod Identity is not supported for Kubernetes version {version}",
    "token reuse": "The clientRequestToken was used before with other parameters",
    "next token": "The parameter nextToken is invalid",
    "resource not found": "Resource was not found",
    "bad arn": "The resource ARN is invalid: {arn}",
    "bad region": "Region {region} is not valid",
}

_NAME_RULE = (
    "The parameter {parameter} contains invalid characters. "
    'It should conform to the regular expression "{pattern}"'
)

#: Rule -> exception and text; ``{value}`` is what broke the rule.
_REFUSALS: dict[Rule, tuple[type[EKSError], str]] = {
    Rule.ID_LENGTH: (
        InvalidParameterException,
        "The parameter associationId should be 19 characters long.",
    ),
    Rule.NAMESPACE: (
        InvalidParameterException,
        _NAME_RULE.format(parameter="namespace", pattern=associations.NAMESPACE_PATTERN),
    ),
    Rule.NAMESPACE_LENGTH: (
        InvalidParameterException,
        f"The parameter namespace should be at most {associations.MAX_NAMESPACE} characters long.",
    ),
    Rule.SERVICE_ACCOUNT: (
        InvalidParameterException,
        _NAME_RULE.format(parameter="serviceAccount", pattern=associations.SERVICE_ACCOUNT_PATTERN),
    ),
    Rule.SERVICE_ACCOUNT_LENGTH: (
        InvalidParameterException,
        "The parameter serviceAccount should be at most "
        f"{associations.MAX_SERVICE_ACCOUNT} characters long.",
    ),
    Rule.TAG_COUNT: (
        InvalidParameterException,
        f"A resource can have at most {associations.MAX_TAGS} tags",
    ),
    Rule.TAG_KEY: (
        InvalidParameterException,
        f"A tag key should be between 1 and {associations.MAX_TAG_KEY} characters long",
    ),
    Rule.TAG_VALUE: (
        InvalidParameterException,
        f"A tag value should be at most {associations.MAX_TAG_VALUE} characters long",
    ),
    Rule.RESERVED_TAG: (
        InvalidParameterException,
        "Tag keys that start with aws: are reserved for AWS use",
    ),
    Rule.FOREIGN_ROLE: (AccessDeniedException, "Cross-account pass role is not allowed."),
    Rule.TARGET_ROLE: (
        InvalidParameterException,
        "The parameter targetRoleArn is not the ARN of an IAM role.",
    ),
    Rule.POLICY_NEEDS_NO_TAGS: (
        InvalidParameterException,
        "When policy is specified, disableSessionTags must be set to true",
    ),
    Rule.POLICY_JSON: (
        InvalidParameterException,
        "The parameter policy is not a valid JSON document.",
    ),
    Rule.POLICY_CHARACTERS: (
        InvalidParameterException,
        "The parameter policy contains invalid characters.",
    ),
    Rule.POLICY_LENGTH: (
        InvalidParameterException,
        "The parameter policy should be at most 2048 characters long.",
    ),
    Rule.POLICY_GRAMMAR: (
        InvalidParameterException,
        "The parameter policy is not a valid IAM policy: {value}",
    ),
    Rule.POLICY_PACKED: (
        InvalidParameterException,
        "Packed size of the session policy consumes {value}% of allotted space.",
    ),
}


def refusal(broken: InvalidAssociation) -> EKSError:
    """Return the error that the association operations answer for a broken rule."""
    kind, text = _REFUSALS[broken.rule]
    return kind(message=text.format(value=broken.value))


def tag_refusal(broken: InvalidAssociation) -> EKSError:
    """Return the error that the tag operations answer for a broken rule."""
    _, text = _REFUSALS[broken.rule]
    return BadRequestException(message=text.format(value=broken.value))


def chosen(word: str, **values: Any) -> str:
    """Return one of the texts that are our own choice, filled in."""
    return OUR_CHOICE[word].format(**values)


def cluster_not_found(name: str) -> ResourceNotFoundException:
    """Return the 404 for a cluster; its body names the cluster."""
    return ResourceNotFoundException(clusterName=name, message=CLUSTER_NOT_FOUND.format(name=name))


def association_not_found(cluster_name: str, association_id: str) -> ResourceNotFoundException:
    """Return the 404 for an association; its body names the cluster."""
    return ResourceNotFoundException(
        clusterName=cluster_name,
        message=chosen("association not found", association_id=association_id),
    )


def duplicate(cluster_name: str, association_id: str) -> ResourceInUseException:
    """Return the 409 for a service account that has an association; its text names that one."""
    return ResourceInUseException(
        clusterName=cluster_name, message=DUPLICATE.format(association_id=association_id)
    )


@contextmanager
def refusals(answer: Callable[[InvalidAssociation], EKSError] = refusal) -> Iterator[None]:
    """Turn a broken rule inside the block into the service's error."""
    try:
        yield
    except InvalidAssociation as broken:
        raise answer(broken) from None
