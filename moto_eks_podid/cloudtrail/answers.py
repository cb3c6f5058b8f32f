"""What went wrong, by a service's answer: the error code and message that the caller saw."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.parsers import ResponseParser, create_parser

from ..events.catalogue import Classified
from .calls import CapturedCall
from .operations import UNREADABLE

#: For answers that name no code, such as moto's plain texts: the names of AWS's common errors.
CODES_OF_STATUSES = {
    400: "ValidationError",
    401: "UnrecognizedClientException",
    403: "AccessDenied",
    404: "UnknownOperationException",
    408: "RequestTimeoutException",
    413: "RequestEntityTooLargeException",
    429: "ThrottlingException",
    500: "InternalFailure",
    503: "ServiceUnavailable",
}

#: S3 answers a HEAD, and what a condition of the caller's stops, without a body. An operation's own
#: row comes before the one of every operation.
S3_ERRORS_WITHOUT_BODY = {
    ("HeadObject", 404): ("NoSuchKey", "The specified key does not exist."),
    ("HeadBucket", 404): ("NoSuchBucket", "The specified bucket does not exist"),
    ("", 304): ("NotModified", "Not Modified"),
    ("", 403): ("AccessDenied", "Access Denied"),
    ("", 412): (
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    ),
}


@lru_cache(maxsize=8)
def answer_parser(protocol: str) -> ResponseParser:
    """Return botocore's parser of a protocol's answers."""
    return create_parser(protocol)


def as_response(call: CapturedCall) -> dict[str, Any]:
    """Return a call's answer as botocore's parsers want it."""
    return {
        "status_code": call.status,
        "headers": HeadersDict(call.answer_headers),
        "body": call.answer or b"",
    }


def error_of(call: CapturedCall, what: Classified) -> tuple[str, str | None]:
    """Return code and message of a failed call's answer.

    The code has neither namespace nor URI. Where the answer has none, it is the one that AWS uses
    for such a status.
    """
    if what.service == "s3" and not call.answer:
        for operation in (what.operation, ""):
            if found := S3_ERRORS_WITHOUT_BODY.get((operation, call.status)):
                return found
    try:
        # An error needs no shape, which the parser's types do not say.
        parsed = answer_parser(what.protocol).parse(as_response(call), None)  # type: ignore[arg-type]
        error = parsed["Error"]
        code, message = error.get("Code"), error.get("Message")
    except UNREADABLE:
        code = message = None
    if not code or not isinstance(code, str) or code.isdigit():
        # botocore puts the status where it finds no code, and the status' phrase for the message.
        return _code_of_status(call.status), _plain_text(call.answer)
    code = code.rpartition("#")[2].partition(":")[0]
    return code, encodable(message) if isinstance(message, str) and message else None


def _code_of_status(status: int) -> str:
    if code := CODES_OF_STATUSES.get(status):
        return code
    try:
        return "".join(HTTPStatus(status).phrase.title().split())
    except ValueError:
        return CODES_OF_STATUSES[500]


def _plain_text(answer: bytes | None) -> str | None:
    """Return an answer that is a text for people, and no document."""
    text = (answer or b"").decode("utf-8", "replace").strip()
    return text if text and text[0] not in "<{[" else None


def encodable(value: str) -> str:
    """Return text that can be encoded: JSON can hold half of a surrogate pair."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()
