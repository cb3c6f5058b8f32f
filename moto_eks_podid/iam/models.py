"""IAM as moto has it. The class exists for its module: moto finds a service's URLs beside it."""

from __future__ import annotations

from moto.iam.models import IAMBackend


class PartitionedIAMBackend(IAMBackend):
    """moto's IAM of one account and partition."""
