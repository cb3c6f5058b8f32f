"""The errors that services answer: code, status and words in the form of the service's protocol.

What a service's model says about an error comes first; else it is what the services' references
say about the errors that all of them have ("Common errors").
"""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, cast

from botocore.model import ServiceModel, StructureShape
from moto.core.utils import get_service_model
from moto.moto_api._internal import mock_random

from ..events.catalogue import Classified
from ..iam.credentials import Failure
from ..iam.refusals import DENIED, REFUSALS, Refusal
from ..xml_text import xml_text

#: Where AWS's words are not known: nobody takes these for AWS's.
INJECTED_MESSAGE: Final = "This failure was injected."

_RATE = "Rate exceeded"
_INTERNAL = "The request processing has failed because of an unknown error, exception or failure."
_UNAVAILABLE = "The request has failed due to a temporary failure of the server."
_COMMON: Final = (
    Refusal("BandwidthLimitExceeded", 503),
    Refusal("InternalError", 500, "We encountered an internal error. Please try again."),
    Refusal("InternalFailure", 500, _INTERNAL),
    Refusal("InternalServerError", 500, _INTERNAL),
    Refusal("InternalServerException", 500, _INTERNAL),
    Refusal("InternalServiceError", 500, _INTERNAL),
    Refusal("LimitExceededException", 400, _RATE),
    Refusal("RequestLimitExceeded", 503, "Request limit exceeded."),
    Refusal(
        "RequestTimeout",
        400,
        "Your socket connection to the server was not read from or written to within the timeout "
        "period.",
    ),
    Refusal("ServiceException", 500, _INTERNAL),
    Refusal("ServiceUnavailable", 503, _UNAVAILABLE),
    Refusal("ServiceUnavailableException", 503, _UNAVAILABLE),
    Refusal("SlowDown", 503, "Please reduce your request rate."),
    Refusal("Throttling", 400, _RATE),
    Refusal("ThrottledException", 400, _RATE),
    Refusal("ThrottlingException", 400, _RATE),
    Refusal("TooManyRequestsException", 429, _RATE),
)
#: By code: what the errors are that every service may answer.
COMMON_ERRORS: Final[Mapping[str, Refusal]] = {row.code: row for row in _COMMON}

_SERVER_ERROR: Final = 500
_IDS_OF_S3: Final = string.ascii_uppercase + string.digits


@dataclass(frozen=True, slots=True)
class Answer:
    """A service's answer to a call that failed; ``is_recorded`` tells whether CloudTrail has it."""

    status: int
    headers: Mapping[str, str]
    body: str
    is_recorded: bool = True


@dataclass(frozen=True, slots=True)
class ServiceError:
    """What a service says is wrong.

    ``code`` is what the protocol's errors begin with, ``query_code`` what a service that once spoke
    the query protocol says in that one; ``details`` are further elements of S3's errors.
    """

    code: str
    status: int
    message: str
    query_code: str | None = None
    message_member: str = "message"
    details: Mapping[str, str] = field(default_factory=dict)


def refusals_of(what: Classified) -> Mapping[str, Refusal]:
    """Return how the service of a call refuses credentials, by what is wrong with them."""
    return REFUSALS["s3" if what.service == "s3" else what.protocol]


def error_named(
    what: Classified, name: str, message: str | None = None, status: int | None = None
) -> ServiceError:
    """Return one of a service's errors.

    :param what: the call that fails
    :param name: the error's code, or the name of its exception
    :param message: instead of AWS's words
    :param status: the HTTP status, instead of the one that the service has for it
    """
    shape = _modelled(what.service, name)
    common = COMMON_ERRORS.get(name) or _refusal_named(what, name) or Refusal(name, 400)
    if shape is None:
        return ServiceError(name, status or common.status, message or _words(common))
    code, query_code = shape.error_code, None
    if _is_query_compatible(get_service_model(what.service)) and what.protocol == "json":
        code, query_code = shape.name, shape.error_code
    modelled = shape.metadata.get("error") or {}
    fault = _SERVER_ERROR if shape.metadata.get("fault") else None
    return ServiceError(
        code,
        status or modelled.get("httpStatusCode") or fault or common.status,
        message or _words(common),
        query_code,
        next((member for member in shape.members if member.lower() == "message"), "message"),
    )


