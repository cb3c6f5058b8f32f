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

from . import hosts, settings
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


def _refuse_expired_sessions(authorization: Any) -> Revert:
    mixin = authorization.ActionAuthenticatorMixin
    original_normal = mixin._authenticate_and_authorize_normal_action
    original_s3 = mixin._authenticate_and_authorize_s3_action

    def normal_action(self: Any, resource: str = "*") -> None:
        from .expiry import refuse_expired_session

        refuse_expired_session(self)
        original_normal(self, resource)

    def s3_action(self: Any, bucket_name: Any = None, key_name: Any = None) -> None:
        from .expiry import refuse_expired_s3_session

        refuse_expired_s3_session(self)
        original_s3(self, bucket_name=bucket_name, key_name=key_name)

    return _together(
        _replace(mixin, "_authenticate_and_authorize_normal_action", normal_action),
        _replace(mixin, "_authenticate_and_authorize_s3_action", s3_action),
    )


def _route_issuer_documents(werkzeug_app: Any) -> Revert:
    dispatcher = werkzeug_app.DomainDispatcherApplication
    original = dispatcher.infer_service_region_host

    def infer_service_region_host(self: Any, environ: dict[str, Any], path: str) -> str | None:
        # A signed request with such a path is for an S3 object.
        if "HTTP_AUTHORIZATION" not in environ and hosts.ISSUER_DOCUMENT_PATH.match(path):
            return "oidc.eks.us-east-1.amazonaws.com"
        host: str | None
        try:
            host = original(self, environ, path)
        except (IndexError, KeyError, ValueError):
            # An Authorization or X-Amz-Target that moto cannot take apart says nothing.
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
    mock = models.MockAWS
    original_start, original_stop = mock.start, mock.stop
    config = models.default_user_config
    absent = object()
    outer: list[Any] = []

    def restore(before: Any) -> None:
        if before is absent:
            config.pop(settings.CONFIG_KEY, None)
        else:
            config[settings.CONFIG_KEY] = before

    def start(self: Any, reset: bool = True) -> None:
        before = config.get(settings.CONFIG_KEY, absent)
        original_start(self, reset=reset)
        outer.append(before)
        if settings.CONFIG_KEY in config:
            try:
                settings.validate(config[settings.CONFIG_KEY])
            except settings.SettingError:
                self.stop()
                raise

    def stop(self: Any, remove_data: bool = True) -> None:
        try:
            original_stop(self, remove_data=remove_data)
        finally:
            # moto takes a nested mock's configuration back only when the outermost mock ends.
            if outer:
                restore(outer.pop())

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
        name="expired sessions",
        module="moto.core.authorization",
        target="ActionAuthenticatorMixin._authenticate_and_authorize_normal_action and _s3_action",
        reason="Sessions never expire in moto. This is the one place that every service passes "
        "before an operation is called, whether or not permissions are judged.",
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
                "moto.core.responses:BaseResponse.determine_response_protocol", "7c14e74ba003cf89"
            ),
        ),
        apply=_refuse_expired_sessions,
    ),
    Seam(
        name="issuer documents in the server",
        module="moto.moto_server.werkzeug_app",
        target="DomainDispatcherApplication.infer_service_region_host",
        reason="The server chooses a service by signature, never by Host; unsigned requests for an "
        "issuer's documents would go to Cognito or S3.",
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
        apply=_route_issuer_documents,
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
        "tags), and issuer documents cannot be fetched with requests. Install first: in a "
        "conftest.py, or use moto_eks_podid.mock_aws.",
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
