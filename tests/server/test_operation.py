"""The server's life: what it says, what it writes, how it starts with something and ends."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
import requests
from aws_under_test import CLUSTER, Aws

from moto_eks_podid.scenario import loading
from moto_eks_podid.serving import command, running

PREFIX = "/moto-api/eks-podid"
SCENARIO = """
region: us-west-2
clusters:
  - name: prod-blue
roles:
  - name: cart
associations:
  - cluster: prod-blue
    namespace: shop
    service_account: cart
    role: cart
"""
GOODS = """
buckets:
  - name: goods
    objects:
      - {key: cart, body: tomatoes}
secrets:
  - {name: password, value: tomato}
tables:
  - {name: carts, key: id}
"""
PODS = """
pods:
  - cluster: prod-blue
    namespace: shop
    service_account: cart
"""
REFUSED = """
clusters:
  - name: prod-blue
associations:
  - cluster: prod-blue
    namespace: shop
    service_account: cart
    role: arn:aws:iam::123456789012:role/absent
"""
LIST_CLUSTERS = (
    b"GET /clusters HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 "
    b"Credential=testing/20260101/us-west-2/eks/aws4_request, Signature=0\r\n\r\n"
)


@contextmanager
def server(*flags: str, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server on a free port, as soon as it says where it is."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto_eks_podid", "server", "-p", "0", *flags],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _url(process, log), process
    finally:
        process.kill()
        process.wait(timeout=20)


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"Running on (\S+)\n", log.read_text()):
            return found[1]
        time.sleep(0.05)
    pytest.fail(f"the server did not start:\n{log.read_text()}")


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=30)


def until_ready(url: str) -> requests.Response:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = requests.get(f"{url}{PREFIX}/ready", timeout=30)
        if found.status_code != 503:
            return found
        assert found.json() == {"error": "NotReady", "message": "Waiting for the scenario"}
        assert requests.get(f"{url}{PREFIX}/health", timeout=30).status_code == 200
        time.sleep(0.02)
    pytest.fail("the server was never ready")


def test_probes_say_nothing(server_aws: Aws) -> None:
    """`/health` says what answers, `/ready` that everything is there."""
    url = f"{server_aws.endpoint_url}{PREFIX}"
    health = requests.get(f"{url}/health", timeout=30).json()
    assert (health["status"], set(health)) == ("ok", {"status", "version", "moto"})
    assert until_ready(server_aws.endpoint_url or "").json() == {"status": "ready"}


# --host


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_loopback_is_warned_of(tmp_path: Path, host: str) -> None:
    """An address that only this machine has is nothing to warn of."""
    log = tmp_path / "log"
    with server("-H", host, log=log) as (url, process):
        assert requests.get(f"{url}{PREFIX}/health", timeout=30).status_code == 200
        assert stop(process) == 0
    assert "WARNING" not in log.read_text()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_exposure_is_not_said(tmp_path: Path, host: str) -> None:
    """An address that others reach comes with a warning of what they can do."""
    log = tmp_path / "log"
    with server("-H", host, log=log) as (_, process):
        assert stop(process) == 0
    (warning,) = [line for line in log.read_text().splitlines() if "WARNING" in line]
    assert f"{host} is not this machine's alone" in warning
    assert "credentials and tokens" in warning


def test_unix_socket_is_not_served(tmp_path: Path) -> None:
    """`--host unix://…` is moto_server's, too."""
    path = tmp_path / "aws.sock"
    with server("-H", f"unix://{path}", log=tmp_path / "log") as (url, _):
        assert url == f"unix://{path}"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(f"GET {PREFIX}/health HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert answer.status == 200


# --access-log


def test_access_log_is_there_unasked(tmp_path: Path) -> None:
    """Without the flag nothing is written for a call."""
    log = tmp_path / "log"
    with server(log=log) as (url, process):
        Aws(endpoint_url=url).create_cluster()
        assert stop(process) == 0
    assert log.read_text() == f" * Running on {url}\nPress CTRL+C to quit\n"


def test_access_log_has_other_members(tmp_path: Path) -> None:
    """`--access-log json` writes an object per answer, with the id that CloudTrail shows."""
    log = tmp_path / "log"
    with server("--access-log", "json", log=log) as (url, process):
        aws = Aws(endpoint_url=url)
        aws.create_cluster()
        (record,) = aws.records(event_name="CreateCluster")
        requests.get(f"{url}/no/such?x=y", timeout=30)
        requests.post(f"{url}{PREFIX}/tokens", data=b" " * (2**20 + 1), timeout=30)
        assert stop(process) == 0
    entries = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    (made,) = [entry for entry in entries if entry["path"] == "/clusters"]
    assert made["request_id"] == record["requestID"]
    assert made.pop("milliseconds") > 0
    assert made.pop("bytes") > 100
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", made.pop("time"))
    assert made == {
        "client": "127.0.0.1",
        "method": "POST",
        "path": "/clusters",
        "service": "eks",
        "status": 200,
        "request_id": record["requestID"],
    }
    assert [entry["path"] for entry in entries if entry["status"] == 413] == [f"{PREFIX}/tokens"]
    (other,) = [entry for entry in entries if entry["path"].startswith("/no/such")]
    assert (other["path"], other["service"]) == ("/no/such", None)


def test_failure_is_not_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that the application itself fails at has a line, too."""
    entries: list[tuple[str, int, int]] = []

    def fail(environ: object, start_response: object) -> NoReturn:
        raise RuntimeError("There is no answer")

    def log(environ: Any, status: int, length: int, seconds: float, request_id: object) -> None:
        entries.append((environ["RAW_URI"], status, length))

    monkeypatch.setattr(running, "DomainDispatcherApplication", lambda _: fail)
    with running.listener("127.0.0.1", 0) as listening:
        serving = running.Running(listening, access_log=log)
        thread = threading.Thread(target=serving.serve_until_stopped)
        thread.start()
        port = listening.getsockname()[1]
        found = requests.get(f"http://127.0.0.1:{port}/clusters", timeout=30)
        serving.stop()
        thread.join()
    assert entries == [("/clusters", found.status_code, len(found.content))]
    assert found.status_code == 500


def test_access_log_tells_secrets_or_forges_lines(tmp_path: Path) -> None:
    """No token, key, signature or line break of a client gets into the log."""
    log = tmp_path / "log"
    with server("--access-log", "text", log=log) as (url, process):
        aws = Aws(endpoint_url=url)
        aws.create_cluster()
        aws.associate(aws.create_role())
        token = aws.token()
        credentials = aws.assume(token)["credentials"]
        signed = aws.client_with(credentials, "s3").generate_presigned_url("list_buckets")
        requests.get(signed, timeout=30)
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 30) as rude:
            rude.sendall(b"GET /\x1b[2J%0aforged HTTP/1.1\r\nHost: localhost\r\n\r\n")
            rude.recv(100)
        assert stop(process) == 0
    text = log.read_text()
    assert '"POST /clusters/prod-blue/assume-role-for-pod-identity" 200 ' in text
    for secret in (token, *credentials.values(), "Signature", "Security-Token"):
        if isinstance(secret, str):
            assert secret not in text
    assert "\x1b" not in text
    assert "\nforged" not in text


# --ssl-cert and --ssl-key


def test_missing_certificate_is_a_traceback(tmp_path: Path) -> None:
    """A file that is not there, or is no certificate, is one line with its name."""
    absent, other = tmp_path / "absent.pem", tmp_path / "other.pem"
    other.write_text("no")
    words = words_of_refusal("--ssl-cert", str(other), "--ssl-key", str(absent))
    assert words.startswith("Error: ")
    assert str(absent) in words
    words = words_of_refusal("--ssl-cert", str(other), "--ssl-key", str(other))
    assert f"{other} and {other} are no certificate and its key" in words


# --seed and --state


def test_scenario_is_not_there(tmp_path: Path) -> None:
    """`--seed` starts with what a scenario says; `/ready` tells when it is there."""
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO)
    with server("--seed", str(scenario), log=tmp_path / "log") as (url, process):
        assert until_ready(url).json() == {"status": "ready"}
        aws = Aws(endpoint_url=url)
        assert aws.assume(aws.token())["podIdentityAssociation"]
        assert stop(process) == 0


def words_of_refusal(*flags: str) -> str:
    """What a server says that does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "moto_eks_podid", "server", "-p", "0", *flags],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Running" not in done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_wrong_scenario_starts_a_server(tmp_path: Path) -> None:
    """A file that is wrong is told with its line, before the server listens."""
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("clusters:\n  - nam: prod-blue\n")
    assert f"{scenario}:2:" in words_of_refusal("--seed", str(scenario))


