"""The types that condition operators compare: numbers, dates, booleans, bytes and addresses.

Each reader answers None for text that is not of its type, and never raises: a value that cannot be
read does not match. Follows "IAM JSON policy elements: Condition operators" (IAM User Guide).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

# Bounded, so that nobody's digits cost more than a comparison should.
_NUMBER = re.compile(r"[+-]?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?")

_DATE = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<zone>Z|(?P<sign>[+-])(?P<ahead>[0-9]{2}):?(?P<past>[0-9]{2})?)?)?)?"
)
_EPOCH = datetime(1970, 1, 1)
_PREFIX_LENGTH = re.compile(r"[0-9]{1,3}")


def read_number(text: str) -> Decimal | None:
    """An integer or decimal number; exact, so ``1.0`` is ``1`` and large ones keep their digits."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def read_date(text: str) -> Decimal | None:
    """Seconds since 1970: of an ISO 8601 date (UTC unless it says otherwise), or given as such."""
    seconds = read_number(text)
    found = _DATE.fullmatch(text)
    if seconds is not None or found is None:
        return seconds
    year, month, day, hour, minute, second = (
        int(found[part] or default)
        for part, default in (
            ("year", 1),
            ("month", 1),
            ("day", 1),
            ("hour", 0),
            ("minute", 0),
            ("second", 0),
        )
    )
    try:
        passed = datetime(year, month, day, hour, minute, second) - _EPOCH
    except ValueError:
        return None
    hours, minutes = int(found["ahead"] or 0), int(found["past"] or 0)
    if hours > 23 or minutes > 59:
        return None
    ahead = timedelta(hours=hours, minutes=minutes)
    passed += ahead if found["sign"] == "-" else -ahead
    whole = passed.days * 86_400 + passed.seconds
    nanoseconds = int((found["fraction"] or "").ljust(9, "0"))
    # Read from a text, because arithmetic would round as the caller's decimal context says.
    return Decimal(f"{whole * 10**9 + nanoseconds}e-9")


def read_boolean(text: str) -> bool | None:
    """``true`` or ``false``, in any case."""
    return {"true": True, "false": False}.get(text.lower())


def read_binary(text: str) -> bytes | None:
    """The bytes that base64 text stands for."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def read_address(text: str) -> Address | None:
    """An IPv4 or IPv6 address."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def read_network(text: str) -> Network | None:
    """A network in CIDR notation, bits after the prefix ignored; a bare address is itself only."""
    _, slash, length = text.partition("/")
    # The library would take a netmask as well, which IAM does not.
    if slash and not _PREFIX_LENGTH.fullmatch(length):
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def in_network(address: Address, network: Network) -> bool:
    """Whether an address is in a network; IPv4 is never in IPv6, nor the reverse."""
    return address.version == network.version and address in network
