"""Condition keys that the parameters of S3's calls give ("Actions, resources, and condition keys
for Amazon S3")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from .call import Call, Context
from .keys import given_keys, tag_request, tags_in

_GRANTS: Final[Mapping[str, str]] = {
    "ACL": "s3:x-amz-acl",
    "GrantFullControl": "s3:x-amz-grant-full-control",
    "GrantRead": "s3:x-amz-grant-read",
    "GrantReadACP": "s3:x-amz-grant-read-acp",
    "GrantWrite": "s3:x-amz-grant-write",
    "GrantWriteACP": "s3:x-amz-grant-write-acp",
}
#: Parameters that set an access control list.
ACL_PARAMETERS: Final = tuple(_GRANTS)

LIST_KEYS: Final = given_keys(
    {
        "Delimiter": "s3:delimiter",
        "MaxKeys": "s3:max-keys",
        "Prefix": "s3:prefix",
    }
)

BUCKET_KEYS: Final = given_keys(
    {
        **_GRANTS,
        "BucketNamespace": "s3:x-amz-bucket-namespace",
        "ObjectOwnership": "s3:x-amz-object-ownership",
    }
)

OBJECT_KEYS: Final = given_keys(
    {
        **_GRANTS,
        "CopySource": "s3:x-amz-copy-source",
        "IfMatch": "s3:if-match",
        "IfNoneMatch": "s3:if-none-match",
        "MetadataDirective": "s3:x-amz-metadata-directive",
        "ObjectLockLegalHoldStatus": "s3:object-lock-legal-hold",
        "ObjectLockMode": "s3:object-lock-mode",
        "SSECustomerAlgorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
        "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "ServerSideEncryption": "s3:x-amz-server-side-encryption",
        "StorageClass": "s3:x-amz-storage-class",
        "VersionId": "s3:versionid",
        "WebsiteRedirectLocation": "s3:x-amz-website-redirect-location",
    }
)


def location(call: Call) -> Context:
    """Return the region that a new bucket is to be in, if the call names one."""
    region = call.members("CreateBucketConfiguration").get("LocationConstraint")
    return {"s3:locationconstraint": region} if isinstance(region, str) else {}


def new_bucket_tags(call: Call) -> Context:
    """Return the tags that a new bucket is to have."""
    return tag_request(tags_in(call.members("CreateBucketConfiguration").get("Tags")))


def object_tags(call: Call) -> Context:
    """Return ``s3:RequestObjectTag/…`` of a call that gives tags, in a header or as a document."""
    tagging = call.parameters.get("Tagging")
    tags: dict[str, str | None] = {}
    if isinstance(tagging, str):
        tags.update(parse_qsl(tagging, keep_blank_values=True))
    elif isinstance(tagging, dict):
        tags = tags_in(tagging.get("TagSet"))
    if not tags:
        return {}
    context: Context = {f"s3:RequestObjectTag/{key}": value or "" for key, value in tags.items()}
    context["s3:RequestObjectTagKeys"] = list(tags)
    return context
