"""A scenario that is in place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ..pod import Pod, run_as_pod

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class ScenarioCluster:
    """A cluster; ``issuer`` is the URL of its OIDC issuer."""

    name: str
    arn: str
    account_id: str
    region: str
    issuer: str


@dataclass(frozen=True, slots=True)
class ScenarioAssociation:
    """An association; ``cluster`` is the name of its cluster.

    ``external_id`` is what its target role is assumed with, None without one.
    """

    cluster: str
    namespace: str
    service_account: str
    role_arn: str
    target_role_arn: str | None
    external_id: str | None
    association_id: str
    association_arn: str


@dataclass(frozen=True, slots=True)
class ScenarioPod:
    """A pod that has credentials.

    ``cluster`` is the name of its cluster, ``token`` the service account token that it has,
    ``access_key_id`` the key of its credentials, and ``session_arn`` who it is with them.
    """

    name: str
    cluster: str
    account_id: str
    region: str
    namespace: str
    service_account: str
    access_key_id: str
    session_arn: str
    node_role: str | None
    endpoint_url: str | None
    token: str = field(repr=False)

    def run(self, **arguments: Any) -> Pod:
        """Return the pod to run code in, with a token and credentials of its own.

        :param arguments: of :func:`~moto_eks_podid.run_as_pod`, such as ``iam_enforcement``
        """
        given = {
            "pod_name": self.name,
            "region": self.region,
            "account_id": self.account_id,
            "node_role": self.node_role,
            "endpoint_url": self.endpoint_url,
        }
        return run_as_pod(
            self.cluster, self.namespace, self.service_account, **{**given, **arguments}
        )


@dataclass(frozen=True, slots=True)
class Scenario:
    """What :func:`~moto_eks_podid.load_scenario` put in place, in the file's order.

    ``endpoint_url`` is the server's, None in-process. ``policies`` and ``roles`` are ARNs, and so
    are ``secrets`` and ``tables``; ``buckets`` are names. Of the rest there are values.
    """

    path: Path
    endpoint_url: str | None
    policies: tuple[str, ...]
    roles: tuple[str, ...]
    clusters: tuple[ScenarioCluster, ...]
    buckets: tuple[str, ...]
    secrets: tuple[str, ...]
    tables: tuple[str, ...]
    associations: tuple[ScenarioAssociation, ...]
    pods: tuple[ScenarioPod, ...]

    def cluster(self, name: str) -> ScenarioCluster:
        """Return the cluster of that name.

        :raises LookupError: when there is none, or more than one
        """
        return _only(name, "cluster", [one for one in self.clusters if one.name == name])

    def role(self, name: str) -> str:
        """Return the ARN of the role of that name.

        :raises LookupError: when there is none, or more than one
        """
        return _only(name, "role", [arn for arn in self.roles if arn.endswith(f":role/{name}")])

    def pod(self, name: str) -> ScenarioPod:
        """Return the pod of that name.

        :raises LookupError: when there is none, or more than one
        """
        return _only(name, "pod", [one for one in self.pods if one.name == name])


def _only(name: str, kind: str, found: list[_Made]) -> _Made:
    if len(found) != 1:
        many = "no" if not found else "more than one"
        raise LookupError(f"The scenario has {many} {kind} {name!r}")
    return found[0]
