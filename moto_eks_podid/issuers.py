"""Tokens and issuers as a test uses them: mint a pod's token, trust a real cluster, rotate keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random

from . import clock, remote
from .eks.cluster_identity import ClusterIdentity
from .eks.lookup import identities
from .eks.models import PodIdentityEKSBackend
from .identity.associations import InvalidAssociation, check_namespace, check_service_account
from .identity.errors import IssuerReleased
from .identity.issuer import TrustedIssuer
from .identity.pods import is_pod_name, is_pod_uid
from .identity.tokens import POD_IDENTITY_AUDIENCE, TokenSubject, mint
from .oidc.fetch import fetch_jwks
from .remote import ClusterLookupError

#: What the API server allows for a projected token, in seconds.
MIN_EXPIRES_IN = 600
MAX_EXPIRES_IN = 2**32

_HEX = "0123456789abcdef"
_POD_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"


def service_account_token(
    cluster: str,
    namespace: str,
    service_account: str,
    *,
    pod_name: str | None = None,
    pod_uid: str | None = None,
    node_name: str | None = None,
    audience: str = POD_IDENTITY_AUDIENCE,
    expires_in: int = 86_400,
    region: str | None = None,
    account_id: str | None = None,
    endpoint_url: str | None = None,
) -> str:
    """Mint the token that the cluster's API server would project into a pod.

    Claims and their order are those of the API server ("Service account tokens", Kubernetes
    documentation) on a current EKS cluster.

    :param cluster: the name of a cluster that exists in moto
    :param namespace: the pod's namespace
    :param service_account: the name of the pod's service account
    :param pod_name: default: the service account's name and a random suffix
    :param pod_uid: default: a UUID that is the same for every token of that pod
    :param node_name: default: a random EC2 instance id
    :param audience: ``pods.eks.amazonaws.com`` for Pod Identity, ``sts.amazonaws.com`` for IRSA
    :param expires_in: lifetime in seconds, 600 to 4294967296
    :param region: default: wherever the only cluster of that name is
    :param account_id: twelve digits; default as for the region
    :param endpoint_url: of a server with the plugin; default: this process, or moto's own server
        under ``TEST_SERVER_MODE``
    :returns: a JWT signed with RS256
    :raises ClusterLookupError: when no cluster fits, or more than one does
    :raises ValueError: for names that Kubernetes does not allow, or a lifetime out of range
    """
    if server := remote.server(endpoint_url):
        body = {
            "cluster": cluster,
            "namespace": namespace,
            "service_account": service_account,
            "pod_name": pod_name,
            "pod_uid": pod_uid,
            "node_name": node_name,
            "audience": audience,
            "expires_in": expires_in,
            "region": region,
            "account_id": account_id,
        }
        return str(remote.call(server, "POST", "/tokens", body)["token"])
    issuer = find_cluster(cluster, region, account_id)[1].issuer
    try:
        check_namespace(namespace)
        check_service_account(service_account)
    except InvalidAssociation as broken:
        raise ValueError(f"Kubernetes does not allow this {broken}") from None
    if pod_name and not is_pod_name(pod_name):
        raise ValueError(f"Kubernetes does not allow this pod name: {pod_name!r}")
    if pod_uid and not is_pod_uid(pod_uid):
        raise ValueError(f"Kubernetes does not allow this pod uid: {pod_uid!r}")
    if not MIN_EXPIRES_IN <= expires_in <= MAX_EXPIRES_IN:
        raise ValueError(
            f"expires_in is {MIN_EXPIRES_IN} to {MAX_EXPIRES_IN} seconds, not {expires_in}"
        )
    pod_name = pod_name or f"{service_account}-{_random(_POD_SUFFIX, 5)}"
    node_name = node_name or f"i-{_random(_HEX, 17)}"
    subject = TokenSubject(
        namespace=namespace,
        service_account=service_account,
        service_account_uid=_uid(issuer.url, "serviceaccount", namespace, service_account),
        pod_name=pod_name,
        pod_uid=pod_uid or _uid(issuer.url, "pod", namespace, pod_name),
        node_name=node_name,
        node_uid=_uid(issuer.url, "node", node_name),
    )
    with _existing(cluster):
        return mint(
            issuer,
            subject,
            now=clock.now(),
            expires_in=expires_in,
            audience=audience,
            jti=str(mock_random.uuid4()),
        )


def trust_issuer(
    cluster: str,
    issuer: str,
    *,
    jwks: Mapping[str, Any] | None = None,
    jwks_url: str | None = None,
    region: str | None = None,
    account_id: str | None = None,
    endpoint_url: str | None = None,
) -> None:
    """Let the tokens of a real cluster (kind, k3s, EKS) count as tokens of a cluster in moto.

    Give the issuer's keys, or where they are.

    :param cluster: the name of the cluster in moto
    :param issuer: the ``iss`` of those tokens, to the letter
    :param jwks: the issuer's keys, as ``kubectl get --raw /openid/v1/jwks`` prints them
    :param jwks_url: where the keys are: http or https, fetched when first needed and again, at most
        every 30 seconds, when a token names a key that is not among them
    :param region: default: wherever the only cluster of that name is
    :param account_id: twelve digits; default as for the region
    :param endpoint_url: of a server with the plugin; default as for :func:`service_account_token`
    :raises ClusterLookupError: when no cluster fits, or more than one does
    :raises ValueError: for both or neither of ``jwks`` and ``jwks_url``, keys that are no RSA
        signature keys, or a URL that is not http or https
    """
    if server := remote.server(endpoint_url):
        body = {
            "cluster": cluster,
            "issuer": issuer,
            "jwks": jwks,
            "jwks_url": jwks_url,
            "region": region,
            "account_id": account_id,
        }
        remote.call(server, "POST", "/issuers", body)
        return
    _, identity = find_cluster(cluster, region, account_id)
    if (jwks is None) == (jwks_url is None):
        raise ValueError("Give either jwks or jwks_url")
    if not issuer or issuer == identity.issuer.url:
        raise ValueError(f"{issuer!r} is not the issuer of another cluster")
    if jwks_url is None:
        trusted = TrustedIssuer(issuer, jwks=jwks)
    else:
        url = jwks_url
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ValueError(f"A JWKS URL is http or https, not {url!r}")
        trusted = TrustedIssuer(issuer, fetch=lambda: fetch_jwks(url), jwks_url=url)
    identity.trust(trusted)


def rotate_signing_key(
    cluster: str,
    *,
    region: str | None = None,
    account_id: str | None = None,
    endpoint_url: str | None = None,
) -> str:
    """Give a cluster a new signing key; tokens of the old one verify until they expire.

    :param cluster: the name of a cluster that exists in moto
    :param region: default: wherever the only cluster of that name is
    :param account_id: twelve digits; default as for the region
    :param endpoint_url: of a server with the plugin; default as for :func:`service_account_token`
    :returns: the new key's ``kid``
    :raises ClusterLookupError: when no cluster fits, or more than one does
    """
    if server := remote.server(endpoint_url):
        body = {"cluster": cluster, "region": region, "account_id": account_id}
        return str(remote.call(server, "POST", "/issuers/rotate", body)["kid"])
    _, identity = find_cluster(cluster, region, account_id)
    with _existing(cluster):
        return identity.issuer.rotate(clock.now()).kid


def find_cluster(
    name: str, region: str | None, account_id: str | None
) -> tuple[PodIdentityEKSBackend, ClusterIdentity]:
    """Return the one cluster of that name; of several, the default account's.

    :raises ClusterLookupError: when none is left, or more than one
    """
    found = [
        (backend, identity)
        for backend, cluster_name, identity in identities()
        if cluster_name == name
        and region in (None, backend.region_name)
        and account_id in (None, backend.account_id)
    ]
    if len(found) > 1 and account_id is None:
        found = [entry for entry in found if entry[0].account_id == DEFAULT_ACCOUNT_ID] or found
    if len(found) == 1:
        return found[0]
    where = f" in {region or 'any region'} of {account_id or 'any account'}"
    if not found:
        raise ClusterLookupError(
            f"There is no cluster {name!r}{where}: create it with eks.create_cluster"
        )
    places = ", ".join(f"{backend.account_id}/{backend.region_name}" for backend, _ in found)
    raise ClusterLookupError(
        f"Cluster {name!r} is in {places}: say which with region= and account_id="
    )


@contextmanager
def _existing(cluster: str) -> Iterator[None]:
    """:raises ClusterLookupError: when the cluster was deleted meanwhile"""
    try:
        yield
    except IssuerReleased:
        raise ClusterLookupError(f"The cluster {cluster!r} was deleted just now") from None


def _random(alphabet: str, length: int) -> str:
    return "".join(mock_random.choice(alphabet) for _ in range(length))


def _uid(*names: str) -> str:
    """Kubernetes's uids are random UUIDs; ours look so, and are the same for the same object."""
    return str(UUID(bytes=hashlib.sha256("\0".join(names).encode()).digest()[:16], version=4))
