"""``errorCode`` and ``errorMessage`` in CloudTrail's form, which is not always the caller's."""

from __future__ import annotations

from .call import CallDetails

#: Longer codes, messages and user agents are cut ("CloudTrail record contents").
MAX_TEXT = 1024

#: What the log says when a web identity is refused, whatever the caller was told (observed in
#: real records).
WEB_IDENTITY_REFUSAL = "An unknown error occurred"

#: EC2's codes that are not the client's fault ("Error codes for the Amazon EC2 API").
EC2_SERVER_ERRORS = frozenset(
    {
        "BandwidthLimitExceeded",
        "InsufficientAddressCapacity",
        "InsufficientCapacity",
        "InsufficientHostCapacity",
        "InsufficientInstanceCapacity",
        "InsufficientReservedInstanceCapacity",
        "InsufficientVolumeCapacity",
        "InternalError",
        "InternalFailure",
        "ServerInternal",
        "ServiceUnavailable",
        "Unavailable",
    }
)

#: Codes that lack the last word of their exceptions' names, which are what is recorded.
EXCEPTIONS = {
    "iam": frozenset(
        {
            "ConcurrentModification",
            "DeleteConflict",
            "DuplicateCertificate",
            "DuplicateSSHPublicKey",
            "EntityAlreadyExists",
            "EntityTemporarilyUnmodifiable",
            "FeatureDisabled",
            "FeatureEnabled",
            "InvalidAuthenticationCode",
            "InvalidCertificate",
            "InvalidInput",
            "InvalidPublicKey",
            "InvalidUserType",
            "KeyPairMismatch",
            "LimitExceeded",
            "MalformedCertificate",
            "MalformedPolicyDocument",
            "NameConflict",
            "NoSuchEntity",
            "OpenIdIdpCommunicationError",
            "PasswordPolicyViolation",
            "PolicyEvaluation",
            "PolicyNotAttachable",
            "ReportGenerationLimitExceeded",
            "RoleModified",
            "RoleTemplateDisabled",
            "ServiceFailure",
            "UnmodifiableEntity",
            "UnrecognizedPublicKeyEncoding",
        }
    ),
    "sts": frozenset(
        {
            "IDPCommunicationError",
            "IDPRejectedClaim",
            "InvalidIdentityToken",
            "MalformedPolicyDocument",
            "PackedPolicyTooLarge",
        }
    ),
}

#: Codes whose exceptions have other names.
OTHER_EXCEPTIONS = {
    ("iam", "NotSupportedService"): "ServiceNotSupportedException",
    ("iam", "ReportExpired"): "CredentialReportExpiredException",
    ("iam", "ReportInProgress"): "CredentialReportNotReadyException",
    ("iam", "ReportNotPresent"): "CredentialReportNotPresentException",
}


def error_of(details: CallDetails) -> tuple[str, str | None] | None:
    """Return a failed call's ``errorCode`` and ``errorMessage``; None for a call that succeeded."""
    code = details.error_code
    if code is None:
        return None
    message = details.error_message
    if details.service == "ec2":
        side = "Server" if code in EC2_SERVER_ERRORS else "Client"
        code = f"{side}.{code}"
    elif code == "AccessDeniedException":
        code = "AccessDenied"
    elif code in EXCEPTIONS.get(details.service, ()):
        code += "Exception"
    else:
        code = OTHER_EXCEPTIONS.get((details.service, code), code)
    if code == "AccessDenied" and details.operation == "AssumeRoleWithWebIdentity":
        message = WEB_IDENTITY_REFUSAL
    return cut(code), None if message is None else cut(message)


def cut(text: str) -> str:
    """Return as much of a text as a record holds: :data:`MAX_TEXT` bytes of UTF-8."""
    if len(text) * 4 <= MAX_TEXT:
        return text
    return text.encode("utf-8", "replace")[:MAX_TEXT].decode("utf-8", "ignore")
