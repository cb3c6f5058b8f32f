"""Credentials of a session that has ended, at services of every protocol."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
import requests
from aws_under_test import REGION, Aws
from botocore.config import Config
from botocore.exceptions import ClientError
from pods import credentials_of_a_pod

EXPIRED = "The security token included in the request is expired"

#: Service -> operation, arguments, code, status, message.
CALLS: dict[str, tuple[str, dict[str, Any], str, int, str]] = {
    "sts": ("get_caller_identity", {}, "ExpiredToken", 403, EXPIRED),
    "iam": ("list_roles", {}, "ExpiredToken", 403, EXPIRED),
    "sqs": ("list_queues", {}, "ExpiredToken", 403, EXPIRED),
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


#: Service -> operation, status, and the code as it stands in the answer.
PRESIGNED = {
    "sts": ("get_caller_identity", 403, "<Code>ExpiredToken</Code>"),
    "iam": ("list_roles", 403, "<Code>ExpiredToken</Code>"),
    "eks": ("list_clusters", 403, '"__type": "ExpiredTokenException"'),
    "ec2": ("describe_vpcs", 400, "<Code>RequestExpired</Code>"),
    "s3": ("list_buckets", 400, "<Code>ExpiredToken</Code>"),
}


@pytest.mark.parametrize("service", PRESIGNED)
def test_presigned_url_of_an_expired_session_goes_on_working(aws: Aws, service: str) -> None:
    """A presigned URL works until the session that signed it ends, however long it would last."""
    operation, status, code = PRESIGNED[service]
    client = aws.client_with(credentials_of_a_pod(aws), service)
    url = client.generate_presigned_url(operation, ExpiresIn=86_400)
    assert requests.get(url, timeout=30).status_code == 200
    aws.shift(21_601)
    answer = requests.get(url, timeout=30)
    assert answer.status_code == status
    assert code in answer.text


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_shared_object_outlives_the_session(aws: Aws, version: str) -> None:
    """Objects are neither read, nor written, nor posted by a form, once the session has ended."""
    aws.client("s3").create_bucket(
        Bucket="goods", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    given = credentials_of_a_pod(aws)
    s3 = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=aws.endpoint_url,
        config=Config(signature_version=version),
        aws_access_key_id=given["accessKeyId"],
        aws_secret_access_key=given["secretAccessKey"],
        aws_session_token=given["sessionToken"],
    )
    what = {"Bucket": "goods", "Key": "tea"}
    get, put, delete = (
        s3.generate_presigned_url(f"{name}_object", what, ExpiresIn=86_400)
        for name in ("get", "put", "delete")
    )
    form = s3.generate_presigned_post("goods", "coffee", ExpiresIn=86_400)

    def post() -> requests.Response:
        return requests.post(form["url"], data=form["fields"], files={"file": b"black"}, timeout=30)

    assert requests.put(put, data=b"green", timeout=30).status_code == 200
    assert requests.get(get, timeout=30).content == b"green"
    assert post().status_code == 204
    aws.shift(21_601)
    for answer in (
        requests.put(put, data=b"black", timeout=30),
        requests.get(get, timeout=30),
        requests.delete(delete, timeout=30),
        post(),
    ):
        assert answer.status_code == 400
        assert "<Code>ExpiredToken</Code>" in answer.text
    aws.shift(0)
    assert requests.get(get, timeout=30).content == b"green"
