"""Event selectors: which events a trail takes.

Follows "EventSelector", "DataResource", "AdvancedEventSelector" and "AdvancedFieldSelector"
(CloudTrail API Reference) and "Filtering data events by using advanced event selectors" (CloudTrail
User Guide), which says how several operators of one field go together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

#: A qualified ARN of a Lambda function has one part more.
_PARTS_OF_FUNCTION_ARN = 7


class Selectable(Protocol):
    """An event, as selectors look at it: cheap columns, and the record for whoever needs it."""

    @property
    def event_source(self) -> str: ...
    @property
    def event_name(self) -> str: ...
    @property
    def read_only(self) -> bool: ...
    @property
    def management(self) -> bool: ...

    def record(self) -> Mapping[str, Any]:
        """Return its CloudTrail record."""


@dataclass(frozen=True, slots=True)
class DataResource:
    """Resources of one type whose data events are taken."""

    type: str
    values: tuple[str, ...]

    def covers(self, arn: str) -> bool:
        """Tell whether an object, table or function of the type is one of them.

        Of S3's objects a value is the beginning; of the others it is the whole ARN, unless it names
        the service alone.
        """
        prefixes = self.type == "AWS::S3::Object"
        if self.type == "AWS::Lambda::Function":
            arn = ":".join(arn.split(":")[:_PARTS_OF_FUNCTION_ARN])
        return any(
            arn.startswith(value) if prefixes or value.count(":") == 2 else arn == value
            for value in self.values
        )


@dataclass(frozen=True, slots=True)
class EventSelector:
    """A basic event selector; its defaults are CloudTrail's."""

    read_write_type: str = "All"
    management: bool = True
    data_resources: tuple[DataResource, ...] = ()
    excluded_sources: frozenset[str] = frozenset()

    def picks(self, event: Selectable) -> bool:
        """Tell whether the event is one of those that it stands for."""
        if self.read_write_type != "All" and event.read_only != (
            self.read_write_type == "ReadOnly"
        ):
            return False
        if event.management:
            return self.management and event.event_source not in self.excluded_sources
        return bool(self.data_resources) and any(
            resource.get("type") == wanted.type and wanted.covers(_arn(resource))
            for resource in _resources(event)
            for wanted in self.data_resources
        )


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """What one field must be: operators that take events are alternatives, others all count."""

    field: str
    operators: Mapping[str, tuple[str, ...]]

    def holds(self, value: str | None) -> bool:
        """Judge a value; None for a record that has no such field."""
        taking: list[bool] = []
        leaving_out: list[bool] = []
        for name, operands in self.operators.items():
            compare, takes = OPERATORS[name]
            matches = value is not None and any(compare(value, operand) for operand in operands)
            (taking if takes else leaving_out).append(matches)
        return not any(leaving_out) and (any(taking) or not taking)


def _equals(value: str, operand: str) -> bool:
    return value == operand


#: Operator -> how it compares, and whether it takes events (the others leave events out).
OPERATORS: Mapping[str, tuple[Callable[[str, str], bool], bool]] = {
    "Equals": (_equals, True),
    "StartsWith": (str.startswith, True),
    "EndsWith": (str.endswith, True),
    "NotEquals": (_equals, False),
    "NotStartsWith": (str.startswith, False),
    "NotEndsWith": (str.endswith, False),
}


def _member(*path: str) -> Callable[[Selectable], str | None]:
    def value(event: Selectable) -> str | None:
        found: Any = event.record()
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, bool):
            return str(found).lower()
        return found if isinstance(found, str) else None

    return value


#: Field -> what an event's value of it is. Those of resources are looked at together.
FIELDS: Mapping[str, Callable[[Selectable], str | None]] = {
    "eventCategory": lambda event: "Management" if event.management else "Data",
    "readOnly": lambda event: "true" if event.read_only else "false",
    "eventSource": lambda event: event.event_source,
    "eventName": lambda event: event.event_name,
    "eventType": _member("eventType"),
    "errorCode": _member("errorCode"),
    "sessionCredentialFromConsole": _member("sessionCredentialFromConsole"),
    "userIdentity.arn": _member("userIdentity", "arn"),
    "vpcEndpointId": _member("vpcEndpointId"),
}
RESOURCE_FIELDS = ("resources.type", "resources.ARN")


@dataclass(frozen=True, slots=True)
class AdvancedEventSelector:
    """Conditions that an event must all meet."""

    conditions: tuple[FieldCondition, ...]

    def picks(self, event: Selectable) -> bool:
        """Tell whether the event meets all conditions."""
        if any(
            not condition.holds(FIELDS[condition.field](event))
            for condition in self.conditions
            if condition.field in FIELDS
        ):
            return False
        about = [one for one in self.conditions if one.field in RESOURCE_FIELDS]
        return not about or any(
            all(
                one.holds(resource.get("type") if one.field == "resources.type" else _arn(resource))
                for one in about
            )
            for resource in _resources(event)
        )


def _resources(event: Selectable) -> Sequence[Mapping[str, Any]]:
    return cast("Sequence[Mapping[str, Any]]", event.record().get("resources") or ())


def _arn(resource: Mapping[str, Any]) -> str:
    # A list of objects has the beginning of their ARNs.
    return str(resource.get("ARN") or resource.get("ARNPrefix") or "")


@dataclass(frozen=True, slots=True)
class Selectors:
    """All selectors of a trail, of which each event needs one.

    Without any they take all management events.
    """

    selectors: tuple[EventSelector | AdvancedEventSelector, ...] = (EventSelector(),)

    def picks(self, event: Selectable) -> bool:
        """Tell whether a trail with these selectors takes the event."""
        return any(selector.picks(event) for selector in self.selectors)
