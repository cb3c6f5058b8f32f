"""What a resource type that is ours has in common with the others: all that moto asks of one.

A type is a subclass of :class:`StackResource` and a row in ``resource_types``. It is no subclass of
moto's ``CloudFormationModel``, whose subclasses moto collects and nobody can take back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

from .forwarding import ServiceRefusal, call
from .properties import Property, checked


class StackResource(ABC):
    """A resource of a stack.

    ``properties`` are the template's, references resolved and checked; ``attributes`` is what
    ``Fn::GetAtt`` finds; ``physical_resource_id`` is what ``Ref`` finds. ``replaces`` is the
    resource that this one was made to replace, as long as that one is there.
    """

    #: ``AWS::EKS::PodIdentityAssociation``.
    TYPE: ClassVar[str]
    #: The property that names the resource, where CloudFormation makes up a name without it.
    NAME_PROPERTY: ClassVar[str] = ""
    SCHEMA: ClassVar[Mapping[str, Property]]
    ATTRIBUTES: ClassVar[frozenset[str]]
    #: botocore's name of the service that has such resources.
    SERVICE: ClassVar[str]

    # What moto sets and asks for.
    cf_resource_type: str
    logical_resource_id: str
    physical_resource_id: str

    def __init__(self, name: str, properties: Any, account_id: str, region_name: str) -> None:
        self.properties = checked(self.schema(), properties)
        self.name: str = self.properties.get(self.NAME_PROPERTY, name)
        self.account_id = account_id
        self.region_name = region_name
        self.attributes: dict[str, str] = {}
        self.replaces: StackResource | None = None

    # What a type has to say

    @classmethod
    def schema(cls) -> Mapping[str, Property]:
        """Return :attr:`SCHEMA`, with what has to be looked up for it."""
        return cls.SCHEMA

    @abstractmethod
    def make(self) -> None:
        """Make the resource; set ``physical_resource_id`` and ``attributes``.

        :raises ServiceRefusal: when the service refuses; nothing is made, then
        """

    @abstractmethod
    def change(self, before: StackResource) -> None:
        """Change the resource in place, from what ``before`` says to what this one says.

        Only properties that do not replace the resource differ. ``physical_resource_id`` and
        ``attributes`` are those of ``before``.

        :raises ServiceRefusal: when the service refuses
        """

    @abstractmethod
    def remove(self) -> None:
        """Delete the resource; do nothing when it is gone.

        :raises ServiceRefusal: when the service refuses
        """

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call the type's service for the stack's user; parameters that are None are left out."""
        return call(self.SERVICE, operation, parameters, self.account_id, self.region_name)

    # What a stack does with it

    def differs_from(self, definition: Mapping[str, Any]) -> bool:
        """Tell whether the template's definition, references resolved, asks for a change.

        :raises InvalidProperties: when its properties break the schema
        """
        return checked(self.schema(), _properties_of(definition)) != self.properties

    def update_to(self, wanted: StackResource) -> StackResource:
        """Change this resource in place, or make one that replaces it, and return what is there."""
        if self._replaced_by(wanted):
            wanted.make()
            wanted.replaces = self
            return wanted
        wanted.name = self.name
        wanted.physical_resource_id = self.physical_resource_id
        wanted.attributes = dict(self.attributes)
        try:
            wanted.change(self)
        except ServiceRefusal:
            # It may be half done. Whoever may not do it may not undo it either, nor has to.
            with suppress(ServiceRefusal):
                self.change(wanted)
            raise
        return wanted

    def take_back(self, before: StackResource) -> None:
        """Undo what made this resource out of ``before``."""
        if self.replaces is None:
            before.change(self)
        else:
            self.remove()

    def _replaced_by(self, wanted: StackResource) -> bool:
        return any(
            self.properties.get(name) != wanted.properties.get(name)
            for name, declared in self.SCHEMA.items()
            if declared.replaces
        )

    # What moto asks of a type

    @classmethod
    def cloudformation_type(cls) -> str:
        """Return the type's name in templates."""
        return cls.TYPE

    @classmethod
    def cloudformation_name_type(cls) -> str:
        """Return the property that names the resource; empty where none does."""
        return cls.NAME_PROPERTY

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Tell whether ``Fn::GetAtt`` knows an attribute of the type."""
        return attr in cls.ATTRIBUTES

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> StackResource:
        """Make a resource."""
        made = cls(resource_name, _properties_of(cloudformation_json), account_id, region_name)
        made.make()
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: StackResource,
        new_resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
    ) -> StackResource:
        """Change a resource, or make the one that replaces it: see :meth:`update_to`."""
        given = _properties_of(cloudformation_json)
        wanted = cls(new_resource_name, given, account_id, region_name)
        return original_resource.update_to(wanted)

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the resource."""
        self.remove()

    def is_created(self) -> bool:
        """Tell whether it is ready to use: at once."""
        return True

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return what ``Fn::GetAtt`` finds.

        :raises UnformattedGetAttTemplateException: for an attribute that this resource has not
        """
        try:
            return self.attributes[attribute_name]
        except KeyError:
            raise UnformattedGetAttTemplateException from None


def _properties_of(definition: Mapping[str, Any]) -> Any:
    # moto drops them when they are ``AWS::NoValue``.
    return definition.get("Properties", {})
