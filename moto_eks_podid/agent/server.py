"""Small HTTP servers, all served by one thread that starts another for each connection."""

from __future__ import annotations

import contextlib
import io
import os
import selectors
import socket
import sys
import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from werkzeug import Response
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

#: What a client may take to send a request, and what is waited for it to read an answer.
REQUEST_TIMEOUT: Final = 30.0
#: Of a request that has a body.
_BODY_HEADERS: Final = ("Content-Length", "Transfer-Encoding")
_LINGER_SECONDS: Final = 0.5
_LINGER_BYTES: Final = 16 * 2**20
#: How long a request that is being answered may hold up the end.
_STOP_SECONDS: Final = 10.0


class Errors:
    """What went wrong in a thread, kept until somebody looks.

    As a context manager it keeps what its block raises, and ends the block there.
    """

    def __init__(self) -> None:
        self.seen: list[BaseException] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if isinstance(error, Exception):
            self.keep(error)
            return True
        return False

    def keep(self, error: BaseException) -> None:
        """Add an error."""
        self.seen.append(error)

    def check(self) -> None:
        """Raise the first error that was kept and not raised yet."""
        if self.seen:
            raise self.seen.pop(0)


class _Socket(io.RawIOBase):
    """A socket to read requests from, each within a time that no byte prolongs."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._deadline = 0.0

    def allow(self, seconds: float) -> None:
        """Let the next request take that long."""
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Handler(WSGIRequestHandler):
    """Requests of one connection, which stays open as long as they have no bodies.

    Where HTTP itself is broken it answers as Go's server does. It writes no log of its own.
    """

    protocol_version = "HTTP/1.1"
    # An answer in two packets would wait for the client's acknowledgement of the first.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: HttpServer
    _socket: _Socket

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._socket = _Socket(self.connection)
        self.rfile = io.BufferedReader(self._socket)

    def handle_one_request(self) -> None:
        self._socket.allow(self.server.request_timeout)
        super().handle_one_request()

    def run_wsgi(self) -> None:
        try:
            environ = self.make_environ()
        except ValueError:
            # The target is no URL.
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        if any(name in self.headers for name in _BODY_HEADERS):
            # Nobody reads bodies here, and what follows one could not be found.
            self.close_connection = True
        response = None
        with self.server.errors:
            response = Response.from_app(self.server.app, environ)
        if response is None:
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        self._write(response)
        if self.close_connection:
            self._linger()

    def _write(self, response: Response) -> None:
        self.send_response(response.status_code)
        for name, value in response.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.get_data())

    def send_header(self, keyword: str, value: str) -> None:
        # The real agent does not say what it runs on.
        if keyword != "Server":
            super().send_header(keyword, value)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        # Go has one limit for the whole head.
        status = HTTPStatus(code)
        if status is HTTPStatus.REQUEST_URI_TOO_LONG:
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        line = f"{status.value} {status.phrase}"
        self.close_connection = True
        self.wfile.write(
            f"HTTP/1.1 {line}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Connection: close\r\n\r\n{line}".encode()
        )
        self._linger()

    def _linger(self) -> None:
        """Take what is still coming: a connection that is closed on it would lose the answer."""
        self.wfile.flush()
        _shut(self.connection, socket.SHUT_WR)
        self._socket.allow(_LINGER_SECONDS)
        for _ in range(_LINGER_BYTES // io.DEFAULT_BUFFER_SIZE):
            if not self.rfile.read1():
                break

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class HttpServer(ThreadedWSGIServer):
    """A WSGI application at an address of its own.

    :param host: an address of this machine, or its name
    :param port: 0 for a free one
    :param errors: keeps what goes wrong in the application
    :raises OSError: when the address is not there, or the port is taken
    """

    def __init__(
        self, host: str, port: int, app: Any, errors: Errors, request_timeout: float
    ) -> None:
        self.errors = errors
        self.request_timeout = request_timeout
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        # werkzeug would end the process when it cannot bind.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family, backlog=128) as listener:
            super().__init__(host, port, app, handler=_Handler, fd=listener.fileno())
        # A client may be gone between being noticed and being accepted.
        self.socket.settimeout(0)

    @property
    def url(self) -> str:
        """The address at which this machine reaches it."""
        host, port = self.socket.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}" if port == 80 else f"http://{shown}:{port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="eks-pod-identity-agent-request",
            daemon=True,
        )
        with self._lock:
            self._connections[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.pop(threading.current_thread(), None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # socketserver would print it. A client that has gone before its answer is no error.
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, (ConnectionError, TimeoutError)):
            self.errors.keep(error)

    def end(self) -> None:
        """Listen no more, let requests be answered, and cut off those who are still asking."""
        self.socket.close()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections.values():
            _shut(connection, socket.SHUT_RD)
        deadline = time.monotonic() + _STOP_SECONDS
        for thread, connection in connections.items():
            thread.join(max(deadline - time.monotonic(), 0))
            if thread.is_alive():
                _shut(connection, socket.SHUT_RDWR)
                thread.join(_STOP_SECONDS)


def _shut(connection: socket.socket, how: int) -> None:
    # It may be closed already.
    with contextlib.suppress(OSError):
        connection.shutdown(how)


class ServingThread:
    """Serves several servers until it is stopped, which takes no time."""

    def __init__(self, servers: Sequence[HttpServer], name: str) -> None:
        self._servers = servers
        self._process = os.getpid()
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        for server in servers:
            self._selector.register(server, selectors.EVENT_READ, server)
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                key.data._handle_request_noblock()

    def stop(self) -> None:
        """Return when the ports are free and every connection has ended."""
        if os.getpid() != self._process:
            # A process that was forked would wake, and so end, the thread of the other.
            return
        self._wake.send(b"\0")
        self._thread.join()
        self._selector.close()
        for server in self._servers:
            server.end()
        self._wake.close()
        self._woken.close()
