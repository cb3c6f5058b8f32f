"""What the server is told of the call that it has just answered."""

from __future__ import annotations

from typing import Final

#: The member of a WSGI environment that has it.
ANSWERED: Final = "moto_eks_podid.answered"


class Answered:
    """Filled in while a request is answered.

    :ivar request_id: the id in the call's CloudTrail record; None for what is no call
    """

    __slots__ = ("request_id",)

    def __init__(self) -> None:
        self.request_id: str | None = None
