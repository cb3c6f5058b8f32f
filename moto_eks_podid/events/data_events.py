"""Operations that are data events: the event history leaves them out, and trails select them.

Follows "Logging data events" (CloudTrail User Guide) and the services' own pages about CloudTrail.
"""

from __future__ import annotations

#: Services without any management event.
DATA_EVENT_SERVICES = frozenset(
    {
        "appconfigdata",
        "bedrock-agent-runtime",
        "cloudfront-keyvaluestore",
        "dynamodbstreams",
        "ebs",
        "iot-data",
        "kinesis-video-archived-media",
        "kinesis-video-media",
        "mediastore-data",
        "rds-data",
        "sagemaker-featurestore-runtime",
        "sagemaker-metrics",
        "sagemaker-runtime",
    }
)

#: By service and operation, in botocore's names.
DATA_EVENTS: dict[str, frozenset[str]] = {
    "bedrock-runtime": frozenset(
        {"GetAsyncInvoke", "InvokeModelWithBidirectionalStream", "StartAsyncInvoke"}
    ),
    "cloudwatch": frozenset(
        {
            "GetMetricData",
            "GetMetricStatistics",
            "GetMetricWidgetImage",
            "ListMetrics",
            "PutMetricData",
        }
    ),
    "cognito-identity": frozenset(
        {
            "GetCredentialsForIdentity",
            "GetId",
            "GetOpenIdToken",
            "GetOpenIdTokenForDeveloperIdentity",
            "UnlinkIdentity",
        }
    ),
    "dynamodb": frozenset(
        {
            "BatchExecuteStatement",
            "BatchGetItem",
            "BatchWriteItem",
            "DeleteItem",
            "ExecuteStatement",
            "ExecuteTransaction",
            "GetItem",
            "PutItem",
            "Query",
            "Scan",
            "TransactGetItems",
            "TransactWriteItems",
            "UpdateItem",
        }
    ),
    "events": frozenset({"PutEvents"}),
    "firehose": frozenset({"PutRecord", "PutRecordBatch"}),
    "kinesis": frozenset(
        {"GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard"}
    ),
    "lambda": frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"}),
    "logs": frozenset({"PutLogEvents"}),
    "s3": frozenset(
        {
            "AbortMultipartUpload",
            "CompleteMultipartUpload",
            "CopyObject",
            "CreateMultipartUpload",
            "CreateSession",
            "DeleteObject",
            "DeleteObjectTagging",
            "DeleteObjects",
            "GetObject",
            "GetObjectAcl",
            "GetObjectAttributes",
            "GetObjectLegalHold",
            "GetObjectRetention",
            "GetObjectTagging",
            "GetObjectTorrent",
            "HeadBucket",
            "HeadObject",
            "ListMultipartUploads",
            "ListObjectVersions",
            "ListObjects",
            "ListObjectsV2",
            "ListParts",
            "PostObject",
            "PutObject",
            "PutObjectAcl",
            "PutObjectLegalHold",
            "PutObjectRetention",
            "PutObjectTagging",
            "RenameObject",
            "RestoreObject",
            "SelectObjectContent",
            "UploadPart",
            "UploadPartCopy",
            "WriteGetObjectResponse",
        }
    ),
    "s3vectors": frozenset(
        {"DeleteVectors", "GetVectors", "ListVectors", "PutVectors", "QueryVectors"}
    ),
    "servicediscovery": frozenset({"DiscoverInstances", "DiscoverInstancesRevision"}),
    "ses": frozenset({"SendBulkTemplatedEmail", "SendEmail", "SendRawEmail", "SendTemplatedEmail"}),
    "sesv2": frozenset({"SendBulkEmail", "SendEmail"}),
    "sns": frozenset({"Publish", "PublishBatch"}),
    "sqs": frozenset(
        {
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "DeleteMessageBatch",
            "GetQueueAttributes",
            "GetQueueUrl",
            "ListDeadLetterSourceQueues",
            "ListQueueTags",
            "ListQueues",
            "ReceiveMessage",
            "SendMessage",
            "SendMessageBatch",
        }
    ),
    "timestream-query": frozenset({"CancelQuery", "PrepareQuery", "Query"}),
    "timestream-write": frozenset({"WriteRecords"}),
    "verifiedpermissions": frozenset(
        {
            "BatchIsAuthorized",
            "BatchIsAuthorizedWithToken",
            "IsAuthorized",
            "IsAuthorizedWithToken",
        }
    ),
    "xray": frozenset({"PutTelemetryRecords", "PutTraceSegments"}),
}
