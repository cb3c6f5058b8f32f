"""Credentials that count as expired, and services whose clock is wrong."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import freezegun
import pytest
import requests
from aws_under_test import REGION, Aws
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from judged import bucket
from pods import credentials_of_a_pod

HOUR = 3600
TOKEN = {"clusterName": "prod-blue", "token": "a.b.c"}

#: Service -> an operation without an effect.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "sts": ("get_caller_identity", {}),
    "iam": ("list_roles", {}),
    "sqs": ("list_queues", {}),
    "secretsmanager": ("list_secrets", {}),
    "eks": ("list_clusters", {}),
    "eks-auth": ("assume_role_for_pod_identity", TOKEN),
    "ec2": ("describe_vpcs", {}),
    "s3": ("list_buckets", {}),
    "route53": ("list_hosted_zones", {}),
}


def refusal(client: Any, service: str) -> tuple[str, str, int]:
    operation, arguments = CALLS[service]
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**arguments)
    answer = caught.value.response
    error = answer["Error"]
    return error["Code"], error["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("service", CALLS)
def test_injected_expiry_differs_from_a_real_one(aws: Aws, service: str) -> None:
    """A service says of an injected expiry what it says when a session has really ended."""
    client = aws.client_with(credentials_of_a_pod(aws), service)
    with aws.inject(service, expired=True) as injection:
        injected = refusal(client, service)
        assert injection.struck == 1
    aws.shift(6 * HOUR + 1)
    assert refusal(client, service) == injected


LATE = r"Signature expired: (\S+) is now earlier than (\S+) \((\S+) - {} min\.\)"
EARLY = r"Signature not yet current: (\S+) is still later than (\S+) \((\S+) \+ {} min\.\)"
SKEWED = "The difference between the request time and the current time is too large."

#: Service -> code, status, the message when its clock is ahead and when it is behind.
WRONG_TIME = {
    "sts": ("SignatureDoesNotMatch", 403, LATE.format(15), EARLY.format(15)),
    "iam": ("SignatureDoesNotMatch", 403, LATE.format(5), EARLY.format(5)),
    "sqs": ("SignatureDoesNotMatch", 403, LATE.format(5), EARLY.format(5)),
    "secretsmanager": ("InvalidSignatureException", 400, LATE.format(5), EARLY.format(5)),
    "eks": ("InvalidSignatureException", 403, LATE.format(5), EARLY.format(5)),
    "eks-auth": ("InvalidSignatureException", 403, LATE.format(5), EARLY.format(5)),
    "ec2": ("RequestExpired", 400, "Request has expired.", "Request has expired."),
    "s3": ("RequestTimeTooSkewed", 403, SKEWED, SKEWED),
    "route53": ("SignatureDoesNotMatch", 403, LATE.format(5), EARLY.format(5)),
}


@pytest.mark.parametrize("service", WRONG_TIME)
def test_service_does_not_mind_the_wrong_time(aws: Aws, service: str) -> None:
    """A service whose clock is an hour off refuses every signature, and says what time it is."""
    code, status, ahead, behind = WRONG_TIME[service]
    client = aws.client(service)
    for skew, text in ((HOUR, ahead), (-HOUR, behind)):
        with aws.inject(service, clock_skew=skew) as injection:
            found = refusal(client, service)
            assert injection.struck == 1
        assert (found[0], found[2]) == (code, status)
        match = re.fullmatch(text, found[1])
        assert match
        if match.groups():
            signed, bound, now = (datetime.strptime(at, "%Y%m%dT%H%M%SZ") for at in match.groups())
            assert abs(now - signed - timedelta(seconds=skew)) < timedelta(minutes=1)
            assert abs(now - bound) in (timedelta(minutes=5), timedelta(minutes=15))
            assert (signed < bound) == (skew > 0)


@pytest.mark.parametrize("service", [name for name in CALLS if name != "eks-auth"])
def test_small_skew_is_refused(aws: Aws, service: str) -> None:
    """Four minutes are within what every service allows; no strike is counted for them."""
    operation, _ = CALLS[service]
    with aws.inject(service, clock_skew=-240, times=None) as injection:
        answer = getattr(aws.client(service), operation)()
        assert injection.struck == 0
    date = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    behind = datetime.now(timezone.utc) - date
    assert timedelta(seconds=200) < behind < timedelta(seconds=300)


def test_corrected_clock_is_refused(in_process_aws: Aws) -> None:
    """A client that takes the time from the refusal's Date, as SDKs do that correct their clock,
    is served."""
    eks = in_process_aws.client("eks")
    with in_process_aws.inject("eks", clock_skew=HOUR, times=None) as injection:
        with pytest.raises(ClientError) as caught:
            eks.list_clusters()
        headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
        date = parsedate_to_datetime(headers["date"])
        signed_now = {
            "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/"
            f"{REGION}/eks/aws4_request, Signature=0",
            "X-Amz-Date": f"{date:%Y%m%dT%H%M%SZ}",
        }
        assert in_process_aws.http("eks", "GET", "/clusters", headers=signed_now).status == 200
        assert injection.struck == 1


def test_frozen_time_counts_as_wrong(in_process_aws: Aws) -> None:
    """Under frozen time it is that time which the service's clock is off from."""
    eks = in_process_aws.client("eks")
    with freezegun.freeze_time("2026-03-01T12:00:00"):
        with in_process_aws.inject("eks", clock_skew=600), pytest.raises(ClientError) as caught:
            eks.list_clusters()
    assert caught.value.response["Error"]["Message"] == (
        "Signature expired: 20260301T120000Z is now earlier than 20260301T120500Z "
        "(20260301T121000Z - 5 min.)"
    )


