"""The plugin's own functions, when the clusters live in a server: the same operations over HTTP."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from moto import settings as moto_settings

#: Below this path of moto's server are all our endpoints.
PREFIX = "/moto-api/eks-podid"
_TIMEOUT_SECONDS = 30
#: Instead of the environment's: what is not given is taken from there.
_NO_PROXIES = {"http": "", "https": "", "all": ""}


class ClusterLookupError(LookupError):
    """No cluster, or more than one, fits the name, region and account that were given."""


class ServerError(RuntimeError):
    """No server answers, or one refused the call or answered what the plugin never answers."""


class NoServer(ServerError):
    """No server answers at the URL."""


#: What an endpoint calls an error -> what the Python function raises.
_ERRORS: dict[str, type[Exception]] = {
    "ClusterLookupError": ClusterLookupError,
    "ValueError": ValueError,
}


def server(endpoint_url: str | None) -> str | None:
    """Return the URL of the server to ask, None for this process.

    A given URL wins; else, under moto's ``TEST_SERVER_MODE``, it is the server that moto uses.
    """
    if endpoint_url is not None:
        return endpoint_url.rstrip("/")
    if moto_settings.TEST_SERVER_MODE:
        return moto_settings.test_server_mode_endpoint().rstrip("/")
    return None


def is_this_machine(server_url: str) -> bool:
    """Tell whether a URL leads to this machine, where no proxy of the environment leads to."""
    host = urlsplit(server_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def call(
    server_url: str,
    method: str,
    path: str,
    body: Any = None,
    *,
    timeout_seconds: float = _TIMEOUT_SECONDS,
) -> Any:
    """Call one of the plugin's endpoints and return its JSON answer.

    :raises ClusterLookupError: as the Python function does in-process
    :raises ValueError: as the Python function does in-process
    :raises NoServer: when no server answers there
    :raises ServerError: when the server has no such endpoint; it runs without the plugin, for
        example
    """
    try:
        response = requests.request(
            method,
            f"{server_url}{PREFIX}{path}",
            json=body,
            timeout=timeout_seconds,
            proxies=_NO_PROXIES if is_this_machine(server_url) else None,
        )
    except ValueError:
        # What is no URL, to requests.
        raise
    except requests.exceptions.SSLError as error:
        raise NoServer(f"TLS to {server_url} failed: {error}") from error
    except requests.RequestException as error:
        raise NoServer(f"No server answers at {server_url}") from error
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if response.ok and answer is not None:
        return answer
    answered = f"{method} {server_url}{PREFIX}{path} answered {response.status_code}"
    if not (isinstance(answer, dict) and "error" in answer):
        raise ServerError(
            f"{answered}: is the plugin installed in that server (moto-eks-podid server)? "
            f"{response.text[:200]}"
        )
    if kind := _ERRORS.get(str(answer["error"])):
        raise kind(answer["message"])
    raise ServerError(f"{answered}: {answer.get('message', answer['error'])}")
