"""Every way to run moto with the plugin outside of the test's own process."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from aws_under_test import ACCOUNT, CLUSTER, POD_TRUST, REGION, Aws
from botocore.config import Config
from moto.server import ThreadedMotoServer

import moto_eks_podid as podid

BIN = Path(sys.executable).parent
CONSOLE_SCRIPT = [str(BIN / "moto-eks-podid")]
MODULE = [sys.executable, "-m", "moto_eks_podid"]
UNAUTHORIZED = (
    "Unauthorized Exception! EKS does not have permissions to assume the associated role."
)
TRUST_POLICY = (
    "Trust policy of the role provided is invalid. "
    "Follow the official documentation to resolve the issue"
)
SESSION_TAGS = (
    "eks-cluster-arn",
    "eks-cluster-name",
    "kubernetes-namespace",
    "kubernetes-service-account",
    "kubernetes-pod-name",
    "kubernetes-pod-uid",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def run(*command: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, "COLUMNS": "200", **(environ or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def running(port: int, log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program that listens on a port, until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
                break
            except ConnectionRefusedError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait(timeout=20)


def assert_journey(aws: Aws) -> None:
    """A pod's token becomes credentials, and these have the session's identity and tags."""
    aws.create_cluster()
    association = aws.associate(aws.create_role())
    answer = aws.assume(aws.token(pod_name="cart-1"))
    assert answer["podIdentityAssociation"]["associationId"] == association["associationId"]
    who = aws.client_with(answer["credentials"], "sts").get_caller_identity()
    assert who["Arn"] == answer["assumedRoleUser"]["arn"]
    (session,) = aws.sessions(access_key_id=answer["credentials"]["accessKeyId"])
    assert tuple(session.tags) == SESSION_TAGS
    assert session.tags["kubernetes-pod-name"] == "cart-1"


# moto-eks-podid server


@pytest.mark.parametrize("command", [MODULE, CONSOLE_SCRIPT], ids=["module", "console script"])
def test_server_ignores_host_and_port(command: list[str], tmp_path: Path) -> None:
    """`-H` and `-p` are moto_server's, and the server has the plugin in it."""
    port = free_port()
    with running(port, tmp_path / "log", *command, "server", "-H", "127.0.0.1", "-p", str(port)):
        assert_journey(Aws(endpoint_url=f"http://127.0.0.1:{port}"))
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_server_survives_sigterm(tmp_path: Path) -> None:
    """SIGTERM, as docker and systemd send it, stops the server with exit code 0."""
    port = free_port()
    with running(port, tmp_path / "log", *MODULE, "server", "-p", str(port)) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


class TlsAws(Aws):
    """A server whose certificate nobody signed."""

    def client(self, service: str, region: str = REGION, **credentials: str) -> Any:
        keys = credentials or {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.client(
            service, region_name=region, endpoint_url=self.endpoint_url, verify=False, **keys
        )


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_server_cannot_speak_tls(tmp_path: Path) -> None:
    """`--ssl` serves with a certificate of its own."""
    port = free_port()
    with running(port, tmp_path / "log", *MODULE, "server", "--ssl", "-p", str(port)):
        aws = TlsAws(endpoint_url=f"https://127.0.0.1:{port}")
        aws.create_cluster()
        aws.associate(aws.create_role())
        minted = requests.post(
            f"{aws.endpoint_url}/moto-api/eks-podid/tokens",
            json={"cluster": CLUSTER, "namespace": "shop", "service_account": "cart"},
            verify=False,
            timeout=30,
        )
        answer = aws.assume(minted.json()["token"])
        who = aws.client_with(answer["credentials"], "sts").get_caller_identity()
    assert who["Arn"] == answer["assumedRoleUser"]["arn"]


def test_server_takes_any_flag() -> None:
    """An unknown flag is a usage error, exit code 2."""
    done = run(*MODULE, "server", "--no-such-flag")
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: ")
    assert "--no-such-flag" in done.stderr
    assert "Traceback" not in done.stderr


def test_server_help_hides_flags() -> None:
    """`server --help` shows the flags of moto_server, all of them."""
    done = run(*MODULE, "server", "--help")
    assert done.returncode == 0
    for flag in ("--host", "--port", "--reload", "--ssl", "--ssl-cert", "--ssl-key"):
        assert flag in done.stdout


def test_server_hides_a_taken_port(tmp_path: Path) -> None:
    """A port that is taken is an error that says so."""
    port = free_port()
    with running(port, tmp_path / "log", *MODULE, "server", "-p", str(port)):
        done = run(*MODULE, "server", "-p", str(port))
    assert done.returncode != 0
    assert "in use" in done.stderr


@pytest.mark.parametrize("command", ["server", "proxy", "demo"])
@pytest.mark.parametrize("program", [MODULE, CONSOLE_SCRIPT], ids=["module", "console script"])
def test_wrong_setting_fails_each_request(program: list[str], command: str) -> None:
    """A wrong value in the environment is one line that names it, before anything starts."""
    wrong = {"MOTO_EKS_PODID_VERIFY_TOKEN": "perhaps"}
    done = run(*program, command, environ=wrong)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: MOTO_EKS_PODID_VERIFY_TOKEN: expected true or false, got 'perhaps'\n"
    )


