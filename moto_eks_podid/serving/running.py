"""moto's application, served until somebody stops it."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import uvicorn
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from .bridge import AccessLog, Bridge
from .connections import IDLE_SECONDS, Connection, most_connections

#: How long requests in flight may hold up the end; Docker kills after ten seconds.
_GRACE_SECONDS: Final = 8
_BACKLOG: Final = 1024


@contextmanager
def listener(host: str, port: int) -> Iterator[socket.socket]:
    """Listen at an address; werkzeug ends the process, with a word, where that cannot be.

    :param host: an address or a name of this machine, or ``unix://`` and a path
    :param port: 0 for a free one
    """
    server = make_server(host, port, _no_application)
    try:
        server.socket.listen(_BACKLOG)
        yield server.socket
    finally:
        server.server_close()


def _no_application(environ: object, start_response: object) -> NoReturn:
    raise AssertionError("werkzeug only listens")


class Running(uvicorn.Server):
    """moto's application at an address.

    :param listener: a socket that listens
    :param tls: for HTTPS
    :param access_log: is told of every answer
    :param when_serving: is called in a thread of its own once there is somebody to answer
    """

    def __init__(
        self,
        listener: socket.socket,
        *,
        tls: ssl.SSLContext | None = None,
        access_log: AccessLog | None = None,
        when_serving: Callable[[], None] | None = None,
    ) -> None:
        self._bridge = Bridge(DomainDispatcherApplication(create_backend_app), access_log)
        self._listener = listener
        self._when_serving = when_serving
        Connection.most = most_connections()
        super().__init__(
            uvicorn.Config(
                self._bridge,
                loop="auto",
                http=Connection,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level=logging.ERROR,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                backlog=_BACKLOG,
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=_GRACE_SECONDS,
                ssl_context_factory=None if tls is None else lambda *_: tls,
            )
        )

    def serve_until_stopped(self) -> None:
        """Answer requests; SIGTERM and SIGINT end it, once what is in flight is answered."""
        self.run([self._listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._when_serving:
            threading.Thread(target=self._when_serving, name="when-serving", daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._bridge.stop()
        await super().shutdown(sockets)
        self._bridge.close()

    def stop(self) -> None:
        """End it from another thread."""
        self.should_exit = True
