"""``AWS::EKS::Addon`` in CloudFormation.

Follows "AWS::EKS::Addon" (CloudFormation Template Reference) and its registry schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from moto.moto_api._internal import mock_random

from ..cloudformation.properties import TAGS, Kind, Property, tags_of
from ..cloudformation.resources import StackResource
from .stack_resources import EKSStackResource

_STRING = Property()


class AddonResource(EKSStackResource):
    """An add-on; ``Ref`` is ``CLUSTER|ADDON``."""

    TYPE = "AWS::EKS::Addon"
    SCHEMA: ClassVar[Mapping[str, Property]] = {
        "AddonName": Property(required=True, replaces=True),
        "AddonVersion": _STRING,
        "ClusterName": Property(required=True, replaces=True),
        "ConfigurationValues": _STRING,
        "NamespaceConfig": Property(
            Kind.OBJECT, replaces=True, members={"Namespace": Property(required=True)}
        ),
        "PodIdentityAssociations": Property(
            Kind.LIST,
            element=Property(
                Kind.OBJECT,
                members={
                    "RoleArn": Property(required=True),
                    "ServiceAccount": Property(required=True),
                },
            ),
        ),
        "PreserveOnDelete": Property(Kind.BOOLEAN),
        "ResolveConflicts": _STRING,
        "ServiceAccountRoleArn": _STRING,
        "Tags": TAGS,
    }
    ATTRIBUTES = frozenset({"Arn"})

    #: Property -> member of UpdateAddon, and what clears it; None for what cannot be cleared.
    _CHANGEABLE: ClassVar[Mapping[str, tuple[str, Any]]] = {
        "AddonVersion": ("addonVersion", None),
        "ConfigurationValues": ("configurationValues", ""),
        "PodIdentityAssociations": ("podIdentityAssociations", []),
        "ServiceAccountRoleArn": ("serviceAccountRoleArn", None),
    }

    def make(self) -> None:
        given = self.properties
        namespace = given.get("NamespaceConfig", {}).get("Namespace")
        answer = self.call(
            "CreateAddon",
            **self._address,
            addonVersion=given.get("AddonVersion"),
            serviceAccountRoleArn=given.get("ServiceAccountRoleArn"),
            resolveConflicts=given.get("ResolveConflicts"),
            clientRequestToken=str(mock_random.uuid4()),
            tags=tags_of(given),
            configurationValues=given.get("ConfigurationValues"),
            podIdentityAssociations=self._member("PodIdentityAssociations"),
            namespaceConfig=None if namespace is None else {"namespace": namespace},
        )
        self.physical_resource_id = f"{given['ClusterName']}|{given['AddonName']}"
        self.attributes = {"Arn": answer["addon"]["addonArn"]}

    def change(self, before: StackResource) -> None:
        changed = {
            member: cleared if self._member(name) is None else self._member(name)
            for name, (member, cleared) in self._CHANGEABLE.items()
            if self.properties.get(name) != before.properties.get(name)
        }
        if changed:
            # A role that is not given again goes.
            changed["serviceAccountRoleArn"] = self._member("ServiceAccountRoleArn")
            self.call(
                "UpdateAddon",
                **self._address,
                resolveConflicts=self.properties.get("ResolveConflicts"),
                clientRequestToken=str(mock_random.uuid4()),
                **changed,
            )
        self.retag(self.attributes["Arn"], before)

    def remove(self) -> None:
        preserve = self.properties.get("PreserveOnDelete")
        self.call_for_removal("DeleteAddon", **self._address, preserve=preserve)

    @property
    def _address(self) -> dict[str, str]:
        return {
            "clusterName": self.properties["ClusterName"],
            "addonName": self.properties["AddonName"],
        }

    def _member(self, name: str) -> Any:
        """Return a property as the member of the operations that it is."""
        value = self.properties.get(name)
        if name != "PodIdentityAssociations" or value is None:
            return value
        return [
            {"serviceAccount": each["ServiceAccount"], "roleArn": each["RoleArn"]} for each in value
        ]
