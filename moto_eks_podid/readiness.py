"""Whether the server has everything that it was started with."""

from __future__ import annotations

_waiting_for: list[str] = []


def wait_for(what: str) -> None:
    """Be not ready until it is there.

    :param what: as people call it
    """
    _waiting_for.append(what)


def is_there(what: str) -> None:
    """Wait for it no longer."""
    _waiting_for.remove(what)


def waiting_for() -> list[str]:
    """Return what is still to come."""
    return list(_waiting_for)
