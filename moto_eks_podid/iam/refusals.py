"""How services refuse: the code, the status and the words, by protocol and by what is wrong.

Follows the common errors of the services' API references and, for the rest, real responses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import UnknownServiceError
from moto.core.model import ServiceModel
from moto.core.utils import get_service_model
from moto.s3.exceptions import BucketAccessDeniedError, S3ClientError
from werkzeug.exceptions import HTTPException

from ..xml_text import xml_text
from .credentials import Failure

EXPIRED = "The security token included in the request is expired"
_INVALID = "The security token included in the request is invalid."
_MISSING = "Missing Authentication Token"
_NOT_VALIDATED = "AWS was not able to validate the provided access credentials"
_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)
_S3_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)
_OLD_SIGNATURE = (
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
)
S3_DENIED: Final = "Access Denied"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a service answers."""

    code: str
    status: int
    message: str = ""


#: What a permission that is missing is called; the words are those of the decision.
DENIED: Final = "denied"

_JSON: Mapping[str, tuple[str, str]] = {
    Failure.NO_CREDENTIALS: ("MissingAuthenticationTokenException", _MISSING),
    Failure.UNKNOWN_KEY: ("UnrecognizedClientException", _INVALID),
    Failure.WRONG_TOKEN: ("UnrecognizedClientException", _INVALID),
    Failure.EXPIRED: ("ExpiredTokenException", EXPIRED),
    Failure.WRONG_SIGNATURE: ("InvalidSignatureException", _SIGNATURE),
    Failure.OLD_SIGNATURE: ("InvalidSignatureException", _OLD_SIGNATURE),
    DENIED: ("AccessDeniedException", ""),
}
_XML: Mapping[str, tuple[str, str]] = {
    Failure.NO_CREDENTIALS: ("MissingAuthenticationToken", _MISSING),
    Failure.UNKNOWN_KEY: ("InvalidClientTokenId", _INVALID),
    Failure.WRONG_TOKEN: ("InvalidClientTokenId", _INVALID),
    Failure.EXPIRED: ("ExpiredToken", EXPIRED),
    Failure.WRONG_SIGNATURE: ("SignatureDoesNotMatch", _SIGNATURE),
    Failure.OLD_SIGNATURE: ("SignatureDoesNotMatch", _OLD_SIGNATURE),
    DENIED: ("AccessDenied", ""),
}


def _with_status(status: int, texts: Mapping[str, tuple[str, str]]) -> dict[str, Refusal]:
    return {key: Refusal(code, status, message) for key, (code, message) in texts.items()}


