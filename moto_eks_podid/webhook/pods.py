"""A pod as a user writes it: what the API server does to it before and after the webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .admission import Decide
from .mutation import Operation, Pod
from .schema import MalformedValue

DEFAULT_NAMESPACE = "default"
DEFAULT_SERVICE_ACCOUNT = "default"


def patch_of(value: Any, decide: Decide, *, namespace: str | None = None) -> list[Operation]:
    """Return what the webhook does to a pod at its creation; nothing for one that opted out.

    :param value: the pod, or the template of pods
    :param namespace: where it is created; default: what it says itself, or ``default``
    :raises MalformedValue: for something else, or a pod of another namespace
    """
    pod = admitted(value, namespace)
    if pod.opted_out:
        return []
    patch = decide(pod)
    if not patch:
        return []
    if value.get("metadata") is None and any(_below_metadata(operation) for operation in patch):
        # Every pod has metadata once it is created; templates often have none.
        return [{"op": "add", "path": "/metadata", "value": {}}, *patch]
    return patch


def admitted(value: Any, namespace: str | None = None) -> Pod:
    """Read a pod as the API server shows it to webhooks: with namespace and service account.

    :raises MalformedValue: as :func:`patch_of`
    """
    pod = Pod.read(value)
    kind, version = value.get("kind", "Pod"), value.get("apiVersion", "v1")
    if (kind, version) != ("Pod", "v1"):
        raise MalformedValue(f"it is a {kind} of {version}, not a Pod of v1")
    if value.get("spec") is None:
        raise MalformedValue("it has no spec")
    if not pod.containers:
        raise MalformedValue("spec.containers is empty")
    if pod.namespace and namespace and pod.namespace != namespace:
        raise MalformedValue(f"metadata.namespace is {pod.namespace!r}, not {namespace!r}")
    return replace(
        pod,
        namespace=pod.namespace or namespace or DEFAULT_NAMESPACE,
        # The second one is its deprecated name.
        service_account=pod.service_account
        or value["spec"].get("serviceAccount")
        or DEFAULT_SERVICE_ACCOUNT,
    )


def patched(value: Any, patch: list[Operation]) -> Any:
    """Return a copy of a JSON value with a patch applied, and the value as it was.

    :param patch: operations that add, to places whose parents are there
    """
    for operation in patch:
        path = [
            part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
        ]
        value = _added(value, path, operation["value"])
    return value


def _added(value: Any, path: list[str], new: Any) -> Any:
    # Only what is on the way is copied: YAML's aliases may have the same object in several places.
    head, *rest = path
    if isinstance(value, Mapping):
        return {**value, head: _added(value[head], rest, new) if rest else new}
    place = int(head)
    if rest:
        return [*value[:place], _added(value[place], rest, new), *value[place + 1 :]]
    return [*value[:place], new, *value[place:]]


def _below_metadata(operation: Operation) -> bool:
    return str(operation["path"]).startswith("/metadata/")
