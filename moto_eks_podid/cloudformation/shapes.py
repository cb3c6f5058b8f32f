"""Properties that are what an operation of a service takes, but for the capital letters."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.model import ListShape, Shape, StructureShape

from .properties import Kind, Property

#: botocore's scalar types -> what a property of that type is.
_KINDS: Mapping[str, Kind] = {
    "boolean": Kind.BOOLEAN,
    "double": Kind.NUMBER,
    "float": Kind.NUMBER,
    "integer": Kind.NUMBER,
    "long": Kind.NUMBER,
    "string": Kind.STRING,
}


def members_of(shape: StructureShape) -> dict[str, Property]:
    """Return the properties that a structure's members are."""
    return {
        property_name(name): property_of(member)
        for name, member in shape.members.items()
        if isinstance(member, ListShape | StructureShape) or member.type_name in _KINDS
    }


def property_of(shape: Shape) -> Property:
    """Return the property that a structure, a list or a scalar is."""
    if isinstance(shape, StructureShape):
        return Property(Kind.OBJECT, members=members_of(shape))
    if isinstance(shape, ListShape):
        return Property(Kind.LIST, element=property_of(shape.member))
    return Property(_KINDS[shape.type_name])


def property_name(member_name: str) -> str:
    """Return the name in templates of a member."""
    return member_name[:1].upper() + member_name[1:]


def member_name(property_name: str) -> str:
    """Return the member that a name in templates is."""
    return property_name[:1].lower() + property_name[1:]
