"""The plugin's own state: the shift of its clock and the settings that were put."""

from __future__ import annotations

from typing import Any

from .. import clock, overrides, settings
from .section import Commit, Incoming, conflict


def export_shift() -> float:
    """Return how many seconds the plugin's time is ahead of moto's."""
    return clock.shift().total_seconds()


def prepare_shift(seconds: float, incoming: Incoming) -> Commit:
    """:raises ValueError: for a shift to where time cannot be, or another than there is"""
    clock.checked_shift(seconds)
    present = export_shift()
    if seconds == present or (seconds == 0 and not incoming.replace):
        return _nothing
    if present != 0 and not incoming.replace:
        raise conflict("A shift of the clock", "number of seconds")
    return lambda: clock.set_shift(seconds)


def export_settings() -> dict[str, Any]:
    """Return the settings that were put, by name."""
    return dict(overrides.overrides())


def prepare_settings(values: dict[str, Any], incoming: Incoming) -> Commit:
    """:raises ValueError: for settings that there are not, or others than were put"""
    wanted = settings.validate(values)
    present = export_settings()
    if wanted == present or not (wanted or incoming.replace):
        return _nothing
    for name in {**present, **wanted} if present and not incoming.replace else ():
        if wanted.get(name) != present.get(name):
            raise conflict("A setting", name)
    return lambda: overrides.set_overrides(wanted)


def _nothing() -> None:
    """The state has nothing that is not so already."""
