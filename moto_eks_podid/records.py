"""The CloudTrail records of all accounts and regions, as a test reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from . import remote
from .cloudtrail.history import history
from .identity.page_tokens import InvalidPageToken

#: What records can be narrowed by: the first arguments of :meth:`History.events`.
FILTERS = ("account_id", "region", "event_name", "event_id")

#: How many records the endpoint answers at once.
PAGE_SIZES = range(1, 1001)
DEFAULT_PAGE_SIZE = 1000


def cloudtrail_records(
    *,
    account_id: str | None = None,
    region: str | None = None,
    event_name: str | None = None,
    event_id: str | None = None,
    endpoint_url: str | None = None,
) -> list[dict[str, Any]]:
    """Return the full CloudTrail records of the calls made so far, newest first.

    There are more of them than LookupEvents finds: data events, and those of every account and
    region unless narrowed. Their members have AWS's order ("CloudTrail record contents", CloudTrail
    User Guide).

    :param account_id: only records in that account's history
    :param region: only records in that region's history; those of global services are in
        ``us-east-1``
    :param event_name: only records of that operation, such as ``AssumeRole``
    :param event_id: only the record with that id
    :param endpoint_url: of a server with the plugin; default: this process, or moto's own server
        under ``TEST_SERVER_MODE``
    """
    given = {
        "account_id": account_id,
        "region": region,
        "event_name": event_name,
        "event_id": event_id,
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    if server := remote.server(endpoint_url):
        return list(_pages(server, wanted))
    return [event.record() for event in history().events(*given.values())]


def _pages(server: str, wanted: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    query = {**wanted, "limit": str(DEFAULT_PAGE_SIZE)}
    while True:
        answer = remote.call(server, "GET", f"/records?{urlencode(query)}")
        yield from answer["records"]
        if answer["next_token"] is None:
            return
        query["next_token"] = answer["next_token"]


def dropped() -> int:
    """Return how many of this process's calls had to make room since the last moto reset."""
    return history().dropped


def page_of_records(
    wanted: Mapping[str, str], limit: int, token: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of this process's records, and the token of the next page (None at the end).

    :param wanted: names of :data:`FILTERS` and values
    :raises ValueError: for a limit that is not one of 1 to 1,000, or a token of another query
    """
    if limit not in PAGE_SIZES:
        raise ValueError(f"limit is {PAGE_SIZES[0]} to {PAGE_SIZES[-1]}, not {limit}")
    recorded = history()
    below = None
    if token is not None:
        try:
            below = recorded.tokens.read(token, wanted)
        except InvalidPageToken:
            raise ValueError("next_token is not one of this query") from None
    narrowed = (wanted.get(name) for name in FILTERS)
    found = list(islice(recorded.events(*narrowed, below=below), limit + 1))
    more = len(found) > limit
    page = found[:limit]
    next_token = recorded.tokens.issue(page[-1].rank, wanted) if more else None
    return [event.record() for event in page], next_token
