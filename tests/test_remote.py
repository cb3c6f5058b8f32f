"""The Python functions with an `endpoint_url`: what they make of a server's answers."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aws_under_test import CLUSTER, Aws
from moto.server import ThreadedMotoServer

import moto_eks_podid as podid
from moto_eks_podid import _install
from moto_eks_podid.remote import PREFIX, ClusterLookupError, ServerError
from moto_eks_podid.state.document import export_here

KIND = "https://kubernetes.default.svc.cluster.local"

FAILURES: dict[str, tuple[Callable[[str | None], Any], type[Exception], str]] = {
    "token of no cluster": (
        lambda url: podid.service_account_token("nowhere", "a", "b", endpoint_url=url),
        ClusterLookupError,
        "There is no cluster 'nowhere'",
    ),
    "token of a cluster in two regions": (
        lambda url: podid.service_account_token("twice", "a", "b", endpoint_url=url),
        ClusterLookupError,
        "say which with region= and account_id=",
    ),
    "token of a bad namespace": (
        lambda url: podid.service_account_token(CLUSTER, "No", "b", endpoint_url=url),
        ValueError,
        "Kubernetes does not allow this",
    ),
    "token of a short life": (
        lambda url: podid.service_account_token(
            CLUSTER, "a", "b", expires_in=599, endpoint_url=url
        ),
        ValueError,
        "expires_in is 600 to 4294967296 seconds, not 599",
    ),
    "trust without keys": (
        lambda url: podid.trust_issuer(CLUSTER, KIND, endpoint_url=url),
        ValueError,
        "Give either jwks or jwks_url",
    ),
    "trust with a file's keys": (
        lambda url: podid.trust_issuer(CLUSTER, KIND, jwks_url="file:///x", endpoint_url=url),
        ValueError,
        "http or https",
    ),
    "trust with empty keys": (
        lambda url: podid.trust_issuer(CLUSTER, KIND, jwks={"keys": []}, endpoint_url=url),
        ValueError,
        "no usable key",
    ),
    "trust of no cluster": (
        lambda url: podid.trust_issuer("nowhere", KIND, jwks={"keys": []}, endpoint_url=url),
        ClusterLookupError,
        "There is no cluster 'nowhere'",
    ),
    "rotation of no cluster": (
        lambda url: podid.rotate_signing_key("nowhere", endpoint_url=url),
        ClusterLookupError,
        "There is no cluster 'nowhere'",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_error_differs_from_the_one_in_process(aws: Aws, case: str) -> None:
    """The functions raise the same for a server as they do in-process."""
    aws.create_cluster()
    if "two regions" in case:
        aws.create_cluster("twice")
        aws.create_cluster("twice", region="eu-central-1")
    function, expected, words = FAILURES[case]
    with pytest.raises(expected) as caught:
        function(aws.endpoint_url)
    assert type(caught.value) is expected
    assert words in str(caught.value)


def test_trailing_slash_of_an_endpoint_is_doubled(server_aws: Aws) -> None:
    """An endpoint URL may end with a slash."""
    server_aws.create_cluster()
    token = podid.service_account_token(
        CLUSTER, "shop", "cart", endpoint_url=f"{server_aws.endpoint_url}/"
    )
    assert token.count(".") == 2


NOBODY = "http://127.0.0.1:1"

POD = {"metadata": {"namespace": "shop"}, "spec": {"containers": [{"name": "cart"}]}}
#: Every function that asks a server, asking one that is not there.
ASKING: dict[str, Callable[[], Any]] = {
    "service_account_token": lambda: podid.service_account_token(
        CLUSTER, "a", "b", endpoint_url=NOBODY
    ),
    "trust_issuer": lambda: podid.trust_issuer(
        CLUSTER, KIND, jwks={"keys": []}, endpoint_url=NOBODY
    ),
    "rotate_signing_key": lambda: podid.rotate_signing_key(CLUSTER, endpoint_url=NOBODY),
    "mutate_pod": lambda: podid.mutate_pod(POD, endpoint_url=NOBODY),
    "run_as_pod": lambda: podid.run_as_pod(CLUSTER, "a", "b", endpoint_url=NOBODY).__enter__(),
    "role_sessions": lambda: podid.role_sessions(endpoint_url=NOBODY),
    "cloudtrail_records": lambda: podid.cloudtrail_records(endpoint_url=NOBODY),
    "deliver_trails": lambda: podid.deliver_trails(endpoint_url=NOBODY),
    "trace": lambda: podid.trace("ASIAEXAMPLE", endpoint_url=NOBODY),
    "explain": lambda: podid.explain(endpoint_url=NOBODY),
    "inject": lambda: podid.inject("sts", error="Throttling", endpoint_url=NOBODY),
    "export_state": lambda: podid.export_state(endpoint_url=NOBODY),
    "import_state": lambda: podid.import_state(export_here(), endpoint_url=NOBODY),
}


@pytest.mark.parametrize("function", ASKING)
def test_absent_server_is_an_error_of_requests(function: str) -> None:
    """Every function says which server does not answer."""
    with pytest.raises(ServerError) as caught:
        ASKING[function]()
    assert str(caught.value) == f"No server answers at {NOBODY}"


def test_broken_tls_is_an_error_of_requests(server_aws: Aws) -> None:
    """A server that does not speak TLS is told apart from one that is not there."""
    url = str(server_aws.endpoint_url).replace("http:", "https:")
    with pytest.raises(ServerError, match=f"^TLS to {url} failed: "):
        podid.role_sessions(endpoint_url=url)


def test_own_refusal_asks_for_the_plugin(server_aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with the plugin that refuses its name says all of why, and what allows it."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *more: resolve("127.0.0.1", *more))
    url = str(server_aws.endpoint_url).replace("127.0.0.1", "moto.moto.svc.cluster.local")
    with pytest.raises(ServerError) as caught:
        podid.role_sessions(endpoint_url=url)
    assert str(caught.value).startswith(f"GET {url}{PREFIX}/sessions")
    assert str(caught.value).endswith(
        "name it in the setting allowed_hosts (MOTO_EKS_PODID_ALLOWED_HOSTS, --allowed-host)."
    )
    assert "answered 403: 'moto.moto.svc.cluster.local:" in str(caught.value)
    assert "installed" not in str(caught.value)


@pytest.fixture
def plain_server() -> Iterator[str]:
    """The URL of moto's server without the plugin."""
    was_installed = _install.installed()
    podid.uninstall()
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
    if was_installed:
        podid.install()


def test_server_without_the_plugin_answers_something(plain_server: str) -> None:
    """Asking a server that has no plugin says so, and how to start one that has."""
    for function in (
        lambda: podid.service_account_token(CLUSTER, "a", "b", endpoint_url=plain_server),
        lambda: podid.role_sessions(endpoint_url=plain_server),
        lambda: podid.trust_issuer(CLUSTER, KIND, jwks={"keys": []}, endpoint_url=plain_server),
        lambda: podid.rotate_signing_key(CLUSTER, endpoint_url=plain_server),
    ):
        with pytest.raises(ServerError, match=r"moto-eks-podid server") as caught:
            function()
        assert f"{plain_server}{PREFIX}" in str(caught.value)
        assert "404" in str(caught.value)
