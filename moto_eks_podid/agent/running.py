"""The agent itself: what it is made of, and when it starts and stops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from botocore.credentials import Credentials

from .. import clock, nodes, remote
from .answers import PodCredentials
from .application import (
    CREDENTIALS_PATH,
    METRICS_PATH,
    PROBE_PATHS,
    Application,
    CredentialsEndpoint,
    MetricsEndpoint,
    ProbeEndpoint,
)
from .cache import SWEEP_INTERVAL, CacheLimits, CredentialCache
from .checks import EKS_HOSTS
from .metrics import Metrics
from .node import ClusterName, Node, jwks_of
from .retriever import Hosts, Misconfigured, NewerChecks, Retriever, Upstream
from .server import REQUEST_TIMEOUT, Errors, HttpServer, ServingThread
from .signatures import SignatureCheck
from .times import ServerClock
from .upstream import EksAuth

#: The lines of the real agent whose checks there are.
VERSIONS: Final = ("0.1", "0.2")

_DEFAULT_SERVICE_QPS: Final = 3

#: Keys of the servers that are not for pods; no host is named so.
_PROBE: Final = "(probe)"
_METRICS: Final = "(metrics)"


@dataclass(frozen=True, slots=True)
class _Running:
    """What there is of an agent while it runs: servers by their hosts, and threads."""

    servers: dict[str, HttpServer]
    serving: ServingThread
    renewal: _Renewal


class PodIdentityAgent:
    """The EKS Pod Identity Agent: hands pods of a node their credentials, over HTTP.

    What it checks, in which words it refuses, what it caches and when it renews is the real agent's
    (``aws/eks-pod-identity-agent``); its HTTP endpoint is real, since no AWS SDK asks for container
    credentials in a way that a mock sees. It calls EKS Auth as a node, so that CloudTrail shows one
    and IAM judges one.

    Use it as a context manager, or with :meth:`start` and :meth:`stop`; inside of ``mock_aws``
    unless its cluster is in a server.

    :param cluster: the name of its cluster, which may come into being later
    :param host: the address to listen at, or several. 169.254.170.23 and fd00:ec2::23 work where
        the machine has them
    :param port: 0 for a free one
    :param endpoint_url: of a server with the plugin; default: the mock of this process, or moto's
        own server under ``TEST_SERVER_MODE``
    :param region: the cluster's; default: wherever the only cluster of that name is
    :param account_id: twelve digits; default as for the region
    :param node_role: name or ARN of the node's role, which exists; default: ``eks-node-CLUSTER``,
        made with the permission ``eks-auth:AssumeRoleForPodIdentity`` when it is not there
    :param instance_id: of the node; default: a random one
    :param credentials: botocore credentials to call EKS Auth with, rather than as a node. With them
        the endpoint can be any
    :param version: ``"0.1"``, or ``"0.2"``, which also checks the claims and the signature of a
        token, and knows a pod by its uid rather than by its token
    :param allowed_hosts: what a request may have as its ``Host``, besides ``host``
    :param allow_loopback: whether that may also be a loopback address, or ``localhost``
    :param check_audience: whether version 0.2 wants the audience of Pod Identity
    :param max_credential_retention: the most seconds before credentials are renewed; 0: no cache
    :param max_cache_size: how many pods are cached; 0: no cache
    :param max_service_qps: how many credentials are renewed a second
    :param service_timeout: seconds for each of three attempts to reach EKS Auth
    :param request_timeout: seconds that a client has to send a request
    :param probe_port: serves ``/healthz`` and ``/readyz`` at localhost; 0 for a free one
    :param metrics_port: serves them and ``/metrics``; 0 for a free one
    :param metrics_address: where
    :param now: returns the seconds since 1970; default: the plugin's time, or the server's
    :raises ValueError: for an unknown version, or a cache that is too large for its renewals
    """

    def __init__(
        self,
        cluster: str,
        *,
        host: str | Sequence[str] = "127.0.0.1",
        port: int = 0,
        endpoint_url: str | None = None,
        region: str | None = None,
        account_id: str | None = None,
        node_role: str | None = None,
        instance_id: str | None = None,
        credentials: Credentials | None = None,
        version: str = "0.1",
        allowed_hosts: Sequence[str] = EKS_HOSTS,
        allow_loopback: bool = True,
        check_audience: bool = True,
        max_credential_retention: float = 10_800,
        max_cache_size: int = 2000,
        max_service_qps: int = 3,
        service_timeout: float = 1.0,
        request_timeout: float = REQUEST_TIMEOUT,
        probe_port: int | None = None,
        metrics_port: int | None = None,
        metrics_address: str = "127.0.0.1",
        now: Callable[[], float] | None = None,
    ) -> None:
        if version not in VERSIONS:
            raise ValueError(f"version is one of {', '.join(VERSIONS)}, not {version!r}")
        self.cluster = cluster
        self.instance_id = instance_id or nodes.new_instance_id()
        self._hosts = _addresses(host)
        self._port = port
        self._probe_port = probe_port
        self._metrics_address, self._metrics_port = metrics_address, metrics_port
        self._request_timeout = request_timeout
        self._allowed = Hosts(_addresses(allowed_hosts), self._hosts, allow_loopback)
        self._limits: CacheLimits | None = None
        if max_credential_retention > 0 and max_cache_size > 0:
            self._limits = CacheLimits(
                max_credential_retention,
                max_cache_size,
                max_service_qps if max_service_qps > 0 else _DEFAULT_SERVICE_QPS,
            )
        server_url = remote.server(endpoint_url)
        name = ClusterName(cluster, region, account_id)
        self._node: Node | None = None
        if credentials is None:
            credentials = self._node = Node(name, self.instance_id, node_role, server_url)
            if now is None and server_url is not None:
                now = ServerClock(server_url)
        self._now = now or clock.epoch_seconds
        eks_auth = EksAuth(cluster, credentials, server_url, service_timeout)
        self._upstream = Upstream(eks_auth, self._node, region, server_url)
        self._newer: NewerChecks | None = None
        if version != "0.1":
            signature = SignatureCheck(lambda: jwks_of(name, server_url))
            self._newer = NewerChecks(check_audience, signature)
        self._errors = Errors()
        self._running: _Running | None = None

    def __enter__(self) -> PodIdentityAgent:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if error is None:
            self.check()

    def __repr__(self) -> str:
        where = self.url if self._running else "stopped"
        return f"<PodIdentityAgent of {self.cluster}, {where}>"

    def start(self) -> None:
        """Listen, in threads of its own. What an earlier run cached is gone.

        :raises OSError: when an address is not there, or a port is taken
        :raises RuntimeError: when it runs already
        """
        if self._running is not None:
            raise RuntimeError(f"{self} runs already")
        metrics = Metrics()
        cache = None
        if self._limits is not None:
            cache = CredentialCache(self._upstream.fetch, self._now, metrics, self._limits)
        retriever = Retriever(self._allowed, self._upstream.fetch, cache, self._newer, self._now)
        with ExitStack() as stack:
            servers = self._servers(stack, retriever, metrics)
            stack.pop_all()
        serving = ServingThread(list(servers.values()), "eks-pod-identity-agent")
        self._running = _Running(servers, serving, _Renewal(cache, self._errors))

    def _servers(
        self, stack: ExitStack, retriever: Retriever, metrics: Metrics
    ) -> dict[str, HttpServer]:
        """Return a server for each address: those of credentials first, by their hosts."""

        def listen(host: str, port: int, app: Application) -> HttpServer:
            server = HttpServer(host, port, app, self._errors, self._request_timeout)
            stack.callback(server.server_close)
            return server

        def retrieve(host: str, token: str) -> PodCredentials:
            try:
                return retriever(host, token)
            except Misconfigured as refused:
                self._errors.keep(refused.__cause__ or refused)
                raise

        endpoint = CredentialsEndpoint(retrieve, metrics)
        servers = {}
        port = self._port
        for host in self._hosts:
            app = Application({CREDENTIALS_PATH: endpoint})
            servers[host] = listen(host, port, app)
            port = servers[host].port
        probe = ProbeEndpoint([server.url for server in servers.values()])
        probes = dict.fromkeys(PROBE_PATHS, probe)
        if self._probe_port is not None:
            servers[_PROBE] = listen("localhost", self._probe_port, Application(probes))
        if self._metrics_port is not None:
            app = Application(
                {**probes, METRICS_PATH: MetricsEndpoint(metrics)},
                unlimited=(METRICS_PATH,),
            )
            servers[_METRICS] = listen(self._metrics_address, self._metrics_port, app)
        return servers

    def stop(self) -> None:
        """Let requests be answered, free the ports, end the threads. Twice does no harm."""
        running, self._running = self._running, None
        if running is not None:
            running.renewal.stop()
            running.serving.stop()

    @property
    def url(self) -> str:
        """What ``AWS_CONTAINER_CREDENTIALS_FULL_URI`` is to be; of several hosts, the first."""
        return self.urls[0]

    @property
    def urls(self) -> tuple[str, ...]:
        """The same for each host."""
        servers = self._now_running.servers
        return tuple(f"{servers[host].url}{CREDENTIALS_PATH}" for host in self._hosts)

    @property
    def probe_url(self) -> str:
        """The address below which ``/healthz`` and ``/readyz`` are."""
        return self._now_running.servers[_PROBE].url

    @property
    def metrics_url(self) -> str:
        """The address of ``/metrics``."""
        return f"{self._now_running.servers[_METRICS].url}{METRICS_PATH}"

    @property
    def node_role_arn(self) -> str | None:
        """The role of the node, which is made if need be; None with credentials of your own.

        :raises ClusterLookupError: when several clusters fit
        :raises ValueError: when there is no such role
        """
        return self._node.session().role_arn if self._node else None

    @property
    def errors(self) -> list[BaseException]:
        """What went wrong inside of the agent, rather than in a pod or in EKS Auth, so far."""
        return self._errors.seen

    def check(self) -> None:
        """Raise the first of :attr:`errors` and forget it; the end of a ``with`` does so, too.

        What a pod or EKS Auth did wrong is none of them: that is an honest answer.
        """
        self._errors.check()

    @property
    def _now_running(self) -> _Running:
        if self._running is None:
            raise RuntimeError(f"{self} does not run")
        return self._running


class _Renewal:
    """Renews credentials that nobody asks for, in a thread of its own."""

    def __init__(self, cache: CredentialCache | None, errors: Errors) -> None:
        self._cache = cache
        self._errors = errors
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="eks-pod-identity-agent-renewal", daemon=True
        )
        self._thread.start()

    def _run(self) -> None:
        while self._cache is not None and not self._stopped.wait(SWEEP_INTERVAL):
            with self._errors:
                self._cache.sweep_if_due()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()


def _addresses(given: str | Sequence[str]) -> tuple[str, ...]:
    """Return addresses without the brackets that IPv6 has in a URL."""
    every = (given,) if isinstance(given, str) else given
    return tuple(host.strip("[]") for host in every)
