"""The faults that were injected while moto runs: state like any other, cleared by every reset."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict, BaseBackend
from moto.moto_api._internal import mock_random

if TYPE_CHECKING:
    from .fault import Fault

#: Every call is compared with each of them.
MAX_ACTIVE: Final = 1000
#: How many that are over are kept, for whoever asks how often they struck.
KEPT: Final = 1000

_NOTHING: Final[tuple[InjectedFault, ...]] = ()

#: Guards every count and every list here; never held while a call waits.
_lock = threading.Lock()


class InjectedFault:
    """One fault, and how often it struck.

    ``over`` is set once it is removed, so that the calls that it holds up go on.

    :param times: how often it may strike; None for no limit
    :param backend: what holds it; not looked up again, since resets do so in the other order: they
        first lock all backends, and then this module
    """

    def __init__(self, fault: Fault, times: int | None, backend: InjectedFaultsBackend) -> None:
        self._backend = backend
        self.id = str(mock_random.uuid4())
        self.fault = fault
        self.times = times
        self.struck = 0
        self.over = threading.Event()

    def take(self) -> bool:
        """Count a strike; tell whether it was still to be had."""
        with _lock:
            if self.over.is_set() or self.struck == self.times:
                return False
            self.struck += 1
            if self.struck == self.times:
                self._backend.retire(self)
            return True

    def remove(self) -> bool:
        """Have it strike no more, and let go of the calls that it holds up.

        :returns: whether it still might have struck
        """
        with _lock:
            self.over.set()
            return self._backend.retire(self)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        with _lock:
            left = not self.over.is_set() and self.struck != self.times
            return {
                "id": self.id,
                **asdict(self.fault),
                "times": self.times,
                "struck": self.struck,
                "active": left,
            }


class InjectedFaultsBackend(BaseBackend):
    """Holds the faults, so that every reset moto knows also ends them."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.active = _NOTHING
        self.past: deque[InjectedFault] = deque(maxlen=KEPT)

    def add(self, fault: InjectedFault) -> None:
        """Let a fault strike from now on, behind those that were injected before."""
        self.active = (*self.active, fault)

    def retire(self, fault: InjectedFault) -> bool:
        """Take a fault out of those that strike; tell whether it was among them."""
        left = tuple(one for one in self.active if one is not fault)
        if len(left) == len(self.active):
            return False
        self.active = left
        self.past.append(fault)
        return True

    def reset(self) -> None:
        # moto's own way empties the object first, and another thread may be reading it.
        with _lock:
            for fault in (*self.active, *self.past):
                fault.over.set()
            self.active = _NOTHING
            self.past.clear()


injected_faults_backends: BackendDict[InjectedFaultsBackend] = BackendDict(
    InjectedFaultsBackend, "eks-podid-faults", use_boto3_regions=False, additional_regions=["aws"]
)


def _backend() -> InjectedFaultsBackend:
    return injected_faults_backends[DEFAULT_ACCOUNT_ID]["aws"]


def active_faults() -> tuple[InjectedFault, ...]:
    """Return the faults that may strike, in the order in which they were injected."""
    # `get`, where a subscript would create the backend, behind a lock, on every call's hot path.
    account = injected_faults_backends.get(DEFAULT_ACCOUNT_ID)
    backend = None if account is None else account.get("aws")
    return _NOTHING if backend is None else backend.active


def add_fault(fault: Fault, times: int | None) -> InjectedFault:
    """Inject a fault, until the next moto reset.

    :raises ValueError: for a number of times that is none, and when there are too many faults
    """
    # Every call asks this module for faults; hardly any makes one.
    from .fault import check_times

    check_times(times)
    backend = _backend()
    made = InjectedFault(fault, times, backend)
    with _lock:
        if len(backend.active) >= MAX_ACTIVE:
            raise ValueError(f"There are {MAX_ACTIVE} injected failures already: remove some")
        backend.add(made)
    return made


def all_faults() -> list[InjectedFault]:
    """Return the faults that may strike, and behind them the last of those that are over."""
    backend = _backend()
    with _lock:
        return [*backend.active, *backend.past]


def remove_faults(identifier: str | None = None) -> int:
    """Remove one fault, or all of them; return how many might still have struck."""
    wanted = [one for one in all_faults() if identifier in (None, one.id)]
    return sum(one.remove() for one in wanted)
