"""CORS headers of moto's server: worked out for browsers only, and never for our endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .remote import PREFIX

_ALLOWED = "Access-Control-Allow-Origin"


def after_request(set_headers: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what is called with each answer of moto's server.

    :param set_headers: the same, as flask_cors has it; it takes long
    """
    from flask import request

    def answer(response: Any) -> Any:
        environ = request.environ
        if environ["PATH_INFO"].startswith(PREFIX):
            # No page but our own has any business with these.
            return response
        if "HTTP_ORIGIN" in environ or environ["REQUEST_METHOD"] == "OPTIONS":
            return set_headers(response)
        if _ALLOWED not in response.headers:
            response.headers[_ALLOWED] = "*"
        return response

    return answer
