"""moto's own features with our state in it: state dump, dashboard, recorder and replay."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from aws_under_test import CLUSTER, Aws
from moto.backends import list_of_moto_modules
from moto.moto_api import recorder
from moto.server import ThreadedMotoServer

import moto_eks_podid as podid


def moto_api(aws: Aws) -> str:
    return f"{aws.endpoint_url or 'http://motoapi.amazonaws.com'}/moto-api"


def tell_a_story(aws: Aws) -> str:
    """Make some of every kind of state that we keep; returns the pod's token."""
    aws.create_cluster()
    aws.associate(aws.create_role(), tags={"team": "cart"})
    token = aws.token()
    aws.assume(token)
    return token


def test_state_dump_fails_with_our_state(aws: Aws) -> None:
    """moto's state dump has what moto's own models hold, the pod's session among it."""
    tell_a_story(aws)
    aws.shift(60)
    dump = requests.get(f"{moto_api(aws)}/data.json", timeout=30)
    assert dump.status_code == 200
    (assumed,) = dump.json()["sts"]["AssumedRole"]
    assert assumed["access_key_id"] == aws.sessions()[0].access_key_id
    assert [role["name"] for role in dump.json()["iam"]["Role"]] == ["cart-reader"]


def test_state_dump_keeps_what_was_reset(aws: Aws) -> None:
    """After moto's reset the dump shows nothing of ours any more."""
    tell_a_story(aws)
    requests.post(f"{moto_api(aws)}/reset", timeout=30).raise_for_status()
    dump = requests.get(f"{moto_api(aws)}/data.json", timeout=30).json()
    assert dump["iam"]["Role"] == dump["sts"]["AssumedRole"] == []


def test_state_dump_has_a_service_that_moto_does_not_have(aws: Aws) -> None:
    """The dashboard's services are moto's: none is named after a folder of ours."""
    tell_a_story(aws)
    dump = requests.get(f"{moto_api(aws)}/data.json", timeout=30).json()
    assert set(dump) <= {"core", *list_of_moto_modules()}


def test_dashboard_does_not_load(server_aws: Aws) -> None:
    """moto's dashboard and what it loads are served, with our state behind it."""
    tell_a_story(server_aws)
    page = requests.get(f"{moto_api(server_aws)}/", timeout=30)
    assert page.status_code == 200
    assert "<title>Moto</title>" in page.text
    for needed in ("lib.js", "data.json"):
        answer = requests.get(f"{moto_api(server_aws)}/{needed}", timeout=30)
        assert (answer.status_code, bool(answer.text)) == (200, True)


# The recorder


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this process records; the test's AWS is in this process, too."""
    path = tmp_path / "recording"
    monkeypatch.setattr(recorder, "_location", str(path))
    yield path
    recorder.stop_recording()


@pytest.fixture
def thread_aws(recording: Path) -> Iterator[Aws]:
    """A server in a thread of this process, which a test can give a place to record at."""
    podid.install()
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    aws = Aws(endpoint_url=f"http://{host}:{port}")
    requests.post(f"{moto_api(aws)}/reset", timeout=30).raise_for_status()
    yield aws
    aws.settings()
    requests.post(f"{moto_api(aws)}/reset", timeout=30).raise_for_status()
    server.stop()


@pytest.fixture(params=["in-process", "server"])
def recorded_aws(request: pytest.FixtureRequest, recording: Path) -> Aws:
    name = "in_process_aws" if request.param == "in-process" else "thread_aws"
    made: Aws = request.getfixturevalue(name)
    return made


def control(aws: Aws, what: str) -> None:
    requests.post(f"{moto_api(aws)}/recorder/{what}", timeout=60).raise_for_status()


def entries(recording: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in recording.read_text(encoding="utf-8").splitlines()]


def body_of(entry: dict[str, Any]) -> bytes:
    text: str = entry["body"] or ""
    return base64.b64decode(text) if entry["body_encoded"] else text.encode()


def test_call_is_not_recorded(recorded_aws: Aws, recording: Path) -> None:
    """moto's recorder writes each of our calls, the token in clear, and the calls still work."""
    aws = recorded_aws
    control(aws, "start-recording")
    token = tell_a_story(aws)
    control(aws, "stop-recording")
    aws.assume(token)
    calls = [(entry["method"], entry["url"].split("?")[0]) for entry in entries(recording)]
    paths = [url.partition("//")[2].partition("/")[2] for _, url in calls]
    wanted = [
        "clusters",
        f"clusters/{CLUSTER}/pod-identity-associations",
        f"clusters/{CLUSTER}/assume-role-for-pod-identity",
    ]
    assert [path for path in paths if path in wanted] == wanted
    (assumed,) = (entry for entry in entries(recording) if entry["url"].endswith(wanted[-1]))
    assert json.loads(body_of(assumed)) == {"token": token}


def replay(aws: Aws) -> None:
    if aws.endpoint_url is None:
        # Asked over HTTP, moto sends everything to the host that was asked.
        recorder.replay_recording()
    else:
        control(aws, "replay-recording")


def recorded_story(aws: Aws) -> podid.RoleSession:
    """Record the story and forget its state; returns the pod's session."""
    control(aws, "start-recording")
    tell_a_story(aws)
    control(aws, "stop-recording")
    (session,) = aws.sessions()
    requests.post(f"{moto_api(aws)}/reset", timeout=30).raise_for_status()
    assert aws.sessions() == []
    return session


def test_replay_needs_the_old_keys(recorded_aws: Aws) -> None:
    """With `verify_token` off, a replay into a fresh state makes the association and session."""
    aws = recorded_aws
    original = recorded_story(aws)
    aws.settings(verify_token=False)
    replay(aws)
    (replayed,) = aws.sessions()
    assert replayed.tags == original.tags
    assert replayed.role_arn == original.role_arn
    assert replayed.access_key_id != original.access_key_id
    (association,) = aws.client("eks").list_pod_identity_associations(clusterName=CLUSTER)[
        "associations"
    ]
    assert association["associationArn"] == replayed.association_arn


def test_replay_gets_past_verification(recorded_aws: Aws) -> None:
    """While tokens are verified, a replay makes the cluster again, and refuses the old token."""
    aws = recorded_aws
    recorded_story(aws)
    replay(aws)
    eks = aws.client("eks")
    assert len(eks.list_pod_identity_associations(clusterName=CLUSTER)["associations"]) == 1
    assert aws.sessions() == []
