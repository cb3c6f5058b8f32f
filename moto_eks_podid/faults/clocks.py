"""What a service answers when its clock and the caller's disagree.

Follows "Troubleshoot Signature Version 4 signing for AWS API requests" (IAM User Guide), the error
pages of S3 and EC2, and real responses. Requests that are signed too early or too late are refused;
SDKs that correct their clock take the time from the answer's ``Date``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qs

from ..events.catalogue import Classified
from ..iam.credentials import Failure
from .answers import ServiceError, failed_authentication

_SIGNED_AT: Final = "%Y%m%dT%H%M%SZ"
_IN_XML: Final = "%Y-%m-%dT%H:%M:%SZ"
_FIVE_MINUTES: Final = timedelta(minutes=5)
_QUARTER: Final = timedelta(minutes=15)
#: How far apart the two clocks may be, where it is not five minutes.
_ALLOWED: Final[Mapping[str, timedelta]] = {"ec2": _QUARTER, "s3": _QUARTER, "sts": _QUARTER}

_TOO_SKEWED: Final = "The difference between the request time and the current time is too large."
_URL_EXPIRED: Final = "Request has expired"
_URL_NOT_VALID_YET: Final = "Request is not yet valid"
_1970: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
#: Seconds; more would be no date.
_SECONDS = re.compile(r"\d{1,10}", re.ASCII)


def http_date(moment: datetime) -> str:
    """Return an aware UTC time as the header ``Date`` has it."""
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


def refused_at(
    what: Classified, now: datetime, headers: Mapping[str, str], query: str
) -> ServiceError | None:
    """Return the error for a request that a service takes for too old, or for one of the future.

    :param what: the call
    :param now: the time by the service's clock, aware and UTC
    :param headers: the request's, in lower case
    :param query: of the URL
    :returns: None for a request of the right time, and for one that bears none
    """
    parameters = parse_qs(query)
    if what.service == "s3" and ("X-Amz-Date" in parameters or "Expires" in parameters):
        return _presigned(what, now, {name: values[-1] for name, values in parameters.items()})
    text = headers.get("x-amz-date") or headers.get("date")
    text = text or next(iter(parameters.get("X-Amz-Date", ())), None)
    signed_at = _signing_time(text or "")
    allowed = _ALLOWED.get(what.service, _FIVE_MINUTES)
    if signed_at is None or abs(now - signed_at) <= allowed:
        return None
    if what.service == "s3":
        details = {
            "RequestTime": text or "",
            "ServerTime": now.strftime(_IN_XML),
            "MaxAllowedSkewMilliseconds": str(int(allowed.total_seconds() * 1000)),
        }
        return ServiceError("RequestTimeTooSkewed", 403, _TOO_SKEWED, details=details)
    if what.service == "ec2":
        return failed_authentication(what, Failure.EXPIRED)
    refused = failed_authentication(what, Failure.WRONG_SIGNATURE)
    words = _too_early if signed_at > now else _too_late
    return ServiceError(
        refused.code, refused.status, words(signed_at, now, allowed), refused.query_code
    )


def _too_late(signed_at: datetime, now: datetime, allowed: timedelta) -> str:
    return (
        f"Signature expired: {signed_at:{_SIGNED_AT}} is now earlier than "
        f"{now - allowed:{_SIGNED_AT}} ({now:{_SIGNED_AT}} - {allowed.seconds // 60} min.)"
    )


def _too_early(signed_at: datetime, now: datetime, allowed: timedelta) -> str:
    return (
        f"Signature not yet current: {signed_at:{_SIGNED_AT}} is still later than "
        f"{now + allowed:{_SIGNED_AT}} ({now:{_SIGNED_AT}} + {allowed.seconds // 60} min.)"
    )


def _presigned(
    what: Classified, now: datetime, parameters: Mapping[str, str]
) -> ServiceError | None:
    """Return the error for a presigned URL of S3, which says itself how long it is good for."""
    given = parameters.get("X-Amz-Expires") or parameters.get("Expires", "")
    if not _SECONDS.fullmatch(given):
        return None
    details = {"ServerTime": now.strftime(_IN_XML)}
    since = _1970
    if "X-Amz-Date" in parameters:
        signed_at = _signing_time(parameters["X-Amz-Date"])
        if signed_at is None:
            return None
        if now < signed_at - _QUARTER:
            return _access_denied(what, _URL_NOT_VALID_YET, details)
        since = signed_at
    try:
        until = since + timedelta(seconds=int(given))
    except OverflowError:
        return None
    if now < until:
        return None
    return _access_denied(what, _URL_EXPIRED, {"Expires": until.strftime(_IN_XML), **details})


def _access_denied(what: Classified, message: str, details: Mapping[str, str]) -> ServiceError:
    row = failed_authentication(what, Failure.NO_CREDENTIALS)
    return ServiceError(row.code, row.status, message, details=details)


def _signing_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _SIGNED_AT).replace(tzinfo=timezone.utc)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except (IndexError, TypeError, ValueError):
        return None
    # Without a zone that is known, it is UTC's.
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
