"""Digest files, the keys of their signatures, and what `aws cloudtrail validate-logs` says."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from aws_under_test import ACCOUNT, REGION, Aws
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from shell import AWS, Shell

import moto_eks_podid as podid
from moto_eks_podid.cloudtrail.digests import KEY_LIFETIME
from tests.cloudtrail.trail_bucket import BUCKET, TRAIL, TrailBucket, trail_arn

Json = dict[str, Any]

DIGEST_KEY = re.compile(
    rf"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/(\d{{4}})/(\d\d)/(\d\d)/"
    rf"{ACCOUNT}_CloudTrail-Digest_{REGION}_{TRAIL}_{REGION}_\1\2\3T\d{{6}}Z\.json\.gz"
)
MEMBERS = [
    "awsAccountId",
    "digestStartTime",
    "digestEndTime",
    "digestS3Bucket",
    "digestS3Object",
    "digestPublicKeyFingerprint",
    "digestSignatureAlgorithm",
    "newestEventTime",
    "oldestEventTime",
    "previousDigestS3Bucket",
    "previousDigestS3Object",
    "previousDigestHashValue",
    "previousDigestHashAlgorithm",
    "previousDigestSignature",
    "logFiles",
]
LOG_FILE_MEMBERS = [
    "s3Bucket",
    "s3Object",
    "hashValue",
    "hashAlgorithm",
    "newestEventTime",
    "oldestEventTime",
]


def digests_of(bucket: TrailBucket) -> list[Json]:
    return [bucket.read(key) for key in bucket.keys("CloudTrail-Digest")]


def sha256(bucket: TrailBucket, key: str) -> str:
    body = bucket.s3.get_object(Bucket=bucket.name, Key=key)["Body"].read()
    return hashlib.sha256(gzip.decompress(body)).hexdigest()


def deliver_after(aws: Aws, *names: str) -> list[str]:
    """Make queues, and have what was called delivered."""
    for name in names:
        aws.client("sqs").create_queue(QueueName=name)
    return podid.deliver_trails(endpoint_url=aws.endpoint_url)


@pytest.fixture
def bucket(aws: Aws) -> TrailBucket:
    """A trail that validates its log files, and three deliveries, the last of which is empty."""
    made = TrailBucket(aws)
    made.trail(EnableLogFileValidation=True)
    deliver_after(aws, "one", "two")
    deliver_after(aws, "three")
    deliver_after(aws)
    return made


def test_digest_tells_of_other_files(bucket: TrailBucket) -> None:
    """Each delivery's digest file tells of its log files, by hash and times."""
    keys = bucket.keys("CloudTrail-Digest")
    digests = digests_of(bucket)
    assert len(keys) == 3
    for key, digest in zip(keys, digests, strict=True):
        assert DIGEST_KEY.fullmatch(key)
        assert list(digest) == MEMBERS
        assert (digest["digestS3Bucket"], digest["digestS3Object"]) == (BUCKET, key)
        assert digest["awsAccountId"] == ACCOUNT
        assert digest["digestSignatureAlgorithm"] == "SHA256withRSA"
        end = re.sub(r"\D", "", digest["digestEndTime"])
        assert f"{end[:8]}T{end[8:]}Z" in key
        assert re.fullmatch(r"[0-9a-f]{32}", digest["digestPublicKeyFingerprint"])
        for file in digest["logFiles"]:
            assert list(file) == LOG_FILE_MEMBERS
            assert file["hashValue"] == sha256(bucket, file["s3Object"])
            times = [one["eventTime"] for one in bucket.read(file["s3Object"])["Records"]]
            assert (file["newestEventTime"], file["oldestEventTime"]) == (max(times), min(times))
            assert digest["newestEventTime"] == max(times)
    assert sorted(file["s3Object"] for each in digests for file in each["logFiles"]) == sorted(
        bucket.keys()
    )
    assert digests[2]["logFiles"] == []
    assert digests[2]["newestEventTime"] is digests[2]["oldestEventTime"] is None


