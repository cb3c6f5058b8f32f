"""The only module that alters moto: an ordered table of seams, put in and taken out as one.

Each seam says which upstream module it alters, why nothing smaller works, and which upstream
sources it leans on, with a digest of each: when moto changes one of them, a test says so by name. A
seam is applied when its module is imported (at once, if it is imported already), so that installing
costs next to nothing and a run that never touches a service of moto never loads our part of it.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from . import hosts, signatures
from ._watcher import ImportWatcher

Revert = Callable[[], None]

#: The moto versions whose sources have the digests below.
VERSIONS_CHECKED = ("5.2.5",)


class InstalledInsideMockWarning(UserWarning):
    """The plugin was installed while a moto mock was already running."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A source of moto that a seam leans on: ``module:qualified.name`` and its SHA-256."""

    name: str
    digest: str

    def current_digest(self) -> str:
        """Return the digest of the source as it is in the moto that is installed."""
        module, _, path = self.name.partition(":")
        thing: Any = importlib.import_module(module)
        for part in path.split("."):
            thing = (
                inspect.getattr_static(thing, part)
                if inspect.isclass(thing)
                else getattr(thing, part)
            )
        if isinstance(thing, property):
            thing = thing.fget
        if isinstance(thing, (classmethod, staticmethod)):
            thing = thing.__func__
        return hashlib.sha256(inspect.getsource(thing).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Seam:
    """One alteration of moto.

    ``module`` is the upstream module whose import triggers ``apply``; ``apply`` takes that module
    and returns what takes the alteration back.
    """

    name: str
    module: str
    target: str
    reason: str
    leans_on: tuple[Upstream, ...]
    apply: Callable[[Any], Revert]


def _add_url_patterns(backend_index: Any) -> Revert:
    ours = [("eksauth", hosts.EKS_AUTH_URL), ("eks", hosts.EKS_URL)]
    patterns = backend_index.backend_url_patterns
    patterns[:0] = ours

    def revert() -> None:
        patterns[:] = [entry for entry in patterns if entry not in ours]

    return revert


def _add_eksauth_module(_: Any) -> Revert:
    name = "moto.eksauth"
    module = ModuleType(name, "EKS Auth, as moto's get_backend looks it up.")

    def load(attribute: str) -> Any:
        if attribute != "eksauth_backends":
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}")
        from .eksauth.models import eksauth_backends

        module.__dict__[attribute] = eksauth_backends
        return eksauth_backends

    module.__dict__["__getattr__"] = load
    sys.modules[name] = module

    def revert() -> None:
        del sys.modules[name]

    return revert


def _replace(owner: Any, attribute: str, value: Any) -> Revert:
    original = owner.__dict__[attribute]
    setattr(owner, attribute, value)
    return lambda: setattr(owner, attribute, original)


def _together(*reverts: Revert) -> Revert:
    def revert() -> None:
        for take_back in reverts:
            take_back()

    return revert


def _replace_backend(backends: Any, ours: type) -> Revert:
    """Redirect one service of moto to our backend: state and, through its module, URLs."""
    return _replace(backends, "backend", ours)


def _replace_eks_backend(models: Any) -> Revert:
    from .eks.models import PodIdentityEKSBackend

    return _replace_backend(models.eks_backends, PodIdentityEKSBackend)


def _replace_iam_backend(models: Any) -> Revert:
    from .iam.models import PartitionedIAMBackend

    return _replace_backend(models.iam_backends, PartitionedIAMBackend)


def _replace_sts_backend(models: Any) -> Revert:
    from .sts.models import SessionRecorderSTSBackend

    return _replace_backend(models.sts_backends, SessionRecorderSTSBackend)


def _replace_cloudtrail_backend(models: Any) -> Revert:
    from .cloudtrail.models import EventHistoryCloudTrailBackend

    return _replace_backend(models.cloudtrail_backends, EventHistoryCloudTrailBackend)


