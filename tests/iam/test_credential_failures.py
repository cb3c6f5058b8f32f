"""Credentials that are not good are refused by every service in its own form, in both modes."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
import requests
from aws_under_test import REGION, Aws, Json
from botocore import UNSIGNED
from botocore.config import Config
from judged import allow, bucket, judge, pod, refused, role, user

INVALID = "The security token included in the request is invalid."
NOT_VALIDATED = "AWS was not able to validate the provided access credentials"
SIGNATURE = "The request signature we calculated does not match the signature you provided."
MISSING = "Missing Authentication Token"

#: Service -> a call without arguments.
CALLS = {
    "secretsmanager": "list_secrets",
    "eks": "list_clusters",
    "iam": "list_roles",
    "route53": "list_hosted_zones",
    "ec2": "describe_vpcs",
    "s3": "list_buckets",
    "sts": "get_caller_identity",
}
#: Service -> what is wrong -> code, status, message.
REFUSALS: dict[str, dict[str, tuple[str, int, str]]] = {
    "secretsmanager": {
        "unknown": ("UnrecognizedClientException", 400, INVALID),
        "token": ("UnrecognizedClientException", 400, INVALID),
        "signature": ("InvalidSignatureException", 400, SIGNATURE),
        "none": ("MissingAuthenticationTokenException", 400, MISSING),
    },
    "eks": {
        "unknown": ("UnrecognizedClientException", 403, INVALID),
        "token": ("UnrecognizedClientException", 403, INVALID),
        "signature": ("InvalidSignatureException", 403, SIGNATURE),
        "none": ("MissingAuthenticationTokenException", 403, MISSING),
    },
    **{
        service: {
            "unknown": ("InvalidClientTokenId", 403, INVALID),
            "token": ("InvalidClientTokenId", 403, INVALID),
            "signature": ("SignatureDoesNotMatch", 403, SIGNATURE),
            "none": ("MissingAuthenticationToken", 403, MISSING),
        }
        for service in ("iam", "route53", "sts")
    },
    "ec2": dict.fromkeys(
        ("unknown", "token", "signature", "none"), ("AuthFailure", 401, NOT_VALIDATED)
    ),
    "s3": {
        "unknown": (
            "InvalidAccessKeyId",
            403,
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        "token": ("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
        "signature": ("SignatureDoesNotMatch", 403, f"{SIGNATURE} Check your key"),
        "none": ("AccessDenied", 403, "Access Denied"),
    },
}
#: What is wrong -> what replaces the good credentials.
SPOILT: dict[str, Json] = {
    "unknown": {"accessKeyId": "ASIAQQQQQQQQQQQQQQQQ"},
    "token": {"sessionToken": "made up"},
    "signature": {"secretAccessKey": "made up"},
}


def client_with(aws: Aws, credentials: Json, service: str, what: str) -> Any:
    if what != "none":
        return aws.client_with({**credentials, **SPOILT[what]}, service)
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=aws.endpoint_url,
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )


def administrator(aws: Aws) -> Json:
    return pod(aws, role(aws, allow("*")))


@pytest.mark.parametrize("mode", ["sessions", "all"])
@pytest.mark.parametrize("what", [*SPOILT, "none"])
def test_bad_credentials_are_accepted(in_process_aws: Aws, mode: str, what: str) -> None:
    """Unknown keys, wrong session tokens, wrong signatures and unsigned calls are refused."""
    aws = in_process_aws
    credentials = administrator(aws)
    judge(aws, mode, verify_signatures=True)
    for service, operation in CALLS.items():
        getattr(aws.client_with(credentials, service), operation)()
        if (service, what) == ("route53", "none"):
            # moto takes an unsigned call to a global endpoint for no service's.
            continue
        code, status, message = REFUSALS[service][what]
        with refused(code, message, status):
            getattr(client_with(aws, credentials, service, what), operation)()


@pytest.mark.parametrize("what", SPOILT)
def test_bad_credentials_are_accepted_by_the_server(server_aws: Aws, what: str) -> None:
    """The server refuses the same credentials in the same form."""
    aws = server_aws
    credentials = administrator(aws)
    judge(aws, verify_signatures=True)
    for service, operation in CALLS.items():
        getattr(aws.client_with(credentials, service), operation)()
        code, status, message = REFUSALS[service][what]
        with refused(code, message, status):
            getattr(client_with(aws, credentials, service, what), operation)()


@pytest.mark.parametrize("mode", ["sessions", "all"])
def test_session_goes_on_after_its_end(aws: Aws, mode: str) -> None:
    """Sessions end while calls are judged, too."""
    credentials = administrator(aws)
    judge(aws, mode)
    aws.shift(21_601)
    with refused("ExpiredToken", "The security token included in the request is expired", 403):
        aws.client_with(credentials, "iam").list_roles()
    with refused("ExpiredToken", "The provided token has expired.", 400):
        aws.client_with(credentials, "s3").list_buckets()


def test_session_works_without_its_token(aws: Aws) -> None:
    """The key of a session without its token is as bad as one with a wrong token."""
    credentials = administrator(aws)
    judge(aws)
    keys = {
        "aws_access_key_id": credentials["accessKeyId"],
        "aws_secret_access_key": credentials["secretAccessKey"],
    }
    with refused("InvalidClientTokenId", INVALID, 403):
        aws.client("iam", **keys).list_roles()
    with refused("InvalidToken", status=400):
        aws.client("s3", **keys).list_buckets()


def test_user_s_key_works_with_a_token_or_when_inactive(aws: Aws) -> None:
    """A user's key has no session token, and does not work once it is inactive."""
    iam = aws.client("iam")
    iam.create_user(UserName="ann")
    iam.attach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }
    judge(aws)
    assert aws.client("iam", **keys).list_users()["Users"]
    with refused("InvalidClientTokenId", INVALID):
        aws.client("iam", **keys, aws_session_token="any").list_users()
    iam.update_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with refused("InvalidClientTokenId", INVALID):
        aws.client("iam", **keys).list_users()