def test_chain_is_broken(bucket: TrailBucket) -> None:
    """Each digest file names the one before it, with hash and signature; the first names none."""
    first, *others = digests = digests_of(bucket)
    assert [first[name] for name in MEMBERS if name.startswith("previous")] == [None] * 5
    for before, digest in zip(digests, others, strict=False):
        assert digest["digestStartTime"] == before["digestEndTime"] < digest["digestEndTime"]
        assert digest["previousDigestS3Bucket"] == BUCKET
        key = digest["previousDigestS3Object"]
        assert key == before["digestS3Object"]
        assert digest["previousDigestHashValue"] == sha256(bucket, key)
        assert digest["previousDigestHashAlgorithm"] == "SHA-256"
        head = bucket.s3.head_object(Bucket=BUCKET, Key=key)
        assert head["Metadata"] == {
            "signature": digest["previousDigestSignature"],
            "signature-algorithm": "SHA256withRSA",
        }


def test_signature_is_of_something_else(bucket: TrailBucket) -> None:
    """The key with the fingerprint has signed end, place, hash and the signature before."""
    keys = bucket.cloudtrail().list_public_keys()["PublicKeyList"]
    (public,) = [load_der_public_key(key["Value"]) for key in keys]
    assert isinstance(public, RSAPublicKey)
    assert public.key_size == 2048
    for digest in digests_of(bucket):
        assert digest["digestPublicKeyFingerprint"] == keys[0]["Fingerprint"]
        key = digest["digestS3Object"]
        head = bucket.s3.head_object(Bucket=BUCKET, Key=key)
        signature = bytes.fromhex(head["Metadata"]["signature"])
        signed = (
            f"{digest['digestEndTime']}\n{BUCKET}/{key}\n{sha256(bucket, key)}\n"
            f"{digest['previousDigestSignature'] or 'null'}"
        )
        public.verify(signature, signed.encode(), PKCS1v15(), SHA256())
        with pytest.raises(InvalidSignature):
            public.verify(signature, signed.encode() + b"\n", PKCS1v15(), SHA256())


def test_chain_goes_on_after_a_stop(aws: Aws, bucket: TrailBucket) -> None:
    """Nobody vouches for a time without logging: a new chain begins, and ends are all different."""
    bucket.cloudtrail().stop_logging(Name=TRAIL)
    bucket.cloudtrail().start_logging(Name=TRAIL)
    deliver_after(aws, "four")
    bucket.cloudtrail().update_trail(Name=TRAIL, EnableLogFileValidation=False)
    deliver_after(aws, "five")
    bucket.cloudtrail().update_trail(Name=TRAIL, EnableLogFileValidation=True)
    deliver_after(aws, "six")
    digests = digests_of(bucket)
    begins = [digest["previousDigestS3Object"] is None for digest in digests]
    assert begins == [True, False, False, False, True, True]
    ends = [digest["digestEndTime"] for digest in digests]
    assert ends == sorted(set(ends))
    told = {file["s3Object"] for digest in digests for file in digest["logFiles"]}
    undigested = set(bucket.keys()) - told
    assert [bucket.read(key)["Records"][-1]["eventName"] for key in undigested] == ["CreateQueue"]


