"""Parameters and results of S3, whose records speak of URLs and headers.

Follows "Example: Amazon S3 log file entries" (S3 User Guide).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .call import CallDetails, Map
from .values import values_of

#: Parameters that are shown under the names of their headers.
REQUEST_HEADERS = {
    "ACL": "x-amz-acl",
    "CopySource": "x-amz-copy-source",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
    "StorageClass": "x-amz-storage-class",
    "ObjectOwnership": "x-amz-object-ownership",
}

#: Results that are shown under the names of their headers; no others are.
RESPONSE_HEADERS = {
    "DeleteMarker": "x-amz-delete-marker",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
    "VersionId": "x-amz-version-id",
}

#: Parts of a presigned URL that would let others use it, in lower case.
_OF_SIGNATURE = frozenset(
    {
        "awsaccesskeyid",
        "signature",
        "x-amz-credential",
        "x-amz-security-token",
        "x-amz-signature",
        "x-amz-s3session-token",
    }
)


def request_parameters(details: CallDetails) -> dict[str, Any]:
    """Return what a call asked for: bucket, host, key, sub-resources, settings."""
    parameters = details.parameters or {}
    shown: dict[str, Any] = {}
    if isinstance(bucket := parameters.get("Bucket"), str):
        shown["bucketName"] = bucket
    if details.host:
        shown["Host"] = details.host
    if isinstance(key := parameters.get("Key"), str):
        shown["key"] = key
    for name, value in details.query:
        if name.lower() not in _OF_SIGNATURE:
            shown[name] = value
    for name, header in REQUEST_HEADERS.items():
        if isinstance(text := parameters.get(name), str):
            shown[header] = text
    # What is left to show are the documents of bodies, which are structures.
    documents: dict[str, Any] = {
        name: value
        for name, value in parameters.items()
        if isinstance(value, Mapping) and not isinstance(value, Map)
    }
    if isinstance(policy := parameters.get("Policy"), str):
        documents["bucketPolicy"] = _document(policy)
    values = values_of(details.service, details.operation, details.protocol)
    shown.update(values.structure(documents, keep_names=True))
    return shown


def response_elements(details: CallDetails) -> dict[str, Any]:
    """Return the headers of an answer that are shown."""
    results = details.results or {}
    return {
        header: str(value).lower() if isinstance(value, bool) else str(value)
        for name, header in RESPONSE_HEADERS.items()
        if (value := results.get(name)) is not None
    }


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
