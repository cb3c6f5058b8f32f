"""``/ui/sessions``: role sessions with their tags, their end, and how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .. import clock
from ..identity.sessions import RoleSession
from ..sts.models import recorded_sessions
from .answers import Answer, BadQuery, Request, number_in
from .looking import Look, look
from .pods import KnownPod, chain_of
from .templates import render

PAGE = 100
#: What can be asked of `state`.
STATES = ("live", "ended", "all")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session, the pod behind it, and the sessions that led to it."""

    session: RoleSession
    pod: KnownPod | None
    chain: tuple[RoleSession, ...]
    live: bool


def session_row(session: RoleSession, known: Look, now: datetime) -> SessionRow:
    """Return how a list shows a session."""
    return SessionRow(
        session,
        known.pods.of_key(session.access_key_id),
        tuple(chain_of(session)[:-1]),
        session.expires_at > now,
    )


def sessions(request: Request) -> Answer:
    """``GET /ui/sessions``: the newest first, from ``skip=N`` on.

    ``state`` is one of :data:`STATES`; ``role`` is a role's name or ARN, ``association`` an ARN,
    ``text`` a part of a session's name, its role, its access key or a tag's value.
    """
    query = request.query
    state = query.get("state") or "live"
    if state not in STATES:
        raise BadQuery(f"state is one of {', '.join(STATES)}")
    skip = number_in(query, "skip") or 0
    wanted = {name: query.get(name, "").strip() for name in ("role", "association", "text")}
    known, recorded = look()
    now = clock.now()
    found = [
        session
        for session in recorded_sessions()
        if (state == "all" or (session.expires_at > now) == (state == "live"))
        and _matches(session, **wanted)
    ]
    found.sort(key=lambda session: session.issued_at, reverse=True)
    rows = [session_row(session, known, now) for session in found[skip : skip + PAGE]]
    body = render(
        "sessions.html",
        section="sessions",
        rows=rows,
        total=len(found),
        skip=skip,
        page=PAGE,
        state=state,
        states=STATES,
        wanted=wanted,
        until=known.mark(recorded.recorded),
    )
    return Answer(body)


def _matches(session: RoleSession, role: str, association: str, text: str) -> bool:
    arn = session.role_arn
    if role and role not in (arn, arn.rpartition("/")[2]):
        return False
    if association and association != session.association_arn:
        return False
    if not text:
        return True
    wanted = text.lower()
    places = (session.session_name, arn, session.access_key_id, *session.tags.values())
    return any(wanted in place.lower() for place in places)