def _record_in_process(botocore_stubber: Any) -> Revert:
    stubber = botocore_stubber.BotocoreStubber
    original = stubber.process_request

    def process_request(self: Any, request: Any) -> Any:
        from .cloudtrail.capture import in_process

        return in_process(self, request, original)

    return _replace(stubber, "process_request", process_request)


def _record_in_server(utils: Any) -> Revert:
    callback = utils.convert_to_flask_response
    original = callback.__call__

    def call(self: Any, args: Any = None, **kwargs: Any) -> Any:
        from .cloudtrail.capture import in_server

        return in_server(self, original, args, **kwargs)

    return _replace(callback, "__call__", call)


def _record_in_proxy(proxy: Any) -> Revert:
    handler = proxy.MotoRequestHandler
    original = handler.parse_request

    def parse_request(self: Any, method: str, host: str, path: str, headers: Any, body: Any) -> Any:
        from .cloudtrail.capture import in_proxy

        return in_proxy(self, original, method, host, path, headers, body)

    return _replace(handler, "parse_request", parse_request)


def _judge_calls(authorization: Any) -> Revert:
    mixin = authorization.ActionAuthenticatorMixin
    original_normal = mixin._authenticate_and_authorize_normal_action
    original_s3 = mixin._authenticate_and_authorize_s3_action
    original_judge = mixin._authenticate_and_authorize_action

    def normal_action(self: Any, resource: str = "*") -> None:
        from .iam.gate import check

        check(self)
        original_normal(self, resource)

    def s3_action(self: Any, bucket_name: Any = None, key_name: Any = None) -> None:
        from .iam.gate import check_s3

        check_s3(self, bucket_name, key_name)
        original_s3(self, bucket_name=bucket_name, key_name=key_name)

    def judge(self: Any, iam_request_cls: Any, resource: str = "*") -> None:
        def request(**given: Any) -> Any:
            from .iam.access_control import judged_request

            return judged_request(iam_request_cls, self, **given)

        original_judge(self, request, resource)

    return _together(
        _replace(mixin, "_authenticate_and_authorize_normal_action", normal_action),
        _replace(mixin, "_authenticate_and_authorize_s3_action", s3_action),
        _replace(mixin, "_authenticate_and_authorize_action", judge),
    )


def _read_bucket_policies(models: Any) -> Revert:
    bucket = models.FakeBucket
    original = bucket.get_permission

    def get_permission(self: Any, action: str, resource: str) -> Any:
        from .iam.gate import bucket_permission

        return bucket_permission(resource, lambda: original(self, action, resource))

    return _replace(bucket, "get_permission", get_permission)


def _choose_service(werkzeug_app: Any) -> Revert:
    dispatcher = werkzeug_app.DomainDispatcherApplication
    original = dispatcher.infer_service_region_host

    def infer_service_region_host(self: Any, environ: dict[str, Any], path: str) -> str | None:
        credential = None
        if "HTTP_AUTHORIZATION" not in environ:
            query = environ.get("QUERY_STRING", "")
            credential = signatures.credential_in_query(query)
            if credential:
                # moto reads a signature in a header only.
                header = f"AWS4-HMAC-SHA256 Credential={credential}"
                environ = {**environ, "HTTP_AUTHORIZATION": header}
            elif signatures.old_key_in_query(query):
                # Of the services with such URLs, SDKs presign S3's alone.
                return "s3.us-east-1.amazonaws.com"
            elif hosts.ISSUER_DOCUMENT_PATH.match(path):
                return "oidc.eks.us-east-1.amazonaws.com"
        host: str | None
        try:
            host = original(self, environ, path)
        except (IndexError, KeyError, ValueError):
            # An Authorization or X-Amz-Target that moto cannot take apart says nothing.
            host = None
        if credential and self.get_backend_for_host(host) is None:
            # Presigned for a service that moto does not have, or for nothing.
            host = None
        if host is None:
            return hosts.host_of_path(path)
        service = host.partition(".")[0]
        if service in ("eks", "eks-auth") and hosts.region_in(f"https://{host}") is None:
            # A region that cannot be one: the operation refuses it.
            return f"{service}.us-east-1.amazonaws.com"
        return host

    return _replace(dispatcher, "infer_service_region_host", infer_service_region_host)


