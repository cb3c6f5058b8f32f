"""Two ways to reach one AWS: a test that takes `aws` runs in-process and against a server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import requests
from aws_under_test import Aws
from shell import Shell

import moto_eks_podid as podid

pytest_plugins = ["pytester"]

# The same examples each time, so that what fails is the change's doing; others are tried with
# `--hypothesis-profile default`. On a busy machine all takes long, and no property is about time.
hypothesis.settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("steady")

# The tests must not meet the credentials or the configuration of whoever runs them.
for _name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
    del os.environ[_name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


class Server:
    """`moto-eks-podid server` in a process of its own."""

    def __init__(self, log: Path, *flags: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        scheme = "https" if "--ssl" in flags else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "moto_eks_podid", "server", "-p", str(self.port), *flags],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                requests.get(f"{self.url}/moto-api/eks-podid/settings", timeout=5, verify=False)
            except requests.ConnectionError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
            else:
                return
        pytest.fail(f"the server did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server") / "server.log")
    yield running
    running.stop()
    # Whatever the tests did to it, it never failed.
    assert "Traceback" not in running.log.read_text()


@pytest.fixture
def in_process_aws() -> Iterator[Aws]:
    with podid.mock_aws():
        aws = Aws(endpoint_url=None)
        yield aws
        aws.settings()


@pytest.fixture
def server_aws(server: Server) -> Iterator[Aws]:
    requests.post(f"{server.url}/moto-api/reset", timeout=30).raise_for_status()
    aws = Aws(endpoint_url=server.url)
    yield aws
    aws.settings()


@pytest.fixture
def shell(server_aws: Aws, tmp_path: Path) -> Shell:
    return Shell(server_aws, tmp_path)


@pytest.fixture(params=["in-process", "server"])
def aws(request: pytest.FixtureRequest) -> Aws:
    name = "in_process_aws" if request.param == "in-process" else "server_aws"
    made: Aws = request.getfixturevalue(name)
    return made
