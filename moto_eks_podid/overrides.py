"""The settings that were put while moto runs: state like any other, cleared by every moto reset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict, BaseBackend

_NOTHING: Mapping[str, Any] = {}


class OverridesBackend(BaseBackend):
    """Holds the values that were put, by name of the setting."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.values: Mapping[str, Any] = _NOTHING

    def reset(self) -> None:
        # moto's own way empties the object first, and another thread may be reading a setting.
        self.values = _NOTHING


overrides_backends: BackendDict[OverridesBackend] = BackendDict(
    OverridesBackend, "eks-podid-settings", use_boto3_regions=False, additional_regions=["aws"]
)


def overrides() -> Mapping[str, Any]:
    """Return the values that were put since the last moto reset."""
    # `get`, where a subscript would create the backend, behind a lock, on every call's hot path.
    account = overrides_backends.get(DEFAULT_ACCOUNT_ID)
    backend = None if account is None else account.get("aws")
    return _NOTHING if backend is None else backend.values


def set_overrides(values: Mapping[str, Any]) -> None:
    """Replace the values that were put, until the next moto reset."""
    # One assignment: another thread reads either all of the old values or all of the new ones.
    overrides_backends[DEFAULT_ACCOUNT_ID]["aws"].values = values
