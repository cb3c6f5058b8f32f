"""CloudTrail's operations on trails, where moto's are not enough for trails that deliver."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from moto.cloudtrail.models import CloudTrailBackend, Trail

from .. import clock
from ..events.selector_rules import InvalidSelectors
from . import exceptions
from .delivery import forget
from .digests import digest_keys
from .trails import DeliveringTrail


class DeliveringCloudTrailBackend(CloudTrailBackend):
    """moto's CloudTrail of one account and region, with trails that deliver."""

    # Made by `create_trail` alone, which makes ours.
    trails: dict[str, DeliveringTrail]  # type: ignore[assignment]

    def reset(self) -> None:
        for trail in self.trails.values():
            forget(trail)
        super().reset()

    def create_trail(self, name: str, *args: Any, **kwargs: Any) -> Trail:
        """Make a trail, which does not log yet.

        :raises TrailAlreadyExistsException: when there is one of that name
        """
        if name in self.trails:
            raise exceptions.TrailAlreadyExistsException(
                exceptions.chosen("trail exists", name=name, account_id=self.account_id)
            )
        made = super().create_trail(name, *args, **kwargs)
        trail = self.trails[name] = DeliveringTrail(made)
        return trail

    def delete_trail(self, name: str) -> None:
        """Delete a trail, by name or ARN, after what it holds was delivered.

        :raises TrailNotFoundException: when there is none
        """
        self.trails.pop(self.get_trail(name).trail_name).delete()

    def put_event_selectors(
        self,
        trail_name: str,
        event_selectors: list[dict[str, Any]],
        advanced_event_selectors: list[dict[str, Any]],
    ) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
        """Choose the events that a trail takes.

        :raises InvalidEventSelectorsException: for selectors that CloudTrail refuses
        """
        trail = self.get_trail(trail_name)
        if bool(event_selectors) == bool(advanced_event_selectors):
            raise exceptions.InvalidEventSelectorsException(exceptions.chosen("one kind"))
        try:
            trail.put_event_selectors(event_selectors, advanced_event_selectors)
        except InvalidSelectors as error:
            raise exceptions.InvalidEventSelectorsException(str(error)) from None
        return trail.arn, event_selectors, advanced_event_selectors

    def list_public_keys(self, start: float | None, end: float | None) -> list[dict[str, Any]]:
        """Return the public keys of this region that digest files of a time were signed with.

        :param start: of the time, which counts, in epoch seconds; None for now
        :param end: likewise
        """
        now = clock.now()
        keys = digest_keys(self.region_name)
        keys.current(now)
        first, last = (
            now if time is None else datetime.fromtimestamp(time, timezone.utc)
            for time in (start, end)
        )
        return [key.description() for key in keys.valid(first, last)]
