"""The benchmarks run, and judge figures by the budgets; how large a figure is, is not tested."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import assume, decision, mocks
from benchmarks.__main__ import BENCHMARKS
from benchmarks.report import cells
from benchmarks.runner import (
    BASELINE,
    BASELINE_AGAIN,
    MEASURED,
    Figure,
    Row,
    Samples,
    absolute,
    added,
    interleave,
    rate_ratio,
    ratio,
)

ROOT = Path(__file__).resolve().parents[1]

#: Those that take a few seconds; the others differ in what they run, not in how.
CHEAP = {"assume": assume.ROWS, "mocks": mocks.ROWS, "decision": decision.ROWS}

#: Seconds, of three rounds of which the second was disturbed.
SAMPLES = {BASELINE: [1.0, 5.0, 1.0], MEASURED: [2.0, 14.0, 2.2], BASELINE_AGAIN: [1.0, 9.0, 1.0]}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PATH": "", "PYTHONUTF8": "1"},
        timeout=300,
    )


def test_the_command_prints_every_declared_row_with_a_figure(tmp_path: Path) -> None:
    """`python -m benchmarks` prints each row with its figure, its budget and whether it holds."""
    file = tmp_path / "figures.json"
    done = run("--quick", "--json", str(file), *CHEAP)
    assert done.returncode == 0, done.stderr
    declared = [row for rows in CHEAP.values() for row in rows]
    for row in declared:
        (line,) = [line for line in done.stdout.splitlines() if row.what in line]
        assert re.search(
            rf"-?\d+\.\d+ {row.unit} +[≤≥] {row.budget:g} {row.unit} +(holds|over) ", line
        )
    figures = json.loads(file.read_text(encoding="utf-8"))["figures"]
    assert [figure["what"] for figure in figures] == [row.what for row in declared]
    for figure in figures:
        assert all(len(seconds) >= 5 for seconds in figure["seconds"].values())


def test_an_unknown_benchmark_is_refused_before_any_is_run() -> None:
    """A misspelt name is an error that lists the names there are."""
    done = run("decisions")
    assert done.returncode == 2
    assert f"there is no benchmark 'decisions': choose from {', '.join(BENCHMARKS)}" in done.stderr


def test_no_two_rows_have_one_name() -> None:
    """A reader can tell every row from the others, and so can whoever reads the JSON."""
    names = [row.what for benchmark in BENCHMARKS.values() for row in benchmark.rows]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("budget", "at_least", "value", "verdict"),
    [
        (8, False, 7.9, "holds"),
        (8, False, 8, "holds"),
        (8, False, 8.1, "over"),
        (0.75, True, 0.8, "holds"),
        (0.75, True, 0.75, "holds"),
        (0.75, True, 0.7, "over"),
        (None, False, 7.9, ""),
    ],
)
def test_a_figure_is_judged_by_its_budget(
    budget: float | None, at_least: bool, value: float, verdict: str
) -> None:
    """A figure holds up to its budget, or from it on; one without a budget is not judged."""
    assert Row("x", "µs", budget, at_least).verdict(value) == verdict


@pytest.mark.parametrize(
    ("compare", "unit", "value", "noise"),
    [
        (ratio, "×", 2.0, 1.0),
        (rate_ratio, "×", 0.5, 1.0),
        (added, "ms", 1200.0, 0.0),
        (absolute, "ms", 1000.0, 0.0),
    ],
)
def test_a_disturbed_round_does_not_show(
    compare: Callable[[Row, Samples], Figure], unit: str, value: float, noise: float
) -> None:
    """Sides are compared within a round, and the median of the rounds is what counts."""
    figure = compare(Row("x", unit), SAMPLES)
    assert figure.value == pytest.approx(value)
    assert figure.noise == pytest.approx(noise)


def test_the_sides_take_turns() -> None:
    """No side has its rounds in one go, and the first round of each is left out."""
    turns: list[str] = []

    def side(name: str, seconds: float) -> float:
        turns.append(name)
        return seconds

    samples: Samples = interleave({"a": lambda: side("a", 1.0), "b": lambda: side("b", 2.0)}, 2)
    assert "".join(turns) == "ababab"
    assert samples == {"a": [1.0, 1.0], "b": [2.0, 2.0]}


def test_a_row_without_a_budget_is_printed_without_one() -> None:
    """What only informs has neither a budget nor a verdict."""
    figure = Figure(Row("x", "ms"), 1.5, 0.25, "to 3 ms", SAMPLES)
    assert cells(figure) == ("x", "1.50 ms", "", "", "0.25 ms", "to 3 ms")
