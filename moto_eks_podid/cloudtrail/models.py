"""CloudTrail with the event history of its account and region, and trails that deliver."""

from __future__ import annotations

from typing import Any

from .history import history
from .lookup import Lookup, look_up
from .trail_backend import DeliveringCloudTrailBackend


class EventHistoryCloudTrailBackend(DeliveringCloudTrailBackend):
    """moto's CloudTrail of one account and region, plus the management events of the last days."""

    def lookup_events(self, wanted: Lookup) -> tuple[list[dict[str, Any]], str | None]:
        """Return a page of events, newest first, and the token of the next (None at the end).

        :raises InvalidNextTokenException: for a token that is not one of this lookup
        """
        return look_up(history(), self.account_id, self.region_name, wanted)
