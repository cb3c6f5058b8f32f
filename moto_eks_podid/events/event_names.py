"""Operations whose ``eventName`` is not their own name."""

from __future__ import annotations

#: S3's events are named like the actions of 2006 ("Amazon S3 CloudTrail events", S3 User Guide).
S3_EVENT_NAMES = {
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "ListObjectsV2": "ListObjects",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}

#: The settings of an account, which the service of access points answers for.
S3_CONTROL_EVENT_NAMES = {
    "DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
}

#: Lambda's events carry the version of the API that brought the operation ("Logging AWS Lambda API
#: calls using AWS CloudTrail", Lambda Developer Guide).
_LAMBDA_SUFFIXES = {
    "20150331": (
        "CreateAlias",
        "CreateEventSourceMapping",
        "CreateFunction",
        "DeleteAlias",
        "DeleteEventSourceMapping",
        "DeleteFunction",
        "GetAlias",
        "GetEventSourceMapping",
        "ListAliases",
        "ListEventSourceMappings",
        "ListFunctions",
        "ListVersionsByFunction",
        "PublishVersion",
        "UpdateAlias",
        "UpdateEventSourceMapping",
    ),
    "20150331v2": (
        "AddPermission",
        "GetFunction",
        "GetFunctionConfiguration",
        "GetPolicy",
        "RemovePermission",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
    ),
    "20160819": ("GetAccountSettings",),
    "20170331": ("ListTags",),
    "20170331v2": ("TagResource", "UntagResource"),
    "20171031": ("DeleteFunctionConcurrency", "PutFunctionConcurrency"),
    "20181031": (
        "AddLayerVersionPermission",
        "DeleteLayerVersion",
        "GetLayerVersion",
        "GetLayerVersionPolicy",
        "ListLayerVersions",
        "ListLayers",
        "PublishLayerVersion",
        "RemoveLayerVersionPermission",
    ),
}

#: By service and operation, in botocore's names.
EVENT_NAMES = {
    "lambda": {
        operation: operation + suffix
        for suffix, operations in _LAMBDA_SUFFIXES.items()
        for operation in operations
    },
    "s3": S3_EVENT_NAMES,
    "s3control": S3_CONTROL_EVENT_NAMES,
}


def event_name(service: str, operation: str) -> str:
    """Return the ``eventName`` of an operation's records."""
    names = EVENT_NAMES.get(service)
    return operation if names is None else names.get(operation, operation)
