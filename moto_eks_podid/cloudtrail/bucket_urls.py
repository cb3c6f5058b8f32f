"""What an S3 URL tells: the bucket, and with that its owner."""

from __future__ import annotations

import sys
from typing import cast
from urllib.parse import unquote

#: Hosts of AWS tell the service themselves.
_OF_AWS = ("amazonaws.", ".api.aws")


def bucket_in(url: str) -> str:
    """Return the bucket of a URL of S3's, which is in the host or in the path."""
    host, _, path = url.partition("://")[2].partition("?")[0].partition("/")
    in_host = host.rpartition(".s3")[0]
    if in_host and _is_of_aws(host):
        return in_host
    return unquote(path.partition("/")[0]) or host.partition(".")[0]


def owner_in(url: str) -> str | None:
    """Return the account that has the bucket of a URL of S3's; None where there is no bucket."""
    # Nobody has made one while moto's S3 is not loaded.
    models = sys.modules.get("moto.s3.models")
    owner = models.s3_backends.bucket_accounts.get(bucket_in(url)) if models else None
    return cast("str", owner[1]) if owner else None


def is_of_bucket(url: str) -> bool:
    """Tell whether a URL of a server, not of AWS, begins with the name of a bucket that there is.

    Only that tells that an unsigned call is for S3.
    """
    return not _is_of_aws(url.partition("://")[2].partition("/")[0]) and owner_in(url) is not None


def _is_of_aws(host: str) -> bool:
    return any(name in host for name in _OF_AWS)
