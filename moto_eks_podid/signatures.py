"""Where a signed request names its access key: in a header, or in the query of a presigned URL.

Follows "Authenticating Requests (AWS Signature Version 4)" of the Amazon S3 API Reference, and its
"Query string request authentication alternative" for the older URLs.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

_KEY_IN_HEADER = re.compile(r"(?:Credential=|^AWS )([^/:,\s]+)[/:]")
_CREDENTIAL_IN_QUERY = re.compile(r"(?:^|&)X-Amz-Credential=([^&]+)", re.IGNORECASE)
_OLD_KEY_IN_QUERY = re.compile(r"(?:^|&)AWSAccessKeyId=([^&]+)")


def key_in_header(authorization: str) -> str | None:
    """Return the access key of an ``Authorization`` header; None for one that names none."""
    match = _KEY_IN_HEADER.search(authorization)
    return match[1] if match else None


def credential_in_query(query: str) -> str | None:
    """Return ``KEY/DATE/REGION/SERVICE/aws4_request`` of a presigned URL's query, if it is one."""
    match = _CREDENTIAL_IN_QUERY.search(query)
    return unquote_plus(match[1]) if match else None


def old_key_in_query(query: str) -> str | None:
    """Return the access key of a query that is signed with version 2, if it is one."""
    match = _OLD_KEY_IN_QUERY.search(query)
    return unquote_plus(match[1]) if match else None


def key_in_query(query: str) -> str | None:
    """Return the access key of a presigned URL's query, of either version."""
    credential = credential_in_query(query)
    return credential.partition("/")[0] if credential else old_key_in_query(query)


def region_in_query(query: str) -> str | None:
    """Return the region that a presigned URL is signed for; None for any other query."""
    parts = (credential_in_query(query) or "").split("/")
    return parts[2] if len(parts) == 5 else None
