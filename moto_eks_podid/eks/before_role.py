"""What EKS checks of an association before it asks whether the caller may pass the role."""

from __future__ import annotations

from typing import Any, Final

from ..identity import associations
from .exceptions import refusals
from .models import PodIdentityEKSBackend

#: Operations that hand a role to pods.
WITH_ROLE: Final = frozenset({"CreatePodIdentityAssociation", "UpdatePodIdentityAssociation"})


def check_before_role(
    backend: PodIdentityEKSBackend,
    *,
    cluster_name: str,
    namespace: str = "",
    service_account: str = "",
    tags: dict[str, str] | None = None,
    association_id: str | None = None,
    role_arn: str | None = None,
    **_: Any,
) -> None:
    """Check an association that is to be made, or changed, in the order of the operation itself.

    :raises EKSError: the service's error for what is wrong
    """
    if association_id is None:
        backend.usable_identity(cluster_name)
        with refusals():
            associations.check_namespace(namespace)
            associations.check_service_account(service_account)
            associations.check_tags(tags or {})
    else:
        backend.describe_pod_identity_association(cluster_name, association_id)
    if role_arn is not None:
        with refusals():
            associations.check_role_arn(role_arn, backend.partition, backend.account_id)
