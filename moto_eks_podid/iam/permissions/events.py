"""Permissions of Amazon EventBridge ("Actions, resources, and condition keys for Amazon
EventBridge")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from .call import Call, Context
from .keys import request_tags, resource_tags, texts
from .passing import passed, passed_role, role_arn
from .rows import (
    ANYTHING,
    Resource,
    anything,
    by_name,
    given,
    on,
    owner,
    parts_of,
    service,
    shown_as,
)
from .state import peek

if TYPE_CHECKING:
    from moto.events.models import EventsBackend

_SERVICE: Final = "events.amazonaws.com"
_BUS: Final = "event-bus/"
_DEFAULT: Final = "default"


def resource_at(arn: str) -> Resource:
    """Return a rule, a bus or another resource, with its tags, and a bus's policy."""
    _, _, _, region, account, resource = parts_of(arn)
    backend: EventsBackend | None = peek("moto.events.models", "events_backends", account, region)
    if backend is None:
        return Resource(arn, account=owner(account))
    policy = None
    if resource.startswith(_BUS):
        bus = backend.event_buses.get(resource.removeprefix(_BUS))
        policy = bus.policy if bus is not None else None
    tags = resource_tags(backend.tagger.tags.get(arn))
    return Resource(arn, tags, owner(account), None, (policy,) if policy else ())


def _bus_arn(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else call.arn("events", _BUS + name)


def _rule(call: Call) -> tuple[Resource, ...]:
    name = call.text("Name") or call.text("Rule")
    if name is None:
        return ANYTHING
    bus = (call.text("EventBusName") or _DEFAULT).rpartition(_BUS)[2]
    path = name if bus == _DEFAULT else f"{bus}/{name}"
    return (resource_at(call.arn("events", f"rule/{path}")),)


def _buses_of_events(call: Call) -> Iterable[Resource]:
    """Find the buses that events are put on, each with what its events are."""
    entries: dict[str, list[Mapping[str, object]]] = {}
    for entry in call.items("Entries"):
        if isinstance(entry, dict):
            name = entry.get("EventBusName")
            bus = name if isinstance(name, str) and name else _DEFAULT
            entries.setdefault(_bus_arn(call, bus), []).append(entry)
    for arn, some in entries.items():
        resource = resource_at(arn)
        context: Context = {
            "events:source": texts(entry.get("Source") for entry in some),
            "events:detail-type": texts(entry.get("DetailType") for entry in some),
        }
        yield resource._replace(context={**resource.context, **context})


def _roles_of_targets(call: Call) -> Iterable[Resource]:
    for target in call.items("Targets"):
        role = target.get("RoleArn") if isinstance(target, dict) else None
        if isinstance(role, str) and role:
            yield passed_role(role_arn(call, role), _SERVICE)


def _targets(call: Call) -> Context:
    arns = texts(target.get("Arn") for target in call.items("Targets") if isinstance(target, dict))
    return {"events:TargetArn": arns} if arns else {}


def _default_bus(call: Call) -> tuple[Resource, ...]:
    name = call.text("Name") or call.text("EventBusName") or _DEFAULT
    return (resource_at(_bus_arn(call, name)),)


def _source(call: Call) -> tuple[Resource, ...]:
    name = call.text("Name") or call.text("EventSourceName")
    if name is None:
        return ANYTHING
    return (Resource(f"arn:{call.partition}:events:{call.region}::event-source/{name}"),)


_ROLE = passed(_SERVICE, "RoleArn")
_API = by_name("events", "api-destination/", "Name")
_ARCHIVE = by_name("events", "archive/", "ArchiveName")
_CONNECTION = by_name("events", "connection/", "Name")
_CONNECTED = by_name("events", "connection/", "ConnectionArn")
_ENDPOINT = by_name("events", "endpoint/", "Name")
_NEW_BUS = by_name("events", _BUS, "Name")
_REPLAY = by_name("events", "replay/", "ReplayName")
_REPLAYED = by_name("events", "archive/", "EventSourceArn", look=resource_at)
_TAGGED = by_name("events", "rule/", "ResourceARN", look=resource_at)

EVENTS = service(
    "events",
    on(_rule, "DeleteRule DescribeRule DisableRule EnableRule ListTargetsByRule PutRule"),
    on(_rule, "PutTargets RemoveTargets", _targets),
    on(given("Tags", _rule), "PutRule=TagResource"),
    on(_ROLE, "PutRule=iam:PassRole CreateEndpoint=iam:PassRole UpdateEndpoint=iam:PassRole"),
    on(_roles_of_targets, "PutTargets=iam:PassRole"),
    on(_buses_of_events, "PutEvents"),
    on(_NEW_BUS, "CreateEventBus"),
    on(given("Tags", _NEW_BUS), "CreateEventBus=TagResource"),
    on(_default_bus, "DeleteEventBus DescribeEventBus UpdateEventBus"),
    on(
        _API,
        "CreateApiDestination DeleteApiDestination DescribeApiDestination UpdateApiDestination",
    ),
    on(given("ConnectionArn", _CONNECTED), "CreateApiDestination"),
    on(_ARCHIVE, "CreateArchive DeleteArchive DescribeArchive UpdateArchive"),
    on(_REPLAYED, "CreateArchive StartReplay"),
    on(
        _CONNECTION,
        "CreateConnection DeauthorizeConnection DeleteConnection DescribeConnection"
        " UpdateConnection",
    ),
    on(_ENDPOINT, "CreateEndpoint DeleteEndpoint DescribeEndpoint UpdateEndpoint"),
    on(_REPLAY, "CancelReplay DescribeReplay StartReplay"),
    on(
        _source,
        "ActivateEventSource CreatePartnerEventSource DeactivateEventSource"
        " DeletePartnerEventSource DescribeEventSource DescribePartnerEventSource"
        " ListPartnerEventSourceAccounts",
    ),
    on(_TAGGED, "ListTagsForResource TagResource UntagResource"),
    # Observed in real responses.
    on(shown_as("arn:{partition}:events:{region}:{account}:event-bus/*"), "ListEventBuses"),
    on(shown_as("arn:{partition}:events:{region}:{account}:rule/*"), "ListRules"),
    on(
        anything,
        "ListApiDestinations ListArchives ListConnections ListEndpoints"
        " ListEventSources ListPartnerEventSources ListReplays ListRuleNamesByTarget"
        " PutPartnerEvents PutPermission RemovePermission TestEventPattern",
    ),
    keys=(request_tags,),
)
