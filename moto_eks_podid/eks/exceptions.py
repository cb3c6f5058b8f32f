"""The errors of associations and add-ons, with AWS's codes, HTTP statuses and texts.

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
    "EKSError",
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
ADDON_EXISTS = "Addon already exists."
ADDON_NOT_FOUND = "No addon: {addon_name} found in cluster: {cluster_name}"
ADDON_UNKNOWN = "Addon specified is not supported"
ADDON_UNSUPPORTED = "Addon {addon_name} specified is not supported in {version} kubernetes version"
ADDON_VERSION = "Addon version specified is not supported"
CONFIGURATION_UNREADABLE = "The ConfigurationValues provided is not in valid YAML or JSON format."
CONFIGURATION_INVALID = (
    "ConfigurationValue provided in request is not supported: "
    "Json schema validation failed with error: [{problems}]"
)
ADDON_NAMESPACE = "Provided namespace value is not a valid RFC 1123 DNS label"
POD_IDENTITY_UNSUPPORTED = "Pod Identity feature is not supported for addon version: {version}"
SERVICE_ACCOUNT_UNSUPPORTED = (
    "Service account {service_account} in pod identity configuration "
    "is not supported for addon {addon_name}"
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
    "repeated": "Service account {service_account} is given twice in pod identity configuration",
    "update not found": "No update found for ID: {update_id}",
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


def addon_exists() -> ResourceInUseException:
    """Return the 409 for an add-on that the cluster has; its body names neither."""
    return ResourceInUseException(message=ADDON_EXISTS)


def addon_not_found(cluster_name: str, addon_name: str) -> ResourceNotFoundException:
    """Return the 404 for an add-on; its body names it and the cluster."""
    return ResourceNotFoundException(
        clusterName=cluster_name,
        addonName=addon_name,
        message=ADDON_NOT_FOUND.format(addon_name=addon_name, cluster_name=cluster_name),
    )


def update_not_found(cluster_name: str, update_id: str) -> ResourceNotFoundException:
    """Return the 404 for an update; its body names the cluster."""
    return ResourceNotFoundException(
        clusterName=cluster_name, message=chosen("update not found", update_id=update_id)
    )


def addon_unknown(addon_name: str) -> InvalidParameterException:
    """Return the error for an add-on that there is not, where no cluster is asked about."""
    return _of_addon(None, addon_name, ADDON_UNKNOWN)


def addon_unsupported(
    cluster_name: str, addon_name: str, version: str
) -> InvalidParameterException:
    """Return the error for an add-on without a release for the cluster's Kubernetes version."""
    text = ADDON_UNSUPPORTED.format(addon_name=addon_name, version=version)
    return _of_addon(cluster_name, addon_name, text)


def addon_version_unsupported(
    cluster_name: str | None, addon_name: str
) -> InvalidParameterException:
    """Return the error for a version that there is not, or not for the cluster."""
    return _of_addon(cluster_name, addon_name, ADDON_VERSION)


def configuration_unreadable(cluster_name: str, addon_name: str) -> InvalidParameterException:
    """Return the error for configuration values that are neither JSON nor YAML."""
    return _of_addon(cluster_name, addon_name, CONFIGURATION_UNREADABLE)


def configuration_invalid(
    cluster_name: str, addon_name: str, problems: list[str]
) -> InvalidParameterException:
    """Return the error for configuration values that the add-on's schema does not allow."""
    text = CONFIGURATION_INVALID.format(problems=", ".join(problems))
    return _of_addon(cluster_name, addon_name, text)


def addon_namespace_invalid() -> InvalidParameterException:
    """Return the error for a custom namespace that is none."""
    return InvalidParameterException(message=ADDON_NAMESPACE)


def pod_identity_unsupported(
    cluster_name: str, addon_name: str, version: str
) -> InvalidParameterException:
    """Return the error for associations of a version that has no use for them."""
    return _of_addon(cluster_name, addon_name, POD_IDENTITY_UNSUPPORTED.format(version=version))


def service_account_unsupported(
    cluster_name: str, addon_name: str, service_account: str
) -> InvalidParameterException:
    """Return the error for an association of a service account that is not the add-on's."""
    text = SERVICE_ACCOUNT_UNSUPPORTED.format(
        service_account=service_account, addon_name=addon_name
    )
    return _of_addon(cluster_name, addon_name, text)


def service_account_repeated(
    cluster_name: str, addon_name: str, service_account: str
) -> InvalidParameterException:
    """Return the error for two associations of one service account."""
    text = chosen("repeated", service_account=service_account)
    return _of_addon(cluster_name, addon_name, text)


def _of_addon(cluster_name: str | None, addon_name: str, text: str) -> InvalidParameterException:
    """Return an error whose body names the add-on and, if there is one, the cluster."""
    cluster = {} if cluster_name is None else {"clusterName": cluster_name}
    return InvalidParameterException(**cluster, addonName=addon_name, message=text)


@contextmanager
def refusals(answer: Callable[[InvalidAssociation], EKSError] = refusal) -> Iterator[None]:
    """Turn a broken rule inside the block into the service's error."""
    try:
        yield
    except InvalidAssociation as broken:
        raise answer(broken) from None


@contextmanager
def own_not_found() -> Iterator[None]:
    """Answer that what is to have tags is not there, with the code and the text that moto has in
    the middle of its own text."""
    try:
        yield
    except ResourceNotFoundException:
        raise NotFoundException(message=chosen("resource not found")) from None
