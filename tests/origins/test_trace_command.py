"""The commands `trace` and `events generate`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_under_test import Aws
from click.testing import CliRunner, Result

from moto_eks_podid import cli_trace
from moto_eks_podid.cli import command
from moto_eks_podid.events.synthetic import synthetic_records
from moto_eks_podid.origins import Index, PodOrigin, records
from tests.origins.made_records import KEY, NODE, SESSION, association, by_node, for_pod, ordinary

RECORDS = [
    for_pod(),
    by_node(),
    association(),
    ordinary(eventID="11111111-2222-4333-8444-555555555555"),
]
EXPECTED = Index(RECORDS).trace(KEY)


@pytest.fixture
def logs(tmp_path: Path) -> str:
    file = tmp_path / "records.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    return str(file)


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(command, arguments, input=stdin)


def origin_in(result: Result) -> PodOrigin:
    assert result.exit_code == 0, result.output
    return PodOrigin.from_json(json.loads(result.stdout))


ENGINES = ("python", "duckdb")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "what",
    [KEY, SESSION, "11111111-2222-4333-8444-555555555555", json.dumps(ordinary())],
    ids=["key", "session", "event id", "record"],
)
def test_command_finds_no_pod(engine: str, what: str, logs: str) -> None:
    """WHAT is a key, a session's name, an event's id, or a record; --json prints the origin."""
    assert origin_in(run("trace", what, "--input", logs, "--json", "--engine", engine)) == EXPECTED


def test_readable_origin_lacks_something(logs: str) -> None:
    """Without --json, one line for each thing that is known, and the chain."""
    lines = run("trace", KEY, "--input", logs).stdout.splitlines()
    shown = [" ".join(line.split()) for line in lines]
    assert shown[0] == "mechanism pod-identity"
    assert f"node {NODE}" in shown
    assert f"session 1 {KEY}" in shown
    assert not [line for line in shown if "issuer" in line]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("what", ["ASIANOBODY", "11111111-2222-4333-8444-000000000000"])
def test_unknown_key_succeeds(engine: str, what: str, logs: str) -> None:
    """Where there is no pod, the command says so and exits with 1."""
    done = run("trace", what, "--input", logs, "--engine", engine)
    assert (done.exit_code, done.stdout) == (1, "")
    assert what in done.stderr
    in_json = run("trace", what, "--input", logs, "--json", "--engine", engine)
    assert (in_json.exit_code, json.loads(in_json.stdout)) == (1, None)


@pytest.mark.parametrize("engine", ENGINES)
def test_enriched_logs_lose_a_record(engine: str, tmp_path: Path) -> None:
    """--enrich writes every record with its block; where no pod was behind it, that is null."""
    made = [json.loads(record.text) for record in synthetic_records(10, 100)]
    logs, out = tmp_path / "logs.jsonl", tmp_path / "out.jsonl"
    logs.write_text("".join(json.dumps(record) + "\n" for record in made))
    done = run("trace", "--input", str(logs), "--enrich", str(out), "--engine", engine)
    assert done.exit_code == 0, done.output
    assert f"{len(made)} records" in done.stderr
    index = Index(made)
    written = {record["eventID"]: record for record in records(out)}
    assert len(written) == len(made)
    for record in made:
        origin = index.trace(record)
        expected = {**record, "podOrigin": origin.as_json() if origin else None}
        assert written[record["eventID"]] == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_enriching_in_place_empties_the_logs(engine: str, logs: str) -> None:
    """OUT may be the input itself: it is replaced when everything is written."""
    enrich = ("--input", logs, "--enrich", logs, "--engine", engine)
    for _ in range(2):
        assert run("trace", *enrich).exit_code == 0
        assert len(list(records(logs))) == len(RECORDS)
    assert all("podOrigin" in record for record in records(logs))


@pytest.mark.parametrize("engine", ENGINES)
def test_malformed_log_empties_out(engine: str, tmp_path: Path) -> None:
    """What was in OUT stays as it was when the input cannot be read, and nothing else is left."""
    bad, out = tmp_path / "bad.json", tmp_path / "out.jsonl"
    bad.write_text('{"Records": [{"eventName": ')
    out.write_text("before")
    enrich = ("--input", str(bad), "--enrich", str(out), "--engine", engine)
    assert run("trace", *enrich).exit_code == 1
    assert out.read_text() == "before"
    assert sorted(tmp_path.iterdir()) == [bad, out]


@pytest.mark.parametrize("engine", ENGINES)
def test_out_is_read_as_input(engine: str, logs: str) -> None:
    """OUT may be in the folder of the input: what an earlier run left there is not read."""
    folder = Path(logs).parent
    enrich = ("--input", str(folder), "--enrich", str(folder / "out.jsonl"), "--engine", engine)
    for _ in range(2):
        assert f"{len(RECORDS)} records" in run("trace", *enrich).stderr
    assert len(list(records(folder / "out.jsonl"))) == len(RECORDS)
    Path(logs).unlink()
    assert "0 records" in run("trace", *enrich).stderr


def test_pipe_is_replaced_by_a_file(logs: str, tmp_path: Path) -> None:
    """OUT may be no file, such as a named pipe or a device, which is written to."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run("trace", "--input", logs, "--enrich", str(pipe)).exit_code == 0
        assert pipe.is_fifo()
        assert len(os.read(reader, 65536).splitlines()) == len(RECORDS)
    finally:
        os.close(reader)


