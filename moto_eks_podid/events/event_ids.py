"""Ids of events, which follow from the ids of requests: a seeded run repeats them.

None is drawn from the generator that seeds moto's own ids: whether calls are recorded must not
change what the services answer.
"""

from __future__ import annotations

import hashlib
from uuid import UUID


def event_id(request_id: str, position: int = 0, version: int = 4) -> str:
    """Return the id of one of the events of a request, or an id that its events share.

    :param request_id: any text that tells the request from others
    :param position: which of the request's ids it is
    :param version: of the UUID: 4, or 3 for calls that AWS services make (observed in real records)
    :returns: the UUID in lower case
    """
    digest = hashlib.sha256(f"{position}/{request_id}".encode()).digest()[:16]
    return str(UUID(bytes=digest, version=version))
