"""An event of the history: what was captured, and what CloudTrail makes of it."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any, Protocol

from ..events.call import CallDetails
from ..events.catalogue import Classified
from ..events.identities import Identity, access_key_of, user_name_of
from ..events.record import build

#: An event's rank is its second times two to this power, plus its number: events of one second are
#: in the order in which they were recorded.
NUMBER_BITS = 40
NUMBER = (1 << NUMBER_BITS) - 1


class Entry(Protocol):
    """What is kept of a call: the columns of an event, and how to find out the rest."""

    @property
    def time(self) -> float: ...
    @property
    def account_id(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def event_id(self) -> str: ...
    @property
    def size(self) -> int: ...

    def classify(self) -> Classified | None:
        """Return what it was; None for what CloudTrail knows nothing of."""

    def details(self) -> CallDetails:
        """Return its facts."""


class Event:
    """An entry of the history that CloudTrail has a record of.

    ``rank`` orders events, the newest has the greatest: by their second, then by the order in which
    they were recorded.
    """

    __slots__ = ("classified", "entry", "event_id", "rank")

    def __init__(self, entry: Entry, classified: Classified, number: int) -> None:
        self.entry = entry
        self.classified = classified
        self.event_id = entry.event_id
        self.rank = (math.floor(entry.time) << NUMBER_BITS) + number

    @property
    def seq(self) -> int:
        """Its number in the order in which events were recorded."""
        return self.rank & NUMBER

    @property
    def time(self) -> datetime:
        """When the call came in; aware and UTC."""
        return datetime.fromtimestamp(self.entry.time, timezone.utc)

    @property
    def account_id(self) -> str:
        """The account whose history it is in."""
        return self.entry.account_id

    @property
    def region(self) -> str:
        """The region whose history it is in."""
        return self.entry.region

    @property
    def event_source(self) -> str:
        """``eks.amazonaws.com``."""
        return self.classified.event_source

    @property
    def event_name(self) -> str:
        """``CreatePodIdentityAssociation``."""
        return self.classified.event_name

    @property
    def read_only(self) -> bool:
        """Whether the operation changes nothing."""
        return self.classified.read_only

    @property
    def management(self) -> bool:
        """Whether LookupEvents finds it: it does not find data events."""
        return self.classified.management

    @property
    def user_name(self) -> str | None:
        """What LookupEvents calls ``Username``."""
        return user_name_of(self.entry.identity)

    @property
    def access_key_id(self) -> str | None:
        """The caller's access key."""
        return access_key_of(self.entry.identity)

    def record(self) -> dict[str, Any]:
        """Return its CloudTrail record, made anew."""
        return build(self.entry.details())
