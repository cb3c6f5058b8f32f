"""S3's operations, buckets and keys, in every style of its addresses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from moto_eks_podid.cloudtrail.calls import CapturedCall
from tests.cloudtrail.captured_calls import capturing, client, made, what


@pytest.fixture
def calls() -> Iterator[list[CapturedCall]]:
    with capturing() as captured:
        yield captured


S3_STYLES: dict[str, dict[str, Any]] = {
    "path": {"s3": {"addressing_style": "path"}},
    "virtual host": {"s3": {"addressing_style": "virtual"}},
    "dualstack": {"s3": {"use_dualstack_endpoint": True}},
    "dualstack, path": {"s3": {"use_dualstack_endpoint": True, "addressing_style": "path"}},
    "FIPS": {"use_fips_endpoint": True},
    "FIPS, path": {"use_fips_endpoint": True, "s3": {"addressing_style": "path"}},
    "FIPS and dualstack": {"use_fips_endpoint": True, "use_dualstack_endpoint": True},
    "accelerate": {"s3": {"use_accelerate_endpoint": True}},
    "accelerate and dualstack": {
        "s3": {"use_accelerate_endpoint": True, "use_dualstack_endpoint": True}
    },
    "signature 2": {"signature_version": "s3"},
}


@pytest.mark.parametrize("style", S3_STYLES)
@pytest.mark.parametrize("bucket", ["my-bucket", "my.own.bucket"])
def test_bucket_or_key_of_a_style_is_lost(
    calls: list[CapturedCall], style: str, bucket: str
) -> None:
    """S3's bucket and key are the same whatever the style of the address."""
    if "accelerate" in style and "." in bucket:
        bucket = "another-bucket"  # S3 accelerates no bucket with a dot in its name.
    s3 = client("s3", **S3_STYLES[style])
    key = "a folder/ä%2F+?.txt"
    with contextlib.suppress(ClientError):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    with contextlib.suppress(ClientError):
        s3.list_objects_v2(Bucket=bucket)
    assert [what(entry) for entry in calls] == ["s3 PutObject", "s3 ListObjectsV2"]
    given = [entry.details().parameters for entry in calls]
    assert [{"Bucket": bucket, "Key": key}, {"Bucket": bucket}] == [
        {name: value for name, value in one.items() if name in ("Bucket", "Key")}
        for one in given
        if one
    ]


S3_URLS = {
    "https://s3.amazonaws.com/bkt/k": "GetObject bkt k",
    "https://s3-us-west-2.amazonaws.com/bkt/k": "GetObject bkt k",
    "https://bkt.s3-us-west-2.amazonaws.com/k": "GetObject bkt k",
    "https://bkt.s3.amazonaws.com/k": "GetObject bkt k",
    "https://s3.cn-north-1.amazonaws.com.cn/bkt/k": "GetObject bkt k",
    "https://bkt.s3.cn-north-1.amazonaws.com.cn/k": "GetObject bkt k",
    "http://localhost:5000/bkt/k": "GetObject bkt k",
    "http://127.0.0.1:5000/bkt/k": "GetObject bkt k",
    "http://[::1]:5000/bkt/k": "GetObject bkt k",
    "http://moto:5000/bkt/k": "GetObject bkt k",
    "http://localhost:5000/bkt/a/b/": "GetObject bkt a/b/",
    "http://localhost:5000/bkt//a": "GetObject bkt /a",
    "http://localhost:5000/bkt": "ListObjects bkt",
    "http://localhost:5000/bkt/": "ListObjects bkt",
    "http://localhost:5000/bkt?list-type=2": "ListObjectsV2 bkt",
    "http://localhost:5000/bkt?versioning": "GetBucketVersioning bkt",
    "http://localhost:5000/bkt?policy": "GetBucketPolicy bkt",
    "http://localhost:5000/bkt/k?tagging": "GetObjectTagging bkt k",
    "http://localhost:5000/bkt/k?x-id=GetObject&response-content-type=a": "GetObject bkt k",
    "http://localhost:5000/v20180820x/k": "GetObject v20180820x k",
    "http://localhost:5000/": "ListBuckets",
    "http://localhost:5000": "ListBuckets",
}


@pytest.mark.parametrize("url", S3_URLS)
def test_url_of_s3_is_misread(url: str) -> None:
    """S3's operation, bucket and key follow from method, host, path and query."""
    entry = made("GET", url, signing_name="s3")
    facts = entry.details()
    given = facts.parameters or {}
    words = [facts.operation, given.get("Bucket", ""), given.get("Key", "")]
    assert " ".join(filter(None, words)) == S3_URLS[url]


def test_copy_is_taken_for_a_put() -> None:
    """A header tells S3's CopyObject from PutObject."""
    url = "https://bkt.s3.us-west-2.amazonaws.com/k"
    assert what(made("PUT", url, signing_name="s3")) == "s3 PutObject"
    copy = made("PUT", url, signing_name="s3", headers={"x-amz-copy-source": "other/k"})
    assert what(copy) == "s3 CopyObject"
    parameters = copy.details().parameters
    assert parameters is not None
    assert parameters["CopySource"] == "other/k"