def test_refused_scenario_leaves_a_server(tmp_path: Path) -> None:
    """A scenario that AWS refuses stops the server again, with its words."""
    scenario, log = tmp_path / "scenario.yaml", tmp_path / "log"
    scenario.write_text(REFUSED)
    with server("--seed", str(scenario), log=log) as (_, process):
        assert process.wait(timeout=60) == 1
    assert f"{scenario}:" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_proxy_leads_the_seed_astray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scenario is made without the proxies of whoever starts the server."""
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO + PODS)
    with ExitStack() as stack:
        with monkeypatch.context() as environ:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
                environ.setenv(name, "http://127.0.0.1:1")
            flags = ("--seed", str(scenario))
            url, process = stack.enter_context(server(*flags, log=tmp_path / "log"))
        assert until_ready(url).json() == {"status": "ready"}
        assert stop(process) == 0


def test_seed_that_fails_leaves_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stops the scenario from being made stops the server, which says it."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("It cannot be made")

    monkeypatch.setattr(loading, "load_scenario", fail)
    seeding = command._Seeding(Path("scenario.yaml"), is_kept=False)
    with running.listener("127.0.0.1", 0) as listening:
        seeding.running = running.Running(listening, when_serving=seeding)
        seeding.running.serve_until_stopped()
    assert str(seeding.failure) == "It cannot be made"


def test_token_does_not_survive_a_restart(tmp_path: Path) -> None:
    """`--state` keeps what tokens and credentials need, instead of `--seed` from then on, which
    still makes what no state has."""
    scenario, state = tmp_path / "scenario.yaml", tmp_path / "state.json"
    scenario.write_text(SCENARIO + GOODS)
    flags = ("--seed", str(scenario), "--state", str(state))
    with server(*flags, log=tmp_path / "log") as (url, process):
        until_ready(url)
        aws = Aws(endpoint_url=url)
        token = aws.token()
        before = aws.assume(token)
        assert stop(process) == 0
    assert state.stat().st_mode & 0o777 == 0o600
    with server(*flags, log=tmp_path / "log") as (url, process):
        until_ready(url)
        aws = Aws(endpoint_url=url)
        assert aws.assume(token)["podIdentityAssociation"] == before["podIdentityAssociation"]
        who = aws.client_with(before["credentials"], "sts").get_caller_identity()
        assert who["Arn"] == before["assumedRoleUser"]["arn"]
        goods = aws.client("s3").get_object(Bucket="goods", Key="cart")
        assert goods["Body"].read() == b"tomatoes"
        assert len(aws.client("secretsmanager").list_secrets()["SecretList"]) == 1
        assert aws.client("dynamodb").list_tables()["TableNames"] == ["carts"]
        assert aws.client("eks").list_clusters()["clusters"] == ["prod-blue"]
        assert stop(process) == 0


def test_broken_state_is_overwritten(tmp_path: Path) -> None:
    """A state that cannot be read stops the server, and stays as it is."""
    state = tmp_path / "state.json"
    state.write_text("{")
    assert str(state) in words_of_refusal("--state", str(state))
    assert state.read_text() == "{"


def test_unwritable_state_is_found_at_the_end(tmp_path: Path) -> None:
    """Where no state can be written, no server starts."""
    state = tmp_path / "absent" / "state.json"
    assert str(state) in words_of_refusal("--state", str(state))


def test_state_that_cannot_be_written_any_more_is_a_traceback(tmp_path: Path) -> None:
    """A folder that went away while the server ran is told in one line."""
    state, log = tmp_path / "folder" / "state.json", tmp_path / "log"
    state.parent.mkdir()
    with server("--state", str(state), log=log) as (url, process):
        assert requests.get(f"{url}{PREFIX}/ready", timeout=30).status_code == 200
        state.parent.rmdir()
        assert stop(process) == 1
    assert (
        log.read_text().splitlines()[-1]
        == f"Error: [Errno 2] No such file or directory: {str(state)!r}"
    )


def test_reloading_server_forgets_its_state(tmp_path: Path) -> None:
    """`--reload` does not go with `--state`, which it could not keep."""
    state = tmp_path / "state.json"
    assert "--reload and --state" in words_of_refusal("--reload", "--state", str(state))
    assert not state.exists()


def test_server_that_never_served_leaves_a_state(tmp_path: Path) -> None:
    """Where the port is taken no state is written: the next start would take it for a kept one."""
    state = tmp_path / "state.json"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "in use" in words_of_refusal("-p", port, "--state", str(state))
    assert not state.exists()


# The end


def test_call_in_flight_is_cut_off(tmp_path: Path) -> None:
    """SIGTERM lets a call that is being answered finish; new ones are not taken."""
    log = tmp_path / "log"
    with server(log=log) as (url, process):
        aws = Aws(endpoint_url=url)
        aws.create_cluster()
        injection = aws.inject("eks", latency=2)
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), 30) as connection:
            connection.sendall(LIST_CLUSTERS)
            while injection.struck == 0:
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert json.loads(answer.read()) == {"clusters": [CLUSTER]}
        assert process.wait(timeout=30) == 0
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 30).close()
    assert "Traceback" not in log.read_text()


def test_endless_call_keeps_the_server(tmp_path: Path) -> None:
    """A call that would take an hour does not keep the server from ending."""
    with server(log=tmp_path / "log") as (url, process):
        aws = Aws(endpoint_url=url)
        injection = aws.inject("eks", latency=3600)
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), 30) as connection:
            connection.sendall(LIST_CLUSTERS)
            while injection.struck == 0:
                time.sleep(0.02)
            assert stop(process) == 0


def test_reloading_server_does_not_start(tmp_path: Path) -> None:
    """`--reload` serves, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: Any = probe.getsockname()[1]
    with server("--reload", "-p", str(port), log=tmp_path / "log") as (url, process):
        assert url == f"http://127.0.0.1:{port}"
        assert requests.get(f"{url}{PREFIX}/health", timeout=30).status_code == 200
        assert stop(process) == 0
