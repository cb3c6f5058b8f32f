"""``/ui/events/ID``: one event, whose it is, what belongs to it, and why it was refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import settings
from ..cloudtrail.calls import CapturedCall
from ..cloudtrail.history import Event, History
from ..cloudtrail.service_calls import ServiceAssumeRole
from ..events.identities import access_key_of
from ..explaining import explain_here
from ..iam.explanations import KEPT
from ..sts.models import find_session
from .answers import Answer, NotFound, Request
from .highlighted import without_secrets
from .looking import look
from .pods import FOR_PODS, chain_of
from .rows import rows_of
from .templates import render
from .timelines import error_in, failed

#: What AWS records of one call is recorded at once: other calls that come in between are few.
NEIGHBOURS = 64

_ASSUMING = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})


def event(request: Request) -> Answer:
    """``GET /ui/events/ID``, where the id is an event's or a request's.

    :raises NotFound: when there is no such event, or when it had to make room for later ones
    """
    known, recorded = look()
    wanted = request.path["id"]
    events, _ = recorded.appended(0)
    found = next((one for one in events if one.event_id == wanted), None) or next(
        (one for one in events if getattr(one.entry, "request_id", None) == wanted), None
    )
    if found is None:
        raise NotFound("There is no such event, or it had to make room for later ones.")
    record = found.record()
    key = access_key_of(found.entry.identity)
    session = find_session(key) if key else None
    linked = linked_to(found, recorded)
    issuing = issued_by(events, found, key) if key else None
    [row] = rows_of([found], known.pods)
    body = render(
        "event.html",
        section="events",
        row=row,
        event=found,
        record=without_secrets(record),
        error=error_in(found),
        chain=chain_of(session) if session else (),
        linked=rows_of(linked, known.pods),
        issuing=rows_of([issuing], known.pods)[0] if issuing else None,
        node=node_of(issuing or found, recorded),
        explained=_explained(found) if row.error else None,
        enforcement=settings.get("iam_enforcement"),
        kept=KEPT,
        until=None,
    )
    return Answer(body)


def _explained(found: Event) -> object:
    request_id = getattr(found.entry, "request_id", "")
    explained = explain_here(request_id) if request_id else None
    return explained if explained and not explained.allowed else None


def linked_to(found: Event, recorded: History) -> list[Event]:
    """Return the other records of the same call: EKS's own for a pod, and other accounts'."""
    asked = found
    if isinstance(found.entry, ServiceAssumeRole):
        following = _at_the_time(found, recorded, 1)
        asked = next((one for one in following if _gave_out(one)), found)
    linked = [asked] if asked is not found else []
    if asked.event_name == FOR_PODS:
        linked += [
            one
            for one in _at_the_time(asked, recorded, -1)
            if isinstance(one.entry, ServiceAssumeRole) and one is not found
        ]
    shared = getattr(found.entry, "shared_event_id", None)
    if shared is not None:
        linked += [
            one
            for one in _neighbours(found, recorded, (-1, 1))
            if getattr(one.entry, "shared_event_id", None) == shared
        ]
    return linked


def _gave_out(event: Event) -> bool:
    return event.event_name == FOR_PODS and not failed(event)


def _neighbours(found: Event, recorded: History, directions: Iterable[int]) -> Iterator[Event]:
    for direction in directions:
        seqs = (found.seq + direction * distance for distance in range(1, NEIGHBOURS))
        yield from recorded.numbered(seqs)


def _at_the_time(found: Event, recorded: History, direction: int) -> Iterator[Event]:
    """Yield the neighbours with the very time of an event, as what EKS calls for a pod has it.

    The next call of a node's agent ends them: when time is frozen, all events have one time.
    """
    for other in _neighbours(found, recorded, (direction,)):
        if other.entry.time == found.entry.time:
            if direction < 0 and other.event_name == FOR_PODS:
                return
            yield other


def issued_by(events: list[Event], found: Event, key: str) -> Event | None:
    """Return the event of the call that gave out an access key."""
    for other in reversed(events):
        if other.seq >= found.seq or other.event_name not in _ASSUMING:
            continue
        entry = other.entry
        if isinstance(entry, ServiceAssumeRole):
            if entry.issued.session.access_key_id == key:
                return other
        elif isinstance(entry, CapturedCall) and entry.answer and key.encode() in entry.answer:
            return other
    return None


def node_of(found: Event, recorded: History) -> str | None:
    """Return who asked EKS for a pod's credentials: the ARN of its node's session, as a rule."""
    for other in (found, *linked_to(found, recorded)):
        if other.event_name == FOR_PODS:
            return getattr(other.entry.identity, "arn", None)
    return None
