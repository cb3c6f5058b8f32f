"""What the query needs of an engine: how it reads and writes JSON, and which members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

#: Leaves of a schema; everything else in it is an object.
TEXT = "text"
MAP = "map"

#: The member that :func:`~.query.enriched` adds to each record.
BLOCK = "podOrigin"

#: The members that lead back to a pod.
ISSUING_SCHEMA: Mapping[str, Any] = {
    **dict.fromkeys(("eventID", "sharedEventID", "eventTime", "eventSource", "eventName"), TEXT),
    **dict.fromkeys(("awsRegion", "recipientAccountId", "errorCode", "sourceIPAddress"), TEXT),
    "userIdentity": dict.fromkeys(
        ("type", "arn", "accessKeyId", "invokedBy", "userName", "identityProvider"), TEXT
    ),
    "requestParameters": {
        "clusterName": TEXT,
        "roleArn": TEXT,
        "associationId": TEXT,
        "tags": TEXT,
        "incomingTransitiveTags": MAP,
    },
    "responseElements": {
        "credentials": {"accessKeyId": TEXT},
        "assumedRoleUser": {"arn": TEXT, "assumedRoleId": TEXT},
        "subjectFromWebIdentityToken": TEXT,
        "provider": TEXT,
        "association": dict.fromkeys(
            ("associationArn", "clusterName", "namespace", "serviceAccount", "createdAt"), TEXT
        ),
        "cluster": {"name": TEXT, "arn": TEXT, "identity": {"oidc": {"issuer": TEXT}}},
    },
}

#: The members that tell whose a record is.
CALLER_SCHEMA: Mapping[str, Any] = {
    "eventID": TEXT,
    "userIdentity": {"accessKeyId": TEXT, "principalId": TEXT},
    "responseElements": {"credentials": {"accessKeyId": TEXT}},
    BLOCK: TEXT,
}

#: Members of a PodOrigin beside the chain, in its order; columns of the table ``origins``.
MEMBERS = (
    "mechanism",
    "cluster_name",
    "cluster_arn",
    "namespace",
    "service_account",
    "pod_name",
    "pod_uid",
    "role_arn",
    "association_arn",
    "issuer",
    "node",
)
#: Columns of the table ``origins``; ``chain`` is JSON without its brackets.
COLUMNS = ("access_key_id", "session_arn", "assumed_role_id", "time", *MEMBERS, "chain")


class Dialect(Protocol):
    """How an engine reads and writes JSON."""

    def parse(self, text: str, schema: Mapping[str, Any]) -> str:
        """An expression that reads JSON of a schema; what does not fit is null."""

    def tag(self, tags: str, key: str) -> str:
        """An expression for a tag's value in JSON of the form ``[{"key": …, "value": …}]``."""

    def json_object(self, members: Mapping[str, str]) -> str:
        """An expression that writes members (texts) as a JSON object, nulls too."""
