"""Which operation a call was: by its signature, target, action, host, method and path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any, Protocol

from botocore.parsers import ResponseParserError
from moto.core.model import ServiceModel
from moto.core.parse import RequestParserError
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from ..events.catalogue import Classified, classified
from .calls import plain
from .services import Service, at_host, index, signed_as

#: What moto's router and parsers and botocore's parsers raise on bytes that no SDK sends. They
#: trust their input: beside their own exceptions and werkzeug's there are a value of the wrong type
#: (a list without ``.get``), an XML map without a key (an unbound variable), a number or a time out
#: of range, text that is no UTF-8, and nesting without end.
UNREADABLE = (
    AttributeError,
    HTTPException,
    LookupError,
    NameError,
    OSError,
    OverflowError,
    RequestParserError,
    ResponseParserError,
    RuntimeError,
    TypeError,
    ValueError,
)

_ACTION = re.compile(r"(?:^|&)Action=(\w+)", re.ASCII)
_VERSION = re.compile(r"(?:^|&)Version=([\w-]+)", re.ASCII)
_ACTION_IN_BODY = re.compile(_ACTION.pattern.encode())
_VERSION_IN_BODY = re.compile(_VERSION.pattern.encode())

#: Unsigned actions that are known by their name wherever they are sent.
UNSIGNED_ACTIONS = ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")

#: S3 Control's paths, which S3 would take for buckets and keys.
_S3_CONTROL_PATH = "/v20180820/"

_SDK = re.compile(r"boto|aws-cli|aws-sdk", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Url:
    """A URL as it was sent: nothing is decoded."""

    scheme: str
    host: str
    path: str
    query: str


def split_url(url: str) -> Url:
    """Return the parts of a URL; never raises."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "https", url
    location, _, query = rest.partition("?")
    host, slash, path = location.partition("/")
    return Url(scheme, host, slash + path or "/", query)


