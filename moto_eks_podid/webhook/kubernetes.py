"""The parts of a pod that the webhook reads, and all of a container, which it writes.

Members in the order of Kubernetes' own Go structs (``k8s.io/api/core/v1``, version 1.34): that is
the order in which the webhook writes them.
"""

from __future__ import annotations

from .schema import (
    Flag,
    IntOrString,
    Keep,
    Kind,
    ListOf,
    MapOf,
    Member,
    Quantity,
    Struct,
    Text,
    Whole,
)

_TEXT = Text()
_FLAG = Flag()
_INT32 = Whole(32)
_INT64 = Whole(64)
_TEXTS = ListOf(_TEXT)


def _always(name: str, kind: Kind) -> Member:
    return Member(name, kind, Keep.ALWAYS)


def _if_given(name: str, kind: Kind) -> Member:
    return Member(name, kind, Keep.IF_GIVEN)


def _if_set(kind: Kind, *names: str) -> tuple[Member, ...]:
    return tuple(Member(name, kind) for name in names)


# Environment

_FIELD_REF = Struct((*_if_set(_TEXT, "apiVersion"), _always("fieldPath", _TEXT)))
_RESOURCE_FIELD_REF = Struct(
    (
        *_if_set(_TEXT, "containerName"),
        _always("resource", _TEXT),
        _always("divisor", Quantity()),
    )
)
_KEY_REF = Struct((*_if_set(_TEXT, "name"), _always("key", _TEXT), _if_given("optional", _FLAG)))
_FILE_KEY_REF = Struct(
    (
        _always("volumeName", _TEXT),
        _always("path", _TEXT),
        _always("key", _TEXT),
        _if_given("optional", _FLAG),
    )
)
_ENV_SOURCE = Struct(
    (
        _if_given("fieldRef", _FIELD_REF),
        _if_given("resourceFieldRef", _RESOURCE_FIELD_REF),
        _if_given("configMapKeyRef", _KEY_REF),
        _if_given("secretKeyRef", _KEY_REF),
        _if_given("fileKeyRef", _FILE_KEY_REF),
    )
)
_ENV = Struct(
    (_always("name", _TEXT), *_if_set(_TEXT, "value"), _if_given("valueFrom", _ENV_SOURCE))
)
_ENV_REF = Struct((*_if_set(_TEXT, "name"), _if_given("optional", _FLAG)))
_ENV_FROM = Struct(
    (
        *_if_set(_TEXT, "prefix"),
        _if_given("configMapRef", _ENV_REF),
        _if_given("secretRef", _ENV_REF),
    )
)

# Resources and volumes

_RESOURCES = Struct(
    (
        *_if_set(MapOf(Quantity()), "limits", "requests"),
        Member("claims", ListOf(Struct((_always("name", _TEXT), *_if_set(_TEXT, "request"))))),
    )
)
_RESIZE_POLICY = Struct((_always("resourceName", _TEXT), _always("restartPolicy", _TEXT)))
_RESTART_RULE = Struct(
    (
        *_if_set(_TEXT, "action"),
        _if_given(
            "exitCodes", Struct((_always("operator", _TEXT), *_if_set(ListOf(_INT32), "values")))
        ),
    )
)
_VOLUME_MOUNT = Struct(
    (
        _always("name", _TEXT),
        *_if_set(_FLAG, "readOnly"),
        _if_given("recursiveReadOnly", _TEXT),
        _always("mountPath", _TEXT),
        *_if_set(_TEXT, "subPath"),
        _if_given("mountPropagation", _TEXT),
        *_if_set(_TEXT, "subPathExpr"),
    )
)
_VOLUME_DEVICE = Struct((_always("name", _TEXT), _always("devicePath", _TEXT)))

# Probes and hooks