def test_skew_of_s3_is_not_measured(aws: Aws) -> None:
    """S3's error has both times, and how far apart they may be."""
    aws.inject("s3", clock_skew=HOUR)
    with pytest.raises(ClientError) as caught:
        aws.client("s3").list_buckets()
    error: dict[str, Any] = dict(caught.value.response["Error"])
    requested = datetime.strptime(error["RequestTime"], "%Y%m%dT%H%M%SZ")
    served = datetime.strptime(error["ServerTime"], "%Y-%m-%dT%H:%M:%SZ")
    assert timedelta(seconds=HOUR) <= served - requested < timedelta(seconds=HOUR + 60)
    assert error["MaxAllowedSkewMilliseconds"] == "900000"


def test_requests_of_unknown_callers_are_recorded(aws: Aws) -> None:
    """CloudTrail has no record of requests that fail authentication, whatever they are called."""
    sts, s3 = aws.client("sts"), aws.client("s3")
    for failure in (
        {"expired": True},
        {"clock_skew": HOUR},
        {"error": "ExpiredToken"},
        {"error": "InvalidClientTokenId"},
    ):
        with aws.inject("sts", **failure), pytest.raises(ClientError):
            sts.get_caller_identity()
    with aws.inject("s3", error="InvalidAccessKeyId"), pytest.raises(ClientError):
        s3.list_buckets()
    assert aws.records() == []


def test_refused_token_is_not_recorded(aws: Aws) -> None:
    """An expired token of a pod is EKS Auth's own error, and CloudTrail has a record of it."""
    eks_auth = aws.client("eks-auth")
    with aws.inject("eks-auth", error="ExpiredTokenException"):
        with pytest.raises(eks_auth.exceptions.ExpiredTokenException):
            eks_auth.assume_role_for_pod_identity(**TOKEN)
    with aws.inject("s3", error="AccessDenied"), pytest.raises(ClientError):
        aws.client("s3").list_buckets()
    assert [record["errorCode"] for record in aws.records()] == [
        "AccessDenied",
        "ExpiredTokenException",
    ]


