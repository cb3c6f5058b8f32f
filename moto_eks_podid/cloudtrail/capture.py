"""The capture of a call: what is noted of its request, and of its answer.

It runs on every call, so it decodes nothing: it notes a few columns, freezes the caller, and keeps
a reference to the bytes that a record can show.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from sys import intern
from typing import Any

from moto.moto_api._internal import mock_random

from .. import clock
from ..events.catalogue import record_region
from ..events.event_ids import event_id
from ..signatures import credential_in_query, key_in_header, old_key_in_query
from .bucket_urls import is_of_bucket, owner_in
from .calls import MAX_KEPT_BODY, CapturedCall
from .forms import MULTIPART, upload_in
from .history import history
from .identity import default_account, identify
from .progress import CallInProgress

#: Bodies of S3 requests without a query are objects, and never shown; this much is the
#: configuration of a new bucket.
MAX_KEPT_S3_BODY = 4096
#: Forms name their operation, and grow when they are encoded.
MAX_KEPT_FORM = 4 * MAX_KEPT_BODY
#: S3's metadata and Lambda's context have less; a user agent is shown to 1 KB.
MAX_KEPT_HEADERS = 16 * 1024
MAX_KEPT_USER_AGENT = 4096

_SIGNATURE = re.compile(r"Credential=([^/,\s]+)/\d+/([^/,\s]*)/([^/,\s]*)/aws4_request", re.ASCII)
#: KEY/DATE/REGION/SERVICE/aws4_request.
_PARTS_OF_SCOPE = 5
#: No body's length has so many digits.
_LONGEST_LENGTH = 16
_REGION = re.compile(r"\.([a-z]{2,4}(?:-[a-z]+)+-\d)\.", re.ASCII)
_DEFAULT_REGION = "us-east-1"
#: Where a host begins at the earliest, so that the next slash ends it.
_AFTER_SCHEME = len("https://")

#: Headers of the signature, and others that no service's model knows.
_NOT_KEPT = frozenset(
    {
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-user-agent",
        "x-amz-trailer",
    }
)
_LENGTHS = frozenset({"content-length", "x-amz-decoded-content-length"})
_REQUEST_IDS = ("x-amzn-requestid", "x-amz-request-id", "x-amz-requestid")
READING = frozenset({"GET", "HEAD"})
_READING_OPERATIONS = ("Get", "List", "Describe")
#: Without Get: STS shows what GetSessionToken and GetFederationToken give out.
_READING_FORMS = (b"Action=List", b"Action=Describe")

#: Most calls have no headers to keep; one dictionary for all of them costs no memory each.
_NO_HEADERS: dict[str, str] = {}
#: Place of a shared event's id among the ids of a call.
_SHARED = 2


class RequestColumns:
    """What is noted of a request before it is answered.

    ``body`` is noted only of forms, and only while failures are injected: it names the operation.
    """

    body: bytes

    __slots__ = (
        "access_key_id",
        "body",
        "content_type",
        "extra_parameters",
        "headers",
        "identity",
        "length",
        "method",
        "region",
        "signed_with",
        "signing_name",
        "source_ip",
        "time",
        "url",
        "user_agent",
    )

    def __init__(self, method: str, url: str, headers: Mapping[str, Any], source_ip: str) -> None:
        self.time = clock.epoch_seconds()
        self.method = method
        self.url = url
        self.source_ip = source_ip
        self.user_agent = self.content_type = ""
        self.extra_parameters: dict[str, Any] | None = None
        self.length = 0
        kept: dict[str, str] = {}
        room = MAX_KEPT_HEADERS
        authorization = ""
        # Looking up a value in botocore's headers takes longer than its name: only what is needed.
        for name in headers:
            lower = name.lower()
            if lower == "authorization":
                authorization = _text(headers[name])
            elif lower == "user-agent":
                self.user_agent = intern(_text(headers[name])[:MAX_KEPT_USER_AGENT])
            elif lower == "content-type":
                self.content_type = intern(_text(headers[name]))
            elif lower in _LENGTHS:
                self.length = max(self.length, _length(_text(headers[name])))
            elif (
                lower.startswith(("x-amz", "x-moto-")) and lower not in _NOT_KEPT
            ) or lower == "if-match":
                value = _text(headers[name])
                size = len(lower) + len(value)
                if size <= room:
                    room -= size
                    kept[intern(lower)] = value
        self.headers = kept or _NO_HEADERS
        self.access_key_id, signed_region, self.signing_name, self.signed_with = _signature(
            authorization, url
        )
        host = url[: url.find("/", _AFTER_SCHEME)].rpartition("/")[2]
        called = signed_region or _region_of(host)
        self.region = record_region(self.signing_name, called, host)
        self.identity = identify(self.access_key_id, self.headers, called)


def _text(value: Any) -> str:
    text: str = value.decode("latin-1") if value.__class__ is bytes else value
    return text


def _length(text: str) -> int:
    # What a hostile client says its body's length is need not be a number.
    return int(text) if len(text) < _LONGEST_LENGTH and text.isascii() and text.isdigit() else 0


def _signature(authorization: str, url: str) -> tuple[str, str, str, str | None]:
    """Return access key, region and service of a request's signature, and where that was."""
    if authorization:
        if match := _SIGNATURE.search(authorization):
            return match[1], match[2], match[3], "AuthHeader"
        if key := key_in_header(authorization):
            return key, "", "s3" if authorization.startswith("AWS ") else "", "AuthHeader"
        return "", "", "", None
    query = url.partition("?")[2]
    if query:
        scope = (credential_in_query(query) or "").split("/")
        if len(scope) == _PARTS_OF_SCOPE:
            return scope[0], scope[2], scope[3], "QueryString"
        if key := old_key_in_query(query):
            return key, "", "s3", "QueryString"
    return "", "", "", None


