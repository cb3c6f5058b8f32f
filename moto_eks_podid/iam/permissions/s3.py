"""Permissions of Amazon S3 ("Actions, resources, and condition keys for Amazon S3", and "Required
permissions for Amazon S3 API operations" of its User Guide).

Also of operations that moto does not have, which :mod:`..s3_requests` refuses: the table is whole,
and right on the day that moto has them.
"""

from __future__ import annotations

from collections.abc import Callable

from .call import Call
from .rows import anything, by_name, given, on, service
from .s3_keys import (
    ACL_PARAMETERS,
    BUCKET_KEYS,
    LIST_KEYS,
    OBJECT_KEYS,
    location,
    new_bucket_tags,
    object_tags,
)
from .s3_objects import (
    bucket,
    copied_tags,
    copy_source,
    deleted_objects,
    existing,
    latest,
    missed,
    new_bucket,
    of_version,
    tagged_copy,
    target,
    when,
)


def _is_set(parameter: str) -> Callable[[Call], bool]:
    return lambda call: call.parameters.get(parameter) in (True, "true", "True")


def _sets_acl(call: Call) -> bool:
    return any(call.parameters.get(name) for name in ACL_PARAMETERS)


def _opens_bucket(call: Call) -> bool:
    """Tell whether a new bucket gets an access control list that lets others in."""
    return _sets_acl(call) and call.text("ACL") != "private"


def _tags_bucket(call: Call) -> bool:
    return bool(call.members("CreateBucketConfiguration").get("Tags"))


_IF_ACL = when(_sets_acl, target)
_LOCKING = when(_is_set("ObjectLockEnabledForBucket"), new_bucket)
_BYPASSING = when(_is_set("BypassGovernanceRetention"), target)

