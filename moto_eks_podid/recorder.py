"""The session-tag recorder, as a test reads it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from . import remote
from .identity.sessions import RoleSession
from .sts.models import recorded_sessions

#: What sessions can be narrowed by: names of :class:`RoleSession`.
FILTERS = ("account_id", "role_arn", "access_key_id", "association_arn")


def role_sessions(
    *,
    account_id: str | None = None,
    role_arn: str | None = None,
    access_key_id: str | None = None,
    association_arn: str | None = None,
    endpoint_url: str | None = None,
) -> list[RoleSession]:
    """Return the role sessions that STS gave out, oldest first, of all accounts unless narrowed.

    :param account_id: only sessions of roles of that account
    :param role_arn: only sessions of that role
    :param access_key_id: only the session with that key
    :param association_arn: only sessions that came from that pod identity association
    :param endpoint_url: of a server with the plugin; default: this process, or moto's own server
        under ``TEST_SERVER_MODE``
    """
    given = {
        "account_id": account_id,
        "role_arn": role_arn,
        "access_key_id": access_key_id,
        "association_arn": association_arn,
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    if server := remote.server(endpoint_url):
        answer = remote.call(server, "GET", f"/sessions?{urlencode(wanted)}")
        return [RoleSession.from_json(entry) for entry in answer["sessions"]]
    return matching_sessions(wanted)


def matching_sessions(wanted: Mapping[str, str]) -> list[RoleSession]:
    """Return this process's sessions whose members equal the wanted ones, oldest first."""
    found = [
        session
        for session in recorded_sessions()
        if all(getattr(session, name) == value for name, value in wanted.items())
    ]
    return sorted(found, key=lambda session: session.issued_at)
