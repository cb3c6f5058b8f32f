"""What S3 is asked for, where moto and the models read a request differently.

moto looks for what it knows in a URL's query, in an order of its own, and does the ordinary thing
with everything else. A permission for the one must not be taken for a permission for the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl

from moto.core.utils import get_service_model
from moto.s3.exceptions import (
    DuplicateTagKeys,
    InvalidArgumentError,
    NoSuchUpload,
    S3ClientError,
)

from .requested_call import S3, RequestedCall

#: A selector that the models have for a parameter.
_UPLOAD: Final = "uploadId"
_TAGS_IN_HEADER: Final = "x-amz-tagging"
_REPEATED_TAGS: Final = (
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
    "without tag name duplicates."
)
#: Operations that moto does not have: it would read, write or delete the bucket or object itself.
NOT_IN_MOTO: Final = frozenset(
    {
        "CreateBucketMetadataConfiguration",
        "CreateBucketMetadataTableConfiguration",
        "CreateSession",
        "DeleteBucketAnalyticsConfiguration",
        "DeleteBucketIntelligentTieringConfiguration",
        "DeleteBucketInventoryConfiguration",
        "DeleteBucketMetadataConfiguration",
        "DeleteBucketMetadataTableConfiguration",
        "DeleteBucketMetricsConfiguration",
        "DeleteObjectAnnotation",
        "GetBucketAbac",
        "GetBucketAnalyticsConfiguration",
        "GetBucketIntelligentTieringConfiguration",
        "GetBucketMetadataConfiguration",
        "GetBucketMetadataTableConfiguration",
        "GetBucketMetricsConfiguration",
        "GetBucketRequestPayment",
        "GetObjectAnnotation",
        "GetObjectRetention",
        "GetObjectTorrent",
        "ListBucketAnalyticsConfigurations",
        "ListBucketIntelligentTieringConfigurations",
        "ListBucketMetricsConfigurations",
        "ListObjectAnnotations",
        "PutBucketAbac",
        "PutBucketAnalyticsConfiguration",
        "PutBucketIntelligentTieringConfiguration",
        "PutBucketMetricsConfiguration",
        "PutBucketRequestPayment",
        "PutObjectAnnotation",
        "RenameObject",
        "UpdateBucketMetadataAnnotationTableConfiguration",
        "UpdateBucketMetadataInventoryTableConfiguration",
        "UpdateBucketMetadataJournalTableConfiguration",
        "UpdateObjectEncryption",
        "WriteGetObjectResponse",
    }
)


def check_s3_request(response: Any, call: RequestedCall) -> None:
    """Refuse a request that moto would take for another than it is judged as.

    :param response: moto's response object of the request
    :raises S3ClientError: ``InvalidArgument``, as S3 answers to a query that asks for two things,
        or ``NotImplemented``; or what S3 answers to a tag that is given twice
    """
    asked_for = _asked_for(response.parsed_url.query)
    if len(asked_for) > 1 or (asked_for and call.operation == "CopyObject"):
        text = f"Conflicting query string parameters: {', '.join(asked_for)}"
        raise InvalidArgumentError(text, "ResourceType", asked_for[0])
    if call.operation in NOT_IN_MOTO:
        raise S3ClientError("NotImplemented", f"moto does not implement {call.operation}")
    _check_tags(call.parameters.get("Tagging"))


def check_upload(response: Any, call: RequestedCall) -> None:
    """Refuse a call about an upload of another object than the one it names.

    :param response: moto's response object of the request
    :raises S3ClientError: ``NoSuchUpload``, as S3 answers; moto goes by the upload alone
    """
    named = parse_qs(response.parsed_url.query).get(_UPLOAD)
    if named is None:
        return
    try:
        uploads = response.backend.get_bucket(response.bucket_name).multiparts
    except S3ClientError:
        # The operation says so.
        return
    # moto takes a form's field for a query's, too.
    for upload_id in {*named, response._get_param(_UPLOAD)}:
        upload = uploads.get(upload_id)
        if upload is not None and upload.key_name != call.parameters.get("Key"):
            raise NoSuchUpload(upload_id=upload_id)


def _check_tags(tagging: Any) -> None:
    """Refuse tags of which one is given twice: moto and the permissions might take another one."""
    if isinstance(tagging, str):
        keys = [key for key, _ in parse_qsl(tagging, keep_blank_values=True)]
        if len(set(keys)) < len(keys):
            raise InvalidArgumentError(_REPEATED_TAGS, _TAGS_IN_HEADER, tagging)
    elif isinstance(tagging, dict):
        tags = tagging.get("TagSet") or ()
        if len({tag.get("Key") for tag in tags}) < len(tags):
            raise DuplicateTagKeys


def _asked_for(query: str) -> tuple[str, ...]:
    if not query:
        return ()
    selectors = _selectors()
    names = dict(parse_qsl(query, keep_blank_values=True))
    return tuple(sorted(name for name in names if name in selectors))


@lru_cache(maxsize=1)
def _selectors() -> frozenset[str]:
    """Return what in a query selects an operation rather than giving it a parameter."""
    model = get_service_model(S3)
    found = {_UPLOAD}
    for name in model.operation_names:
        http: Mapping[str, str] = model.operation_model(name).http
        _, _, query = http["requestUri"].partition("?")
        found.update(part for part in query.split("&") if part and "=" not in part)
    return frozenset(found)
