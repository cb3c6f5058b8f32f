"""Selectors as the API has them: what CloudTrail accepts.

Follows "PutEventSelectors" with its structures and "InvalidEventSelectorsException" (CloudTrail API
Reference). The texts of refusals are not published; these are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .selectors import (
    FIELDS,
    OPERATORS,
    RESOURCE_FIELDS,
    AdvancedEventSelector,
    DataResource,
    EventSelector,
    FieldCondition,
    Selectors,
)

MAX_SELECTORS = 5
MAX_DATA_RESOURCES = 250
MAX_VALUES = 500
MAX_VALUE_LENGTH = 2048

READ_WRITE_TYPES = ("All", "ReadOnly", "WriteOnly")
#: Types of resources that event selectors know -> the service in their ARNs.
DATA_RESOURCE_TYPES = {
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::Lambda::Function": "lambda",
    "AWS::S3::Object": "s3",
}
#: Sources whose management events an event selector can leave out.
EXCLUDABLE_SOURCES = ("kms.amazonaws.com", "rdsdata.amazonaws.com")

CATEGORIES = ("Management", "Data", "NetworkActivity")
#: Fields that can be compared with ``Equals`` alone, and the values that there are.
EXACT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "eventCategory": CATEGORIES,
    "readOnly": ("true", "false"),
    "resources.type": (),
}
#: Of a category, the fields that its selectors must have, and those that they cannot have.
NEEDED_FIELDS = {"Data": "resources.type", "NetworkActivity": "eventSource"}
FORBIDDEN_FIELDS = {
    "Management": {*RESOURCE_FIELDS, "errorCode", "vpcEndpointId"},
    "Data": {"vpcEndpointId"},
    "NetworkActivity": set(RESOURCE_FIELDS),
}


class InvalidSelectors(ValueError):
    """Selectors that CloudTrail refuses. The message says why."""


def read_event_selectors(given: object) -> Selectors:
    """Read ``EventSelectors``.

    :param given: a list of structures of the API, as they came
    :raises InvalidSelectors: for what CloudTrail refuses
    """
    listed = _list(given, "EventSelectors")
    if not 1 <= len(listed) <= MAX_SELECTORS:
        raise InvalidSelectors(f"A trail can have 1 to {MAX_SELECTORS} event selectors")
    selectors = tuple(_event_selector(one) for one in listed)
    count = sum(len(one.values) for each in selectors for one in each.data_resources)
    if count > MAX_DATA_RESOURCES:
        raise InvalidSelectors(f"A trail can have {MAX_DATA_RESOURCES} data resources at most")
    return Selectors(selectors)


def read_advanced_event_selectors(given: object) -> Selectors:
    """Read ``AdvancedEventSelectors``.

    :param given: a list of structures of the API, as they came
    :raises InvalidSelectors: for what CloudTrail refuses
    """
    listed = _list(given, "AdvancedEventSelectors")
    if not listed:
        raise InvalidSelectors("There must be at least one advanced event selector")
    selectors = tuple(_advanced_event_selector(one) for one in listed)
    count = sum(
        len(values)
        for each in selectors
        for condition in each.conditions
        for values in condition.operators.values()
    )
    if count > MAX_VALUES:
        raise InvalidSelectors(
            f"Advanced event selectors can have {MAX_VALUES} values at most on a trail"
        )
    return Selectors(selectors)


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidSelectors(f"{name} is a list")
    return value


def _structure(value: object, name: str, members: Iterable[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidSelectors(f"{name} is a structure")
    for member in value:
        if member not in members:
            raise InvalidSelectors(f"{name} has no member {member}")
    return {member: content for member, content in value.items() if content is not None}


def _texts(value: object, name: str) -> tuple[str, ...]:
    texts = _list(value, name)
    for text in texts:
        if not isinstance(text, str) or not 1 <= len(text) <= MAX_VALUE_LENGTH:
            raise InvalidSelectors(f"{name} holds texts of 1 to {MAX_VALUE_LENGTH} characters")
    return tuple(texts)


def _one_of(value: object, known: Sequence[str], name: str) -> str:
    if value not in known:
        raise InvalidSelectors(f"Value {value} for {name} is invalid; there are {', '.join(known)}")
    return str(value)


_EVENT_SELECTOR_MEMBERS = (
    "ReadWriteType",
    "IncludeManagementEvents",
    "DataResources",
    "ExcludeManagementEventSources",
)


def _event_selector(value: object) -> EventSelector:
    given = _structure(value, "EventSelector", _EVENT_SELECTOR_MEMBERS)
    management = given.get("IncludeManagementEvents", True)
    if not isinstance(management, bool):
        raise InvalidSelectors("IncludeManagementEvents is true or false")
    excluded = _texts(given.get("ExcludeManagementEventSources", []), _EVENT_SELECTOR_MEMBERS[3])
    for source in excluded:
        _one_of(source, EXCLUDABLE_SOURCES, _EVENT_SELECTOR_MEMBERS[3])
    resources = tuple(
        _data_resource(one) for one in _list(given.get("DataResources", []), "DataResources")
    )
    if not management and not resources:
        raise InvalidSelectors("An event selector takes management events, data events or both")
    return EventSelector(
        _one_of(given.get("ReadWriteType", "All"), READ_WRITE_TYPES, "ReadWriteType"),
        management,
        resources,
        frozenset(excluded),
    )


def _data_resource(value: object) -> DataResource:
    given = _structure(value, "DataResource", ("Type", "Values"))
    kind = _one_of(given.get("Type"), tuple(DATA_RESOURCE_TYPES), "DataResources.Type")
    values = _texts(given.get("Values"), "DataResources.Values")
    if not values:
        raise InvalidSelectors("DataResources.Values has at least one value")
    for arn in values:
        parts = arn.split(":", 3)
        if len(parts) < 3 or parts[0] != "arn" or parts[2] != DATA_RESOURCE_TYPES[kind]:
            raise InvalidSelectors(f"Value {arn} for DataResources.Values is invalid")
    return DataResource(kind, values)


def _advanced_event_selector(value: object) -> AdvancedEventSelector:
    given = _structure(value, "AdvancedEventSelector", ("Name", "FieldSelectors"))
    if not isinstance(given.get("Name", ""), str):
        raise InvalidSelectors("Name is a text")
    conditions: dict[str, FieldCondition] = {}
    for one in _list(given.get("FieldSelectors"), "FieldSelectors"):
        condition = _field_selector(one)
        if condition.field in conditions:
            raise InvalidSelectors(f"Field {condition.field} appears more than once")
        conditions[condition.field] = condition
    if "eventCategory" not in conditions:
        raise InvalidSelectors("An advanced event selector must have the field eventCategory")
    category = conditions["eventCategory"].operators["Equals"][0]
    needed = NEEDED_FIELDS.get(category)
    if needed is not None and needed not in conditions:
        raise InvalidSelectors(f"A selector of {category} events must have the field {needed}")
    if wrong := FORBIDDEN_FIELDS[category] & conditions.keys():
        fields = ", ".join(sorted(wrong))
        raise InvalidSelectors(f"A selector of {category} events cannot have the field {fields}")
    return AdvancedEventSelector(tuple(conditions.values()))


def _field_selector(value: object) -> FieldCondition:
    given = _structure(value, "AdvancedFieldSelector", ("Field", *OPERATORS))
    name = _one_of(given.pop("Field", None), (*FIELDS, *RESOURCE_FIELDS), "Field")
    operators = {operator: _texts(values, operator) for operator, values in given.items()}
    if not operators or not all(operators.values()):
        raise InvalidSelectors(f"Field {name} needs an operator with at least one value")
    if name in EXACT_FIELDS:
        values = operators.get("Equals", ())
        if len(operators) > 1 or len(values) != 1:
            raise InvalidSelectors(f"Field {name} can only equal one value")
        if known := EXACT_FIELDS[name]:
            _one_of(values[0], known, name)
    return FieldCondition(name, operators)
