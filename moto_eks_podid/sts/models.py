"""STS with a recorder: every role session, with its tags, found by its access key."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from moto.iam.models import iam_backends
from moto.sts.models import AssumedRole, STSBackend, sts_backends
from moto.sts.utils import random_assumed_role_id, random_session_token

from .. import clock, settings
from ..events import identities
from ..iam.access_keys import account_of, find_user, forget_instance, forget_key
from ..iam.roles import find_role
from ..identity.sessions import NO_TAGS, RoleSession, SessionTags
from .user_tokens import TokenRequest, UserToken

if TYPE_CHECKING:
    from ..origins import PodOrigin

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What a session is to be; ``duration`` in seconds. Checked by whoever makes it.

    ``role_id`` spares the look-up of the role to whoever has it at hand.
    """

    role_arn: str
    session_name: str
    duration: int
    tags: SessionTags = NO_TAGS
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    external_id: str | None = None
    source_identity: str | None = None
    parent: RoleSession | None = None
    association_arn: str | None = None
    federated_provider: str | None = None
    role_id: str | None = None


class NothingRecordsSessions(RuntimeError):
    """moto made the STS of an account before the plugin was installed."""

    def __init__(self, account_id: str, partition: str) -> None:
        super().__init__(
            f"moto made the STS of account {account_id} ({partition}) before moto_eks_podid was "
            "installed, and it cannot record role sessions. Install first: in a conftest.py, or "
            "use moto_eks_podid.mock_aws. Or start a new mock."
        )


# Without slots: the identity is made when the session first calls something.
@dataclass(frozen=True)
class IssuedSession:
    """A session together with moto's own object for it, which holds the credentials."""

    session: RoleSession
    assumed_role: AssumedRole
    #: The pod behind a session that came in with a state. The history knows those behind others.
    origin: PodOrigin | None = None

    @cached_property
    def identity(self) -> identities.AssumedRole:
        """Who CloudTrail says the session is; one value for all of its calls."""
        session = self.session
        return identities.AssumedRole(
            principal_id=session.user_id,
            arn=session.arn,
            account_id=session.account_id,
            access_key_id=session.access_key_id,
            role_id=session.role_id,
            role_arn=session.role_arn,
            created_at=session.issued_at,
            source_identity=session.source_identity,
            federated_provider=session.federated_provider,
        )


class SessionRecorderSTSBackend(STSBackend):
    """moto's STS of one account and partition; it holds the sessions of that account's roles."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.issued: dict[str, IssuedSession] = {}
        self.tokens: dict[str, UserToken] = {}
        self._lock = threading.Lock()

    def start_session(self, request: SessionRequest, region_name: str) -> IssuedSession:
        """Give out credentials for a role, wherever it is, and record the session.

        :param region_name: the region that answers; it decides the partition
        """
        assumed_role = super().assume_role(
            region_name=region_name,
            role_session_name=request.session_name,
            role_arn=request.role_arn,
            # moto itself passes None here and below, when a call has none.
            policy=request.policy,  # type: ignore[arg-type]
            duration=request.duration,
            external_id=request.external_id,  # type: ignore[arg-type]
        )
        return _record(assumed_role, request)

    def assume_role(
        self,
        region_name: str,
        role_session_name: str,
        role_arn: str,
        policy: str,
        duration: int,
        external_id: str,
    ) -> AssumedRole:
        """Assume a role as moto's other services do it: no tags, no caller's session."""
        request = SessionRequest(
            role_arn=role_arn,
            session_name=role_session_name,
            duration=duration,
            policy=policy,
            external_id=external_id,
        )
        return self.start_session(request, region_name).assumed_role

    def assume_role_with_saml(self, **kwargs: Any) -> AssumedRole:
        """Assume a role with a SAML assertion, as moto does, and record the session."""
        assumed_role = super().assume_role_with_saml(**kwargs)
        lifetime = assumed_role.expiration - clock.moto_now()
        _record(
            assumed_role,
            SessionRequest(
                role_arn=assumed_role.role_arn,
                session_name=assumed_role.session_name,
                duration=round(lifetime.total_seconds()),
            ),
        )
        return assumed_role

    def get_assumed_role_from_access_key(self, access_key_id: str) -> AssumedRole | None:
        """Return moto's object for a session of this account, by index."""
        issued = self.issued.get(access_key_id)
        return issued.assumed_role if issued else None

    def remember(self, issued: IssuedSession) -> None:
        """Record a session; the oldest make room where there are too many."""
        for forgotten in self._with(self.issued, issued.session.access_key_id, issued):
            forget_key(forgotten.session.access_key_id)
            # moto has those of SAML in the caller's account.
            with suppress(ValueError):
                self.assumed_roles.remove(forgotten.assumed_role)
            forget_instance(forgotten.assumed_role)

    def give_token(self, request: TokenRequest) -> UserToken:
        """Give a user temporary credentials; the oldest are forgotten where there are too many."""
        now = clock.now()
        token = UserToken(
            request,
            iam_backends[self.account_id][self.partition].create_temp_access_key(),
            random_session_token(),
            self.account_id,
            self.partition,
            now,
            now + timedelta(seconds=request.duration),
        )
        for forgotten in self._with(self.tokens, token.key.access_key_id, token):
            forget_key(forgotten.key.access_key_id)
        return token

    def _with(self, given_out: dict[str, T], access_key_id: str, new: T) -> list[T]:
        """Put a session with the others, and take out the oldest where there are too many."""
        with self._lock:
            given_out[access_key_id] = new
            too_many = max(len(given_out) - settings.get("max_sessions"), 0)
            return [given_out.pop(key) for key in [*islice(given_out, too_many)]]

    def get_caller_identity(self, access_key_id: str, region: str) -> tuple[str, str, str]:
        """Return user id, ARN and account of whoever owns an access key, in whatever account."""
        session = find_session(access_key_id)
        if session is not None:
            return session.user_id, session.arn, session.account_id
        token = find_token(access_key_id)
        if token is not None and token.arn is not None and token.unique_id is not None:
            return token.unique_id, token.arn, token.account_id
        user = find_user(access_key_id)
        if user is not None:
            return user.id, user.arn, user.account_id
        return super().get_caller_identity(access_key_id, region)

    def get_access_key_info(self, access_key_id: str) -> dict[str, str]:
        """Return the account of whoever owns an access key; nobody's is the caller's."""
        return {"Account": account_of(access_key_id) or self.account_id}


