"""The way back: an index of the records that lead from an access key to a pod."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .issuing import (
    SUBJECT_PREFIX,
    Association,
    IssuedSession,
    Issuer,
    NodeCall,
    Told,
    association_of,
    is_issuing,
    issuer_of,
    merged,
    node_call_of,
    session_of,
    text_at,
)
from .origin import IRSA, POD_IDENTITY, PodOrigin, TracedSession

_PROVIDER = ":oidc-provider/"


@dataclass(slots=True)
class _Resolved:
    """What the records say together; made anew when records were added."""

    sessions: dict[str, IssuedSession]
    by_name: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    associations: dict[tuple[str | None, ...], list[Association]] = field(
        default_factory=lambda: defaultdict(list)
    )
    node_calls: dict[tuple[str | None, ...], list[NodeCall]] = field(
        default_factory=lambda: defaultdict(list)
    )
    pods_at: dict[tuple[str | None, ...], int] = field(default_factory=lambda: defaultdict(int))


class Index:
    """Records of any accounts and regions, in any order, some of them twice.

    Only those records are kept of which :func:`~.issuing.is_issuing` is true, and of those only
    what leads back to a pod.
    """

    def __init__(self, records: Iterable[Mapping[str, Any]] = ()) -> None:
        self._calls: dict[str, IssuedSession] = {}
        self._node_calls: dict[str, NodeCall] = {}
        self._associations: dict[str, Association] = {}
        self._issuers: dict[str, Issuer] = {}
        self._resolved: _Resolved | None = None
        for record in records:
            self.add(record)

    def copy(self) -> Index:
        """Return an index of the same records; what is added to one is not in the other."""
        other = Index()
        other._calls = dict(self._calls)
        other._node_calls = dict(self._node_calls)
        other._associations = dict(self._associations)
        other._issuers = dict(self._issuers)
        # Nobody changes it: it is made anew.
        other._resolved = self._state()
        return other

    def add(self, record: Mapping[str, Any]) -> bool:
        """Take in a record; tell whether it is one that leads back to a pod."""
        if not is_issuing(record):
            return False
        source = record["eventSource"]
        if source == "sts.amazonaws.com":
            self._put(self._calls, *session_of(record))
        elif source == "eks-auth.amazonaws.com":
            call = node_call_of(record)
            self._put(self._node_calls, call.event_id or "", call)
        elif issuer := issuer_of(record):
            self._put(self._issuers, issuer.url, issuer)
        else:
            self._put(self._associations, *association_of(record))
        return True

    def _put(self, known: dict[str, Told], name: str | None, found: Told) -> None:
        if name is None:
            return
        together = merged(known[name], found) if name in known else found
        # A record that is traced is often one that is known.
        if known.get(name) != together:
            known[name] = together
            self._resolved = None

    def trace(self, what: Mapping[str, Any] | str) -> PodOrigin | None:
        """Return the pod behind a record, an access key id, or a session's name or ARN.

        A record leads to its caller; one that gave out a session and has no caller of its own
        leads to that session's pod. None when the records lead to no pod, when a link is missing,
        and when a name belongs to sessions of several pods (an access key never does).

        :param what: a CloudTrail record (parsed), or ``ASIA…``, or what follows ``AROA…:``, or
            ``arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION``
        """
        if isinstance(what, str):
            return self._origin(what) or self._by_name(what)
        self.add(what)
        if (key := text_at(what, "userIdentity", "accessKeyId")) and (origin := self._origin(key)):
            return origin
        if key := text_at(what, "responseElements", "credentials", "accessKeyId"):
            return self._origin(key)
        if text_at(what, "userIdentity", "accessKeyId") is None:
            return self._by_role_id(text_at(what, "userIdentity", "principalId"))
        return None

    def association(self, arn: str) -> Association | None:
        """Return what the records tell about an association."""
        return self._associations.get(arn.rpartition("/")[2])

    def session_keys(self) -> list[str]:
        """Return the access keys of all sessions that the records gave out."""
        return list(self._state().sessions)

    # From a key to its origin

    def _origin(self, key: str) -> PodOrigin | None:
        sessions = self._state().sessions
        chain: list[IssuedSession] = []
        passed = set()
        while (session := sessions.get(key)) and key not in passed:
            passed.add(key)
            chain.append(session)
            if mechanism := self._mechanism(session):
                return self._described(mechanism, chain[::-1])
            if session.parent is None:
                return None
            key = session.parent
        return None

    def _mechanism(self, session: IssuedSession) -> str | None:
        """How a pod came by its first session; None for sessions that others assumed."""
        if (session.subject or "").startswith(SUBJECT_PREFIX) and _issuer(session):
            return IRSA
        if session.by_pods and (
            session.by_service
            # The record of the first role's session is missing, but EKS vouches for the tags.
            or (session.cluster_name and session.parent not in self._state().sessions)
        ):
            return POD_IDENTITY
        return None

    def _described(self, mechanism: str, chain: list[IssuedSession]) -> PodOrigin:
        first = chain[0]
        issuer = association = node = None
        cluster_name, cluster_arn = first.cluster_name, first.cluster_arn
        namespace, service_account = first.namespace, first.service_account
        if mechanism == IRSA:
            issuer = _issuer(first)
            cluster = self._issuers.get(issuer or "", Issuer())
            cluster_name, cluster_arn = cluster.cluster_name, cluster.cluster_arn
            _, _, namespace, service_account = (*(first.subject or "").split(":"), "", "")[:4]
        else:
            association = self._association(first)
            node = self._node(first)
        return PodOrigin(
            mechanism=mechanism,
            cluster_name=cluster_name,
            cluster_arn=cluster_arn,
            namespace=namespace or None,
            service_account=service_account or None,
            pod_name=first.pod_name,
            pod_uid=first.pod_uid,
            role_arn=first.role_arn,
            association_arn=association,
            issuer=issuer,
            node=node,
            chain=tuple(
                TracedSession(
                    session.access_key_id or "",
                    session.arn,
                    session.role_arn,
                    _account(session.role_arn),
                )
                for session in chain
            ),
        )

    def _association(self, session: IssuedSession) -> str | None:
        """The service account's association when EKS assumed its role."""
        place = (session.cluster_arn, session.namespace, session.service_account)
        time = session.time or ""
        found = [
            association
            for association in self._state().associations.get(place, ())
            if (association.since or "~") <= time and (association.until or "~") >= time
        ]
        latest = max(
            found, key=lambda entry: (entry.since, entry.created_at or 0.0, entry.arn), default=None
        )
        return latest.arn if latest else None

    def _node(self, session: IssuedSession) -> str | None:
        """The node whose call EKS answered with the session; None when several come into question.

        Only the cluster and the second connect the two records.
        """
        place = _place(session)
        state = self._state()
        calls = state.node_calls.get(place, ())
        callers = {call.caller for call in calls}
        if len(callers) != 1 or len(calls) < state.pods_at.get(place, 0):
            return None
        return callers.pop()

    # From a name to a key

    def _by_name(self, name: str) -> PodOrigin | None:
        state = self._state()
        origins: dict[tuple[str | None, ...], PodOrigin] = {}
        for key in sorted(
            state.by_name.get(name, ()), key=lambda key: (state.sessions[key].time or "", key)
        ):
            if origin := self._origin(key):
                origins[_pod(origin)] = origin
        return next(iter(origins.values())) if len(origins) == 1 else None

    def _by_role_id(self, role_id: str | None) -> PodOrigin | None:
        """The pod behind ``AROA…:SESSION``: all that another account's record says of a caller."""
        keys = self._state().by_name.get(role_id, ()) if role_id and ":" in role_id else ()
        return self._origin(keys[0]) if len(keys) == 1 else None

    def _state(self) -> _Resolved:
        if self._resolved is None:
            self._resolved = self._resolve()
        return self._resolved

    def _resolve(self) -> _Resolved:
        sessions: dict[str, IssuedSession] = {}
        for session in self._calls.values():
            key = session.access_key_id
            if key is not None:
                sessions[key] = merged(sessions[key], session) if key in sessions else session
        state = _Resolved(sessions)
        for key, session in sessions.items():
            names = {session.arn, (session.arn or "").rpartition("/")[2], session.assumed_role_id}
            for name in names - {None, ""}:
                state.by_name[str(name)].append(key)
            if session.by_pods and session.by_service and session.cluster_arn:
                state.pods_at[_place(session)] += 1
        for association in self._associations.values():
            if association.place:
                state.associations[association.place].append(association)
        for call in self._node_calls.values():
            state.node_calls[call.place].append(call)
        return state


def _pod(origin: PodOrigin) -> tuple[str | None, ...]:
    return (
        origin.mechanism,
        origin.cluster_arn,
        origin.issuer,
        origin.namespace,
        origin.service_account,
        origin.pod_uid,
    )


def _place(session: IssuedSession) -> tuple[str | None, ...]:
    parts = (session.cluster_arn or "").split(":")
    if len(parts) < 6:
        return ()
    return (parts[4], parts[3], session.cluster_name, session.time)


def _issuer(session: IssuedSession) -> str | None:
    host_and_path = (session.provider or "").partition(_PROVIDER)[2]
    return f"https://{host_and_path}" if host_and_path else None


def _account(arn: str | None) -> str | None:
    parts = (arn or "").split(":")
    return parts[4] or None if len(parts) > 4 else None
