"""Fetch a real issuer's keys: briefly, boundedly, and from nowhere else than where we were told."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from ..identity.errors import JwksUnavailable

TIMEOUT_SECONDS = 5.0
MAX_BYTES = 1024 * 1024
_CHUNK = 1024


def fetch_jwks(url: str) -> Mapping[str, Any]:
    """Return the JSON object at a URL: within 5 seconds, at most 1 MiB, following no redirect.

    :raises JwksUnavailable: for anything else: another scheme, no answer, too slow, too large, no
        JSON
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise JwksUnavailable(f"A JWKS URL is http or https, not {url!r}")
    fetch = _Fetch(url)
    fetch.start()
    return fetch.result()


class _Fetch(threading.Thread):
    """One request in a thread of its own: the time-outs of a socket begin anew with every byte."""

    def __init__(self, url: str) -> None:
        super().__init__(name="moto-eks-podid-jwks", daemon=True)
        self._url = url
        self._given_up = False
        self._keys: dict[str, Any] | None = None
        self._failure = f"{url} took longer than {TIMEOUT_SECONDS} seconds"

    def result(self) -> dict[str, Any]:
        """Wait for the keys, but not for a server that takes too long."""
        self.join(TIMEOUT_SECONDS)
        self._given_up = self.is_alive()
        if self._given_up or self._keys is None:
            raise JwksUnavailable(self._failure)
        return self._keys

    def run(self) -> None:
        try:
            keys = json.loads(self._read())
        except JwksUnavailable as unavailable:
            self._failure = str(unavailable)
        except (requests.RequestException, OSError, ValueError, RecursionError) as error:
            self._failure = f"{self._url}: {type(error).__name__}"
        else:
            if isinstance(keys, dict):
                self._keys = keys
            else:
                self._failure = f"{self._url} did not answer a JSON object"

    def _read(self) -> bytes:
        with requests.get(
            self._url, timeout=TIMEOUT_SECONDS, stream=True, allow_redirects=False
        ) as response:
            if response.status_code != 200:
                raise JwksUnavailable(f"{self._url} answered {response.status_code}")
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if self._given_up:
                    break
                if len(body) > MAX_BYTES:
                    raise JwksUnavailable(f"{self._url} answered more than {MAX_BYTES} bytes")
        return bytes(body)
