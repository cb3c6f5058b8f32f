"""Requests of a session as no client library would make them."""

from __future__ import annotations

from aws_under_test import REGION, Aws, Json, Response

from tests.hostile.wire import send


def signed(credentials: Json, service: str, **more: str) -> dict[str, str]:
    """Headers of a request of a session; nobody checks its signature."""
    scope = f"{credentials['accessKeyId']}/20260101/{REGION}/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "X-Amz-Security-Token": credentials["sessionToken"],
        **more,
    }


def call(
    aws: Aws,
    credentials: Json,
    service: str,
    method: str,
    target: str,
    body: bytes = b"",
    **headers: str,
) -> Response:
    return send(aws, service, method, target, body, signed(credentials, service, **headers))
