"""What this process shares: its environment variables and boto3's default session, for a block."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

import boto3

from .overlays import Overlays


def _put_variables(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _put_sessions(sessions: Mapping[str, Any]) -> None:
    for session in sessions.values():
        boto3.DEFAULT_SESSION = session


_variables: Final = Overlays[str, "str | None"](os.environ.get, _put_variables)
#: There is one place.
_sessions: Final = Overlays[str, Any](lambda _: boto3.DEFAULT_SESSION, _put_sessions)


def changed(variables: Mapping[str, str | None]) -> AbstractContextManager[None]:
    """Set variables, or remove those whose value is None, until the block ends.

    All others are left alone, also for a moment: other threads may be starting processes.
    """
    return _variables.laid(variables)


def new_default_session() -> AbstractContextManager[None]:
    """Have boto3 make another default session when it needs one, until the block ends."""
    return _sessions.laid({"DEFAULT_SESSION": None})


@contextmanager
def unchanged() -> Iterator[None]:
    """Have everything as it is outside of such blocks, for what changes the outside itself."""
    with _variables.lifted(), _sessions.lifted():
        yield
