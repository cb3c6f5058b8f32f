"""moto's state as it is: looking makes no account, no region and no resource."""

from __future__ import annotations

import sys
from typing import Any


def peek(module: str, name: str, account_id: str, region: str) -> Any:
    """Return moto's backend of a service; None where nothing was ever made.

    :param module: that holds the backends; one that nobody imported holds nothing
    :param name: of the backends in it
    :param region: or the partition, for services that are the same everywhere
    """
    backends = getattr(sys.modules.get(module), name, None)
    # Plain `get`: indexing would make the account and the region.
    account = backends.get(account_id) if backends is not None else None
    return None if account is None else account.get(region)
