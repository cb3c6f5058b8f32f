"""Client request tokens: a request that comes again is answered as it was, not done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class RequestTokenReused(ValueError):
    """A client request token came back with other parameters."""


@dataclass(frozen=True, slots=True)
class RememberedRequest:
    """A request that had a token; ``digest`` is the SHA-256 of its parameters, in hexadecimal.

    ``about`` is the id of what it made or changed.
    """

    token: str
    digest: str
    about: str


class RequestTokens:
    """The tokens of requests, with what each request was about. Not locked: its owner is."""

    def __init__(self) -> None:
        #: Request token -> a digest of its parameters, and the id of what it made or changed.
        self._requests: dict[str, tuple[bytes, str]] = {}
        #: Id -> the request tokens about it, which go with it.
        self._tokens_about: dict[str, list[str]] = {}

    def answered(self, client_request_token: str | None, parameters: str) -> str | None:
        """Return the id that an earlier request with the same token and parameters was about.

        :raises RequestTokenReused: when the earlier request had other parameters
        """
        if client_request_token is None or client_request_token not in self._requests:
            return None
        earlier, about = self._requests[client_request_token]
        if earlier != _digest(parameters):
            raise RequestTokenReused(client_request_token)
        return about

    def remember(self, client_request_token: str | None, parameters: str, about: str) -> None:
        """Remember what a request with a token was about; nothing without a token.

        :param about: the id of what it made or changed
        :raises RequestTokenReused: for a token that is remembered already
        """
        if client_request_token is not None:
            self._remember(client_request_token, _digest(parameters), about)

    def _remember(self, client_request_token: str, digest: bytes, about: str) -> None:
        if client_request_token in self._requests:
            raise RequestTokenReused(client_request_token)
        self._requests[client_request_token] = (digest, about)
        self._tokens_about.setdefault(about, []).append(client_request_token)

    def remembered(self) -> list[RememberedRequest]:
        """Return all requests that are remembered, the oldest first."""
        return [
            RememberedRequest(token, digest.hex(), about)
            for token, (digest, about) in self._requests.items()
        ]

    def restore(self, requests: Iterable[RememberedRequest]) -> None:
        """Remember requests that :meth:`remembered` returned, elsewhere or earlier.

        :raises RequestTokenReused: for a token that is remembered already
        :raises ValueError: for a digest that is none
        """
        for request in requests:
            digest = bytes.fromhex(request.digest)
            if len(digest) != hashlib.sha256().digest_size:
                raise ValueError("a digest has 64 hexadecimal digits")
            self._remember(request.token, digest, request.about)

    def forget(self, about: str) -> None:
        """Forget the requests about something that is gone."""
        for client_request_token in self._tokens_about.pop(about, ()):
            del self._requests[client_request_token]


def fingerprint(*parameters: Any) -> str:
    """Return a text that is the same for the same parameters of a request only."""
    return json.dumps(parameters, sort_keys=True)


def _digest(parameters: str) -> bytes:
    """A session policy alone may have 2,048 characters, and every SDK sends a token."""
    return hashlib.sha256(parameters.encode()).digest()
