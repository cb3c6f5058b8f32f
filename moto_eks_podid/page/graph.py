"""The graph of a pod: where its boxes and lines are (pure).

Pod, sessions, the sessions that those assumed, and what each called are columns. Whatever has no
successor takes a line of its own; everything else is level with the middle of its successors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

LINE, GAP = 34, 8
BOX_HEIGHT = LINE - GAP
POD_WIDTH, SESSION_WIDTH, CALL_WIDTH = 170, 210, 300
BETWEEN = 56
#: A letter takes about so much; longer texts are cut, and whole in the box's title.
LETTER = 7
MARGIN = 2


@dataclass(frozen=True, slots=True)
class CallNode:
    """An operation that was called."""

    label: str
    count: int
    failures: int
    href: str


@dataclass(frozen=True, slots=True)
class SessionNode:
    """A session, with those that were assumed with it, and what it called."""

    role: str
    access_key_id: str
    href: str
    sessions: tuple[SessionNode, ...]
    calls: tuple[CallNode, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A box; ``text`` is as much of ``title`` as there is room for."""

    kind: str
    x: int
    y: int
    width: int
    title: str
    text: str
    note: str = ""
    failures: int = 0
    href: str | None = None
    height: int = BOX_HEIGHT


@dataclass(slots=True)
class Drawing:
    """Boxes, lines between them, and how much room they take."""

    width: int = 0
    height: int = 0
    omitted: int = 0
    boxes: list[Box] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


_Node: TypeAlias = "SessionNode | CallNode"


def drawn(pod: str, sessions: Sequence[SessionNode], omitted: int = 0) -> Drawing:
    """Return the graph of a pod.

    :param omitted: how many of its sessions are not among them
    """
    drawing = Drawing(omitted=omitted)
    depth = max(map(_depth, sessions), default=0)
    calls_at = MARGIN + POD_WIDTH + BETWEEN + depth * (SESSION_WIDTH + BETWEEN)

    def line_of(y: int) -> int:
        return y + BOX_HEIGHT // 2

    def place(node: _Node, level: int) -> int:
        """Draw a node and what follows it; return how high it is."""
        if isinstance(node, CallNode):
            y = MARGIN + drawing.height
            drawing.height += LINE
            note = f"× {node.count}"
            drawing.boxes.append(
                Box(
                    "call",
                    calls_at,
                    y,
                    CALL_WIDTH,
                    node.label,
                    _cut(node.label, CALL_WIDTH - 110),
                    note,
                    node.failures,
                    node.href,
                )
            )
            return y
        x = MARGIN + POD_WIDTH + BETWEEN + level * (SESSION_WIDTH + BETWEEN)
        following: list[tuple[_Node, int]] = [(other, level + 1) for other in node.calls]
        following += [(other, level + 1) for other in node.sessions]
        heights = [place(*one) for one in following]
        if heights:
            y = (heights[0] + heights[-1]) // 2
        else:
            y = MARGIN + drawing.height
            drawing.height += LINE
        for (other, other_level), height in zip(following, heights, strict=True):
            end = (
                calls_at
                if isinstance(other, CallNode)
                else MARGIN + POD_WIDTH + BETWEEN + other_level * (SESSION_WIDTH + BETWEEN)
            )
            drawing.lines.append(_line(x + SESSION_WIDTH, line_of(y), end, line_of(height)))
        title = f"{node.role}, session {node.access_key_id}"
        text = _cut(node.role, SESSION_WIDTH - 60)
        note = f"…{node.access_key_id[-4:]}"
        drawing.boxes.append(Box("session", x, y, SESSION_WIDTH, title, text, note, href=node.href))
        return y

    heights = [place(session, 0) for session in sessions]
    y = (heights[0] + heights[-1]) // 2 if heights else MARGIN
    drawing.height = max(drawing.height, LINE) - GAP + 2 * MARGIN
    for height in heights:
        start = MARGIN + POD_WIDTH
        drawing.lines.append(_line(start, line_of(y), start + BETWEEN, line_of(height)))
    drawing.boxes.append(Box("pod", MARGIN, y, POD_WIDTH, pod, _cut(pod, POD_WIDTH - 16)))
    # From left to right and from top to bottom, as they are read.
    drawing.boxes.sort(key=lambda box: (box.x, box.y))
    drawing.width = calls_at + CALL_WIDTH + MARGIN
    return drawing


def _depth(node: SessionNode) -> int:
    return 1 + max(map(_depth, node.sessions), default=0)


def _cut(text: str, width: int) -> str:
    most = width // LETTER
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _line(x: int, y: int, to_x: int, to_y: int) -> str:
    middle = (x + to_x) // 2
    return f"M{x} {y}C{middle} {y} {middle} {to_y} {to_x} {to_y}"