def _add_http_endpoints(urls: Any) -> Revert:
    from .endpoints import url_paths

    urls.url_paths.update(url_paths)

    def revert() -> None:
        for path in url_paths:
            urls.url_paths.pop(path, None)

    return revert


def _end_settings_with_their_mock(models: Any) -> Revert:
    from .mock_settings import MockSettings

    mock = models.MockAWS
    original_start, original_stop = mock.start, mock.stop
    mock_settings = MockSettings(models.default_user_config)

    def start(self: Any, reset: bool = True) -> None:
        mock_settings.start(self, lambda: original_start(self, reset=reset))

    def stop(self: Any, remove_data: bool = True) -> None:
        mock_settings.stop(self, lambda: original_stop(self, remove_data=remove_data))

    return _together(_replace(mock, "start", start), _replace(mock, "stop", stop))


SEAMS: tuple[Seam, ...] = (
    Seam(
        name="url patterns",
        module="moto.backend_index",
        target="moto.backend_index.backend_url_patterns",
        reason="The in-process stubber, the server and the proxy share this one list object; a "
        "service that is not in it does not exist. It is changed in place, ours in front, since "
        "some of moto's own patterns are greedy.",
        leans_on=(
            Upstream(
                "moto.core.botocore_stubber:BotocoreStubber.process_request", "f79a1a778c7e755f"
            ),
            Upstream(
                "moto.moto_server.werkzeug_app:DomainDispatcherApplication.get_backend_for_host",
                "1f41972c1e4e660f",
            ),
            Upstream(
                "moto.moto_proxy.proxy3:MotoRequestHandler.get_handler_for_host", "8e6d1d5079410208"
            ),
            Upstream("moto.core.base_backend:BaseBackend.urls", "56c80a13356d740b"),
        ),
        apply=_add_url_patterns,
    ),
    Seam(
        name="eks-auth service",
        module="moto.backend_index",
        target='sys.modules["moto.eksauth"]',
        reason="moto finds a service's backends by importing `moto.NAME`. A module object with "
        "that one attribute is enough; making our package importable under moto's name would load "
        "it twice.",
        leans_on=(
            Upstream("moto.backends:get_backend", "cbb3e97d7b1f06ef"),
            Upstream("moto.backends:_import_backend", "2e28baa6595a7d79"),
        ),
        apply=_add_eksauth_module,
    ),
    Seam(
        name="eks backend",
        module="moto.eks.models",
        target="moto.eks.models.eks_backends.backend",
        reason="Associations and issuers live and die with the cluster. This attribute redirects "
        "state and URLs, since moto finds a service's URLs beside its backend's class.",
        leans_on=(
            Upstream("moto.core.base_backend:BaseBackend._url_module", "0ca6b9bd8269474e"),
            Upstream(
                "moto.core.base_backend:AccountSpecificBackend.__getitem__", "b10167294fc00376"
            ),
            Upstream("moto.eks.models:EKSBackend.create_cluster", "8d86773d4ca0d8df"),
            Upstream("moto.eks.models:EKSBackend.delete_cluster", "ea0d9d21e67f488b"),
            Upstream("moto.core.responses:BaseResponse.setup_class", "0045fc77574abb17"),
            Upstream(
                "moto.core.responses:BaseResponse.decompress_request_body", "c054a900806c9620"
            ),
            Upstream("moto.core.responses:BaseResponse._dispatch", "446e22484251a00b"),
            Upstream("moto.core.responses:BaseResponse.call_action", "26076963fd17fd1a"),
            Upstream("moto.core.responses:BaseResponse.get_current_account", "73816bc147411960"),
            Upstream("moto.core.responses:BaseResponse.get_access_key", "d2140f0641334d03"),
            Upstream(
                "moto.core.responses:BaseResponse._get_action_from_method_and_request_uri",
                "2642f0e466dc6da9",
            ),
            Upstream("moto.eks.responses:EKSResponse", "a18cd1269e65189c"),
        ),
        apply=_replace_eks_backend,
    ),
    Seam(
        name="sts backend",
        module="moto.sts.models",
        target="moto.sts.models.sts_backends.backend",
        reason="moto's sessions keep no tags, are found by scanning a list, and never expire.",
        leans_on=(
            Upstream("moto.sts.models:STSBackend", "66a236d780753c09"),
            Upstream("moto.sts.models:AssumedRole", "34cceb24be9fa68c"),
            Upstream("moto.sts.responses:TokenResponse", "ecdc53de674af81a"),
        ),
        apply=_replace_sts_backend,
    ),
    Seam(
        name="cloudtrail backend",
        module="moto.cloudtrail.models",
        target="moto.cloudtrail.models.cloudtrail_backends.backend",
        reason="moto's CloudTrail knows trails but no event: nothing to look up, nothing to "
        "deliver.",
        leans_on=(
            Upstream("moto.cloudtrail.models:CloudTrailBackend", "3b65ab2746ce5f22"),
            Upstream("moto.cloudtrail.models:Trail", "97176856fd62d33d"),
            Upstream("moto.events.models:Rule.send_to_targets", "472e002e2dab8a59"),
            Upstream("moto.events.models:EventPattern.matches_event", "3e71eb7ff5903b50"),
            Upstream("moto.s3.models:S3Backend.put_object", "db803f2da9d786ad"),
            Upstream("moto.cloudtrail.models:TrailStatus", "e9b8fee9719e1462"),
            Upstream("moto.cloudtrail.responses:CloudTrailResponse", "c46fe68d07188f5d"),
        ),
        apply=_replace_cloudtrail_backend,
    ),
    Seam(
        name="record of calls in-process",
        module="moto.core.botocore_stubber",
        target="BotocoreStubber.process_request",
        reason="Every call of botocore and of requests passes here, those of S3, unsigned ones and "
        "those that fail included; no smaller unit sees request and answer together.",
        leans_on=(
            Upstream(
                "moto.core.botocore_stubber:BotocoreStubber.process_request", "f79a1a778c7e755f"
            ),
            Upstream(
                "moto.core.botocore_stubber:BotocoreStubber.process_prepared_request",
                "a1b4986472e0d643",
            ),
        ),
        apply=_record_in_process,
    ),
    Seam(
        name="record of calls in the server",
        module="moto.core.utils",
        target="convert_to_flask_response.__call__",
        reason="Every route of the server is wrapped in one of these; outside of it there is no "
        "request of moto's, inside it there are as many ways out as services.",
        leans_on=(
            Upstream("moto.core.utils:convert_to_flask_response", "8233042e603c198f"),
            Upstream("moto.core.request:Request.raw_url", "cc7adbe7c26aa5d8"),
            Upstream("moto.core.responses:BaseResponse.setup_class", "0045fc77574abb17"),
        ),
        apply=_record_in_server,
    ),
    Seam(
        name="record of calls in the proxy",
        module="moto.moto_proxy.proxy3",
        target="MotoRequestHandler.parse_request",
        reason="The proxy calls the services' handlers itself, past the server and the stubber.",
        leans_on=(
            Upstream("moto.moto_proxy.proxy3:MotoRequestHandler.parse_request", "7d812d7194b1ba43"),
        ),
        apply=_record_in_proxy,
    ),
    Seam(
        name="iam backend",
        module="moto.iam.models",
        target="moto.iam.models.iam_backends.backend",
        reason="In-process, moto makes the roles of the partition aws-us-gov with ARNs of the "
        "partition aws, and no association there could name one.",
        leans_on=(
            Upstream("moto.core.responses:BaseResponse.get_region_from_url", "f26e68bd6df666c3"),
            Upstream("moto.utilities.utils:get_partition", "75ac504b1702f0a4"),
        ),
        apply=_replace_iam_backend,
    ),
    Seam(
        name="access control",
        module="moto.core.authorization",
        target="ActionAuthenticatorMixin._authenticate_and_authorize_normal_action, _s3_action and "
        "_action",
        reason="Sessions never expire in moto, and its evaluator knows no condition, no boundary, "
        "no session policy and no resource. This is the one place that every service passes before "
        "an operation is called. moto's own classes of requests to be judged see neither the "
        "service nor its parameters; ours, which are put in their place, get moto's response "
        "object.",
        leans_on=(
            Upstream(
                "moto.core.authorization:ActionAuthenticatorMixin."
                "_authenticate_and_authorize_normal_action",
                "eaa6fd7174850bcb",
            ),
            Upstream(
                "moto.core.authorization:ActionAuthenticatorMixin."
                "_authenticate_and_authorize_s3_action",
                "f42e68966e400a18",
            ),
            Upstream(
                "moto.core.authorization:ActionAuthenticatorMixin."
                "_authenticate_and_authorize_action",
                "f8cfc0296ca017fa",
            ),
            Upstream("moto.core.responses:BaseResponse.call_action", "26076963fd17fd1a"),
            Upstream("moto.core.responses:BaseResponse._get_action", "6430b292c4321773"),
            Upstream(
                "moto.core.responses:BaseResponse.determine_response_protocol", "7c14e74ba003cf89"
            ),
            Upstream("moto.iam.access_control:IAMRequestBase", "4a2461914adc9429"),
            Upstream("moto.iam.access_control:IAMRequest", "71ba2dc9468e1ff4"),
            Upstream("moto.iam.access_control:S3IAMRequest", "d4ee1af5e8f859c4"),
            Upstream("moto.s3.responses:S3Response._bucket_response_post", "5a5db8c38c8f1648"),
        ),
        apply=_judge_calls,
    ),
    Seam(
        name="bucket policies",
        module="moto.s3.models",
        target="moto.s3.models.FakeBucket.get_permission",
        reason="moto reads a bucket's policy before it knows who calls, without principals and "
        "conditions, and refuses what it does not understand. While calls are judged it is told "
        "what was judged.",
        leans_on=(
            Upstream("moto.s3.models:FakeBucket.get_permission", "7571412a3495a0e3"),
            Upstream("moto.s3.responses:S3Response._key_response", "eb67586ff76b3d9c"),
            Upstream(
                "moto.s3.responses:S3Response._bucket_response_delete_keys", "a916d30f74156b19"
            ),
        ),
        apply=_read_bucket_policies,
    ),
    Seam(
        name="routes of the server",
        module="moto.moto_server.werkzeug_app",
        target="DomainDispatcherApplication.infer_service_region_host",
        reason="The server chooses a service by the signature in the header, never by Host or by "
        "the signature in a presigned URL; unsigned requests for an issuer's documents would go to "
        "Cognito or S3, and everything that is presigned to S3.",
        leans_on=(
            Upstream(
                "moto.moto_server.werkzeug_app:DomainDispatcherApplication.get_application",
                "0ff6939685bde917",
            ),
            Upstream(
                "moto.moto_server.werkzeug_app:DomainDispatcherApplication.infer_service_region_host",
                "b4fac9b6aa6baef1",
            ),
        ),
        apply=_choose_service,
    ),
    Seam(
        name="http endpoints",
        module="moto.moto_api._internal.urls",
        target="moto.moto_api._internal.urls.url_paths",
        reason="Our endpoints live below `/moto-api/`, which moto's dispatcher gives to its own "
        "application; its table of paths is the only registry that application has.",
        leans_on=(
            Upstream("moto.core.base_backend:BaseBackend.flask_paths", "83073833d1b0225a"),
            Upstream("moto.core.utils:convert_to_flask_response", "8233042e603c198f"),
        ),
        apply=_add_http_endpoints,
    ),
    Seam(
        name="settings of nested mocks",
        module="moto.core.models",
        target="MockAWS.start and MockAWS.stop",
        reason="moto takes the configuration of a nested mock back only when the outermost one "
        "ends; our settings end with their own mock, and a misspelt one is refused where it is "
        "written.",
        leans_on=(
            Upstream("moto.core.models:MockAWS.__init__", "8d823bc2cb4e54fe"),
            Upstream("moto.core.models:MockAWS.start", "e185f8f4c11b21f9"),
            Upstream("moto.core.models:MockAWS.stop", "cfd7b87adc5fbfbf"),
        ),
        apply=_end_settings_with_their_mock,
    ),
)


_lock = threading.RLock()
_watcher = ImportWatcher()
_installed = False
_applied: list[tuple[Seam, Revert]] = []


def installed() -> bool:
    """Tell whether the plugin is installed in this process."""
    return _installed


def install() -> None:
    """Put the plugin into moto. Doing it again changes nothing.

    Do it before a mock starts: see :class:`InstalledInsideMockWarning` for what happens otherwise.

    :raises Exception: whatever stopped a seam from being applied; moto is as it was before, then
    :warns InstalledInsideMockWarning: when a mock is running already
    """
    global _installed
    with _lock:
        if _installed:
            return
        _installed = True
        try:
            for seam in SEAMS:
                _apply_when_imported(seam)
        except BaseException:
            uninstall()
            raise
        _warn_inside_mock()


def uninstall() -> None:
    """Take the plugin out of moto again. Doing it when it is not installed changes nothing.

    Backends that a running mock made meanwhile stay what they are until that mock ends.
    """
    global _installed
    with _lock:
        _watcher.forget(_apply_late)
        _take_back(_applied)
        _installed = False


def install_when_moto_is_imported() -> None:
    """Install once moto's mocking is imported, at once if it is; change nothing until then."""
    with _lock:
        if _loaded("moto.core.models"):
            install()
        else:
            _watcher.watch("moto.core.models", _install_late)


