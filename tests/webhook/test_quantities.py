"""Kubernetes' quantities: the form in which the API server writes them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_eks_podid.webhook.quantities import canonical_quantity

CASES = {
    "0": "0",
    "-0": "0",
    "0Ki": "0",
    "0.5": "500m",
    "1000m": "1",
    "1000": "1k",
    "1500": "1500",
    "1024Mi": "1Gi",
    "1.5Gi": "1536Mi",
    "1536Mi": "1536Mi",
    "0.5Ki": "512",
    "1000Ki": "1000Ki",
    "1e3": "1e3",
    "1E3": "1e3",
    "1500e0": "1500",
    "5e-1": "500e-3",
    "1E": "1E",
    ".5": "500m",
    "2.": "2",
    "+1": "1",
    "-1.5Gi": "-1536Mi",
    "1n": "1n",
    "0.1n": "1n",
    "-0.1n": "-1n",
    "1.5u": "1500n",
    "12E": "9223372036854775807",
    "1e100": "9223372036854775807",
}


@pytest.mark.parametrize(("given_text", "expected"), CASES.items())
def test_quantity_is_written_differently(given_text: str, expected: str) -> None:
    """The largest suffix with which the number is whole; finer than 10^-9 is rounded up."""
    assert canonical_quantity(given_text) == expected


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "half", "1KB", "1ki", ".", "+", "--1", "1e", "1e5000", "٣", "1" * 257],
)
def test_text_that_is_no_quantity_is_taken(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="is no quantity"):
        canonical_quantity(text)


SCALES = {
    "": 1,
    **{suffix: 1000**power for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": 1024**power for power, suffix in enumerate("KMGTPE", 1)},
    **{suffix: Fraction(1, 1000**power) for power, suffix in enumerate("mun", 1)},
}


def value_of(text: str) -> Fraction:
    number, exponent = (text, "0") if "e" not in text else text.split("e")
    digits = number.rstrip("kMGTPEimunK")
    return Fraction(digits) * SCALES[number[len(digits) :]] * Fraction(10) ** int(exponent)


@given(
    whole=st.integers(-(10**6), 10**6),
    thousandths=st.integers(0, 999),
    suffix=st.sampled_from([*"kMGTm", "Ki", "Mi", "Gi", "e3", "e-3", "e0", ""]),
)
def test_value_changes(whole: int, thousandths: int, suffix: str) -> None:
    """The value stays, unless it is a fraction of a byte, and a second time changes nothing."""
    text = f"{whole}.{thousandths:03}{suffix}"
    written = canonical_quantity(text)
    before, after = value_of(text), value_of(written)
    if suffix.endswith("i") and abs(before) >= 1024:
        assert 0 <= abs(after) - abs(before) < 1
    else:
        assert after == before
    assert canonical_quantity(written) == written
