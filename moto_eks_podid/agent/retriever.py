"""From a request's host and token to credentials: checks, cache, EKS Auth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..remote import ClusterLookupError, NoServer, ServerError
from ..sts.models import NothingRecordsSessions
from .answers import EksAuthRefused, PodCredentials, Refused
from .cache import CredentialCache
from .checks import check_claims, check_host, check_times, read_token
from .go_jwt import Token
from .node import Node, NoMock, require_mock, sdk_region
from .signatures import SignatureCheck
from .times import ServerClock
from .upstream import EksAuth


@dataclass(frozen=True, slots=True)
class Hosts:
    """What a request may have as its ``Host``: see the arguments of the agent."""

    wanted: Sequence[str]
    tolerated: Sequence[str]
    loopback: bool


@dataclass(frozen=True, slots=True)
class NewerChecks:
    """What version 0.2 looks at besides."""

    audience: bool
    signature: SignatureCheck

    def pod_of(self, token: Token) -> str:
        """Return the uid of a token's pod.

        :raises Refused: with 400
        """
        pod = check_claims(token, audience=self.audience)
        self.signature(token)
        return pod


class Misconfigured(Refused):
    """The agent cannot ask EKS Auth, through no fault of the pod; the cause is the reason."""


class Upstream:
    """EKS Auth, at the region where the cluster is now.

    :param node: whose session signs; None when the caller's own credentials do
    :param region: counts without a node
    :param server_url: None for the mock of this process
    """

    def __init__(
        self, eks_auth: EksAuth, node: Node | None, region: str | None, server_url: str | None
    ) -> None:
        self._eks_auth = eks_auth
        self._node = node
        self._region = region
        self._server_url = server_url

    def fetch(self, token: str) -> PodCredentials:
        """Exchange a token for credentials.

        :raises Refused: what there is to answer instead
        """
        try:
            require_mock(self._server_url)
            region = self._node.session().region if self._node else self._region or sdk_region()
        except NoServer:
            raise EksAuthRefused.without_answer() from None
        except (
            NoMock,
            ClusterLookupError,
            ValueError,
            ServerError,
            NothingRecordsSessions,
        ) as error:
            raise Misconfigured(500, str(error)) from error
        return self._eks_auth.fetch(token, region)


class Retriever:
    """What ``/v1/credentials`` does.

    :param fetch: exchanges a token for credentials
    :param cache: None to ask each time
    :param newer: None in version 0.1
    """

    def __init__(
        self,
        hosts: Hosts,
        fetch: Callable[[str], PodCredentials],
        cache: CredentialCache | None,
        newer: NewerChecks | None,
        now: Callable[[], float],
    ) -> None:
        self._hosts = hosts
        self._fetch = fetch
        self._cache = cache
        self._newer = newer
        self._now = now

    def __call__(self, host: str, text: str) -> PodCredentials:
        """Return the credentials of the pod that has a token.

        :param host: the request's ``Host``
        :param text: the token
        :raises Refused: what there is to answer instead
        """
        hosts = self._hosts
        check_host(host, hosts.wanted, hosts.tolerated, hosts.loopback)
        token = read_token(text)
        self._check_times(token)
        pod = self._newer.pod_of(token) if self._newer else text
        return self._cache.get(pod, text) if self._cache else self._fetch(text)

    def _check_times(self, token: Token) -> None:
        try:
            check_times(token, self._now())
        except Refused:
            if not isinstance(self._now, ServerClock):
                raise
            # The server's clock may just have been shifted, and the token come from there.
            self._now.ask()
            check_times(token, self._now())
