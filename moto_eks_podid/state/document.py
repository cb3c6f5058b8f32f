"""The state as one JSON document: its sections, and how it comes out of a process and into one."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urlencode

from .. import remote
from .clusters import ClusterEntry, export_clusters, prepare_clusters
from .codec import decode, encode
from .plugin import export_settings, export_shift, prepare_settings, prepare_shift
from .policies import PolicyEntry, export_policies, prepare_policies
from .providers import ProviderEntry, export_providers, prepare_providers
from .roles import RoleEntry, export_roles, prepare_roles
from .section import Incoming, Section, printable
from .sessions import SessionEntry, export_sessions, prepare_sessions

FORMAT = "moto-eks-podid-state"
VERSION = 1

#: What the state has, in the order in which it comes in: what is named before who names it.
SECTIONS = (
    Section("clock_shift_seconds", float, export_shift, prepare_shift),
    Section("settings", dict[str, Any], export_settings, prepare_settings),
    Section("policies", list[PolicyEntry], export_policies, prepare_policies),
    Section("roles", list[RoleEntry], export_roles, prepare_roles),
    Section("oidc_providers", list[ProviderEntry], export_providers, prepare_providers),
    Section("clusters", list[ClusterEntry], export_clusters, prepare_clusters),
    Section("sessions", list[SessionEntry], export_sessions, prepare_sessions),
)

#: A server takes about a second for a thousand sessions.
_TIMEOUT_SECONDS = 600
#: Two imports at once would not see each other's changes.
_importing = threading.Lock()


def export_state(*, endpoint_url: str | None = None) -> dict[str, Any]:
    """Return what has to be kept for tokens and credentials to survive a restart.

    That is, of all accounts and regions: clusters with their issuers, signing keys, trusted
    issuers, associations and add-ons; roles, customer managed policies and OIDC providers; role
    sessions with their credentials, and the pods behind them; the settings that were put, and the
    clock's shift.

    The state holds private keys and secret access keys. They are of no use at AWS, but whoever has
    them is any pod to this mock or server.

    :param endpoint_url: of a server with the plugin; default: this process, or moto's own server
        under ``TEST_SERVER_MODE``
    :returns: JSON values, for :func:`import_state`
    """
    if server := remote.server(endpoint_url):
        state: dict[str, Any] = remote.call(
            server, "GET", "/state", timeout_seconds=_TIMEOUT_SECONDS
        )
        return state
    return export_here()


def import_state(
    state: dict[str, Any], *, endpoint_url: str | None = None, replace: bool = False
) -> None:
    """Take over a state, all of it or nothing. What is there already in the same form stays.

    :param state: what :func:`export_state` returned
    :param endpoint_url: of a server with the plugin; default: this process, or moto's own server
        under ``TEST_SERVER_MODE``
    :param replace: take the place of clusters, roles, policies, providers, sessions and settings
        that are there and differ. What the state does not have stays all the same
    :raises ValueError: for something that is no state, or cannot be; without ``replace``, for
        something that is there and differs. The message names it; nothing has changed
    """
    if server := remote.server(endpoint_url):
        # What is no JSON at all cannot be sent.
        _read(state)
        query = f"?{urlencode({'replace': 'true'})}" if replace else ""
        remote.call(server, "PUT", f"/state{query}", state, timeout_seconds=_TIMEOUT_SECONDS)
        return
    import_here(state, replace=replace)


def export_here() -> dict[str, Any]:
    """Return the state of this process."""
    return {
        "format": FORMAT,
        "version": VERSION,
        **{section.name: encode(section.export()) for section in SECTIONS},
    }


def import_here(state: Any, *, replace: bool = False) -> None:
    """Take over a state into this process.

    :raises ValueError: as :func:`import_state`
    """
    sections = _read(state)
    with _importing:
        incoming = Incoming(sections, replace)
        commits = [section.prepare(sections[section.name], incoming) for section in SECTIONS]
        for commit in commits:
            commit()


def _read(state: Any) -> dict[str, Any]:
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f'This is no state: its "format" is not {FORMAT!r}')
    if type(state.get("version")) is not int or state["version"] != VERSION:
        raise ValueError(
            f'The state\'s "version" is not {VERSION}, which is all that is known here'
        )
    names = {"format", "version", *(section.name for section in SECTIONS)}
    if missing := sorted(names - set(state)):
        raise ValueError(f"The state has no {', '.join(missing)}")
    if unknown := [name for name in state if name not in names]:
        raise ValueError(f"The state has an unknown member {printable(str(unknown[0]))!r}")
    return {
        section.name: decode(section.kind, state[section.name], section.name)
        for section in SECTIONS
    }
