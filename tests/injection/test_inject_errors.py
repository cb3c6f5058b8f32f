"""Errors that are injected: each service answers them in its own form."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from aws_under_test import CLUSTER, REGION, Aws
from botocore.config import Config
from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Case:
    """What is injected into an operation, and what the caller and CloudTrail see of it."""

    service: str
    operation: str
    error: str
    status: int
    message: str = "This failure was injected."
    code: str = ""
    exception: str = "ClientError"
    recorded_as: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)


POD = {"clusterName": CLUSTER, "token": "a.b.c"}
RATE = "Rate exceeded"
INTERNAL = "The request processing has failed because of an unknown error, exception or failure."
NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"

CASES = {
    "rest-json, modelled": Case(
        "eks-auth",
        "assume_role_for_pod_identity",
        "ThrottlingException",
        429,
        RATE,
        exception="ThrottlingException",
        arguments=POD,
    ),
    "rest-json, common": Case("eks", "list_clusters", "InternalFailure", 500, INTERNAL),
    "json, modelled": Case(
        "dynamodb",
        "list_tables",
        "InternalServerError",
        500,
        INTERNAL,
        exception="InternalServerError",
    ),
    "json, common": Case("kms", "list_keys", "ThrottlingException", 400, RATE),
    "json that was query": Case(
        "sqs",
        "list_queues",
        "QueueDoesNotExist",
        400,
        code=NO_QUEUE,
        exception="QueueDoesNotExist",
        recorded_as=NO_QUEUE,
    ),
    "query, by its exception": Case(
        "iam",
        "list_roles",
        "ServiceFailureException",
        500,
        code="ServiceFailure",
        exception="ServiceFailureException",
    ),
    "query, by its code": Case(
        "iam",
        "list_roles",
        "NoSuchEntity",
        404,
        exception="NoSuchEntityException",
        recorded_as="NoSuchEntityException",
    ),
    "query, common": Case("sts", "get_caller_identity", "Throttling", 400, RATE),
    "ec2": Case(
        "ec2",
        "describe_vpcs",
        "RequestLimitExceeded",
        503,
        "Request limit exceeded.",
        recorded_as="Client.RequestLimitExceeded",
    ),
    "rest-xml": Case(
        "route53",
        "list_hosted_zones",
        "ThrottlingException",
        400,
        RATE,
        exception="ThrottlingException",
    ),
    "s3, common": Case("s3", "list_buckets", "SlowDown", 503, "Please reduce your request rate."),
    "s3, modelled": Case("s3", "list_buckets", "NoSuchBucket", 404, exception="NoSuchBucket"),
    "denied": Case(
        "secretsmanager",
        "list_secrets",
        "AccessDeniedException",
        400,
        recorded_as="AccessDenied",
    ),
    "unknown everywhere": Case("logs", "describe_log_groups", "Chaos.Monkey-1", 400),
}


@pytest.mark.parametrize("name", CASES)
def test_service_fails_in_another_form(aws: Aws, name: str) -> None:
    """boto3 raises the error with its code, status and words, and the next call works."""
    case = CASES[name]
    client = aws.client(case.service)
    call = getattr(client, case.operation)
    with aws.inject(case.service, error=case.error), pytest.raises(ClientError) as caught:
        call(**case.arguments)
    answer = caught.value.response
    assert type(caught.value).__name__ == case.exception
    assert answer["Error"]["Code"] == (case.code or case.error)
    assert answer["Error"]["Message"] == case.message
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == case.status
    assert answer["ResponseMetadata"]["RequestId"]

    record = aws.records()[0]
    assert record["errorCode"] == (case.recorded_as or case.error)
    assert record["errorMessage"] == case.message
    assert record["requestID"] == answer["ResponseMetadata"]["RequestId"]
    assert record["responseElements"] is None


@pytest.mark.parametrize("service", ["eks", "kms", "sts", "ec2", "s3", "route53"])
def test_own_words_are_lost(aws: Aws, service: str) -> None:
    """Message and status of one's own arrive as they are, XML's special characters included."""
    message = 'a <b> & "c"\tü 🚀'
    operation = {"route53": "list_hosted_zones", "s3": "list_buckets", "ec2": "describe_vpcs"}
    name = {"eks": "list_clusters", "kms": "list_keys", "sts": "get_caller_identity", **operation}
    aws.inject(service, error="Teapot", message=message, status=418)
    with pytest.raises(ClientError) as caught:
        getattr(aws.client(service), name[service])()
    assert caught.value.response["Error"]["Message"] == message
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 418
    assert aws.records()[0]["errorMessage"] == message


def retrying(aws: Aws, service: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client that retries as SDKs do, but at once."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=aws.endpoint_url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"mode": mode, "total_max_attempts": 4}),
    )


RETRIED = {
    "eks-auth": ("ThrottlingException", None),
    "sts": ("Throttling", "get_caller_identity"),
    "dynamodb": ("ThrottlingException", "list_tables"),
    "ec2": ("RequestLimitExceeded", "describe_vpcs"),
    "s3": ("SlowDown", "list_buckets"),
    "eks": ("ServiceUnavailableException", "list_clusters"),
}


@pytest.mark.parametrize("mode", ["legacy", "standard"])
@pytest.mark.parametrize("service", RETRIED)
def test_client_gives_up_on_throttling(
    aws: Aws, service: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SDKs retry throttled calls and those that a service could not serve, until one succeeds."""
    error, operation = RETRIED[service]
    client = retrying(aws, service, mode, monkeypatch)
    injection = aws.inject(service, error=error, times=2)
    if operation is None:
        aws.create_cluster()
        aws.associate(aws.create_role())
        answer = client.assume_role_for_pod_identity(clusterName=CLUSTER, token=aws.token())
    else:
        answer = getattr(client, operation)()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert injection.struck == 2