def test_right_setting_in_the_environment_stops_the_server(tmp_path: Path) -> None:
    """What the environment says holds for the server's whole life, also after a reset."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/moto-api"
    command = ["env", "MOTO_EKS_PODID_VERIFY_TOKEN=off", *MODULE, "server", "-p", str(port)]
    with running(port, tmp_path / "log", *command):
        for _ in range(2):
            in_force = requests.get(f"{url}/eks-podid/settings", timeout=30).json()
            assert in_force["verify_token"] is False
            requests.post(f"{url}/reset", timeout=30).raise_for_status()


# The other modes


def test_threaded_server_lacks_the_plugin() -> None:
    """moto's ThreadedMotoServer has the plugin in it after install(), and one set of state."""
    podid.install()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        assert_journey(Aws(endpoint_url=url))
        # The server is in this process: without a URL the functions see the same sessions.
        assert [session.tags["kubernetes-pod-name"] for session in podid.role_sessions()] == [
            "cart-1"
        ]
        requests.post(f"{url}/moto-api/reset", timeout=30).raise_for_status()
        assert podid.role_sessions() == []
    finally:
        server.stop()


TEST_SERVER_MODE = textwrap.dedent(
    f"""
    import os
    import boto3
    from moto import mock_aws
    import moto_eks_podid as podid

    podid.install()

    @mock_aws
    def test_pod_gets_credentials():
        iam = boto3.client("iam", "{REGION}")
        role = iam.create_role(RoleName="cart", AssumeRolePolicyDocument='''{POD_TRUST}''')
        eks = boto3.client("eks", "{REGION}")
        arn = role["Role"]["Arn"]
        eks.create_cluster(name="{CLUSTER}", roleArn=arn, resourcesVpcConfig={{}})
        eks.create_pod_identity_association(
            clusterName="{CLUSTER}", namespace="shop", serviceAccount="cart", roleArn=arn
        )
        token = podid.service_account_token("{CLUSTER}", "shop", "cart")
        answer = boto3.client("eks-auth", "{REGION}").assume_role_for_pod_identity(
            clusterName="{CLUSTER}", token=token
        )
        (session,) = podid.role_sessions()
        assert session.access_key_id == answer["credentials"]["accessKeyId"]
        # The server has it, not this process.
        url = os.environ["TEST_SERVER_MODE_ENDPOINT"]
        assert podid.role_sessions(endpoint_url=url) == [session]
        print(session.arn)

    test_pod_gets_credentials()
    """
)


