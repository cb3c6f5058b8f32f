"""Sessions end: every service refuses the credentials of one that has, in its own words.

The codes, statuses and texts are the services' common errors, by protocol.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.utils import get_service_model
from moto.s3.exceptions import S3ClientError
from werkzeug.exceptions import HTTPException

from . import clock
from .sts.models import find_session

_MESSAGE = "The security token included in the request is expired"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a service answers to expired credentials."""

    code: str
    status: int
    message: str = _MESSAGE

    def body(self, protocol: str, namespace: str | None) -> str:
        """Return the body of the answer in the service's protocol and XML namespace."""
        if "json" in protocol:
            return json.dumps({"__type": self.code, "message": self.message})
        error = f"<Code>{self.code}</Code><Message>{self.message}</Message>"
        if protocol == "ec2":
            return (
                f"<Response><Errors><Error>{error}</Error></Errors>"
                "<RequestID></RequestID></Response>"
            )
        of_service = f' xmlns="{namespace}"' if namespace else ""
        return (
            f"<ErrorResponse{of_service}><Error><Type>Sender</Type>{error}</Error>"
            "<RequestId></RequestId></ErrorResponse>"
        )


#: Protocol of the service -> its answer.
EXPIRED = {
    "json": Refusal("ExpiredTokenException", 400),
    "rest-json": Refusal("ExpiredTokenException", 403),
    "query": Refusal("ExpiredToken", 403),
    "ec2": Refusal("RequestExpired", 400, "Request has expired."),
    "rest-xml": Refusal("ExpiredToken", 403),
}
_DEFAULT_PROTOCOL = "query"
_CONTENT_TYPES = {"json": "application/x-amz-json-1.1", "rest-json": "application/json"}


class ExpiredCredentials(HTTPException):
    """The caller's session has ended; ``description`` is the whole body."""

    def __init__(self, refusal: Refusal, protocol: str, namespace: str | None) -> None:
        super().__init__(refusal.body(protocol, namespace))
        self.code = refusal.status


def refuse_expired_session(response: Any) -> None:
    """Refuse a request whose credentials are those of a session that has ended.

    :param response: moto's response object of the request, before its operation is called
    :raises ExpiredCredentials: in the protocol of the service
    """
    if not _has_expired(response):
        return
    protocol, namespace = _protocol(response)
    refusal = EXPIRED.get(protocol, EXPIRED[_DEFAULT_PROTOCOL])
    headers = response.response_headers
    headers["Content-Type"] = _CONTENT_TYPES.get(protocol, "text/xml")
    if "json" in protocol:
        headers["X-Amzn-ErrorType"] = refusal.code
    raise ExpiredCredentials(refusal, protocol, namespace)


def refuse_expired_s3_session(response: Any) -> None:
    """Do the same for S3, which serialises its own errors.

    :raises S3ClientError: ``ExpiredToken``, 400
    """
    if _has_expired(response):
        raise S3ClientError("ExpiredToken", "The provided token has expired.")


def _has_expired(response: Any) -> bool:
    session = find_session(response.get_access_key())
    return session is not None and session.expires_at <= clock.now()


def _protocol(response: Any) -> tuple[str, str | None]:
    """Return the protocol that the service answers in, and its XML namespace if it has one."""
    try:
        service_model = get_service_model(response.boto3_service_name)
    except UnknownServiceError:
        return _DEFAULT_PROTOCOL, None
    protocol = response.determine_response_protocol(service_model)
    return protocol, service_model.metadata.get("xmlNamespace")
