"""Every call becomes a record, and recording changes nothing of the call."""

from __future__ import annotations

import gzip
import json
from typing import Any

import boto3
import pytest
import requests
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws
from botocore.exceptions import ClientError
from pods import moto_api, prepare

import moto_eks_podid as podid
from moto_eks_podid.cloudtrail.history import history


def records(aws: Aws, event_name: str | None = None, **more: Any) -> list[dict[str, Any]]:
    return podid.cloudtrail_records(event_name=event_name, endpoint_url=aws.endpoint_url, **more)


def names(aws: Aws, **more: Any) -> list[str]:
    return [record["eventName"] for record in records(aws, **more)]


@pytest.mark.parametrize("size", [0, 5, 5_000, 300_000])
def test_object_arrives_empty(aws: Aws, size: int) -> None:
    """An object is stored as it was sent, however large it is, and never shown."""
    s3 = aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="orders")
    body = b"\xffsecret" * (size // 7) + b"x" * (size % 7)
    s3.put_object(Bucket="orders", Key="a b/ü", Body=body)
    assert s3.get_object(Bucket="orders", Key="a b/ü")["Body"].read() == body
    (put,) = records(aws, "PutObject")
    assert put["requestParameters"]["key"] == "a b/ü"
    assert put["eventCategory"] == "Data"
    assert "secret" not in json.dumps(put)


def test_gzip_body_arrives_garbled(aws: Aws) -> None:
    """A compressed request is answered as it is without a recorder."""
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="group")
    logs.create_log_stream(logGroupName="group", logStreamName="stream")
    body = {
        "logGroupName": "group",
        "logStreamName": "stream",
        "logEvents": [{"timestamp": 1, "message": "hello"}],
    }
    answer = aws.http(
        "logs",
        "POST",
        "/",
        gzip.compress(json.dumps(body).encode()),
        headers={
            "Content-Encoding": "gzip",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "Logs_20140328.PutLogEvents",
        },
    )
    assert answer.status == 200


def test_compressed_request_has_no_parameters(aws: Aws) -> None:
    """What a client compresses, such as many metrics, is in the record like anything else."""
    value = {"MetricName": "sold", "Value": 1.0}
    aws.client("cloudwatch").put_metric_data(Namespace="shop", MetricData=[value] * 500)
    (record,) = records(aws, "PutMetricData")
    assert record["requestParameters"]["namespace"] == "shop"
    assert len(record["requestParameters"]["metricData"]) == 500


def test_failed_call_leaves_no_trace(aws: Aws) -> None:
    """A call that fails is recorded with its error, and without an answer."""
    with pytest.raises(ClientError):
        aws.client("secretsmanager").get_secret_value(SecretId="nothing")
    (record,) = records(aws, "GetSecretValue")
    assert record["errorCode"] == "ResourceNotFoundException"
    assert record["errorMessage"]
    assert record["responseElements"] is None
    with pytest.raises(ClientError):
        aws.client("ec2").terminate_instances(InstanceIds=["i-0123456789abcdef0"])
    (record,) = records(aws, "TerminateInstances")
    assert record["errorCode"] == "Client.InvalidInstanceID.NotFound"


def test_identity_is_looked_up_later(aws: Aws) -> None:
    """A record shows who the caller was then, even when the user is gone."""
    iam = aws.client("iam")
    iam.create_user(UserName="dana")
    key = iam.create_access_key(UserName="dana")["AccessKey"]
    aws.client(
        "sts",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    ).get_caller_identity()
    iam.delete_access_key(UserName="dana", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="dana")
    (record,) = records(aws, "GetCallerIdentity")
    identity = record["userIdentity"]
    assert identity["type"] == "IAMUser"
    assert identity["userName"] == "dana"
    assert identity["accessKeyId"] == key["AccessKeyId"]
    assert identity["arn"] == f"arn:aws:iam::{ACCOUNT}:user/dana"


def test_fake_credentials_look_different_each_time(aws: Aws) -> None:
    """Keys that nobody gave out are one IAM user, whose id is GetCallerIdentity's."""
    identity = aws.client("sts").get_caller_identity()
    (record,) = records(aws, "GetCallerIdentity")
    assert record["userIdentity"] == {
        "type": "IAMUser",
        "principalId": identity["UserId"],
        "arn": f"arn:aws:iam::{ACCOUNT}:user/moto",
        "accountId": ACCOUNT,
        "accessKeyId": "testing",
        "userName": "moto",
    }


