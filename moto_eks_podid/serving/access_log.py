"""A line for every answer. None has a query, a header or a body: secrets are in all of these."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, Final

from .bridge import AccessLog

#: What would end a line, or move a terminal's cursor.
_CONTROL: Final = {number: f"\\x{number:02x}" for number in (*range(32), *range(127, 160))}


def access_log(format: str) -> AccessLog:
    """Return what writes an access log to standard error.

    :param format: ``text``, like the Common Log Format with service, milliseconds and request id,
        or ``json``, an object per line
    """
    line = _LINES[format]

    def write(
        environ: Mapping[str, Any],
        status: int,
        length: int,
        seconds: float,
        request_id: str | None,
    ) -> None:
        entry = {
            "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "client": environ["REMOTE_ADDR"],
            "method": environ["REQUEST_METHOD"],
            "path": environ["RAW_URI"].partition("?")[0],
            "service": _service(environ),
            "status": status,
            "bytes": length,
            "milliseconds": round(seconds * 1000, 3),
            "request_id": request_id,
        }
        # One call: of two, another thread's line could come between.
        sys.stderr.write(f"{line(entry)}\n")

    return write


def _service(environ: Mapping[str, Any]) -> str | None:
    """Return the service that a request is signed for."""
    _, _, scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")
    parts = scope.partition(",")[0].split("/")
    return parts[3] if len(parts) > 3 else None


def _text(entry: Mapping[str, Any]) -> str:
    line = (
        f"{entry['client'] or '-'} [{entry['time']}] {entry['service'] or '-'} "
        f'"{entry["method"]} {entry["path"]}" {entry["status"]} {entry["bytes"]} '
        f"{entry['milliseconds']}ms {entry['request_id'] or '-'}"
    )
    return line.translate(_CONTROL)


_LINES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "text": _text,
    "json": json.dumps,
}
