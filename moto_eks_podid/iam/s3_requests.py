"""What S3 is asked for, where moto and the models read a request differently.

moto looks for what it knows in a URL's query, in an order of its own, and does the ordinary thing
with everything else. A permission for the one must not be taken for a permission for the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

from moto.core.utils import get_service_model
from moto.s3.exceptions import InvalidArgumentError, S3ClientError

from .requested_call import S3, RequestedCall

#: A selector that the models have for a parameter.
_UPLOAD: Final = "uploadId"
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
        or ``NotImplemented``
    """
    asked_for = _asked_for(response.parsed_url.query)
    if len(asked_for) > 1 or (asked_for and call.operation == "CopyObject"):
        text = f"Conflicting query string parameters: {', '.join(asked_for)}"
        raise InvalidArgumentError(text, "ResourceType", asked_for[0])
    if call.operation in NOT_IN_MOTO:
        raise S3ClientError("NotImplemented", f"moto does not implement {call.operation}")


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
