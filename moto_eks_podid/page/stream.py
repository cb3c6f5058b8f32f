"""``/ui/stream``: server-sent events that say that there is something new.

They say no more than that; the page fetches what it shows. A stream looks at the number of recorded
calls four times a second, instead of being told: recording a call has microseconds, and pays none
of them for a page that may be open. Each stream holds a thread of the server, so there are few at a
time and none is long: browsers come back by themselves, with the id of what they saw last.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from .answers import Answer, Request
from .looking import look_without_update

#: As many streams are held; more get what there is, and come back later.
MOST = 8
#: How often the history is looked at, in seconds, and how often in one stream.
INTERVAL, LOOKS = 0.25, 60
#: After so many looks without news, a comment finds out whether somebody still listens: nothing but
#: a refused write tells a client that is gone from one that has said all it had to say.
QUIET = 4
#: When a browser comes back, in milliseconds: at once, or after a refused stream.
RETRY, RETRY_WHEN_FULL = 250, 5000

_places = threading.BoundedSemaphore(MOST)


def stream(request: Request) -> Answer:
    """``GET /ui/stream``: from ``Last-Event-ID`` on, or from ``since=ID`` of the page on."""
    seen = request.headers.get("Last-Event-ID") or request.query.get("since", "")
    body: Iterator[bytes] | bytes = _held(seen) if request.streams else b"".join(_at_once(seen))
    return Answer(body, content_type="text/event-stream; charset=utf-8")


def _held(seen: str) -> Iterator[bytes]:
    if not _places.acquire(blocking=False):
        yield from _at_once(seen)
        return
    # A generator that was closed before it began holds no place.
    try:
        yield f"retry: {RETRY}\n\n".encode()
        quiet = 0
        for _ in range(LOOKS):
            state = _state()
            if state != seen:
                yield _news(state, seen)
                seen, quiet = state, 0
            elif quiet == QUIET:
                yield b": nothing new\n\n"
                quiet = 0
            quiet += 1
            time.sleep(INTERVAL)
            # Nothing is sent, but a server that stops, or whose client is gone, may end it here.
            yield b""
    finally:
        _places.release()


def _at_once(seen: str) -> Iterator[bytes]:
    yield f"retry: {RETRY_WHEN_FULL}\n\n".encode()
    state = _state()
    if state != seen:
        yield _news(state, seen)


def _state() -> str:
    known, recorded = look_without_update()
    return known.mark(recorded.recorded)


def _news(state: str, seen: str) -> bytes:
    """Return the event: ``recorded`` for new calls, ``reset`` for another history."""
    history, _, number = state.partition("-")
    before = seen.partition("-")[0]
    name = "reset" if before and before != history else "recorded"
    return f"id: {state}\nevent: {name}\ndata: {number}\n\n".encode()
