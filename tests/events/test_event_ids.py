from __future__ import annotations

from uuid import UUID

import pytest

from moto_eks_podid.events.event_ids import event_id

REQUEST = "7f3b4c52-0f2d-4c5e-8a29-4c2f8f0f3b10"


@pytest.mark.parametrize("version", [3, 4])
def test_event_id_is_no_uuid_of_its_version(version: int) -> None:
    """Ids are UUIDs of version 4, and of version 3 for calls that services make."""
    text = event_id(REQUEST, version=version)
    assert str(UUID(text)) == text
    assert UUID(text).version == version
    assert UUID(text).variant == UUID(REQUEST).variant


def test_ids_of_a_repeated_run_differ() -> None:
    """The same request has the same ids."""
    assert event_id(REQUEST) == event_id(REQUEST)


def test_events_share_an_id() -> None:
    """Every event of every request has an id of its own."""
    requests = [f"{number:032x}" for number in range(500)]
    ids = {event_id(request, position) for request in requests for position in range(3)}
    assert len(ids) == 1500
