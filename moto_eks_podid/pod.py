"""Code under test runs as if it were inside a pod: ``run_as_pod()``."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import boto3
import jwt
from moto.core.models import MockAWS

from . import clock, environment, hosts, issuers, remote
from .agent import PodIdentityAgent
from .agent.times import ServerClock
from .enforcement import enforced
from .kubelet import ProjectedToken
from .pod_calls import ClientCalls, switch_credentials
from .webhook.injection import pod_identity_environment

_F = TypeVar("_F", bound=Callable[..., Any])

#: What would have an SDK find other credentials than the pod's, or another region. The files of a
#: developer's home directory come before a container's credentials, so there are none: neither
#: AWS's nor those of boto, boto3's predecessor.
_NOT_IN_A_POD: Final[Mapping[str, str | None]] = {
    "AWS_ACCESS_KEY_ID": None,
    "AWS_SECRET_ACCESS_KEY": None,
    "AWS_SESSION_TOKEN": None,
    "AWS_SECURITY_TOKEN": None,
    "AWS_CREDENTIAL_EXPIRATION": None,
    "AWS_PROFILE": None,
    "AWS_DEFAULT_PROFILE": None,
    "AWS_ROLE_ARN": None,
    "AWS_ROLE_SESSION_NAME": None,
    "AWS_WEB_IDENTITY_TOKEN_FILE": None,
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": None,
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": None,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_CREDENTIAL_FILE": None,
    "BOTO_CONFIG": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

_SERVER: Final = "AWS_ENDPOINT_URL"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The arguments of :func:`run_as_pod`."""

    cluster: str
    namespace: str
    service_account: str
    pod_name: str | None
    region: str | None
    account_id: str | None
    node_role: str | None
    iam_enforcement: str | None
    endpoint_url: str | None


@dataclass(frozen=True, slots=True)
class _Running:
    """What there is of a pod while it runs."""

    token: ProjectedToken
    environ: Mapping[str, str]
    agent: PodIdentityAgent
    claims: Mapping[str, Any]
    calls: ClientCalls


class Pod:
    """A pod that code runs in: :func:`run_as_pod` makes it.

    It is a context manager, and a decorator of functions, coroutine functions and generators.
    ``cluster``, ``namespace`` and ``service_account`` say which; ``endpoint_url`` is the server's,
    None in-process. Everything else is there while it runs.
    """

    def __init__(self, wanted: _Wanted) -> None:
        self._wanted = wanted
        self._running: _Running | None = None
        self.cluster = wanted.cluster
        self.namespace = wanted.namespace
        self.service_account = wanted.service_account
        self.endpoint_url = remote.server(wanted.endpoint_url)

    def __repr__(self) -> str:
        return f"<Pod of {self.namespace}/{self.service_account} on {self.cluster}>"

    def __enter__(self) -> Pod:
        if self._running is not None:
            raise RuntimeError(f"{self} runs already")
        if self.endpoint_url is None and not MockAWS._mocks_active:
            raise RuntimeError(
                f"{self} has no AWS to run in: start mock_aws first, or give the endpoint_url of a "
                "server with the plugin"
            )
        with ExitStack() as stack:
            self._running = self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        agent = self._now.agent
        self._running = None
        self._stack.close()
        if error is None:
            agent.check()

    def __call__(self, function: _F) -> _F:
        """Run a function, coroutine function or generator as this pod: anew for each call.

        :raises TypeError: for a class or an asynchronous generator, which would run outside
        """
        if inspect.isclass(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{self} runs functions, coroutine functions and generators, not {function!r}: "
                "decorate methods, or run the pod in a with block"
            )
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_async(*args: Any, **kwargs: Any) -> Any:
                with Pod(self._wanted):
                    return await function(*args, **kwargs)

            return cast(_F, run_async)

        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def run_generator(*args: Any, **kwargs: Any) -> Any:
                with Pod(self._wanted):
                    return (yield from function(*args, **kwargs))

            return cast(_F, run_generator)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with Pod(self._wanted):
                return function(*args, **kwargs)

        return cast(_F, run)

    @property
    def pod_name(self) -> str:
        """The pod's name, as its token has it."""
        name: str = self._now.claims["kubernetes.io"]["pod"]["name"]
        return name

    @property
    def region(self) -> str:
        """The cluster's region."""
        return self._now.environ["AWS_REGION"]

    @property
    def token(self) -> str:
        """The service account token that is in the file now."""
        return self._now.token.token

    @property
    def token_file(self) -> str:
        """The path of the projected token. The file is this user's alone, in a folder likewise."""
        return str(self._now.token.path)

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of a process in the pod, to be given to ``subprocess.run(env=…)``.

        A process of its own reaches a server, not a mock in this one.
        """
        return dict(self._now.environ)

    @property
    def agent(self) -> PodIdentityAgent:
        """The agent of the pod's node."""
        return self._now.agent

    def session(self, **arguments: Any) -> boto3.Session:
        """Return a new boto3 session of the pod.

        :param arguments: of ``boto3.Session``
        """
        self._now  # noqa: B018 - raises when the pod does not run
        return boto3.Session(**arguments)

    def client(self, service: str, **arguments: Any) -> Any:
        """Return a boto3 client of the pod.

        :param arguments: of ``boto3.client``
        """
        make: Any = self.session().client
        return make(service, **{"endpoint_url": self.endpoint_url, **arguments})

    def adopt(self, client: Any) -> None:
        """Have a client that was made outside call as the pod, until the block ends.

        :param client: a client of boto3, or a resource
        """
        client = client.meta.client if hasattr(client.meta, "client") else client
        credentials = self.session()._session.get_credentials()
        self._stack.enter_context(switch_credentials(client, credentials))
        self._now.calls.adopt(client)

    def renew_token(self) -> None:
        """Write a new token, which happens by itself when the old one is old enough."""
        self._now.token.renew()

    def stop_renewing(self) -> None:
        """Leave the token as it is from now on, as if the node's kubelet were down."""
        self._now.token.stop()

    @property
    def _now(self) -> _Running:
        if self._running is None:
            raise RuntimeError(f"{self} does not run")
        return self._running

    def _start(self, stack: ExitStack) -> _Running:
        wanted, server = self._wanted, self.endpoint_url
        if wanted.iam_enforcement is not None:
            stack.enter_context(enforced(wanted.iam_enforcement, server))
        now = clock.epoch_seconds if server is None else ServerClock(server)
        agent = stack.enter_context(
            PodIdentityAgent(
                wanted.cluster,
                endpoint_url=server,
                node_role=wanted.node_role,
                region=wanted.region,
                account_id=wanted.account_id,
                now=now,
            )
        )
        first = issuers.service_account_token(
            wanted.cluster,
            wanted.namespace,
            wanted.service_account,
            pod_name=wanted.pod_name,
            region=wanted.region,
            account_id=wanted.account_id,
            endpoint_url=server,
        )
        claims = jwt.decode(first, options={"verify_signature": False})
        region = hosts.region_in(claims["iss"])
        kubernetes = claims["kubernetes.io"]

        def mint() -> str:
            return issuers.service_account_token(
                wanted.cluster,
                wanted.namespace,
                wanted.service_account,
                pod_name=kubernetes["pod"]["name"],
                pod_uid=kubernetes["pod"]["uid"],
                node_name=kubernetes["node"]["name"],
                region=region,
                account_id=wanted.account_id,
                endpoint_url=server,
            )

        token = ProjectedToken(mint, "eks-pod-identity-token", now)
        stack.callback(token.remove)
        found = pod_identity_environment(
            region, credentials_uri=agent.url, mount_path=str(token.path.parent)
        )
        variables = {**_NOT_IN_A_POD, **found.variables}
        if server is not None:
            variables.update(_only_endpoint(server))
        stack.enter_context(environment.changed(variables))
        stack.enter_context(environment.new_default_session())
        calls = stack.enter_context(ClientCalls(token.renew_if_due))
        environ = {**os.environ, **variables}
        present = {name: value for name, value in environ.items() if value is not None}
        return _Running(token, present, agent, claims, calls)


