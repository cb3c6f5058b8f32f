"""An event as a list shows it: a few columns, of which only errors are read from an answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..cloudtrail.history import Event
from ..events.identities import (
    AssumedRole,
    AWSAccount,
    AWSService,
    IAMUser,
    Identity,
    Root,
)
from .pods import KnownPod, Pods
from .timelines import error_in, role_of


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of a list of events."""

    event: Event
    pod: KnownPod | None
    caller: str
    role: str | None
    error: str | None

    @property
    def service(self) -> str:
        """The event source without what all have in common."""
        return self.event.event_source.removesuffix(".amazonaws.com")


def rows_of(events: Iterable[Event], pods: Pods) -> list[EventRow]:
    """Return the lines of events."""
    return [
        EventRow(
            event,
            pods.of_event(event),
            caller_of(event.entry.identity),
            role_of(event),
            error[0] if (error := error_in(event)) else None,
        )
        for event in events
    ]


def caller_of(identity: Identity) -> str:
    """Return who calls, for people."""
    if isinstance(identity, AssumedRole):
        return identity.session_name
    if isinstance(identity, IAMUser):
        return identity.user_name
    if isinstance(identity, Root):
        return "root"
    if isinstance(identity, AWSService):
        return identity.invoked_by
    if isinstance(identity, AWSAccount):
        return identity.account_id
    return identity.subject or "anonymous"
