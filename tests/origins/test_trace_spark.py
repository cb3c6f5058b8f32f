"""Spark gives the rows that DuckDB gives."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moto_eks_podid.events.synthetic import synthetic_records
from moto_eks_podid.events.synthetic_files import write_lines, write_trail
from moto_eks_podid.origins import spark as podid_spark
from moto_eks_podid.origins.duck import LogLake
from tests.origins.made_records import (
    association,
    by_node,
    caller,
    for_pod,
    further,
    ordinary,
    target_role,
    with_token,
)

pyspark = pytest.importorskip("pyspark", reason="needs the extra spark")
pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")

#: What the generator does not make: circles, missing links, no tags, changes of associations.
ODD = [
    for_pod("ASIANOTAGS", tags={}, event_id="no tags"),
    further("ASIAMISSING", "arn:aws:iam::111122223333:role/o", caller("ASIAGONE"), event_id="m"),
    further("ASIACIRCLE", "arn:aws:iam::111122223333:role/o", caller("ASIACIRCLE"), event_id="c"),
    with_token("ASIAGITHUB", subject="repo:example/project"),
    for_pod(),
    by_node(),
    by_node(arn="arn:aws:sts::111122223333:assumed-role/prod-blue-nodes/i-0fff", event_id="n"),
    association(),
    association("Delete", time="2026-03-01T08:59:00Z"),
    association(association_id="a-new", time="2026-03-01T08:59:30Z"),
    *target_role(),
    ordinary("ASIATARGET"),
    {**ordinary(), "podOrigin": None},
    {**ordinary(), "userIdentity": None, "errorMessage": "ünïcode"},
    {**for_pod("ASIAODD", event_id="odd"), "requestParameters": {"tags": [None, {"key": 1}]}},
]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    made = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    yield made
    made.stop()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trail, JSON lines, output of LookupEvents, and a digest, in one folder."""
    folder = tmp_path_factory.mktemp("logs")
    write_trail(synthetic_records(30, 300, 1), folder / "trail")
    write_lines(synthetic_records(10, 50, 2), folder / "lines")
    events = [{"CloudTrailEvent": json.dumps(record)} for record in ODD[:8]]
    (folder / "lookup.json").write_text(json.dumps({"Events": events}, indent=2))
    (folder / "file.json").write_text(json.dumps({"Records": ODD[8:]}, indent=2))
    digests = folder / "trail/AWSLogs/111122223333/CloudTrail-Digest"
    digests.mkdir()
    (digests / "digest.json").write_text('{"logFiles": []}')
    return folder


def in_order(lines: Iterable[str]) -> list[str]:
    return sorted(json.dumps(json.loads(line)) for line in lines)


def test_spark_gives_other_rows(session: Any, logs: Path) -> None:
    """Origins of the same logs are the same letter for letter, enriched records as JSON."""
    records = podid_spark.read_records(session, str(logs))
    origins = podid_spark.origins(session, records)
    columns = ("access_key_id", "assumed_role_id", "only_one", "origin")
    by_spark = sorted(tuple(row[column] for column in columns) for row in origins.collect())
    lines = podid_spark.enriched(session, records, origins).collect()
    with LogLake(logs) as lake:
        out = io.BytesIO()
        lake.enrich(out)
        assert len(by_spark) > 100
        assert by_spark == sorted(lake.rows())
    assert in_order(row.line for row in lines) == in_order(out.getvalue().decode().splitlines())
    assert not session.catalog.listTables()


def test_spark_writes_nothing(
    session: Any, logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a program, it writes every record with its pod to the last path."""
    out = tmp_path / "out"
    monkeypatch.setattr(sys, "argv", ["spark", str(logs / "file.json"), str(out)])
    podid_spark.main()
    written = [json.loads(line) for file in out.glob("part-*") for line in file.open()]
    assert len(written) == len(ODD[8:])
    assert any(record["podOrigin"] for record in written)


def test_spark_names_no_pod(session: Any, logs: Path) -> None:
    """Rows of single records tell whose they are."""
    records = podid_spark.read_records(session, str(logs / "file.json"))
    origins = podid_spark.origins(session, records)
    rows = podid_spark.traced(session, records, origins).collect()
    by_id = {row.event_id: row.origin and json.loads(row.origin) for row in rows}
    assert by_id["hop-of-target"]["pod_name"] == "cart-7c9d6b5f4-x2k9m"
    assert by_id["Create-a-new"] is None