def failed_authentication(what: Classified, failure: Failure) -> ServiceError:
    """Return how a service refuses credentials that are not good."""
    row = refusals_of(what)[failure]
    query_code, status = None, row.status
    if _is_query_compatible(get_service_model(what.service)) and what.protocol == "json":
        in_query = REFUSALS["query"][failure]
        query_code, status = in_query.code, in_query.status
    return ServiceError(row.code, status, row.message, query_code)


def is_failed_authentication(what: Classified, name: str) -> bool:
    """Tell whether an error means that nobody knows who called.

    Of such requests CloudTrail has no record (*S3 User Guide*, "Logging options for Amazon S3").
    """
    refusals = refusals_of(what)
    codes = {row.code for wrong, row in refusals.items() if wrong != DENIED}
    codes.discard(refusals[DENIED].code)
    if name not in codes:
        return False
    # Some operations are given other credentials to look at, and have errors of such names.
    operation = get_service_model(what.service).operation_model(what.operation)
    return all(shape.error_code != name for shape in operation.error_shapes)


def answer_of(what: Classified, error: ServiceError, *, is_recorded: bool = True) -> Answer:
    """Write an error in the form of the protocol that a call speaks."""
    request_id = str(mock_random.uuid4())
    if what.service == "s3":
        return _s3_answer(error, is_recorded=is_recorded)
    headers = {"x-amzn-RequestId": request_id}
    model = get_service_model(what.service)
    if "json" in what.protocol:
        headers["x-amzn-ErrorType"] = error.code
        if error.query_code is not None:
            headers["x-amzn-query-error"] = f"{error.query_code};{_side(error)}"
        members = {error.message_member: error.message}
        if what.protocol == "json":
            version = model.metadata.get("jsonVersion", "1.1")
            headers["Content-Type"] = f"application/x-amz-json-{version}"
            members = {"__type": error.code, **members}
        else:
            headers["Content-Type"] = "application/json"
        return Answer(error.status, headers, json.dumps(members), is_recorded)
    headers["Content-Type"] = "text/xml"
    return Answer(error.status, headers, _xml(what, model, error, request_id), is_recorded)


def _s3_answer(error: ServiceError, *, is_recorded: bool) -> Answer:
    request_id = "".join(mock_random.choices(_IDS_OF_S3, k=16))
    host_id = base64.b64encode(mock_random.randbytes(48)).decode()
    elements = {
        "Code": error.code,
        "Message": error.message,
        **error.details,
        "RequestId": request_id,
        "HostId": host_id,
    }
    headers = {
        "Content-Type": "application/xml",
        "x-amz-request-id": request_id,
        "x-amz-id-2": host_id,
    }
    inner = "".join(f"<{name}>{xml_text(text)}</{name}>" for name, text in elements.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    return Answer(error.status, headers, body, is_recorded)


def _xml(what: Classified, model: ServiceModel, error: ServiceError, request_id: str) -> str:
    inner = f"<Code>{error.code}</Code><Message>{xml_text(error.message)}</Message>"
    if what.protocol == "ec2":
        return (
            f"<Response><Errors><Error>{inner}</Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    namespace = model.metadata.get("xmlNamespace")
    of_service = f' xmlns="{namespace}"' if namespace else ""
    return (
        f"<ErrorResponse{of_service}><Error><Type>{_side(error)}</Type>{inner}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _side(error: ServiceError) -> str:
    return "Receiver" if error.status >= _SERVER_ERROR else "Sender"


def _words(row: Refusal) -> str:
    return row.message or INJECTED_MESSAGE


def _refusal_named(what: Classified, name: str) -> Refusal | None:
    return next((row for row in refusals_of(what).values() if row.code == name), None)


@lru_cache(maxsize=1024)
def _modelled(service: str, name: str) -> StructureShape | None:
    """Return a service's error by its code or by the name of its exception."""
    shapes = cast("list[StructureShape]", get_service_model(service).error_shapes)
    by_code = (shape for shape in shapes if shape.error_code == name)
    return next(by_code, None) or next((shape for shape in shapes if shape.name == name), None)


def _is_query_compatible(model: ServiceModel) -> bool:
    return model.metadata.get("awsQueryCompatible") is not None
