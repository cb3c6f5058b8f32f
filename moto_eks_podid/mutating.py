"""``mutate_pod``: the webhook as a function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.moto_api._internal import mock_random

from .associated import IdentitiesFile, associated
from .webhook.annotations import ServiceAccountOptions
from .webhook.mutation import Operation, Pod, mutate
from .webhook.pods import patch_of
from .webhook.schema import MalformedValue, MapOf, Text


def mutate_pod(
    pod: Mapping[str, Any],
    *,
    cluster: str | None = None,
    namespace: str | None = None,
    identities: IdentitiesFile | None = None,
    region: str | None = None,
    service_account_annotations: Mapping[str, str] | None = None,
    endpoint_url: str | None = None,
) -> list[dict[str, Any]]:
    """Return the JSON Patch with which EKS's webhook answers the creation of a pod.

    A pod whose service account has a pod identity association gets the variables, the mount and the
    volume of Pod Identity; another one those of IRSA, if its service account is annotated with a
    role. The patch is that of the open-source amazon-eks-pod-identity-webhook, operation by
    operation. The pod is not changed.

    The lifetime of a pod identity token is drawn at random, as EKS does, unless an annotation says
    it: ``/moto-api/seed`` makes it repeat.

    :param pod: the pod as JSON, or a template of pods; without a service account it is
        ``default``'s. An unchanged answer of ``yaml.safe_load`` or of the Kubernetes client's
        ``sanitize_for_serialization`` will do.
    :param cluster: whose associations count; default: the only cluster there is
    :param namespace: where the pod is created; default: what it says itself, or ``default``
    :param identities: service accounts that have an association, instead of the cluster's: the
        JSON of the webhook's identities file,
        ``{"identities": [{"namespace": "shop", "serviceAccount": "cart"}]}``, or its path. No
        cluster is needed then.
    :param region: the cluster's; default: wherever the only cluster of that name is. Without a
        cluster and a region, no variable is set for the region.
    :param service_account_annotations: of the pod's service account, such as
        ``eks.amazonaws.com/role-arn``
    :param endpoint_url: of a server with the plugin; default: this process, or moto's own server
        under ``TEST_SERVER_MODE``
    :returns: the patch (RFC 6902, only ``add``), empty when the webhook leaves the pod alone
    :raises ValueError: for something that is no pod, a member of a wrong type, a pod of another
        namespace, or malformed identities; the message says which and where
    :raises ClusterLookupError: when no cluster fits, or more than one does
    """
    try:
        annotations = MapOf(Text()).canonical(
            service_account_annotations or {}, "service_account_annotations"
        )
    except MalformedValue as error:
        raise ValueError(str(error)) from None

    def decide(read: Pod) -> list[Operation] | None:
        subject = (read.namespace, read.service_account)
        known = associated(
            cluster, file=identities, region=region, endpoint_url=endpoint_url, subject=subject
        )
        return mutate(
            read,
            ServiceAccountOptions.read(annotations),
            associated=known.has(*subject),
            region=known.region,
            draw=mock_random.randint,
        )

    try:
        return patch_of(pod, decide, namespace=namespace)
    except MalformedValue as error:
        raise ValueError(f"This is no pod: {error}") from None
