"""Error codes and messages of calls that failed, in every protocol."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloudtrail.captured_calls import capturing, client, made, query, target

EKS = "https://eks.us-west-2.amazonaws.com"
XML_ERROR = b"<Error><Code>%s</Code><Message>%s</Message></Error>"
ERRORS: dict[str, tuple[dict[str, Any], tuple[str, str | None]]] = {
    "query": (
        {
            **query("AssumeRole"),
            "status": 403,
            "answer": b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
            b"<Message>no &amp; never</Message></Error><RequestId>1</RequestId></ErrorResponse>",
        },
        ("AccessDenied", "no & never"),
    ),
    "ec2": (
        {
            **query("CreateVpc", "ec2"),
            "status": 400,
            "answer": b"<Response><Errors><Error><Code>InvalidVpc.Range</Code><Message>no</Message>"
            b"</Error></Errors><RequestID>1</RequestID></Response>",
        },
        ("InvalidVpc.Range", "no"),
    ),
    "json": (
        {
            **target("kms", "TrentService", "CreateKey"),
            "status": 400,
            "answer": b'{"__type": "com.amazonaws.kms#LimitExceededException", "Message": "no"}',
        },
        ("LimitExceededException", "no"),
    ),
    "json with the error in a header": (
        {
            **target("kms", "TrentService", "CreateKey"),
            "status": 400,
            "answer": b'{"__type": "LimitExceededException:http://internal/", "message": "no"}',
        },
        ("LimitExceededException", "no"),
    ),
    "json of a service that once spoke query": (
        {
            **target("sqs", "AmazonSQS", "DeleteQueue"),
            "status": 400,
            "answer": b'{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no"}',
            "answer_headers": {
                "x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"
            },
        },
        ("AWS.SimpleQueueService.NonExistentQueue", "no"),
    ),
    "rest-json": (
        {
            "method": "GET",
            "url": f"{EKS}/clusters/a",
            "signing_name": "eks",
            "status": 404,
            "answer": b'{"message": "no"}',
            "answer_headers": {
                "x-amzn-errortype": "ResourceNotFoundException:http://internal.amazon.com/"
            },
        },
        ("ResourceNotFoundException", "no"),
    ),
    "rest-json with the error in the body": (
        {
            "method": "GET",
            "url": f"{EKS}/clusters/a",
            "signing_name": "eks",
            "status": 404,
            "answer": b'{"code": "a.b#ResourceNotFoundException", "message": "no"}',
        },
        ("ResourceNotFoundException", "no"),
    ),
    "rest-xml": (
        {
            "method": "GET",
            "url": "https://bkt.s3.us-west-2.amazonaws.com/k",
            "signing_name": "s3",
            "status": 404,
            "answer": XML_ERROR % (b"NoSuchKey", b"no"),
        },
        ("NoSuchKey", "no"),
    ),
    "rest-xml, wrapped": (
        {
            "method": "GET",
            "url": "https://route53.amazonaws.com/2013-04-01/hostedzone/Z1",
            "signing_name": "route53",
            "status": 404,
            "answer": b"<ErrorResponse>"
            + XML_ERROR % (b"NoSuchHostedZone", b"no")
            + b"</ErrorResponse>",
        },
        ("NoSuchHostedZone", "no"),
    ),
    "HEAD of an object": (
        {
            "method": "HEAD",
            "url": "https://bkt.s3.us-west-2.amazonaws.com/k",
            "signing_name": "s3",
            "status": 404,
        },
        ("NoSuchKey", "The specified key does not exist."),
    ),
    "HEAD of a bucket": (
        {
            "method": "HEAD",
            "url": "https://bkt.s3.us-west-2.amazonaws.com/",
            "signing_name": "s3",
            "status": 404,
        },
        ("NoSuchBucket", "The specified bucket does not exist"),
    ),
    "HEAD that is denied": (
        {
            "method": "HEAD",
            "url": "https://bkt.s3.us-west-2.amazonaws.com/",
            "signing_name": "s3",
            "status": 403,
        },
        ("AccessDenied", "Access Denied"),
    ),
    "plain text": (
        {**query("AssumeRole"), "status": 404, "answer": b"Not yet implemented"},
        ("UnknownOperationException", "Not yet implemented"),
    ),
    "a page of HTML": (
        {
            **target("kms", "TrentService", "CreateKey"),
            "status": 500,
            "answer": b"<html><body><h1>Internal Server Error</h1></body></html>",
        },
        ("InternalFailure", None),
    ),
    "nothing": ({**query("AssumeRole"), "status": 403}, ("AccessDenied", None)),
    "an unknown status": ({**query("AssumeRole"), "status": 599}, ("InternalFailure", None)),
    "a status without a row": ({**query("AssumeRole"), "status": 405}, ("MethodNotAllowed", None)),
    "an error that is too large": (
        {**query("AssumeRole"), "status": 400, "answer": None, "answer_size": 10**6},
        ("ValidationError", None),
    ),
    "JSON that is no object": (
        {**target("kms", "TrentService", "CreateKey"), "status": 400, "answer": b"[1]"},
        ("ValidationError", None),
    ),
    "a code that is a number": (
        {
            "method": "GET",
            "url": f"{EKS}/clusters/a",
            "signing_name": "eks",
            "status": 400,
            "answer": b'{"code": 400, "message": 5}',
        },
        ("ValidationError", None),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_is_misread(name: str) -> None:
    """A failed call has the code and the message that its caller saw, and no results."""
    columns, expected = ERRORS[name]
    found = made(**columns).details()
    assert (found.error_code, found.error_message) == expected
    assert found.results is None


def test_error_of_moto_is_misread() -> None:
    """The code and the message are those that botocore raises."""
    with capturing() as calls:
        failing = [
            (
                client("sts").assume_role,
                {"RoleArn": "arn:aws:iam::1:role/a", "RoleSessionName": "a b"},
            ),
            (client("iam").get_user, {"UserName": "nobody"}),
            (client("ec2").describe_vpcs, {"VpcIds": ["vpc-1"]}),
            (client("sqs").get_queue_url, {"QueueName": "nothing"}),
            (client("kms").describe_key, {"KeyId": "nothing"}),
            (client("dynamodb").describe_table, {"TableName": "nothing"}),
            (client("eks").describe_cluster, {"name": "nothing"}),
            (client("eks-auth").assume_role_for_pod_identity, {"clusterName": "c", "token": "t"}),
            (client("lambda").get_function, {"FunctionName": "nothing"}),
            (client("s3").get_object, {"Bucket": "nothing", "Key": "k"}),
            (client("route53").get_hosted_zone, {"Id": "nothing"}),
            (client("apigateway").get_rest_api, {"restApiId": "nothing"}),
        ]
        for operation, parameters in failing:
            with pytest.raises(ClientError) as raised:
                operation(**parameters)
            error = raised.value.response["Error"]
            found = calls[-1].details()
            assert (found.error_code, found.error_message) == (error["Code"], error["Message"])
