"""What the agent counts, in the text format that Prometheus reads.

Names, labels and help texts are those of the real agent, so that dashboards and alarms made for it
work here too ("Exposition formats", Prometheus documentation).
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class CounterFamily:
    """A counter with labels."""

    name: str
    help: str
    labels: tuple[str, ...]


HTTP_RESPONSE: Final = CounterFamily(
    "pod_identity_http_response", "Pod Identity http response code", ("code",)
)
CACHE_STATE: Final = CounterFamily(
    "pod_identity_cache_state", "The state of credential in cache", ("state",)
)
CACHE_ERRORS: Final = CounterFamily(
    "pod_identity_cache_errors",
    "Removing credentials from cache, got non recoverable error",
    ("type", "code"),
)
FAMILIES: Final = (CACHE_ERRORS, CACHE_STATE, HTTP_RESPONSE)


class Metrics:
    """The counters of one agent. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[CounterFamily, tuple[str, ...]]] = Counter()

    def count(self, family: CounterFamily, *values: str) -> None:
        """Add one to a counter, with the values of its labels in their order."""
        with self._lock:
            self._counts[family, values] += 1

    def text(self) -> str:
        """Return all counters that have counted something, by name and labels."""
        with self._lock:
            counts = dict(self._counts)
        lines = []
        for family in FAMILIES:
            counted = sorted(values for counter, values in counts if counter is family)
            if counted:
                lines.append(f"# HELP {family.name} {family.help}")
                lines.append(f"# TYPE {family.name} counter")
            for values in counted:
                labels = _labels(family.labels, values)
                lines.append(f"{family.name}{{{labels}}} {counts[family, values]}")
        return "".join(f"{line}\n" for line in lines)


def _labels(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    # Prometheus lists a counter's labels by name.
    pairs = sorted(zip(names, values, strict=True))
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
