"""The pods behind sessions of an earlier process, whose calls are in no history of this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .identity.sessions import RoleSession
from .origins import PodOrigin
from .origins.issuing import text_at
from .origins.origin import TracedSession
from .sts.models import find_issued, recorded_sessions

_CALLER = ("userIdentity", "accessKeyId")
_GIVEN_OUT = ("responseElements", "credentials", "accessKeyId")


def remembered_origin(what: Mapping[str, Any] | str) -> PodOrigin | None:
    """Return the pod behind a session that came in with a state, or behind one that it assumed.

    :param what: a CloudTrail record, an access key id, or a session's name, ARN or ``AROA…:NAME``;
        a name that sessions of several pods have leads to none
    """
    for name in _names(what):
        # Names are looked for in all sessions.
        origin = _of_key(name) if find_issued(name) else _of_name(name)
        if origin is not None:
            return origin
    return None


def _names(what: Mapping[str, Any] | str) -> Iterator[str]:
    if isinstance(what, str):
        yield what
        return
    for path in (_CALLER, _GIVEN_OUT):
        if key := text_at(what, *path):
            yield key
    # All that another account's record says of a caller.
    principal = text_at(what, "userIdentity", "principalId")
    if text_at(what, *_CALLER) is None and principal and ":" in principal:
        yield principal


def _of_key(access_key_id: str) -> PodOrigin | None:
    later: list[TracedSession] = []
    passed: set[str] = set()
    key: str | None = access_key_id
    while key is not None and key not in passed:
        passed.add(key)
        issued = find_issued(key)
        if issued is None:
            return None
        if issued.origin is not None:
            return replace(issued.origin, chain=(*issued.origin.chain, *reversed(later)))
        session = issued.session
        later.append(TracedSession(key, session.arn, session.role_arn, session.account_id))
        key = session.parent_access_key_id
    return None


def _of_name(name: str) -> PodOrigin | None:
    origins = {
        (origin.chain[0].access_key_id if origin.chain else None): origin
        for session in recorded_sessions()
        if name in _names_of(session) and (origin := _of_key(session.access_key_id))
    }
    return next(iter(origins.values())) if len(origins) == 1 else None


def _names_of(session: RoleSession) -> tuple[str, ...]:
    return session.arn, session.session_name, session.user_id
