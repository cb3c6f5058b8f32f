"""The service ``eks``: moto's, plus pod identity associations and an issuer for each cluster."""

from __future__ import annotations

# moto's module comes first: importing it makes an installed plugin import our `models`, which must
# not be half-way through its own import then.
import moto.eks.models  # noqa: F401
