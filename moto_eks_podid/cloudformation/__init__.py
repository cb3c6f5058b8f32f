"""The service ``cloudformation``: moto's, plus EKS's resource types and stacks that fail as one."""

from __future__ import annotations

# moto's module comes first: importing it makes an installed plugin import our `models`, which must
# not be half-way through its own import then.
import moto.cloudformation.models  # noqa: F401