def _only_endpoint(server: str) -> dict[str, str | None]:
    """Return the variables that lead every SDK to a server, whatever others there are."""
    others = [name for name in os.environ if name.startswith(f"{_SERVER}_")]
    return {
        **dict.fromkeys(others),
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": None,
        _SERVER: server,
    }


def run_as_pod(
    cluster: str,
    namespace: str,
    service_account: str,
    *,
    pod_name: str | None = None,
    region: str | None = None,
    account_id: str | None = None,
    node_role: str | None = None,
    iam_enforcement: str | None = None,
    endpoint_url: str | None = None,
) -> Pod:
    """Return a pod to run code in, as a context manager or a decorator.

    Inside, the process has the environment that EKS's webhook gives a container, a projected token
    in a file that is renewed as the kubelet renews it, and an agent on a port of its own, so that
    AWS SDKs find the pod's credentials by themselves ("Learn how EKS Pod Identity grants pods
    access to AWS services", EKS User Guide). Whatever other credentials the process had are out of
    sight: variables, the developer's files, boto3's default session. At the end everything is put
    back, and what went wrong in the agent is raised.

    The environment is the process's: threads inside the block share it. Of pods that run at once,
    inside of each other or in threads or coroutines, the one that began last counts. A client that
    was made outside keeps its credentials: its first call warns (:class:`NotAdoptedWarning`),
    :meth:`Pod.adopt` switches it.

    :param cluster: the name of a cluster that exists in moto
    :param namespace: the pod's namespace
    :param service_account: the name of the pod's service account, which should have an association
    :param pod_name: default: the service account's name and a random suffix
    :param region: default: wherever the only cluster of that name is
    :param account_id: twelve digits; default as for the region
    :param node_role: name or ARN of the role of the pod's node; default: one that may do what a
        node must
    :param iam_enforcement: ``off``, ``sessions`` or ``all``, for the block; default: as it is
    :param endpoint_url: of a server with the plugin; default: the mock of this process, or moto's
        own server under ``TEST_SERVER_MODE``
    :raises ClusterLookupError: in the block's beginning, when no cluster fits, or more than one
    :raises RuntimeError: likewise, without a mock or a server
    :raises ValueError: likewise, for names that Kubernetes does not allow
    """
    return Pod(
        _Wanted(
            cluster,
            namespace,
            service_account,
            pod_name,
            region,
            account_id,
            node_role,
            iam_enforcement,
            endpoint_url,
        )
    )
