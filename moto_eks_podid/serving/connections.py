"""The server's connections: bounded in number, and in what they may take and send to ask."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from typing import Any, Final, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import (
    HttpToolsProtocol,
    RequestResponseCycle,
)

#: What a client may take from connecting, or from its last answer, to the end of a request's head.
IDLE_SECONDS: Final = 60
#: Of a request's head.
LARGEST_HEAD: Final = 1024 * 1024
#: Headers of an offer to go on in another protocol (RFC 7540, section 3.2), which `Connection`
#: names, too.
_OFFER: Final = frozenset({b"upgrade", b"http2-settings"})
#: Files that moto and the interpreter need themselves.
_RESERVED_FILES: Final = 256
#: Where the system has no limit, or a higher one.
_MOST_CONNECTIONS: Final = 60_000
#: How many of the connections are dropped when there is no room for one more.
_DROPPED: Final = 1 / 16


def raise_file_limit() -> None:
    """Let this process have as many connections as the system allows it."""
    if sys.platform == "win32":
        return
    import resource

    wanted = _MOST_CONNECTIONS + _RESERVED_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def most_connections() -> int:
    """Return how many connections leave files for the rest of this process."""
    if sys.platform == "win32":
        return _MOST_CONNECTIONS
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return min(max(soft - _RESERVED_FILES, soft // 2), _MOST_CONNECTIONS)


class Connection(HttpToolsProtocol):
    """One connection; the application finds its transport in the scope."""

    most = _MOST_CONNECTIONS
    _deadline: asyncio.TimerHandle | None = None
    _head_size = 0
    _in_head = True
    #: When the client was last heard of, by the event loop's clock.
    heard = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether no complete request waits for its answer."""
        # It is None before the first request, whatever its type says.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete or cycle.more_body

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.heard = self.loop.time()
        self._limit_time()
        if len(self.connections) > self.most:
            _drop_idlest(cast("Iterable[Connection]", self.connections))

    def data_received(self, data: bytes) -> None:
        self.heard = self.loop.time()
        self._unset_keepalive_if_required()
        if self.is_idle and self._in_head:
            # Before a request there may be empty lines, which begin none.
            self._limit_time()
        while data:
            data = self._read(data)

    def _read(self, data: bytes) -> bytes:
        """Read what came, and return what is to be read again."""
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > LARGEST_HEAD:
                self.transport.abort()
                return b""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if self.parser.get_method() != b"CONNECT":
                return self._without_offer() + data[upgrade.args[0] :]
            self.send_400_response("This is no proxy.")
        except HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        return b""

    def _without_offer(self) -> bytes:
        """Return a request's head without its offer to go on in another protocol.

        Java's and curl's clients make one; the parser takes what follows it for that protocol.
        """
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                options = (option.strip() for option in value.split(b","))
                value = b", ".join(option for option in options if option.lower() not in _OFFER)
            if value and name not in _OFFER:
                lines.append(b"%s: %s" % (name, value))
        self.parser = HttpRequestParser(self)
        self._head_size = 0
        return b"\r\n".join([*lines, b"", b""])

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)["transport"] = self.transport
        self._limit_time()

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._in_head = False
        self._no_limit()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        super().on_message_complete()
        self._in_head = True
        self._head_size = 0

    # asyncio lets a protocol answer, and keeps what answers True half open.
    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer a client that has said all that it will say; TLS knows no such thing."""
        if self.is_idle or self.scheme == "https":
            return False
        self.cycle.keep_alive = False
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_limit()
        super().connection_lost(exc)

    def _limit_time(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(IDLE_SECONDS, self.transport.abort)

    def _no_limit(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _drop_idlest(connections: Iterable[Connection]) -> None:
    idle = sorted((one for one in connections if one.is_idle), key=lambda one: one.heard)
    for one in idle[: max(1, int(len(idle) * _DROPPED))]:
        one.transport.abort()