S3 = service(
    "s3",
    # Who looks for an object that is not there hears of the bucket first: observed in real
    # responses.
    on(missed, "GetObject=ListBucket GetObjectAttributes=ListBucket HeadObject=ListBucket"),
    # Objects that are read, or written to while they are there
    on(
        latest(existing),
        "DeleteObjectTagging GetObject GetObjectAcl GetObjectTagging HeadObject=GetObject"
        " PutObjectAcl SelectObjectContent=GetObject",
        OBJECT_KEYS,
    ),
    on(
        of_version(existing),
        "DeleteObjectTagging=DeleteObjectVersionTagging GetObject=GetObjectVersion"
        " GetObjectAcl=GetObjectVersionAcl GetObjectTagging=GetObjectVersionTagging"
        " HeadObject=GetObjectVersion PutObjectAcl=PutObjectVersionAcl",
        OBJECT_KEYS,
    ),
    on(latest(existing), "PutObjectTagging", OBJECT_KEYS, object_tags),
    on(
        of_version(existing),
        "PutObjectTagging=PutObjectVersionTagging",
        OBJECT_KEYS,
        object_tags,
    ),
    on(
        latest(existing),
        "GetObjectAttributes=GetObject GetObjectAttributes GetObjectAnnotation"
        " DeleteObjectAnnotation ListObjectAnnotations PutObjectAnnotation",
        OBJECT_KEYS,
    ),
    on(
        of_version(existing),
        "GetObjectAttributes=GetObjectVersion GetObjectAttributes=GetObjectVersionAttributes"
        " GetObjectAnnotation=GetObjectVersionAnnotation"
        " DeleteObjectAnnotation=DeleteObjectVersionAnnotation"
        " ListObjectAnnotations=ListObjectVersionAnnotations"
        " PutObjectAnnotation=PutObjectVersionAnnotation",
        OBJECT_KEYS,
    ),
    on(existing, "UpdateObjectEncryption", OBJECT_KEYS),
    on(
        target,
        "AbortMultipartUpload GetObjectLegalHold GetObjectRetention GetObjectTorrent"
        " ListParts=ListMultipartUploadParts PutObjectLegalHold PutObjectRetention RestoreObject",
        OBJECT_KEYS,
    ),
    on(latest(target), "DeleteObject", OBJECT_KEYS),
    on(of_version(target), "DeleteObject=DeleteObjectVersion", OBJECT_KEYS),
    on(deleted_objects(versions=False), "DeleteObjects=DeleteObject"),
    on(deleted_objects(versions=True), "DeleteObjects=DeleteObjectVersion"),
    on(
        _BYPASSING,
        "DeleteObject=BypassGovernanceRetention PutObjectRetention=BypassGovernanceRetention",
    ),
    on(
        when(_is_set("BypassGovernanceRetention"), deleted_objects(versions=True)),
        "DeleteObjects=BypassGovernanceRetention",
    ),
    # Objects that are written
    on(
        target,
        "CompleteMultipartUpload=PutObject CopyObject=PutObject CreateMultipartUpload=PutObject"
        " PutObject UploadPart=PutObject UploadPartCopy=PutObject",
        OBJECT_KEYS,
        object_tags,
    ),
    on(
        given("Tagging", target),
        "CreateMultipartUpload=PutObjectTagging PutObject=PutObjectTagging",
        object_tags,
    ),
    on(
        _IF_ACL,
        "CopyObject=PutObjectAcl CreateMultipartUpload=PutObjectAcl PutObject=PutObjectAcl",
        OBJECT_KEYS,
    ),
    on(
        given("ObjectLockMode", target),
        "CopyObject=PutObjectRetention CreateMultipartUpload=PutObjectRetention"
        " PutObject=PutObjectRetention",
        OBJECT_KEYS,
    ),
    on(
        given("ObjectLockLegalHoldStatus", target),
        "CopyObject=PutObjectLegalHold CreateMultipartUpload=PutObjectLegalHold"
        " PutObject=PutObjectLegalHold",
        OBJECT_KEYS,
    ),
    on(copy_source(version=False), "CopyObject=GetObject UploadPartCopy=GetObject"),
    on(copy_source(version=True), "CopyObject=GetObjectVersion UploadPartCopy=GetObjectVersion"),
    on(copied_tags(version=False), "CopyObject=GetObjectTagging"),
    on(copied_tags(version=True), "CopyObject=GetObjectVersionTagging"),
    on(tagged_copy, "CopyObject=PutObjectTagging", object_tags),
    on(anything, "PostObject=PutObject"),
    # Buckets
    on(anything, "ListBuckets=ListAllMyBuckets"),
    on(bucket, "HeadBucket=ListBucket ListObjects=ListBucket ListObjectsV2=ListBucket", LIST_KEYS),
    on(bucket, "ListObjectVersions=ListBucketVersions", LIST_KEYS),
    on(bucket, "ListMultipartUploads=ListBucketMultipartUploads", LIST_KEYS),
    on(new_bucket, "CreateBucket", BUCKET_KEYS, location, new_bucket_tags),
    on(when(_opens_bucket, new_bucket), "CreateBucket=PutBucketAcl", BUCKET_KEYS),
    on(_LOCKING, "CreateBucket=PutBucketObjectLockConfiguration CreateBucket=PutBucketVersioning"),
    on(given("ObjectOwnership", new_bucket), "CreateBucket=PutBucketOwnershipControls"),
    on(when(_tags_bucket, new_bucket), "CreateBucket=TagResource", new_bucket_tags),
    on(bucket, "PutBucketAcl", BUCKET_KEYS),
    on(
        bucket,
        "CreateBucketMetadataConfiguration=CreateBucketMetadataTableConfiguration"
        " CreateBucketMetadataTableConfiguration DeleteBucket"
        " DeleteBucketAnalyticsConfiguration=PutAnalyticsConfiguration"
        " DeleteBucketCors=PutBucketCORS DeleteBucketEncryption=PutEncryptionConfiguration"
        " DeleteBucketIntelligentTieringConfiguration=PutIntelligentTieringConfiguration"
        " DeleteBucketInventoryConfiguration=PutInventoryConfiguration"
        " DeleteBucketLifecycle=PutLifecycleConfiguration"
        " DeleteBucketMetadataConfiguration=DeleteBucketMetadataTableConfiguration"
        " DeleteBucketMetadataTableConfiguration"
        " DeleteBucketMetricsConfiguration=PutMetricsConfiguration"
        " DeleteBucketOwnershipControls=PutBucketOwnershipControls DeleteBucketPolicy"
        " DeleteBucketReplication=PutReplicationConfiguration DeleteBucketTagging=PutBucketTagging"
        " DeleteBucketWebsite DeletePublicAccessBlock=PutBucketPublicAccessBlock GetBucketAbac"
        " GetBucketAccelerateConfiguration=GetAccelerateConfiguration GetBucketAcl"
        " GetBucketAnalyticsConfiguration=GetAnalyticsConfiguration GetBucketCors=GetBucketCORS"
        " GetBucketEncryption=GetEncryptionConfiguration"
        " GetBucketIntelligentTieringConfiguration=GetIntelligentTieringConfiguration"
        " GetBucketInventoryConfiguration=GetInventoryConfiguration"
        " GetBucketLifecycle=GetLifecycleConfiguration"
        " GetBucketLifecycleConfiguration=GetLifecycleConfiguration GetBucketLocation"
        " GetBucketLogging GetBucketMetadataConfiguration=GetBucketMetadataTableConfiguration"
        " GetBucketMetadataTableConfiguration"
        " GetBucketMetricsConfiguration=GetMetricsConfiguration GetBucketNotification"
        " GetBucketNotificationConfiguration=GetBucketNotification GetBucketOwnershipControls"
        " GetBucketPolicy GetBucketPolicyStatus"
        " GetBucketReplication=GetReplicationConfiguration GetBucketRequestPayment"
        " GetBucketTagging GetBucketVersioning GetBucketWebsite"
        " GetObjectLockConfiguration=GetBucketObjectLockConfiguration"
        " GetPublicAccessBlock=GetBucketPublicAccessBlock"
        " ListBucketAnalyticsConfigurations=GetAnalyticsConfiguration"
        " ListBucketIntelligentTieringConfigurations=GetIntelligentTieringConfiguration"
        " ListBucketInventoryConfigurations=GetInventoryConfiguration"
        " ListBucketMetricsConfigurations=GetMetricsConfiguration PutBucketAbac"
        " PutBucketAccelerateConfiguration=PutAccelerateConfiguration"
        " PutBucketAnalyticsConfiguration=PutAnalyticsConfiguration PutBucketCors=PutBucketCORS"
        " PutBucketEncryption=PutEncryptionConfiguration"
        " PutBucketIntelligentTieringConfiguration=PutIntelligentTieringConfiguration"
        " PutBucketInventoryConfiguration=PutInventoryConfiguration"
        " PutBucketLifecycle=PutLifecycleConfiguration"
        " PutBucketLifecycleConfiguration=PutLifecycleConfiguration PutBucketLogging"
        " PutBucketMetricsConfiguration=PutMetricsConfiguration PutBucketNotification"
        " PutBucketNotificationConfiguration=PutBucketNotification PutBucketOwnershipControls"
        " PutBucketPolicy PutBucketReplication=PutReplicationConfiguration"
        " PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite"
        " PutObjectLockConfiguration=PutBucketObjectLockConfiguration"
        " PutPublicAccessBlock=PutBucketPublicAccessBlock"
        " UpdateBucketMetadataAnnotationTableConfiguration"
        " UpdateBucketMetadataInventoryTableConfiguration"
        " UpdateBucketMetadataJournalTableConfiguration",
    ),
    # Relatives of S3, with actions of their own
    on(
        by_name("s3express", "bucket/", "Bucket"),
        "CreateSession=s3express:CreateSession RenameObject=s3express:CreateSession",
    ),
    on(anything, "ListDirectoryBuckets=s3express:ListAllMyDirectoryBuckets"),
    on(anything, "WriteGetObjectResponse=s3-object-lambda:WriteGetObjectResponse"),
    # A browser's questions before a call carry no credentials.
    free="BucketCORSPreflightCheck ObjectCORSPreflightCheck",
)