def test_deleted_key_is_an_administrator_s(aws: Aws) -> None:
    """An access key that is deleted, or whose user is, is worth nothing any more."""
    of_ann, of_bob = user(aws, allow("*")), user(aws, name="bob")
    iam = aws.client("iam")
    iam.delete_access_key(UserName="ann", AccessKeyId=of_ann["aws_access_key_id"])
    iam.delete_user(UserName="bob")
    judge(aws)
    for keys in (of_ann, of_bob):
        with refused("InvalidClientTokenId", INVALID, 403):
            aws.client("iam", **keys).list_users()
        with refused("InvalidAccessKeyId", status=403):
            aws.client("s3", **keys).list_buckets()


def s3_client(aws: Aws, credentials: Json, **config: Any) -> Any:
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=aws.endpoint_url,
        config=Config(**config),
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials["sessionToken"],
    )


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_url_is_taken_at_its_word(aws: Aws, version: str) -> None:
    """A presigned URL must have the signature of its key's secret, and counts as its caller's."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="goods", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="goods", Key="tea", Body=b"green")
    s3.put_object(Bucket="goods", Key="safe", Body=b"gold")
    given = pod(aws, role(aws, allow("s3:GetObject", on="arn:aws:s3:::goods/tea")))
    judge(aws, verify_signatures=True)
    client = s3_client(aws, given, signature_version=version)

    def url_of(key: str) -> str:
        made: str = client.generate_presigned_url(
            "get_object", {"Bucket": "goods", "Key": key}, ExpiresIn=60
        )
        return made

    assert requests.get(url_of("tea"), timeout=30).content == b"green"
    assert "<Code>AccessDenied</Code>" in requests.get(url_of("safe"), timeout=30).text
    other = url_of("safe").replace("/safe?", "/tea?")
    answer = requests.get(other, timeout=30)
    assert answer.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in answer.text


@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("key", ["/tea", "//tea", "a//b"])
def test_slashes_of_a_key_spoil_its_signature(in_process_aws: Aws, style: str, key: str) -> None:
    """A key's slashes are signed as they are, in whatever address of the bucket."""
    aws = in_process_aws
    bucket(aws, "goods")
    client = s3_client(aws, administrator(aws), s3={"addressing_style": style})
    judge(aws, verify_signatures=True)
    client.put_object(Bucket="goods", Key=key, Body=b"green")
    assert client.get_object(Bucket="goods", Key=key)["Body"].read() == b"green"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_form_is_taken_at_its_word(aws: Aws, version: str) -> None:
    """A form that a browser posts must have the signature of its policy by its key's secret."""
    s3 = bucket(aws, "goods")
    given = administrator(aws)
    judge(aws, verify_signatures=True)

    def post(client: Any, query: str = "", **fields: str) -> requests.Response:
        form = client.generate_presigned_post("goods", "tea")
        form["fields"].update(fields)
        return requests.post(
            form["url"] + query, data=form["fields"], files={"file": b"green"}, timeout=30
        )

    honest = s3_client(aws, given, signature_version=version)
    liar = s3_client(aws, {**given, "secretAccessKey": "made up"}, signature_version=version)
    signature = "x-amz-signature" if version == "s3v4" else "signature"
    for refused_one in (
        post(liar),
        post(honest, policy="e30="),
        post(honest, **{signature: "é"}),
        post(honest, **{signature: ""}),
    ):
        assert refused_one.status_code == 403
        assert "<Code>SignatureDoesNotMatch</Code>" in refused_one.text
    # What signs a form signs nothing else.
    assert "<Code>InvalidRequest</Code>" in post(honest, "?delete").text
    assert post(honest).status_code == 204
    aws.settings()
    assert s3.get_object(Bucket="goods", Key="tea")["Body"].read() == b"green"
