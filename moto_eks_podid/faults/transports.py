"""How faults look at the exits that every service shares: moto's transports.

In-process, what a network would do is done by raising what botocore or requests raise then.
"""

from __future__ import annotations

import inspect
import socket
from collections.abc import Callable
from contextlib import suppress
from http.client import RemoteDisconnected
from http.server import BaseHTTPRequestHandler
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import requests
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.core.request import Request
from urllib3.exceptions import ProtocolError

from .answers import Answer
from .strikes import Strike, strike_of

if TYPE_CHECKING:
    from ..cloudtrail.capture import RequestColumns

#: Answers a call and records it, as without any fault.
Recorded = Callable[[Callable[..., Any]], Any]

_ABORTED: Final = "Connection aborted."
_DISCONNECTED: Final = "Remote end closed connection without response"
_WITHOUT_BODY: Final = "HEAD"
_NO_CONTEXT: Final[dict[str, Any]] = {}


def in_process(
    columns: RequestColumns, request: Any, answer: Callable[..., Any], recorded: Recorded
) -> Any:
    """Answer a request of botocore's or of requests', unless a fault strikes it.

    :raises botocore.exceptions.ConnectionClosedError: for a dropped connection, and
        :class:`~botocore.exceptions.ReadTimeoutError` for an answer that is too late for the client
    :raises requests.exceptions.ConnectionError: likewise, for a request of requests'
    """
    strike = strike_of(columns, request.headers, lambda: _bytes(request.body))
    if strike is None:
        return recorded(answer)
    context = getattr(request, "context", _NO_CONTEXT)
    in_time = _wait(strike, _read_timeout(context or _NO_CONTEXT))
    if strike.dropped and in_time:
        raise _connection_closed(request, is_botocore=context is not None)
    answered = None
    if not strike.dropped:
        # Whether or not the client still listens: the service does not know.
        answered = _with_date(strike, _answered(strike, request.method, answer, recorded))
    if not in_time:
        raise ReadTimeoutError(endpoint_url=request.url, error=TimeoutError("timed out"))
    return answered


def in_server(
    columns: RequestColumns, request: Request, answer: Callable[..., Any], recorded: Recorded
) -> Any:
    """Answer a request of moto's server, unless a fault strikes it."""
    from flask import Response

    strike = strike_of(columns, dict(request.headers), request.get_data)
    if strike is None:
        return recorded(answer)
    _wait(strike)
    if strike.dropped:
        _disconnect(request)
        return Response(_NoAnswer())
    if strike.answer is None:
        response = recorded(answer)
    else:
        status, headers, body = _as_tuple(strike.answer)
        made = Response(body, status, headers)
        response = recorded(lambda *_, **__: made) if strike.answer.is_recorded else made
    if strike.date and not _told_by_server(strike.date):
        response.headers["Date"] = strike.date
    return response


def in_proxy(
    columns: RequestColumns,
    headers: Any,
    body: Any,
    answer: Callable[..., Any],
    recorded: Recorded,
) -> Any:
    """Answer a request of moto's proxy, unless a fault strikes it."""
    strike = strike_of(columns, headers, lambda: _bytes(body))
    if strike is None:
        return recorded(answer)
    _wait(strike)
    if strike.dropped:
        # The proxy answers every exception but those that end its thread, each of which has one
        # connection, and closes that.
        raise SystemExit
    return _with_date(strike, _answered(strike, columns.method, answer, recorded))


def _answered(strike: Strike, method: str, answer: Callable[..., Any], recorded: Recorded) -> Any:
    if strike.answer is None:
        return recorded(answer)
    status, headers, body = whole = _as_tuple(strike.answer)
    if strike.answer.is_recorded:
        # With its body, in which the error's code is, whoever gets it.
        recorded(lambda *_: whole)
    return status, headers, b"" if method == _WITHOUT_BODY else body


def _as_tuple(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    return answer.status, dict(answer.headers), answer.body.encode()


def _with_date(strike: Strike, answered: Any) -> Any:
    if strike.date is None or not isinstance(answered, tuple):
        return answered
    status, headers, body = answered
    kept = {name: value for name, value in dict(headers).items() if name.lower() != "date"}
    return status, {**kept, "Date": strike.date}, body


def _wait(strike: Strike, limit: float | None = None) -> bool:
    """Wait as long as the strike's faults hold up a call, or until they are removed.

    :param limit: how many seconds the caller waits
    :returns: whether the caller has waited until the end
    """
    for injected in strike.late:
        latency: float = injected.fault.latency or 0
        if limit is not None and limit <= latency:
            if not injected.over.wait(limit):
                return False
            continue
        began = monotonic()
        injected.over.wait(latency)
        if limit is not None:
            limit -= monotonic() - began
    return True


def _read_timeout(context: dict[str, Any]) -> float | None:
    """Return how long botocore's client waits for an answer, as its own HTTP session reads it."""
    own: float | None = context.get("read_timeout")
    if own is not None:
        return own
    config = context.get("client_config")
    of_client: float | None = getattr(config, "read_timeout", None)
    return of_client


def _connection_closed(request: Any, *, is_botocore: bool) -> Exception:
    error = ProtocolError(_ABORTED, RemoteDisconnected(_DISCONNECTED))
    if is_botocore:
        return ConnectionClosedError(error=error, request=request, endpoint_url=request.url)
    return requests.exceptions.ConnectionError(error)


def _disconnect(request: Request) -> None:
    """Close the connection of a request below moto's server, which would end it politely."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        # The client may have been faster.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _told_by_server(date: str) -> bool:
    """Have the server of the standard library below, if it is that, send a date as its own.

    It sends one in any case, and of two an SDK reads neither. An application has no way to it but
    the stack.
    """
    frame = inspect.currentframe()
    while frame is not None:
        handler = frame.f_locals.get("self")
        if isinstance(handler, BaseHTTPRequestHandler):
            # Of one connection, which ends with its one answer.
            handler.date_time_string = lambda timestamp=None: date  # type: ignore[method-assign]
            return True
        frame = frame.f_back
    return False


class _NoAnswer:
    """A body that ends the answer before its first line: for servers, the client went away."""

    def __iter__(self) -> _NoAnswer:
        return self

    def __next__(self) -> bytes:
        raise ConnectionAbortedError


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, (bytes, bytearray)) else b""
