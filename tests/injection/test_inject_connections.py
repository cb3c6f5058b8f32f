"""Connections that are dropped, and answers that are late."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from aws_under_test import REGION, Aws
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

import moto_eks_podid as podid

#: Longer than any test waits: whoever does not give up fails it.
FOREVER = 600


def client(aws: Aws, service: str, **config: Any) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=aws.endpoint_url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(**{"retries": {"total_max_attempts": 1}, **config}),
    )


@pytest.mark.parametrize("service", ["s3", "sts"])
def test_dropped_connection_is_an_answer(aws: Aws, service: str) -> None:
    """The SDK sees a connection that was closed, and CloudTrail no call; the next one works."""
    call = client(aws, service)
    names = {"s3": ("list_buckets", "ListBuckets"), "sts": ("get_caller_identity", "GetCallerIden")}
    operation, event = names[service]
    with aws.inject(service, dropped=True) as injection:
        with pytest.raises(ConnectionClosedError, match="closed before we received"):
            getattr(call, operation)()
        assert injection.struck == 1
    assert not any(record["eventName"].startswith(event) for record in aws.records())
    getattr(call, operation)()


def test_client_gives_up_on_a_dropped_connection(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """SDKs retry after a dropped connection."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    sts = client(aws, "sts", retries={"mode": "standard", "total_max_attempts": 3})
    injection = aws.inject("sts", dropped=True, times=2)
    assert sts.get_caller_identity()["ResponseMetadata"]["RetryAttempts"] == 2
    assert injection.struck == 2


def test_dropped_upload_has_an_effect(aws: Aws) -> None:
    """Nothing of an upload arrives whose connection is dropped, however large it is."""
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket="goods", CreateBucketConfiguration={"LocationConstraint": REGION})
    with aws.inject("s3", dropped=True), pytest.raises(ConnectionClosedError):
        s3.put_object(Bucket="goods", Key="a", Body=b"x" * 5_000_000)
    assert "Contents" not in s3.list_objects_v2(Bucket="goods")


def test_dropped_request_is_an_answer_to_requests(aws: Aws) -> None:
    """Who calls without botocore sees what its own library says of a closed connection."""
    aws.inject("eks", dropped=True)
    with pytest.raises(requests.ConnectionError, match="Remote end closed connection"):
        aws.http("eks", "GET", "/clusters")
    assert aws.http("eks", "GET", "/clusters").status == 200


def test_server_says_goodbye(server_aws: Aws) -> None:
    """The server sends not one byte before it closes the connection."""
    address = urlsplit(server_aws.endpoint_url or "")
    assert address.hostname
    scope = f"AKIAIOSFODNN7EXAMPLE/20260101/{REGION}/eks/aws4_request"
    server_aws.inject("eks", dropped=True)
    with socket.create_connection((address.hostname, address.port or 80), 20) as connection:
        connection.sendall(
            f"GET /clusters HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, Signature=0\r\n\r\n".encode()
        )
        assert connection.recv(1) == b""


def test_client_waits_beyond_its_read_timeout(aws: Aws) -> None:
    """A client whose read timeout is shorter than the latency gives up when that is over."""
    sts = client(aws, "sts", read_timeout=0.2)
    with aws.inject("sts", latency=FOREVER), pytest.raises(ReadTimeoutError):
        sts.get_caller_identity()


