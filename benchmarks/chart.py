"""Figures as a chart (SVG): how many times a baseline's rate each row has."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .runner import Figure

_WIDTH = 760
_LEFT = 320
_RIGHT = 60
_BAR = 18
_GAP = 10
_TOP = 34
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.value{font-weight:600}.axis{fill:#6e7781}"
    "line{stroke:#d0d7de}.budget{stroke:#cf222e;stroke-dasharray:4 3}rect{fill:#2f6f9f}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.axis{fill:#9198a1}line{stroke:#3d444d}"
    ".budget{stroke:#ff7b72}rect{fill:#6cb6ff}}"
)


def as_svg(title: str, figures: Sequence[Figure]) -> str:
    """Draw a bar for each figure, whose rows are ratios with one budget.

    :param title: what the chart shows, also for whoever cannot see it
    """
    most = max(1.0, *(figure.value for figure in figures))
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    height = _TOP + len(figures) * (_BAR + _GAP) + _GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
    ]
    for number in range(int(most) + 1):
        parts.append(_line(_LEFT + number * scale, height, "axis", f"{number} ×"))
    budget = figures[0].row.budget
    if budget is not None:
        parts.append(_line(_LEFT + budget * scale, height, "budget", ""))
    for index, figure in enumerate(figures):
        y = _TOP + index * (_BAR + _GAP)
        middle = y + _BAR - 4.5
        width = figure.value * scale
        parts.append(
            f'<text x="{_LEFT - 10}" y="{middle}" text-anchor="end">{escape(_label(figure))}</text>'
            f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="2"/>'
            f'<text class="value" x="{_LEFT + width + 6:.1f}" y="{middle}">'
            f"{figure.value:.2f} ×</text>"
        )
    parts.append("</svg>\n")
    return "\n".join(parts)


def _line(x: float, height: int, kind: str, text: str) -> str:
    label = f'<text class="axis" x="{x:.1f}" y="16" text-anchor="middle">{text}</text>'
    line = f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="24" y2="{height - 4}"/>'
    return (label if text else "") + line


def _label(figure: Figure) -> str:
    """Return a row's call and connections, without what all rows share."""
    call, _, rest = figure.row.what.partition(" a second")
    return f"{call}, {rest.rpartition(', ')[2]}"
