"""What can go wrong on purpose, and with which calls: checked when somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from botocore import xform_name
from botocore.loaders import Loader
from moto.core.utils import get_service_model

#: A read timeout that is longer is no timeout.
MAX_LATENCY: Final = 86_400
#: Further off, a clock would leave the years that dates can have.
MAX_SKEW: Final = 10 * 365 * 86_400
#: Of HTTP: those of clients' and of services' errors.
STATUSES: Final = range(400, 600)

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,127}", re.ASCII)
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/[\x21-\x7e]+", re.ASCII)
#: Half of the protocols send XML, which cannot hold them.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with which calls; :func:`fault` makes one that makes sense.

    ``service`` and ``operation`` are botocore's names. At most one of ``error``, ``dropped``,
    ``expired`` and ``clock_skew`` is there, and ``latency`` where none is.
    """

    service: str
    operation: str | None = None
    error: str | None = None
    message: str | None = None
    status: int | None = None
    latency: float | None = None
    dropped: bool = False
    expired: bool = False
    clock_skew: float | None = None
    access_key_id: str | None = None
    role_arn: str | None = None


#: Member -> its type and, for messages, what that is.
_KINDS: Final[dict[str, tuple[type | tuple[type, ...], str]]] = {
    "service": (str, "a string"),
    "operation": (str, "a string"),
    "error": (str, "a string"),
    "message": (str, "a string"),
    "status": (int, "a whole number"),
    "latency": ((int, float), "a number of seconds"),
    "dropped": (bool, "True or False"),
    "expired": (bool, "True or False"),
    "clock_skew": ((int, float), "a number of seconds"),
    "access_key_id": (str, "a string"),
    "role_arn": (str, "a string"),
}


def fault(service: str, **given: Any) -> Fault:
    """Return a fault that can strike.

    :param service: botocore's name of the service
    :param given: the other members of :class:`Fault`; the operation may have boto3's spelling
    :raises ValueError: for a service or an operation that there is not, a value of another type or
        out of its range, and members that contradict each other
    """
    members = {"service": service, **given}
    for name, value in members.items():
        _check_type(name, value, *_KINDS[name])
    if service not in _services():
        raise ValueError(_unknown("service", service, _services()))
    if (operation := given.get("operation")) is not None:
        members["operation"] = _operation(service, operation)
    made = Fault(**members)
    _check_kinds_of_failure(made)
    _check_values(made)
    return made


def check_times(times: int | None) -> None:
    """Check how often a fault may strike.

    :raises ValueError: for what is no number of times; None stands for no limit
    """
    _check_type("times", times, int, "a whole number, or None for no limit")
    if times is not None and times < 1:
        raise ValueError(f"times is at least 1, or None for no limit, not {times}")


def _check_type(name: str, value: Any, kind: type | tuple[type, ...], in_words: str) -> None:
    if value is None and name != "service":
        return
    # To Python, True is a number.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{name} is {in_words}, not {value!r}")


def _check_kinds_of_failure(made: Fault) -> None:
    failures = [
        name
        for name in ("error", "dropped", "expired", "clock_skew")
        if getattr(made, name) is not None and getattr(made, name) is not False
    ]
    if len(failures) > 1:
        raise ValueError(f"{' and '.join(failures)} exclude each other: inject one after the other")
    if not failures and made.latency is None:
        raise ValueError("Nothing to inject: give error, latency, dropped, expired or clock_skew")
    for name in ("message", "status"):
        if getattr(made, name) is not None and made.error is None:
            raise ValueError(f"{name} belongs to an error: give error, too")


def _check_values(made: Fault) -> None:
    if made.error is not None and not _CODE.fullmatch(made.error):
        raise ValueError(
            f"error is a code such as ThrottlingException: a letter, and at most 127 more letters, "
            f"digits, dots, hyphens and underscores; not {made.error!r}"
        )
    if made.message is not None and (found := _NOT_XML.search(made.message)):
        raise ValueError(f"message has a character that no answer can hold: {found[0]!r}")
    if made.status is not None and made.status not in STATUSES:
        raise ValueError(
            f"status is an HTTP status from {STATUSES[0]} to {STATUSES[-1]}, not {made.status}"
        )
    if made.latency is not None and not 0 < made.latency <= MAX_LATENCY:
        raise ValueError(
            f"latency is more than 0 and at most {MAX_LATENCY} seconds, not {made.latency}"
        )
    skew = made.clock_skew
    if skew is not None and not 0 < abs(skew) <= MAX_SKEW:
        raise ValueError(f"clock_skew is at most {MAX_SKEW} seconds either way, and not 0: {skew}")
    if made.access_key_id == "":
        raise ValueError("access_key_id is empty")
    if made.role_arn is not None and not _ROLE_ARN.fullmatch(made.role_arn):
        raise ValueError(
            f"role_arn is a role's ARN, arn:aws:iam::ACCOUNT:role/NAME, not {made.role_arn!r}"
        )


@cache
def _services() -> frozenset[str]:
    return frozenset(Loader().list_available_services("service-2"))


@cache
def _operations(service: str) -> dict[str, str]:
    """Return the operations of a service by each of their spellings."""
    names = list(get_service_model(service).operation_names)
    return {spelling: name for name in names for spelling in (name, xform_name(name))}


def _operation(service: str, name: str) -> str:
    operations = _operations(service)
    if name not in operations:
        raise ValueError(_unknown(f"operation of {service}", name, operations))
    return operations[name]


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name[:100], known, 1)
    return f"Unknown {what}: {name!r}" + (f"; is it {close[0]!r}?" if close else "")
