"""The mutation: from a pod, and what is known of its service account, to a JSON Patch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .annotations import DOMAIN, SKIP_LABEL, PodOptions, ServiceAccountOptions
from .injection import Injection, Variables, pod_identity, web_identity
from .kubernetes import CONTAINER, POD

#: Seconds. The default lifetime of a pod identity token is drawn from these, both included.
DEFAULT_TOKEN_EXPIRATION = 86_400
JITTER = (79_200, DEFAULT_TOKEN_EXPIRATION)

_LABEL = f"{DOMAIN}/pod-identity"
_OS_LABELS = ("kubernetes.io/os", "beta.kubernetes.io/os")

#: One operation of a JSON Patch (RFC 6902); the webhook only ever adds.
Operation = dict[str, Any]
#: Draws a whole number between two, both included, as ``random.randint`` does.
Draw = Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class Pod:
    """What the webhook reads of a pod, as its Go structs hold it.

    :ivar volumes: the names of its volumes; None when it has no list of them
    """

    namespace: str
    service_account: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    windows: bool
    volumes: tuple[str, ...] | None
    containers: tuple[dict[str, Any], ...]
    init_containers: tuple[dict[str, Any], ...]

    @classmethod
    def read(cls, value: Any, *, namespace: str | None = None) -> Pod:
        """Read a pod. Namespace and service account are empty when it does not say them.

        :param namespace: the one that counts, whatever the pod says

        :raises MalformedValue: for something else, or a member of a wrong type
        """
        pod = POD.canonical(value, "")
        metadata, spec = pod["metadata"], pod["spec"]
        selector = spec.get("nodeSelector", {})
        volumes = spec.get("volumes")
        return cls(
            namespace=metadata.get("namespace", "") if namespace is None else namespace,
            service_account=spec.get("serviceAccountName", ""),
            labels=metadata.get("labels", {}),
            annotations=metadata.get("annotations", {}),
            windows=any(selector.get(label) == "windows" for label in _OS_LABELS),
            volumes=None if volumes is None else tuple(volume["name"] for volume in volumes),
            containers=tuple(spec.get("containers", ())),
            init_containers=tuple(spec.get("initContainers", ())),
        )

    @property
    def opted_out(self) -> bool:
        """Whether the pod has the label that keeps it from the webhook."""
        return SKIP_LABEL in self.labels


def mutate(
    pod: Pod, account: ServiceAccountOptions, *, associated: bool, region: str | None, draw: Draw
) -> list[Operation] | None:
    """Return the webhook's patch for a pod; None when it has nothing to do with the pod.

    An association goes before a role in an annotation, and a pod gets the variables of one only. A
    pod that has been through already gets a patch as well, which changes nothing.

    :param account: the options of the pod's service account
    :param associated: whether the service account has a pod identity association
    :param region: the cluster's region; None sets no variable for it
    :param draw: draws the lifetime of a pod identity token that nobody chose
    """
    injection = _injection(account, associated)
    if injection is None:
        return None
    patch: list[Operation] = []
    if injection.labelled:
        patch.append(_label_operation(pod))
    options = PodOptions.read(pod.annotations)
    if injection.volume not in (pod.volumes or ()):
        expiration = _expiration(options, account, injection, draw)
        patch.append(_volume_operation(pod, injection, expiration))
    groups = injection.variables(
        region,
        sts_regional_endpoints=account.sts_regional_endpoints is not False,
        windows=pod.windows,
    )

    def injected(containers: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
        return [
            container
            if container["name"] in options.skipped_containers
            else _with_injection(container, injection, groups)
            for container in containers
        ]

    patch.append(_add("/spec/containers", injected(pod.containers)))
    if pod.init_containers:
        patch.append(_add("/spec/initContainers", injected(pod.init_containers)))
    return patch


def _injection(account: ServiceAccountOptions, associated: bool) -> Injection | None:
    if associated:
        return pod_identity()
    return web_identity(account.role_arn, account.audience) if account.role_arn else None


def _expiration(
    options: PodOptions, account: ServiceAccountOptions, injection: Injection, draw: Draw
) -> int:
    for asked in (options.token_expiration, account.token_expiration):
        if asked is not None:
            return asked
    return draw(*JITTER) if injection.jittered else DEFAULT_TOKEN_EXPIRATION


def _add(path: str, value: Any) -> Operation:
    return {"op": "add", "path": path, "value": value}


def _label_operation(pod: Pod) -> Operation:
    if not pod.labels:
        return _add("/metadata/labels", {_LABEL: "enabled"})
    return _add(f"/metadata/labels/{_LABEL.replace('/', '~1')}", "enabled")


def _volume_operation(pod: Pod, injection: Injection, expiration: int) -> Operation:
    token = {"expirationSeconds": expiration, "path": injection.token_path}
    if injection.audience:
        token = {"audience": injection.audience, **token}
    volume = {"name": injection.volume, "projected": {"sources": [{"serviceAccountToken": token}]}}
    if pod.volumes is None:
        return _add("/spec/volumes", [volume])
    return _add("/spec/volumes/0", volume)


def _with_injection(
    container: dict[str, Any], injection: Injection, groups: tuple[Variables, ...]
) -> dict[str, Any]:
    env, mounts = container.get("env", []), container.get("volumeMounts", [])
    names = {variable["name"] for variable in env}
    if injection.complete(names):
        return container
    added = [
        {"name": name, "value": value}
        for group in groups
        if names.isdisjoint(name for name, _ in group)
        for name, value in group
    ]
    if all(mount["name"] != injection.volume for mount in mounts):
        mount = {"name": injection.volume, "readOnly": True, "mountPath": injection.mount_path}
        mounts = [*mounts, mount]
    # Once more: members that are new have their place.
    return CONTAINER.canonical({**container, "env": [*env, *added], "volumeMounts": mounts}, "")
