"""The tokens of pages: opaque, and good for one listing and one query."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import itertools
import json
import secrets
from collections.abc import Mapping
from typing import Final

# Not drawn from the generator of ids, which would shift those of a seeded run.
_KEY: Final = secrets.token_bytes(32)
_numbers = itertools.count()


class InvalidPageToken(ValueError):
    """A page token that this listing did not give out."""


class PageTokens:
    """The signed page tokens of one listing: each says which entry came last, for which query.

    An entry's number never changes, so a token stays right while entries come and go.
    """

    def __init__(self) -> None:
        self._listing = next(_numbers)

    def issue(self, last: int, query: Mapping[str, str]) -> str:
        """Return the token for the page after entry number ``last`` of ``query``."""
        place = json.dumps(last).encode()
        return base64.urlsafe_b64encode(self._signature(place, query) + place).decode()

    def read(self, token: str, query: Mapping[str, str]) -> int:
        """Return the number of the entry that came last.

        :raises InvalidPageToken: for garbage, or a token of another listing or query
        """
        try:
            data = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error, ValueError):
            raise InvalidPageToken(token) from None
        signature, place = data[:16], data[16:]
        if not hmac.compare_digest(signature, self._signature(place, query)):
            raise InvalidPageToken(token)
        return int(place)

    def _signature(self, place: bytes, query: Mapping[str, str]) -> bytes:
        message = json.dumps([self._listing, sorted(query.items())]).encode() + b"\0" + place
        return hmac.new(_KEY, message, hashlib.sha256).digest()[:16]