class Asked(Protocol):
    """What tells a call's operation: columns of a captured call, or of one still to be answered."""

    @property
    def method(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def signing_name(self) -> str: ...
    @property
    def user_agent(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes | None: ...


def classify(call: Asked) -> Classified | None:
    """Return the service and the operation of a call.

    None for what is no call of a service's API: an issuer's documents, requests to a user's API
    Gateway, web requests, what browsers ask before they send one, operations that no model knows,
    and bytes that make no sense.
    """
    try:
        return _classify(call)
    except UNREADABLE:
        return None


def _classify(call: Asked) -> Classified | None:
    if call.method == "OPTIONS":
        return None
    if (target := call.headers.get("x-amz-target")) and (
        found := _of_target(call.signing_name, target)
    ):
        return found
    if action := _action_of(call):
        name, version = action
        host = "" if call.signing_name else split_url(call.url).host
        if found := _of_action(call.signing_name, host, name, version):
            return found
    return _of_route(call)


@lru_cache(maxsize=4096)
def _of_target(signing_name: str, target: str) -> Classified | None:
    prefix, _, operation = target.rpartition(".")
    services = index().by_target_prefix.get(prefix, [])
    if signing_name:
        allowed = signed_as(signing_name)
        services = [service for service in services if service in allowed]
    for service in services:
        if operation in get_service_model(service.name).operation_names:
            return classified(service.name, operation, service.signing_name, "json")
    return None


def _action_of(call: Asked) -> tuple[str, str] | None:
    """Return the action and the API version that a request names, in its body or its URL."""
    body = plain(call.body)
    # Most bodies can be told from a form without a search for a pattern.
    if body and b"Action=" in body and (in_body := _ACTION_IN_BODY.search(body)):
        version_in_body = _VERSION_IN_BODY.search(body)
        return in_body[1].decode(), version_in_body[1].decode() if version_in_body else ""
    query = call.url.partition("?")[2]
    if query and (in_query := _ACTION.search(query)):
        version = _VERSION.search(query)
        return in_query[1], version[1] if version else ""
    return None


@lru_cache(maxsize=4096)
def _of_action(signing_name: str, host: str, action: str, version: str) -> Classified | None:
    services: list[Service]
    if signing_name:
        services = signed_as(signing_name)
    else:
        services = list(at_host(host)) or index().by_api_version.get(version, [])
        if not services and action in UNSIGNED_ACTIONS:
            services = signed_as("sts")
    # Elastic Load Balancing's two generations share most of their actions' names.
    for service in sorted(services, key=lambda service: service.api_version != version):
        model = get_service_model(service.name)
        protocol = _form_protocol(model)
        if protocol and action in model.operation_names:
            return classified(service.name, action, service.signing_name, protocol)
    return None


def _protocols(model: ServiceModel) -> list[str]:
    protocols: list[str] = model.metadata.get("protocols", [model.protocol])
    return protocols


def _form_protocol(model: ServiceModel) -> str | None:
    """Return which of the two protocols that send forms a service speaks."""
    protocols = _protocols(model)
    return next((protocol for protocol in ("ec2", "query") if protocol in protocols), None)


def _of_route(call: Asked) -> Classified | None:
    url = split_url(call.url)
    for service in _services_of_route(call, url):
        protocol = _rest_protocol(service.name)
        if protocol is None:
            continue
        try:
            operation, _ = route(service.name, call)
        except HTTPException:
            continue
        return classified(service.name, operation, service.signing_name, protocol)
    return None


def _services_of_route(call: Asked, url: Url) -> list[Service]:
    """Return the services whose routes a request can match, best first."""
    here = at_host(url.host)
    if not call.signing_name:
        if not here and _SDK.search(call.user_agent):
            # A bucket that everybody may read, at a server.
            here = at_host("s3.amazonaws.com")
        return list(here)
    services = signed_as(call.signing_name)
    if len(services) == 1:
        return services
    if services and services[0].signing_name == "s3":
        control = url.path.startswith(_S3_CONTROL_PATH) or "s3-control" in url.host
        return [service for service in services if (service.name == "s3control") == control]
    at_this_host = [service for service in services if service in here]
    return at_this_host or services


@lru_cache(maxsize=512)
def _rest_protocol(service_name: str) -> str | None:
    protocols = _protocols(get_service_model(service_name))
    return next((protocol for protocol in ("rest-json", "rest-xml") if protocol in protocols), None)


def route(service_name: str, call: Asked) -> tuple[str, dict[str, str]]:
    """Return the operation of a REST request and the values in its path and host.

    :raises HTTPException: when it matches no operation
    """
    return _route(service_name, call.method, call.url, tuple(sorted(call.headers)))


@lru_cache(maxsize=4096)
def _route(
    service_name: str, method: str, url: str, header_names: tuple[str, ...]
) -> tuple[str, dict[str, str]]:
    headers = {**_headers_not_kept(service_name), **dict.fromkeys(header_names, "")}
    # Without a media type: it says nothing about a REST operation, and would make moto look for
    # one of another protocol.
    request = wire_request(method, split_url(url), "", headers)
    operation, values = get_service_router(service_name).match(request)
    return operation.name, values


@lru_cache(maxsize=512)
def _headers_not_kept(service_name: str) -> dict[str, str]:
    """Return the headers that routes of a service require though no capture keeps them."""
    model = get_service_model(service_name)
    headers = {}
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        for header in getattr(shape, "required_headers", ()):
            if not header.lower().startswith("x-amz-"):
                headers[header] = ""
    return headers


def wire_request(
    method: str, url: Url, content_type: str, headers: dict[str, str], body: bytes = b""
) -> Request:
    """Return a request as moto's router and parsers want it, far cheaper than moto makes it."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "wsgi.url_scheme": url.scheme,
        "SERVER_NAME": url.host,
        "SERVER_PORT": "80",
        "HTTP_HOST": url.host,
        "RAW_URI": url.path,
        "PATH_INFO": _as_wsgi(url.path),
        "QUERY_STRING": _as_wsgi(url.query),
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    for name, value in headers.items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    return Request(environ)


def _as_wsgi(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")
