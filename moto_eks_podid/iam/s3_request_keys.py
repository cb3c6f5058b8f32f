"""The condition keys of S3 that depend on how a request is signed and sent.

Follows "Amazon S3 Signature Version 4 Authentication Specific Policy Keys" (Amazon S3 API
Reference) and "Bucket policy examples using condition keys" (Amazon S3 User Guide).
"""

from __future__ import annotations

from calendar import timegm
from contextlib import suppress
from time import strptime
from typing import Any, Final
from urllib.parse import parse_qsl

from .. import clock
from ..events.record import TLS_VERSION
from ..signatures import credential_in_query, key_in_header, old_key_in_query
from .permissions.call import Context
from .request_context import is_secure

_VERSION_4: Final = "AWS4-HMAC-SHA256"
_VERSION_2: Final = "AWS"
_DATE: Final = "x-amz-date"
_ALGORITHM: Final = "x-amz-algorithm"
_CONTENT: Final = "x-amz-content-sha256"


def request_keys(response: Any, *, anonymous: bool) -> Context:
    """Return the condition keys of a request to S3, whatever it asks for.

    :param response: moto's response object of the request
    :param anonymous: an unsigned request has none of a signature
    """
    context = {} if anonymous else _of_signature(response)
    if is_secure(response):
        context["s3:TlsVersion"] = TLS_VERSION.removeprefix("TLSv")
    content = response.headers.get(_CONTENT)
    if content:
        context["s3:x-amz-content-sha256"] = content
    return context


def _of_signature(response: Any) -> Context:
    authorization = response.headers.get("Authorization") or ""
    query = response.parsed_url.query
    if key_in_header(authorization) is not None:
        return _signed("REST-HEADER", authorization.startswith("AWS4-"))
    if credential_in_query(query) is not None:
        age = str(_age(query))
        return {**_signed("REST-QUERY-STRING", True), "s3:signatureAge": age}
    if old_key_in_query(query) is not None:
        return _signed("REST-QUERY-STRING", False)
    in_form = any(name.lower() == _ALGORITHM for name in response.querystring)
    return _signed("POST", in_form)


def _signed(how: str, version_4: bool) -> Context:
    return {
        "s3:authType": how,
        "s3:signatureversion": _VERSION_4 if version_4 else _VERSION_2,
    }


def _age(query: str) -> int:
    """Return the milliseconds since a URL was signed; one that does not tell is very old."""
    signed_at = 0
    for name, value in parse_qsl(query):
        if name.lower() == _DATE:
            with suppress(ValueError):
                signed_at = timegm(strptime(value, "%Y%m%dT%H%M%SZ"))
    return int((clock.epoch_seconds() - signed_at) * 1000)
