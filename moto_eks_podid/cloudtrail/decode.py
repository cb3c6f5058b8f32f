"""What a call was about: parameters, results and error, from its bytes and botocore's models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers

from ..events.call import HIDDEN, CallDetails, Map
from ..events.catalogue import Classified, shows_results
from .answers import answer_parser, as_response, encodable, error_of
from .calls import MAX_KEPT_BODY, CapturedCall, plain
from .operations import UNREADABLE, route, split_url, wire_request

#: The services whose records have an ``apiVersion``, and what it reads (samples in the CloudTrail
#: pages of their guides).
SHOWN_API_VERSIONS = {
    "dynamodb": "2012-08-10",
    "dynamodbstreams": "2012-08-10",
    "elb": "2012-06-01",
    "elbv2": "2015-12-01",
    "logs": "20140328",
    "route53": "2013-04-01",
}

#: The services whose results name the resources of calls that read.
NAMED_BY_RESULTS = frozenset({"kms"})

FORM = "application/x-www-form-urlencoded"

#: No service takes or gives anything nested as deeply; JSON of a hostile client may be.
MAX_DEPTH = 100


def details(call: CapturedCall, what: Classified) -> CallDetails:
    """Return the facts of a call.

    Parameters and results that cannot be read (moto writes some answers by hand) are None, and so
    are results that no record shows.

    :param what: what the call was classified as
    """
    operation = get_service_model(what.service).operation_model(what.operation)
    url = split_url(call.url)
    parameters_too_large = (
        call.body is None and call.body_size > 0 and not _is_bytes(operation.input_shape)
    )
    parameters = None if parameters_too_large else _parameters(call, what, operation)
    if call.extra_parameters:
        parameters = {**call.extra_parameters, **(parameters or {})}
    error_code = error_message = results = None
    if call.status >= 301:
        error_code, error_message = error_of(call, what)
    else:
        results = _results(call, what, operation)
    return CallDetails(
        event_id=call.event_id,
        event_time=datetime.fromtimestamp(call.time, timezone.utc),
        service=what.service,
        operation=what.operation,
        signing_name=what.signing_name,
        protocol=what.protocol,
        region=call.region,
        account_id=call.account_id,
        identity=call.identity,
        source_ip=call.source_ip,
        user_agent=call.user_agent,
        request_id=call.request_id,
        host=url.host or None,
        signed_with=call.signed_with,
        query=tuple(parse_qsl(url.query, keep_blank_values=True))
        if what.protocol == "rest-xml"
        else (),
        parameters=parameters,
        results=results,
        error_code=error_code,
        error_message=error_message,
        api_version=SHOWN_API_VERSIONS.get(what.service),
        shared_event_id=call.shared_event_id,
        resource_account_id=call.resource_account_id,
        bytes_in=call.body_size,
        bytes_out=call.answer_size,
        parameters_too_large=parameters_too_large,
        results_too_large=(
            call.answer is None
            and call.answer_size > MAX_KEPT_BODY
            and not what.read_only
            and not _is_bytes(operation.output_shape)
        ),
    )


def _parameters(
    call: CapturedCall, what: Classified, operation: OperationModel
) -> Mapping[str, Any] | None:
    shape = operation.input_shape
    if shape is None:
        return None
    body = plain(call.body)
    form = what.protocol in ("query", "ec2")
    try:
        headers = Headers(call.headers)
        if call.content_type and what.service != "s3":
            headers["Content-Type"] = call.content_type
        request = wire_request(call.method, split_url(call.url), FORM if form else "", {}, body)
        parsed = PROTOCOL_PARSERS[what.protocol](operation).parse(
            {
                "method": call.method,
                "values": request.values,
                "headers": headers,
                "body": body,
                "url_path": request.path,
                "url_params": route(what.service, call)[1] if _is_rest(what) else {},
            }
        )
        return _shown(parsed, shape) or None
    except UNREADABLE:
        return None


def _is_rest(what: Classified) -> bool:
    return what.protocol.startswith("rest-")


def _results(
    call: CapturedCall, what: Classified, operation: OperationModel
) -> Mapping[str, Any] | None:
    shape: Shape | None = operation.output_shape
    if shape is None or (call.answer is None and call.answer_size > 0):
        return None
    if what.service not in NAMED_BY_RESULTS and not shows_results(
        what.service, what.operation, what.read_only
    ):
        return None
    if what.protocol == "query" and "resultWrapper" not in shape.serialization:
        # The model is of the service's JSON protocol, which has no wrapper.
        wrapper = {"resultWrapper": f"{what.operation}Result"}
        shape = operation.service_model.shape_for(shape.name, wrapper)
    try:
        parsed = answer_parser(what.protocol).parse(as_response(call), shape)
        parsed.pop("ResponseMetadata", None)
        return _shown(parsed, shape) or None
    except UNREADABLE:
        return None


def _is_bytes(shape: Shape | None) -> bool:
    """Tell whether a message is bytes or a stream, which no record shows, beside its headers."""
    if not isinstance(shape, StructureShape):
        return False
    payload = shape.members.get(shape.serialization.get("payload", ""))
    return payload is not None and _is_left_out(payload, is_payload=True)


def _is_left_out(shape: Shape, *, is_payload: bool) -> bool:
    serialization = shape.serialization
    return bool(
        serialization.get("streaming")
        or serialization.get("eventstream")
        or (is_payload and shape.type_name == "blob")
    )


def _shown(value: Any, shape: Shape, depth: int = 0) -> Any:
    """Return a parsed value as a record may show it: without what is secret, and without streams.

    :raises ValueError: when it is nested too deeply
    """
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if shape.metadata.get("sensitive"):
        return HIDDEN
    if isinstance(shape, StructureShape) and not shape.is_document_type:
        return _shown_structure(value, shape, depth)
    if isinstance(shape, ListShape):
        return [_shown(item, shape.member, depth + 1) for item in value]
    if isinstance(shape, MapShape):
        if shape.key.metadata.get("sensitive"):
            return HIDDEN
        return Map(
            (encodable(key), _shown(item, shape.value, depth + 1)) for key, item in value.items()
        )
    return _plain(value, depth)


def _shown_structure(value: Mapping[str, Any], shape: StructureShape, depth: int) -> dict[str, Any]:
    payload = shape.serialization.get("payload")
    shown = {}
    for name, item in value.items():
        member = shape.members.get(name)
        if member is None or item is None or _is_left_out(member, is_payload=name == payload):
            continue
        # What botocore and moto make of a header or a query that was not sent.
        if not item and member.serialization.get("location") and isinstance(item, (dict, list)):
            continue
        shown[name] = _shown(item, member, depth + 1)
    return shown


def _plain(value: Any, depth: int) -> Any:
    """Return a scalar, or a document, whose members no model knows."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.replace(tzinfo=timezone.utc)
        return value.astimezone(timezone.utc)
    if isinstance(value, dict):
        return Map((encodable(key), _plain(item, depth + 1)) for key, item in value.items())
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    return value
