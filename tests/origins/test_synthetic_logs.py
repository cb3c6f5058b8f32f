"""The generator of synthetic logs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from recorded_calls import CALL

from moto_eks_podid.events.synthetic import SyntheticRecord, synthetic_records
from moto_eks_podid.events.synthetic_files import RECORDS_A_FILE, write_lines, write_trail
from moto_eks_podid.origins import records


@pytest.fixture(scope="module")
def logs() -> list[SyntheticRecord]:
    return list(synthetic_records(40, 400, seed=3))


def test_seed_does_not_repeat(logs: list[SyntheticRecord]) -> None:
    """The same arguments give the same records; another seed gives others."""
    texts = [record.text for record in logs]
    assert [record.text for record in synthetic_records(40, 400, seed=3)] == texts
    assert not set(texts) & {record.text for record in synthetic_records(40, 400, seed=4)}


def test_generated_ids_repeat(logs: list[SyntheticRecord]) -> None:
    """No two records have one event id, no two calls one request id, and nothing is left open."""
    made = [json.loads(record.text) for record in logs]
    assert Counter(record["eventID"] for record in made).most_common(1)[0][1] == 1
    assert not [record.text for record in logs if "@@" in record.text]
    for record, one in zip(logs, made, strict=True):
        assert one["recipientAccountId"] == record.account
        assert one["eventTime"] == f"{record.time:%Y-%m-%dT%H:%M:%SZ}"
    times = [one["eventTime"] for one in made]
    assert times == sorted(times)


def test_generated_call_lacks_members(logs: list[SyntheticRecord]) -> None:
    """Ordinary calls have the members of real ones, in their order."""
    [call, *_] = [
        json.loads(record.text) for record in logs if '"eventName":"GetSecretValue"' in record.text
    ]
    assert list(call) == CALL


@pytest.mark.parametrize(("pods", "calls"), [(1, 0), (1, 1), (3, 2), (250, 10)])
def test_small_story_fails(pods: int, calls: int) -> None:
    """However few calls there are, every pod gets credentials."""
    made = list(synthetic_records(pods, calls))
    assert len({id(record.pod) for record in made if record.pod}) == pods


def test_written_logs_lose_records(logs: list[SyntheticRecord], tmp_path: Path) -> None:
    """Both layouts hold every record; a trail's is one folder for each account and day."""
    expected = sorted(record.text for record in logs)
    for write, folder in ((write_trail, tmp_path / "trail"), (write_lines, tmp_path / "lines")):
        assert write(iter(logs), folder) == len(logs)
        read = [
            json.dumps(record, separators=(",", ":"), ensure_ascii=False)
            for record in records(folder)
        ]
        assert sorted(read) == expected
    files = [path.relative_to(tmp_path / "trail") for path in tmp_path.glob("trail/**/*.json.gz")]
    assert {path.parts[:4] for path in files} == {
        ("AWSLogs", account, "CloudTrail", "us-west-2") for account in {log.account for log in logs}
    }
    assert all(path.name.startswith(f"{path.parts[1]}_CloudTrail_us-west-2_2026") for path in files)


def test_delivered_file_has_no_end(logs: list[SyntheticRecord], tmp_path: Path) -> None:
    """A file has at most so many records, however many there are in five minutes."""
    many = [logs[0]] * (RECORDS_A_FILE * 2 + 1)
    write_trail(iter(many), tmp_path)
    assert len(list(tmp_path.glob("**/*.json.gz"))) == 3
