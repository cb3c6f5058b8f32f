"""CloudTrail's LookupEvents and ListPublicKeys; the others are moto's, with checked parameters."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from moto.cloudtrail.models import cloudtrail_backends
from moto.cloudtrail.responses import CloudTrailResponse

from ..caller import CallerResponse
from . import exceptions, parameters
from .lookup import Lookup
from .models import EventHistoryCloudTrailBackend
from .time_range import time_range


class EventHistoryCloudTrailResponse(CallerResponse, CloudTrailResponse):
    """moto's CloudTrail operations, plus LookupEvents and ListPublicKeys."""

    # Otherwise a body that is not UTF-8 fails before any operation sees it.
    use_raw_body = True

    @property
    def cloudtrail_backend(self) -> EventHistoryCloudTrailBackend:
        try:
            # The seam has made it one of ours.
            return cloudtrail_backends[self.current_account][self.region]  # type: ignore[return-value]
        except KeyError:
            raise exceptions.UnsupportedOperationException(
                exceptions.chosen("bad region", region=self.region)
            ) from None

    def _authenticate_and_authorize_normal_action(self, resource: str = "*") -> None:
        super()._authenticate_and_authorize_normal_action(resource)
        self.response_headers["Content-Type"] = "application/x-amz-json-1.1"
        # The last moment before an operation of moto's reads its parameters.
        parameters.check(self._get_action(), self._body_object())

    def lookup_events(self) -> str:
        """Answer a page of the event history."""
        wanted = Lookup.parse(self._body_object())
        events, token = self.cloudtrail_backend.lookup_events(wanted)
        answer: dict[str, Any] = {"Events": events}
        if token is not None:
            answer["NextToken"] = token
        return json.dumps(answer, separators=(",", ":"), default=_epoch)

    def list_public_keys(self) -> str:
        """Answer the public keys that digest files of a time were signed with."""
        keys = self.cloudtrail_backend.list_public_keys(*time_range(self._body_object()))
        return json.dumps({"PublicKeyList": keys}, separators=(",", ":"))

    def _body_object(self) -> dict[str, Any]:
        try:
            body = json.loads(self.raw_body or b"{}")
        except (ValueError, RecursionError):
            raise exceptions.SerializationException(exceptions.chosen("no json")) from None
        if not isinstance(body, dict):
            raise exceptions.SerializationException(exceptions.chosen("no object"))
        return body


def _epoch(time: datetime) -> int:
    return int(time.timestamp())