def _region_of(host: str) -> str:
    match = _REGION.search(host)
    return match[1] if match else _DEFAULT_REGION


def record(
    request: RequestColumns,
    call: CallInProgress,
    body: Any,
    status: int,
    answer_headers: Mapping[str, Any],
    answer: Any,
) -> None:
    """Put an answered call, and the calls that services made on account of it, into the history.

    :param body: of the request: bytes, text, None, or a stream, which is not kept
    :param answer: likewise
    """
    if not request.signing_name:
        body = _note_unsigned(request, call, body)
    succeeded = status < 400
    kept_headers, request_id = _answer_headers(answer_headers)
    call.request_id = request_id
    kept_body, body_size = _kept(body, _most_of_body(request))
    reading = succeeded and (request.method in READING or _reads(request.headers, kept_body or b""))
    kept_answer, answer_size = _kept(answer, 0 if reading else MAX_KEPT_BODY)
    identity = call.identity
    captured = CapturedCall(
        time=request.time,
        method=request.method,
        url=request.url,
        signing_name=request.signing_name,
        signed_with=request.signed_with,
        content_type=request.content_type,
        headers=request.headers,
        body=kept_body,
        body_size=max(body_size, request.length),
        status=status,
        answer_headers=kept_headers,
        answer=kept_answer,
        answer_size=answer_size,
        request_id=request_id,
        user_agent=request.user_agent,
        source_ip=request.source_ip,
        identity=identity,
        account_id=call.account_id
        or getattr(identity, "account_id", None)
        or default_account(request.headers),
        region=request.region,
    )
    seen = history()
    captured.extra_parameters = request.extra_parameters
    if request.signing_name == "s3":
        captured.resource_account_id = owner_in(request.url)
    if succeeded:
        captured.extra_parameters = call.extra_parameters or request.extra_parameters
        for made in call.made_by_services:
            # Nothing but the second connects their records with this call's.
            made.time = captured.time
            seen.append(made)
        if call.also_seen_by:
            # Before it is appended: whoever listens gets the record at once.
            captured.shared_event_id = event_id(request_id, _SHARED)
    seen.append(captured)
    if succeeded and call.also_seen_by:
        seen.append(captured.seen_by(*call.also_seen_by))


def _note_unsigned(request: RequestColumns, call: CallInProgress, body: Any) -> Any:
    """Note what only S3 has: forms that are signed, and callers that need not sign.

    :returns: what there is to keep of the body
    """
    form = request.method == "POST" and request.content_type.startswith(MULTIPART)
    upload = upload_in(request.url, request.content_type, body) if form else None
    if upload is None:
        if is_of_bucket(request.url):
            request.signing_name = "s3"
        return body
    request.access_key_id = upload.access_key_id
    request.signing_name = "s3"
    host = request.url[: request.url.find("/", _AFTER_SCHEME)].rpartition("/")[2]
    called = upload.region or _region_of(host)
    request.region = record_region("s3", called, host)
    call.identity = identify(upload.access_key_id, request.headers, called)
    request.extra_parameters = {"Bucket": upload.bucket, "Key": upload.key}
    # The object is in it.
    return b""


def _most_of_body(request: RequestColumns) -> int:
    if request.signing_name == "s3" and "?" not in request.url:
        return MAX_KEPT_S3_BODY
    if request.content_type.startswith("application/x-www-form-urlencoded"):
        return MAX_KEPT_FORM
    return MAX_KEPT_BODY


def _reads(headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether an operation reads, by its name: records do not show what those answer."""
    target = headers.get("x-amz-target")
    if target is None:
        return body.startswith(_READING_FORMS)
    return target.rpartition(".")[2].startswith(_READING_OPERATIONS)


def _kept(body: Any, most: int) -> tuple[bytes | None, int]:
    """Return what is kept of a body, and how large it is."""
    if isinstance(body, str):
        body = body.encode()
    elif isinstance(body, bytearray):
        body = bytes(body)
    elif not isinstance(body, bytes):
        # Nothing, or a stream, which is not ours to read.
        return (b"", 0) if body is None else (None, 0)
    return (body if len(body) <= most else None), len(body)


def _answer_headers(headers: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Return the headers of an answer that a service's model can know, and the request id."""
    kept: dict[str, str] = {}
    room = MAX_KEPT_HEADERS
    request_id = ""
    for name, value in dict(headers).items():
        name = name.lower()
        if name in _REQUEST_IDS:
            request_id = request_id or str(value)
        elif name.startswith("x-amz"):
            text = str(value)
            size = len(name) + len(text)
            if size <= room:
                room -= size
                kept[name] = text
    return kept or _NO_HEADERS, request_id or str(mock_random.uuid4())