def test_server_mode_decorator_stays_in_process(server: Any) -> None:
    """Under TEST_SERVER_MODE moto's decorator and our functions both mean the server."""
    requests.post(f"{server.url}/moto-api/reset", timeout=30).raise_for_status()
    done = run(
        *(sys.executable, "-c", TEST_SERVER_MODE),
        environ={"TEST_SERVER_MODE": "true", "TEST_SERVER_MODE_ENDPOINT": server.url},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/cart/eks-{CLUSTER}-")


class ProxiedAws(Aws):
    """The real AWS hosts, through moto's proxy."""

    def __init__(self, proxy_url: str) -> None:
        # moto's proxy has its own endpoints at its own host and port.
        super().__init__(endpoint_url=proxy_url.replace("127.0.0.1", "localhost"))
        self.proxy_url = proxy_url

    def client(self, service: str, region: str = REGION, **credentials: str) -> Any:
        keys = credentials or {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        proxies = {"http": self.proxy_url, "https": self.proxy_url}
        return boto3.client(
            service, region_name=region, config=Config(proxies=proxies), verify=False, **keys
        )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="moto's proxy needs openssl")
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_proxy_lacks_the_plugin(tmp_path: Path) -> None:
    """`moto-eks-podid proxy`: the whole journey, at the hosts that botocore resolves."""
    port = free_port()
    with running(port, tmp_path / "log", *MODULE, "proxy", "-p", str(port)):
        assert_journey(ProxiedAws(f"http://127.0.0.1:{port}"))
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_plain_endpoint_url_is_not_enough(server_aws: Aws) -> None:
    """A boto3 client needs nothing but endpoint_url."""
    eks = boto3.client(
        "eks",
        region_name=REGION,
        endpoint_url=server_aws.endpoint_url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    server_aws.create_cluster()
    made = eks.create_pod_identity_association(
        clusterName=CLUSTER,
        namespace="shop",
        serviceAccount="cart",
        roleArn=server_aws.create_role(),
    )["association"]
    assert made["associationArn"].startswith(f"arn:aws:eks:{REGION}:{ACCOUNT}:")


# The other commands


@pytest.mark.parametrize("command", [MODULE, CONSOLE_SCRIPT], ids=["module", "console script"])
def test_help_hides_commands(command: list[str]) -> None:
    """`--help` lists the commands, whichever way the program is started."""
    done = run(*command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: moto-eks-podid ")
    for name in ("demo", "server", "proxy", "token"):
        assert f"\n  {name} " in done.stdout


def test_version_differs() -> None:
    """`--version` prints the package's version."""
    done = run(*MODULE, "--version")
    assert done.returncode == 0
    assert done.stdout.split()[-1] == podid.__version__


def test_token_hides_an_absent_server() -> None:
    """`token` without a server says where it looked, without a traceback."""
    url = f"http://127.0.0.1:{free_port()}"
    done = run(*MODULE, "token", CLUSTER, "shop", "cart", "--endpoint-url", url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: No server answers at {url}\n"


#: Arguments of `token` -> what it says.
TOKEN_ERRORS = {
    "unknown cluster": (
        ["nowhere", "shop", "cart"],
        "Error: There is no cluster 'nowhere' in any region of any account: "
        "create it with eks.create_cluster\n",
    ),
    "namespace": (
        [CLUSTER, "Shop", "cart"],
        "Error: Kubernetes does not allow this namespace: 'Shop'\n",
    ),
    "lifetime": (
        [CLUSTER, "shop", "cart", "--expires-in", "5"],
        "Error: expires_in is 600 to 4294967296 seconds, not 5\n",
    ),
}


@pytest.mark.parametrize(("arguments", "says"), TOKEN_ERRORS.values(), ids=TOKEN_ERRORS)
def test_token_error_is_unclear(server_aws: Aws, arguments: list[str], says: str) -> None:
    """What the server refuses reads as one line."""
    server_aws.create_cluster()
    done = run(*MODULE, "token", *arguments, "--endpoint-url", str(server_aws.endpoint_url))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", says)


def test_token_from_a_plain_moto_server_is_a_traceback(tmp_path: Path) -> None:
    """A server without the plugin is named as the cause."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(port, tmp_path / "log", str(BIN / "moto_server"), "-p", str(port)):
        done = run(*MODULE, "token", CLUSTER, "shop", "cart", "--endpoint-url", url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is the plugin installed in that server (moto-eks-podid server)?" in done.stderr
    assert "Traceback" not in done.stderr


def test_demo_tells_half_the_story() -> None:
    """`demo` shows the caller, its tags, the refusals with reasons, and the pod behind a call."""
    done = run(*MODULE, "demo", "--no-color")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(rf"\ncaller +arn:aws:sts::{ACCOUNT}:assumed-role/", done.stdout)
    for tag in SESSION_TAGS:
        assert f"\n{tag} " in done.stdout
    assert re.search(
        r"\nAWS_CONTAINER_CREDENTIALS_FULL_URI +http://127.0.0.1:\d+/v1/credentials\n", done.stdout
    )
    assert done.stdout.count(": allowed\n") == 10
    assert done.stdout.count(UNAUTHORIZED) == 9
    assert done.stdout.count(TRUST_POLICY) == 1
    assert "InvalidTokenException" in done.stdout
    assert "payroll.json (namespace=office): AccessDenied User: arn:aws:sts::" in done.stdout
    assert "'office' against 'shop' does not hold" in done.stdout
    assert re.findall(r"^outcome +(.*)$", done.stdout, re.MULTILINE) == ["allowed", "AccessDenied"]
    assert len(re.findall(r"^that is pod +cart-7c9d6b5f4-x2k9m ", done.stdout, re.MULTILINE)) == 2
    assert "\x1b" not in done.stdout


def test_demo_at_a_server_tells_half_the_story() -> None:
    """`demo --server` does it with the AWS CLI: a pod reads, is refused, and is found again."""
    done = run(*MODULE, "demo", "--server", "--no-color")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n$ aws ") == 10
    assert '\n{"object": "order-1.json"}\n' in done.stdout
    assert "calling the HeadObject operation: Forbidden" in done.stdout
    assert "'office' against 'shop' does not hold" in done.stdout
    assert re.search(r"\npod name +cart-7c9d6b5f4-x2k9m ", done.stdout)
    assert "HTTP/1.1" not in done.stdout
