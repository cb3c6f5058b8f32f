"""``/``: what there is, and what went wrong last."""

from __future__ import annotations

from .. import clock, settings
from ..eks.lookup import identities
from ..sts.models import recorded_sessions
from .answers import Answer, Request
from .looking import look
from .rows import rows_of
from .templates import render
from .timelines import Filter

#: How many of each are shown.
LATEST = 10

_FAILED = Filter(outcome="failed")


def overview(_: Request) -> Answer:
    """``GET /``."""
    known, recorded = look()
    failed = known.slice(recorded, _FAILED, LATEST)
    latest = known.slice(recorded, Filter(), LATEST)
    now = clock.now()
    clusters = [identity for _, _, identity in identities()]
    sessions = list(recorded_sessions())
    counts = {
        "clusters": len(clusters),
        "associations": sum(len(identity.associations) for identity in clusters),
        "pods": len(known.pods.known),
        "live": sum(session.expires_at > now for session in sessions),
        "events": latest.total,
        "failed": failed.total,
    }
    body = render(
        "overview.html",
        section="overview",
        counts=counts,
        failed=rows_of(failed.events, known.pods),
        latest=rows_of(latest.events, known.pods),
        enforcement=settings.get("iam_enforcement"),
        until=known.mark(latest.until),
    )
    return Answer(body)
