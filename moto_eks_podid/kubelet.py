"""The token file of a pod, kept fresh as the kubelet keeps it."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Final

import jwt

from . import clock
from .remote import ClusterLookupError, ServerError

#: A token is renewed when that much of its life has passed, or a day, whichever comes first
#: ("ServiceAccount token volume projection", Kubernetes documentation).
RENEWED_AFTER: Final = 0.8
MAX_AGE_SECONDS: Final = 86_400

#: After which time in seconds it is tried again where that failed.
_RETRY: Final = 60.0
#: When the cluster is gone, its server does not answer, or somebody removed the folder.
_FAILURES: Final = (ClusterLookupError, ServerError, OSError, ValueError)

logger = logging.getLogger("moto_eks_podid.kubelet")


class ProjectedToken:
    """A service account token in a file of its own, which only this user can read.

    The file is replaced at once, so that a reader sees the old token or the new one. The time that
    counts is the plugin's, so that a test may freeze or shift it; without that a timer renews the
    token. Where that fails, the old token stays, and it is tried again in a minute.

    :param mint: makes a token of the pod
    :param file_name: the name of the file, in a new folder that is removed with it
    :param now: seconds since 1970, where the cluster is
    """

    def __init__(
        self,
        mint: Callable[[], str],
        file_name: str,
        now: Callable[[], float] = clock.epoch_seconds,
    ) -> None:
        self._mint = mint
        self._now = now
        # Such a folder is this user's alone.
        self._folder = tempfile.mkdtemp(prefix="eks-pod-identity-")
        self._remove_folder = weakref.finalize(self, _remove, self._folder, os.getpid())
        self.path = Path(self._folder) / file_name
        # Renewing may be asked for by several threads at once, and by the timer.
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._renewed_at: float | None = None
        self._stopped = False
        self.renew()

    @property
    def token(self) -> str:
        """The token that is in the file now."""
        return self.path.read_text(encoding="ascii")

    def renew(self) -> None:
        """Write a new token."""
        with self._lock:
            token = self._mint()
            self._write(token)
            claims = jwt.decode(token, options={"verify_signature": False})
            life = claims["exp"] - claims["iat"]
            self._wait(min(life * RENEWED_AFTER, MAX_AGE_SECONDS))

    def renew_if_due(self) -> None:
        """Write a new token if the one in the file is old enough."""
        if self._is_due():
            with self._lock:
                # Another thread may have been faster.
                if self._is_due():
                    self._try_to_renew()

    def _is_due(self) -> bool:
        return self._renewed_at is not None and self._now() >= self._renewed_at

    def _try_to_renew(self) -> None:
        with self._lock:
            if self._stopped:
                return
            try:
                self.renew()
            except _FAILURES as error:
                logger.warning("The token of a pod was not renewed: %s", error)
                self._wait(_RETRY)

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._stopped:
            return
        # The claims are of the machine that the server runs on, whose clock may be another one:
        # what counts is how much of a life has passed.
        self._renewed_at = self._now() + seconds
        self._timer = threading.Timer(seconds, self._try_to_renew)
        self._timer.name = "eks-pod-identity-kubelet"
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Renew the token no more, as if the node's kubelet were down."""
        with self._lock:
            self._stopped = True
            self._renewed_at = None
            if self._timer is not None:
                self._timer.cancel()

    def remove(self) -> None:
        """Stop, and remove the file and its folder."""
        self.stop()
        self._remove_folder()

    def _write(self, token: str) -> None:
        # mkstemp makes files that only this user can read.
        descriptor, name = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token)
        os.replace(name, self.path)


def _remove(folder: str, process: int) -> None:
    # A process that was forked has all of this as well, but the pod is the other's.
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
