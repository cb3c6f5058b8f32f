"""The EKS operations that are ours; every other one is moto's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.core.request import Request
from moto.core.responses import ActionResult, EmptyResult
from moto.eks.responses import EKSResponse

from ..modelled import ModelledResponse
from . import exceptions
from .before_role import WITH_ROLE, check_before_role
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
    "addonName": "addon_name",
    "addonVersion": "addon_version",
    "serviceAccountRoleArn": "service_account_role_arn",
    "resolveConflicts": "resolve_conflicts",
    "configurationValues": "configuration_values",
    "podIdentityAssociations": "pod_identity_associations",
    "namespaceConfig": "namespace_config",
    "preserve": "preserve",
    "name": "cluster_name",
    "updateId": "update_id",
    "nodegroupName": "nodegroup_name",
    "capabilityName": "capability_name",
    "kubernetesVersion": "kubernetes_version",
    "types": "types",
    "publishers": "publishers",
    "owners": "owners",
}

#: Method, path and operation of requests that moto's router misreads: it takes a deletion without
#: an id for DeleteCluster, whose cluster the body may name, and an operation without a required
#: query parameter for none at all.
_ROUTES = (
    (
        "DELETE",
        re.compile(r"/clusters/(?P<name>[^/]+)/pod-identity-associations/*(?P<associationId>)"),
        "DeletePodIdentityAssociation",
    ),
    (
        "DELETE",
        re.compile(r"/clusters/(?P<name>[^/]+)/addons/*(?P<addonName>)"),
        "DeleteAddon",
    ),
    ("GET", re.compile(r"/addons/configuration-schemas/*"), "DescribeAddonConfiguration"),
    ("DELETE", re.compile(r"/tags/(?P<resourceArn>.*[^/])/*"), "UntagResource"),
)


class PodIdentityEKSResponse(ModelledResponse, EKSResponse):
    """moto's EKS operations, plus those of associations and add-ons."""

    malformed_request = exceptions.InvalidRequestException
    invalid_parameter = exceptions.InvalidParameterException

    # Clients send an empty map where there are no tags; too many have a text of EKS's own.
    unconstrained = frozenset({"CreateAddon.tags", "CreatePodIdentityAssociation.tags"})

    def _get_action_from_method_and_request_uri(self, request: Request) -> str:
        for method, path, operation in _ROUTES:
            match = path.fullmatch(request.raw_path) if request.method == method else None
            if match:
                self.uri_match = {name: unquote(text) for name, text in match.groupdict().items()}
                return operation
        return super()._get_action_from_method_and_request_uri(request)

    @property
    def eks_backend(self) -> PodIdentityEKSBackend:
        return find_backend(self.current_account, self.region)

    def check_before_role(self) -> None:
        """Check what EKS checks before the caller's permissions on a role, for our IAM.

        :raises EKSError: the service's error for what is wrong
        """
        if self._get_action() not in WITH_ROLE:
            return
        try:
            check_before_role(self.eks_backend, **self._arguments())
        except exceptions.EKSError as error:
            # moto forgets the headers of what is raised before the operation is called.
            self.response_headers["x-amzn-ErrorType"] = str(error.TYPE)
            raise

    def create_pod_identity_association(self) -> ActionResult:
        return self._association(self.eks_backend.create_pod_identity_association)

    def describe_pod_identity_association(self) -> ActionResult:
        return self._association(self.eks_backend.describe_pod_identity_association)

    def update_pod_identity_association(self) -> ActionResult:
        return self._association(self.eks_backend.update_pod_identity_association)

    def delete_pod_identity_association(self) -> ActionResult:
        return self._association(self.eks_backend.delete_pod_identity_association)

    def list_pod_identity_associations(self) -> ActionResult:
        return self._page("associations", self.eks_backend.list_pod_identity_associations)

    def create_addon(self) -> ActionResult:
        return self._addon(self.eks_backend.addons.create_addon)

    def describe_addon(self) -> ActionResult:
        return self._addon(self.eks_backend.addons.describe_addon)

    def delete_addon(self) -> ActionResult:
        return self._addon(self.eks_backend.addons.delete_addon)

    def update_addon(self) -> ActionResult:
        return self._update(self.eks_backend.addons.update_addon)

    def list_addons(self) -> ActionResult:
        return self._page("addons", self.eks_backend.addons.list_addons)

    def describe_addon_versions(self) -> ActionResult:
        return self._page("addons", self.eks_backend.addons.describe_addon_versions)

    def describe_addon_configuration(self) -> ActionResult:
        addons = self.eks_backend.addons
        return ActionResult(addons.describe_addon_configuration(**self._arguments()))

    def describe_update(self) -> ActionResult:
        return self._update(self.eks_backend.addons.describe_update)

    def list_updates(self) -> ActionResult:
        return self._page("updateIds", self.eks_backend.addons.list_updates)

    def tag_resource(self) -> ActionResult:
        given = self.parameters(refusal=exceptions.BadRequestException)
        self.eks_backend.tag_resource(given["resourceArn"], given["tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        given = self.parameters(refusal=exceptions.BadRequestException)
        self.eks_backend.untag_resource(given["resourceArn"], given["tagKeys"])
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        given = self.parameters(refusal=exceptions.BadRequestException)
        return ActionResult({"tags": self.eks_backend.list_tags_for_resource(given["resourceArn"])})

    def _association(self, operation: Callable[..., Any]) -> ActionResult:
        return ActionResult({"association": operation(**self._arguments())})

    def _addon(self, operation: Callable[..., Any]) -> ActionResult:
        return ActionResult({"addon": operation(**self._arguments())})

    def _update(self, operation: Callable[..., Any]) -> ActionResult:
        return ActionResult({"update": operation(**self._arguments())})

    def _page(self, member: str, operation: Callable[..., Any]) -> ActionResult:
        page, next_token = operation(**self._arguments())
        return ActionResult({member: page, "nextToken": next_token})

    def _arguments(self) -> dict[str, Any]:
        return {_ARGUMENTS[name]: value for name, value in self.parameters().items()}
