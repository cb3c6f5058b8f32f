"""The state in files: of this process, and by the command line."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from aws_under_test import CLUSTER, Aws
from click.testing import CliRunner
from moto.core.request import Request

import moto_eks_podid as podid
from moto_eks_podid import endpoints, http_paths
from moto_eks_podid.cli import command
from moto_eks_podid.remote import PREFIX
from moto_eks_podid.state import load_file, save_file
from tests.state.kept_world import forget_everything
from tests.state.small_state import changed, small_state

NOWHERE = "http://127.0.0.1:1"


def run(*arguments: str, given: bytes | None = None) -> Any:
    return CliRunner().invoke(command, ["state", *arguments], input=given)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_others_may_read_the_keys(in_process_aws: Aws, tmp_path: Path) -> None:
    """A file with a state is its owner's alone, whatever the umask and whatever it was before."""
    small_state(in_process_aws)
    file = tmp_path / "state.json"
    file.write_text("old")
    file.chmod(0o644)
    before = os.umask(0)
    try:
        save_file(file)
    finally:
        os.umask(before)
    assert mode(file) == 0o600
    assert json.loads(file.read_text()) == podid.export_state()
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_broken_save_loses_the_last_state(
    in_process_aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is replaced when the new one is complete: no save that fails changes it."""
    file = tmp_path / "state.json"
    save_file(file)
    before = file.read_bytes()
    in_process_aws.create_cluster()

    def fail(_: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        save_file(file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_link_becomes_a_file(in_process_aws: Aws, tmp_path: Path) -> None:
    """A link to a file goes on pointing there, and the state is where it points."""
    (tmp_path / "kept").mkdir()
    link, target = tmp_path / "state.json", tmp_path / "kept" / "state.json"
    link.symlink_to(target)
    save_file(link)
    assert link.is_symlink()
    assert json.loads(target.read_text())["format"] == "moto-eks-podid-state"


def test_saved_state_does_not_load(in_process_aws: Aws, tmp_path: Path) -> None:
    """What was saved is loaded; without a file there is nothing to load."""
    state = small_state(in_process_aws)
    file = tmp_path / "state.json"
    assert load_file(file) is False
    save_file(file)
    forget_everything(in_process_aws)
    assert load_file(file) is True
    assert podid.export_state() == state


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "This is no state"),
        (b"{}", "This is no state"),
        (b'{"format": "moto-eks-podid-state", "version": 1}', "The state has no clock_shift"),
        (b'{"format": "moto-eks-podid-state", "version": 9}', '"version" is not 1'),
    ],
)
def test_file_with_something_else_loads(
    in_process_aws: Aws, tmp_path: Path, text: bytes, message: str
) -> None:
    """A file that is no state, or was cut off, is an error that names the file."""
    file = tmp_path / "broken.json"
    file.write_bytes(text)
    with pytest.raises(ValueError, match=rf"broken\.json.*{message}"):
        load_file(file)
    save_file(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"broken\.json is not JSON: it may have been cut off"):
        load_file(file)


# The command line


def test_command_loses_the_state(server_aws: Aws, tmp_path: Path) -> None:
    """`state export` and `state import` bring a server's state out and in; what differs is only
    replaced with `--replace`."""
    assert server_aws.endpoint_url
    at_server = ("--endpoint-url", server_aws.endpoint_url)
    state = small_state(server_aws)
    file = tmp_path / "state.json"
    done = run("export", str(file), *at_server)
    assert (done.exit_code, done.output) == (0, "")
    assert mode(file) == 0o600
    assert json.loads(run("export", *at_server).stdout) == state == json.loads(file.read_text())
    forget_everything(server_aws)
    assert run("import", str(file), *at_server).exit_code == 0
    assert podid.export_state(endpoint_url=server_aws.endpoint_url) == state
    podid.rotate_signing_key(CLUSTER, endpoint_url=server_aws.endpoint_url)
    done = run("import", "-", *at_server, given=file.read_bytes())
    assert done.exit_code == 1
    assert "The cluster 'prod-blue' of 123456789012/us-west-2 is there already" in done.output
    assert run("import", str(file), "--replace", *at_server).exit_code == 0
    assert podid.export_state(endpoint_url=server_aws.endpoint_url) == state


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export", "{tmp}/state.json"), "No server answers"),
        (("import", "{tmp}/absent.json"), "absent.json: the file cannot be read: No such file"),
        (("import", "{tmp}/other.json"), "other.json is not JSON"),
    ],
)
def test_command_fails_with_a_traceback(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    """What goes wrong is one line, and the exit code is 1."""
    (tmp_path / "other.json").write_text("no")
    given = [argument.format(tmp=tmp_path) for argument in arguments]
    done = run(*given, "--endpoint-url", NOWHERE)
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert message in done.output
    assert done.output.count("\n") == 1
    assert not (tmp_path / "state.json").exists()


def test_help_hides_that_there_are_secrets() -> None:
    """`--help` says that the file holds keys."""
    done = subprocess.run(
        [sys.executable, "-m", "moto_eks_podid", "state", "export", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "private keys" in done.stdout
    assert "0600" in done.stdout


# The endpoint


def test_endpoint_takes_something_else(server_aws: Aws) -> None:
    """The endpoint of states answers what the function raises."""
    url = f"{server_aws.endpoint_url}/moto-api/eks-podid/state"
    state = requests.get(url, timeout=30).json()
    for query, body, message in (
        ("?replace=perhaps", state, "The query is replace=true or replace=false"),
        ("?other=true", state, "The query is replace=true or replace=false"),
        ("", {}, "This is no state"),
        ("", changed(state, ("sessions",), [1]), "sessions[0] is not an object, but int"),
    ):
        answer = requests.put(url + query, json=body, timeout=30)
        assert answer.status_code == 400
        assert answer.json()["error"] == "ValueError"
        assert message in answer.json()["message"]
    # More than other endpoints take.
    answer = requests.put(url, json={**state, "more": "a" * 2**21}, timeout=30)
    assert answer.json()["message"] == "The state has an unknown member 'more'"


def test_endless_state_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state has a limit, too: its own."""
    assert http_paths.LARGE_BODIES["PUT", "/state"] == 512 * http_paths.MAX_BODY
    limits = {("PUT", "/state"): 2 * http_paths.MAX_BODY}
    monkeypatch.setattr(http_paths, "LARGE_BODIES", limits)
    for size, status in ((2, 400), (2.1, 413)):
        body = b" " * int(size * http_paths.MAX_BODY)
        request = Request.from_values(f"{PREFIX}/state", method="PUT", data=body)
        assert endpoints.answer(request)[0] == status
