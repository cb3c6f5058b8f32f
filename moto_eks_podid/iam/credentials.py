"""Whose credentials a request was signed with, and whether they are good."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from botocore.credentials import Credentials
from moto.iam.models import AccessKey, Role, User
from moto.sts.models import AssumedRole

from .. import clock
from ..administrators import is_administrator
from ..caller import access_key_of
from ..identity.sessions import RoleSession
from ..sts.models import find_session, find_token, sts_recorder
from ..sts.user_tokens import Federation, UserToken
from .access_keys import find_user, is_there, was_given_out
from .roles import find_backend

#: Access keys that STS gave out begin with these letters: nobody can make one up.
TEMPORARY_KEY = "ASIA"

_TOKEN = "x-amz-security-token"
_TOKEN_IN_HEADER = "HTTP_X_AMZ_SECURITY_TOKEN"


class Failure(str, Enum):
    """What can be wrong with a request's credentials."""

    NO_CREDENTIALS = "no credentials"
    UNKNOWN_KEY = "unknown access key"
    WRONG_TOKEN = "wrong session token"
    EXPIRED = "expired session"
    WRONG_SIGNATURE = "wrong signature"
    OLD_SIGNATURE = "signature of an old version"

    def __str__(self) -> str:
        return self.value


class BadCredentials(Exception):
    """A request's credentials are not good; ``failure`` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


@dataclass(frozen=True)
class UserCaller:
    """An IAM user that calls with a long-term access key, or with a session token of its own."""

    user: User
    key: AccessKey
    token: UserToken | None = None

    #: As `aws:PrincipalType` has it.
    principal_type = "User"

    @property
    def access_key_id(self) -> str:
        """The key that the call is signed with."""
        return self.key.access_key_id

    @cached_property
    def arn(self) -> str:
        """The user's ARN."""
        return self.user.arn

    @property
    def account_id(self) -> str:
        """The user's account."""
        return self.user.account_id

    @property
    def unique_id(self) -> str:
        """``AIDA…``."""
        return self.user.id

    @property
    def secrets(self) -> Credentials:
        """What the call must be signed with."""
        if self.token is not None:
            return self.token.secrets
        return Credentials(self.key.access_key_id, self.key.secret_access_key)


@dataclass(frozen=True)
class FederatedCaller:
    """A federated user; ``user`` asked for its credentials: None for an administrator."""

    token: UserToken
    federation: Federation
    user: User | None

    #: As `aws:PrincipalType` has it.
    principal_type = "FederatedUser"

    @cached_property
    def arn(self) -> str:
        """The federated user's ARN."""
        return str(self.token.arn)

    @property
    def access_key_id(self) -> str:
        """The key that the call is signed with."""
        return self.token.key.access_key_id

    @property
    def account_id(self) -> str:
        """The account of the user who asked."""
        return self.token.account_id

    @property
    def unique_id(self) -> str:
        """``ACCOUNT:NAME``."""
        return str(self.token.unique_id)

    @property
    def secrets(self) -> Credentials:
        """What the call must be signed with."""
        return self.token.secrets


@dataclass(frozen=True)
class SessionCaller:
    """A role session."""

    session: RoleSession
    assumed_role: AssumedRole

    #: As `aws:PrincipalType` has it.
    principal_type = "AssumedRole"

    @property
    def access_key_id(self) -> str:
        """The key that the call is signed with."""
        return self.session.access_key_id

    @property
    def arn(self) -> str:
        """The session's ARN."""
        return self.session.arn

    @property
    def account_id(self) -> str:
        """The role's account."""
        return self.session.account_id

    @property
    def unique_id(self) -> str:
        """``AROA…`` of the role."""
        return self.session.role_id

    @cached_property
    def role(self) -> Role | None:
        """The role, if it is still there: a new one of the same name is another role."""
        backend = find_backend(self.session.account_id, self.session.partition)
        role = backend.roles.get(self.session.role_id) if backend else None
        return role if role is not None and role.arn == self.session.role_arn else None

    @property
    def secrets(self) -> Credentials:
        """What the call must be signed with."""
        made = self.assumed_role
        return Credentials(made.access_key_id, made.secret_access_key, made.session_token)


