"""An event as LookupEvents lists it: a summary of a record, and the record itself.

Follows "LookupEvents" and "Event" (CloudTrail API Reference); what is absent and the order of
resources are observed in real responses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from .resource_names import NAMED_BY_PARAMETERS, ONLY_WITH, RESOURCE_NAMES

_compact = json.JSONEncoder(separators=(",", ":")).encode

#: The table of paths, taken apart.
_PATHS = {
    source: [(path.split("."), kind, ONLY_WITH.get((source, path))) for path, kind in rows]
    for source, rows in RESOURCE_NAMES.items()
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def lookup_event(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of LookupEvents for a record.

    ``EventTime`` is an aware UTC datetime, ``ReadOnly`` a text. ``Username`` and ``AccessKeyId``
    are absent where nobody knows them, as for calls that AWS services make.

    :param record: a CloudTrail record
    """
    identity = record.get("userIdentity") or {}
    event: dict[str, Any] = {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": "true" if record.get("readOnly") else "false",
    }
    if access_key_id := identity.get("accessKeyId"):
        event["AccessKeyId"] = access_key_id
    event["EventTime"] = parse_time(record["eventTime"])
    event["EventSource"] = record["eventSource"]
    if user_name := user_name_in(identity):
        event["Username"] = user_name
    event["Resources"] = resources_in(record)
    event["CloudTrailEvent"] = _compact(record)
    return event


def parse_time(text: str) -> datetime:
    """Return the aware datetime of an ``eventTime``.

    :raises ValueError: for any other form than ``2026-03-01T09:00:00Z``
    """
    if not _TIME.fullmatch(text):
        raise ValueError(f"not the time of an event: {text!r}")
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=timezone.utc)


def user_name_in(identity: Mapping[str, Any]) -> str | None:
    """Return what LookupEvents calls ``Username``: a user's name, or a role session's.

    :param identity: the ``userIdentity`` of a record
    """
    kind = identity.get("type")
    if kind == "AssumedRole":
        return str(identity.get("principalId", "")).partition(":")[2] or None
    if kind == "Root":
        return "root"
    name = identity.get("userName")
    return name if isinstance(name, str) else None


def resources_in(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the ``Resources`` of a record's entry, each once."""
    found: dict[tuple[str, str], None] = {}
    source = record["eventSource"]
    for path, kind, only_with in _PATHS.get(source, ()):
        if only_with is None or record["eventName"] in only_with:
            for name in _texts(record, path):
                found[kind, name] = None
    if source not in NAMED_BY_PARAMETERS:
        for resource in record.get("resources", ()):
            if name := resource.get("ARN"):
                found[resource["type"], name] = None
    return [{"ResourceType": kind, "ResourceName": name} for kind, name in found]


def _texts(value: Any, path: list[str]) -> Iterator[str]:
    """Yield the texts at the end of a path."""
    for position, name in enumerate(path):
        if isinstance(value, list):
            for item in value:
                yield from _texts(item, path[position:])
            return
        if not isinstance(value, Mapping):
            return
        value = value.get(name)
    if isinstance(value, str) and value:
        yield value
