"""The command: ``python -m benchmarks [--quick] [--json FILE] [--docs FOLDER] [NAME ...]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from . import (
    assume,
    capture,
    decision,
    growth,
    imports,
    judged,
    lookup,
    mocks,
    pods,
    published,
    report,
    seams,
    server,
    server_costs,
)
from .runner import FULL, QUICK, Effort, Figure, Row
from .workers import WorkerFailed


class Benchmark(NamedTuple):
    """A module's rows, and what measures them in that order."""

    rows: tuple[Row, ...]
    measure: Callable[[Effort], Iterator[Figure]]


BENCHMARKS: Mapping[str, Benchmark] = {
    "assume": Benchmark(assume.ROWS, assume.measure),
    "capture": Benchmark(capture.ROWS, capture.measure),
    "mocks": Benchmark(mocks.ROWS, mocks.measure),
    "imports": Benchmark(imports.ROWS, imports.measure),
    "server": Benchmark(server.ROWS, server.measure),
    "server-costs": Benchmark(server_costs.ROWS, server_costs.measure),
    "seams": Benchmark(seams.ROWS, seams.measure),
    "decision": Benchmark(decision.ROWS, decision.measure),
    "judged": Benchmark(judged.ROWS, judged.measure),
    "pods": Benchmark(pods.ROWS, pods.measure),
    "growth": Benchmark(growth.ROWS, growth.measure),
    "lookup": Benchmark(lookup.ROWS, lookup.measure),
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the performance budgets, against moto where they are ratios.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every round's times")
    parser.add_argument(
        "--docs",
        metavar="FOLDER",
        type=Path,
        help="write a table and a chart for the docs, if all are measured",
    )
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}: choose from {', '.join(BENCHMARKS)}")
    return arguments


def main() -> int:
    """Measure what was asked for and print it; the exit code does not depend on the figures."""
    arguments = _arguments()
    effort = QUICK if arguments.quick else FULL
    figures: list[Figure] = []
    for name, benchmark in BENCHMARKS.items():
        if arguments.names and name not in arguments.names:
            continue
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            figures += benchmark.measure(effort)
        except WorkerFailed as failure:
            print(f"{name} could not be measured: {failure}", file=sys.stderr)
            return 1
    report.print_table(figures)
    if arguments.json:
        arguments.json.write_text(report.as_json(figures), encoding="utf-8")
    if arguments.docs and not (arguments.names or arguments.quick):
        published.publish(figures, arguments.docs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
