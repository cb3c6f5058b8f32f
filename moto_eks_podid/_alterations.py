"""The only module that alters moto: the functions that `_seams` gives names and reasons.

Each takes the upstream module that it alters, and returns what takes the alteration back. Our part
of a service is imported when it is first needed.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from . import hosts, signatures

Revert = Callable[[], None]

#: How many hosts the server remembers the service of.
_MOST_HOSTS = 4096


def add_url_patterns(backend_index: Any) -> Revert:
    patterns = backend_index.backend_url_patterns
    (motos,) = [entry for entry in patterns if entry[0] == "eks"]
    place = patterns.index(motos)
    # One pattern for both, since a mock registers each of them seven times.
    eks = re.compile(f"{hosts.EKS_URL_BASE}|{motos[1].pattern}")
    ours = [("eksauth", hosts.EKS_AUTH_URL), ("eks", eks)]
    patterns[place : place + 1] = []
    patterns[:0] = ours

    def revert() -> None:
        patterns[:] = [entry for entry in patterns if entry not in ours]
        patterns.insert(place, motos)

    return revert


def add_eksauth_module(_: Any) -> Revert:
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


def replace_eks_backend(models: Any) -> Revert:
    from .eks.models import PodIdentityEKSBackend

    return _replace_backend(models.eks_backends, PodIdentityEKSBackend)


def remember_valid_role_arns(models: Any) -> Revert:
    return _replace(
        models, "validate_role_arn", functools.lru_cache(maxsize=1024)(models.validate_role_arn)
    )


def replace_iam_backend(models: Any) -> Revert:
    from .iam.models import PartitionedIAMBackend

    return _replace_backend(models.iam_backends, PartitionedIAMBackend)


def replace_sts_backend(models: Any) -> Revert:
    from .sts.models import SessionRecorderSTSBackend

    return _replace_backend(models.sts_backends, SessionRecorderSTSBackend)


def replace_cloudtrail_backend(models: Any) -> Revert:
    from .cloudtrail.models import EventHistoryCloudTrailBackend

    return _replace_backend(models.cloudtrail_backends, EventHistoryCloudTrailBackend)


def replace_cloudformation_backend(models: Any) -> Revert:
    from .cloudformation.models import PodIdentityCloudFormationBackend
    from .cloudformation.resource_map import AtomicResourceMap

    return _together(
        _replace_backend(models.cloudformation_backends, PodIdentityCloudFormationBackend),
        _replace(models, "ResourceMap", AtomicResourceMap),
    )


def add_resource_types(parsing: Any) -> Revert:
    original = parsing.get_model_list

    def get_model_list() -> list[Any]:
        from .cloudformation.resource_types import ROWS

        return [*original(), *ROWS]

    def forget() -> None:
        # Somebody may have used CloudFormation before.
        parsing.get_model_map.cache_clear()
        parsing.get_name_type_map.cache_clear()

    put_back = _replace(parsing, "get_model_list", get_model_list)
    forget()
    return _together(put_back, forget)


def record_in_process(botocore_stubber: Any) -> Revert:
    stubber = botocore_stubber.BotocoreStubber
    original = stubber.process_request

    def process_request(self: Any, request: Any) -> Any:
        from .cloudtrail.transports import in_process

        return in_process(self, request, original)

    return _replace(stubber, "process_request", process_request)


def record_in_server(utils: Any) -> Revert:
    callback = utils.convert_to_flask_response
    original = callback.__call__

    def call(self: Any, args: Any = None, **kwargs: Any) -> Any:
        from .cloudtrail.transports import in_server

        return in_server(self, original, args, **kwargs)

    return _replace(callback, "__call__", call)


def record_in_proxy(proxy: Any) -> Revert:
    handler = proxy.MotoRequestHandler
    original = handler.parse_request

    def parse_request(self: Any, method: str, host: str, path: str, headers: Any, body: Any) -> Any:
        from .cloudtrail.transports import in_proxy

        return in_proxy(self, original, method, host, path, headers, body)

    return _replace(handler, "parse_request", parse_request)


def judge_calls(authorization: Any) -> Revert:
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


def read_bucket_policies(models: Any) -> Revert:
    bucket = models.FakeBucket
    original = bucket.get_permission

    def get_permission(self: Any, action: str, resource: str) -> Any:
        from .iam.gate import bucket_permission

        return bucket_permission(resource, lambda: original(self, action, resource))

    return _replace(bucket, "get_permission", get_permission)


def choose_service(werkzeug_app: Any) -> Revert:
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


def remember_services_of_hosts(werkzeug_app: Any) -> Revert:
    dispatcher = werkzeug_app.DomainDispatcherApplication
    original = dispatcher.get_backend_for_host
    found: dict[str | None, Any] = {}

    def get_backend_for_host(self: Any, host: str | None) -> Any:
        backend = found.get(host)
        if backend is None:
            backend = original(self, host)
            # Hosts have a region in them, which a client can make up.
            if backend is not None and len(found) < _MOST_HOSTS:
                found[host] = backend
        return backend

    return _replace(dispatcher, "get_backend_for_host", get_backend_for_host)


def answer_origins_only(werkzeug_app: Any) -> Revert:
    original = werkzeug_app.CORS

    def cors(app: Any) -> None:
        from .cross_origin import after_request

        original(app)
        functions = app.after_request_funcs[None]
        functions[-1] = after_request(functions[-1])

    return _replace(werkzeug_app, "CORS", cors)


def remember_operations_of_services(responses: Any) -> Revert:
    original = responses.method_names_from_class
    return _replace(responses, "method_names_from_class", functools.cache(original))


def remember_names_of_members(serialize: Any) -> Revert:
    picker = serialize.AttributePicker
    original = picker.get_possible_keys
    names: dict[Any, tuple[str, ...]] = {}

    def get_possible_keys(self: Any, context: Any) -> tuple[str, ...]:
        what = (context.shape, context.key, context.obj.__class__, *self.alias_providers)
        found = names.get(what)
        if found is None:
            found = names[what] = tuple(original(self, context))
        return found

    return _replace(picker, "get_possible_keys", get_possible_keys)


def add_http_endpoints(urls: Any) -> Revert:
    from .http_paths import url_paths

    urls.url_paths.update(url_paths)

    def revert() -> None:
        for path in url_paths:
            urls.url_paths.pop(path, None)

    return revert


def end_settings_with_their_mock(models: Any) -> Revert:
    from .environment import unchanged
    from .mock_settings import MockSettings

    mock = models.MockAWS
    original_start, original_stop = mock.start, mock.stop
    mock_settings = MockSettings(models.default_user_config)

    def start(self: Any, reset: bool = True) -> None:
        with unchanged():
            mock_settings.start(self, lambda: original_start(self, reset=reset))

    def stop(self: Any, remove_data: bool = True) -> None:
        with unchanged():
            mock_settings.stop(self, lambda: original_stop(self, remove_data=remove_data))

    return _together(_replace(mock, "start", start), _replace(mock, "stop", stop))
