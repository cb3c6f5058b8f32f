"""What a view answers, and the headers under which a browser gets it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from moto.core.common_types import TYPE_RESPONSE

#: Nothing from elsewhere, no script or style in the markup, in nobody's frame.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

#: What every answer has.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
HTML = "text/html; charset=utf-8"

METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Request:
    """What a view is asked: the values in its path and in the query.

    ``streams`` tells whether the answer may come in parts: inside a mock nobody reads it that way.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    streams: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view answers; ``headers`` come in addition to those that every answer has."""

    body: str | bytes | Iterable[bytes]
    status: int = 200
    content_type: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)

    def for_moto(self, method: str, *, at_server: bool) -> TYPE_RESPONSE:
        """Return what moto turns into a response.

        :param at_server: whether the answer goes over a connection; inside a mock, who asks takes
            a length as a promise of so many bytes, even in an answer to HEAD
        """
        headers = {**HEADERS, "Content-Type": self.content_type, **self.headers}
        body = self.body
        if isinstance(body, str):
            # Names come from whoever calls: half of a surrogate pair is no reason to fail.
            body = body.encode("utf-8", "replace")
        if isinstance(body, bytes) and at_server:
            # In small letters moto keeps it in an answer to HEAD.
            headers["content-length"] = str(len(body))
        if method == "HEAD":
            body = b""
        # moto hands it to werkzeug, which takes an iterable, too.
        return self.status, headers, body  # type: ignore[return-value]


class NotFound(LookupError):
    """There is no such page; the message says of what there is none."""


class BadQuery(ValueError):
    """A member of the query has a value that it cannot have."""


def number_in(query: Mapping[str, str], name: str) -> int | None:
    """Return a whole number of the query; None when it is not there.

    :raises BadQuery: for something else
    """
    text = query.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadQuery(f"{name} is a whole number")
    return int(text)