def test_client_retries_what_cannot_succeed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal is not retried."""
    client = retrying(aws, "eks-auth", "standard", monkeypatch)
    with aws.inject("eks-auth", error="AccessDeniedException", times=None) as injection:
        with pytest.raises(client.exceptions.AccessDeniedException):
            client.assume_role_for_pod_identity(**POD)
        assert injection.struck == 1


def test_head_is_answered_with_a_body(aws: Aws) -> None:
    """What answers a HEAD has no body: the client knows the status alone, CloudTrail the code."""
    with aws.inject("s3", error="SlowDown"), pytest.raises(ClientError) as caught:
        aws.client("s3").head_bucket(Bucket="goods")
    assert caught.value.response["Error"]["Code"] == "503"
    (record,) = aws.records(event_name="HeadBucket")
    assert record["errorCode"] == "SlowDown"


def test_failed_call_has_an_effect(aws: Aws) -> None:
    """A call that was made to fail has changed nothing."""
    s3 = aws.client("s3", "us-east-1")
    with aws.inject("s3", error="InternalError"), pytest.raises(ClientError):
        s3.create_bucket(Bucket="goods")
    assert s3.list_buckets()["Buckets"] == []


def test_record_of_a_throttled_pod_misses_the_pod(aws: Aws) -> None:
    """CloudTrail's record of a throttled call tells who called, and with which parameters."""
    aws.create_cluster()
    role = aws.create_role()
    aws.associate(role)
    given = aws.assume()["credentials"]
    with aws.inject("kms", error="ThrottlingException"), pytest.raises(ClientError):
        aws.client_with(given, "kms").describe_key(KeyId="alias/goods")
    (record,) = aws.records(event_name="DescribeKey")
    assert record["userIdentity"]["accessKeyId"] == given["accessKeyId"]
    assert record["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == role
    assert record["requestParameters"] == {"keyId": "alias/goods"}
    assert record["eventSource"] == "kms.amazonaws.com"
    assert (record["errorCode"], record["errorMessage"]) == ("ThrottlingException", RATE)


#: Service -> what a request without boto3 is answered.
BODIES = {
    "eks": ("GET", "/clusters", "application/json", '{"message": "m"}'),
    "s3": (
        "GET",
        "/",
        "application/xml",
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>Oops</Code><Message>m</Message>',
    ),
    "sts": (
        "GET",
        "/?Action=GetCallerIdentity&Version=2011-06-15",
        "text/xml",
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
        "<Type>Sender</Type><Code>Oops</Code><Message>m</Message></Error><RequestId>",
    ),
}


@pytest.mark.parametrize("service", BODIES)
def test_body_is_another_service_s(aws: Aws, service: str) -> None:
    """On the wire the answer looks like the service's own."""
    method, path, content_type, body = BODIES[service]
    aws.inject(service, error="Oops", message="m")
    answer = aws.http(service, method, path)
    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith(content_type)
    assert answer.text.startswith(body)


def test_form_is_not_understood(aws: Aws) -> None:
    """Calls that name their operation in a form are told apart, and their forms are not lost."""
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    with aws.inject("sts", operation="GetSessionToken", error="Oops") as injection:
        body = "Action=GetCallerIdentity&Version=2011-06-15"
        answer = aws.http("sts", "POST", "/", body, headers=form)
        assert "<GetCallerIdentityResult>" in answer.text
        assert injection.struck == 0
        body = "Action=GetSessionToken&Version=2011-06-15"
        assert "<Code>Oops</Code>" in aws.http("sts", "POST", "/", body, headers=form).text


def test_body_that_is_called_a_form_is_lost(aws: Aws) -> None:
    """A failure that waits for another operation leaves the bodies of all others alone."""
    aws.create_cluster()
    aws.associate(aws.create_role())
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with aws.inject("eks-auth", error="Oops", access_key_id="AKIAIOSFODNN7ANOTHER"):
        body = json.dumps({"token": aws.token()})
        path = f"/clusters/{CLUSTER}/assume-role-for-pod-identity"
        host = f"eks-auth.{REGION}.api.aws"
        answer = aws.http("eks-auth", "POST", path, body, host=host, headers=form)
        assert answer.status == 200
    with aws.inject("eks-auth", operation="AssumeRoleForPodIdentity", error="Oops"):
        answer = aws.http("eks-auth", "POST", path, body, host=host, headers=form)
        assert answer.headers["x-amzn-ErrorType"] == "Oops"


def test_unsigned_call_is_spared(aws: Aws) -> None:
    """Errors strike unsigned calls, too."""
    aws.inject("sts", operation="AssumeRoleWithWebIdentity", error="IDPCommunicationError")
    client = aws.client("sts")
    with pytest.raises(client.exceptions.IDPCommunicationErrorException):
        client.assume_role_with_web_identity(
            RoleArn="arn:aws:iam::123456789012:role/r",
            RoleSessionName="pod",
            WebIdentityToken="x" * 9,
        )
