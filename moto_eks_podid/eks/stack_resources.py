"""EKS's resource types in CloudFormation: clusters and pod identity associations.

Follows "AWS::EKS::Cluster" and "AWS::EKS::PodIdentityAssociation" (CloudFormation Template
Reference): properties, which of them replace the resource, ``Ref`` and ``Fn::GetAtt``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

from botocore.model import Shape
from moto.core.utils import get_service_model
from moto.moto_api._internal import mock_random

from ..cloudformation.failures import Unsupported
from ..cloudformation.forwarding import ServiceRefusal
from ..cloudformation.properties import TAGS, Kind, Property, tags_of
from ..cloudformation.resources import StackResource
from ..cloudformation.shapes import member_name, property_of

_NOT_FOUND = "ResourceNotFoundException"
_STRING = Property()
_BOOLEAN = Property(Kind.BOOLEAN)
_OBJECT = Property(Kind.OBJECT)

_LOG_TYPE = Property(Kind.OBJECT, members={"Type": Property(required=True)})
_LOG_TYPES = Property(Kind.LIST, element=_LOG_TYPE)
_CLUSTER_LOGGING = Property(Kind.OBJECT, members={"EnabledTypes": _LOG_TYPES})
#: The one property of a cluster that has another shape than the service's member.
_LOGGING = Property(Kind.OBJECT, members={"ClusterLogging": _CLUSTER_LOGGING})


class EKSStackResource(StackResource):
    """A resource of EKS: how its tags change, and how it is deleted when it may be gone already."""

    SERVICE = "eks"

    def retag(self, arn: str, before: StackResource) -> None:
        """Make the resource's tags what the template says.

        :param arn: the resource's
        """
        tags, old_tags = tags_of(self.properties) or {}, tags_of(before.properties) or {}
        gone = sorted(old_tags.keys() - tags.keys())
        new = {key: value for key, value in tags.items() if old_tags.get(key) != value}
        if gone:
            self.call("UntagResource", resourceArn=arn, tagKeys=gone)
        if new:
            self.call("TagResource", resourceArn=arn, tags=new)

    def call_for_removal(self, operation: str, **parameters: Any) -> None:
        """Call an operation that deletes; what is gone already need not be deleted."""
        try:
            self.call(operation, **parameters)
        except ServiceRefusal as refusal:
            if refusal.code != _NOT_FOUND:
                raise


class PodIdentityAssociationResource(EKSStackResource):
    """``AWS::EKS::PodIdentityAssociation``; ``Ref`` is its ARN."""

    TYPE = "AWS::EKS::PodIdentityAssociation"
    SCHEMA: ClassVar[Mapping[str, Property]] = {
        "ClusterName": Property(required=True, replaces=True),
        "Namespace": Property(required=True, replaces=True),
        "ServiceAccount": Property(required=True, replaces=True),
        "RoleArn": Property(required=True),
        "TargetRoleArn": _STRING,
        "DisableSessionTags": _BOOLEAN,
        "Policy": _STRING,
        "Tags": TAGS,
    }
    ATTRIBUTES = frozenset({"AssociationArn", "AssociationId", "ExternalId"})

    #: Property -> member of UpdatePodIdentityAssociation, and what clears it.
    _CHANGEABLE: ClassVar[Mapping[str, tuple[str, Any]]] = {
        "RoleArn": ("roleArn", None),
        "TargetRoleArn": ("targetRoleArn", ""),
        "DisableSessionTags": ("disableSessionTags", False),
        "Policy": ("policy", ""),
    }

    def make(self) -> None:
        given = self.properties
        answer = self.call(
            "CreatePodIdentityAssociation",
            clusterName=given["ClusterName"],
            namespace=given["Namespace"],
            serviceAccount=given["ServiceAccount"],
            roleArn=given["RoleArn"],
            clientRequestToken=str(mock_random.uuid4()),
            tags=tags_of(given),
            disableSessionTags=given.get("DisableSessionTags"),
            targetRoleArn=given.get("TargetRoleArn"),
            policy=given.get("Policy"),
        )
        self._answered(answer)

    def change(self, before: StackResource) -> None:
        changed = {
            member: self.properties.get(name, cleared)
            for name, (member, cleared) in self._CHANGEABLE.items()
            if self.properties.get(name) != before.properties.get(name)
        }
        if changed:
            answer = self.call(
                "UpdatePodIdentityAssociation",
                **self._address,
                clientRequestToken=str(mock_random.uuid4()),
                **changed,
            )
            self._answered(answer)
        self.retag(self.physical_resource_id, before)

    def remove(self) -> None:
        self.call_for_removal("DeletePodIdentityAssociation", **self._address)

    @property
    def _address(self) -> dict[str, str]:
        return {
            "clusterName": self.properties["ClusterName"],
            "associationId": self.attributes["AssociationId"],
        }

    def _answered(self, answer: Mapping[str, Any]) -> None:
        association = answer["association"]
        self.physical_resource_id = association["associationArn"]
        self.attributes = {
            "AssociationArn": association["associationArn"],
            "AssociationId": association["associationId"],
        }
        if "externalId" in association:
            self.attributes["ExternalId"] = association["externalId"]


class ClusterResource(EKSStackResource):
    """``AWS::EKS::Cluster``; ``Ref`` is its name."""

    TYPE = "AWS::EKS::Cluster"
    NAME_PROPERTY = "Name"
    SCHEMA: ClassVar[Mapping[str, Property]] = {
        "AccessConfig": _OBJECT,
        "BootstrapSelfManagedAddons": Property(Kind.BOOLEAN, replaces=True),
        "ComputeConfig": _OBJECT,
        "ControlPlaneScalingConfig": _OBJECT,
        "DeletionProtection": _BOOLEAN,
        "EncryptionConfig": Property(Kind.LIST, replaces=True),
        "Force": _BOOLEAN,
        "KubernetesNetworkConfig": _OBJECT,
        "Logging": _LOGGING,
        "Name": Property(replaces=True),
        "OutpostConfig": Property(Kind.OBJECT, replaces=True),
        "RemoteNetworkConfig": _OBJECT,
        "ResourcesVpcConfig": Property(Kind.OBJECT, required=True),
        "RoleArn": Property(required=True, replaces=True),
        "StorageConfig": _OBJECT,
        "Tags": TAGS,
        "UpgradePolicy": _OBJECT,
        "Version": Property(decimals=2),
        "ZonalShiftConfig": _OBJECT,
    }
    ATTRIBUTES = frozenset(
        {
            "Arn",
            "CertificateAuthorityData",
            "ClusterSecurityGroupId",
            "EncryptionConfigKeyArn",
            "Endpoint",
            "Id",
            "KubernetesNetworkConfig.ServiceIpv6Cidr",
            "OpenIdConnectIssuerUrl",
        }
    )

    @classmethod
    @cache
    def schema(cls) -> Mapping[str, Property]:
        """Return the schema, with the members that CreateCluster's have."""
        taken = _members_taken("CreateCluster")
        return {
            name: _with_members(row, taken.get(member_name(name)))
            for name, row in cls.SCHEMA.items()
        }

    def make(self) -> None:
        answer = self.call(
            "CreateCluster",
            name=self.name,
            clientRequestToken=str(mock_random.uuid4()),
            tags=tags_of(self.properties),
            **self._members("CreateCluster", self.properties),
        )
        cluster = answer["cluster"]
        self.physical_resource_id = cluster["name"]
        self.attributes = {
            "Arn": cluster["arn"],
            "CertificateAuthorityData": cluster["certificateAuthority"]["data"],
            "Endpoint": cluster["endpoint"],
            "OpenIdConnectIssuerUrl": cluster["identity"]["oidc"]["issuer"],
        }
        for config in cluster.get("encryptionConfig", []):
            self.attributes["EncryptionConfigKeyArn"] = config["provider"]["keyArn"]

    def change(self, before: StackResource) -> None:
        old = before.properties
        if self.properties.get("Version") != old.get("Version"):
            raise Unsupported("moto cannot change a cluster's Version")
        changed = {name: value for name, value in self.properties.items() if old.get(name) != value}
        members = self._members("UpdateClusterConfig", changed)
        if members:
            token = str(mock_random.uuid4())
            self.call("UpdateClusterConfig", name=self.name, clientRequestToken=token, **members)
        self.retag(self.attributes["Arn"], before)

    def remove(self) -> None:
        self.call_for_removal("DeleteCluster", name=self.name)

    def _members(self, operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return properties as members of an operation's input; none that it does not take."""
        taken = _members_taken(operation)
        return {
            member_name(name): _logging(value) if name == "Logging" else _as_members(value)
            for name, value in properties.items()
            if name not in ("Name", "Tags") and member_name(name) in taken
        }


def _members_taken(operation: str) -> Mapping[str, Shape]:
    members: Mapping[str, Shape] = (
        get_service_model("eks").operation_model(operation).input_shape.members
    )
    return members


def _with_members(row: Property, shape: Shape | None) -> Property:
    """Return a property with the members of its shape, unless it has some, or no shape."""
    if shape is None or row.kind not in (Kind.OBJECT, Kind.LIST) or row.members or row.element:
        return row
    inside = property_of(shape)
    return replace(row, members=inside.members, element=inside.element)


def _logging(value: Mapping[str, Any]) -> dict[str, Any]:
    enabled = value.get("ClusterLogging", {}).get("EnabledTypes", [])
    types = [each["Type"] for each in enabled]
    return {"clusterLogging": [{"types": types, "enabled": True}]}


def _as_members(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {member_name(name): _as_members(item) for name, item in value.items()}
    return [_as_members(item) for item in value] if isinstance(value, list) else value
