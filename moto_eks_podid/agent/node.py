"""The node that an agent runs on: its credentials, its region, the keys of its cluster."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import botocore.session
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError
from moto.core.models import MockAWS

from .. import clock, remote
from ..identity.errors import JwksUnavailable
from ..issuers import find_cluster
from ..nodes import DEFAULT_REGION, NodeSession, node_session
from ..oidc.fetch import fetch_jwks
from ..remote import ClusterLookupError

#: How long the SDK's credentials count, in seconds.
_ROTATION: Final = 60.0


@dataclass(frozen=True, slots=True)
class ClusterName:
    """A cluster as a user names it; what is None may be anything."""

    name: str
    region: str | None
    account_id: str | None


class NoMock(RuntimeError):
    """An agent of this process was asked when no mock ran any more."""


class Node(Credentials):
    """A node whose session EC2 keeps fresh. botocore reads its credentials call by call.

    :param role: name or ARN of its role; default: one that is made
    :param server_url: of a server with the plugin; default: this process
    """

    def __init__(
        self, cluster: ClusterName, instance_id: str, role: str | None, server_url: str | None
    ) -> None:
        super().__init__("", "")
        self.method = "node"
        self.instance_id = instance_id
        self._cluster = cluster
        self._role = role
        self._server_url = server_url
        self._lock = threading.Lock()
        self._session: NodeSession | None = None

    def session(self) -> NodeSession:
        """Return the session that the node has now.

        :raises ClusterLookupError: when several clusters fit
        :raises ValueError: when the node's role does not exist
        :raises ServerError: when the server has no plugin
        :raises NoServer: when it does not answer
        :raises NoMock: when this process is not mocked
        """
        with self._lock:
            self._session = node_session(
                self._cluster.name,
                self.instance_id,
                role=self._role,
                region=self._cluster.region,
                account_id=self._cluster.account_id,
                current=self._session,
                endpoint_url=self._server_url,
            )
            return self._session

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return the credentials of the session that the agent's last call looked at."""
        session = self._session or self.session()
        return ReadOnlyCredentials(
            session.access_key_id, session.secret_access_key, session.session_token
        )


class SdkCredentials(Credentials):
    """The credentials that an AWS SDK finds in its surroundings, looked for once a minute.

    :param now: seconds on a clock of its own
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__("", "")
        self._now = now
        self._found: ReadOnlyCredentials | None = None
        self._found_at = 0.0

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return them.

        :raises NoCredentialsError: when there are none
        """
        if self._found is None or not 0 <= self._now() - self._found_at < _ROTATION:
            found = botocore.session.Session().get_credentials()
            if found is None:
                raise NoCredentialsError
            self._found = found.get_frozen_credentials()
            self._found_at = self._now()
        return self._found


def sdk_region() -> str:
    """Return the region that an AWS SDK finds in its surroundings, as the real agent's does."""
    # botocore does not know the variable that all other SDKs read.
    found = os.environ.get("AWS_REGION") or botocore.session.Session().get_config_variable("region")
    return found or DEFAULT_REGION


def require_mock(server_url: str | None) -> None:
    """Keep an agent that outlived its mock from calling AWS.

    :raises NoMock: without a server, when no mock runs
    """
    if server_url is None and not MockAWS._mocks_active:
        raise NoMock(
            "No mock runs: start the agent inside mock_aws, or give it the endpoint_url of a server"
        )


def jwks_of(cluster: ClusterName, server_url: str | None) -> Mapping[str, Any]:
    """Return the keys that verify a cluster's tokens now, as its API server publishes them.

    :raises JwksUnavailable: when there is no such cluster, or its server does not answer
    """
    try:
        if server_url is None:
            _, identity = find_cluster(cluster.name, cluster.region, cluster.account_id)
            return identity.issuer.jwks(clock.now())
        for entry in remote.call(server_url, "GET", "/issuers")["issuers"]:
            if (
                entry["cluster"] == cluster.name
                and cluster.region in (None, entry["region"])
                and cluster.account_id in (None, entry["account_id"])
            ):
                return fetch_jwks(f"{server_url}{urlsplit(entry['issuer']).path}/keys")
    except (ClusterLookupError, remote.ServerError, OSError) as error:
        raise JwksUnavailable(str(error)) from None
    raise JwksUnavailable(f"There is no cluster {cluster.name!r}")
