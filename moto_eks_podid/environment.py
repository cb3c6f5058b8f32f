"""The environment variables of this process, changed for a block and put back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def changed(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables, or remove those whose value is None, until the block ends.

    All others are left alone, also for a moment: other threads may be starting processes.
    """
    before = {name: os.environ.get(name) for name in variables}
    _put(variables)
    try:
        yield
    finally:
        _put(before)


def _put(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
