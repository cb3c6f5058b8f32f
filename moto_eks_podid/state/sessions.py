"""Role sessions: their credentials, tags and policies, and the pods behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from moto.iam.models import AccessKey, iam_backends
from moto.sts.models import AssumedRole, sts_backends
from moto.utilities.utils import get_partition

from .. import tracing
from ..iam.access_keys import find_key_backend
from ..identity.sessions import RoleSession
from ..origins import PodOrigin
from ..sts.models import IssuedSession, SessionRecorderSTSBackend, find_issued, sts_recorder
from .policies import check_iam
from .section import Commit, Incoming, changes, check_texts


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A session in the state, with its secrets; ``region`` is the one that gave it out.

    ``origin`` is the pod behind it, as far as it is known.
    """

    account_id: str
    region: str
    session: RoleSession
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    origin: PodOrigin | None = None

    @property
    def partition(self) -> str:
        """The partition of the region."""
        return get_partition(self.region)

    @property
    def key(self) -> tuple[str, ...]:
        return (self.session.access_key_id,)

    @property
    def title(self) -> str:
        return f"The session with the access key {self.session.access_key_id[:64]}"


def export_sessions() -> list[SessionEntry]:
    """Return every session of every account, those that have ended, too: they stay refused."""
    return _described(
        issued for recorder in _recorders() for issued in list(recorder.issued.values())
    )


def _described(sessions: Iterable[IssuedSession]) -> list[SessionEntry]:
    found = list(sessions)
    # Reading the history takes its time.
    trace = tracing.tracer() if found else None
    return [
        SessionEntry(
            account_id=issued.assumed_role.account_id,
            region=issued.assumed_role.region_name,
            session=issued.session,
            secret_access_key=issued.assumed_role.secret_access_key,
            session_token=issued.assumed_role.session_token,
            origin=trace(issued.session.access_key_id) if trace else None,
        )
        for issued in found
    ]


def _recorders() -> Iterator[SessionRecorderSTSBackend]:
    for account in list(sts_backends.values()):
        for backend in list(account.values()):
            if isinstance(backend, SessionRecorderSTSBackend):
                yield backend


def prepare_sessions(entries: list[SessionEntry], incoming: Incoming) -> Commit:
    """:raises ValueError: for sessions that cannot be, or that are there and differ"""
    for entry in entries:
        _check(entry)
    _check_parents(entries)
    there = (find_issued(entry.session.access_key_id) for entry in entries)
    present = {entry.key: entry for entry in _described(issued for issued in there if issued)}
    changed = changes(entries, present, incoming)
    for entry in changed:
        old = present.get(entry.key)
        place = (entry.account_id, entry.partition)
        taken = old is None and find_key_backend(entry.session.access_key_id) is not None
        if taken or (old and place != (old.account_id, old.partition)):
            raise ValueError(f"{entry.title} has the key of somebody else")

    def commit() -> None:
        for entry in changed:
            _put(entry)

    return commit


def _check(entry: SessionEntry) -> None:
    check_iam(entry.account_id, entry.partition, entry.title)
    check_texts(entry)
    account = sts_backends.get(entry.account_id)
    backend = account.get(entry.partition) if account is not None else None
    if backend is not None and not isinstance(backend, SessionRecorderSTSBackend):
        raise ValueError(
            f"moto made the STS of account {entry.account_id} before moto_eks_podid was installed"
        )
    session = entry.session
    role_name = session.role_arn.rpartition("/")[2]
    arn = (
        f"arn:{entry.partition}:sts::{entry.account_id}:assumed-role/"
        f"{role_name}/{session.session_name}"
    )
    if session.arn != arn:
        raise ValueError(f"{entry.title} has an ARN that is not that of its role and name")
    if not (session.access_key_id and entry.secret_access_key and entry.session_token):
        raise ValueError(f"{entry.title} lacks credentials")


def _check_parents(entries: list[SessionEntry]) -> None:
    """Check that no session descends from itself."""
    parents = {entry.session.access_key_id: entry.session.parent_access_key_id for entry in entries}
    ended: set[str] = set()
    for entry in entries:
        passed: set[str] = set()
        key: str | None = entry.session.access_key_id
        while key is not None and key not in ended:
            if key in passed:
                raise ValueError(f"{entry.title} descends from itself")
            passed.add(key)
            key = parents.get(key)
        ended |= passed


def _put(entry: SessionEntry) -> None:
    session = entry.session
    iam = iam_backends[entry.account_id][entry.partition]
    # Abstract only to mypy: moto leaves out members that CloudFormation alone asks for.
    key = AccessKey(  # type: ignore[abstract]
        user_name=None, prefix="ASIA", account_id=entry.account_id
    )
    key.access_key_id = session.access_key_id
    key.secret_access_key = entry.secret_access_key
    key.role_arn = session.role_arn
    assumed_role = AssumedRole(
        account_id=entry.account_id,
        region_name=entry.region,
        access_key=key,
        role_session_name=session.session_name,
        role_arn=session.role_arn,
        # moto itself passes None here and below, when a call has none.
        policy=session.policy,  # type: ignore[arg-type]
        duration=0,
        external_id=session.external_id,  # type: ignore[arg-type]
    )
    assumed_role.session_token = entry.session_token
    assumed_role.expiration = session.expires_at.replace(tzinfo=None)
    recorder = sts_recorder(entry.account_id, entry.partition)
    old = recorder.issued.get(session.access_key_id)
    if old is not None:
        recorder.assumed_roles.remove(old.assumed_role)
    recorder.assumed_roles.append(assumed_role)
    iam.access_keys[session.access_key_id] = key
    recorder.issued[session.access_key_id] = IssuedSession(session, assumed_role, entry.origin)
