"""The signals that end a command that serves: Ctrl-C, and what a supervisor sends."""

from __future__ import annotations

import signal
import threading


def stop_signalled() -> threading.Event:
    """Return what is set by SIGINT and SIGTERM from now on.

    A shell starts commands in the background with SIGINT ignored; it counts there, too.
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped
