"""Which injected faults strike a call, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from moto.core.utils import get_service_model

from .. import clock
from ..cloudtrail.operations import classify
from ..cloudtrail.services import SIGNING_ALIASES, Service, index, signed_as
from ..events.catalogue import Classified
from ..events.identities import AssumedRole
from ..iam.credentials import Failure
from . import clocks
from .answers import (
    Answer,
    answer_of,
    error_named,
    failed_authentication,
    is_failed_authentication,
)
from .fault import Fault
from .injected import InjectedFault, active_faults

if TYPE_CHECKING:
    from ..cloudtrail.capture import RequestColumns

FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Strike:
    """What befalls one call.

    :param late: the faults that hold it up, one after the other
    :param dropped: whether its connection is closed without an answer
    :param answer: what is answered in place of the operation, if anything
    :param date: what the answer's ``Date`` says, where the service's clock is wrong
    """

    late: tuple[InjectedFault, ...] = ()
    dropped: bool = False
    answer: Answer | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that faults may strike, and what it is."""

    columns: RequestColumns
    headers: Mapping[str, Any]
    what: Classified


def strike_of(
    columns: RequestColumns, headers: Mapping[str, Any], form: Callable[[], bytes]
) -> Strike | None:
    """Return what befalls a call, and count it; None when nothing does.

    :param columns: what was captured of the request
    :param headers: all of the request's
    :param form: returns the request's body, which only forms are asked for
    """
    faults = [one for one in active_faults() if _may_strike(one.fault, columns)]
    if not faults:
        return None
    what = _what(columns, form)
    if what is None:
        return None
    strike = Strike()
    call = _Call(columns, headers, what)
    for injected in faults:
        if _is_meant(injected.fault, what):
            strike = _and(strike, injected, call)
    return None if strike == Strike() else strike


def _and(strike: Strike, injected: InjectedFault, call: _Call) -> Strike:
    """Return what befalls a call if one more fault strikes it: the first failure counts alone."""
    fault = injected.fault
    fails = fault.error is not None or fault.dropped or fault.expired or fault.clock_skew
    if fails and (strike.dropped or strike.answer):
        return strike
    if fault.clock_skew is not None:
        # The answers to calls of the right time show the wrong one, too.
        strike = replace(strike, date=strike.date or clocks.http_date(_now(fault.clock_skew)))
    answer = _answer(fault, call)
    if (fails and not fault.dropped and answer is None) or not injected.take():
        return strike
    return replace(
        strike,
        late=(*strike.late, injected) if fault.latency is not None else strike.late,
        dropped=strike.dropped or fault.dropped,
        answer=answer or strike.answer,
    )


def _answer(fault: Fault, call: _Call) -> Answer | None:
    what = call.what
    if fault.error is not None:
        error = error_named(what, fault.error, fault.message, fault.status)
        recorded = not is_failed_authentication(what, fault.error)
        return answer_of(what, error, is_recorded=recorded)
    if call.columns.signed_with is None:
        # There are no credentials that could have expired, and no time of a signature.
        return None
    if fault.expired:
        expired = failed_authentication(what, Failure.EXPIRED)
        return answer_of(what, expired, is_recorded=False)
    if fault.clock_skew is not None:
        now = _now(fault.clock_skew)
        query = call.columns.url.partition("?")[2]
        refused = clocks.refused_at(what, now, _times_in(call.headers), query)
        return answer_of(what, refused, is_recorded=False) if refused else None
    return None


def _now(skew: float) -> datetime:
    # Without the plugin's own shift, which the callers' clocks do not have either.
    return clock.moto_now().replace(tzinfo=timezone.utc) + timedelta(seconds=skew)


def _times_in(headers: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name in headers:
        lower = name.lower()
        if lower in ("date", "x-amz-date"):
            value = headers[name]
            found[lower] = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return found


def _may_strike(fault: Fault, columns: RequestColumns) -> bool:
    """Tell whether a fault can strike a call, by what is cheap to know."""
    if columns.signing_name and columns.signing_name not in _signing_names(fault.service):
        return False
    if fault.access_key_id not in (None, columns.access_key_id):
        return False
    caller = columns.identity
    return fault.role_arn is None or (
        isinstance(caller, AssumedRole) and caller.role_arn == fault.role_arn
    )


def _what(columns: RequestColumns, form: Callable[[], bytes]) -> Classified | None:
    columns.body = form() if columns.content_type.startswith(FORM) else b""
    return classify(columns)


def _is_meant(fault: Fault, what: Classified) -> bool:
    if what.service != fault.service and what.service not in _same_api(fault.service):
        return False
    return fault.operation in (None, what.operation)


@lru_cache(maxsize=512)
def _signing_names(service: str) -> frozenset[str]:
    metadata = get_service_model(service).metadata
    own = metadata.get("signingName", metadata["endpointPrefix"])
    return frozenset({own, *(name for name, of in SIGNING_ALIASES.items() if of == own)})


@lru_cache(maxsize=512)
def _same_api(service: str) -> frozenset[str]:
    """Return the services whose requests look alike: RDS, Neptune and DocumentDB."""
    return frozenset(
        other.name
        for own in _entries(service)
        for other in signed_as(own.signing_name)
        if _looks(other) == _looks(own)
    )


def _entries(service: str) -> Iterator[Service]:
    return (
        entry
        for entries in index().by_signing_name.values()
        for entry in entries
        if entry.name == service
    )


def _looks(service: Service) -> tuple[str, str | None, str]:
    return service.endpoint_prefix, service.target_prefix, service.api_version
