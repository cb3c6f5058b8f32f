"""CloudTrail records from every kind of input."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moto_eks_podid.origins import MalformedInput, json_stream, records
from moto_eks_podid.origins.duck import LogLake
from moto_eks_podid.origins.enrich import enrich
from moto_eks_podid.origins.json_stream import Elements
from moto_eks_podid.origins.sources import files, records_in
from tests.origins.made_records import Json, by_node, for_pod, ordinary

RECORDS = [for_pod(), by_node(), ordinary(errorMessage="ünïcode \u2028 and ] and }")]


def lookup_output(**more: Any) -> Json:
    """What `aws cloudtrail lookup-events` prints."""
    return {
        "Events": [
            {
                "EventId": record["eventID"],
                "EventTime": "2026-03-01T09:00:00+00:00",
                "Resources": [],
                "CloudTrailEvent": json.dumps(record),
            }
            for record in RECORDS
        ],
        **more,
    }


LINES = "\n".join(map(json.dumps, RECORDS))
INPUTS = {
    "log file": json.dumps({"Records": RECORDS}),
    "log file, indented": json.dumps({"Records": RECORDS}, indent=2),
    "lookup": json.dumps(lookup_output()),
    "lookup, indented": json.dumps(lookup_output(NextToken="abc"), indent=4),
    "lookup, token first": json.dumps({"NextToken": "abc", **lookup_output()}),
    "lines": LINES,
    "lines, ended": LINES + "\n\n",
    "lines of windows": LINES.replace("\n", "\r\n"),
    "no line breaks": "".join(map(json.dumps, RECORDS)),
    "list": json.dumps(RECORDS),
    "events of EventBridge": "\n".join(
        json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": record})
        for record in RECORDS
    ),
}
EMPTY = {
    "nothing": "",
    "blank": " \n",
    "no records": '{"Records": []}',
    "no events": '{"Events":[]}',
}


def read(content: bytes) -> list[Json]:
    return list(records_in(io.BufferedReader(io.BytesIO(content)), "input"))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("text", INPUTS.values(), ids=INPUTS)
def test_input_is_not_understood(text: str, packed: bool) -> None:
    """Every kind of input gives its records, packed or not, in its order."""
    content = text.encode()
    assert read(gzip.compress(content) if packed else content) == RECORDS


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("text", INPUTS.values(), ids=INPUTS)
def test_cut_splits_a_record(text: str, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a piece of the input ends, the records are the same."""
    monkeypatch.setattr(json_stream, "PIECE", piece)
    assert read(text.encode()) == RECORDS


@pytest.mark.parametrize("text", EMPTY.values(), ids=EMPTY)
def test_empty_input_is_refused(text: str, tmp_path: Path) -> None:
    """An input without records has none, for either engine."""
    assert read(text.encode()) == []
    file = tmp_path / "empty.json"
    file.write_text(text)
    with LogLake(file) as lake:
        assert list(lake.origins()) == []


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
@pytest.mark.parametrize("text", INPUTS.values(), ids=INPUTS)
def test_duckdb_reads_something_else(text: str, packed: bool, tmp_path: Path) -> None:
    """DuckDB finds the same records in every kind of input, and enriches them alike."""
    file = tmp_path / ("input.json.gz" if packed else "input.json")
    file.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    plain, by_duckdb = io.BytesIO(), io.BytesIO()
    assert enrich([file], plain) == len(RECORDS)
    with LogLake(file) as lake:
        assert lake.enrich(by_duckdb) == len(RECORDS)
    lines = [json.loads(line) for line in plain.getvalue().splitlines()]
    assert [line.pop("podOrigin") is not None for line in lines] == [True, False, True]
    assert lines == RECORDS
    found = sorted(map(json.loads, by_duckdb.getvalue().splitlines()), key=json.dumps)
    assert found == sorted(map(json.loads, plain.getvalue().splitlines()), key=json.dumps)


def test_enriched_record_is_enriched_again(tmp_path: Path) -> None:
    """A record that has its block already stays as it is, for either engine."""
    once = tmp_path / "once.jsonl"
    with once.open("wb") as out:
        enrich([_written(tmp_path, LINES)], out)
    twice, by_duckdb = io.BytesIO(), io.BytesIO()
    enrich([once], twice)
    with LogLake(once) as lake:
        lake.enrich(by_duckdb)
    for again in (twice, by_duckdb):
        assert sorted(again.getvalue().splitlines()) == sorted(once.read_bytes().splitlines())


def _written(folder: Path, text: str, name: str = "input.jsonl") -> Path:
    file = folder / name
    file.write_text(text)
    return file


# What is wrong with an input


GOOD = json.dumps(ordinary())
MALFORMED = {
    "ends in a record": (
        '{"Records":[' + GOOD + ',{"eventName":"Get',
        "line 1",
        "ends in the middle",
    ),
    "ends in the list": ('{"Records":[' + GOOD, "line 1", "ends in the middle"),
    "comma is missing": ('{"Records":[' + GOOD + GOOD + "]}", "line 1", "','"),
    "no value": (f'{GOOD}\n{{"eventName": oops}}\n', "line 2, column 15", "Expecting value"),
    "text": (f"{GOOD}\n{GOOD}\nhello\n", "line 3, column 1", "Expecting value"),
    "number": (f"{GOOD}\n17\n", "line 2", "no CloudTrail record"),
    "other object": (f'{GOOD}\n\n{{"a": 1}}\n', "line 3", "no CloudTrail record"),
    "other list": ("[[1]]", "line 1", "no CloudTrail record"),
    "event that is no JSON": ('{"Events":[{"CloudTrailEvent":"{"}]}', "line 1", "no CloudTrail"),
    "member without name": ('{"Records":[], 1: 2}', "line 1", "name"),
    "nested deeply": ('{"eventName":' + "[" * 100_000, "line 1", "nested too deeply"),
}


