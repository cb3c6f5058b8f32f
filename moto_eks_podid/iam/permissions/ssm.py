"""Permissions of AWS Systems Manager ("Actions, resources, and condition keys for AWS Systems
Manager")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from .call import Call, Context
from .keys import as_value, given_keys, request_tags, resource_tags
from .passing import passed
from .rows import ANYTHING, Find, Resource, by_name, given, on, owner, parts_of, service, shown_as
from .secretsmanager import secret_called
from .state import peek

if TYPE_CHECKING:
    from moto.ssm.models import SimpleSystemManagerBackend

#: Parameters and documents that are AWS's own.
_PUBLIC_PARAMETERS: Final = "/aws/service/"
_PUBLIC_DOCUMENTS: Final = "AWS-"
#: Parameters that stand for secrets.
_SECRETS: Final = "/aws/reference/secretsmanager/"

#: Kind in ARNs -> how moto calls it where it keeps tags.
_TAGGED_AS: Final[Mapping[str, str]] = {
    "association": "Association",
    "automation-execution": "Automation",
    "document": "Document",
    "maintenancewindow": "MaintenanceWindow",
    "managed-instance": "ManagedInstance",
    "opsitem": "OpsItem",
    "opsmetadata": "OpsMetadata",
    "parameter": "Parameter",
    "patchbaseline": "PatchBaseline",
}
_KINDS: Final = {tagged_as: kind for kind, tagged_as in _TAGGED_AS.items()}


def resource_at(arn: str) -> Resource:
    """Return a parameter, a document or another resource, with its tags."""
    _, _, _, region, account, resource = parts_of(arn)
    backend: SimpleSystemManagerBackend | None = peek(
        "moto.ssm.models", "ssm_backends", account, region
    )
    if backend is None:
        return Resource(arn, account=owner(account))
    kind, _, name = resource.partition("/")
    # Plain `get`: indexing would make what is not there.
    of_kind = backend._resource_tags.get(_TAGGED_AS.get(kind, ""))
    tags = of_kind.get(name) or of_kind.get(f"/{name}") if of_kind is not None else None
    return Resource(arn, resource_tags(tags, "ssm:resourceTag"), owner(account))


def _parameter(call: Call, name: str) -> Resource:
    """Return a parameter by its name, path or ARN, whatever version or label is added."""
    if name.startswith("arn:"):
        *first, rest = name.split(":", 5)
        return resource_at(":".join([*first, rest.partition(":")[0]]))
    bare = name.partition(":")[0]
    path = bare if bare.startswith("/") else f"/{bare}"
    if path.startswith(_PUBLIC_PARAMETERS):
        return Resource(f"arn:{call.partition}:ssm:{call.region}::parameter{path}")
    return resource_at(call.arn("ssm", f"parameter{path}"))


def _parameters(call: Call) -> Iterable[Resource]:
    names = [name for name in (call.text("Name"), *call.texts("Names")) if name]
    return [_parameter(call, name) for name in names] or ANYTHING


def _path(call: Call) -> tuple[Resource, ...]:
    """Find a path as it is given, with or without a slash at its end."""
    path = call.text("Path")
    return (_parameter(call, path),) if path else ANYTHING


def _secrets(call: Call) -> Iterable[Resource]:
    """Find the secrets that a call reads by way of parameters."""
    for name in (call.text("Name"), *call.texts("Names")):
        if name and name.startswith(_SECRETS):
            yield secret_called(call, name.removeprefix(_SECRETS))


def _document_called(call: Call, name: str) -> Resource:
    if name.startswith("arn:"):
        return resource_at(name)
    if name.startswith(_PUBLIC_DOCUMENTS):
        return Resource(f"arn:{call.partition}:ssm:{call.region}::document/{name}")
    return resource_at(call.arn("ssm", f"document/{name}"))


def _document(*parameters: str) -> Find:
    def find(call: Call) -> tuple[Resource, ...]:
        name = next((name for one in parameters if (name := call.text(one))), None)
        return (_document_called(call, name),) if name else ANYTHING

    return find


def _instance_called(call: Call, instance_id: str) -> Resource:
    if instance_id.startswith("mi-"):
        return resource_at(call.arn("ssm", f"managed-instance/{instance_id}"))
    backend = peek("moto.ec2.models", "ec2_backends", call.account_id, call.region)
    tags = backend.tags.get(instance_id) if backend is not None else None
    arn = call.arn("ec2", f"instance/{instance_id}")
    return Resource(arn, resource_tags(tags, "ssm:resourceTag"), call.account_id)


def _instances(call: Call) -> Iterable[Resource]:
    """Find the instances that a call names; those that it describes may be any."""
    ids = [*call.texts("InstanceIds"), call.text("InstanceId"), call.text("Target")]
    found = [_instance_called(call, one) for one in ids if one and one != "*"]
    if not found and call.items("Targets"):
        return (_instance_called(call, "*"),)
    return found


def _kind(kind: str, *parameters: str) -> Find:
    return by_name("ssm", f"{kind}/", *parameters, look=resource_at)


def _tagged(call: Call) -> Iterable[Resource]:
    kind, name = _KINDS.get(call.text("ResourceType") or ""), call.text("ResourceId")
    if kind is None or name is None:
        return ANYTHING
    if kind == "parameter":
        return (_parameter(call, name),)
    return _TAGGED_FINDS[kind](call)


_TAGGED_FINDS: Final[Mapping[str, Callable[[Call], Iterable[Resource]]]] = {
    kind: _kind(kind, "ResourceId") for kind in _TAGGED_AS
}


def _recursive(call: Call) -> Context:
    return {"ssm:Recursive": as_value(bool(call.parameters.get("Recursive")))}


def _overwritten(call: Call) -> Context:
    context: Context = {"ssm:Overwrite": as_value(bool(call.parameters.get("Overwrite")))}
    if policies := call.text("Policies"):
        context["ssm:Policies"] = policies
    return context


#: Observed in real responses.
_SHOWN = shown_as("arn:{partition}:ssm:{region}:{account}:*")
_DOCUMENT = _document("DocumentName", "Name")
_WINDOW = _kind("maintenancewindow", "WindowId")
_BASELINE = _kind("patchbaseline", "BaselineId")
_ASSOCIATION = _kind("association", "AssociationId")
_OPS_ITEM = _kind("opsitem", "OpsItemId")
_SYNC = by_name("ssm", "resource-data-sync/", "SyncName")
_AUTOMATION = _kind("automation-execution", "AutomationExecutionId")
_CONNECTOR = _kind("cloud-connector", "CloudConnectorId")

SSM = service(
    "ssm",
    on(
        _parameters,
        "DeleteParameter DeleteParameters GetParameter GetParameterHistory GetParameters"
        " LabelParameterVersion UnlabelParameterVersion",
    ),
    on(_parameters, "PutParameter", _overwritten),
    on(given("Tags", _parameters), "PutParameter=AddTagsToResource"),
    on(_path, "GetParametersByPath", _recursive),
    on(
        _secrets,
        "GetParameter=secretsmanager:GetSecretValue GetParameters=secretsmanager:GetSecretValue",
    ),
    on(
        _DOCUMENT,
        "CreateAssociation CreateDocument DeleteDocument DescribeDocument"
        " DescribeDocumentPermission GetDocument ListDocumentMetadataHistory ListDocumentVersions"
        " ModifyDocumentPermission SendCommand StartAutomationExecution StartChangeRequestExecution"
        " StartSession UpdateAssociationStatus UpdateDocument UpdateDocumentDefaultVersion"
        " UpdateDocumentMetadata",
    ),
    on(_instances, "CreateAssociation SendCommand StartSession UpdateAssociationStatus"),
    on(given("Tags", _DOCUMENT), "CreateDocument=AddTagsToResource"),
    on(passed("ssm.amazonaws.com", "ServiceRoleArn"), "SendCommand=iam:PassRole"),
    on(
        passed("ssm.amazonaws.com", "ServiceRoleArn"),
        "RegisterTaskWithMaintenanceWindow=iam:PassRole UpdateMaintenanceWindowTask=iam:PassRole",
    ),
    on(
        _WINDOW,
        "DeleteMaintenanceWindow DeregisterTargetFromMaintenanceWindow"
        " DeregisterTaskFromMaintenanceWindow DescribeMaintenanceWindowExecutions"
        " DescribeMaintenanceWindowTargets DescribeMaintenanceWindowTasks GetMaintenanceWindow"
        " GetMaintenanceWindowTask RegisterTargetWithMaintenanceWindow"
        " RegisterTaskWithMaintenanceWindow UpdateMaintenanceWindow UpdateMaintenanceWindowTarget"
        " UpdateMaintenanceWindowTask",
    ),
    on(
        given("WindowTargetId", _kind("windowtarget", "WindowTargetId")),
        "DeregisterTargetFromMaintenanceWindow UpdateMaintenanceWindowTarget",
    ),
    on(
        given("WindowTaskId", _kind("windowtask", "WindowTaskId")),
        "DeregisterTaskFromMaintenanceWindow UpdateMaintenanceWindowTask",
    ),
    on(
        _BASELINE,
        "DeletePatchBaseline DeregisterPatchBaselineForPatchGroup"
        " DescribeEffectivePatchesForPatchBaseline GetPatchBaseline RegisterDefaultPatchBaseline"
        " RegisterPatchBaselineForPatchGroup UpdatePatchBaseline",
    ),
    on(
        _ASSOCIATION,
        "DeleteAssociation DescribeAssociation DescribeAssociationExecutionTargets"
        " DescribeAssociationExecutions ListAssociationVersions UpdateAssociation",
    ),
    on(_OPS_ITEM, "AssociateOpsItemRelatedItem DeleteOpsItem DisassociateOpsItemRelatedItem"),
    on(_kind("opsitem", "OpsItemId", "OpsItemArn"), "GetOpsItem UpdateOpsItem"),
    on(
        _kind("opsmetadata", "OpsMetadataArn"), "DeleteOpsMetadata GetOpsMetadata UpdateOpsMetadata"
    ),
    on(
        _AUTOMATION,
        "DescribeAutomationStepExecutions GetAutomationExecution SendAutomationSignal"
        " StopAutomationExecution",
    ),
    on(
        _SYNC,
        "CreateResourceDataSync DeleteResourceDataSync GetOpsSummary ListNodes ListNodesSummary"
        " UpdateResourceDataSync",
    ),
    on(
        _CONNECTOR,
        "DeleteCloudConnector GetCloudConnector UpdateCloudConnector ValidateCloudConnector",
    ),
    on(by_name("ssm", "servicesetting", "SettingId"), "GetServiceSetting ResetServiceSetting"),
    on(by_name("ssm", "servicesetting", "SettingId"), "UpdateServiceSetting"),
    on(by_name("ssm", "session/", "SessionId"), "ResumeSession TerminateSession"),
    on(
        by_name("ssm", "parameter/", "ResourceArn", look=resource_at),
        "DeleteResourcePolicy GetResourcePolicies PutResourcePolicy",
    ),
    on(_kind("managed-instance", "InstanceId"), "DeregisterManagedInstance"),
    on(_kind("managed-instance", "InstanceId"), "UpdateManagedInstanceRole"),
    on(
        _instances,
        "DescribeEffectiveInstanceAssociations DescribeInstanceAssociationsStatus"
        " DescribeInstancePatchStates DescribeInstancePatches GetConnectionStatus",
    ),
    on(_tagged, "AddTagsToResource ListTagsForResource RemoveTagsFromResource"),
    # What else there is has no resource, or none that the parameters name.
    on(_SHOWN, "DescribeParameters"),
    keys=(
        request_tags,
        given_keys({"SyncType": "ssm:SyncType", "TypeName": "ssm:InventoryTypeName"}),
    ),
    unlisted=_SHOWN,
)
