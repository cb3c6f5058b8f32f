"""The errors of IAM's simulation operations, with AWS's codes and texts."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException


class SimulationError(ServiceException):
    """An error of one of the operations that simulate policies."""


class ValidationError(SimulationError):
    """A parameter breaks a constraint of the service's model."""

    code = "ValidationError"


class InvalidInput(SimulationError):
    """A parameter cannot be simulated."""

    code = "InvalidInput"


class NoSuchEntity(SimulationError):
    """There is no such user, group or role."""

    code = "NoSuchEntity"


NO_ENTITY = "Unable to retrieve specified IAM entity."
BAD_SOURCE = "Invalid ARN provided in the request: {arn}"
FOREIGN_SOURCE = (
    "Invalid Policy Source Arn: caller's account {account} does not have access to policies in "
    "account {other}."
)
BAD_DOCUMENT = "Policy input list item {number} has invalid content"
TOO_MANY_BOUNDARIES = "The list of Permissions Boundary policies cannot exceed 1 items."
EMPTY_LEVEL = (
    "Organization policy at index {number} must contain at least one service control policy"
)
BAD_ACTION = "The action is invalid since it is missing names"
BAD_RESOURCE = "ResourceNames are not in a valid ARN format: {resource}."
BAD_OPTION = (
    "Invalid input resource handling options. Action does not support resource handling options: "
    "{action}."
)
NO_CALLER = "Invalid caller - Caller cannot be null or empty."
BAD_CALLER = "Invalid caller - Caller must be an IAM user, role or group in this context."
BAD_OWNER = "'{owner}' is not a valid as a Resource Owner."
NO_RESOURCE = "Invalid Entity Arn: * does not clearly define entity type and name."
NO_KEY_NAME = "ContextKeyName cannot be null or empty."
NO_KEY_TYPE = "Context key {name} has invalid type null."
NO_KEY_VALUES = "Context values for context key {name} cannot be null or empty."
REPEATED_KEY = "Duplicate context key: {name}."
SEVERAL_VALUES = "Context key {kind} expected a single value, but received {count}."
BAD_VALUE = "Invalid context value for key {name}: expected {form}."
BAD_MARKER = "Invalid marker for pagination."

#: Texts that no published response shows.
OUR_CHOICE = {
    "not a number": "A numeric parameter is not a number",
    "content type": "IAM takes forms, not JSON",
    "boundary": "Permissions Boundary policy input list item 1 has invalid content",
    "resource policy": "Resource policy has invalid content",
    "service control policy": (
        "Service control policy {number} of organization policy at index {level} has invalid "
        "content"
    ),
    "exclusion": "Policy exclusion {number} must have exactly one identifier",
    "excluded arn": "Invalid policy ARN in the policy exclusion list: {arn}",
    "excluded holder": "Invalid attachment name in the policy exclusion list: {name}",
}


def chosen(word: str, **values: Any) -> str:
    """Return one of the texts that are our own choice, filled in."""
    return OUR_CHOICE[word].format(**values)
