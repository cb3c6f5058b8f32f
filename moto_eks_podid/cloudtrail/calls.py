"""What is kept of a call until somebody reads its record: columns and bytes, no request object."""

from __future__ import annotations

import zlib
from copy import copy
from typing import TYPE_CHECKING, Any

from ..events.event_ids import event_id
from ..events.identities import Identity

if TYPE_CHECKING:
    from ..events.call import CallDetails
    from ..events.catalogue import Classified

#: What an entry holds beside its bytes: the object, its columns and its share of the caller.
SIZE_OF_COLUMNS = 1000

#: More of a body is not kept: CloudTrail shows at most 100 KB of parameters or results.
MAX_KEPT_BODY = 100 * 1024
#: More of a compressed body is not read.
MAX_PLAIN_BODY = 4 * MAX_KEPT_BODY

#: How what is compressed begins. No form and no document does.
_GZIP = b"\x1f\x8b"
_GZIP_FORMAT = 31


class CapturedCall:
    """One call as it went over a transport.

    ``time`` is in epoch seconds of the plugin's clock; ``url`` is what the client asked for, with
    host, raw path and raw query; ``signing_name`` comes from the signature (empty for
    an unsigned call) and ``signed_with`` says where it was: ``AuthHeader``,
    ``QueryString`` or None. ``headers`` holds the request's ``x-amz-*`` headers in lower case,
    without those of the signature, and ``answer_headers`` the answer's ``x-amz*`` ones.
    ``body`` and ``answer`` are None where they are not kept: streams, what is larger than
    :data:`MAX_KEPT_BODY` (``body_size`` and ``answer_size`` tell), and answers that no record
    shows. ``extra_parameters`` are shown before the request's own. ``is_copy`` tells the record of
    a second account from the first one's. ``resource_account_id`` is whose a bucket was.
    """

    __slots__ = (
        "account_id",
        "answer",
        "answer_headers",
        "answer_size",
        "body",
        "body_size",
        "content_type",
        "extra_parameters",
        "headers",
        "identity",
        "is_copy",
        "method",
        "region",
        "request_id",
        "resource_account_id",
        "shared_event_id",
        "signed_with",
        "signing_name",
        "source_ip",
        "status",
        "time",
        "url",
        "user_agent",
    )

    def __init__(
        self,
        *,
        time: float,
        method: str,
        url: str,
        signing_name: str,
        signed_with: str | None,
        content_type: str,
        headers: dict[str, str],
        body: bytes | None,
        body_size: int,
        status: int,
        answer_headers: dict[str, str],
        answer: bytes | None,
        answer_size: int,
        request_id: str,
        user_agent: str,
        source_ip: str,
        identity: Identity,
        account_id: str,
        region: str,
    ) -> None:
        self.time = time
        self.method = method
        self.url = url
        self.signing_name = signing_name
        self.signed_with = signed_with
        self.content_type = content_type
        self.headers = headers
        self.body = body
        self.body_size = body_size
        self.status = status
        self.answer_headers = answer_headers
        self.answer = answer
        self.answer_size = answer_size
        self.request_id = request_id
        self.user_agent = user_agent
        self.source_ip = source_ip
        self.identity = identity
        self.account_id = account_id
        self.region = region
        self.is_copy = False
        self.extra_parameters: dict[str, Any] | None = None
        self.resource_account_id: str | None = None
        self.shared_event_id: str | None = None

    @property
    def event_id(self) -> str:
        """The id of its record, which follows from the request's: a seeded run repeats it."""
        return event_id(f"{self.request_id}/{self.account_id}" if self.is_copy else self.request_id)

    @property
    def size(self) -> int:
        """How many bytes it holds, about: what clients choose, and a fixed share for the rest."""
        return (
            SIZE_OF_COLUMNS
            + len(self.url)
            + len(self.user_agent)
            + (_size_of(self.headers) if self.headers else 0)
            + (_size_of(self.answer_headers) if self.answer_headers else 0)
            + (len(self.body) if self.body else 0)
            + (len(self.answer) if self.answer else 0)
        )

    def classify(self) -> Classified | None:
        """Return the service and the operation it was; None when it was no call of an API."""
        # Reading calls needs botocore's and moto's parsers; capturing them does not.
        from .operations import classify

        return classify(self)

    def details(self) -> CallDetails:
        """Return its facts.

        :raises ValueError: when it was no call of an API
        """
        from .decode import details

        what = self.classify()
        if what is None:
            raise ValueError("no call of a service's API")
        return details(self, what)

    def seen_by(self, account_id: str, identity: Identity) -> CapturedCall:
        """Return the same call as another account sees it, under an id of its own."""
        other = copy(self)
        other.account_id = account_id
        other.identity = identity
        other.is_copy = True
        return other


def plain(body: bytes | None) -> bytes:
    """Return a request's body as it was before the client compressed it; empty if none is kept."""
    if not body or not body.startswith(_GZIP):
        return body or b""
    try:
        return zlib.decompressobj(wbits=_GZIP_FORMAT).decompress(body, MAX_PLAIN_BODY)
    except zlib.error:
        return body


def _size_of(headers: dict[str, str]) -> int:
    return sum(map(len, headers)) + sum(map(len, headers.values()))
