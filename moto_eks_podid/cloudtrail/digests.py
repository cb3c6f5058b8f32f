"""Signed digest files, each of which vouches for the log files since the one before it.

Follows "Validating CloudTrail log file integrity" (CloudTrail User Guide) and "ListPublicKeys"
(CloudTrail API Reference): every region has key pairs of its own.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict, BaseBackend

from ..events.log_files import (
    DigestFile,
    LogFile,
    Place,
    digest_content,
    fingerprint,
    string_to_sign,
)
from ..identity.keys import key_pool

#: How long a key signs; then there is another.
KEY_LIFETIME = timedelta(days=30)
#: How long before its first use a key became valid.
KEY_BEFORE = timedelta(days=1)

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class DigestKey:
    """A key pair that signs digest files from ``start`` to ``end``."""

    private_key: RSAPrivateKey
    start: datetime
    end: datetime

    @property
    def public_key(self) -> bytes:
        """The public half, in PKCS #1's DER form."""
        return self.private_key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)

    @property
    def fingerprint(self) -> str:
        """What digest files call it."""
        return fingerprint(self.public_key)

    def sign(self, message: bytes) -> str:
        """Return a signature in hexadecimal digits."""
        return self.private_key.sign(message, PKCS1v15(), SHA256()).hex()

    def description(self) -> dict[str, Any]:
        """Return it as ListPublicKeys shows it."""
        return {
            "Value": base64.b64encode(self.public_key).decode(),
            "ValidityStartTime": self.start.timestamp(),
            "ValidityEndTime": self.end.timestamp(),
            "Fingerprint": self.fingerprint,
        }


class DigestKeys:
    """The key pairs of one region, of which one is in use at any time."""

    def __init__(self) -> None:
        self._keys: list[DigestKey] = []

    def current(self, time: datetime) -> DigestKey:
        """Return the key that signs at a time, a new one if there is none."""
        for key in self._keys:
            if key.start <= time < key.end:
                return key
        start = time.replace(microsecond=0) - KEY_BEFORE
        key = DigestKey(key_pool.take(), start, start + KEY_LIFETIME)
        self._keys.append(key)
        return key

    def valid(self, start: datetime, end: datetime) -> list[DigestKey]:
        """Return the keys that were in use at some time of a range, whose ends count."""
        return [key for key in self._keys if key.start <= end and start < key.end]

    def give_back(self) -> None:
        """Make the keys available to others: nobody will sign with them any more."""
        while self._keys:
            key_pool.give_back(self._keys.pop().private_key)


class DigestKeysBackend(BaseBackend):
    """Holds the key pairs by region, so that every reset moto knows also ends them.

    They are of all accounts, and not in a region's own backend: trails over all regions also write
    files about regions that moto does not know.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.by_region: defaultdict[str, DigestKeys] = defaultdict(DigestKeys)

    def reset(self) -> None:
        for keys in self.by_region.values():
            keys.give_back()
        super().reset()


digest_keys_backends: BackendDict[DigestKeysBackend] = BackendDict(
    DigestKeysBackend, "eks-podid-digest-keys", use_boto3_regions=False, additional_regions=["aws"]
)


def digest_keys(region: str) -> DigestKeys:
    """Return the key pairs of a region."""
    return digest_keys_backends[DEFAULT_ACCOUNT_ID]["aws"].by_region[region]


@dataclass(slots=True)
class Chain:
    """The digest files of one trail about one region.

    Their ends, which are part of their keys, differ by a second at least.
    """

    end: datetime
    previous: DigestFile | None = field(default=None)

    @classmethod
    def starting(cls, time: datetime, before: Chain | None) -> Chain:
        """Begin a chain, after another one of the same trail and region if there was any."""
        time = time.replace(microsecond=0)
        return cls(time if before is None else max(time, before.end))

    def next(
        self,
        place: Place,
        region: str,
        files: Sequence[LogFile],
        time: datetime,
        key: DigestKey,
    ) -> DigestFile:
        """Return the next digest file. It counts once :meth:`add` was called with it."""
        end = max(time.astimezone(timezone.utc).replace(microsecond=0), self.end + _SECOND)
        name = place.digest_key(region, end)
        content = digest_content(place, name, self.end, end, key.fingerprint, self.previous, files)
        signature = key.sign(string_to_sign(place.bucket, name, content, end, self.previous))
        return DigestFile(place.bucket, name, content, end, signature)

    def add(self, digest: DigestFile) -> None:
        """Take note of a digest file that was put into the bucket."""
        self.previous = digest
        self.end = digest.end