_HTTP_HEADER = Struct((_always("name", _TEXT), _always("value", _TEXT)))
_EXEC = _if_given("exec", Struct(_if_set(_TEXTS, "command")))
_HTTP_GET = _if_given(
    "httpGet",
    Struct(
        (
            *_if_set(_TEXT, "path"),
            _always("port", IntOrString()),
            *_if_set(_TEXT, "host", "scheme"),
            *_if_set(ListOf(_HTTP_HEADER), "httpHeaders"),
        )
    ),
)
_TCP_SOCKET = _if_given(
    "tcpSocket", Struct((_always("port", IntOrString()), *_if_set(_TEXT, "host")))
)
_GRPC = _if_given("grpc", Struct((_always("port", _INT32), Member("service", _TEXT, Keep.OR_NULL))))
_SLEEP = _if_given("sleep", Struct((_always("seconds", _INT64),)))
_PROBE = Struct(
    (
        _EXEC,
        _HTTP_GET,
        _TCP_SOCKET,
        _GRPC,
        *_if_set(
            _INT32,
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold",
        ),
        _if_given("terminationGracePeriodSeconds", _INT64),
    )
)
_HOOK = Struct((_EXEC, _HTTP_GET, _TCP_SOCKET, _SLEEP))
_LIFECYCLE = Struct(
    (_if_given("postStart", _HOOK), _if_given("preStop", _HOOK), _if_given("stopSignal", _TEXT))
)

# Security

_PROFILE = Struct((_always("type", _TEXT), _if_given("localhostProfile", _TEXT)))
_SECURITY_CONTEXT = Struct(
    (
        _if_given("capabilities", Struct(_if_set(_TEXTS, "add", "drop"))),
        _if_given("privileged", _FLAG),
        _if_given("seLinuxOptions", Struct(_if_set(_TEXT, "user", "role", "type", "level"))),
        _if_given(
            "windowsOptions",
            Struct(
                (
                    _if_given("gmsaCredentialSpecName", _TEXT),
                    _if_given("gmsaCredentialSpec", _TEXT),
                    _if_given("runAsUserName", _TEXT),
                    _if_given("hostProcess", _FLAG),
                )
            ),
        ),
        _if_given("runAsUser", _INT64),
        _if_given("runAsGroup", _INT64),
        _if_given("runAsNonRoot", _FLAG),
        _if_given("readOnlyRootFilesystem", _FLAG),
        _if_given("allowPrivilegeEscalation", _FLAG),
        _if_given("procMount", _TEXT),
        _if_given("seccompProfile", _PROFILE),
        _if_given("appArmorProfile", _PROFILE),
    )
)

_PORT = Struct(
    (
        *_if_set(_TEXT, "name"),
        *_if_set(_INT32, "hostPort"),
        _always("containerPort", _INT32),
        *_if_set(_TEXT, "protocol", "hostIP"),
    )
)

CONTAINER = Struct(
    (
        _always("name", _TEXT),
        *_if_set(_TEXT, "image"),
        *_if_set(_TEXTS, "command", "args"),
        *_if_set(_TEXT, "workingDir"),
        *_if_set(ListOf(_PORT), "ports"),
        *_if_set(ListOf(_ENV_FROM), "envFrom"),
        *_if_set(ListOf(_ENV), "env"),
        _always("resources", _RESOURCES),
        *_if_set(ListOf(_RESIZE_POLICY), "resizePolicy"),
        _if_given("restartPolicy", _TEXT),
        *_if_set(ListOf(_RESTART_RULE), "restartPolicyRules"),
        *_if_set(ListOf(_VOLUME_MOUNT), "volumeMounts"),
        *_if_set(ListOf(_VOLUME_DEVICE), "volumeDevices"),
        _if_given("livenessProbe", _PROBE),
        _if_given("readinessProbe", _PROBE),
        _if_given("startupProbe", _PROBE),
        _if_given("lifecycle", _LIFECYCLE),
        *_if_set(_TEXT, "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy"),
        _if_given("securityContext", _SECURITY_CONTEXT),
        *_if_set(_FLAG, "stdin", "stdinOnce", "tty"),
    )
)

_METADATA = Struct(
    (
        *_if_set(_TEXT, "name", "generateName", "namespace"),
        *_if_set(MapOf(_TEXT), "labels", "annotations"),
    )
)
_SPEC = Struct(
    (
        _if_given("volumes", ListOf(Struct((_always("name", _TEXT),)))),
        *_if_set(ListOf(CONTAINER), "initContainers", "containers"),
        *_if_set(MapOf(_TEXT), "nodeSelector"),
        *_if_set(_TEXT, "serviceAccountName", "serviceAccount"),
    )
)
#: Only what the webhook reads: whatever else is in a pod is the API server's to judge.
POD = Struct((_always("metadata", _METADATA), _always("spec", _SPEC)))