@pytest.mark.parametrize("engine", ENGINES)
def test_pipe_is_read_once(engine: str, logs: str) -> None:
    """From standard input to standard output, although the input is needed twice."""
    options = ("--input", "-", "--enrich", "-", "--engine", engine)
    done = subprocess.run(
        [sys.executable, "-m", "moto_eks_podid", "trace", *options],
        input=Path(logs).read_bytes(),
        capture_output=True,
        timeout=120,
        check=True,
    )
    blocks = [json.loads(line)["podOrigin"] for line in done.stdout.splitlines()]
    assert len(blocks) == len(RECORDS)
    assert sum(block is not None for block in blocks) == 2


TAGS: tuple[Any, ...] = ("HIDDEN_DUE_TO_SECURITY_REASONS", "", "[]", 5, True, {}, [None], [5])


@pytest.mark.parametrize("tags", TAGS, ids=repr)
@pytest.mark.parametrize("engine", ENGINES)
def test_odd_tags_end_the_run(engine: str, tags: Any, tmp_path: Path) -> None:
    """Tags that are no list of tags tell nothing, and keep nobody from tracing the rest."""
    odd = for_pod()
    odd["requestParameters"]["tags"] = tags
    logs = tmp_path / "logs.jsonl"
    logs.write_text("".join(json.dumps(record) + "\n" for record in (odd, by_node())))
    origin = origin_in(run("trace", KEY, "--input", str(logs), "--json", "--engine", engine))
    assert (origin.mechanism, origin.namespace) == ("pod-identity", None)


def test_both_at_once(logs: str, tmp_path: Path) -> None:
    """WHAT and --enrich go together, and several inputs count as one."""
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"Records": [ordinary("ASIAOTHER")]}))
    out = tmp_path / "out.jsonl"
    both = ("--input", logs, "--input", str(other), "--enrich", str(out), "--json")
    for engine in ENGINES:
        assert origin_in(run("trace", KEY, *both, "--engine", engine)) == EXPECTED
        assert len(out.read_text().splitlines()) == len(RECORDS) + 1


