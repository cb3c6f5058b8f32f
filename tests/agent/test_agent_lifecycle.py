"""An agent's beginning and end: ports, threads, errors, what it takes as arguments."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import threading
import warnings
import weakref
from urllib.parse import urlsplit

import pytest
from agents import agent_of, ask, calls_of_eks_auth, until
from aws_under_test import CLUSTER, REGION, Aws
from pods import prepare

import moto_eks_podid as podid
from moto_eks_podid.agent import upstream


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "eks-pod" in thread.name]


def test_port_stays_taken(aws: Aws) -> None:
    """After the end the port is free, no thread is left, and the agent may begin again."""
    prepare(aws)
    agent = agent_of(aws)
    with agent:
        port = urlsplit(agent.url).port
        assert port
        first = ask(agent.url, aws.token())
    assert threads() == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    with agent_of(aws, port=port) as agent:
        assert urlsplit(agent.url).port == port
        assert ask(agent.url, aws.token()).body != first.body
    agent.start()
    assert ask(agent.url, aws.token()).status == 200
    agent.stop()
    agent.stop()
    assert threads() == []


def test_taken_port_leaves_something_behind(in_process_aws: Aws) -> None:
    """An agent that cannot have one of its ports has none."""
    with agent_of(in_process_aws) as agent:
        port = urlsplit(agent.url).port
        second = agent_of(in_process_aws, metrics_port=port)
        with pytest.raises(OSError, match="in use"):
            second.start()
        with pytest.raises(RuntimeError, match="does not run"):
            second.url  # noqa: B018
        second.stop()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        del second
        gc.collect()


def test_foreign_address_is_taken_for_another(in_process_aws: Aws) -> None:
    """An address that this machine does not have is an error."""
    with pytest.raises(OSError, match=r"[Cc]annot assign|not available"):
        agent_of(in_process_aws, host="192.0.2.1").start()


def test_agent_runs_twice(in_process_aws: Aws) -> None:
    """Beginning twice is an error, and the agent goes on."""
    with agent_of(in_process_aws) as agent:
        with pytest.raises(RuntimeError, match="runs already"):
            agent.start()
        assert ask(agent.url).status == 400
    assert repr(agent) == f"<PodIdentityAgent of {CLUSTER}, stopped>"


def test_several_hosts_have_several_caches(in_process_aws: Aws) -> None:
    """An agent listens at several addresses, at one port, for the same pods."""
    prepare(in_process_aws)
    token = in_process_aws.token()
    with agent_of(in_process_aws, host=["127.0.0.1", "127.0.0.2"]) as agent:
        first, second = agent.urls
        assert urlsplit(first).port == urlsplit(second).port
        assert agent.url == first
        assert ask(first, token).body == ask(second, token).body
        # What it listens at is proper.
        assert ask(second).status == 400
    assert len(calls_of_eks_auth(in_process_aws)) == 1


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")
def test_ipv6_has_another_form(in_process_aws: Aws) -> None:
    """An IPv6 address is given with brackets or without, and has them in the URL."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no ::1")
    for host in ("::1", "[::1]"):
        with agent_of(in_process_aws, host=host) as agent:
            assert agent.url.startswith("http://[::1]:")
            assert ask(agent.url).status == 400


def test_address_of_every_interface_cannot_be_reached(in_process_aws: Aws) -> None:
    """The URL of an agent that listens everywhere is this machine's."""
    with agent_of(in_process_aws, host="0.0.0.0", probe_port=0) as agent:
        assert urlsplit(agent.url).hostname == "127.0.0.1"
        assert ask(agent.url).status == 400


def test_request_is_cut_off_at_the_end(in_process_aws: Aws) -> None:
    """A request that is being answered is answered, though the agent stops meanwhile."""
    prepare(in_process_aws)
    token = in_process_aws.token()
    agent = agent_of(in_process_aws)
    agent.start()
    url = agent.url
    begun, may_end = threading.Event(), threading.Event()
    fetch = agent._upstream.fetch
    running = agent._running
    assert running

    def slow(token: str) -> object:
        begun.set()
        assert may_end.wait(30)
        return fetch(token)

    running.renewal._cache._fetch = slow  # type: ignore[union-attr, assignment]
    answers: list[int] = []
    client = threading.Thread(target=lambda: answers.append(ask(url, token).status))
    client.start()
    assert begun.wait(30)
    stopping = threading.Thread(target=agent.stop)
    stopping.start()
    until(lambda: running.servers["127.0.0.1"].socket.fileno() == -1)
    may_end.set()
    stopping.join(30)
    client.join(30)
    assert answers == [200]
    assert threads() == []


def test_bug_in_the_agent_is_swallowed(
    in_process_aws: Aws, capfd: pytest.CaptureFixture[str]
) -> None:
    """What goes wrong inside of the agent is a 500, is printed nowhere, and is raised at the end
    of the block, unless that ends with an error of its own."""
    prepare(in_process_aws)
    token = in_process_aws.token()

    def broken(token: str) -> object:
        raise ZeroDivisionError(token)

    def run() -> None:
        with agent_of(in_process_aws) as agent:
            running = agent._running
            assert running
            running.renewal._cache._fetch = broken  # type: ignore[union-attr, assignment]
            assert ask(agent.url, token).status == 500
            assert [type(error) for error in agent.errors] == [ZeroDivisionError]

    with pytest.raises(ZeroDivisionError):
        run()
    agent = agent_of(in_process_aws)
    with pytest.raises(KeyError):
        run_and_fail(agent)
    assert capfd.readouterr() == ("", "")


def run_and_fail(agent: podid.PodIdentityAgent) -> None:
    with agent:
        agent.errors.append(ZeroDivisionError())
        raise KeyError


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"version": "1.0"}, "version is one of 0.1, 0.2, not '1.0'"),
        ({"max_cache_size": 10_000, "max_credential_retention": 60}, "Refresh QPS is too small"),
    ],
)
def test_argument_is_accepted(arguments: dict[str, object], message: str) -> None:
    """Arguments that make no sense are refused at once."""
    with pytest.raises(ValueError, match=message):
        podid.PodIdentityAgent(CLUSTER, **arguments)  # type: ignore[arg-type]


def test_forgotten_agent_keeps_the_process() -> None:
    """A process ends although nobody stopped its agent, and a connection is open."""
    script = """
import socket, urllib.parse
import moto_eks_podid as podid
agent = podid.PodIdentityAgent("prod")
agent.start()
url = urllib.parse.urlsplit(agent.url)
connection = socket.create_connection((url.hostname, url.port))
connection.sendall(b"GET")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_each_server_costs_memory_for_ever() -> None:
    """Agents of one server share a client; that of a server of long ago is let go."""
    made = [upstream._client(REGION, f"http://127.0.0.1:{port}", 5.0) for port in range(1, 10)]
    assert upstream._client(REGION, "http://127.0.0.1:9", 5.0) is made[-1]
    first = weakref.ref(made.pop(0))
    gc.collect()
    assert first() is None
