from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from recorded_calls import (
    ACCOUNT,
    POD,
    POD_SHOWN,
    a_call,
    assert_record,
    tls,
)

from moto_eks_podid.events.call import Map
from moto_eks_podid.events.record import build

# S3, whose records speak of URLs.


def test_bucket_call_is_recorded_otherwise() -> None:
    """A call about a bucket: agent in brackets, bucket, host and sub-resource, 16-character id."""
    details = a_call(
        "s3",
        "GetBucketAcl",
        identity=POD,
        host="shop-data.s3.us-west-2.amazonaws.com",
        query=(("acl", ""),),
        parameters={"Bucket": "shop-data"},
        results={"Owner": {"ID": "75aa57f09aa0c8ca"}, "Grants": []},
        request_id="9QXBW2T1C6EXAMPL",
        bytes_out=480,
    )
    x_amz_id_2 = build(details)["additionalEventData"]["x-amz-id-2"]
    assert b64decode(x_amz_id_2)
    assert_record(
        details,
        {
            "eventVersion": "1.11",
            "userIdentity": POD_SHOWN,
            "eventTime": "2026-03-01T09:05:00Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": "GetBucketAcl",
            "awsRegion": "us-west-2",
            "sourceIPAddress": "203.0.113.10",
            "userAgent": "[aws-cli/2.36.32]",
            "requestParameters": {
                "bucketName": "shop-data",
                "Host": "shop-data.s3.us-west-2.amazonaws.com",
                "acl": "",
            },
            "responseElements": None,
            "additionalEventData": {
                "SignatureVersion": "SigV4",
                "CipherSuite": "TLS_AES_128_GCM_SHA256",
                "bytesTransferredIn": 0,
                "AuthenticationMethod": "AuthHeader",
                "x-amz-id-2": x_amz_id_2,
                "bytesTransferredOut": 480,
            },
            "requestID": "9QXBW2T1C6EXAMPL",
            "eventID": "6572f000-d292-4e8c-b605-fa5974e10000",
            "readOnly": True,
            "resources": [
                {
                    "accountId": "111122223333",
                    "type": "AWS::S3::Bucket",
                    "ARN": "arn:aws:s3:::shop-data",
                }
            ],
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": "111122223333",
            "eventCategory": "Management",
            "tlsDetails": tls("shop-data.s3.us-west-2.amazonaws.com"),
        },
    )


def test_object_call_is_a_management_event() -> None:
    """A call about an object is a data event of bucket and object."""
    record = build(
        a_call(
            "s3",
            "GetObject",
            host="shop-data.s3.us-west-2.amazonaws.com",
            query=(("versionId", "v1"),),
            parameters={"Bucket": "shop-data", "Key": "a/b c.json", "VersionId": "v1"},
        )
    )
    assert record["requestParameters"] == {
        "bucketName": "shop-data",
        "Host": "shop-data.s3.us-west-2.amazonaws.com",
        "key": "a/b c.json",
        "versionId": "v1",
    }
    assert record["resources"] == [
        {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::shop-data"},
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::shop-data/a/b c.json"},
    ]
    assert record["managementEvent"] is False
    assert record["eventCategory"] == "Data"


def test_presigned_url_can_be_used_again() -> None:
    """The record of a presigned URL lacks what would make another of it."""
    record = build(
        a_call(
            "s3",
            "GetObject",
            signed_with="QueryString",
            query=(
                ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
                ("X-Amz-Credential", "ASIAEXAMPLEKEYID0001/20260301/us-west-2/s3/aws4_request"),
                ("X-Amz-Security-Token", "token"),
                ("X-Amz-Signature", "0a1b"),
                ("AWSAccessKeyId", "ASIAEXAMPLEKEYID0001"),
                ("Signature", "0a1b"),
            ),
            parameters={"Bucket": "shop-data", "Key": "a"},
        )
    )
    assert set(record["requestParameters"]) == {"bucketName", "Host", "key", "X-Amz-Algorithm"}
    assert record["additionalEventData"]["AuthenticationMethod"] == "QueryString"


S3_PARAMETERS: tuple[tuple[str, dict[str, Any], tuple[tuple[str, str], ...], Any], ...] = (
    ("ListBuckets", {}, (), {}),
    (
        "CreateBucket",
        {"Bucket": "b", "ACL": "private", "CreateBucketConfiguration": {"LocationConstraint": "x"}},
        (),
        {
            "bucketName": "b",
            "x-amz-acl": "private",
            "CreateBucketConfiguration": {"LocationConstraint": "x"},
        },
    ),
    (
        "ListObjectsV2",
        {"Bucket": "b", "Prefix": "a/"},
        (("list-type", "2"), ("prefix", "a/"), ("encoding-type", "url")),
        {"bucketName": "b", "list-type": "2", "prefix": "a/", "encoding-type": "url"},
    ),
    (
        "PutBucketPolicy",
        {"Bucket": "b", "Policy": '{"Version":"2012-10-17","Statement":[]}'},
        (("policy", ""),),
        {
            "bucketName": "b",
            "policy": "",
            "bucketPolicy": {"Version": "2012-10-17", "Statement": []},
        },
    ),
    (
        "PutBucketPolicy",
        {"Bucket": "b", "Policy": "no JSON"},
        (("policy", ""),),
        {"bucketName": "b", "policy": "", "bucketPolicy": "no JSON"},
    ),
    (
        "CopyObject",
        {"Bucket": "b", "Key": "k", "CopySource": "a/k", "Metadata": Map({"a": "b"})},
        (),
        {"bucketName": "b", "key": "k", "x-amz-copy-source": "a/k"},
    ),
)


@pytest.mark.parametrize(("operation", "request_", "query", "expected"), S3_PARAMETERS)
def test_s3_shows_other_parameters(
    operation: str,
    request_: dict[str, Any],
    query: tuple[tuple[str, str], ...],
    expected: dict[str, Any],
) -> None:
    """S3 shows bucket, host, key, the query, some headers and the documents of bodies."""
    record = build(a_call("s3", operation, parameters=request_, query=query))
    assert record["requestParameters"] == {"Host": "s3.us-west-2.amazonaws.com", **expected}


def test_s3_shows_what_it_stored() -> None:
    """Of S3's answers some headers are shown."""
    record = build(
        a_call("s3", "DeleteObject", results={"VersionId": "v", "DeleteMarker": True, "ETag": "e"})
    )
    assert record["responseElements"] == {"x-amz-delete-marker": "true", "x-amz-version-id": "v"}
