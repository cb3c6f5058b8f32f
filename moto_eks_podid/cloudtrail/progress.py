"""The call that a thread is answering, and what its record needs that its bytes do not tell."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from ..events.identities import Identity


@dataclass(slots=True)
class CallInProgress:
    """One call, from the moment it reaches a transport until its answer leaves.

    ``identity`` is the caller's: that of the signature, unless the service finds out better.
    ``account_id`` is the account that the call is for, where it is not the caller's.
    ``extra_parameters`` are shown before the request's own; ``also_seen_by`` is another account
    that gets a record of the call, together with the caller as that account sees it;
    ``made_by_services`` are the calls that AWS services made on account of this one. These
    three count only when the call succeeds.
    ``request_id`` is what the caller was told, once there is an answer.
    """

    identity: Identity
    account_id: str | None = None
    extra_parameters: dict[str, Any] | None = None
    also_seen_by: tuple[str, Identity] | None = None
    made_by_services: list[Any] = field(default_factory=list)
    request_id: str | None = None


class _Stack(threading.local):
    def __init__(self) -> None:
        # A service may itself call another one over a transport.
        self.calls: list[CallInProgress] = []


_stack = _Stack()


def current_call() -> CallInProgress | None:
    """Return the call that this thread is answering; None outside of any."""
    return _stack.calls[-1] if _stack.calls else None


class call_in_progress:
    """Answer a call of ``identity`` inside the block, which gets its :class:`CallInProgress`."""

    __slots__ = ("_call",)

    def __init__(self, identity: Identity) -> None:
        self._call = CallInProgress(identity)

    def __enter__(self) -> CallInProgress:
        _stack.calls.append(self._call)
        return self._call

    def __exit__(self, *_: object) -> None:
        _stack.calls.pop()
