"""What most tests of mocks begin with: a pod that may have credentials."""

from __future__ import annotations

from typing import Any

import requests
from aws_under_test import REGION, Aws


def prepare(aws: Aws, region: str = REGION, **more: Any) -> dict[str, Any]:
    """A cluster, a role and an association; returns the association."""
    aws.create_cluster(region=region)
    role = aws.create_role(iam=aws.client("iam", region))
    return aws.associate(role, region=region, **more)


def credentials_of_a_pod(aws: Aws, region: str = REGION) -> dict[str, Any]:
    prepare(aws, region)
    given: dict[str, Any] = aws.assume(region=region)["credentials"]
    return given


def moto_api(aws: Aws, path: str) -> None:
    """Call one of moto's own endpoints."""
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    requests.post(f"{base}/moto-api/{path}", timeout=30).raise_for_status()
