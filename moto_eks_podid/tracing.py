"""From an access key or a CloudTrail record of this mock, or of a server, back to the pod."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from . import remote
from .eks.lookup import identities
from .followed import index_of_history
from .origins import Index, PodOrigin
from .remembered import remembered_origin
from .sts.models import find_session


def trace(
    event_or_access_key_id: Mapping[str, Any] | str, *, endpoint_url: str | None = None
) -> PodOrigin | None:
    """Return the pod behind a call or behind credentials; None when there was none.

    The history of recorded calls leads back to the pod as a CloudTrail log would: from the caller's
    access key to the record of the AssumeRole that gave it out, along a chain of roles, to the
    session tags (Pod Identity) or the token's subject (IRSA). The recorder of sessions adds the
    association, and the clusters add whose an issuer is.

    :param event_or_access_key_id: a CloudTrail record; an entry of LookupEvents, or an event that
        EventBridge delivered, which have the record in them; an access key id; a session's name,
        ARN or ``AROA…:NAME``, unless pods share it
    :param endpoint_url: of a server with the plugin; default: this process, or moto's own server
        under ``TEST_SERVER_MODE``
    :raises ValueError: for something that has no record in it
    """
    what = event_or_access_key_id
    wanted = what if isinstance(what, str) else record_in(what)
    if server := remote.server(endpoint_url):
        if isinstance(wanted, str):
            answer = remote.call(server, "GET", f"/trace?{urlencode({'of': wanted})}")
        else:
            # Entries of LookupEvents hold times, but their records are JSON.
            answer = remote.call(server, "POST", "/trace", {"record": wanted})
        return PodOrigin.from_json(answer["origin"]) if answer["origin"] else None
    return trace_here(wanted)


def trace_here(what: Mapping[str, Any] | str) -> PodOrigin | None:
    """Return the pod behind a record, or behind a key or name, of this process."""
    return tracer()(what)


def tracer() -> Callable[[Mapping[str, Any] | str], PodOrigin | None]:
    """Return :func:`trace_here` for many things, as the history is now."""
    index = index_of_history()
    return lambda what: _traced(index, what) or remembered_origin(what)


def _traced(index: Index, what: Mapping[str, Any] | str) -> PodOrigin | None:
    origin = index.trace(what)
    if origin is None:
        return None
    # A session knows its association for certain; records tell it as long as they are kept.
    session = find_session(origin.chain[0].access_key_id)
    if session and session.association_arn:
        origin = _with_association(origin, session.association_arn, index)
    if origin.issuer is not None and origin.cluster_name is None:
        origin = _with_cluster(origin)
    return origin


def _with_association(origin: PodOrigin, arn: str, index: Index) -> PodOrigin:
    origin = replace(origin, association_arn=arn)
    association = index.association(arn)
    if origin.cluster_name or association is None or not association.place:
        return origin
    # Associations may disable session tags.
    return replace(
        origin,
        cluster_name=association.cluster_name,
        cluster_arn=association.place[0],
        namespace=association.namespace,
        service_account=association.service_account,
    )


def _with_cluster(origin: PodOrigin) -> PodOrigin:
    """Name the cluster of an issuer, if it is one cluster's alone."""
    found = [
        (name, backend.clusters[name].arn)
        for backend, name, identity in identities()
        if origin.issuer in identity.key_sets and name in backend.clusters
    ]
    if len(found) != 1:
        return origin
    [(name, arn)] = found
    return replace(origin, cluster_name=name, cluster_arn=arn)


def record_in(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record in an entry of LookupEvents or an event of EventBridge, or the record.

    :raises ValueError: for something that has no record in it
    """
    if not isinstance(event, Mapping):
        raise ValueError(f"Expected a CloudTrail record or a name, not {type(event).__name__}")
    record: Any = dict(event)
    if "CloudTrailEvent" in event:
        try:
            record = json.loads(event["CloudTrailEvent"])
        except (TypeError, ValueError, RecursionError):
            raise ValueError("CloudTrailEvent is not JSON") from None
    elif isinstance(event.get("detail"), Mapping):
        record = event["detail"]
    if not {"eventName", "userIdentity"} <= set(record if isinstance(record, dict) else ()):
        raise ValueError("This is no CloudTrail record: it has no eventName or no userIdentity")
    return dict(record)