@pytest.mark.parametrize(("text", "place", "problem"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_input_is_accepted(text: str, place: str, problem: str, tmp_path: Path) -> None:
    """Malformed input is refused by an error that names the file and the place in it."""
    file = _written(tmp_path, text)
    with pytest.raises(MalformedInput) as caught:
        list(records(file))
    assert caught.value.source == str(file)
    assert str(caught.value).startswith(f"{file}: {place}")
    assert problem in caught.value.problem


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_input_is_accepted_by_duckdb(name: str, tmp_path: Path) -> None:
    """DuckDB refuses malformed input, too, and the error names the file."""
    file = _written(tmp_path, MALFORMED[name][0], "input.json")
    with LogLake(file) as lake, pytest.raises(MalformedInput, match=r"input\.json"):
        lake.trace("ASIAEXAMPLE")


PACKED = gzip.compress(LINES.encode())
UNREADABLE = {
    "cut": PACKED[:-20],
    "damaged": PACKED[:40] + b"\0\0\0\0" + PACKED[44:],
    "hardly begun": b"\x1f\x8b\x08",
    "not UTF-8": '{"eventName": "ü"}'.encode("latin-1"),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_file_shows_a_traceback(content: bytes, tmp_path: Path) -> None:
    """A damaged file is refused by an error that names it, by either engine."""
    file = tmp_path / "input.json.gz"
    file.write_bytes(content)
    with pytest.raises(MalformedInput, match=r"input\.json\.gz"):
        list(records(file))
    with LogLake(file) as lake, pytest.raises(MalformedInput, match=r"input\.json\.gz"):
        lake.trace("ASIAEXAMPLE")


def test_missing_file_is_passed_over() -> None:
    """A path that does not exist is an error, not an empty input."""
    with pytest.raises(MalformedInput, match="no such file"):
        list(records("/nowhere/at/all"))


# Folders


def test_folder_gives_something_else(tmp_path: Path) -> None:
    """Of a folder, all log files below it count; digests and other files do not."""
    day = tmp_path / "AWSLogs/111122223333/CloudTrail/us-west-2/2026/03/01"
    digests = tmp_path / "AWSLogs/111122223333/CloudTrail-Digest/us-west-2/2026/03/01"
    for folder in (day, digests):
        folder.mkdir(parents=True)
    name = "111122223333_CloudTrail_us-west-2_20260301T0905Z_Ab3dEf6hIj9kLm2n.json.gz"
    (day / name).write_bytes(gzip.compress(INPUTS["log file"].encode()))
    digest = gzip.compress(b'{"awsAccountId": "111122223333", "logFiles": []}')
    (digests / name).write_bytes(digest)
    (day / name.replace("CloudTrail_", "CloudTrail-Digest_")).write_bytes(digest)
    (day / "README.txt").write_text("not JSON")
    (day / ".hidden.json").write_text("not JSON")
    assert list(records(tmp_path)) == RECORDS
    assert list(files([tmp_path])) == [day / name]
    with LogLake(tmp_path) as lake:
        assert lake.enrich(io.BytesIO()) == len(RECORDS)


def test_named_file_needs_a_suffix(tmp_path: Path) -> None:
    """A file that is named itself counts, whatever it is called."""
    file = _written(tmp_path, LINES, "export")
    assert list(records(file)) == RECORDS
    with LogLake(file) as lake:
        assert lake.enrich(io.BytesIO()) == len(RECORDS)


# Memory


class _Endless(io.RawIOBase):
    """A log file of many megabytes that is nowhere as a whole."""

    def __init__(self, megabytes: int) -> None:
        record = json.dumps(ordinary()).encode()
        piece = b",".join([record] * (1024 * 1024 // len(record)))
        self._pieces: Iterator[bytes] = iter(
            [b'{"Records":[', *[piece + b","] * (megabytes - 1), piece, b"]}"]
        )
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or next(self._pieces, b"")
        length = min(len(buffer), len(self._rest))
        buffer[:length], self._rest = self._rest[:length], self._rest[length:]
        return length


def test_memory_grows_with_the_input() -> None:
    """Reading a log file takes the memory of a piece of it, not of the file."""
    tracemalloc.start()
    count = sum(1 for _ in records_in(io.BufferedReader(_Endless(40)), "input"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count > 40_000
    assert peak < 20 * 1024 * 1024


def test_long_object_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that comes after other members is still read element by element."""
    monkeypatch.setattr(json_stream, "PIECE", 16)
    monkeypatch.setattr(json_stream, "LONG", 64)
    text = json.dumps({"NextToken": "abc", "Events": [{"a": number} for number in range(50)]})
    values = list(Elements(io.StringIO(text), frozenset({"Events"})))
    assert values == [{"a": number} for number in range(50)]