#: Protocol of the service -> what is wrong -> the answer. S3 stands for itself.
REFUSALS: Mapping[str, Mapping[str, Refusal]] = {
    "json": _with_status(400, _JSON),
    "rest-json": _with_status(403, _JSON),
    "query": _with_status(403, _XML),
    "rest-xml": _with_status(403, _XML),
    "ec2": {
        Failure.NO_CREDENTIALS: Refusal("AuthFailure", 401, _NOT_VALIDATED),
        Failure.UNKNOWN_KEY: Refusal("AuthFailure", 401, _NOT_VALIDATED),
        Failure.WRONG_TOKEN: Refusal("AuthFailure", 401, _NOT_VALIDATED),
        Failure.EXPIRED: Refusal("RequestExpired", 400, "Request has expired."),
        Failure.WRONG_SIGNATURE: Refusal("AuthFailure", 401, _NOT_VALIDATED),
        Failure.OLD_SIGNATURE: Refusal("AuthFailure", 401, _NOT_VALIDATED),
        DENIED: Refusal("UnauthorizedOperation", 403),
    },
    "s3": {
        Failure.NO_CREDENTIALS: Refusal("AccessDenied", 403, S3_DENIED),
        Failure.UNKNOWN_KEY: Refusal(
            "InvalidAccessKeyId",
            403,
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        Failure.WRONG_TOKEN: Refusal(
            "InvalidToken", 400, "The provided token is malformed or otherwise invalid."
        ),
        Failure.EXPIRED: Refusal("ExpiredToken", 400, "The provided token has expired."),
        Failure.WRONG_SIGNATURE: Refusal("SignatureDoesNotMatch", 403, _S3_SIGNATURE),
        Failure.OLD_SIGNATURE: Refusal("InvalidRequest", 400, _OLD_SIGNATURE),
        DENIED: Refusal("AccessDenied", 403, S3_DENIED),
    },
}
_DEFAULT_PROTOCOL: Final = "query"
#: Services that call a missing permission something else: as observed in real responses.
_CODES_OF_DENIALS: Final[Mapping[str, str]] = {"sns": "AuthorizationError"}
_CONTENT_TYPES = {"json": "application/x-amz-json-1.1", "rest-json": "application/json"}


class Refused(HTTPException):
    """A service's whole answer to a call that may not be; ``description`` is its body."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body)
        self.code = status


@dataclass(frozen=True, slots=True)
class _Form:
    """How a service writes its errors."""

    protocol: str
    xml_namespace: str | None = None
    #: What the service's own model has for a denial.
    denied_status: int | None = None
    #: A service that once spoke another protocol keeps that one's codes and statuses.
    query_compatible: bool = False


def refusal_of(response: Any, what: str, message: str = "", *, code: str | None = None) -> Refused:
    """Return the answer to a call that is refused, in the protocol of its service.

    :param response: moto's response object of the request, of any service but S3; its headers are
        set, too
    :param what: a :class:`Failure`, or :data:`DENIED`
    :param message: the words, where the table has none
    :param code: instead of the table's
    """
    form = _form_of(response)
    row = REFUSALS.get(form.protocol, REFUSALS[_DEFAULT_PROTOCOL])[what]
    status = row.status
    if what == DENIED:
        code = code or _CODES_OF_DENIALS.get(response.boto3_service_name)
        status = form.denied_status or status
    headers = response.response_headers
    headers["Content-Type"] = _CONTENT_TYPES.get(form.protocol, "text/xml")
    if "json" in form.protocol:
        headers["X-Amzn-ErrorType"] = code or row.code
        if form.query_compatible:
            in_query = REFUSALS["query"][what]
            headers["x-amzn-query-error"] = f"{in_query.code};Sender"
            status = in_query.status
    refusal = Refusal(code or row.code, status, message or row.message)
    return Refused(status, _body(refusal, form))


def s3_refusal(what: str, message: str = "", *, bucket: str | None = None) -> S3ClientError:
    """Return the error for a call to S3 that is refused; moto serialises those itself.

    :param bucket: for a refusal to delete several objects, which moto answers for each of them
    """
    if bucket is not None and what == DENIED:
        error: S3ClientError = BucketAccessDeniedError(bucket)
        error.message = message or error.message
        return error
    refusal = REFUSALS["s3"][what]
    return S3ClientError(refusal.code, message or refusal.message)


def _body(refusal: Refusal, form: _Form) -> str:
    if "json" in form.protocol:
        return json.dumps({"__type": refusal.code, "message": refusal.message})
    error = f"<Code>{refusal.code}</Code><Message>{xml_text(refusal.message)}</Message>"
    if form.protocol == "ec2":
        return (
            f"<Response><Errors><Error>{error}</Error></Errors><RequestID></RequestID></Response>"
        )
    of_service = f' xmlns="{form.xml_namespace}"' if form.xml_namespace else ""
    return (
        f"<ErrorResponse{of_service}><Error><Type>Sender</Type>{error}</Error>"
        "<RequestId></RequestId></ErrorResponse>"
    )


def _form_of(response: Any) -> _Form:
    try:
        model = get_service_model(response.boto3_service_name)
    except UnknownServiceError:
        return _Form(_DEFAULT_PROTOCOL)
    try:
        protocol: str = response.determine_response_protocol(model)
    except NotImplementedError:
        # The request claims to be of a protocol that the service does not speak.
        protocol = str(model.protocol)
    return _Form(
        protocol,
        model.metadata.get("xmlNamespace"),
        _modelled_status(model) if protocol == "rest-json" else None,
        model.metadata.get("awsQueryCompatible") is not None,
    )


def _modelled_status(model: ServiceModel) -> int | None:
    name = REFUSALS["rest-json"][DENIED].code
    if name not in model.shape_names:
        return None
    error: Mapping[str, int] = model.shape_for(name).metadata.get("error") or {}
    return error.get("httpStatusCode")