def _install_late(_: ModuleType) -> None:
    install()


def cancel_install_when_moto_is_imported() -> None:
    """Take :func:`install_when_moto_is_imported` back, if moto was not imported meanwhile."""
    with _lock:
        _watcher.forget(_install_late)


def _take_back(applied: list[tuple[Seam, Revert]]) -> None:
    """Revert seams, the one that was applied last first."""
    while applied:
        _, revert = applied.pop()
        revert()


def _loaded(name: str) -> ModuleType | None:
    """Return a module that has been executed, not one that is absent or still being imported."""
    module = sys.modules.get(name)
    if module is None or getattr(module.__spec__, "_initializing", False):
        return None
    return module


def _apply_when_imported(seam: Seam) -> None:
    module = _loaded(seam.module)
    if module is None:
        _watcher.watch(seam.module, _apply_late)
    else:
        _applied.append((seam, seam.apply(module)))


def _apply_late(module: ModuleType) -> None:
    # Without the lock: this thread is in the middle of an import, and whoever holds the lock may be
    # waiting for that very import.
    applied: list[tuple[Seam, Revert]] = []
    try:
        for seam in SEAMS:
            if seam.module == module.__name__:
                applied.append((seam, seam.apply(module)))
    except BaseException:
        _take_back(applied)
        raise
    _applied.extend(applied)


def _warn_inside_mock() -> None:
    models = _loaded("moto.core.models")
    if models is None or not models.MockAWS._mocks_active:
        return
    warnings.warn(
        "moto_eks_podid was installed while a moto mock was running. Until the next mock starts, "
        "accounts that were used already keep moto's own EKS and STS (no associations, no session "
        "tags, no credentials from EKS Auth), and issuer documents cannot be fetched with "
        "requests. Install first: in a conftest.py, or use moto_eks_podid.mock_aws.",
        InstalledInsideMockWarning,
        stacklevel=3,
    )


def as_markdown() -> str:
    """Render the table of seams for the documentation."""
    parts = []
    for number, seam in enumerate(SEAMS, 1):
        sources = "\n".join(f"  - `{upstream.name}`" for upstream in seam.leans_on)
        parts.append(
            f"## {number}. {seam.name}\n\n- Alters: `{seam.target}`\n"
            f"- When: `{seam.module}` is imported\n"
            f"- Why: {seam.reason}\n- Leans on:\n{sources}\n"
        )
    versions = ", ".join(VERSIONS_CHECKED)
    return f"Checked with moto {versions}.\n\n" + "\n".join(parts)
