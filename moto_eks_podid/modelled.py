"""Parameters of a REST-JSON request, checked against botocore's own model of the operation.

moto's parser trusts its input: a number where a map belongs, or a body that is no JSON object,
makes it fail with a 500. The operations that are ours answer such requests with the service's
modelled errors.
"""

from __future__ import annotations

import json
import re
from typing import Any

from botocore.model import Shape, StructureShape
from botocore.validate import ParamValidator
from moto.core.request import Request
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model
from moto.eks.exceptions import EKSError

from . import constraints, hosts
from .caller import CallerResponse
from .signatures import region_in_query

_BOOLEANS = {"true": True, "false": False}
_PYTHON_CLASS = re.compile(r"<class '(\w+)'>")


class ModelledResponse(CallerResponse):
    """A response class whose operations read their input with :meth:`parameters`."""

    # Otherwise a body that is not UTF-8 fails before any operation sees it.
    use_raw_body = True

    #: The service's errors for a request that cannot be read, and for a parameter that it cannot
    #: take.
    malformed_request: type[EKSError]
    invalid_parameter: type[EKSError]

    #: What is not held to the model's constraints, as ``Operation.member``.
    unconstrained: frozenset[str] = frozenset()

    _operation: str | None = None

    def _get_action(self) -> str:
        # moto also believes an `Action` parameter and an `X-Amz-Target` header, which no REST
        # service has, and fails on names that do not exist. It asks several times a request, hence
        # the memory.
        if self._operation is None:
            self._operation = self._get_action_from_method_and_request_uri(self.normalized_request)
        return self._operation

    def setup_class(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # A form's body would be taken apart, and lost, before any operation sees it; moto even
        # fails on some. These services read JSON, whatever its sender calls it.
        request.environ["CONTENT_TYPE"] = "application/json"
        super().setup_class(request, *args, **kwargs)

    def get_region_from_url(self, request: Any, full_url: str) -> str:
        return (
            hosts.region_in(full_url)
            or _signed_region(request)
            or region_in_query(full_url.partition("?")[2])
            or self.default_region
        )

    def parameters(self, refusal: type[EKSError] | None = None) -> dict[str, Any]:
        """Return the input of the operation by member name; members that are null count as absent.

        :param refusal: the operation's own error, instead of both of the service's
        :raises EKSError: ``malformed_request`` for a body that is no JSON object, and
            ``invalid_parameter`` for members that are missing, of another type, or break the
            model's constraints
        """
        invalid_parameter = refusal or self.invalid_parameter
        action = self._get_action()
        shape = get_service_model(self.boto3_service_name).operation_model(action).input_shape
        assert isinstance(shape, StructureShape)
        body = self._body_object(refusal or self.malformed_request)
        given = {}
        for name, member in shape.members.items():
            wire_name = member.serialization.get("name", name)
            value = self._value_of(member, wire_name, body)
            if value is not None:
                given[name] = value
        # First: of the constraints botocore knows only some, and says so in words of its own.
        for name, value in given.items():
            member = shape.members[name]
            if f"{action}.{name}" in self.unconstrained:
                continue
            if constraints.applicable(value, member) and (
                text := constraints.broken(name, value, member)
            ):
                raise invalid_parameter(message=text)
        for name in shape.required_members:
            if name not in given:
                raise invalid_parameter(message=constraints.missing(name))
        report = ParamValidator().validate(given, shape)
        if report.has_errors():
            for name, value in given.items():
                member = shape.members[name]
                # botocore repeats the value, and the text would be in the call's record.
                if member.metadata.get("sensitive") and _is_wrong(value, member):
                    raise invalid_parameter(message=f"Invalid type for parameter {name}")
            raise invalid_parameter(message=_PYTHON_CLASS.sub(r"\1", report.generate_report()))
        return given

    def _body_object(self, malformed_request: type[EKSError]) -> dict[str, Any]:
        try:
            body = json.loads(self.raw_body or b"{}")
        except (ValueError, RecursionError):
            raise malformed_request(message="The request body is not valid JSON.") from None
        if not isinstance(body, dict):
            raise malformed_request(message="The request body is not a JSON object.")
        return body

    def _value_of(self, member: Any, wire_name: str, body: dict[str, Any]) -> Any:
        location = member.serialization.get("location")
        if location == "uri":
            return self.uri_match.get(wire_name)
        if location == "querystring":
            values = self.normalized_request.args.getlist(wire_name)
            if member.type_name == "list":
                return values or None
            if (
                values
                and member.type_name == "integer"
                and re.fullmatch(r"-?[0-9]{1,18}", values[0])
            ):
                return int(values[0])
            if values and member.type_name == "boolean":
                return _BOOLEANS.get(values[0], values[0])
            return values[0] if values else None
        return body.get(wire_name)


def _is_wrong(value: Any, member: Shape) -> bool:
    return bool(ParamValidator().validate(value, member).has_errors())


_SIGNED_REGION = re.compile(r"Credential=[^/,\s]+/\d+/(?P<region>[^/,\s]+)/", re.ASCII)
_USER_AGENT_REGION = BaseResponse.region_from_useragent_regex


def _signed_region(request: Any) -> str | None:
    match = _USER_AGENT_REGION.search(
        request.headers.get("User-Agent", "")
    ) or _SIGNED_REGION.search(request.headers.get("Authorization", ""))
    return match["region"] if match else None