Caller = UserCaller | FederatedCaller | SessionCaller


def caller_of(response: Any, *, everybody: bool) -> Caller | None:
    """Return who signed a request; None for an administrator: a key that nobody ever gave out.

    :param response: moto's response object of the request, once it is set up
    :param everybody: refuse keys that nobody gave out, whatever they look like
    :raises BadCredentials: for credentials that are not good, and for none
    """
    access_key_id = access_key_of(response)
    if access_key_id is None:
        raise BadCredentials(Failure.NO_CREDENTIALS)
    if is_administrator(access_key_id):
        return None
    token = session_token_of(response)
    session = find_session(access_key_id)
    if session is not None:
        return _session_caller(session, token)
    issued = find_token(access_key_id)
    if issued is not None:
        return _token_caller(issued, token, response.boto3_service_name, everybody=everybody)
    user = find_user(access_key_id)
    if user is not None:
        return _user_caller(user, access_key_id, token)
    if everybody or access_key_id.startswith(TEMPORARY_KEY) or was_given_out(access_key_id):
        raise BadCredentials(Failure.UNKNOWN_KEY)
    return None


def has_expired(response: Any) -> bool:
    """Tell whether a request is signed with the credentials of a session that has ended."""
    access_key_id = access_key_of(response)
    # Most calls of a test are made with keys that nobody gave out.
    if access_key_id is None or not access_key_id.startswith(TEMPORARY_KEY):
        return False
    issued = find_session(access_key_id) or find_token(access_key_id)
    return issued is not None and issued.expires_at <= clock.now()


def session_token_of(response: Any) -> str | None:
    """Return the session token of a request, in its header, its URL or its form."""
    request = response.normalized_request
    if token := request.environ.get(_TOKEN_IN_HEADER):
        return str(token)
    for place in (request.args, request.form):
        for name in place:
            if name.lower() == _TOKEN:
                return str(place[name])
    return None


def _session_caller(session: RoleSession, token: str | None) -> SessionCaller:
    recorder = sts_recorder(session.account_id, session.partition)
    issued = recorder.issued.get(session.access_key_id)
    if issued is None:
        # It was forgotten just now.
        raise BadCredentials(Failure.UNKNOWN_KEY)
    assumed_role = issued.assumed_role
    if token != assumed_role.session_token:
        raise BadCredentials(Failure.WRONG_TOKEN)
    if session.expires_at <= clock.now():
        raise BadCredentials(Failure.EXPIRED)
    return SessionCaller(session, assumed_role)


def _token_caller(
    issued: UserToken, token: str | None, service: str | None, *, everybody: bool
) -> Caller | None:
    request = issued.request
    user, federation = request.user, request.federation
    unknown = everybody if user is None else not is_there(user)
    # "You cannot call any IAM API operations unless MFA authentication information is included."
    if unknown or (service == "iam" and not request.has_mfa):
        raise BadCredentials(Failure.UNKNOWN_KEY)
    if token != issued.session_token:
        raise BadCredentials(Failure.WRONG_TOKEN)
    if issued.expires_at <= clock.now():
        raise BadCredentials(Failure.EXPIRED)
    if federation is not None:
        return FederatedCaller(issued, federation, user)
    return None if user is None else UserCaller(user, issued.key, issued)


def _user_caller(user: User, access_key_id: str, token: str | None) -> UserCaller:
    key = next(key for key in list(user.access_keys) if key.access_key_id == access_key_id)
    if key.status != "Active":
        raise BadCredentials(Failure.UNKNOWN_KEY)
    if token is not None:
        raise BadCredentials(Failure.WRONG_TOKEN)
    return UserCaller(user, key)
