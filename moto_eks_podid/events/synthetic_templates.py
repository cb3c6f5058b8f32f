"""The ordinary calls of synthetic logs: templates, because there are millions of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .call import HIDDEN, Map
from .identities import IAMUser
from .record import build
from .synthetic_calls import Ids, call_details, compact


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of ordinary call; ``weight`` says how frequent it is."""

    weight: int
    service: str
    operation: str
    parameters: Mapping[str, Any] | None
    error_code: str | None = None


#: Stands for what is filled in; no text of a record contains it.
_PLACE = "@@{}@@"
_THING = _PLACE.format("thing")

KINDS = (
    Kind(40, "s3", "GetObject", {"Bucket": "orders", "Key": f"2026/{_THING}.json"}),
    Kind(10, "s3", "PutObject", {"Bucket": "reports", "Key": f"daily/{_THING}.csv"}),
    Kind(3, "s3", "GetObject", {"Bucket": "salaries", "Key": f"{_THING}.csv"}, "AccessDenied"),
    Kind(20, "dynamodb", "GetItem", {"TableName": "carts", "Key": Map(id={"S": HIDDEN})}),
    Kind(8, "secretsmanager", "GetSecretValue", {"SecretId": "shop/database"}),
    Kind(6, "kms", "Decrypt", {"KeyId": "alias/shop", "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}),
    Kind(4, "sts", "GetCallerIdentity", None),
)
_DENIED = "Access Denied"


class Templates:
    """Ordinary calls of one account."""

    def __init__(self, ids: Ids, region: str, account: str) -> None:
        self._ids = ids
        self._choices = [
            parts for kind in KINDS for parts in [_template(kind, region, account)] * kind.weight
        ]
        self._second = -1.0
        self._time = ""

    def ordinary(self, identity: str, now: datetime) -> str:
        """One call of a frequent kind by a caller, as the text of its record."""
        source = self._ids.random
        stamp = now.timestamp() // 1
        if stamp != self._second:
            self._second, self._time = stamp, f"{now:%Y-%m-%dT%H:%M:%SZ}"
        bits = f"{source.getrandbits(256):064x}"
        values = {
            "identity": identity,
            "time": self._time,
            "event": f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:32]}",
            "request": f"{bits[32:40]}-{bits[40:44]}-4{bits[45:48]}-b{bits[49:52]}-{bits[52:]}",
            "request16": bits[48:].upper(),
            "extended": f"{bits[::-1]}=",
            "thing": bits[56:],
        }
        parts = self._choices[int(source.random() * len(self._choices))]
        return "".join([values[part] if known else part for known, part in parts])


def _template(kind: Kind, region: str, account: str) -> list[tuple[bool, str]]:
    """A record's text, cut where something is filled in: whether a part is a name, and the part."""
    nobody = IAMUser("", "", "", "", "")
    request_id = _PLACE.format("request16" if kind.service == "s3" else "request")
    record = build(
        replace(
            call_details(kind.service, kind.operation, region, account, nobody),
            event_id=_PLACE.format("event"),
            request_id=request_id,
            parameters=kind.parameters,
            error_code=kind.error_code,
            error_message=_DENIED if kind.error_code else None,
            bytes_out=512,
        )
    )
    record["userIdentity"] = _PLACE.format("identity")
    record["eventTime"] = _PLACE.format("time")
    more = record.get("additionalEventData", {})
    for name in ("ExtendedRequestId", "x-amz-id-2"):
        if name in more:
            more[name] = _PLACE.format("extended")
    text = compact(record).replace(f'"{_PLACE.format("identity")}"', _PLACE.format("identity"))
    parts = re.split(r"@@(\w+)@@", text)
    return [(bool(place % 2), part) for place, part in enumerate(parts)]
