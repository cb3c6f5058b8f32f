"""What a request asks for: the operation that moto would call, and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import camelcase_to_underscores, get_service_model

from ..cloudtrail.operations import UNREADABLE, split_url, wire_request
from .moto_parameters import as_moto_finds

S3: Final = "s3"

_QUEUES: Final = "sqs"
#: A form that a browser posts to a bucket.
_FORM: Final = "PostObject"
#: The fields of such a form that permissions depend on -> PutObject's parameters.
_FORM_FIELDS: Final[Mapping[str, str]] = {
    "acl": "ACL",
    "key": "Key",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-storage-class": "StorageClass",
}


@dataclass(frozen=True, slots=True)
class RequestedCall:
    """An operation of a service, as botocore names both, and its parameters.

    ``operation`` is None when no model knows it.
    """

    service: str
    operation: str | None
    parameters: Mapping[str, Any]

    @property
    def model(self) -> OperationModel | None:
        """botocore's model of the operation."""
        if self.operation is None:
            return None
        model: OperationModel = get_service_model(self.service).operation_model(self.operation)
        return model

    @property
    def is_unsigned(self) -> bool:
        """Whether the operation takes no signature: it finds out itself who calls."""
        model = self.model
        return model is not None and model.auth_type == "none"


def requested_call(response: Any) -> RequestedCall:
    """Return what a request asks for.

    :param response: moto's response object of the request, of any service but S3, once it is set
        up
    """
    service = response.boto3_service_name or ""
    try:
        operation = _operations(service).get(camelcase_to_underscores(response._get_action() or ""))
    except UnknownServiceError:
        operation = None
    if operation is None:
        return RequestedCall(service, None, {})
    return RequestedCall(service, operation, _parameters(response, service, operation))


def requested_s3_call(response: Any) -> RequestedCall:
    """Return what a request to S3 asks for, likewise."""
    request = response.normalized_request
    names = tuple(
        sorted(name for key, _ in request.headers if (name := key.lower()).startswith("x-amz"))
    )
    found = _s3_route(request.method, response.uri, names)
    if found is None:
        return RequestedCall(S3, None, {})
    operation, values = found
    if operation == _FORM:
        # A browser's form is no operation of its own. moto takes a URL's query for one, too.
        fields = response.querystring
        given = {name: fields[key][0] for key, name in _FORM_FIELDS.items() if key in fields}
        return RequestedCall(S3, "PutObject", {**given, "Bucket": response.bucket_name})
    parameters = dict(_parsed(request, "rest-xml", S3, operation, values) or {})
    # moto and the models may disagree about slashes in a path: what moto does is what counts.
    if _takes("Bucket", operation):
        parameters["Bucket"] = response.bucket_name
    if _takes("Key", operation):
        parameters["Key"] = response.parse_key_name()
    return RequestedCall(S3, operation, parameters)


@lru_cache(maxsize=512)
def _operations(service: str) -> Mapping[str, str]:
    """Return the operations of a service by the names of the methods that moto calls for them."""
    return {
        camelcase_to_underscores(name): name for name in get_service_model(service).operation_names
    }


@lru_cache(maxsize=512)
def _takes(parameter: str, operation: str) -> bool:
    shape = get_service_model(S3).operation_model(operation).input_shape
    return shape is not None and parameter in shape.members


@lru_cache(maxsize=1024)
def _s3_route(
    method: str, url: str, header_names: tuple[str, ...]
) -> tuple[str, Mapping[str, str]] | None:
    request = wire_request(method, split_url(url), "", dict.fromkeys(header_names, ""))
    try:
        operation, values = get_service_router(S3).match(request)
    except UNREADABLE:
        return None
    return str(operation.name), values


def _parameters(response: Any, service: str, operation: str) -> Mapping[str, Any]:
    parsed = getattr(response, "params", None)
    if parsed.__class__ is dict:
        parameters = dict(parsed)
        if service == _QUEUES and not isinstance(parameters.get("QueueUrl"), str):
            # The path names a queue, too.
            parameters["QueueUrl"] = response.path
        return parameters
    request = response.normalized_request
    model = get_service_model(service)
    try:
        protocol = determine_request_protocol(model, request.content_type)
    except NotImplementedError:
        # moto does not mind what a request claims to be.
        protocol, found = str(model.protocol), None
    else:
        found = _parsed(request, protocol, service, operation, response.uri_match)
    if "json" in protocol:
        return as_moto_finds(response, service, operation, found)
    return found or {}


def _parsed(
    request: Any, protocol: str, service: str, operation: str, uri_values: Mapping[str, str]
) -> Mapping[str, Any] | None:
    """Read parameters as AWS does; None when they make no sense."""
    model = get_service_model(service).operation_model(operation)
    if model.input_shape is None:
        return {}
    try:
        parsed: Mapping[str, Any] = PROTOCOL_PARSERS[protocol](model).parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": dict(uri_values),
            }
        )
    except UNREADABLE:
        return None
    return parsed
