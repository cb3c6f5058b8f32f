"""What a browser's form uploads to S3 is recorded as a call of whoever signed the form."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
import requests
from aws_under_test import ACCOUNT, REGION, Aws
from botocore.config import Config
from pods import prepare

import moto_eks_podid as podid


def upload(aws: Aws, credentials: dict[str, Any], version: str) -> requests.Response:
    """Post a form that a pod's session signed."""
    s3 = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=aws.endpoint_url or f"https://s3.{REGION}.amazonaws.com",
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials["sessionToken"],
        config=Config(signature_version=version),
    )
    form = s3.generate_presigned_post("orders", "in/${filename}")
    file = {"file": ("cart.txt", b"what-the-object-holds")}
    return requests.post(form["url"], data=form["fields"], files=file, timeout=30)


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_upload_by_a_form_has_no_caller(aws: Aws, version: str) -> None:
    """The record has the pod's session, the bucket and the key, and nothing of the object."""
    prepare(aws)
    where = {"LocationConstraint": REGION}
    aws.client("s3").create_bucket(Bucket="orders", CreateBucketConfiguration=where)
    pod = aws.assume()["credentials"]
    assert upload(aws, pod, version).status_code == 204
    stored = aws.client("s3").get_object(Bucket="orders", Key="in/cart.txt")
    assert stored["Body"].read() == b"what-the-object-holds"
    (record,) = podid.cloudtrail_records(endpoint_url=aws.endpoint_url, event_name="PostObject")
    assert record["userIdentity"]["accessKeyId"] == pod["accessKeyId"]
    assert record["recipientAccountId"] == ACCOUNT
    assert (record["eventCategory"], record["readOnly"]) == ("Data", False)
    assert record["requestParameters"]["bucketName"] == "orders"
    assert record["requestParameters"]["key"] == "in/cart.txt"
    assert record["resources"][1]["ARN"] == "arn:aws:s3:::orders/in/cart.txt"
    text = json.dumps(record)
    assert "what-the-object-holds" not in text
    assert pod["sessionToken"] not in text
    assert podid.trace(record, endpoint_url=aws.endpoint_url) is not None


def test_preflight_is_recorded(aws: Aws) -> None:
    """What a browser asks before it sends a call from another origin is no call."""
    aws.client("s3", "us-east-1").create_bucket(Bucket="orders")
    base = f"{aws.endpoint_url}/orders" if aws.endpoint_url else "https://orders.s3.amazonaws.com"
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    requests.options(f"{base}/k", headers=headers, timeout=30)
    (record,) = podid.cloudtrail_records(endpoint_url=aws.endpoint_url)
    assert record["eventName"] == "CreateBucket"