def _record(assumed_role: AssumedRole, request: SessionRequest) -> IssuedSession:
    now = clock.now()
    expires_at = now + timedelta(seconds=request.duration)
    # moto's object is what its responses and its signature check read.
    assumed_role.expiration = expires_at.replace(tzinfo=None)
    parent = request.parent
    session = RoleSession(
        access_key_id=assumed_role.access_key_id,
        arn=assumed_role.arn,
        role_arn=request.role_arn,
        session_name=request.session_name,
        issued_at=now,
        expires_at=expires_at,
        role_id=request.role_id or _role_id(request.role_arn),
        tags=request.tags.all,
        transitive_tag_keys=request.tags.transitive_keys,
        source_identity=request.source_identity,
        parent_access_key_id=parent.access_key_id if parent else None,
        association_arn=request.association_arn or (parent.association_arn if parent else None),
        external_id=request.external_id,
        policy=request.policy,
        policy_arns=request.policy_arns,
        federated_provider=request.federated_provider,
    )
    issued = IssuedSession(session, assumed_role)
    recorder = sts_recorder(assumed_role.account_id, assumed_role.partition)
    recorder.remember(issued)
    return issued


def _role_id(role_arn: str) -> str:
    role = find_role(role_arn)
    return role.id if role else "AROA" + random_assumed_role_id()


def sts_recorder(account_id: str, partition: str) -> SessionRecorderSTSBackend:
    """Return the STS that holds the sessions of an account's roles.

    :raises NothingRecordsSessions: when moto made it before the plugin was installed
    """
    backend = sts_backends[account_id][partition]
    if not isinstance(backend, SessionRecorderSTSBackend):
        raise NothingRecordsSessions(account_id, partition)
    return backend


def find_session(access_key_id: str) -> RoleSession | None:
    """Return the session that an access key belongs to, in whatever account and partition."""
    issued = find_issued(access_key_id)
    return issued.session if issued else None


def find_issued(access_key_id: str) -> IssuedSession | None:
    """Do the same, together with moto's object for it."""
    for backend in _recorders():
        issued = backend.issued.get(access_key_id)
        if issued is not None:
            return issued
    return None


def find_token(access_key_id: str) -> UserToken | None:
    """Return the temporary credentials of a user that an access key belongs to, likewise."""
    for backend in _recorders():
        token = backend.tokens.get(access_key_id)
        if token is not None:
            return token
    return None


def recorded_sessions() -> Iterator[RoleSession]:
    """Yield every session that was recorded, account by account, each account's oldest first."""
    for backend in _recorders():
        for issued in list(backend.issued.values()):
            yield issued.session


def _recorders() -> Iterator[SessionRecorderSTSBackend]:
    for account in list(sts_backends.values()):
        for backend in list(account.values()):
            # A backend that moto made before the plugin was installed records nothing.
            if isinstance(backend, SessionRecorderSTSBackend):
                yield backend
