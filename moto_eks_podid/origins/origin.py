"""Who was behind a call: the pod, as CloudTrail's records tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: Values of ``mechanism``.
POD_IDENTITY = "pod-identity"
IRSA = "irsa"


@dataclass(frozen=True, slots=True)
class TracedSession:
    """One role session on the way from a pod to a call.

    ``account`` is the account of the role; ``arn`` is that of the session
    (``arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION``).
    """

    access_key_id: str
    arn: str | None
    role_arn: str | None
    account: str | None


@dataclass(frozen=True, slots=True)
class PodOrigin:
    """The pod behind an access key, and how it came by the key. What no record tells is None.

    ``mechanism`` is ``"pod-identity"`` or ``"irsa"``. ``role_arn`` is the role of the pod's first
    session. ``issuer`` is the URL of the token's issuer (IRSA). ``node`` is the ARN of the
    node's role session that asked EKS for the credentials (Pod Identity). ``chain`` holds the
    sessions from the pod's first one to the traced one: more than one where EKS assumed a target
    role, or where the workload assumed further roles itself.

    IRSA leaves neither pod nor uid in any record; Pod Identity leaves none for associations that
    disable session tags.
    """

    mechanism: str
    cluster_name: str | None
    cluster_arn: str | None
    namespace: str | None
    service_account: str | None
    pod_name: str | None
    pod_uid: str | None
    role_arn: str | None
    association_arn: str | None
    issuer: str | None
    node: str | None
    chain: tuple[TracedSession, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the origin as plain JSON values, all members present."""
        return {**asdict(self), "chain": [asdict(session) for session in self.chain]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PodOrigin:
        """Read what :meth:`as_json` wrote."""
        chain = tuple(TracedSession(**session) for session in values["chain"])
        return cls(**{**values, "chain": chain})
