from __future__ import annotations

import pytest
from recorded_calls import (
    ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    a_call,
)

from moto_eks_podid.events.call import CallDetails, Map
from moto_eks_podid.events.record import build

# What is only sometimes there.


def test_api_version_is_in_the_wrong_place() -> None:
    """The version of the API follows the type of the event, where the service shows it."""
    names = list(build(a_call("dynamodb", "ListTables", api_version="2012-08-10")))
    assert names[names.index("eventType") + 1] == "apiVersion"
    assert "apiVersion" not in build(a_call("sts", "GetCallerIdentity"))


ERRORS = (
    ("eks", "CreateCluster", "AccessDeniedException", "AccessDenied"),
    ("eks", "DescribeCluster", "ResourceNotFoundException", "ResourceNotFoundException"),
    ("eks-auth", "AssumeRoleForPodIdentity", "ExpiredTokenException", "ExpiredTokenException"),
    ("s3", "GetBucketAcl", "AccessDenied", "AccessDenied"),
    ("ec2", "RunInstances", "UnauthorizedOperation", "Client.UnauthorizedOperation"),
    ("ec2", "RunInstances", "InsufficientInstanceCapacity", "Server.InsufficientInstanceCapacity"),
    ("sts", "AssumeRole", "PackedPolicyTooLarge", "PackedPolicyTooLargeException"),
    ("sts", "AssumeRole", "AccessDenied", "AccessDenied"),
    ("iam", "GetRole", "NoSuchEntity", "NoSuchEntityException"),
    ("iam", "GetCredentialReport", "ReportInProgress", "CredentialReportNotReadyException"),
)


@pytest.mark.parametrize(("service", "operation", "code", "expected"), ERRORS)
def test_error_has_the_callers_form(service: str, operation: str, code: str, expected: str) -> None:
    """Error codes have CloudTrail's form, the message is the caller's, and nothing is answered."""
    record = build(
        a_call(
            service,
            operation,
            error_code=code,
            error_message="No.",
            results={"SomeResult": "of a call that failed"},
        )
    )
    assert record["errorCode"] == expected
    assert record["errorMessage"] == "No."
    assert record["responseElements"] is None


def test_error_without_a_message_has_one() -> None:
    """A failed call that was told no message has a code alone."""
    record = build(a_call("s3", "HeadBucket", error_code="NoSuchBucket"))
    assert record["errorCode"] == "NoSuchBucket"
    assert "errorMessage" not in record


RESOURCES = (
    (
        a_call("kms", "Decrypt", results={"KeyId": f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/k1"}),
        [(OTHER_ACCOUNT, "AWS::KMS::Key", "arn:aws:kms:us-west-2:444455556666:key/k1")],
    ),
    (
        a_call("kms", "DescribeKey", parameters={"KeyId": "k1"}),
        [(ACCOUNT, "AWS::KMS::Key", "arn:aws:kms:us-west-2:111122223333:key/k1")],
    ),
    (a_call("kms", "DescribeKey", parameters={"KeyId": "alias/k1"}), []),
    (
        a_call("dynamodb", "GetItem", parameters={"TableName": "carts"}),
        [(ACCOUNT, "AWS::DynamoDB::Table", "arn:aws:dynamodb:us-west-2:111122223333:table/carts")],
    ),
    (
        a_call("dynamodb", "BatchGetItem", parameters={"RequestItems": Map(a={}, b={})}),
        [
            (ACCOUNT, "AWS::DynamoDB::Table", "arn:aws:dynamodb:us-west-2:111122223333:table/a"),
            (ACCOUNT, "AWS::DynamoDB::Table", "arn:aws:dynamodb:us-west-2:111122223333:table/b"),
        ],
    ),
    (a_call("dynamodb", "DescribeTable", parameters={"TableName": "carts"}), []),
    (
        a_call("lambda", "Invoke", parameters={"FunctionName": "resize"}),
        [
            (
                ACCOUNT,
                "AWS::Lambda::Function",
                "arn:aws:lambda:us-west-2:111122223333:function:resize",
            )
        ],
    ),
    (
        a_call(
            "sqs",
            "SendMessage",
            parameters={"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{OTHER_ACCOUNT}/q"},
        ),
        [(OTHER_ACCOUNT, "AWS::SQS::Queue", "arn:aws:sqs:us-west-2:444455556666:q")],
    ),
    (
        a_call(
            "sns", "Publish", parameters={"TopicArn": f"arn:aws:sns:{REGION}:{OTHER_ACCOUNT}:t"}
        ),
        [(OTHER_ACCOUNT, "AWS::SNS::Topic", "arn:aws:sns:us-west-2:444455556666:t")],
    ),
    (
        a_call("kinesis", "PutRecord", parameters={"StreamName": "clicks"}),
        [(ACCOUNT, "AWS::Kinesis::Stream", "arn:aws:kinesis:us-west-2:111122223333:stream/clicks")],
    ),
    (a_call("secretsmanager", "GetSecretValue", parameters={"SecretId": "db"}), []),
    (a_call("sts", "AssumeRole", parameters={"RoleArn": "no ARN"}, error_code="Denied"), []),
    (
        a_call("dynamodb", "GetItem", region="cn-north-1", parameters={"TableName": "t"}),
        [(ACCOUNT, "AWS::DynamoDB::Table", "arn:aws-cn:dynamodb:cn-north-1:111122223333:table/t")],
    ),
)


@pytest.mark.parametrize(("details", "expected"), RESOURCES)
def test_record_names_other_resources(
    details: CallDetails, expected: list[tuple[str, str, str]]
) -> None:
    """Records of STS, S3, KMS and of data events name what they were about; others do not."""
    resources = build(details).get("resources", [])
    assert [tuple(resource.values()) for resource in resources] == expected
    assert all(list(resource) == ["accountId", "type", "ARN"] for resource in resources)
    assert ("resources" in build(details)) is bool(expected)


def test_refused_call_hides_the_bucket() -> None:
    """A call that S3 refuses still tells the bucket."""
    record = build(
        a_call("s3", "GetBucketAcl", parameters={"Bucket": "b"}, error_code="AccessDenied")
    )
    assert [resource["ARN"] for resource in record["resources"]] == ["arn:aws:s3:::b"]


def test_list_of_objects_has_no_resource() -> None:
    """A list of objects is about all objects of the bucket."""
    record = build(a_call("s3", "ListObjectsV2", parameters={"Bucket": "b"}))
    assert record["eventName"] == "ListObjects"
    assert record["resources"][1] == {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::b/"}
