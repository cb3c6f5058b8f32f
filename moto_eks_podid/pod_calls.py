"""The calls that clients of this process make while it runs as a pod.

Every client of botocore calls through one method, those included that were made before: they keep
the credentials that they were made with, which a pod does not have.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final
from unittest import mock
from weakref import WeakSet

from botocore import UNSIGNED
from botocore.client import BaseClient
from botocore.session import Session

from .overlays import Overlays

#: What stands between a call and the code that made it.
_SDK: Final = (__package__, "botocore", "boto3", "s3transfer")


class NotAdoptedWarning(UserWarning):
    """A call inside :func:`~moto_eks_podid.run_as_pod` had other credentials than the pod's."""


class ClientCalls:
    """Looks at each call of a client until the block ends.

    :param before: called before each call, and before a client is made, which finds credentials
    """

    def __init__(self, before: Callable[[], None]) -> None:
        self._before = before
        self._warned = False
        self._known: WeakSet[Any] = WeakSet()

    def __enter__(self) -> ClientCalls:
        with _lock:
            if not _running:
                for patch in _patches:
                    patch.start()
            _running.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        with _lock:
            _running.remove(self)
            if not _running:
                for patch in _patches:
                    patch.stop()

    def make(self, make: Callable[[], Any]) -> Any:
        """Return a client that is made inside the block."""
        self._before()
        client = make()
        self._known.add(client)
        return client

    def adopt(self, client: Any) -> None:
        """Take a client for one that was made inside the block."""
        self._known.add(client)

    def look_at(self, client: Any) -> None:
        """Warn, once, when a client does not call as the pod."""
        if client in _of_tests:
            return
        self._before()
        if self._warned or client in self._known or credentials_of(client) is None:
            return
        self._warned = True
        warnings.warn(
            f"A client of {client.meta.service_model.service_name} that was made outside this "
            "run_as_pod called with its own credentials, not as the pod. Make clients inside the "
            "block, or switch this one with Pod.adopt(client).",
            NotAdoptedWarning,
            stacklevel=_level_of_caller(),
        )


def _level_of_caller() -> int:
    """Return how far above the calling function the code is that uses the SDK."""
    level, frame = 1, sys._getframe(1)
    while frame.f_globals.get("__name__", "").partition(".")[0] in _SDK and frame.f_back:
        level, frame = level + 1, frame.f_back
    return level


class _Thread(threading.local):
    is_outside = False


_thread = _Thread()
_lock = threading.Lock()
#: Of pods that run at once, the one that began last is last.
_running: list[ClientCalls] = []
#: Those that a test has for itself, to arrange and to look at what pods find.
_of_tests: WeakSet[Any] = WeakSet()
# Its types leave out what is private.
_make_api_call = BaseClient._make_api_call  # type: ignore[attr-defined]
_create_client: Any = Session.create_client


def _call(client: Any, operation: str, parameters: Any) -> Any:
    if not _thread.is_outside:
        for calls in _running[-1:]:
            calls.look_at(client)
    return _make_api_call(client, operation, parameters)


def _create(session: Any, *args: Any, **kwargs: Any) -> Any:
    def make() -> Any:
        return _create_client(session, *args, **kwargs)

    if not _thread.is_outside:
        for calls in _running[-1:]:
            return calls.make(make)
    return make()


# For all pods, which need not end in the order in which they began.
_patches = (
    mock.patch.object(BaseClient, "_make_api_call", _call),
    mock.patch.object(Session, "create_client", _create),
)


@contextmanager
def outside() -> Iterator[None]:
    """Let this thread call with whatever credentials inside the block, as somebody else would."""
    before, _thread.is_outside = _thread.is_outside, True
    try:
        yield
    finally:
        _thread.is_outside = before


def of_the_test(client: Any) -> Any:
    """Return a client that calls with its own credentials inside of pods, which is meant so."""
    _of_tests.add(client)
    return client


def credentials_of(client: Any) -> Any:
    """Return the credentials that a client signs with; None if it does not sign."""
    unsigned = client.meta.config.signature_version is UNSIGNED
    return None if unsigned else client._request_signer._credentials


def _put_credentials(given: Mapping[Any, Any]) -> None:
    for signer, credentials in given.items():
        signer._credentials = credentials


#: By the signer of the client.
_credentials: Final = Overlays[Any, Any](lambda signer: signer._credentials, _put_credentials)


def switch_credentials(client: Any, credentials: Any) -> AbstractContextManager[None]:
    """Give a client other credentials until the block ends."""
    return _credentials.laid({client._request_signer: credentials})
