"""``/ui/clusters``: clusters and their associations."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .. import clock
from ..eks.lookup import identities
from ..identity.associations import Association
from ..sts.models import recorded_sessions
from .answers import Answer, NotFound, Request, number_in
from .looking import look
from .templates import render

#: So many associations of a cluster are on a page of their own, and so many beside other clusters.
PAGE, BESIDE_OTHERS = 100, 20


@dataclass(frozen=True, slots=True)
class ShownCluster:
    """A cluster and some of its associations."""

    name: str
    account_id: str
    region: str
    arn: str
    version: str
    status: str
    issuer: str
    trusted: tuple[str, ...]
    associations: tuple[Association, ...]
    total: int


def clusters(request: Request) -> Answer:
    """``GET /ui/clusters``, of all clusters or of ``cluster=ARN``, from ``skip=N`` on.

    :raises NotFound: when there is no such cluster
    """
    arn = request.query.get("cluster", "")
    skip = number_in(request.query, "skip") or 0
    known, recorded = look()
    shown = []
    for backend, name, identity in identities():
        cluster: Any = backend.clusters.get(name)
        if cluster is None or arn not in ("", cluster.arn):
            continue
        first, most = (skip, PAGE) if arn else (0, BESIDE_OTHERS)
        shown.append(
            ShownCluster(
                name,
                backend.account_id,
                backend.region_name,
                cluster.arn,
                cluster.version,
                cluster.status,
                identity.issuer.url,
                tuple(url for url in identity.key_sets if url != identity.issuer.url),
                tuple(islice(identity.associations, first, first + most)),
                len(identity.associations),
            )
        )
    if arn and not shown:
        raise NotFound("There is no such cluster, or it was deleted.")
    now = clock.now()
    live = Counter(
        session.association_arn for session in recorded_sessions() if session.expires_at > now
    )
    body = render(
        "clusters.html",
        section="clusters",
        clusters=sorted(shown, key=lambda one: (one.account_id, one.region, one.name)),
        live=live,
        chosen=arn,
        skip=skip,
        page=PAGE,
        until=known.mark(recorded.recorded),
    )
    return Answer(body)