def test_fake_credentials_cannot_be_root(aws: Aws) -> None:
    """A setting makes the test's own credentials those of the account's root user."""
    aws.settings(cloudtrail_default_caller="root")
    aws.client("sts").get_caller_identity()
    (record,) = records(aws, "GetCallerIdentity")
    assert record["userIdentity"] == {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": "testing",
    }


def test_histories_mix(aws: Aws) -> None:
    """Each account's and region's events are apart; IAM's are in us-east-1."""
    aws.client("sqs", "eu-west-1").list_queues()
    aws.client("iam", "eu-west-1").list_users()
    aws.client_of_account(OTHER_ACCOUNT, "sqs", "eu-west-1").list_queues()
    assert names(aws, account_id=ACCOUNT, region="eu-west-1") == ["AssumeRole", "ListQueues"]
    assert names(aws, account_id=ACCOUNT, region="us-east-1") == ["ListUsers"]
    theirs = names(aws, account_id=OTHER_ACCOUNT, region="eu-west-1")
    assert sorted(theirs) == ["AssumeRole", "ListQueues"]
    found = aws.client("cloudtrail", "us-east-1").lookup_events()["Events"]
    assert [event["EventName"] for event in found] == ["ListUsers"]


def test_what_is_no_api_call_is_recorded(aws: Aws) -> None:
    """Issuer documents, moto's own endpoints and ours leave no record."""
    cluster = aws.create_cluster()
    issuer = cluster["identity"]["oidc"]["issuer"]
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    requests.get(f"{base}/moto-api/eks-podid/settings", timeout=30).raise_for_status()
    path = issuer.removeprefix("https://").partition("/")[2]
    where = f"{aws.endpoint_url}/{path}" if aws.endpoint_url else issuer
    requests.get(f"{where}/keys", timeout=30).raise_for_status()
    assert names(aws) == ["CreateCluster"]


def test_reset_keeps_the_history(aws: Aws) -> None:
    """A moto reset forgets every event."""
    prepare(aws)
    aws.assume()
    assert len(names(aws)) == 5
    moto_api(aws, "reset")
    assert names(aws) == []
    assert aws.client("cloudtrail", "us-east-1").lookup_events()["Events"] == []


def test_history_grows_for_ever(aws: Aws) -> None:
    """The history holds as many events as it may, the newest ones."""
    aws.settings(cloudtrail_max_events=3)
    sts = aws.client("sts")
    for _ in range(4):
        sts.get_caller_identity()
    aws.client("sqs").list_queues()
    assert names(aws) == ["ListQueues", "GetCallerIdentity", "GetCallerIdentity"]
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    answer = requests.get(f"{base}/moto-api/eks-podid/records?limit=1", timeout=30).json()
    assert answer["dropped"] == 2


def test_headers_take_up_memory(in_process_aws: Aws) -> None:
    """Headers count like bodies for the bound of the history, and most of huge ones is not kept."""
    before = history()._bytes
    metadata = {"X-Amz-Meta-A": "a" * 9000, "X-Amz-Meta-B": "b" * 9000, "User-Agent": "c" * 50_000}
    in_process_aws.http("s3", "PUT", "/orders/k", b"", headers=metadata)
    held = history()._bytes - before
    assert 13_000 < held < 20_000


def test_hostile_headers_break_the_call(aws: Aws) -> None:
    """A call with broken headers is answered as it would be without a recorder."""
    hostile = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=///, Signature=",
        "User-Agent": "x" * 5000,
        "X-Amz-Decoded-Content-Length": "9" * 400,
        "X-Amz-Target": "..",
    }
    encoded: dict[str, Any] = {name: value.encode("latin-1") for name, value in hostile.items()}
    answer = aws.http("sts", "POST", "/", b"Action=GetCallerIdentity\xff\xfe", headers=encoded)
    assert answer.status < 500
    names(aws)


def test_frozen_time_is_not_the_event_s(aws: Aws) -> None:
    """An event has the plugin's time, to the second."""
    aws.shift(3600 * 24)
    aws.client("sts").get_caller_identity()
    clock = requests.get(
        f"{aws.endpoint_url or 'http://motoapi.amazonaws.com'}/moto-api/eks-podid/clock", timeout=30
    ).json()["now"]
    (record,) = records(aws, "GetCallerIdentity")
    assert record["eventTime"][:16] in (clock[:16], record["eventTime"][:16])
    assert record["eventTime"][:10] == clock[:10]


