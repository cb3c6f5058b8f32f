"""Presigned URLs: the signature in the query says who calls, and which service."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws, Response
from botocore.config import Config
from pods import credentials_of_a_pod
from shell import Shell, exported

from moto_eks_podid.signatures import (
    credential_in_query,
    key_in_header,
    key_in_query,
    region_in_query,
)
from tests.sts.sts_query import text_of

NOBODY = f"arn:aws:sts::{ACCOUNT}:user/moto"
KEY = "ASIAIOSFODNN7EXAMPLE"


def fetched(url: str, method: str = "GET", **headers: str) -> Response:
    answer = requests.request(method, url, headers=headers, timeout=30)
    return Response(answer.status_code, answer.headers, answer.text)


def presigned_identity(sts: Any, method: str = "GET") -> Response:
    return fetched(sts.generate_presigned_url("get_caller_identity", HttpMethod=method), method)


def s3_of(aws: Aws, version: str, **options: Any) -> Any:
    """A client whose URLs have a signature of that version."""
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=aws.endpoint_url,
        config=Config(signature_version=version, **options),
        aws_access_key_id=KEY,
        aws_secret_access_key="secret",
    )


# Who calls


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("account", [ACCOUNT, OTHER_ACCOUNT])
def test_session_s_url_is_somebody_else_s(aws: Aws, account: str, method: str) -> None:
    """A presigned GetCallerIdentity answers for the session that signed it."""
    made = aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/cart", RoleSessionName="cart-1"
    )
    answer = presigned_identity(aws.client_with(made["Credentials"], "sts"), method)
    assert answer.status == 200
    assert text_of(answer, "Arn") == made["AssumedRoleUser"]["Arn"]
    assert text_of(answer, "UserId") == made["AssumedRoleUser"]["AssumedRoleId"]
    assert text_of(answer, "Account") == account


def test_pod_s_url_is_somebody_else_s(aws: Aws) -> None:
    """A presigned GetCallerIdentity of a pod answers for the pod's session."""
    sts = aws.client_with(credentials_of_a_pod(aws), "sts")
    assert text_of(presigned_identity(sts), "Arn") == sts.get_caller_identity()["Arn"]


def test_user_s_url_is_somebody_else_s(aws: Aws) -> None:
    """A presigned GetCallerIdentity of an IAM user of another account answers for that user."""
    iam = aws.client_of_account(OTHER_ACCOUNT, "iam")
    made = iam.create_user(UserName="alice")["User"]
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    sts = aws.client(
        "sts",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert text_of(presigned_identity(sts), "Arn") == made["Arn"]


def test_nobody_s_url_fails(aws: Aws) -> None:
    """A URL that an unknown key signed is nobody's, as moto has it for every call."""
    answer = presigned_identity(aws.client("sts"))
    assert (answer.status, text_of(answer, "Arn")) == (200, NOBODY)


def test_header_and_query_disagree(aws: Aws) -> None:
    """Of a request that is signed twice, the header counts."""
    made = aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/cart", RoleSessionName="cart-1"
    )
    sts = aws.client_with(made["Credentials"], "sts")
    scope = f"{KEY}/20260101/{REGION}/sts/aws4_request"
    answer = fetched(
        sts.generate_presigned_url("get_caller_identity"),
        Authorization=f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0",
    )
    assert text_of(answer, "Arn") == NOBODY


def test_url_is_of_another_partition(aws: Aws) -> None:
    """The partition is that of the region that a URL was signed for."""
    answer = presigned_identity(aws.client("sts", "cn-north-1"))
    assert text_of(answer, "Arn") == f"arn:aws-cn:sts::{ACCOUNT}:user/moto"


def test_url_is_of_another_region(aws: Aws) -> None:
    """EKS answers a presigned URL for the region that it was signed for."""
    aws.create_cluster()
    for region, names in ((REGION, [CLUSTER]), ("eu-central-1", [])):
        url = aws.client("eks", region).generate_presigned_url("list_clusters")
        assert fetched(url).json["clusters"] == names


# Which service: a server has no host names to tell


def test_url_of_another_service_is_s3_s(aws: Aws) -> None:
    """A presigned call goes to the service that it was signed for."""
    aws.create_role()
    listed = fetched(aws.client("iam").generate_presigned_url("list_roles"))
    assert "<RoleName>cart-reader</RoleName>" in listed.text
    described = fetched(aws.client("ec2").generate_presigned_url("describe_vpcs"))
    assert "<DescribeVpcsResponse" in described.text


