"""Fetch a real issuer's keys: briefly, boundedly, and from nowhere else than where we were told."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from ..identity.errors import JwksUnavailable

TIMEOUT_SECONDS = 5.0
MAX_BYTES = 1024 * 1024
_CHUNK = 64 * 1024


def fetch_jwks(url: str) -> Mapping[str, Any]:
    """Return the JSON object at a URL: within 5 seconds, at most 1 MiB, following no redirect.

    :raises JwksUnavailable: for anything else: another scheme, no answer, too slow, too large, no
        JSON
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise JwksUnavailable(f"A JWKS URL is http or https, not {url!r}")
    deadline = time.monotonic() + TIMEOUT_SECONDS
    try:
        with requests.get(
            url, timeout=TIMEOUT_SECONDS, stream=True, allow_redirects=False
        ) as response:
            if response.status_code != 200:
                raise JwksUnavailable(f"{url} answered {response.status_code}")
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > MAX_BYTES:
                    raise JwksUnavailable(f"{url} answered more than {MAX_BYTES} bytes")
                if time.monotonic() > deadline:
                    raise JwksUnavailable(f"{url} took longer than {TIMEOUT_SECONDS} seconds")
        keys = json.loads(bytes(body))
    except (requests.RequestException, ValueError, RecursionError) as error:
        raise JwksUnavailable(f"{url}: {type(error).__name__}") from None
    if not isinstance(keys, dict):
        raise JwksUnavailable(f"{url} did not answer a JSON object")
    return keys
