"""The last calls that were judged, kept for whoever asks why they were allowed or refused.

What was compared is worked out when somebody asks; until then only the decisions are kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict, BaseBackend

from .. import clock
from ..cloudtrail.progress import current_call
from ..policy import Explanation, Word
from .credentials import Caller, Failure

if TYPE_CHECKING:
    from .judgement import Judgement
    from .requested_call import RequestedCall

#: How many judged calls are kept.
KEPT: Final = 1000

#: Likewise, of those that were refused, for the report of a test: it is written when the test's
#: mock is over, and with it everything that moto resets.
KEPT_FOR_REPORT: Final = 10


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """One judged call: whether it was allowed, and by which policies, statements and conditions.

    :param time: when it was judged; aware and UTC
    :param service: botocore's name of the service
    :param message: what the service answered to a refused call; None for one that was allowed
    :param permissions: what the call needed, as far as it was decided: a refusal ends it
    """

    time: datetime
    access_key_id: str | None
    service: str
    operation: str | None
    message: str | None
    permissions: tuple[Explanation, ...]

    @property
    def allowed(self) -> bool:
        """Whether the call was allowed."""
        return self.message is None

    @property
    def deciding(self) -> Explanation | None:
        """The permission that was missing, or the last that was there; None for bad credentials."""
        last = self.permissions[-1] if self.permissions else None
        return next((one for one in self.permissions if one.word is not Word.ALLOWED), last)

    @property
    def word(self) -> Word | None:
        """What was decided; None when it did not come to that, as with bad credentials."""
        if self.deciding is not None:
            return self.deciding.word
        # Some operations need no permission at all.
        return Word.ALLOWED if self.allowed else None

    def __str__(self) -> str:
        lines = [f"{self.service} {self.operation}: {'allowed' if self.allowed else 'refused'}"]
        if self.message is not None:
            lines.append(self.message)
        lines += [str(one) for one in self.permissions]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values: the time in ISO 8601."""
        return {**asdict(self), "time": self.time.isoformat()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ExplainedCall:
        """Read what :meth:`as_json` wrote."""
        permissions = tuple(map(Explanation.from_json, values["permissions"]))
        time = datetime.fromisoformat(values["time"])
        return cls(**{**values, "time": time, "permissions": permissions})


class JudgedCall:
    """What is kept of a judged call; the oldest makes room for it."""

    __slots__ = (
        "access_key_id",
        "in_progress",
        "judgement",
        "message",
        "operation",
        "service",
        "time",
    )

    def __init__(
        self,
        access_key_id: str | None,
        call: RequestedCall,
        judgement: Judgement | None,
        message: str | None,
    ) -> None:
        self.time = clock.epoch_seconds()
        self.access_key_id = access_key_id
        self.service = call.service
        self.operation = call.operation
        self.judgement = judgement
        self.message = message
        self.in_progress = current_call()

    def explained(self) -> ExplainedCall:
        """Work out what was compared."""
        decided = self.judgement.decided if self.judgement else ()
        return ExplainedCall(
            datetime.fromtimestamp(self.time, timezone.utc),
            self.access_key_id,
            self.service,
            self.operation,
            self.message,
            tuple(one.decision.explanation for one in decided),
        )


class ExplanationsBackend(BaseBackend):
    """Holds the judged calls, so that every reset moto knows also forgets them."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.calls: deque[JudgedCall] = deque(maxlen=KEPT)


explanations_backends: BackendDict[ExplanationsBackend] = BackendDict(
    ExplanationsBackend,
    "eks-podid-explanations",
    use_boto3_regions=False,
    additional_regions=["aws"],
)


def keep(
    caller: Caller | None, call: RequestedCall, judgement: Judgement | None, message: str | None
) -> None:
    """Keep a call that was judged.

    :param caller: None for an anonymous call
    :param judgement: None where it did not come to that
    :param message: what is said to a caller who is refused
    """
    access_key_id = caller.access_key_id if caller else None
    _append(JudgedCall(access_key_id, call, judgement, message))


def keep_failure(access_key_id: str | None, call: RequestedCall, failure: Failure) -> None:
    """Keep a call that was refused for its credentials."""
    _append(JudgedCall(access_key_id, call, None, str(failure)))


#: What was refused since a report asked for it last, whatever was reset meanwhile.
_refused: deque[JudgedCall] = deque(maxlen=KEPT_FOR_REPORT)


def take_refused_calls() -> list[ExplainedCall]:
    """Return the last calls of this process that were refused since this was asked last."""
    taken = [_refused.popleft() for _ in range(len(_refused))]
    return [judged.explained() for judged in taken]


def forget_refused_calls() -> None:
    """Begin anew with what :func:`take_refused_calls` returns."""
    _refused.clear()


def _append(judged: JudgedCall) -> None:
    if judged.message is not None:
        _refused.append(judged)
    (_backend() or explanations_backends[DEFAULT_ACCOUNT_ID]["aws"]).calls.append(judged)


def _backend() -> ExplanationsBackend | None:
    # `get`, where a subscript would make the backend, behind a lock.
    account = explanations_backends.get(DEFAULT_ACCOUNT_ID)
    return account.get("aws") if account else None


def find(name: str | None) -> JudgedCall | None:
    """Return the latest judged call; None when there is none that fits.

    :param name: an access key id, or a request id as the caller saw it; None for any call
    """
    if name is None:
        return next(_latest_first(), None)
    by_key = (judged for judged in _latest_first() if judged.access_key_id == name)
    return next(by_key, None) or next(_of_request(name), None)


def _latest_first() -> Iterator[JudgedCall]:
    backend = _backend()
    return iter(list(backend.calls)[::-1] if backend else ())


def _of_request(request_id: str) -> Iterator[JudgedCall]:
    return (
        judged
        for judged in _latest_first()
        if judged.in_progress and judged.in_progress.request_id == request_id
    )
