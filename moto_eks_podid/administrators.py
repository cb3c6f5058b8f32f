"""Access keys of administrators: good while they are needed, whoever is judged meanwhile."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict, BaseBackend

from . import remote

#: Unlike any key of AWS, in which an account is encoded.
_PREFIX = "administrator"
_NOBODY: frozenset[str] = frozenset()
_lock = threading.Lock()


class AdministratorsBackend(BaseBackend):
    """Holds the keys, so that every reset that moto knows ends them."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.keys = _NOBODY

    def reset(self) -> None:
        # moto's own way empties the object first, and another thread may be reading it.
        self.keys = _NOBODY


administrators_backends: BackendDict[AdministratorsBackend] = BackendDict(
    AdministratorsBackend,
    "eks-podid-administrators",
    use_boto3_regions=False,
    additional_regions=["aws"],
)


def is_administrator(access_key_id: str) -> bool:
    """Tell whether an access key is an administrator's."""
    # Hardly any is, and every judged call asks.
    if not access_key_id.startswith(_PREFIX):
        return False
    return access_key_id in administrators_backends[DEFAULT_ACCOUNT_ID]["aws"].keys


def give_key() -> str:
    """Return a new key of an administrator, until :func:`take_key` or the next moto reset."""
    key = f"{_PREFIX}{secrets.token_hex(16)}"
    with _lock:
        administrators_backends[DEFAULT_ACCOUNT_ID]["aws"].keys |= {key}
    return key


def take_key(access_key_id: str) -> None:
    """Let a key be nobody's again."""
    with _lock:
        administrators_backends[DEFAULT_ACCOUNT_ID]["aws"].keys -= {access_key_id}


@contextmanager
def administrator(server: str | None) -> Iterator[str]:
    """Yield the access key of an administrator, good inside the block.

    :param server: its URL; None for this process
    """
    if server is None:
        key = give_key()
        try:
            yield key
        finally:
            take_key(key)
        return
    path = "/administrators"
    key = remote.call(server, "POST", path, {})["access_key_id"]
    try:
        yield key
    finally:
        remote.call(server, "DELETE", f"{path}?{urlencode({'access_key_id': key})}")
