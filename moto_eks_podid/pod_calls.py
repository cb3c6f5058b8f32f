"""The calls that clients of this process make while it runs as a pod.

Every client of botocore calls through one method, those included that were made before: they keep
the credentials that they were made with, which a pod does not have.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final
from unittest import mock

from botocore.client import BaseClient
from botocore.credentials import Credentials

from .overlays import Overlays

#: Of STS, which a pod's are, and those of the roles that it assumes.
_TEMPORARY_KEYS: Final = "ASIA"


class NotAdoptedWarning(UserWarning):
    """A call inside :func:`~moto_eks_podid.run_as_pod` had other credentials than the pod's."""


class ClientCalls:
    """Looks at each call of a client until the block ends.

    :param before: called before each call
    """

    def __init__(self, before: Callable[[], None]) -> None:
        self._before = before
        self._warned = False

    def __enter__(self) -> ClientCalls:
        with _lock:
            if not _running:
                _patch.start()
            _running.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        with _lock:
            _running.remove(self)
            if not _running:
                _patch.stop()

    def look_at(self, client: Any) -> None:
        """Warn, once, when a client does not call as the pod."""
        self._before()
        credentials = credentials_of(client)
        if self._warned or type(credentials) is not Credentials:
            # Those that a provider refreshes were looked for inside the block.
            return
        key = credentials.access_key
        if key and not key.startswith(_TEMPORARY_KEYS):
            self._warned = True
            warnings.warn(
                f"A client of {client.meta.service_model.service_name} that was made outside "
                f"run_as_pod called with its own key, {key}, not as the pod. Make clients inside "
                "the block, or switch this one with Pod.adopt(client).",
                NotAdoptedWarning,
                stacklevel=5,
            )


class _Thread(threading.local):
    is_outside = False


_thread = _Thread()
_lock = threading.Lock()
#: Of pods inside of each other, the innermost is last.
_running: list[ClientCalls] = []
# Its types leave out what is private.
_make_api_call = BaseClient._make_api_call  # type: ignore[attr-defined]


def _call(client: Any, operation: str, parameters: Any) -> Any:
    if not _thread.is_outside:
        for calls in _running[-1:]:
            calls.look_at(client)
    return _make_api_call(client, operation, parameters)


# One for all pods, which need not end in the order in which they began.
_patch = mock.patch.object(BaseClient, "_make_api_call", _call)


@contextmanager
def outside() -> Iterator[None]:
    """Let this thread call with whatever credentials inside the block, as somebody else would."""
    before, _thread.is_outside = _thread.is_outside, True
    try:
        yield
    finally:
        _thread.is_outside = before


def credentials_of(client: Any) -> Any:
    """Return the credentials that a client signs with; None if it does not sign."""
    return client._request_signer._credentials


def _put_credentials(given: Mapping[Any, Any]) -> None:
    for signer, credentials in given.items():
        signer._credentials = credentials


#: By the signer of the client.
_credentials: Final = Overlays[Any, Any](lambda signer: signer._credentials, _put_credentials)


def switch_credentials(client: Any, credentials: Any) -> AbstractContextManager[None]:
    """Give a client other credentials until the block ends.

    :param client: of boto3, or a resource of boto3
    """
    client = client.meta.client if hasattr(client.meta, "client") else client
    return _credentials.laid({client._request_signer: credentials})
