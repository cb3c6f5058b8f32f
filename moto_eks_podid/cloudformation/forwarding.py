"""Calls that CloudFormation makes for whoever asked it to make, change or delete a stack.

They take the way of every other call from the service's front on: parameters are checked,
permissions are judged as the caller's, and a record is left, with ``invokedBy``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.awsrequest import HeadersDict, prepare_request_dict
from botocore.model import OperationModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator
from moto.core.request import Request
from moto.core.utils import get_service_model
from moto.utilities.utils import get_partition

from ..caller import CallerResponse, CallingService
from ..cloudtrail.capture import RequestColumns, record
from ..cloudtrail.progress import CallInProgress, call_in_progress, current_call
from ..events.identities import AWSService, Identity, access_key_of, invoked_by
from ..hosts import DNS_SUFFIXES
from ..sts.models import find_issued, find_token

PRINCIPAL = "cloudformation.amazonaws.com"


def _eks() -> CallerResponse:
    from ..eks.responses import PodIdentityEKSResponse

    return PodIdentityEKSResponse()


#: The services that CloudFormation calls, by botocore's names: what answers a request to one.
_ANSWERING: Mapping[str, Callable[[], CallerResponse]] = {"eks": _eks}


class ServiceRefusal(Exception):
    """A service refused a call: with this code, HTTP status and message."""

    def __init__(self, service: str, code: str, status: int, message: str, request_id: str) -> None:
        super().__init__(message)
        self.service = service
        self.code = code
        self.status = status
        self.message = message
        self.request_id = request_id


def call(
    service: str, operation: str, parameters: Mapping[str, Any], account_id: str, region: str
) -> dict[str, Any]:
    """Call a service for whoever makes the CloudFormation call that is being answered.

    Outside of a call, for example when a test uses a backend directly, nobody is judged and nothing
    recorded; in a stack set's other accounts nobody is judged.

    :param service: botocore's name of a service that is ours
    :param operation: botocore's name of the operation
    :param parameters: by the model's member names; members that are None count as absent
    :param account_id: of the stack
    :param region: of the stack
    :returns: the answer by the model's member names
    :raises ServiceRefusal: when the service refuses
    """
    model = get_service_model(service)
    operation_model = model.operation_model(operation)
    given = {name: value for name, value in parameters.items() if value is not None}
    report = ParamValidator().validate(given, operation_model.input_shape)
    if report.has_errors():
        # What an SDK says before it calls anybody, such as of a misspelt part of a cluster's
        # network: nothing is recorded.
        raise ServiceRefusal(service, "ValidationException", 400, report.generate_report(), "")
    outer = current_call()
    caller = caller_of_calls(outer, account_id)
    sent = create_serializer(model.protocol, False).serialize_to_request(given, operation_model)
    suffix = DNS_SUFFIXES[get_partition(region)]
    prepare_request_dict(sent, f"https://{model.endpoint_prefix}.{region}.{suffix}")
    headers = {
        **sent["headers"],
        "User-Agent": PRINCIPAL,
        **_signature(caller, model.signing_name, region),
    }
    method, url, body = sent["method"], sent["url"], sent["body"]

    response = _ANSWERING[service]()
    response.calling_service = CallingService(PRINCIPAL, account_id)
    request = Request.from_primitives(method, url, headers, body)
    columns = RequestColumns(method, url, headers, PRINCIPAL)
    with call_in_progress(invoked_by(caller, PRINCIPAL)) as inner:
        inner.account_id = account_id
        status, answer_headers, answer = response._dispatch(request, url, request.headers)
    if outer is not None:
        record(columns, inner, body, status, answer_headers, answer)
    return _read(service, operation_model, status, answer_headers, answer)


def caller_of_calls(outer: CallInProgress | None, account_id: str) -> Identity:
    """Return for whom a call is made; CloudFormation itself where that is nobody of the account."""
    if outer is not None and getattr(outer.identity, "account_id", None) == account_id:
        return outer.identity
    return AWSService(PRINCIPAL)


def _signature(caller: Identity, signing_name: str, region: str) -> dict[str, str]:
    key = access_key_of(caller)
    if key is None:
        return {}
    scope = f"{key}/00000000/{region}/{signing_name}/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}"}
    if issued := find_issued(key):
        headers["X-Amz-Security-Token"] = issued.assumed_role.session_token
    elif token := find_token(key):
        headers["X-Amz-Security-Token"] = token.session_token
    return headers


def _read(
    service: str, operation: OperationModel, status: int, headers: Mapping[str, Any], answer: Any
) -> dict[str, Any]:
    body = answer.encode() if isinstance(answer, str) else answer
    parsed: dict[str, Any] = create_parser(operation.service_model.protocol).parse(
        {"status_code": status, "headers": HeadersDict(headers), "body": body},
        # None where nothing is answered, which its types do not say.
        operation.output_shape,  # type: ignore[arg-type]
    )
    about = parsed.pop("ResponseMetadata", {})
    if status >= 300:
        error = parsed["Error"]
        request_id = about.get("RequestId", "")
        raise ServiceRefusal(service, error["Code"], status, error["Message"], request_id)
    return parsed
