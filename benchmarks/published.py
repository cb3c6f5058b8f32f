"""The figures in the documentation: a table of all, and a chart of the server's."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

from . import server
from .chart import as_svg
from .report import HEADINGS, cells, heading
from .runner import Figure

TABLE = "benchmarks-table.md"
CHART = "benchmarks-server.svg"
_TITLE = "Requests a second at our server, as a multiple of plain moto_server's"


def publish(figures: Sequence[Figure], folder: Path) -> None:
    """Write the files that ``docs/reference/benchmarks.md`` includes.

    :param folder: ``docs/_static``
    """
    lines = [
        f"Measured with {heading()}, on {platform.system()} {platform.machine()}.",
        "",
        f"| {' | '.join(name or ' ' for name in HEADINGS)} |",
        f"| {' | '.join('---' for _ in HEADINGS)} |",
        *(f"| {' | '.join(cells(figure))} |" for figure in figures),
    ]
    (folder / TABLE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    charted = [figure for figure in figures if figure.row in server.ROWS]
    if charted:
        (folder / CHART).write_text(as_svg(_TITLE, charted), encoding="utf-8")
