"""The webhook over HTTP: ``POST /mutate``, with TLS as the API server demands it."""

from __future__ import annotations

import socket
import ssl
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from .admission import Decide, answer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: More than the API server ever sends: it stores objects of at most 1.5 MiB, and a review of an
#: update has two of them.
MAX_BODY = 8 * 1024 * 1024

#: What Go's HTTP server says.
WRONG_CONTENT_TYPE = "Invalid Content-Type, expected `application/json`\n"
NOT_FOUND = "404 page not found\n"


class SourceUnavailable(RuntimeError):
    """Nobody could be asked which service accounts have an association. The message says why."""


class Webhook:
    """The webhook as a WSGI application.

    :param decide: returns the patch for a pod in its namespace, None for no mutation. It may raise
        :exc:`SourceUnavailable`, which is answered with 503.
    """

    def __init__(self, decide: Decide) -> None:
        self._decide = decide

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._respond(Request(environ))(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path == "/healthz":
            return _text("ok", 200)
        if request.path != "/mutate":
            return _text(NOT_FOUND, 404)
        # To the letter, as the webhook compares it: parameters count.
        if request.headers.get("Content-Type") != "application/json":
            return _text(WRONG_CONTENT_TYPE, 415)
        # A body that does not say how long it is gets cut off there, silently: hence the one more.
        request.max_content_length = MAX_BODY + 1
        try:
            body = request.get_data()
            if len(body) > MAX_BODY:
                raise RequestEntityTooLarge
            answered = answer(body, self._decide)
        except RequestEntityTooLarge:
            return _text("http: request body too large\n", 413)
        except SourceUnavailable as error:
            return _text(f"{error}\n", 503)
        return Response(answered, 200, content_type="application/json")


def _text(text: str, status: int) -> Response:
    response = Response(text, status, content_type="text/plain; charset=utf-8")
    if status >= 400:
        response.headers["X-Content-Type-Options"] = "nosniff"
    return response


class WebhookServer:
    """Serves a webhook, as a context manager, in a thread of its own.

    :param webhook: the application
    :param host: the address to listen on
    :param port: 0 takes a free one
    :param context: of TLS, see :func:`tls_context`
    :raises OSError: when it cannot listen there
    """

    def __init__(self, webhook: Webhook, host: str, port: int, context: ssl.SSLContext) -> None:
        # Bound here: where werkzeug cannot listen, it ends the process.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family) as listening:
            self._server = make_server(host, port, webhook, threaded=True, fd=listening.fileno())
        port = self._server.socket.getsockname()[1]
        # The handshake is left to the connection's thread. werkzeug's own way does it while it
        # accepts: a client that connects and stays silent would keep all others out.
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._server.ssl_context = context
        bracketed = f"[{host}]" if ":" in host else host
        self.url = f"https://{bracketed}:{port}/mutate"
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="webhook", daemon=True
        )

    def __enter__(self) -> WebhookServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def tls_context(certificate: bytes, key: bytes) -> ssl.SSLContext:
    """Return a server's TLS context for a certificate (with its chain) and its key, both in PEM.

    :raises ssl.SSLError: for something else, or a key that does not belong to the certificate
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Python reads them from files only. mkdtemp's folder is the user's alone.
    with tempfile.TemporaryDirectory() as folder:
        certificate_file, key_file = Path(folder, "tls.crt"), Path(folder, "tls.key")
        certificate_file.write_bytes(certificate)
        key_file.write_bytes(key)
        # A key with a passphrase would make Python ask for it at the terminal.
        context.load_cert_chain(certificate_file, key_file, password="")
    return context
