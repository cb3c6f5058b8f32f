"""Failures on purpose: services that throttle, dawdle, hang up or tell the wrong time."""

from __future__ import annotations

from types import TracebackType
from typing import Any
from urllib.parse import urlencode

from moto.core.models import MockAWS

from . import remote
from .faults.fault import check_times, fault
from .faults.injected import InjectedFault, add_fault


class Injection:
    """A failure that :func:`inject` arranged; as a context manager it is removed at the end."""

    def __init__(self, values: dict[str, Any], server: str | None, here: InjectedFault | None):
        self._values = values
        self._server = server
        self._here = here

    @property
    def id(self) -> str:
        """Its name in the endpoint ``/inject``."""
        identifier: str = self._values["id"]
        return identifier

    @property
    def struck(self) -> int:
        """How many calls it struck so far, retries included."""
        if self._here is not None:
            return self._here.struck
        answer = remote.call(self._server or "", "GET", f"/inject?{urlencode({'id': self.id})}")
        # None are there after a reset of the server, which forgets the count as well.
        for values in answer["injections"]:
            self._values = values
        struck: int = self._values["struck"]
        return struck

    def remove(self) -> None:
        """Have it strike no more, and let go of the calls that it holds up; once is enough."""
        if self._here is not None:
            self._here.remove()
        else:
            remote.call(self._server or "", "DELETE", f"/inject?{urlencode({'id': self.id})}")

    def __enter__(self) -> Injection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def __repr__(self) -> str:
        told = {
            name: value
            for name, value in self._values.items()
            if value not in (None, False) and name not in ("id", "struck", "active")
        }
        return f"Injection({', '.join(f'{name}={value!r}' for name, value in told.items())})"


def inject(
    service: str,
    *,
    operation: str | None = None,
    error: str | None = None,
    message: str | None = None,
    status: int | None = None,
    latency: float | None = None,
    dropped: bool = False,
    expired: bool = False,
    clock_skew: float | None = None,
    times: int | None = 1,
    access_key_id: str | None = None,
    role_arn: str | None = None,
    endpoint_url: str | None = None,
) -> Injection:
    """Have the next calls to a service fail, before it does anything.

    Give one of ``error``, ``dropped``, ``expired`` and ``clock_skew``, or ``latency``, which goes
    with each of them. The failure ends after ``times`` calls, when it is removed, or with the next
    moto reset. Of several, each call meets the first that fits; latencies add up.

    CloudTrail has records of calls that were answered with an error; of dropped connections, and of
    requests whose caller nobody knows (expired credentials, wrong time), it has none.

    :param service: as boto3 names it, such as ``eks-auth`` or ``s3``
    :param operation: only this one, such as ``GetObject`` or ``get_object``; default: every one
    :param error: the code that the service answers, such as ``ThrottlingException``, in the form of
        its protocol. For an error of the service's model, the name of its exception will do
    :param message: its words; default: AWS's, where they are known
    :param status: its HTTP status, 400 to 599; default: that of the service's model, of AWS's
        common errors, or 400
    :param latency: seconds, at most a day, that the call takes longer. A client of botocore whose
        ``read_timeout`` is shorter gives up then, although the service does what it was asked for
    :param dropped: close the connection without an answer
    :param expired: refuse the caller's credentials, as those of a session that has ended
    :param clock_skew: seconds by which the service's clock is ahead of the real time; behind, if
        negative. Requests that were not signed within 5 minutes of it (S3, EC2 and STS: 15) are
        refused, and only those count; ``Date`` tells the wrong time in every answer
    :param times: how many calls fail; None for all of them, until it is removed
    :param access_key_id: only calls that are signed with this key
    :param role_arn: only calls of this role's sessions
    :param endpoint_url: of a server with the plugin, whose calls fail; default: those of this
        process, or of moto's own server under ``TEST_SERVER_MODE``
    :returns: what removes it, also at the end of a ``with`` block, and counts the calls it struck
    :raises ValueError: for an unknown service or operation, a value of another type or out
        of its range, and arguments that contradict each other
    :raises RuntimeError: without a mock or a server
    """
    given = {
        "operation": operation,
        "error": error,
        "message": message,
        "status": status,
        "latency": latency,
        "dropped": dropped,
        "expired": expired,
        "clock_skew": clock_skew,
        "access_key_id": access_key_id,
        "role_arn": role_arn,
    }
    wanted = fault(service, **given)
    check_times(times)
    if server := remote.server(endpoint_url):
        body = {"service": service, **given, "times": times}
        return Injection(remote.call(server, "POST", "/inject", body), server, None)
    if not MockAWS._mocks_active:
        raise RuntimeError(
            "There is no AWS whose calls could fail: start mock_aws first, which begins without "
            "failures, or give the endpoint_url of a server with the plugin"
        )
    injected = add_fault(wanted, times)
    return Injection(injected.as_json(), None, injected)
