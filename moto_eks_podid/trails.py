"""Delivery of CloudTrail's log files on request, as a test has it."""

from __future__ import annotations

from . import remote
from .cloudtrail.delivery import deliver_now


def deliver_trails(*, endpoint_url: str | None = None) -> list[str]:
    """Have every trail write the events that it holds into its bucket, now.

    Trails also deliver when somebody lists or reads their bucket, when 1,000 events are waiting and
    when logging stops, so a test needs this only where it looks at the bucket in another way, or at
    what comes of a delivery, such as a notification. A trail that logs and has log file validation
    writes a digest file each time.

    :param endpoint_url: of a server with the plugin; default: this process, or moto's own server
        under ``TEST_SERVER_MODE``
    :returns: the URLs of the files, ``s3://BUCKET/KEY``, in the order in which they were written
    """
    if server := remote.server(endpoint_url):
        files: list[str] = remote.call(server, "POST", "/trails/deliver")["files"]
        return files
    return deliver_now()
