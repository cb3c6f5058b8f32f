"""What our server takes against plain moto_server: time to start, and memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from .load import load
from .runner import (
    BASELINE,
    BASELINE_AGAIN,
    MEASURED,
    RATIO,
    Effort,
    Figure,
    Row,
    Side,
    interleave,
    ratio,
)
from .server import GET_CALLER_IDENTITY
from .servers import PLAIN, PLUGIN, Served, serving

CALLS = 10_000
#: Of the history, for the row that fills it.
EVENTS = 5_000

START = Row("start to first answer / plain moto_server", RATIO, 1.3)
MEMORY = Row(f"memory after {CALLS:,} calls / plain moto_server", RATIO, 1.3)
FLAT = Row(f"memory after {4 * CALLS:,} calls / after {CALLS:,}, {EVENTS:,} events", RATIO, 1.02)
ROWS = (START, MEMORY, FLAT)

_MIB = 2**20


def _starting(program: tuple[str, ...]) -> Side:
    def start() -> float:
        with serving(program, GET_CALLER_IDENTITY) as served:
            return served.started

    return start


def _memory_after(served: Served, calls: int) -> int:
    load(served.port, GET_CALLER_IDENTITY, 2)(calls)
    return served.resident()


def _compared(row: Row, measured: int, baseline: int, again: int) -> Figure:
    return Figure(
        row,
        value=measured / ((baseline + again) / 2),
        noise=again / baseline,
        detail=f"{measured / _MIB:.0f} MiB against {baseline / _MIB:.0f} MiB",
        samples={MEASURED: [measured], BASELINE: [baseline], BASELINE_AGAIN: [again]},
    )


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    sides = {
        BASELINE: _starting(PLAIN),
        MEASURED: _starting(PLUGIN),
        BASELINE_AGAIN: _starting(PLAIN),
    }
    yield ratio(START, interleave(sides, 5))
    with ExitStack() as stack:
        ours, plain, again = (
            stack.enter_context(serving(program, GET_CALLER_IDENTITY))
            for program in (PLUGIN, PLAIN, PLAIN)
        )
        yield _compared(MEMORY, *(_memory_after(served, CALLS) for served in (ours, plain, again)))
    bound = {"MOTO_EKS_PODID_CLOUDTRAIL_MAX_EVENTS": str(EVENTS)}
    with serving(PLUGIN, GET_CALLER_IDENTITY, bound) as served:
        first = _memory_after(served, CALLS)
        last = _memory_after(served, 3 * CALLS)
    yield _compared(FLAT, last, first, first)
