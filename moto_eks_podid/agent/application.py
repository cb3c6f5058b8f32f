"""The agent's HTTP endpoints, as WSGI applications: credentials, probes, metrics."""

from __future__ import annotations

import http.client
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from werkzeug import Response

from ..clock import elapsed
from . import metrics
from .answers import PodCredentials, Refused
from .limits import TokenBucket

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CREDENTIALS_PATH: Final = "/v1/credentials"
PROBE_PATHS: Final = ("/healthz", "/readyz")
METRICS_PATH: Final = "/metrics"

#: Of one path of one server, as in the real agent; half of it may come at once.
REQUESTS_PER_SECOND: Final = 1000
_PROBE_TIMEOUT: Final = 10.0

logger = logging.getLogger("moto_eks_podid.agent")

_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")

_Answer = Callable[[Mapping[str, Any]], Response]


class Application:
    """Paths and what answers them, each with its own limit; everything else is 404.

    :param answers: path -> what answers it
    :param unlimited: paths without a limit
    """

    def __init__(
        self,
        answers: Mapping[str, _Answer],
        *,
        unlimited: tuple[str, ...] = (),
    ) -> None:
        self._answers = answers
        self._limits = {
            path: TokenBucket(REQUESTS_PER_SECOND, REQUESTS_PER_SECOND // 2, elapsed)
            for path in answers
            if path not in unlimited
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = self._answer(environ)
        return response(environ, start_response)

    def _answer(self, environ: Mapping[str, Any]) -> Response:
        if "HTTP_HOST" not in environ and environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            return error(400, "400 Bad Request: missing required Host header")
        path = environ["PATH_INFO"]
        answer = self._answers.get(path)
        if answer is None:
            return error(404, "404 page not found")
        limit = self._limits.get(path)
        if limit is not None and not limit.allow():
            return error(429, "Too Many Requests")
        return answer(environ)


class CredentialsEndpoint:
    """``/v1/credentials``: the pod's credentials as JSON, or a line of text.

    :param retrieve: takes the request's host and token; raises Refused
    """

    def __init__(
        self, retrieve: Callable[[str, str], PodCredentials], counted: metrics.Metrics
    ) -> None:
        self._retrieve = retrieve
        self._metrics = counted

    def __call__(self, environ: Mapping[str, Any]) -> Response:
        host = environ.get("HTTP_HOST", "")
        token = environ.get("HTTP_AUTHORIZATION", "").strip(" \t")
        try:
            credentials = self._retrieve(host, token)
        except Refused as refused:
            logger.info("%s to %s: %s", refused.status, host, refused.text)
            response = error(refused.status, refused.text)
        else:
            logger.info("200 to %s: %s", host, credentials.access_key_id)
            response = Response(credentials.body, content_type="application/json")
        self._metrics.count(metrics.HTTP_RESPONSE, str(response.status_code))
        return response


class ProbeEndpoint:
    """``/healthz`` and ``/readyz``: whether the credentials' server answers at each address.

    :param urls: the addresses
    """

    def __init__(self, urls: Iterable[str]) -> None:
        self._urls = tuple(urls)

    def __call__(self, environ: Mapping[str, Any]) -> Response:
        try:
            failed = [url for url in self._urls if _status(url) != 404]
        except TimeoutError:
            return Response(status=408)
        except (OSError, http.client.HTTPException):
            failed = ["one that is not there"]
        return _plain(500, "Internal Server Error occurred") if failed else Response()


class MetricsEndpoint:
    """``/metrics``, for Prometheus."""

    def __init__(self, counted: metrics.Metrics) -> None:
        self._metrics = counted

    def __call__(self, environ: Mapping[str, Any]) -> Response:
        return Response(self._metrics.text(), content_type=metrics.CONTENT_TYPE)


def error(status: int, text: str) -> Response:
    """Return a line of text as Go's ``http.Error`` writes it."""
    text = _HALF_OF_A_PAIR.sub("\N{REPLACEMENT CHARACTER}", text)
    response = _plain(status, f"{text}\n")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _plain(status: int, text: str) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")


def _status(url: str) -> int:
    """Return the status of a URL; a proxy of the environment does not count."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_PROBE_TIMEOUT)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()