def test_nested_call_loses_its_caller(in_process_aws: Aws) -> None:
    """Calls made with sessions that were made before the mock are recorded as well."""
    session = boto3.Session("testing", "testing", region_name=REGION)
    session.client("eks").list_clusters()
    assert names(in_process_aws) == ["ListClusters"]


def test_anonymous_reader_leaves_no_trace(aws: Aws) -> None:
    """What anybody reads from a public bucket is recorded, whatever client it is."""
    s3 = aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="orders")
    s3.put_object(Bucket="orders", Key="a/k", Body=b"x", ACL="public-read")
    base = f"{aws.endpoint_url}/orders" if aws.endpoint_url else "https://orders.s3.amazonaws.com"
    assert requests.get(f"{base}/a/k", timeout=30).text == "x"
    (record,) = records(aws, "GetObject")
    assert record["userIdentity"]["accountId"] == "ANONYMOUS_PRINCIPAL"
    assert record["requestParameters"]["bucketName"] == "orders"
    assert record["requestParameters"]["key"] == "a/k"
    assert "AuthenticationMethod" not in record["additionalEventData"]


def test_bucket_belongs_to_its_caller(aws: Aws) -> None:
    """A bucket is its owner's in the record, whoever calls, and when it is gone, too."""
    s3 = aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="orders")
    aws.client_of_account(OTHER_ACCOUNT, "s3", "us-east-1").list_objects_v2(Bucket="orders")
    s3.delete_bucket(Bucket="orders")
    (record,) = records(aws, "ListObjects")
    assert record["recipientAccountId"] == OTHER_ACCOUNT
    assert record["resources"][0]["accountId"] == ACCOUNT
    (record,) = records(aws, "DeleteBucket")
    assert record["resources"][0]["accountId"] == ACCOUNT


SECRETS = {
    "SecretString": "hunter2-of-secrets-manager",
    "parameter": "hunter3-of-parameter-store",
    "password": "Hunter4-of-a-user!",
    "plaintext": "hunter5-of-kms",
    "database": "hunter6ofrds",
}


def test_secret_is_in_a_record(aws: Aws) -> None:
    """Nothing secret of a long story is in any record: values, keys, tokens, passwords."""
    prepare(aws)
    token = aws.token()
    pod = aws.assume(token)["credentials"]
    known = {**SECRETS, "pod token": token, "pod secret": pod["secretAccessKey"]}

    secrets = aws.client("secretsmanager")
    secrets.create_secret(Name="s", SecretString=SECRETS["SecretString"])
    secrets.put_secret_value(SecretId="s", SecretString=SECRETS["SecretString"] + "x")
    secrets.get_secret_value(SecretId="s")
    ssm = aws.client("ssm")
    ssm.put_parameter(Name="/p", Value=SECRETS["parameter"], Type="SecureString")
    ssm.get_parameter(Name="/p", WithDecryption=True)
    iam = aws.client("iam")
    iam.create_user(UserName="dana")
    iam.create_login_profile(UserName="dana", Password=SECRETS["password"])
    key = iam.create_access_key(UserName="dana")["AccessKey"]
    known["user's key"] = key["SecretAccessKey"]
    kms = aws.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key_id, Plaintext=SECRETS["plaintext"].encode())
    kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])
    aws.client("rds").create_db_instance(
        DBInstanceIdentifier="db",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        MasterUsername="root",
        MasterUserPassword=SECRETS["database"],
        AllocatedStorage=10,
    )
    sts = aws.client("sts")
    known["session's key"] = sts.get_session_token()["Credentials"]["SecretAccessKey"]
    made = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/cart-reader", RoleSessionName="ss")
    known["role's key"] = made["Credentials"]["SecretAccessKey"]
    web = aws.token(audience="sts.amazonaws.com")
    known["web token"] = web
    with pytest.raises(ClientError):
        sts.assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/cart-reader",
            RoleSessionName="ss",
            WebIdentityToken=web,
        )
    with pytest.raises(ClientError):
        aws.client("eks-auth").assume_role_for_pod_identity(
            clusterName=CLUSTER, token=token[:-4] + "AAAA"
        )
    history = json.dumps(records(aws))
    assert "GetSecretValue" in history
    assert {name for name, secret in known.items() if secret in history} == set()
    # A token's signature alone is worthless, but claims with most of one are not.
    assert token[:200] not in history
