"""The figures as a table, with rich where it is installed, and as JSON."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from .runner import RATIO, Figure, Row

HEADINGS = ("what", "figure", "budget", "", "A/A", "")
_NUMERIC = (1, 2, 4)

#: In columns. rich would cut the table to a narrow terminal's width, or to 80 in a pipe.
_WIDE = 250


def cells(figure: Figure) -> tuple[str, ...]:
    """Return a figure's line of the table, cell by cell."""
    row = figure.row
    return (
        row.what,
        _number(figure.value, row.unit),
        _budget(row),
        figure.verdict,
        _number(figure.noise, row.unit),
        figure.detail,
    )


def _budget(row: Row) -> str:
    if row.budget is None:
        return ""
    return f"{'≥' if row.at_least else '≤'} {row.budget:g} {row.unit}"


def _number(value: float, unit: str) -> str:
    return f"{value:.3f} {unit}" if unit == RATIO else f"{value:.2f} {unit}"


def heading() -> str:
    """Return what the figures were measured with."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("moto-eks-podid", "moto", "boto3"))
    return f"Python {platform.python_version()}, {versions}"


def print_table(figures: Sequence[Figure]) -> None:
    """Print the figures; A/A is what the comparison gives for the baseline with itself."""
    lines = [cells(figure) for figure in figures]
    print(heading())
    if find_spec("rich"):
        _print_rich(lines)
    else:
        _print_plain(lines)
    print("Medians of rounds that take turns. A/A: the baseline compared with itself, the noise.")


def _print_plain(lines: Sequence[Sequence[str]]) -> None:
    widths = [max(len(line[column]) for line in (HEADINGS, *lines)) for column in range(6)]
    for line in (HEADINGS, *lines):
        padded = [
            cell.rjust(width) if column in _NUMERIC else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(padded).rstrip())


def _print_rich(lines: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    for column, name in enumerate(HEADINGS):
        table.add_column(name, justify="right" if column in _NUMERIC else "left", no_wrap=True)
    for line in lines:
        color = {"holds": "green", "over": "red"}.get(line[3])
        styled = [f"[{color}]{cell}[/]" if color and cell == line[3] else cell for cell in line]
        table.add_row(*styled)
    Console(width=_WIDE).print(table)


def as_json(figures: Sequence[Figure]) -> str:
    """Return the figures with the seconds of every round."""
    document: dict[str, Any] = {
        "measured_with": heading(),
        "machine": platform.platform(),
        "figures": [
            {
                "what": figure.row.what,
                "unit": figure.row.unit,
                "figure": figure.value,
                "budget": figure.row.budget,
                "at_least": figure.row.at_least,
                "verdict": figure.verdict,
                "noise": figure.noise,
                "seconds": {side: list(times) for side, times in figure.samples.items()},
            }
            for figure in figures
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
