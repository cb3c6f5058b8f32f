"""The EKS operations that are ours; every other one is moto's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.eks.responses import EKSResponse

from ..modelled import ModelledResponse
from . import exceptions
from .lookup import find_backend
from .models import PodIdentityEKSBackend

#: Member of the model -> argument of the backend.
_ARGUMENTS = {
    "clusterName": "cluster_name",
    "namespace": "namespace",
    "serviceAccount": "service_account",
    "associationId": "association_id",
    "roleArn": "role_arn",
    "clientRequestToken": "client_request_token",
    "tags": "tags",
    "disableSessionTags": "disable_session_tags",
    "targetRoleArn": "target_role_arn",
    "policy": "policy",
    "maxResults": "max_results",
    "nextToken": "next_token",
}


class PodIdentityEKSResponse(ModelledResponse, EKSResponse):
    """moto's EKS operations, plus those of associations."""

    malformed_request = exceptions.InvalidRequestException
    invalid_parameter = exceptions.InvalidParameterException

    @property
    def eks_backend(self) -> PodIdentityEKSBackend:
        return find_backend(self.current_account, self.region)

    def create_pod_identity_association(self) -> ActionResult:
        return self._association(self.eks_backend.create_pod_identity_association)

    def describe_pod_identity_association(self) -> ActionResult:
        return self._association(self.eks_backend.describe_pod_identity_association)

    def update_pod_identity_association(self) -> ActionResult:
        return self._association(self.eks_backend.update_pod_identity_association)

    def delete_pod_identity_association(self) -> ActionResult:
        return self._association(self.eks_backend.delete_pod_identity_association)

    def list_pod_identity_associations(self) -> ActionResult:
        page, next_token = self.eks_backend.list_pod_identity_associations(**self._arguments())
        return ActionResult({"associations": page, "nextToken": next_token})

    def tag_resource(self) -> ActionResult:
        given = self.parameters()
        self.eks_backend.tag_resource(given["resourceArn"], given["tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        given = self.parameters()
        self.eks_backend.untag_resource(given["resourceArn"], given["tagKeys"])
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        given = self.parameters()
        return ActionResult({"tags": self.eks_backend.list_tags_for_resource(given["resourceArn"])})

    def _association(self, operation: Callable[..., Any]) -> ActionResult:
        return ActionResult({"association": operation(**self._arguments())})

    def _arguments(self) -> dict[str, Any]:
        return {_ARGUMENTS[name]: value for name, value in self.parameters().items()}