#: Keys of objects; each as a path would be another service's, were it not signed for S3.
OBJECTS = (
    "plain",
    "folder/plain",
    "a_b/c",
    "id/0123456789ABCDEF0123456789ABCDEF/keys",
    "id/0123456789ABCDEF0123456789ABCDEF/.well-known/openid-configuration",
    ".well-known/jwks.json",
)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize("key", OBJECTS)
def test_object_s_url_is_another_service_s(aws: Aws, key: str, version: str) -> None:
    """Presigned URLs of S3 stay S3's: with the bucket in the path and in the host's name."""
    aws.client("s3").create_bucket(
        Bucket="goods", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    s3 = s3_of(aws, version, s3={"addressing_style": "path"})
    what = {"Bucket": "goods", "Key": key}
    put = requests.put(s3.generate_presigned_url("put_object", what), data=b"tea", timeout=30)
    assert put.status_code == 200
    url = s3.generate_presigned_url("get_object", what)
    assert fetched(url).text == "tea"

    parts = urlsplit(url)
    host = f"goods.s3.{REGION}.amazonaws.com"
    base = aws.endpoint_url or f"https://{host}"
    virtual = f"{base}{parts.path.removeprefix('/goods')}?{parts.query}"
    assert fetched(virtual, Host=host).text == "tea"


GARBAGE = (
    "X-Amz-Credential",
    "X-Amz-Credential=",
    "X-Amz-Credential=%2F%2F%2F%2F",
    "X-Amz-Credential=,,,",
    "X-Amz-Credential=%20/%20/%20/%20/%20",
    "X-Amz-Credential=%00%FF",
    f"X-Amz-Credential={KEY}",
    f"X-Amz-Credential={KEY}/20260101/{REGION}/nosuchservice/aws4_request",
    f"X-Amz-Credential={KEY}/20260101/{REGION}/dynamodb/aws4_request",
    "AWSAccessKeyId=",
    "AWSAccessKeyId=%FF",
)


@pytest.mark.parametrize("query", GARBAGE)
def test_garbage_for_a_signature_crashes(aws: Aws, query: str) -> None:
    """A URL whose signature cannot be read is answered like an unsigned one."""
    base = aws.endpoint_url or f"https://sts.{REGION}.amazonaws.com"
    answer = fetched(f"{base}/?Action=GetCallerIdentity&Version=2011-06-15&{query}")
    if aws.endpoint_url is None:
        assert text_of(answer, "Arn") == NOBODY
    else:
        # Whatever the server takes it for; it has no host name to go by.
        assert answer.status < 500


# What people do with them


def test_token_for_kubectl_is_somebody_else_s(server_aws: Aws, shell: Shell) -> None:
    """The URL inside of `aws eks get-token`'s token says who ran it, as Kubernetes asks it."""
    given = credentials_of_a_pod(server_aws)
    words = ("eks", "get-token", "--cluster-name", CLUSTER)
    token = shell.aws(*words, environ=exported(given))["status"]["token"]
    encoded = token.removeprefix("k8s-aws-v1.")
    url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    answer = fetched(url, **{"x-k8s-aws-id": CLUSTER})
    assert answer.status == 200
    assert text_of(answer, "Arn") == server_aws.sessions()[0].arn


# How signatures are read

SCOPE = f"{KEY}/20260101/{REGION}/sts/aws4_request"

#: Header -> access key.
HEADERS = {
    f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=0": KEY,
    f"AWS4-HMAC-SHA256 SignedHeaders=host,Credential={SCOPE},Signature=0": KEY,
    f"AWS {KEY}:c2lnbmF0dXJl": KEY,
    "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/s3/aws4_request": "testing",
    "Bearer eyJhbGciOiJSUzI1NiJ9.e30.AAAA": None,
    "AWS4-HMAC-SHA256 Credential=": None,
    "AWS": None,
    "": None,
}

#: Query -> access key, whole credential, region.
QUERIES = {
    f"X-Amz-Credential={SCOPE}": (KEY, SCOPE, REGION),
    f"a=b&X-Amz-Credential={SCOPE.replace('/', '%2F')}&c=d": (KEY, SCOPE, REGION),
    f"x-amz-credential={SCOPE.replace('/', '%2f')}": (KEY, SCOPE, REGION),
    f"AWSAccessKeyId={KEY}&Expires=1&Signature=0": (KEY, None, None),
    f"X-Amz-Credential={KEY}": (KEY, KEY, None),
    f"Not-X-Amz-Credential={SCOPE}": (None, None, None),
    f"NotAWSAccessKeyId={KEY}": (None, None, None),
    "Action=GetCallerIdentity": (None, None, None),
    "": (None, None, None),
}


@pytest.mark.parametrize("header", HEADERS)
def test_header_names_another_key(header: str) -> None:
    """The key of a header of either version is found."""
    assert key_in_header(header) == HEADERS[header]


@pytest.mark.parametrize("query", QUERIES)
def test_query_names_another_key(query: str) -> None:
    """The key, the credential and the region of a presigned URL's query are found."""
    found = (key_in_query(query), credential_in_query(query), region_in_query(query))
    assert found == QUERIES[query]
