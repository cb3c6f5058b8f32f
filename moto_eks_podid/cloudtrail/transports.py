"""The exits that every service shares: moto's transports, where calls are captured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, Request
from werkzeug.exceptions import HTTPException

from ..answered import ANSWERED, Answered
from ..faults.injected import active_faults
from . import delivery
from .calls import MAX_KEPT_BODY
from .capture import READING, RequestColumns, record
from .forms import MULTIPART, fields_of
from .progress import CallInProgress, call_in_progress

#: The calls that are moto's own API, in-process and on the server.
_MOTO_API_HOSTS = ("http://motoapi.amazonaws.com", "https://motoapi.amazonaws.com")
_PREFIX_OF_MOTO_API = "/moto-api"

#: Everybody calls from here in-process.
_LOOPBACK = "127.0.0.1"
#: How WSGI marks headers, and those that it does not mark.
_HEADER = "HTTP_"
_HEADERS_BY_THEMSELVES = ("CONTENT_TYPE", "CONTENT_LENGTH")
#: Stands for a body that nobody has read.
_NOT_READ = object()


def in_process(stubber: Any, request: Any, answer: Callable[[Any, Any], Any]) -> Any:
    """Answer a request of botocore's or of requests' with moto's stubber, and record it.

    The prepared request is taken as it is: normalising it, as moto does, would cost more than the
    rest of the capture.
    """
    if request.url.startswith(_MOTO_API_HOSTS):
        return answer(stubber, request)
    columns = RequestColumns(request.method, request.url, request.headers, _LOOPBACK)
    _deliver_before_reading(columns)
    if active_faults():
        from ..faults import transports

        return transports.in_process(
            columns,
            request,
            answer,
            lambda instead: _recorded_in_process(stubber, request, instead, columns),
        )
    return _recorded_in_process(stubber, request, answer, columns)


def _recorded_in_process(
    stubber: Any, request: Any, answer: Callable[[Any, Any], Any], columns: RequestColumns
) -> Any:
    with call_in_progress(columns.identity) as call:
        answered = answer(stubber, request)
    if answered is not None:
        status, headers, body = answered
        record(columns, call, request.body, status, headers, body)
    return answered


def in_server(callback: Any, answer: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Answer a request of moto's server, and record it.

    The request's body is taken from what moto has read of it: reading it first would leave a
    streaming operation with nothing.
    """
    from flask import request

    # Flask's own way to what its proxy stands for, which the proxy's type leaves out.
    normal: Request = request._get_current_object()  # type: ignore[attr-defined]
    environ = normal.environ
    if environ["PATH_INFO"].startswith(_PREFIX_OF_MOTO_API):
        return answer(callback, *args, **kwargs)
    columns = RequestColumns(
        environ["REQUEST_METHOD"],
        _raw_url(normal),
        _server_headers(environ),
        environ.get("REMOTE_ADDR") or _LOOPBACK,
    )
    _deliver_before_reading(columns)

    def recorded(answer: Callable[..., Any]) -> Any:
        with call_in_progress(columns.identity) as call:
            answered = answer(callback, *args, **kwargs)
        content = None if answered.is_streamed else answered.get_data()
        record(columns, call, _body_read(normal), answered.status_code, answered.headers, content)
        told: Answered | None = environ.get(ANSWERED)
        if told is not None:
            told.request_id = call.request_id
        return answered

    if active_faults():
        from ..faults import transports

        return transports.in_server(columns, normal, answer, recorded)
    return recorded(answer)


def _raw_url(request: Request) -> str:
    """Return what moto calls the request's raw URL, without taking the URL apart for it."""
    environ = request.environ
    target: str = environ.get("RAW_URI", "")
    if not target.startswith("/") or "HTTP_HOST" not in environ:
        return request.raw_url
    return f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{target}"


def _server_headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """Return a request's headers; of those that moto tells apart by underscores, with these."""
    preserved = environ.get(PRESERVED_HEADER_NAMES_ENVIRON_KEY) or {}
    headers = {
        preserved.get(key) or key[len(_HEADER) :].replace("_", "-"): value
        for key, value in environ.items()
        if key.startswith(_HEADER)
    }
    for key in _HEADERS_BY_THEMSELVES:
        if key in environ:
            headers[key.replace("_", "-")] = environ[key]
    return headers


def _body_read(request: Request) -> Any:
    if request.mimetype == MULTIPART:
        return fields_of(request.form, request.files)
    stream = request.environ["wsgi.input"]
    if isinstance(stream, BytesIO):
        # Our own server has it all. Elsewhere it can be read once, by moto.
        return stream.getvalue()
    if request.mimetype == "application/x-www-form-urlencoded":
        return urlencode(list(request.form.items(multi=True)))
    if (request.content_length or 0) > MAX_KEPT_BODY:
        return _NOT_READ
    return request.get_data()


def in_proxy(
    handler: Any,
    answer: Callable[..., Any],
    method: str,
    host: str,
    path: str,
    headers: Any,
    body: Any,
) -> Any:
    """Answer a request of moto's proxy, and record it."""
    columns = RequestColumns(method, host + path, headers, _LOOPBACK)
    _deliver_before_reading(columns)

    def recorded(answer: Callable[..., Any]) -> Any:
        with call_in_progress(columns.identity) as call:
            try:
                answered = answer(handler, method, host, path, headers, body)
            except HTTPException as error:
                _record_proxied(
                    columns, call, body, (error.code, dict(error.get_headers()), error.get_body())
                )
                raise
        _record_proxied(columns, call, body, answered)
        return answered

    if active_faults():
        from ..faults import transports

        return transports.in_proxy(columns, headers, body, answer, recorded)
    return recorded(answer)


def _record_proxied(
    columns: RequestColumns, call: CallInProgress, body: Any, answered: Any
) -> None:
    status, headers, content = answered if isinstance(answered, tuple) else (200, {}, answered)
    record(columns, call, body, status, headers, content)


def _deliver_before_reading(request: RequestColumns) -> None:
    """Deliver what trails hold back before anybody looks into their buckets."""
    # Whoever signs it, or nobody: the URL tells the bucket.
    if delivery.waiting() and request.method in READING:
        delivery.before_read(request.url)
