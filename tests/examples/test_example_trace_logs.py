"""From CloudTrail logs back to the pods."""

from __future__ import annotations

from pathlib import Path

import pytest

from moto_eks_podid.events.synthetic import synthetic_records
from moto_eks_podid.events.synthetic_files import write_trail
from moto_eks_podid.origins import Index, records


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A copy of a trail's bucket."""
    write_trail(synthetic_records(pods=5, calls_by_pods=50), tmp_path)
    return tmp_path


def test_logs_lead_back_to_the_pod(logs: Path) -> None:
    """An index of the logs tells for each record which pod was behind it."""
    index = Index(records(logs))
    by_pods = [record for record in records(logs) if index.trace(record)]
    assert {record["eventName"] for record in by_pods} >= {"GetObject", "AssumeRole"}
    service_accounts = {
        origin.service_account for record in by_pods if (origin := index.trace(record))
    }
    assert service_accounts == {"cart", "till"}
