"""The errors of STS's role operations, with AWS's codes, HTTP statuses and texts."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException

from ..identity.sessions import InvalidSessionTags, SessionTagRule


class STSError(ServiceException):
    """An error of STS, with its HTTP status."""

    status = 400


class ValidationError(STSError):
    """A parameter breaks a constraint."""

    code = "ValidationError"


class InvalidAction(STSError):
    """There is no such operation."""

    code = "InvalidAction"


class MissingAction(STSError):
    """The request names no operation."""

    code = "MissingAction"


class InvalidParameterValue(STSError):
    """A parameter contradicts another, or the caller's session."""

    code = "InvalidParameterValue"


class AccessDenied(STSError):
    """The role's trust policy does not allow it, or there is no such role."""

    code = "AccessDenied"
    status = 403


class MalformedPolicyDocument(STSError):
    """The session policy is no policy."""

    code = "MalformedPolicyDocument"


class PackedPolicyTooLarge(STSError):
    """Policies and tags take more space than a session has."""

    code = "PackedPolicyTooLarge"


class InvalidIdentityToken(STSError):
    """The web identity token cannot be accepted."""

    code = "InvalidIdentityToken"


class ExpiredToken(STSError):
    """The web identity token has expired."""

    code = "ExpiredTokenException"


CHAINING_LIMIT = (
    "The requested DurationSeconds exceeds the 1 hour session limit "
    "for roles assumed by role chaining"
)
TOO_MANY_POLICIES = (
    "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "
    "Member must have length less than or equal to 10"
)
PACKED = "Packed size of session tags consumes {percent}% of allotted space."
WEB_IDENTITY_DENIED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
NO_PROVIDER = "No OpenIDConnect provider found in your account for {issuer}"
WRONG_AUDIENCE = "Incorrect token audience"
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements"
)
NOT_A_JWT = (
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
)
TOKEN_EXPIRED = (
    "Token expired: current date/time {now} must be before the expiration date/time {expiry}"
)
WITH_SESSION = "Cannot call {operation} with session credentials"
#: Operation -> its text for what is no role's ARN.
BAD_ROLE_ARN = {
    "AssumeRole": "{arn} is invalid",
    "AssumeRoleWithWebIdentity": "Request ARN is invalid",
}

#: Texts that no published response shows.
OUR_CHOICE = {
    "missing action": "Missing Action",
    "unknown action": "Could not find operation {action} for version 2011-06-15",
    "not a number": "A numeric parameter is not a number",
    "policy syntax": "Syntax errors in policy.",
    "reserved tag": "Tag keys and values must not begin with 'aws:'",
    "not yet valid": "The ID Token provided is not valid yet",
    "max session": (
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    ),
}

_TAG = (
    "1 validation error detected: Value '{value}' at 'tags.{position}.member.{part}' "
    "failed to satisfy constraint: "
)
_CHARACTERS = r"Member must satisfy regular expression pattern: [\p{{L}}\p{{Z}}\p{{N}}_.:/=+\-@]"

#: Rule -> exception and text.
_TAG_REFUSALS: dict[SessionTagRule, tuple[type[STSError], str]] = {
    SessionTagRule.TOO_MANY: (
        ValidationError,
        "1 validation error detected: Value at 'tags' failed to satisfy constraint: "
        "Member must have length less than or equal to 50",
    ),
    SessionTagRule.KEY_LENGTH: (
        ValidationError,
        _TAG.replace("{part}", "key") + "Member must have length between 1 and 128",
    ),
    SessionTagRule.VALUE_LENGTH: (
        ValidationError,
        _TAG.replace("{part}", "value") + "Member must have length less than or equal to 256",
    ),
    SessionTagRule.KEY_CHARACTERS: (
        ValidationError,
        _TAG.replace("{part}", "key") + _CHARACTERS + "+",
    ),
    SessionTagRule.VALUE_CHARACTERS: (
        ValidationError,
        _TAG.replace("{part}", "value") + _CHARACTERS + "*",
    ),
    SessionTagRule.RESERVED: (InvalidParameterValue, OUR_CHOICE["reserved tag"]),
    SessionTagRule.DUPLICATE_KEY: (
        InvalidParameterValue,
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    ),
    SessionTagRule.TRANSITIVE_KEY_NOT_PASSED: (
        InvalidParameterValue,
        "The specified transitive tag key must be included in the requested tags.",
    ),
    SessionTagRule.OVERRIDES_TRANSITIVE: (
        InvalidParameterValue,
        "One of the specified transitive tag keys can't be set because it conflicts with a "
        "transitive tag key from the calling session.",
    ),
    SessionTagRule.SOURCE_IDENTITY_CHANGED: (
        InvalidParameterValue,
        "The source identity is already set for this assume role session",
    ),
}


def invalid_role_arn(operation: str, arn: str) -> ValidationError:
    """Return the error for an ARN that is no role's."""
    return ValidationError(BAD_ROLE_ARN[operation].format(arn=arn))


def tag_refusal(broken: InvalidSessionTags) -> STSError:
    """Return the error that STS answers for session tags that break a rule."""
    kind, text = _TAG_REFUSALS[broken.rule]
    return kind(text.format(value=broken.value, position=broken.position))


def chosen(word: str, **values: Any) -> str:
    """Return one of the texts that are our own choice, filled in."""
    return OUR_CHOICE[word].format(**values)
