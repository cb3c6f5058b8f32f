"""The seams: an ordered table of what is altered in moto, put in and taken out as one.

Each seam says which upstream module it alters, why nothing smaller works, and which upstream
sources it leans on; ``_digests`` has what those were, and ``_alterations`` does it. A seam is
applied when its module is imported (at once, if it is imported already), so that installing costs
next to nothing and a run that never touches a service of moto never loads our part of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import _alterations as alterations
from ._alterations import Revert
from ._digests import VERSIONS_CHECKED


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


SEAMS: tuple[Seam, ...] = (
    Seam(
        name="url patterns",
        module="moto.backend_index",
        target="moto.backend_index.backend_url_patterns",
        reason="The in-process stubber, the server and the proxy share this one list object; a "
        "service that is not in it does not exist. It is changed in place, ours in front, since "
        "some of moto's own patterns are greedy; the one of EKS takes over what moto's matches.",
        leans_on=(
            "moto.core.botocore_stubber:BotocoreStubber.process_request",
            "moto.moto_server.werkzeug_app:DomainDispatcherApplication.get_backend_for_host",
            "moto.moto_proxy.proxy3:MotoRequestHandler.get_handler_for_host",
            "moto.core.base_backend:BaseBackend.urls",
            "moto.core.models:MockAWS._enable_patching",
        ),
        apply=alterations.add_url_patterns,
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
        apply=alterations.add_eksauth_module,
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
        apply=alterations.replace_eks_backend,
    ),
    Seam(
        name="role ARNs of clusters",
        module="moto.eks.models",
        target="moto.eks.models.validate_role_arn",
        reason="moto makes a new boto3 session for every role ARN that it checks: most of the time "
        "that CreateCluster takes. What was valid once is not checked again.",
        leans_on=("moto.eks.utils:validate_role_arn",),
        apply=alterations.remember_valid_role_arns,
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
        apply=alterations.replace_sts_backend,
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
        apply=alterations.replace_cloudtrail_backend,
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
        apply=alterations.add_resource_types,
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
        apply=alterations.replace_cloudformation_backend,
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
        apply=alterations.record_in_process,
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
        apply=alterations.record_in_server,
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
        apply=alterations.record_in_proxy,
    ),
    Seam(
        name="iam backend",
        module="moto.iam.models",
        target="moto.iam.models.iam_backends.backend",
        reason="In-process, moto makes the roles of the partition aws-us-gov with ARNs of the "
        "partition aws, and no association there could name one. It has no policy simulator, and "
        "a value that should be a number and is not makes it fail.",
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
        apply=alterations.replace_iam_backend,
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
        apply=alterations.judge_calls,
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
        apply=alterations.read_bucket_policies,
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
        apply=alterations.choose_service,
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
        apply=alterations.remember_services_of_hosts,
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
        apply=alterations.answer_origins_only,
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
        apply=alterations.remember_operations_of_services,
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
        apply=alterations.remember_names_of_members,
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
        apply=alterations.add_http_endpoints,
    ),
    Seam(
        name="settings of nested mocks",
        module="moto.core.models",
        target="MockAWS.start and MockAWS.stop",
        reason="moto takes the configuration of a nested mock back only when the outermost one "
        "ends; our settings end with their own mock, and a misspelt one is refused where it is "
        "written. Its fake keys would be found before a pod's credentials by what runs as a pod.",
        leans_on=(
            "moto.core.models:MockAWS.__init__",
            "moto.core.models:MockAWS.start",
            "moto.core.models:MockAWS.stop",
        ),
        apply=alterations.end_settings_with_their_mock,
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
