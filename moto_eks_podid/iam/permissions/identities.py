"""Permissions of AWS IAM ("Actions, resources, and condition keys for AWS Identity and Access
Management").

ARNs have the path of what they name, so that state decides them. Refusals name what exists, or
should, by its kind and name: observed in real responses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .call import ANY, Call, Context
from .identity_rows import (
    BOUNDED_OPERATIONS,
    GROUP_OPERATIONS,
    PLAIN_OPERATIONS,
    POLICY_OPERATIONS,
    ROLE_OPERATIONS,
    USER_OPERATIONS,
)
from .keys import given_keys, request_tags, resource_tags
from .passing import passed_role
from .rows import ANYTHING, Find, Resource, given, on, owner, parts_of, service, shown_as
from .state import peek

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend

_TAG_PREFIX = "iam:ResourceTag"


def _backend(call: Call) -> IAMBackend | None:
    backend: IAMBackend | None = peek(
        "moto.iam.models", "iam_backends", call.account_id, call.partition
    )
    return backend


def _arn(call: Call, resource: str) -> str:
    return f"arn:{call.partition}:iam::{call.account_id}:{resource}"


def _path(call: Call) -> str:
    path = call.text("Path")
    return path if path is not None and path.startswith("/") else "/"


def _new(kind: str, parameter: str) -> Find:
    """Find what is yet to be made, at the path that it is to have."""

    def find(call: Call) -> tuple[Resource, ...]:
        name = call.text(parameter)
        if name is None:
            return ANYTHING
        return (Resource(_arn(call, f"{kind}{_path(call)}{name}"), account=call.account_id),)

    return find


def _stored(
    kind: str, parameter: str, get: Callable[[IAMBackend, str], Any], shown: str | None = None
) -> Find:
    """Find what exists, by its name.

    :param get: of moto's objects the one with a name
    :param shown: what refusals call its kind
    """

    def find(call: Call) -> tuple[Resource, ...]:
        name = call.text(parameter)
        if name is None:
            return ANYTHING
        backend = _backend(call)
        found = get(backend, name) if backend is not None else None
        arn = found.arn if found is not None else _arn(call, f"{kind}/{name}")
        # moto's users have tags, but looking for those of a user makes a place for them.
        tags = _tags(backend, found)
        return (Resource(arn, tags, call.account_id, f"{shown or kind} {name}"),)

    return find


def _tags(backend: IAMBackend | None, found: Any) -> Context:
    if backend is None or found is None:
        return {}
    stored = backend.tagger.tags.get(found.arn)
    return resource_tags(stored or _own_tags(found), _TAG_PREFIX)


def _own_tags(found: Any) -> Any:
    # A class's property would make what it looks for.
    tags = vars(found).get("tags")
    # Policies and identity providers keep their tags in lists, each with its key once more.
    return list(tags.values()) if isinstance(tags, dict) else tags


def _role_called(backend: IAMBackend, name: str) -> Any:
    return next((role for role in list(backend.roles.values()) if role.name == name), None)


def _user_called(backend: IAMBackend, name: str) -> Any:
    return backend.users.get(name)


def _group_called(backend: IAMBackend, name: str) -> Any:
    return backend.groups.get(name)


def _profile_called(backend: IAMBackend, name: str) -> Any:
    return backend.instance_profiles.get(name)


def _certificate_called(backend: IAMBackend, name: str) -> Any:
    certificates = list(backend.certificates.values())
    return next((one for one in certificates if one.cert_name == name), None)


def _at(parameter: str, shown: str | None = None) -> Find:
    """Find what a parameter gives the ARN of."""

    def find(call: Call) -> tuple[Resource, ...]:
        arn = call.text(parameter)
        return (_known_by_arn(call, arn, shown),) if arn else ANYTHING

    return find


def _known_by_arn(call: Call, arn: str, shown: str | None) -> Resource:
    _, _, _, _, account, resource = parts_of(arn)
    backend = _backend(call)
    found: Any = None
    if backend is not None:
        kind, _, path = resource.partition("/")
        by_arn: Mapping[str, Mapping[str, Any]] = {
            "policy": backend.managed_policies,
            "oidc-provider": backend.open_id_providers,
        }
        found = by_arn.get(kind, {}).get(arn)
        name = path.rpartition("/")[2]
        if kind == "role":
            found = _role_called(backend, name)
        elif kind == "user":
            found = backend.users.get(name)
    tags = _tags(backend, found)
    return Resource(arn, tags, owner(account), f"{shown} {arn}" if shown else None)


def _caller(call: Call) -> Iterable[Resource]:
    """Find the user that makes a call.

    A role session is taken for a user of its own name, which is no user's: observed in real
    responses.
    """
    arn = call.caller_arn or ""
    shown = f"user {arn.rpartition('/')[2]}"
    found = (_known_by_arn(call, arn, None),) if ":user/" in arn else _ANY_USER(call)
    return [one._replace(shown=shown if arn else None) for one in found]


def _owner_of_key(call: Call) -> Iterable[Resource]:
    """Find the user that an access key belongs to."""
    backend, key_id = _backend(call), call.text("AccessKeyId")
    for user in list(backend.users.values()) if backend is not None else ():
        if any(key.access_key_id == key_id for key in list(user.access_keys)):
            return (_known_by_arn(call, user.arn, None),)
    return _ANY_USER(call)


def _deleted_role(call: Call) -> tuple[Resource, ...]:
    """Find the service-linked role that a task, ``task/PATH/NAME/ID``, is to delete."""
    path = (call.text("DeletionTaskId") or "task/*/").removeprefix("task/").rpartition("/")[0]
    return (Resource(_arn(call, f"role/{path}"), account=call.account_id),)


def _passed_to_instances(call: Call) -> Iterable[Resource]:
    for role in _ROLE(call) if call.text("RoleName") else ():
        yield passed_role(role.arn, "ec2.amazonaws.com")


def _service_linked(call: Call) -> tuple[Resource, ...]:
    name = call.text("AWSServiceName")
    if name is None:
        return ANYTHING
    arn = _arn(call, f"role/aws-service-role/{name}/*")
    return (Resource(arn, account=call.account_id),)


def _listed(shown: str) -> Find:
    """Find what a list is on: nothing, but refusals name the path whose members are asked for.

    :param shown: what stands before the path: as in :func:`shown_as`
    """

    def find(call: Call) -> tuple[Resource, ...]:
        prefix = shown.format(partition=call.partition, account=call.account_id)
        return (Resource(ANY, shown=prefix + (call.text("PathPrefix") or "/")),)

    return find


def _some(kind: str) -> Find:
    """Find all of a kind: it is only known that the call is about one of them."""
    return lambda call: (Resource(_arn(call, f"{kind}/*"), account=call.account_id),)


def _at_path(kind: str, parameter: str) -> Find:
    """Find what has no name but an id or a path."""

    def find(call: Call) -> tuple[Resource, ...]:
        path = call.text(parameter)
        return (
            (Resource(_arn(call, f"{kind}/{path}"), account=call.account_id),) if path else ANYTHING
        )

    return find


_ANY_USER = _some("user")
_ROLE = _stored("role", "RoleName", _role_called)
_USER = _stored("user", "UserName", _user_called)
_GROUP = _stored("group", "GroupName", _group_called)
_PROFILE = _stored("instance-profile", "InstanceProfileName", _profile_called, "instance profile")
_CERTIFICATE = _stored(
    "server-certificate", "ServerCertificateName", _certificate_called, "server certificate"
)
_POLICY = _at("PolicyArn", "policy")
_PROVIDER = _at("OpenIDConnectProviderArn")
_SAML = _at("SAMLProviderArn")
_DEVICE = _at("SerialNumber")
_PRINCIPAL = _at("PolicySourceArn")
_ENTITY = _at("Arn")


def _user_or_caller(call: Call) -> Iterable[Resource]:
    """Find the user that a call names, or else the one that makes it."""
    return _USER(call) if call.text("UserName") is not None else _caller(call)


def _new_provider(call: Call) -> tuple[Resource, ...]:
    url = call.text("Url")
    if url is None:
        return ANYTHING
    arn = _arn(call, f"oidc-provider/{url.partition('://')[2] or url}")
    return (Resource(arn, account=call.account_id),)


def _boundary(call: Call) -> Context:
    """Return the boundary that a role has. moto's users have none."""
    backend, name = _backend(call), call.text("RoleName")
    if call.operation not in BOUNDED_OPERATIONS or backend is None or name is None:
        return {}
    arn = getattr(_role_called(backend, name), "permissions_boundary_arn", None)
    return {"iam:PermissionsBoundary": arn} if arn else {}


