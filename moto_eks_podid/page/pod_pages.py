"""``/ui/pods``: every pod there was, and everything that one of them did."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from .. import clock
from ..cloudtrail.history import Event, History
from ..cloudtrail.service_calls import ServiceAssumeRole
from ..identity.sessions import RoleSession
from ..sts.models import find_session
from .answers import Answer, NotFound, Request, number_in
from .graph import CallNode, SessionNode, drawn
from .looking import Look, look
from .pods import KnownPod
from .rows import rows_of
from .sessions import session_row
from .templates import render, url
from .timelines import Filter, failed, session_of

PAGE = 100
#: How many of a pod's events, and of its sessions, its page shows.
LATEST_EVENTS, LATEST_SESSIONS = 20, 20
#: How many sessions, and kinds of calls of each, the graph shows.
DRAWN_SESSIONS, DRAWN_CALLS = 6, 8
#: More kinds of calls than the table shows are not told apart by anybody.
COUNTED = 500


@dataclass(frozen=True, slots=True)
class Calls:
    """What one session called: an operation, how often, and how often in vain."""

    session: RoleSession | None
    access_key_id: str
    source: str
    name: str
    count: int
    failures: int
    latest: float

    @property
    def service(self) -> str:
        """The event source without what all have in common."""
        return self.source.removesuffix(".amazonaws.com")


@dataclass(frozen=True, slots=True)
class PodRow:
    """A pod with its sessions, in a list of pods."""

    known: KnownPod
    sessions: int
    live: int
    latest: datetime | None


def pods(request: Request) -> Answer:
    """``GET /ui/pods``: those whose path contains ``text``, the newest first."""
    text = request.query.get("text", "").strip()
    skip = number_in(request.query, "skip") or 0
    known, recorded = look()
    found = [one for one in reversed(list(known.pods)) if one.matches(text.lower())]
    now = clock.now()
    body = render(
        "pods.html",
        section="pods",
        rows=[_pod_row(one, now) for one in found[skip : skip + PAGE]],
        total=len(found),
        skip=skip,
        page=PAGE,
        text=text,
        until=known.mark(recorded.recorded),
    )
    return Answer(body)


def _pod_row(known: KnownPod, now: datetime) -> PodRow:
    sessions = _sessions_of(known)
    latest = max((session.issued_at for session in sessions), default=None)
    live = sum(session.expires_at > now for session in sessions)
    return PodRow(known, len(sessions), live, latest)


def pod(request: Request) -> Answer:
    """``GET /ui/pods/ID``.

    :raises NotFound: when no session of such a pod is recorded
    """
    known, recorded = look()
    found = known.pod(request.path["pod_id"])
    if found is None:
        raise NotFound("There was no such pod since moto was reset.")
    sessions = _sessions_of(found)
    calls = _calls(found, known, recorded)
    wanted = Filter(pod=found.id)
    latest = known.slice(recorded, wanted, LATEST_EVENTS)
    now = clock.now()
    newest = sessions[::-1][:LATEST_SESSIONS]
    body = render(
        "pod.html",
        section="pods",
        found=found,
        sessions=[session_row(session, known, now) for session in newest],
        session_count=len(sessions),
        calls=calls[:COUNTED],
        kinds=len(calls),
        events=rows_of(latest.events, known.pods),
        total=latest.total,
        failures=sum(one.failures for one in calls),
        graph=_graph(found, sessions, calls),
        until=known.mark(latest.until),
    )
    return Answer(body)


def _sessions_of(known: KnownPod) -> list[RoleSession]:
    found = (find_session(key) for key in list(known.keys))
    return sorted(
        (session for session in found if session is not None),
        key=lambda session: session.issued_at,
    )


def _calls(found: KnownPod, known: Look, recorded: History) -> list[Calls]:
    """Return what a pod called by session and operation, the most frequent first."""
    groups: dict[tuple[str, str, str], list[Event]] = defaultdict(list)
    for event in known.every(recorded, Filter(pod=found.id)):
        # What EKS called to begin the sessions is in the graph as the sessions themselves.
        if isinstance(event.entry, ServiceAssumeRole):
            continue
        groups[session_of(event) or "", event.event_source, event.event_name].append(event)
    calls = [
        Calls(
            find_session(key),
            key,
            source,
            name,
            len(events),
            sum(map(failed, events)),
            max(event.entry.time for event in events),
        )
        for (key, source, name), events in groups.items()
    ]
    return sorted(calls, key=lambda one: (-one.count, one.source, one.name))


def _graph(found: KnownPod, sessions: list[RoleSession], calls: list[Calls]) -> object:
    of_session: dict[str, list[Calls]] = defaultdict(list)
    for one in calls:
        of_session[one.access_key_id].append(one)
    keys = {session.access_key_id for session in sessions}
    # The newest, with those that led to them.
    shown: dict[str, RoleSession] = {}
    for session in sessions[::-1]:
        if len(shown) >= DRAWN_SESSIONS:
            break
        shown.setdefault(session.access_key_id, session)
        parent = session.parent_access_key_id
        while parent in keys and parent not in shown:
            shown[parent] = next(one for one in sessions if one.access_key_id == parent)
            parent = shown[parent].parent_access_key_id

    def node(session: RoleSession) -> SessionNode:
        key = session.access_key_id
        of_it = of_session[key]
        rest = of_it[DRAWN_CALLS:]
        nodes = [
            CallNode(
                f"{one.service}:{one.name}",
                one.count,
                one.failures,
                url("/ui/events", session=key, service=one.source, event=one.name),
            )
            for one in of_it[:DRAWN_CALLS]
        ]
        if rest:
            nodes.append(
                CallNode(
                    f"{len(rest)} other operations",
                    sum(one.count for one in rest),
                    sum(one.failures for one in rest),
                    url("/ui/events", session=key),
                )
            )
        return SessionNode(
            session.role_arn.rpartition("/")[2],
            key,
            url("/ui/events", session=key),
            tuple(
                node(other)
                for other in shown.values()
                if other.parent_access_key_id == key and other is not session
            ),
            tuple(nodes),
        )

    first = [one for one in shown.values() if one.parent_access_key_id not in shown]
    first.sort(key=lambda session: session.issued_at)
    return drawn(found.pod.label, [node(session) for session in first], len(keys) - len(shown))
