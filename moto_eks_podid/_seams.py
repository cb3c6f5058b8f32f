"""The only module that alters moto: an ordered table of seams, put in and taken out as one.

Each seam says which upstream module it alters, why nothing smaller works, and which upstream
sources it leans on; ``_digests`` has what those were. A seam is applied when its module is imported
(at once, if it is imported already), so that installing costs next to nothing and a run that never
touches a service of moto never loads our part of it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from . import hosts, signatures
from ._digests import VERSIONS_CHECKED

Revert = Callable[[], None]

#: How many hosts the server remembers the service of.
_MOST_HOSTS = 4096


@dataclass(frozen=True, slots=True)
class Seam:
    """One alteration of moto.

    ``module`` is the upstream module whose import triggers ``apply``; ``apply`` takes that module
    and returns what takes the alteration back. One that is ``for_speed`` changes nothing else.
    """

    name: str
    module: str
    target: str
    reason: str
    leans_on: tuple[str, ...]
    apply: Callable[[Any], Revert]
    for_speed: bool = False


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


def _remember_valid_role_arns(models: Any) -> Revert:
    return _replace(
        models, "validate_role_arn", functools.lru_cache(maxsize=1024)(models.validate_role_arn)
    )


def _replace_iam_backend(models: Any) -> Revert:
    from .iam.models import PartitionedIAMBackend

    return _replace_backend(models.iam_backends, PartitionedIAMBackend)


def _replace_sts_backend(models: Any) -> Revert:
    from .sts.models import SessionRecorderSTSBackend

    return _replace_backend(models.sts_backends, SessionRecorderSTSBackend)


def _replace_cloudtrail_backend(models: Any) -> Revert:
    from .cloudtrail.models import EventHistoryCloudTrailBackend

    return _replace_backend(models.cloudtrail_backends, EventHistoryCloudTrailBackend)


def _replace_cloudformation_backend(models: Any) -> Revert:
    from .cloudformation.models import PodIdentityCloudFormationBackend
    from .cloudformation.resource_map import AtomicResourceMap

    return _together(
        _replace_backend(models.cloudformation_backends, PodIdentityCloudFormationBackend),
        _replace(models, "ResourceMap", AtomicResourceMap),
    )


def _add_resource_types(parsing: Any) -> Revert:
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


def _remember_services_of_hosts(werkzeug_app: Any) -> Revert:
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


def _answer_origins_only(werkzeug_app: Any) -> Revert:
    original = werkzeug_app.CORS

    def cors(app: Any) -> None:
        from .cross_origin import after_request

        original(app)
        functions = app.after_request_funcs[None]
        functions[-1] = after_request(functions[-1])

    return _replace(werkzeug_app, "CORS", cors)


def _remember_operations_of_services(responses: Any) -> Revert:
    original = responses.method_names_from_class
    return _replace(responses, "method_names_from_class", functools.cache(original))


def _remember_names_of_members(serialize: Any) -> Revert:
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


def _add_http_endpoints(urls: Any) -> Revert:
    from .http_paths import url_paths

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
            "moto.core.botocore_stubber:BotocoreStubber.process_request",
            "moto.moto_server.werkzeug_app:DomainDispatcherApplication.get_backend_for_host",
            "moto.moto_proxy.proxy3:MotoRequestHandler.get_handler_for_host",
            "moto.core.base_backend:BaseBackend.urls",
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
            "moto.backends:get_backend",
            "moto.backends:_import_backend",
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
            "moto.core.base_backend:BaseBackend._url_module",
            "moto.core.base_backend:AccountSpecificBackend.__getitem__",
            "moto.eks.models:EKSBackend.create_cluster",
            "moto.eks.models:EKSBackend.delete_cluster",
            "moto.eks.models:Cluster",
            "moto.eks.models:Nodegroup",
            "moto.eks.models:FargateProfile",
            "moto.core.responses:BaseResponse.setup_class",
            "moto.core.responses:BaseResponse.decompress_request_body",
            "moto.core.responses:BaseResponse._dispatch",
            "moto.core.responses:BaseResponse.call_action",
            "moto.core.responses:BaseResponse.get_current_account",
            "moto.core.responses:BaseResponse.get_access_key",
            "moto.core.responses:BaseResponse._get_action_from_method_and_request_uri",
            "moto.eks.responses:EKSResponse",
        ),
        apply=_replace_eks_backend,
    ),
    Seam(
        name="role ARNs of clusters",
        module="moto.eks.models",
        target="moto.eks.models.validate_role_arn",
        reason="moto makes a new boto3 session for every role ARN that it checks: most of the time "
        "that CreateCluster takes. What was valid once is not checked again.",
        leans_on=("moto.eks.utils:validate_role_arn",),
        apply=_remember_valid_role_arns,
        for_speed=True,
    ),
    Seam(
        name="sts backend",
        module="moto.sts.models",
        target="moto.sts.models.sts_backends.backend",
        reason="moto's sessions keep no tags, are found by scanning a list, and never expire.",
        leans_on=(
            "moto.core.common_models:BaseModel",
            "moto.sts.models:STSBackend",
            "moto.sts.models:AssumedRole",
            "moto.sts.responses:TokenResponse",
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
            "moto.cloudtrail.models:CloudTrailBackend",
            "moto.cloudtrail.models:Trail",
            "moto.events.models:Rule.send_to_targets",
            "moto.events.models:EventPattern.matches_event",
            "moto.s3.models:S3Backend.put_object",
            "moto.cloudtrail.models:TrailStatus",
            "moto.cloudtrail.responses:CloudTrailResponse",
        ),
        apply=_replace_cloudtrail_backend,
    ),
    Seam(
        name="cloudformation resource types",
        module="moto.cloudformation.parsing",
        target="moto.cloudformation.parsing.get_model_list",
        reason="moto takes its resource types from the subclasses of one class, which nobody can "
        "leave again, and remembers two maps of them from its first stack on. Ours are added to "
        "the list, and both maps are forgotten.",
        leans_on=(
            "moto.cloudformation.parsing:get_model_list",
            "moto.cloudformation.parsing:get_model_map",
            "moto.cloudformation.parsing:get_name_type_map",
            "moto.cloudformation.parsing:resource_name_property_from_type",
            "moto.cloudformation.parsing:resource_class_from_type",
            "moto.cloudformation.parsing:parse_and_create_resource",
            "moto.cloudformation.parsing:parse_and_update_resource",
        ),
        apply=_add_resource_types,
    ),
    Seam(
        name="cloudformation backend",
        module="moto.cloudformation.models",
        target="moto.cloudformation.models.cloudformation_backends.backend and ResourceMap",
        reason="In moto a resource that fails stops the call and leaves the stack half made. "
        "Stacks with a resource type of ours are made, changed and deleted in AWS's order, all or "
        "nothing; the others stay as moto has them.",
        leans_on=(
            "moto.cloudformation.models:CloudFormationBackend.create_stack",
            "moto.cloudformation.models:CloudFormationBackend.update_stack",
            "moto.cloudformation.models:CloudFormationBackend.execute_change_set",
            "moto.cloudformation.models:CloudFormationBackend.delete_stack",
            "moto.cloudformation.models:Stack",
            "moto.cloudformation.models:ChangeSet",
            "moto.cloudformation.parsing:ResourceMap",
            "moto.cloudformation.parsing:OutputMap",
            "moto.cloudformation.parsing:parse_output",
            "moto.core.base_backend:BaseBackend._url_module",
        ),
        apply=_replace_cloudformation_backend,
    ),
    Seam(
        name="record of calls in-process",
        module="moto.core.botocore_stubber",
        target="BotocoreStubber.process_request",
        reason="Every call of botocore and of requests passes here, those of S3, unsigned ones and "
        "those that fail included; no smaller unit sees request and answer together.",
        leans_on=(
            "moto.core.botocore_stubber:BotocoreStubber.__call__",
            "moto.core.botocore_stubber:BotocoreStubber.process_request",
            "moto.core.botocore_stubber:BotocoreStubber.process_prepared_request",
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
            "moto.core.utils:convert_to_flask_response",
            "moto.core.request:Request.raw_url",
            "moto.core.responses:BaseResponse.setup_class",
        ),
        apply=_record_in_server,
    ),
    Seam(
        name="record of calls in the proxy",
        module="moto.moto_proxy.proxy3",
        target="MotoRequestHandler.parse_request",
        reason="The proxy calls the services' handlers itself, past the server and the stubber.",
        leans_on=(
            "moto.moto_proxy.proxy3:MotoRequestHandler.parse_request",
            "moto.moto_proxy.proxy3:ProxyRequestHandler.do_GET",
        ),
        apply=_record_in_proxy,
    ),
    Seam(
        name="iam backend",
        module="moto.iam.models",
        target="moto.iam.models.iam_backends.backend",
        reason="In-process, moto makes the roles of the partition aws-us-gov with ARNs of the "
        "partition aws, and no association there could name one. It has no policy simulator, and "
        "a number that is none makes it fail.",
        leans_on=(
            "moto.iam.models:Role",
            "moto.iam.models:Policy",
            "moto.iam.models:ManagedPolicy",
            "moto.iam.models:PolicyVersion",
            "moto.iam.models:OpenIDConnectProvider",
            "moto.iam.models:AccessKey",
            "moto.core.responses:BaseResponse.get_region_from_url",
            "moto.core.responses:BaseResponse._dispatch",
            "moto.core.responses:BaseResponse.setup_class",
            "moto.core.responses:BaseResponse.determine_response_protocol",
            "moto.utilities.utils:get_partition",
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
            "moto.core.authorization:ActionAuthenticatorMixin._authenticate_and_authorize_normal_action",
            "moto.core.authorization:ActionAuthenticatorMixin._authenticate_and_authorize_s3_action",
            "moto.core.authorization:ActionAuthenticatorMixin._authenticate_and_authorize_action",
            "moto.core.responses:BaseResponse.call_action",
            "moto.core.responses:BaseResponse._get_action",
            "moto.core.responses:BaseResponse.determine_response_protocol",
            "moto.iam.access_control:IAMRequestBase",
            "moto.iam.access_control:IAMRequest",
            "moto.iam.access_control:S3IAMRequest",
            "moto.s3.responses:S3Response._bucket_response_post",
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
            "moto.s3.models:FakeBucket.get_permission",
            "moto.s3.responses:S3Response._key_response",
            "moto.s3.responses:S3Response._bucket_response_delete_keys",
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
            "moto.moto_server.werkzeug_app:DomainDispatcherApplication.get_application",
            "moto.moto_server.werkzeug_app:DomainDispatcherApplication.infer_service_region_host",
        ),
        apply=_choose_service,
    ),
    Seam(
        name="services of hosts",
        module="moto.moto_server.werkzeug_app",
        target="DomainDispatcherApplication.get_backend_for_host",
        reason="For every request the server lists the folder that moto is in, looks at each entry "
        "on the disk, and tries the patterns of all services one after another: half of the time "
        "that a small request takes. What a host was found to be is remembered.",
        leans_on=(
            "moto.moto_server.werkzeug_app:DomainDispatcherApplication.get_backend_for_host",
            "moto.backends:list_of_moto_modules",
        ),
        apply=_remember_services_of_hosts,
        for_speed=True,
    ),
    Seam(
        name="cross-origin headers",
        module="moto.moto_server.werkzeug_app",
        target="moto.moto_server.werkzeug_app.CORS",
        reason="The server works out for every answer what CORS would have it say to a browser's "
        "page: a fifth of the time that is left, for clients that are no browsers. Those get the "
        "one header that all get. Our own endpoints have none: no page elsewhere may read them.",
        leans_on=("moto.moto_server.werkzeug_app:create_backend_app",),
        apply=_answer_origins_only,
        for_speed=True,
    ),
    Seam(
        name="operations of services",
        module="moto.core.responses",
        target="moto.core.responses.method_names_from_class",
        reason="For every call moto inspects all members of the service's class for the names of "
        "its methods. A class has the same ones every time.",
        leans_on=(
            "moto.core.utils:method_names_from_class",
            "moto.core.responses:BaseResponse.call_action",
        ),
        apply=_remember_operations_of_services,
        for_speed=True,
    ),
    Seam(
        name="names of members",
        module="moto.core.serialize",
        target="moto.core.serialize.AttributePicker.get_possible_keys",
        reason="For every member of every answer moto works out anew by which names its service "
        "may have it. They follow from the member's shape and the class of what has it.",
        leans_on=(
            "moto.core.serialize:AttributePicker",
            "moto.core.serialize:ExplicitAlias",
            "moto.core.serialize:ModelAlias",
            "moto.core.serialize:ShapePrefixAlias",
            "moto.core.serialize:ClassPrefixAlias",
            "moto.core.serialize:ShapeNameAlias",
        ),
        apply=_remember_names_of_members,
        for_speed=True,
    ),
    Seam(
        name="http endpoints",
        module="moto.moto_api._internal.urls",
        target="moto.moto_api._internal.urls.url_paths",
        reason="Our endpoints live below `/moto-api/`, which moto's dispatcher gives to its own "
        "application; its table of paths is the only registry that application has.",
        leans_on=(
            "moto.core.base_backend:BaseBackend.flask_paths",
            "moto.core.utils:convert_to_flask_response",
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
            "moto.core.models:MockAWS.__init__",
            "moto.core.models:MockAWS.start",
            "moto.core.models:MockAWS.stop",
        ),
        apply=_end_settings_with_their_mock,
    ),
)


def as_markdown() -> str:
    """Render the table of seams for the documentation."""
    parts = []
    for number, seam in enumerate(SEAMS, 1):
        sources = "\n".join(f"  - `{upstream}`" for upstream in seam.leans_on)
        parts.append(
            f"## {number}. {seam.name}\n\n- Alters: `{seam.target}`\n"
            f"- When: `{seam.module}` is imported\n"
            f"- Why: {seam.reason}\n- Leans on:\n{sources}\n"
        )
    versions = ", ".join(VERSIONS_CHECKED)
    return f"Checked with moto {versions}.\n\n" + "\n".join(parts)
