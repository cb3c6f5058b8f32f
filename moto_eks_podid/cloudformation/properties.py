"""The properties of a resource type: which there are, of what type, and which replace the resource.

CloudFormation checks a template's properties against the type's registry schema before it calls
anybody ("Resource type schema", CloudFormation CLI User Guide); a schema here says as much of it as
the properties of a type need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .failures import InvalidProperties


class Kind(str, Enum):
    """What a property's value is, in the words of CloudFormation's messages."""

    STRING = "String"
    BOOLEAN = "Boolean"
    LIST = "JSONArray"
    OBJECT = "JSONObject"


@dataclass(frozen=True, slots=True)
class Property:
    """One property, or one member of an object or of a list's elements.

    ``replaces`` says that another value makes another resource; ``members`` are those of an object,
    ``elements`` those of a list's elements: None where they are not looked into.
    """

    kind: Kind = Kind.STRING
    required: bool = False
    replaces: bool = False
    members: Mapping[str, Property] | None = None
    elements: Mapping[str, Property] | None = None


#: ``Tags`` as most resource types have them: a list of ``{"Key": …, "Value": …}``.
TAGS = Property(
    Kind.LIST, elements={"Key": Property(required=True), "Value": Property(required=True)}
)

_BOOLEANS = {"true": True, "false": False}


def checked(schema: Mapping[str, Property], given: Any) -> dict[str, Any]:
    """Return a template's properties, converted where CloudFormation converts.

    Numbers and booleans become strings where a string belongs, the strings ``true`` and ``false``
    become booleans. ``AWS::NoValue``, which moto resolves to None, takes its element out of a list.

    :raises InvalidProperties: for properties that are missing, unknown or of another type
    """
    problems: list[str] = []
    wanted = Property(Kind.OBJECT, members=schema)
    found: dict[str, Any] = _value(wanted, _without_no_value(given), "#", problems)
    if problems:
        raise InvalidProperties(problems)
    return found


def tags_of(properties: Mapping[str, Any]) -> dict[str, str] | None:
    """Return ``Tags`` as a map, as services take them; None without any."""
    if "Tags" not in properties:
        return None
    return {tag["Key"]: tag["Value"] for tag in properties["Tags"]}


def _without_no_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _without_no_value(member) for name, member in value.items() if member is not None
        }
    if isinstance(value, list):
        return [_without_no_value(element) for element in value if element is not None]
    return value


def _members(
    schema: Mapping[str, Property], given: Mapping[str, Any], path: str, problems: list[str]
) -> dict[str, Any]:
    problems += [
        f"{path}: required key [{name}] not found"
        for name, wanted in schema.items()
        if wanted.required and name not in given
    ]
    problems += [
        f"{path}: extraneous key [{name}] is not permitted" for name in given if name not in schema
    ]
    return {
        name: _value(schema[name], value, f"{path}/{name}", problems)
        for name, value in given.items()
        if name in schema
    }


def _value(wanted: Property, value: Any, path: str, problems: list[str]) -> Any:
    if wanted.kind is Kind.STRING and isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if wanted.kind is Kind.BOOLEAN and isinstance(value, str):
        value = _BOOLEANS.get(value.lower(), value)
    found = _kind_of(value)
    if found != wanted.kind.value:
        problems.append(f"{path}: expected type: {wanted.kind.value}, found: {found}")
        return value
    if wanted.members is not None:
        return _members(wanted.members, value, path, problems)
    if wanted.elements is None:
        return value
    elements = []
    for position, element in enumerate(value):
        if isinstance(element, Mapping):
            elements.append(_members(wanted.elements, element, f"{path}/{position}", problems))
        else:
            problems.append(
                f"{path}/{position}: expected type: JSONObject, found: {_kind_of(element)}"
            )
    return elements


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return Kind.BOOLEAN.value
    if isinstance(value, str):
        return Kind.STRING.value
    if isinstance(value, list):
        return Kind.LIST.value
    return Kind.OBJECT.value if isinstance(value, Mapping) else "Number"
