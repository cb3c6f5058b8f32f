"""The properties of a resource type: which there are, of what type, and which replace the resource.

CloudFormation checks a template's properties against the type's registry schema before it calls
anybody ("Resource type schema", CloudFormation CLI User Guide); a schema here says as much of it as
the properties of a type need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from .failures import InvalidProperties


class Kind(str, Enum):
    """What a property's value is, in the words of CloudFormation's messages."""

    STRING = "String"
    BOOLEAN = "Boolean"
    NUMBER = "Number"
    LIST = "JSONArray"
    OBJECT = "JSONObject"


@dataclass(frozen=True, slots=True)
class Property:
    """One property, or one member of an object, or the elements of a list.

    ``replaces`` says that another value makes another resource; ``members`` are those of an object,
    ``element`` is what each of a list has to be: None where they are not looked into. ``decimals``
    is how many digits follow the point of a text that is written like a number.
    """

    kind: Kind = Kind.STRING
    required: bool = False
    replaces: bool = False
    members: Mapping[str, Property] | None = None
    element: Property | None = None
    decimals: int = 0


#: ``Tags`` as most resource types have them: a list of ``{"Key": …, "Value": …}``.
TAGS = Property(
    Kind.LIST,
    element=Property(
        Kind.OBJECT, members={"Key": Property(required=True), "Value": Property(required=True)}
    ),
)

_BOOLEANS = {"true": True, "false": False}


def checked(schema: Mapping[str, Property], given: Any) -> dict[str, Any]:
    """Return a template's properties, converted where CloudFormation converts.

    Numbers, booleans and YAML's dates become strings where a string belongs; the strings ``true``
    and ``false`` become booleans, digits a number, where those belong. ``AWS::NoValue``, which moto
    resolves to None, takes its element out of a list.

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
    if wanted.kind is Kind.STRING and isinstance(value, (bool, int, float, date)):
        return _text(value, wanted.decimals)
    if wanted.kind is Kind.BOOLEAN and isinstance(value, str):
        value = _BOOLEANS.get(value.lower(), value)
    if wanted.kind is Kind.NUMBER and isinstance(value, str) and value.isdecimal():
        value = int(value)
    found = _kind_of(value)
    if found != wanted.kind.value:
        problems.append(f"{path}: expected type: {wanted.kind.value}, found: {found}")
        return value
    if wanted.members is not None:
        return _members(wanted.members, value, path, problems)
    if wanted.element is not None:
        return [
            _value(wanted.element, element, f"{path}/{position}", problems)
            for position, element in enumerate(value)
        ]
    return value


def _text(value: bool | int | float | date, decimals: int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        # CloudFormation reads what was written, of which moto's reader keeps the number alone.
        whole, _, digits = str(value).partition(".")
        return f"{whole}.{digits.ljust(decimals, '0')}" if digits else whole
    return value.isoformat() if isinstance(value, date) else str(value)


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return Kind.BOOLEAN.value
    if isinstance(value, str):
        return Kind.STRING.value
    if isinstance(value, list):
        return Kind.LIST.value
    return Kind.OBJECT.value if isinstance(value, Mapping) else "Number"
