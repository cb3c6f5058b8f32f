"""IAM's operations: moto's, with the right partition, and those that simulate policies."""

from __future__ import annotations

from typing import Any

from botocore.model import StructureShape
from moto.core.common_types import TYPE_RESPONSE
from moto.core.model import ServiceModel
from moto.core.request import Request
from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.iam.responses import IamResponse

from . import exceptions, simulator
from .models import PartitionedIAMBackend
from .parameter_check import check_parameters


class PartitionedIamResponse(IamResponse):
    """moto's IAM, which takes ``iam.us-gov.amazonaws.com`` for a host of the partition ``aws``."""

    # Otherwise a body that is not UTF-8 fails before any operation sees it.
    use_raw_body = True

    @property
    def backend(self) -> PartitionedIAMBackend:
        # The seam has made it one of ours.
        return super().backend  # type: ignore[return-value]

    def get_region_from_url(self, request: Any, full_url: str) -> str:
        region = super().get_region_from_url(request, full_url)
        return "us-gov-west-1" if region == "us-gov" else region

    def parse_parameters(self, request: Request) -> None:
        try:
            super().parse_parameters(request)
        except ValueError:
            raise exceptions.ValidationError(exceptions.chosen("not a number")) from None
        except NotImplementedError:
            # moto's, for a content type that IAM does not speak.
            raise exceptions.ValidationError(exceptions.chosen("content type")) from None

    def determine_response_protocol(self, service_model: ServiceModel) -> str:
        try:
            return super().determine_response_protocol(service_model)
        except NotImplementedError:
            # A body that claims to be JSON is answered in IAM's own protocol.
            return "query"

    def _dispatch(
        self, request: Request, full_url: str | None = None, headers: Any = None
    ) -> TYPE_RESPONSE:
        # moto answers an error that an operation raises; this one is raised before there is one.
        try:
            return super()._dispatch(request, full_url, headers)
        except exceptions.ValidationError as error:
            status, error_headers, body = self.serialized(ActionResult(error))
            return status, *self._enrich_response(error_headers, body)

    def simulate_custom_policy(self) -> ActionResult:
        return ActionResult(simulator.simulate_custom_policy(self.backend, self._checked()))

    def simulate_principal_policy(self) -> ActionResult:
        return ActionResult(simulator.simulate_principal_policy(self.backend, self._checked()))

    def get_context_keys_for_custom_policy(self) -> ActionResult:
        return ActionResult(simulator.keys_of_custom_policy(self._checked()))

    def get_context_keys_for_principal_policy(self) -> ActionResult:
        return ActionResult(simulator.keys_of_principal_policy(self.backend, self._checked()))

    def _checked(self) -> dict[str, Any]:
        """The parameters, which keep to the service model."""
        shape = get_service_model("iam").operation_model(self._get_action()).input_shape
        assert isinstance(shape, StructureShape)
        given: dict[str, Any] = self.params
        check_parameters(given, shape)
        return given
