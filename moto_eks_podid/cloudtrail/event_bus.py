"""Events of trails on EventBridge: which rules get them, and what they get.

Follows "Receiving read-only management events from AWS services" and "AWS service events delivered
via AWS CloudTrail" (EventBridge User Guide): the events come to the default bus of their account
and region, and from there to whatever its rules name, other buses included.
"""

from __future__ import annotations

import copy
import json
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

from ..events.event_ids import event_id
from .history import Event

if TYPE_CHECKING:
    from moto.events.models import EventBus, EventsBackend, Rule

DETAIL_TYPE = "AWS API Call via CloudTrail"
DEFAULT_BUS = "default"

#: A rule in this state also gets management events that only read.
ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
ENABLED = "ENABLED"
_READING = ("Describe", "Get", "List")
#: These count as changes, in spite of their names.
_NOT_READING = frozenset({"GetFederationToken", "GetSessionToken"})
#: Sources whose events count as reading whatever their names are, such as AssumeRole (observed).
_READING_BY_RECORD = frozenset({"sts.amazonaws.com", "eks-auth.amazonaws.com"})

#: Place of the id on the bus among the ids that follow from an event's.
_ON_THE_BUS = 3

#: What moto raises when a target is not there, cannot be reached, or is of a kind that it does not
#: deliver to.
TARGET_FAILURES = (
    ServiceException,
    HTTPException,
    NotImplementedError,
    AssertionError,
    ImportError,
    LookupError,
    AttributeError,
    TypeError,
    ValueError,
    OSError,
)

Envelope = dict[str, Any]


class _Here(threading.local):
    delivering = False


_here = _Here()


def offer(event: Event) -> None:
    """Give an event to the rules that match it. What goes wrong with a target is nobody's business.

    Events that come from calls which a target makes during its own delivery are not delivered.
    """
    if _here.delivering:
        return
    bus = _default_bus(event)
    if bus is None or not any(_hears(rule, event) for rule in list(bus.rules.values())):
        return
    _here.delivering = True
    try:
        _put_on(bus, _envelope(event), event, {bus.arn})
    finally:
        _here.delivering = False


def is_reading(event: Event) -> bool:
    """Tell whether a management event counts as one that only reads, for EventBridge."""
    if not event.management or event.event_name in _NOT_READING:
        return False
    if event.event_source in _READING_BY_RECORD:
        return event.read_only
    return event.event_name.startswith(_READING)


def _envelope(event: Event) -> Envelope:
    record = event.record()
    return {
        "version": "0",
        "id": event_id(event.event_id, _ON_THE_BUS),
        "detail-type": DETAIL_TYPE,
        "source": f"aws.{event.event_source.partition('.')[0]}",
        "account": event.account_id,
        "time": record["eventTime"],
        "region": event.region,
        "resources": [],
        "detail": record,
    }


def _events_backend(account_id: str, region: str) -> EventsBackend | None:
    """Return moto's EventBridge of an account and region; None if nobody has used it."""
    models = sys.modules.get("moto.events.models")
    account = models.events_backends.get(account_id) if models else None
    return cast("EventsBackend | None", account.get(region) if account else None)


def _default_bus(event: Event) -> EventBus | None:
    backend = _events_backend(event.account_id, event.region)
    return backend.event_buses.get(DEFAULT_BUS) if backend else None


def _hears(rule: Rule, event: Event) -> bool:
    """Tell whether a rule's state lets an event through. Rules with a schedule have no pattern."""
    if not rule.event_pattern.get_pattern() or not rule.targets:
        return False
    return rule.state == ALL_EVENTS or (rule.state == ENABLED and not is_reading(event))


def _put_on(bus: EventBus, envelope: Envelope, event: Event, passed: set[str]) -> None:
    for rule in list(bus.rules.values()):
        if _hears(rule, event) and rule.event_pattern.matches_event(cast(Any, envelope)):
            for target in list(rule.targets):
                try:
                    _send(rule, target, envelope, event, passed)
                except TARGET_FAILURES:
                    continue


def _send(
    rule: Rule, target: Mapping[str, Any], envelope: Envelope, event: Event, passed: set[str]
) -> None:
    arn = str(target["Arn"])
    _, _, service, region, account_id, resource = arn.split(":", 5)
    if service == "events" and resource.startswith("event-bus/"):
        backend = _events_backend(account_id, region)
        bus = backend.event_buses.get(resource.partition("/")[2]) if backend else None
        # An event that comes back to a bus would go round for ever.
        if bus is not None and bus.arn not in passed:
            _put_on(bus, envelope, event, {*passed, bus.arn})
    elif service in _DIRECT:
        _DIRECT[service](rule, arn, json.dumps(_input(target, envelope)))
    else:
        _as_moto_does(rule, target, envelope)


def _as_moto_does(rule: Rule, target: Mapping[str, Any], envelope: Envelope) -> None:
    """Deliver to one target of a rule, without the template that drops members of the event."""
    from moto.events.models import EventPattern

    alone = copy.copy(rule)
    alone.targets = [dict(target)]
    # It has matched already; moto would match the time in the form that it wants here.
    alone.event_pattern = EventPattern(None, {})
    time = datetime.strptime(envelope["time"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
    timed = {**envelope, "time": time}
    transformed = "InputTransformer" in target
    if transformed:
        timed["ingestion-time"] = time
    alone.send_to_targets(cast(Any, timed), transform_input=transformed)


def _input(target: Mapping[str, Any], envelope: Envelope) -> Any:
    """Return what a target gets: the event, or what its transformer makes of it."""
    transformer = target.get("InputTransformer")
    if transformer is None:
        return envelope
    from moto.events.utils import EventTemplateParser

    return EventTemplateParser.parse(
        transformer["InputTemplate"],
        transformer.get("InputPathsMap", {}),
        cast(Any, {**envelope, "ingestion-time": envelope["time"]}),
    )


def _to_topic(rule: Rule, arn: str, message: str) -> None:
    from moto.sns.models import sns_backends

    sns_backends[rule.account_id][rule.region_name].publish(message, arn=arn)


def _to_function(rule: Rule, arn: str, message: str) -> None:
    from moto.awslambda.utils import get_backend

    get_backend(rule.account_id, arn.split(":")[3]).invoke(
        function_name=arn, qualifier=None, body=message, headers={}, response_headers={}
    )


def _to_state_machine(rule: Rule, arn: str, message: str) -> None:
    from moto.stepfunctions.responses import get_backend

    get_backend(rule.account_id, rule.region_name).start_execution(
        state_machine_arn=arn, name="", execution_input=message
    )


#: Services that moto's rules do not deliver to, though moto has them.
_DIRECT: Mapping[str, Callable[[Rule, str, str], None]] = {
    "lambda": _to_function,
    "sns": _to_topic,
    "states": _to_state_machine,
}
