"""Members that no record may show, beside those that a service's model calls sensitive.

Models are not complete: they do not say that a message, or the value of a parameter, is nobody
else's business. The services themselves hide those (observed in real records).
"""

from __future__ import annotations

from enum import Enum


class Shown(Enum):
    """How a member appears in a record."""

    AS_IT_IS = 1
    #: The member is there, its value is not.
    HIDDEN = 2
    #: The value is hidden if it is text or bytes, or a list of them: switches and structures may
    #: have such names.
    TEXT_HIDDEN = 3
    LEFT_OUT = 4


#: Members of any service that are never there.
LEFT_OUT = frozenset({"SecretAccessKey", "WebIdentityToken"})

#: By service: members that are never there.
LEFT_OUT_BY_SERVICE = {
    # "Logging CloudFormation API calls with CloudTrail" (CloudFormation User Guide): keys alone.
    "cloudformation": frozenset({"ParameterValue"}),
    "kms": frozenset({"Plaintext", "PrivateKeyPlaintext", "SharedSecret", "Message"}),
    "lambda": frozenset({"Variables", "ZipFile", "Payload", "ClientContext", "InvokeArgs"}),
}

#: Members of any service whose values are hidden.
HIDDEN = frozenset(
    {
        "AccessToken",
        "AuthParameters",
        "AuthToken",
        "AuthenticationResult",
        "ChallengeResponses",
        "IdToken",
        "RefreshToken",
        "SAMLAssertion",
        "SecretBinary",
        "SecretString",
        "SecretValue",
    }
)

#: Only STS shows the session tokens that it issues.
SESSION_TOKEN = "SessionToken"

#: By service: members whose values are hidden.
HIDDEN_BY_SERVICE = {
    "cognito-idp": frozenset({"ConfirmationCode", "SecretHash", "Session", "UserCode"}),
    "dynamodb": frozenset(
        {
            "AttributeUpdates",
            "Expected",
            "ExpressionAttributeValues",
            "Item",
            "KeyConditions",
            "Parameters",
            "QueryFilter",
            "RequestItems",
            "ScanFilter",
            "Statement",
            "Statements",
            "TransactItems",
            "TransactStatements",
        }
    ),
    "ec2": frozenset({"KeyMaterial", "PasswordData", "UserData"}),
    "eks-auth": frozenset({"token"}),
    "events": frozenset({"Detail"}),
    "glue": frozenset({"ConnectionProperties"}),
    "logs": frozenset({"logEvents"}),
    "ses": frozenset({"Message", "RawMessage", "TemplateData"}),
    "sesv2": frozenset({"BulkEmailEntries", "Content", "DefaultContent"}),
    "sns": frozenset({"Message", "MessageAttributes", "PublishBatchRequestEntries", "Subject"}),
    "sqs": frozenset({"MessageAttributes", "MessageBody"}),
    "stepfunctions": frozenset({"input", "output"}),
}

#: By service and operation, for names that are harmless elsewhere in the service.
HIDDEN_BY_OPERATION = {
    ("apigateway", "CreateApiKey"): frozenset({"value"}),
    # The id of a key is the key.
    ("appsync", "CreateApiKey"): frozenset({"id"}),
    ("appsync", "DeleteApiKey"): frozenset({"id"}),
    ("appsync", "UpdateApiKey"): frozenset({"id"}),
    ("sns", "CreatePlatformEndpoint"): frozenset({"Token"}),
    ("ssm", "PutParameter"): frozenset({"Value"}),
    ("ssm", "SendCommand"): frozenset({"Parameters"}),
}

#: By service: keys of maps, which are data and no members, whose values are hidden.
HIDDEN_KEYS = {"sns": frozenset({"PlatformCredential", "Token"})}

#: Ends of names, in lower case and without ``_`` and ``-``, of texts that are always secrets.
SECRET_ENDINGS = (
    "oauthtoken",
    "passphrase",
    "password",
    "passwords",
    "privatekey",
    "secret",
    "secretkey",
    "secretaccesskey",
)


def shown(service: str, operation: str, member: str) -> Shown:
    """Return how a member of a call's parameters or results appears in its record.

    :param service: botocore's name of the service
    :param operation: botocore's name of the operation
    :param member: the member's name in the service's model, at any depth
    """
    if member in LEFT_OUT or member in LEFT_OUT_BY_SERVICE.get(service, ()):
        return Shown.LEFT_OUT
    if (
        member in HIDDEN
        or member in HIDDEN_BY_SERVICE.get(service, ())
        or member in HIDDEN_BY_OPERATION.get((service, operation), ())
        or (member == SESSION_TOKEN and service != "sts")
    ):
        return Shown.HIDDEN
    return Shown.TEXT_HIDDEN if _names_secret(member) else Shown.AS_IT_IS


def shown_key(service: str, key: str) -> Shown:
    """Return how the value of a map's key appears, such as of an attribute or a setting."""
    hidden = key in HIDDEN or key in HIDDEN_KEYS.get(service, ()) or _names_secret(key)
    return Shown.TEXT_HIDDEN if hidden else Shown.AS_IT_IS


def _names_secret(name: str) -> bool:
    return name.lower().replace("_", "").replace("-", "").endswith(SECRET_ENDINGS)
