"""LookupEvents: what can be asked, and a page of what was found.

Follows "LookupEvents" (CloudTrail API Reference) and "Viewing recent management events with the AWS
CLI" (CloudTrail User Guide).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from .. import clock
from ..identity.page_tokens import InvalidPageToken
from . import exceptions
from .history import INDEXED, Event, History
from .time_range import time_range

#: Not indexed: they are looked for in the resources of every event of the account and region.
_IN_RESOURCES = ("ResourceType", "ResourceName")
KEYS = ("EventId", *INDEXED, *_IN_RESOURCES)

MAX_VALUE = 2000
_COUNT_TWICE = "_ ,\n"

PAGE_SIZES = range(1, 51)
DEFAULT_PAGE_SIZE = 50

#: Management events are kept for that long.
KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A request that can be answered; times in whole epoch seconds, both inclusive."""

    attribute: tuple[str, str] | None = None
    start: int | None = None
    end: int | None = None
    insight: bool = False
    limit: int = DEFAULT_PAGE_SIZE
    token: str | None = None

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Lookup:
        """Check a request.

        :param given: its members as they came; those that are null count as absent
        :raises CloudTrailError: for the first that is wrong
        """
        given = {name: value for name, value in given.items() if value is not None}
        start, end = time_range(given)
        if given.get("EventCategory", "insight") != "insight":
            raise exceptions.InvalidEventCategoryException(exceptions.chosen("event category"))
        token = given.get("NextToken")
        if not (token is None or isinstance(token, str)):
            raise exceptions.InvalidNextTokenException(exceptions.chosen("next token"))
        return cls(
            attribute=_attribute(given.get("LookupAttributes", [])),
            # Events have whole seconds.
            start=None if start is None else math.ceil(start),
            end=None if end is None else math.floor(end),
            insight="EventCategory" in given,
            limit=_limit(given),
            token=token,
        )


def _attribute(attributes: object) -> tuple[str, str] | None:
    refusal = exceptions.InvalidLookupAttributesException
    if not isinstance(attributes, list):
        raise refusal(exceptions.chosen("attribute"))
    if len(attributes) > 1:
        raise refusal(exceptions.chosen("one attribute"))
    if not attributes:
        return None
    attribute = attributes[0] if isinstance(attributes[0], dict) else {}
    key, value = attribute.get("AttributeKey"), attribute.get("AttributeValue")
    if not isinstance(key, str) or not isinstance(value, str):
        raise refusal(exceptions.chosen("attribute"))
    if key not in KEYS:
        raise refusal(exceptions.chosen("attribute key", keys=", ".join(KEYS)))
    length = len(value)
    if length <= MAX_VALUE:
        length += sum(value.count(character) for character in _COUNT_TWICE)
    if not 1 <= length <= MAX_VALUE:
        raise refusal(exceptions.chosen("attribute value"))
    return key, value


def _limit(given: Mapping[str, Any]) -> int:
    limit = given.get("MaxResults", DEFAULT_PAGE_SIZE)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit not in PAGE_SIZES:
        raise exceptions.InvalidMaxResultsException(exceptions.chosen("max results"))
    return limit


def look_up(
    history: History, account_id: str, region: str, wanted: Lookup
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of entries of LookupEvents, and the token of the next page (None at the end).

    :raises InvalidNextTokenException: for a token that is not one of this lookup
    """
    query = {
        "place": f"{account_id} {region}",
        "lookup": json.dumps([wanted.attribute, wanted.start, wanted.end, wanted.insight]),
    }
    below = None
    if wanted.token is not None:
        try:
            below = history.tokens.read(wanted.token, query)
        except InvalidPageToken:
            text = exceptions.chosen("next token")
            raise exceptions.InvalidNextTokenException(text) from None
    if wanted.insight:
        # Nothing here makes insights.
        return [], None
    found = list(islice(_found(history, account_id, region, wanted, below), wanted.limit + 1))
    page = found[: wanted.limit]
    more = len(found) > len(page)
    token = history.tokens.issue(page[-1].rank, query) if more else None
    return [history.summary(event) for event in page], token


def _found(
    history: History, account_id: str, region: str, wanted: Lookup, below: int | None
) -> Iterator[Event]:
    """Yield the events, newest first."""
    earliest = math.ceil((clock.now() - KEPT).timestamp())
    if wanted.start is not None:
        earliest = max(earliest, wanted.start)
    attribute = wanted.attribute
    in_resources = attribute is not None and attribute[0] in _IN_RESOURCES
    events = history.lookup(
        account_id,
        region,
        None if in_resources else attribute,
        earliest=earliest,
        latest=wanted.end,
        below=below,
    )
    if attribute is None or not in_resources:
        return events
    member, value = attribute
    return (
        event
        for event in events
        if any(resource[member] == value for resource in history.summary(event)["Resources"])
    )
