"""``/ui/events``: the timeline, and pieces of it for whoever scrolls."""

from __future__ import annotations

from .answers import Answer, Request, number_in
from .looking import Look, Slice, look_without_update
from .rows import rows_of
from .templates import render
from .timelines import FILTERS, OUTCOMES, Filter

#: How many events a page or a piece has at most.
PAGE = 100

#: What the form calls each filter.
LABELS = {
    "pod": "Pod",
    "role": "Role",
    "service": "Service",
    "event": "Operation",
    "outcome": "Outcome",
    "error": "Error contains",
    "session": "Access key",
}


def _slice(request: Request) -> tuple[Filter, Look, Slice]:
    wanted = Filter.parse(request.query)
    before = number_in(request.query, "before")
    skip = number_in(request.query, "skip") or 0
    known, recorded = look_without_update()
    since = number_in(request.query, "since")
    return wanted, known, known.slice(recorded, wanted, PAGE, before, skip, since)


def events(request: Request) -> Answer:
    """``GET /ui/events``: the newest that pass the filters, or those that follow on ``before=N``.

    :raises BadFilter: for a filter's value that it cannot have
    :raises BadQuery: for a cursor that is no number
    """
    wanted, known, found = _slice(request)
    body = render(
        "events.html",
        section="events",
        wanted=wanted,
        labels=LABELS,
        filters=FILTERS,
        outcomes=OUTCOMES,
        offered=known.offered(),
        found=found,
        rows=rows_of(found.events, known.pods),
        page=PAGE,
        first_page="before" not in request.query,
        until=known.mark(found.until),
    )
    return Answer(body)


def rows(request: Request) -> Answer:
    """``GET /ui/events/rows``: rows alone, with where they are in the whole list.

    Besides what the list itself takes, ``skip=N`` passes over as many rows, and ``since=N`` asks
    how many came since a piece that ended before that number.
    """
    _, known, found = _slice(request)
    return Answer(
        render(
            "event_rows.html",
            rows=rows_of(found.events, known.pods),
            found=found,
        )
    )
