"""IAM's operations: moto's, with the right partition."""

from __future__ import annotations

from typing import Any

from moto.iam.responses import IamResponse


class PartitionedIamResponse(IamResponse):
    """moto's IAM, which takes ``iam.us-gov.amazonaws.com`` for a host of the partition ``aws``."""

    def get_region_from_url(self, request: Any, full_url: str) -> str:
        region = super().get_region_from_url(request, full_url)
        return "us-gov-west-1" if region == "us-gov" else region
