"""What GetTrailStatus tells of a trail ("GetTrailStatus", CloudTrail API Reference)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.cloudtrail.models import TrailStatus

from .. import clock
from ..events.values import epoch_seconds, iso_time


@dataclass(slots=True)
class Attempts:
    """The attempts at one kind of delivery: when the last one was, and how the last ones ended."""

    tried: datetime | None = None
    succeeded: datetime | None = None
    error: str | None = None

    def success(self, time: datetime) -> None:
        """Note that something was delivered."""
        self.tried = self.succeeded = time
        self.error = None

    def failure(self, time: datetime, error: str) -> None:
        """Note that nothing was, and the other service's error code."""
        self.tried = time
        self.error = error


class DeliveryStatus(TrailStatus):
    """The status of a trail that really delivers; its times are those of the plugin's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.started_at: datetime | None = None
        self.stopped_at: datetime | None = None
        self.files = Attempts()
        self.digests = Attempts()
        self.notifications = Attempts()

    def start_logging(self) -> None:
        self.is_logging = True
        self.started_at = clock.now()
        # CloudTrail writes a test object when logging starts.
        self.files.success(self.started_at)

    def stop_logging(self) -> None:
        self.is_logging = False
        self.stopped_at = clock.now()

    def description(self) -> dict[str, Any]:
        """Return it as the API has it; texts of members "no longer in use" can be empty."""
        status: dict[str, Any] = {"IsLogging": self.is_logging}
        for name, attempts in (("Delivery", self.files), ("Notification", self.notifications)):
            if attempts.error is not None:
                status[f"Latest{name}Error"] = attempts.error
        for name, time in (
            ("LatestDeliveryTime", self.files.succeeded),
            ("LatestNotificationTime", self.notifications.succeeded),
            ("StartLoggingTime", self.started_at),
            ("StopLoggingTime", self.stopped_at),
            ("LatestDigestDeliveryTime", self.digests.succeeded),
        ):
            if time is not None:
                status[name] = epoch_seconds(time)
        if self.digests.error is not None:
            status["LatestDigestDeliveryError"] = self.digests.error
        for name, time in (
            ("LatestDeliveryAttemptTime", self.files.tried),
            ("LatestNotificationAttemptTime", self.notifications.tried),
            ("LatestNotificationAttemptSucceeded", self.notifications.succeeded),
            ("LatestDeliveryAttemptSucceeded", self.files.succeeded),
            ("TimeLoggingStarted", self.started_at),
            ("TimeLoggingStopped", self.stopped_at),
        ):
            status[name] = "" if time is None else iso_time(time)
        return status