def test_refused_digest_forgets_files(in_process_aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log files whose digest file was refused are told of by the next one."""
    from moto_eks_podid.cloudtrail import trails
    from moto_eks_podid.cloudtrail.buckets import PutRefused
    from moto_eks_podid.events.log_files import DigestFile

    bucket = TrailBucket(in_process_aws)
    bucket.trail(EnableLogFileValidation=True)
    put = trails.put

    def refuse_digests(file: Any, *rest: Any) -> None:
        if isinstance(file, DigestFile):
            raise PutRefused("AccessDenied")
        put(file, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(trails, "put", refuse_digests)
        assert len(deliver_after(in_process_aws, "one")) == 1
    status = bucket.cloudtrail().get_trail_status(Name=TRAIL)
    assert status["LatestDigestDeliveryError"] == "AccessDenied"
    assert "LatestDeliveryError" not in status
    deliver_after(in_process_aws, "two")
    (digest,) = digests_of(bucket)
    assert {file["s3Object"] for file in digest["logFiles"]} == set(bucket.keys())


# Public keys


def test_region_has_the_key_of_another(aws: Aws) -> None:
    """Each region has its own keys, which are the same for a while."""
    keys = {}
    for region in (REGION, "eu-central-1", REGION):
        answer = aws.client("cloudtrail", region).list_public_keys()
        (key,) = answer["PublicKeyList"]
        assert keys.setdefault(region, key) == key
        assert set(key) == {"Value", "ValidityStartTime", "ValidityEndTime", "Fingerprint"}
        now = datetime.now(timezone.utc)
        assert key["ValidityStartTime"] < now < key["ValidityEndTime"]
        assert key["Fingerprint"] == hashlib.md5(key["Value"]).hexdigest()
    assert keys[REGION]["Fingerprint"] != keys["eu-central-1"]["Fingerprint"]


def test_old_key_is_forgotten(aws: Aws) -> None:
    """A key is followed by another after its time, and both are found by their times."""
    cloudtrail = aws.client("cloudtrail")

    def fingerprints(**times: datetime) -> list[str]:
        answer = cloudtrail.list_public_keys(**times)
        return [key["Fingerprint"] for key in answer["PublicKeyList"]]

    aws.shift(0)
    (old,) = fingerprints()
    aws.shift(KEY_LIFETIME.total_seconds())
    (new,) = fingerprints()
    assert old != new
    now = datetime.now(timezone.utc)
    assert fingerprints(StartTime=now) == [old, new]
    assert fingerprints(StartTime=now, EndTime=now) == [old]
    month = timedelta(days=31)
    assert fingerprints(StartTime=now - month, EndTime=now - month / 2) == []


BAD_RANGES: dict[str, Json] = {
    "an end before the start": {"StartTime": 2, "EndTime": 1},
    "a text": {"StartTime": "yesterday"},
    "not a number": {"EndTime": float("nan")},
    "a time before 1970": {"StartTime": -1},
    "a time after 9999": {"EndTime": 1e12},
    "a boolean": {"StartTime": True},
}


@pytest.mark.parametrize("case", BAD_RANGES)
def test_bad_time_range_is_taken(aws: Aws, case: str) -> None:
    """A time range that is none is refused with InvalidTimeRangeException."""
    answer = aws.http(
        "cloudtrail",
        "POST",
        "/",
        json.dumps(BAD_RANGES[case]),
        headers={
            "X-Amz-Target": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.ListPublicKeys",
            "Content-Type": "application/x-amz-json-1.1",
        },
    )
    assert (answer.status, answer.json["__type"]) == (400, "InvalidTimeRangeException")


def test_value_on_the_wire_is_no_base64(aws: Aws) -> None:
    """The key is in PKCS #1's DER form, and base64 on the wire."""
    answer = aws.http(
        "cloudtrail",
        "POST",
        "/",
        "{}",
        headers={
            "X-Amz-Target": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.ListPublicKeys",
            "Content-Type": "application/x-amz-json-1.1",
        },
    )
    (key,) = answer.json["PublicKeyList"]
    assert base64.b64decode(key["Value"], validate=True)[:4] == bytes.fromhex("3082010a")


# The real client


def validate(shell: Shell, arn: str, region: str = REGION, *options: str) -> tuple[int, str, str]:
    """Exit status of `aws cloudtrail validate-logs`, and what it prints to its outputs."""
    start = datetime.now(timezone.utc) - timedelta(hours=1)
    done = shell.run(
        *(AWS, "cloudtrail", "validate-logs", "--region", region),
        *("--trail-arn", arn, "--start-time", start.isoformat(), *options),
    )
    return done.returncode, done.stdout, done.stderr


def valid(out: str, kind: str) -> int:
    """How many files of a kind there are, all of which are valid.

    Validating makes calls, too, which are delivered when it reads the bucket.
    """
    found = re.search(rf"^(\d+)/\1 {kind} files valid$", out, re.MULTILINE)
    assert found, out
    return int(found[1])


@pytest.fixture
def validated(server_aws: Aws) -> TrailBucket:
    """A trail over all regions with four log files here, and one elsewhere."""
    bucket = TrailBucket(server_aws)
    bucket.trail(EnableLogFileValidation=True, IsMultiRegionTrail=True, S3KeyPrefix="audit")
    for name in ("one", "two", "three"):
        deliver_after(server_aws, name)
    server_aws.client("sqs", "eu-central-1").create_queue(QueueName="elsewhere")
    deliver_after(server_aws, "four")
    return bucket


def test_validate_logs_finds_fault(shell: Shell, validated: TrailBucket) -> None:
    """Files that nobody touched are all valid, in every region of the trail."""
    status, out, err = validate(shell, trail_arn(), REGION, "--verbose")
    assert (status, err) == (0, "")
    assert valid(out, "digest") >= 4
    assert valid(out, "log") >= 4

    status, out, err = validate(shell, trail_arn(), "eu-central-1")
    assert (status, err) == (0, "")
    assert valid(out, "digest") >= 1
    assert valid(out, "log") >= 1


def test_validate_logs_finds_fault_with_a_gap(
    server_aws: Aws, shell: Shell, validated: TrailBucket
) -> None:
    """A trail that was stopped for a while is valid: it says that there is a gap."""
    validated.cloudtrail().stop_logging(Name=TRAIL)
    validated.cloudtrail().start_logging(Name=TRAIL)
    deliver_after(server_aws, "five")
    status, out, err = validate(shell, trail_arn())
    assert status == 0
    assert valid(out, "digest") >= 6
    assert "No log files were delivered by CloudTrail between" in err


@pytest.mark.parametrize("altered", ["deleted", "altered", "appended"])
def test_validate_logs_misses_tampering(shell: Shell, validated: TrailBucket, altered: str) -> None:
    """A log file that was deleted, or whose content was changed, is found by name."""
    key = validated.keys()[-1]
    stored = validated.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    if altered == "deleted":
        validated.s3.delete_object(Bucket=BUCKET, Key=key)
        verdict = "INVALID: not found"
    elif altered == "altered":
        text = gzip.decompress(stored).replace(b"CreateQueue", b"DeleteQueue")
        validated.s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(text))
        verdict = "INVALID: hash value doesn't match"
    else:
        validated.s3.put_object(Bucket=BUCKET, Key=key, Body=stored + b"{}")
        verdict = "INVALID: unexpected data after end of compressed stream"
    status, out, err = validate(shell, trail_arn())
    assert status == 1
    assert f"s3://{BUCKET}/{key}\t{verdict}" in err
    assert re.search(r"\b[45]/([56]) log files valid, 1/\1 log files INVALID", out)
    assert valid(out, "digest") >= 4


