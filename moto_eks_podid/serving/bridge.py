"""moto's WSGI application behind an ASGI server, whole requests to threads and whole answers back.

An ASGI server reads and writes in one thread without waiting for anybody: a client that is slow,
silent or gone costs a socket. Threads are for requests that have arrived completely.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import unquote_to_bytes

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from werkzeug.http import http_date
from werkzeug.test import run_wsgi_app

from ..answered import ANSWERED, Answered
from ..http_paths import is_ours, largest_body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: A call may make others at this server, and wait for them.
THREADS: Final = 128
#: For our own endpoints: one of them lets go of calls that wait, and others tell how it is going.
OWN_THREADS: Final = 16
#: What uvicorn answers, with a traceback in its log, where an application fails.
_FAILURE: Final = (500, len("Internal Server Error"))
_WITHOUT_BODY: Final = frozenset({204, 304})


class AccessLog(Protocol):
    """Is told of every answer."""

    def __call__(
        self,
        environ: Mapping[str, Any],
        status: int,
        length: int,
        seconds: float,
        request_id: str | None,
    ) -> None: ...


@dataclass(slots=True)
class _Answer:
    """An answer's beginning, and the body: all of it, or what is still to come."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""
    rest: Iterator[bytes] | None = None


class _BodyTooLarge(Exception):
    """A body that is larger than its path allows."""


class Bridge:
    """An ASGI application that asks a WSGI application.

    :param app: which
    :param access_log: is told of every answer
    """

    def __init__(self, app: WSGIApplication, access_log: AccessLog | None = None) -> None:
        self._app = app
        self._access_log = access_log
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="moto")
        self._own_threads = ThreadPoolExecutor(OWN_THREADS, thread_name_prefix="moto-eks-podid")
        self._stopping = False

    def stop(self) -> None:
        """End answers that have no end of their own."""
        self._stopping = True

    def close(self) -> None:
        """Let the threads end; nothing is asked any more."""
        for threads in (self._threads, self._own_threads):
            threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        try:
            body = await _body(scope, receive)
        except _BodyTooLarge:
            refusal = _too_large(scope["method"], scope["path"])
            await _send(send, refusal)
            self._log(_environ(scope, b""), refusal.status, len(refusal.body), began, None)
            return
        if body is None:
            return
        answered = Answered()
        environ = _environ(scope, body)
        environ[ANSWERED] = answered
        loop = asyncio.get_running_loop()
        threads = self._own_threads if is_ours(scope["path"]) else self._threads
        try:
            try:
                answer = await loop.run_in_executor(threads, self._ask, environ)
            except ConnectionAbortedError:
                raise
            except Exception:  # Whatever the application raises; uvicorn answers it.
                self._log(environ, *_FAILURE, began, None)
                raise
            length = len(answer.body)
            if answer.rest is None:
                await _send(send, answer)
            else:
                length += await self._stream(answer, answer.rest, receive, send)
        except ConnectionAbortedError:
            await _hang_up(scope, receive)
            return
        self._log(environ, answer.status, length, began, answered.request_id)

    def _log(
        self,
        environ: Mapping[str, Any],
        status: int,
        length: int,
        began: float,
        request_id: str | None,
    ) -> None:
        if self._access_log:
            self._access_log(environ, status, length, perf_counter() - began, request_id)

    def _ask(self, environ: dict[str, Any]) -> _Answer:
        body, status, headers = run_wsgi_app(self._app, environ)
        answer = _Answer(int(status.split(" ", 1)[0]), [])
        length = None
        has_date = False
        for name, value in headers:
            lower = name.lower()
            if lower == "content-length":
                length = value
                continue
            has_date = has_date or lower == "date"
            answer.headers.append((name.encode("latin-1"), value.encode("latin-1")))
        if not has_date:
            answer.headers.append((b"date", http_date().encode()))
        bodiless = environ["REQUEST_METHOD"] == "HEAD" or answer.status in _WITHOUT_BODY
        if length is None and not bodiless:
            answer.rest = iter(body)
            # Whether there is an answer at all, its beginning tells.
            answer.body = next(answer.rest, b"")
            return answer
        try:
            answer.body = b"".join(body)
        finally:
            _close(body)
        if not bodiless:
            length = str(len(answer.body))
        if length is not None and answer.status not in _WITHOUT_BODY:
            answer.headers.append((b"content-length", length.encode()))
        if bodiless:
            answer.body = b""
        return answer

    async def _stream(
        self, answer: _Answer, rest: Iterator[bytes], receive: Receive, send: Send
    ) -> int:
        """Send a body as it comes, until it ends, the client is gone, or the server stops."""
        loop = asyncio.get_running_loop()
        gone = asyncio.ensure_future(receive())
        length = 0
        try:
            await _send(send, answer, more_body=True)
            while not (gone.done() or self._stopping):
                chunk = await loop.run_in_executor(self._threads, next, rest, None)
                if chunk is None:
                    break
                if chunk:
                    length += len(chunk)
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            await loop.run_in_executor(self._threads, _close, rest)
        return length


def _close(body: Any) -> None:
    close = getattr(body, "close", None)
    if close is not None:
        close()


async def _send(send: Send, answer: _Answer, *, more_body: bool = False) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": more_body})


def _too_large(method: str, path: str) -> _Answer:
    from ..endpoints import too_large

    status, headers, body = too_large(method, path)
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    length = str(len(body)).encode()
    return _Answer(
        status, [*encoded, (b"content-length", length), (b"connection", b"close")], body.encode()
    )


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """Return a request's body; None when the client went away before its end.

    :raises _BodyTooLarge: for a path that does not take so much
    """
    limit = largest_body(scope["method"], scope["path"])
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if limit is not None and size > limit:
            raise _BodyTooLarge
        if not message.get("more_body"):
            return b"".join([*chunks, chunk]) if chunks else bytes(chunk)
        chunks.append(chunk)


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """End a connection without an answer."""
    scope["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def _environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return what moto's own server makes of a request (PEP 3333, and some members more)."""
    raw_path = scope["raw_path"]
    query = scope["query_string"].decode("latin-1")
    target = raw_path.decode("latin-1")
    if query:
        target = f"{target}?{query}"
    client, server = scope["client"] or ("", 0), scope["server"] or ("", 0)
    environ: dict[str, Any] = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": target,
        "RAW_URI": target,
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": client[1],
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
    }
    underscored: dict[str, list[str]] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name:
            # WSGI cannot tell it from one with a dash. Of these moto keeps S3's metadata.
            if should_preserve_original_header_name(name):
                underscored.setdefault(name, []).append(value)
            continue
        key = environ_key_for_header(name)
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    if underscored:
        names: dict[str, str] = {}
        for name, values in underscored.items():
            key = environ_key_for_header(name)
            if key not in environ:
                environ[key] = ",".join(values)
                names[key] = name
        environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = names
    return environ
