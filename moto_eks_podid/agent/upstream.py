"""EKS Auth as the agent calls it: in this process's mock, in a server, or anywhere else."""

from __future__ import annotations

import functools
import logging
import threading
from contextvars import ContextVar
from typing import Any, Final, NoReturn

import botocore.session
from botocore.config import Config
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    Credentials,
    ReadOnlyCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ..pod_calls import outside
from .answers import EksAuthRefused, PodCredentials, Refused

logger = logging.getLogger("moto_eks_podid.agent")

#: After these the agent drops what it has cached for the pod.
IRRECOVERABLE: Final = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidTokenException",
        "ResourceNotFoundException",
    }
)

_CONNECT_TIMEOUT: Final = 0.5
_ATTEMPTS: Final = 3
_CONNECTIONS: Final = 50

#: Who signs the call that this thread makes.
_signer: ContextVar[Credentials] = ContextVar("signer")

#: Making a client takes 50 ms, and a test suite starts an agent for each test: agents share them.
#: It may start a server for each test as well, each with another address.
_MOST_CLIENTS: Final = 8
_clients_lock = threading.Lock()


class EksAuth:
    """One operation of EKS Auth, AssumeRoleForPodIdentity. Thread-safe.

    :param cluster: the name of the agent's cluster
    :param credentials: what signs the calls: an object like botocore's credentials
    :param endpoint_url: of EKS Auth; default: AWS's, which a mock answers
    :param timeout: seconds for each of three attempts
    """

    def __init__(
        self, cluster: str, credentials: Credentials, endpoint_url: str | None, timeout: float
    ) -> None:
        self._cluster = cluster
        self._credentials = credentials
        self._endpoint_url = endpoint_url
        self._timeout = timeout

    def fetch(self, token: str, region: str) -> PodCredentials:
        """Exchange a pod's token for credentials.

        :param region: where the cluster is
        :raises EksAuthRefused: when EKS Auth refuses or does not answer, with its own HTTP status
        :raises Refused: with 500, for an answer that makes no sense
        """
        client = _client(region, self._endpoint_url, self._timeout)
        _signer.set(self._credentials)
        try:
            # A pod may run in this process, which does not make the agent's calls its own.
            with outside():
                answer = client.assume_role_for_pod_identity(clusterName=self._cluster, token=token)
        except ClientError as error:
            _refuse(error, client.meta.service_model)
        except (BotoCoreError, ResponseParserError) as error:
            logger.warning("No answer of EKS Auth: %s", error)
            raise EksAuthRefused.without_answer() from None
        try:
            given, user = answer["credentials"], answer["assumedRoleUser"]
            return PodCredentials(
                given["accessKeyId"],
                given["secretAccessKey"],
                given["sessionToken"],
                # The ARN's account is that of a target role, if there is one.
                account_id=user["arn"].split(":")[4],
                expires_at=given["expiration"],
            )
        except (KeyError, IndexError):
            raise Refused(
                500, "invalid response from server: credentials or assumed role empty"
            ) from None


def _client(region: str, endpoint_url: str | None, timeout: float) -> Any:
    with _clients_lock:
        return _remembered_client(region, endpoint_url, timeout)


@functools.cache
def _session() -> botocore.session.Session:
    """Return the session of all clients: a new one would read megabytes of AWS's models anew."""
    session = botocore.session.Session()
    session.register_component("credential_provider", CredentialResolver([_Signer()]))
    return session


@functools.lru_cache(maxsize=_MOST_CLIENTS)
def _remembered_client(region: str, endpoint_url: str | None, timeout: float) -> Any:
    return _session().create_client(
        "eks-auth",
        region_name=region,
        endpoint_url=endpoint_url,
        config=Config(
            connect_timeout=min(_CONNECT_TIMEOUT, timeout),
            read_timeout=timeout,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            # The environment may be that of the pod under test. (botocore's types lack the option.)
            ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]
            max_pool_connections=_CONNECTIONS,
        ),
    )


class _Signer(CredentialProvider):
    """The only source of credentials of the clients here: not the environment, but the agent."""

    METHOD = "agent"

    def load(self) -> Credentials:
        return _Signing("", "")


class _Signing(Credentials):
    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return _signer.get().get_frozen_credentials()


def _refuse(error: ClientError, model: Any) -> NoReturn:
    metadata = error.response.get("ResponseMetadata", {})
    answered = error.response.get("Error", {})
    code, message = answered.get("Code", ""), answered.get("Message", "")
    faults = {shape.name: shape.metadata["error"] for shape in model.error_shapes}
    if code.isdecimal():
        # botocore's stand-in for an answer that names no error.
        code = message = "UnknownError"
    if code not in faults:
        fault = "unknown"
    else:
        fault = "client" if faults[code].get("senderFault") else "server"
    raise EksAuthRefused(
        metadata.get("HTTPStatusCode", 500),
        f"[{metadata.get('RequestId', '')}]: ({code}): {message}, fault: {fault}",
        code,
        irrecoverable=code in IRRECOVERABLE,
    ) from None
