"""Kubernetes' quantities, such as ``500m`` and ``1Gi``, in the form in which the API writes them.

Follows "Quantity" (Kubernetes API reference): the largest suffix with which the number is whole.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Context, Decimal, localcontext

_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))"
    r"(?:(?P<binary>[KMGTPE]i)|(?P<decimal>[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]{1,3}))?"
)
#: Powers of ten, and of 1024.
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_NANO = Decimal(10) ** -9
_LARGEST = Decimal(2**63 - 1)
#: Kubernetes gives up on longer ones.
_LONGEST = 256


def canonical_quantity(text: str) -> str:
    """Return a quantity as the API server writes it: ``0.5`` becomes ``500m``, ``1024Mi`` ``1Gi``.

    What is finer than a billionth is rounded up, what is larger than 2^63 - 1 is cut off there.

    :raises ValueError: for a text that is no quantity
    """
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError(f"{text[:40]!r} is no quantity")
    with localcontext(Context(prec=2000)):
        value = Decimal(match["number"])
        if match["binary"]:
            value *= 1024 ** _BINARY[match["binary"]]
        elif match["exponent"]:
            value = value.scaleb(int(match["exponent"]))
        else:
            value = value.scaleb(_DECIMAL[match["decimal"] or ""])
        # Away from zero, in both directions.
        size = min(abs(value).quantize(_NANO, rounding=ROUND_CEILING), _LARGEST)
        sign = "-" if value < 0 and size else ""
        if match["binary"] and size >= 1024:
            return sign + _binary(int(size.to_integral_value(ROUND_CEILING)))
        if match["exponent"]:
            return sign + _scaled(size, {f"e{power}" if power else "": power for power in _POWERS})
        return sign + _scaled(size, _DECIMAL)


_POWERS = range(-9, 19, 3)


def _scaled(size: Decimal, suffixes: dict[str, int]) -> str:
    for suffix, power in reversed(suffixes.items()):
        mantissa = size.scaleb(-power)
        if size and mantissa == mantissa.to_integral_value():
            return f"{int(mantissa)}{suffix}"
    return "0"


def _binary(size: int) -> str:
    suffix = ""
    for name in _BINARY:
        if size % 1024:
            break
        size //= 1024
        suffix = name
    return f"{size}{suffix}"