def test_validate_logs_trusts_a_digest(shell: Shell, validated: TrailBucket) -> None:
    """A digest file that no longer tells of a log file has a wrong signature."""
    keys = [key for key in validated.keys("CloudTrail-Digest") if f"/{REGION}/" in key]
    found = validated.s3.get_object(Bucket=BUCKET, Key=keys[1])
    text = re.sub(rb'"logFiles":\[.*\]', b'"logFiles":[]', gzip.decompress(found["Body"].read()))
    validated.s3.put_object(
        Bucket=BUCKET, Key=keys[1], Body=gzip.compress(text), Metadata=found["Metadata"]
    )
    status, out, err = validate(shell, trail_arn())
    assert status == 1
    assert f"s3://{BUCKET}/{keys[1]}\tINVALID: signature verification failed" in err
    assert re.search(r"\b[45]/([56]) digest files valid, 1/\1 digest files INVALID", out)


def test_key_of_another_region_is_offered(aws: Aws, bucket: TrailBucket) -> None:
    """A region's digest files are signed with that region's key alone."""
    (digest, *_) = digests_of(bucket)
    elsewhere = aws.client("cloudtrail", "eu-central-1").list_public_keys()["PublicKeyList"]
    assert digest["digestPublicKeyFingerprint"] not in {key["Fingerprint"] for key in elsewhere}
    with pytest.raises(ClientError) as refused:
        aws.client("cloudtrail", "eu-central-1").start_logging(Name=TRAIL)
    assert refused.value.response["Error"]["Code"] == "TrailNotFoundException"
