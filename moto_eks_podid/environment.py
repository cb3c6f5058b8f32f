"""What this process shares: its environment variables and boto3's default session, for a block."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

import boto3

from .overlays import Overlays

#: Among the names of variables, boto3's default session.
_SESSION: Final = "boto3.DEFAULT_SESSION"


def _found(name: str) -> Any:
    return boto3.DEFAULT_SESSION if name == _SESSION else os.environ.get(name)


def _put(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name == _SESSION:
            boto3.DEFAULT_SESSION = value
        elif value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


# One for both: each start and end of a mock asks for what is beneath.
_shared: Final = Overlays[str, Any](_found, _put)


def changed(variables: Mapping[str, str | None]) -> AbstractContextManager[None]:
    """Set variables, or remove those whose value is None, until the block ends.

    All others are left alone, also for a moment: other threads may be starting processes.
    """
    return _shared.laid(variables)


def new_default_session() -> AbstractContextManager[None]:
    """Have boto3 make another default session when it needs one, until the block ends."""
    return _shared.laid({_SESSION: None})


def unchanged() -> AbstractContextManager[None]:
    """Have everything as it is outside of such blocks, for what changes the outside itself."""
    return _shared.lifted()