def test_service_gives_up_with_its_client(in_process_aws: Aws) -> None:
    """What a client no longer waited for is done all the same, and recorded."""
    s3 = client(in_process_aws, "s3", read_timeout=0.1)
    with in_process_aws.inject("s3", latency=FOREVER), pytest.raises(ReadTimeoutError):
        s3.create_bucket(Bucket="goods", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["goods"]
    assert in_process_aws.records(event_name="CreateBucket")[0].get("errorCode") is None


def test_late_answer_is_another_one(aws: Aws) -> None:
    """A client that waits long enough gets the answer, or the error that comes late."""
    sts = client(aws, "sts", read_timeout=20)
    with aws.inject("sts", latency=0.05) as injection:
        assert sts.get_caller_identity()["Account"] == "123456789012"
        assert injection.struck == 1
    with aws.inject("sts", latency=0.05, error="Throttling"):
        with pytest.raises(ClientError, match="Throttling"):
            sts.get_caller_identity()
    with aws.inject("sts", latency=0.05, dropped=True), pytest.raises(ConnectionClosedError):
        sts.get_caller_identity()


def test_late_drop_comes_before_the_timeout(aws: Aws) -> None:
    """Of a read timeout and a later drop the client sees the timeout."""
    sts = client(aws, "sts", read_timeout=0.1)
    with aws.inject("sts", latency=FOREVER, dropped=True), pytest.raises(ReadTimeoutError):
        sts.get_caller_identity()


def held_up(aws: Aws, injection: podid.Injection) -> tuple[threading.Thread, list[str]]:
    """A thread whose call an injection holds up, and what it is answered."""
    sts, answers = client(aws, "sts", read_timeout=60), []

    def call() -> None:
        answers.append(sts.get_caller_identity()["Account"])

    thread = threading.Thread(target=call)
    thread.start()
    while injection.struck == 0:
        assert thread.is_alive()
    return thread, answers


def test_late_call_holds_up_others(aws: Aws) -> None:
    """While one call is held up, others of the same service are answered; then so is it."""
    injection = aws.inject("sts", latency=FOREVER)
    thread, answers = held_up(aws, injection)
    assert client(aws, "sts").get_caller_identity()["Account"] == "123456789012"
    assert answers == []
    injection.remove()
    thread.join(20)
    assert answers == ["123456789012"]


def test_late_call_outlives_the_reset(aws: Aws) -> None:
    """A reset of moto lets go of the calls that are held up."""
    injection = aws.inject("sts", latency=FOREVER)
    thread, answers = held_up(aws, injection)
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    requests.post(f"{base}/moto-api/reset", timeout=30).raise_for_status()
    thread.join(20)
    assert answers == ["123456789012"]


def test_latencies_exclude_each_other(in_process_aws: Aws) -> None:
    """Latencies add up, and the client's patience with them."""
    sts = client(in_process_aws, "sts", read_timeout=0.3)
    with in_process_aws.inject("sts", latency=0.2), in_process_aws.inject("sts", latency=0.2):
        with pytest.raises(ReadTimeoutError):
            sts.get_caller_identity()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="moto's proxy needs openssl")
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_proxy_answers_in_spite_of_failures(tmp_path: Path) -> None:
    """moto's proxy drops connections and answers errors, too, and its log stays clean."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    command = [sys.executable, "-m", "moto_eks_podid", "proxy", "-p", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        own = f"http://localhost:{port}"
        for _ in range(600):
            try:
                requests.get(f"{own}/moto-api/eks-podid/inject", timeout=30)
                break
            except requests.ConnectionError:
                assert process.poll() is None, log.read_text()
                threading.Event().wait(0.1)
        proxy = f"http://127.0.0.1:{port}"
        sts = boto3.client(
            "sts",
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            verify=False,
            config=Config(
                proxies={"https": proxy}, retries={"mode": "standard", "total_max_attempts": 2}
            ),
        )
        with podid.inject("sts", dropped=True, endpoint_url=own) as dropped:
            assert sts.get_caller_identity()["ResponseMetadata"]["RetryAttempts"] == 1
            assert dropped.struck == 1
        with podid.inject("sts", error="AccessDenied", latency=0.01, endpoint_url=own):
            with pytest.raises(ClientError, match="AccessDenied"):
                sts.get_caller_identity()
        (denied, _) = podid.cloudtrail_records(endpoint_url=own)
        assert denied["errorCode"] == "AccessDenied"
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert "Traceback" not in log.read_text()
