"""Is a request signed with the secret that it claims, in a header, in a URL or in a form?

Follows "Create a signed AWS API request" (IAM User Guide), "Authenticating Requests (AWS Signature
Version 4)" with its "Browser-Based Uploads Using POST" and, for URLs as SDKs still presign them by
default, "Signing and authenticating REST requests" (Amazon S3). Signing itself is botocore's.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from botocore.auth import (
    HmacV1Auth,
    HmacV1QueryAuth,
    S3SigV4Auth,
    S3SigV4QueryAuth,
    SigV4Auth,
    SigV4QueryAuth,
)
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from .credentials import BadCredentials, Failure

_HEADER: Final = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=[^/,\s]+/\d+/(?P<region>[^/,\s]*)/(?P<service>[^/,\s]*)/aws4_request"
    r",\s*SignedHeaders=(?P<headers>[^,\s]*),\s*Signature=(?P<signature>[0-9a-f]*)",
    re.ASCII,
)
_FORM: Final = "application/x-www-form-urlencoded"
#: Also of a form.
_SIGNATURE_IN_QUERY: Final = "x-amz-signature"
#: KEY/DATE/REGION/SERVICE/aws4_request.
_PARTS_OF_SCOPE: Final = 5
#: A path alone could begin with two slashes, and so be read as a host. The host that is signed is
#: the header's.
_ANY_HOST: Final = "https://host"


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a signature says that it is of."""

    service: str
    region: str
    signed_headers: tuple[str, ...]
    time: str
    signature: str
    in_query: bool


class _OldUrlAuth(HmacV1QueryAuth):
    """Signs a URL that ends at a given time, not at so many seconds from now."""

    def __init__(self, credentials: Credentials, ends_at: str) -> None:
        super().__init__(credentials)
        self._ends_at = ends_at

    def _get_date(self) -> str:
        return self._ends_at


def check_signature(response: Any, secrets: Credentials) -> None:
    """Compare a request's signature with the one that its caller's secret makes.

    :param response: moto's response object of the request, of any service, once it is set up
    :param secrets: of the caller
    :raises BadCredentials: when they differ
    """
    signed = _in_header(response) or _in_query(response)
    if signed is None:
        if _is_form(response):
            _check_form(response, secrets)
        else:
            _check_old_url(response, secrets)
        return
    auth = _auth(signed, secrets)
    request = _as_signed(response, signed)
    expected = auth.signature(
        auth.string_to_sign(request, auth.canonical_request(request)), request
    )
    _compare(expected, signed.signature)


def _compare(expected: str, given: str) -> None:
    # As bytes: of text it takes ASCII only, and what is given may be anything.
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise BadCredentials(Failure.WRONG_SIGNATURE)


def _is_form(response: Any) -> bool:
    """Tell whether a request is a form that a browser posts to a bucket.

    Only there does S3 take a signature of a policy for one of the request.
    """
    return (
        response.boto3_service_name == "s3"
        and response.method == "POST"
        and not response.parsed_url.query
        and not response.parse_key_name()
        and "policy" in response.form_data
    )


def _check_form(response: Any, secrets: Credentials) -> None:
    form = {name.lower(): value for name, value in response.form_data.items()}
    scope = form.get("x-amz-credential", "").split("/")
    if len(scope) == _PARTS_OF_SCOPE:
        _, date, region, service, _ = scope
        request = AWSRequest()
        request.context["timestamp"] = date
        auth = SigV4Auth(secrets, service, region)
        _compare(auth.signature(form["policy"], request), form.get(_SIGNATURE_IN_QUERY, ""))
    elif "signature" in form:
        _compare(HmacV1Auth(secrets).sign_string(form["policy"]), form["signature"])
    else:
        raise BadCredentials(Failure.OLD_SIGNATURE)


def _check_old_url(response: Any, secrets: Credentials) -> None:
    query = dict(parse_qsl(response.parsed_url.query, keep_blank_values=True))
    expires, signature = query.get("Expires"), query.get("Signature")
    if expires is None or signature is None:
        raise BadCredentials(Failure.OLD_SIGNATURE)
    headers: Any = HTTPHeaders()
    for name, value in query.items():
        # What is signed of a request's headers stands in the URL.
        if name.startswith("x-amz-") or name in ("content-md5", "content-type"):
            headers[name] = value
    bucket, path = response.bucket_name, response.raw_path
    if bucket and response.subdomain_based_buckets(response.normalized_request):
        path = f"/{bucket}{path}"
    expected = _OldUrlAuth(secrets, expires).get_signature(
        response.method, urlsplit(response.uri), headers, auth_path=path
    )
    _compare(expected, signature)


def _in_header(response: Any) -> _Signed | None:
    match = _HEADER.match(response.headers.get("Authorization", ""))
    if match is None:
        return None
    return _Signed(
        match["service"],
        match["region"],
        tuple(match["headers"].split(";")),
        response.headers.get("X-Amz-Date", ""),
        match["signature"],
        in_query=False,
    )


def _in_query(response: Any) -> _Signed | None:
    query = {name.lower(): value for name, value in parse_qsl(response.parsed_url.query)}
    scope = query.get("x-amz-credential", "").split("/")
    if len(scope) != _PARTS_OF_SCOPE:
        return None
    return _Signed(
        scope[3],
        scope[2],
        tuple(query.get("x-amz-signedheaders", "").split(";")),
        query.get("x-amz-date", ""),
        query.get(_SIGNATURE_IN_QUERY, ""),
        in_query=True,
    )


def _auth(signed: _Signed, secrets: Credentials) -> SigV4Auth:
    in_header, in_query = SigV4Auth, SigV4QueryAuth
    if signed.service == "s3":
        in_header, in_query = S3SigV4Auth, S3SigV4QueryAuth
    kind = in_query if signed.in_query else in_header
    return kind(secrets, signed.service, signed.region)


def _as_signed(response: Any, signed: _Signed) -> AWSRequest:
    query = response.parsed_url.query
    if signed.in_query:
        pairs = query.split("&")
        query = "&".join(
            pair for pair in pairs if pair.partition("=")[0].lower() != _SIGNATURE_IN_QUERY
        )
    # Only the signed headers: botocore signs whatever the request has.
    headers = {
        name: value
        for name, value in response.headers.items()
        if name.lower() in signed.signed_headers
    }
    request = AWSRequest(
        method=response.method,
        url=_ANY_HOST + response.raw_path + (f"?{query}" if query else ""),
        data=_body(response),
        headers=headers,
    )
    request.context["timestamp"] = signed.time
    return request


def _body(response: Any) -> bytes:
    # moto puts a request's query or headers in place of a body that it does not have. Of a form
    # only the fields are left, once moto has read it.
    body: bytes = response.raw_body
    if body:
        return body
    form = response.normalized_request.form
    if form and response.headers.get("Content-Type", "").startswith(_FORM):
        return urlencode(list(form.items(multi=True))).encode()
    return b""
