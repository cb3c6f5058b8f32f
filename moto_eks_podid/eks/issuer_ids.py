"""The ids of issuers and of their keys, in EKS's form, from moto's generator."""

from __future__ import annotations

from moto.moto_api._internal import mock_random


def random_issuer_id() -> str:
    """Return 32 upper-case hexadecimal digits."""
    return f"{mock_random.getrandbits(128):032X}"


def new_kid() -> str:
    """Return 40 lower-case hexadecimal digits."""
    return f"{mock_random.getrandbits(160):040x}"