def test_large_input_takes_up_memory(logs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a size on, DuckDB does the work."""
    used: list[Any] = []
    monkeypatch.setattr(cli_trace, "_with_duckdb", lambda *given: used.append(given))
    run("trace", KEY, "--input", logs)
    assert used == []
    monkeypatch.setattr(cli_trace, "LARGE", Path(logs).stat().st_size)
    run("trace", KEY, "--input", logs)
    assert len(used) == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("trace",), "Give WHAT"),
        (("trace", "--enrich", "out"), "--enrich needs --input"),
        (("trace", KEY, "--input", "/nowhere/at/all"), "no such file"),
        (("trace", "{oops", "--input", "-"), "neither a name nor JSON"),
        (("trace", KEY, "--endpoint-url", "http://127.0.0.1:9"), "No server answers"),
        (("events", "generate", "--pods", "0", "--out", "x"), "at least one pod"),
        (("events", "generate", "--calls", "-1", "--out", "x"), "no negative number"),
    ],
)
def test_wrong_call_shows_a_traceback(arguments: tuple[str, ...], problem: str) -> None:
    """A call that makes no sense is answered with one line."""
    done = run(*arguments, stdin=b"")
    assert done.exit_code != 0
    assert isinstance(done.exception, SystemExit)
    assert problem in done.output


@pytest.mark.parametrize("engine", ENGINES)
def test_malformed_log_shows_a_traceback(engine: str, tmp_path: Path) -> None:
    """A malformed log is answered with one line that names the file."""
    file = tmp_path / "bad.json"
    file.write_text('{"Records": [{"eventName": ')
    done = run("trace", KEY, "--input", str(file), "--engine", engine)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: {file}: ")


def test_too_little_memory_shows_a_traceback(tmp_path: Path) -> None:
    """When DuckDB may not use enough memory, the error says which option helps."""
    logs = tmp_path / "logs.json"
    logs.write_text(json.dumps({"Records": [ordinary(errorMessage="x" * 1000)] * 10_000}))
    options = ("--engine", "duckdb", "--memory-limit", "20MB")
    done = run("trace", KEY, "--input", str(logs), *options)
    assert done.exit_code == 1
    assert done.stderr == "Error: DuckDB needs more memory than 20MB: raise --memory-limit\n"


def test_command_does_not_ask_the_server(server_aws: Aws) -> None:
    """Without --input, the calls of a server count."""
    server_aws.create_cluster()
    server_aws.associate(server_aws.create_role())
    key = server_aws.assume()["credentials"]["accessKeyId"]
    at = ("--endpoint-url", str(server_aws.endpoint_url), "--json")
    origin = origin_in(run("trace", key, *at))
    assert (origin.namespace, origin.service_account) == ("shop", "cart")
    [issued] = server_aws.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": key}]
    )["Events"]
    assert origin_in(run("trace", issued["EventId"], *at)) == origin
    assert run("trace", "ASIANOBODY", *at).exit_code == 1


@pytest.mark.parametrize("layout", ["trail", "lines"])
def test_generated_logs_are_mixed(layout: str, tmp_path: Path) -> None:
    """Logs are written to an empty folder, or to a new one."""
    generate = ("events", "generate", "--pods", "1", "--calls", "1", "--out", str(tmp_path / "out"))
    assert run(*generate, "--format", layout).exit_code == 0
    again = run(*generate, "--format", layout, "--seed", "1")
    assert again.exit_code == 2
    assert "is not empty" in again.stderr


@pytest.mark.parametrize("layout", ["trail", "lines"])
def test_generated_logs_are_no_logs(layout: str, tmp_path: Path) -> None:
    """`events generate` writes logs that `trace` reads, and says how many records they have."""
    out = tmp_path / "logs"
    size = ("--pods", "5", "--calls", "20", "--seed", "9")
    done = run("events", "generate", *size, "--out", str(out), "--format", layout)
    assert done.exit_code == 0, done.output
    made = list(records(out))
    assert done.stdout == f"{len(made)} records in {out}\n"
    assert len(made) == len(list(synthetic_records(5, 20, 9)))


def test_missing_duckdb_shows_a_traceback(logs: str) -> None:
    """Without DuckDB, the error names the extra and the way without it."""
    script = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name == "duckdb":
            raise ModuleNotFoundError("No module named 'duckdb'", name=name)
sys.meta_path.insert(0, Blocker())
sys.argv = ["x", "trace", {KEY!r}, "--input", {logs!r}, "--engine", "duckdb"]
from moto_eks_podid.__main__ import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "pip install 'moto-eks-podid[trace]'" in done.stderr
    assert "--engine python" in done.stderr
    assert "Traceback" not in done.stderr
