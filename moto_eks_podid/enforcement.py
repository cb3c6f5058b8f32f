"""The setting ``iam_enforcement``, for as long as a block runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

from . import remote
from .mocking import mock_aws
from .overlays import Overlays

_SETTING: Final = "iam_enforcement"


def _mode(server: str) -> Any:
    return remote.call(server, "GET", "/settings")[_SETTING]


def _put_modes(modes: Mapping[str, Any]) -> None:
    for server, mode in modes.items():
        remote.call(server, "PATCH", "/settings", {_SETTING: mode})


#: By the URL of the server.
_modes: Final = Overlays[str, Any](_mode, _put_modes)


@contextmanager
def enforced(mode: str, server: str | None) -> Iterator[None]:
    """Have calls judged until the block ends."""
    if server is None:
        # A mock inside of another one: its settings go before, and end with it.
        with mock_aws(config={"eks_podid": {_SETTING: mode}}):
            yield
        return
    process = os.getpid()
    layer = _modes.lay({server: mode})
    try:
        yield
    finally:
        # Not where a process that was forked leaves the block: in the other it goes on. A server
        # that is gone has no setting to put back.
        if os.getpid() == process:
            with suppress(remote.NoServer):
                _modes.take_away(layer)
