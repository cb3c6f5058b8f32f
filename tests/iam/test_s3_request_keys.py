"""The condition keys of S3 that say how a request was signed and sent."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
import requests
from aws_under_test import REGION, Aws, Json
from botocore.config import Config
from judged import allow, bucket, deny, document, judge, pod, refused, role

VERSION = "s3:signatureversion"
BLACK_TEA = "arn:aws:s3:::goods/tea"
#: What somebody with a signature of version 4, in a header, is -> the opposite.
HELD: dict[str, tuple[str, str, str]] = {
    VERSION: ("StringEquals", "AWS4-HMAC-SHA256", "AWS"),
    "s3:authType": ("StringEquals", "REST-HEADER", "REST-QUERY-STRING"),
    "s3:TlsVersion": ("NumericGreaterThanEquals", "1.2", "1.4"),
    "s3:x-amz-content-sha256": ("StringNotEquals", "UNSIGNED-PAYLOAD", "*"),
    "s3:signatureAge": ("Null", "true", "false"),
}


def client_of(aws: Aws, credentials: Json, version: str) -> Any:
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=aws.endpoint_url,
        config=Config(signature_version=version, retries={"total_max_attempts": 1}),
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials["sessionToken"],
    )


def goods(aws: Aws) -> Any:
    s3 = bucket(aws, "goods")
    s3.put_object(Bucket="goods", Key="tea", Body=b"black")
    return s3


def put(aws: Aws, *statements: Json) -> None:
    aws.client("iam").put_role_policy(
        RoleName="cart-reader", PolicyName="inline", PolicyDocument=document(*statements)
    )


@pytest.mark.parametrize("key", HELD)
def test_request_does_not_say_how_it_was_sent(aws: Aws, key: str) -> None:
    """An ordinary call is signed in its header, with version 4, and sent over TLS."""
    goods(aws)
    s3 = aws.client_with(pod(aws, role(aws)), "s3")
    judge(aws)
    operator, held, opposite = HELD[key]
    put(aws, allow("s3:GetObject", on=BLACK_TEA, **{operator: {key: held}}))
    s3.get_object(Bucket="goods", Key="tea")
    wrong = {"StringNotLike" if opposite == "*" else operator: {key: opposite}}
    put(aws, allow("s3:GetObject", on=BLACK_TEA, **wrong))
    with refused("AccessDenied"):
        s3.get_object(Bucket="goods", Key="tea")


def test_modern_signature_is_taken_for_an_old_one(aws: Aws) -> None:
    """A bucket's policy against old signatures refuses those alone."""
    s3 = goods(aws)
    given = pod(aws, role(aws, allow("s3:*")))
    old = deny("s3:*", on=["arn:aws:s3:::goods/*"], StringNotEquals={VERSION: "AWS4-HMAC-SHA256"})
    s3.put_bucket_policy(Bucket="goods", Policy=document({**old, "Principal": "*"}))
    judge(aws)
    client_of(aws, given, "s3v4").get_object(Bucket="goods", Key="tea")
    with refused("AccessDenied"):
        client_of(aws, given, "s3").get_object(Bucket="goods", Key="tea")


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_url_does_not_tell_its_age(aws: Aws, version: str) -> None:
    """A presigned URL is known for one, and one of version 4 has an age in milliseconds."""
    goods(aws)
    client = client_of(aws, pod(aws, role(aws)), version)
    url = client.generate_presigned_url("get_object", {"Bucket": "goods", "Key": "tea"}, 9000)
    judge(aws)

    def status(**conditions: Json) -> int:
        put(aws, allow("s3:GetObject", on=BLACK_TEA, **conditions))
        return requests.get(url, timeout=30).status_code

    algorithm = "AWS" if version == "s3" else "AWS4-HMAC-SHA256"
    assert status(StringEquals={"s3:authType": "REST-QUERY-STRING", VERSION: algorithm}) == 200
    assert status(StringEquals={"s3:authType": "REST-HEADER"}) == 403
    if version == "s3":
        assert status(Null={"s3:signatureAge": "true"}) == 200
    else:
        young = {"s3:signatureAge": "600000"}
        assert status(NumericLessThan=young) == 200
        aws.shift(601)
        assert status(NumericLessThan=young) == 403


def test_form_is_taken_for_another_request(aws: Aws) -> None:
    """A form that a browser posts is signed as one."""
    goods(aws)
    post = client_of(aws, pod(aws, role(aws)), "s3v4").generate_presigned_post("goods", "cup")
    judge(aws)

    def status(how: str) -> int:
        held = {"s3:authType": how, VERSION: "AWS4-HMAC-SHA256"}
        put(aws, allow("s3:PutObject", StringEquals=held))
        files = {"file": b"white"}
        return requests.post(post["url"], post["fields"], files=files, timeout=30).status_code

    assert status("REST-HEADER") == 403
    assert status("POST") == 204


def test_stranger_has_a_signature(aws: Aws) -> None:
    """An unsigned request has no signature to tell of, but it is sent over TLS."""
    s3 = goods(aws)
    none = allow("s3:GetObject", on=BLACK_TEA, Null={VERSION: "true", "s3:TlsVersion": "false"})
    s3.put_bucket_policy(Bucket="goods", Policy=document({**none, "Principal": "*"}))
    judge(aws)
    base = aws.endpoint_url or f"https://s3.{REGION}.amazonaws.com"
    assert requests.get(f"{base}/goods/tea", timeout=30).content == b"black"