@pytest.mark.parametrize("failure", [{"expired": True}, {"clock_skew": HOUR}])
def test_unsigned_call_expires(aws: Aws, failure: dict[str, Any]) -> None:
    """A call without credentials has none that could expire, and no time of a signature."""
    s3 = bucket(aws, "goods")
    s3.put_object(Bucket="goods", Key="a", Body=b"x", ACL="public-read")
    anyone = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=aws.endpoint_url,
        config=Config(signature_version=UNSIGNED),
    )
    with aws.inject("s3", **failure) as injection:
        assert anyone.get_object(Bucket="goods", Key="a")["Body"].read() == b"x"
        assert injection.struck == 0


def signer_of(aws: Aws, version: str) -> Any:
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=aws.endpoint_url,
        config=Config(signature_version=version),
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_url_outlives_the_service_s_clock(aws: Aws, version: str) -> None:
    """A presigned URL of S3 is good until it expires by the service's clock."""
    s3 = bucket(aws, "goods")
    s3.put_object(Bucket="goods", Key="a", Body=b"x")
    signer = signer_of(aws, version)
    url = signer.generate_presigned_url(
        "get_object", Params={"Bucket": "goods", "Key": "a"}, ExpiresIn=2 * HOUR
    )
    with aws.inject("s3", clock_skew=HOUR, times=None) as injection:
        assert requests.get(url, timeout=30).content == b"x"
        assert injection.struck == 0
    with aws.inject("s3", clock_skew=3 * HOUR):
        answer = requests.get(url, timeout=30)
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code><Message>Request has expired</Message>" in answer.text
    assert re.search(r"<Expires>\S+Z</Expires>.*<ServerTime>\S+Z</ServerTime>", answer.text)


def test_presigned_url_is_good_too_early(aws: Aws) -> None:
    """A presigned URL of the future is refused."""
    bucket(aws, "goods")
    signer = signer_of(aws, "s3v4")
    url = signer.generate_presigned_url("list_objects_v2", Params={"Bucket": "goods"})
    with aws.inject("s3", clock_skew=-HOUR):
        answer = requests.get(url, timeout=30)
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.text


ODD_DATES = {
    "no date": ("/clusters", {}, 200),
    "no time": ("/clusters", {"X-Amz-Date": "yesterday"}, 200),
    "a year that is none": ("/clusters", {"X-Amz-Date": "99999999T999999Z"}, 200),
    "bytes": ("/clusters", {"X-Amz-Date": "\xff\xfe"}, 200),
    "that of mail": ("/clusters", {"Date": "Sun, 01 Mar 2026 12:00:00 GMT"}, 403),
    "without a zone": ("/clusters", {"Date": "Sun, 01 Mar 2026 12:00:00 -0000"}, 403),
    "twice in the URL": ("/clusters?X-Amz-Date=a&X-Amz-Date=b", {}, 200),
    "in the URL": ("/clusters?X-Amz-Date=20260301T120000Z", {}, 403),
}


@pytest.mark.parametrize("name", ODD_DATES)
def test_odd_date_crashes(aws: Aws, name: str) -> None:
    """Of a request whose time nobody can read the service does not complain."""
    path, headers, status = ODD_DATES[name]
    scope = f"AKIAIOSFODNN7EXAMPLE/20260101/{REGION}/eks/aws4_request"
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0", **headers}
    aws.inject("eks", clock_skew=-300_000_000)
    assert aws.http("eks", "GET", path, headers=signed).status == status


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Date=x&X-Amz-Expires=60",
        "X-Amz-Date=20260301T120000Z&X-Amz-Expires=9999999999",
        "X-Amz-Date=20260301T120000Z&X-Amz-Expires=-1",
        "X-Amz-Date=20260301T120000Z",
        "Expires=soon",
        "Expires=9999999999",
        "Expires=99999999999999999999",
    ],
)
def test_odd_presigned_url_crashes(aws: Aws, query: str) -> None:
    """Of a presigned URL that does not say until when, the service does not complain."""
    aws.inject("s3", clock_skew=HOUR)
    scope = f"AKIAIOSFODNN7EXAMPLE%2F20260101%2F{REGION}%2Fs3%2Faws4_request"
    answer = aws.http(
        "s3",
        "GET",
        f"/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&{query}",
        headers={"Authorization": ""},
    )
    assert answer.status == 200
