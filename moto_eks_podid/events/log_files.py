"""The files that a trail writes: keys in the bucket, log files, and digest files about them.

Follows "CloudTrail log file examples", "Finding your CloudTrail log files", "CloudTrail digest file
structure" and "Custom implementations of CloudTrail log file integrity validation" (CloudTrail User
Guide).
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from string import ascii_letters, digits
from typing import Any

from .values import iso_time

HASH_ALGORITHM = "SHA-256"
SIGNATURE_ALGORITHM = "SHA256withRSA"

_ALPHANUMERIC = ascii_letters + digits
_UNIQUE_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a trail puts its files.

    :ivar account_id: whose events they are
    :ivar prefix: the trail's ``S3KeyPrefix``, empty for none
    :ivar trail_name: of the trail
    :ivar home_region: where the trail was made
    """

    bucket: str
    account_id: str
    trail_name: str
    home_region: str
    prefix: str = ""

    def log_file_key(self, region: str, time: datetime, seed: str) -> str:
        """Return the key of a log file.

        :param region: the region of its events
        :param time: of the delivery; aware and UTC
        :param seed: any text that tells the file from others of the minute
        """
        name = f"{self.account_id}_CloudTrail_{region}_{time:%Y%m%dT%H%M}Z_{unique(seed)}"
        return f"{self._folder('CloudTrail', region, time)}/{name}.json.gz"

    def digest_key(self, region: str, end: datetime) -> str:
        """Return the key of the digest file of a region's log files until ``end``."""
        name = (
            f"{self.account_id}_CloudTrail-Digest_{region}_{self.trail_name}_{self.home_region}_"
            f"{end:%Y%m%dT%H%M%S}Z"
        )
        return f"{self._folder('CloudTrail-Digest', region, end)}/{name}.json.gz"

    def _folder(self, kind: str, region: str, time: datetime) -> str:
        before = f"{self.prefix}/" if self.prefix else ""
        return f"{before}AWSLogs/{self.account_id}/{kind}/{region}/{time:%Y/%m/%d}"


def unique(seed: str) -> str:
    """Return the part of a log file's name that tells it from others: 16 letters and digits.

    It follows from ``seed``, so that the files of a seeded run have the same names.
    """
    digest = hashlib.sha256(seed.encode()).digest()[:_UNIQUE_LENGTH]
    return "".join(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in digest)


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is put into a bucket; ``content`` is not yet compressed."""

    bucket: str
    key: str
    content: bytes

    @property
    def compressed(self) -> bytes:
        """Its content in gzip's form, the same for the same content."""
        return gzip.compress(self.content, mtime=0)

    @property
    def hash_value(self) -> str:
        """The SHA-256 of its content, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class LogFile(File):
    """A file of records, with the times of the newest and the oldest."""

    newest: datetime
    oldest: datetime

    def in_digest(self) -> dict[str, Any]:
        """Return what a digest file says about it."""
        return {
            "s3Bucket": self.bucket,
            "s3Object": self.key,
            "hashValue": self.hash_value,
            "hashAlgorithm": HASH_ALGORITHM,
            "newestEventTime": iso_time(self.newest),
            "oldestEventTime": iso_time(self.oldest),
        }


@dataclass(frozen=True, slots=True)
class DigestFile(File):
    """A digest file; ``signature`` is in hexadecimal digits."""

    end: datetime
    signature: str

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata of its object, without the prefix of S3's headers."""
        return {"signature": self.signature, "signature-algorithm": SIGNATURE_ALGORITHM}


def log_file_content(records: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the content of a log file: one line of JSON."""
    return json.dumps({"Records": list(records)}, separators=(",", ":")).encode()


def digest_content(
    place: Place,
    key: str,
    start: datetime,
    end: datetime,
    fingerprint: str,
    previous: DigestFile | None,
    files: Iterable[LogFile],
) -> bytes:
    """Return the content of a digest file.

    :param key: its own
    :param fingerprint: of the key that signs it
    :param previous: the one before it; None at the beginning of a chain
    :param files: those that were delivered from ``start`` to ``end``
    """
    files = list(files)
    digest = {
        "awsAccountId": place.account_id,
        "digestStartTime": iso_time(start),
        "digestEndTime": iso_time(end),
        "digestS3Bucket": place.bucket,
        "digestS3Object": key,
        "digestPublicKeyFingerprint": fingerprint,
        "digestSignatureAlgorithm": SIGNATURE_ALGORITHM,
        "newestEventTime": iso_time(max(one.newest for one in files)) if files else None,
        "oldestEventTime": iso_time(min(one.oldest for one in files)) if files else None,
        "previousDigestS3Bucket": previous.bucket if previous else None,
        "previousDigestS3Object": previous.key if previous else None,
        "previousDigestHashValue": previous.hash_value if previous else None,
        "previousDigestHashAlgorithm": HASH_ALGORITHM if previous else None,
        "previousDigestSignature": previous.signature if previous else None,
        "logFiles": [one.in_digest() for one in files],
    }
    return json.dumps(digest, separators=(",", ":")).encode()


def string_to_sign(
    bucket: str, key: str, content: bytes, end: datetime, previous: DigestFile | None
) -> bytes:
    """Return what a digest file's signature is made of."""
    lines = (
        iso_time(end),
        f"{bucket}/{key}",
        hashlib.sha256(content).hexdigest(),
        previous.signature if previous else "null",
    )
    return "\n".join(lines).encode()


def fingerprint(public_key: bytes) -> str:
    """Return the fingerprint of a public key in PKCS #1's DER form: 32 hexadecimal digits."""
    return hashlib.md5(public_key, usedforsecurity=False).hexdigest()
