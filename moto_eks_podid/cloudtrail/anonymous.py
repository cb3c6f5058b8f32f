"""Unsigned calls at a server, where only a bucket's name in the path tells that they are S3's."""

from __future__ import annotations

import sys
from urllib.parse import unquote

#: Hosts of AWS tell the service themselves.
_OF_AWS = ("amazonaws.", ".api.aws")


def is_of_bucket(url: str) -> bool:
    """Tell whether a URL of a server begins with the name of a bucket that there is."""
    models = sys.modules.get("moto.s3.models")
    if models is None:
        return False
    host, _, path = url.partition("://")[2].partition("?")[0].partition("/")
    if any(name in host for name in _OF_AWS):
        return False
    return unquote(path.partition("/")[0]) in models.s3_backends.bucket_accounts
