"""Credentials of a session that has ended, at services of every protocol."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import Aws
from botocore.exceptions import ClientError

EXPIRED = "The security token included in the request is expired"

#: Service -> operation, arguments, code, status, message.
CALLS: dict[str, tuple[str, dict[str, Any], str, int, str]] = {
    "sts": ("get_caller_identity", {}, "ExpiredToken", 403, EXPIRED),
    "iam": ("list_roles", {}, "ExpiredToken", 403, EXPIRED),
    "sqs": ("list_queues", {}, "ExpiredTokenException", 400, EXPIRED),
    "secretsmanager": ("list_secrets", {}, "ExpiredTokenException", 400, EXPIRED),
    "dynamodb": ("list_tables", {}, "ExpiredTokenException", 400, EXPIRED),
    "eks": ("list_clusters", {}, "ExpiredTokenException", 403, EXPIRED),
    "eks-auth": (
        "assume_role_for_pod_identity",
        {"clusterName": "prod-blue", "token": "a.b.c"},
        "ExpiredTokenException",
        403,
        EXPIRED,
    ),
    "ec2": ("describe_vpcs", {}, "RequestExpired", 400, "Request has expired."),
    "s3": ("list_buckets", {}, "ExpiredToken", 400, "The provided token has expired."),
    "route53": ("list_hosted_zones", {}, "ExpiredToken", 403, EXPIRED),
}


@pytest.mark.parametrize("service", CALLS)
def test_expired_session_goes_on_working(aws: Aws, service: str) -> None:
    """Credentials work until their session ends; then the service refuses them in its words."""
    operation, arguments, code, status, message = CALLS[service]
    aws.create_cluster()
    aws.associate(aws.create_role())
    client = aws.client_with(aws.assume()["credentials"], service)
    if service != "eks-auth":
        getattr(client, operation)(**arguments)
    aws.shift(21_601)
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**arguments)
    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert response["Error"]["Message"] == message
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_session_ends_too_early(aws: Aws) -> None:
    """A session of six hours works a second before they are over."""
    aws.create_cluster()
    aws.associate(aws.create_role())
    client = aws.client_with(aws.assume()["credentials"], "sts")
    aws.shift(21_590)
    assert ":assumed-role/" in client.get_caller_identity()["Arn"]