def _tagged_new(operation: str, action: str, find: Find) -> list[Any]:
    return on(given("Tags", find), f"{operation}={action}")


_NEW_ROLE = _new("role", "RoleName")
_NEW_USER = _new("user", "UserName")
_NEW_POLICY = _new("policy", "PolicyName")
_NEW_PROFILE = _new("instance-profile", "InstanceProfileName")
_NEW_SAML = _new("saml-provider", "Name")
_NEW_DEVICE = _new("mfa", "VirtualMFADeviceName")
_NEW_CERTIFICATE = _new("server-certificate", "ServerCertificateName")

IAM = service(
    "iam",
    on(_ROLE, ROLE_OPERATIONS),
    on(_NEW_ROLE, "CreateRole"),
    on(_service_linked, "CreateServiceLinkedRole"),
    on(_user_or_caller, USER_OPERATIONS),
    on(_NEW_USER, "CreateUser"),
    on(_GROUP, GROUP_OPERATIONS),
    on(_new("group", "GroupName"), "CreateGroup"),
    on(_POLICY, POLICY_OPERATIONS),
    on(_NEW_POLICY, "CreatePolicy"),
    on(
        _PROFILE,
        "AddRoleToInstanceProfile DeleteInstanceProfile GetInstanceProfile ListInstanceProfileTags"
        " RemoveRoleFromInstanceProfile TagInstanceProfile UntagInstanceProfile",
    ),
    on(_passed_to_instances, "AddRoleToInstanceProfile=PassRole"),
    on(_NEW_PROFILE, "CreateInstanceProfile"),
    on(
        _PROVIDER,
        "AddClientIDToOpenIDConnectProvider DeleteOpenIDConnectProvider GetOpenIDConnectProvider"
        " ListOpenIDConnectProviderTags RemoveClientIDFromOpenIDConnectProvider"
        " TagOpenIDConnectProvider UntagOpenIDConnectProvider"
        " UpdateOpenIDConnectProviderThumbprint",
    ),
    on(_new_provider, "CreateOpenIDConnectProvider"),
    on(
        _SAML,
        "DeleteSAMLProvider GetSAMLProvider ListSAMLProviderTags TagSAMLProvider UntagSAMLProvider"
        " UpdateSAMLProvider",
    ),
    on(_NEW_SAML, "CreateSAMLProvider"),
    on(_DEVICE, "DeleteVirtualMFADevice ListMFADeviceTags TagMFADevice UntagMFADevice"),
    on(_NEW_DEVICE, "CreateVirtualMFADevice"),
    on(
        _CERTIFICATE,
        "DeleteServerCertificate GetServerCertificate ListServerCertificateTags"
        " TagServerCertificate UntagServerCertificate UpdateServerCertificate",
    ),
    on(_NEW_CERTIFICATE, "UploadServerCertificate"),
    on(_PRINCIPAL, "GetContextKeysForPrincipalPolicy SimulatePrincipalPolicy"),
    on(_caller, "ChangePassword"),
    on(_owner_of_key, "GetAccessKeyLastUsed"),
    on(_deleted_role, "GetServiceLinkedRoleDeletionStatus"),
    on(
        _at_path("delegation-request", "DelegationRequestId"),
        "AcceptDelegationRequest AssociateDelegationRequest GetDelegationRequest"
        " RejectDelegationRequest SendDelegationToken UpdateDelegationRequest",
    ),
    on(_some("delegation-request"), "CreateDelegationRequest"),
    on(_at("EntityArn"), "GetHumanReadableSummary"),
    on(_at("TemplateArn"), "GetRoleTemplateVersion"),
    on(_at_path("access-report", "EntityPath"), "GenerateOrganizationsAccessReport"),
    on(_ENTITY, "GenerateServiceLastAccessedDetails ListPoliciesGrantingServiceAccess"),
    _tagged_new("CreateRole", "TagRole", _NEW_ROLE),
    _tagged_new("CreateUser", "TagUser", _NEW_USER),
    _tagged_new("CreatePolicy", "TagPolicy", _NEW_POLICY),
    _tagged_new("CreateInstanceProfile", "TagInstanceProfile", _NEW_PROFILE),
    _tagged_new("CreateOpenIDConnectProvider", "TagOpenIDConnectProvider", _new_provider),
    _tagged_new("CreateSAMLProvider", "TagSAMLProvider", _NEW_SAML),
    _tagged_new("CreateVirtualMFADevice", "TagMFADevice", _NEW_DEVICE),
    _tagged_new("UploadServerCertificate", "TagServerCertificate", _NEW_CERTIFICATE),
    on(_listed("arn:{partition}:iam::{account}:group"), "ListGroups"),
    on(_listed("arn:{partition}:iam::{account}:instance-profile"), "ListInstanceProfiles"),
    on(_listed("policy path "), "ListPolicies"),
    on(_listed("arn:{partition}:iam::{account}:role"), "ListRoles"),
    on(_listed("arn:{partition}:iam::{account}:server-certificate"), "ListServerCertificates"),
    on(_listed("arn:{partition}:iam::{account}:user"), "ListUsers"),
    on(shown_as("*"), PLAIN_OPERATIONS),
    keys=(
        request_tags,
        _boundary,
        given_keys(
            {
                "AWSServiceName": "iam:AWSServiceName",
                "PermissionsBoundary": "iam:PermissionsBoundary",
                "PolicyArn": "iam:PolicyARN",
            }
        ),
    ),
)
