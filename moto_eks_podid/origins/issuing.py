"""What single records tell about sessions, node calls, associations and issuers.

Follows "Logging IAM and AWS STS API calls with AWS CloudTrail" (IAM User Guide) and the records of
Pod Identity that published logs show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from ..identity.associations import SERVICE_PRINCIPAL

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SUBJECT_PREFIX = "system:serviceaccount:"

#: Source -> the events of that source that lead back to a pod.
ISSUING_EVENTS: Mapping[str, tuple[str, ...]] = {
    "sts.amazonaws.com": ("AssumeRole", "AssumeRoleWithWebIdentity"),
    "eks-auth.amazonaws.com": ("AssumeRoleForPodIdentity",),
    "eks.amazonaws.com": (
        "CreatePodIdentityAssociation",
        "UpdatePodIdentityAssociation",
        "DeletePodIdentityAssociation",
        # The answers of these two name a cluster's issuer; no other write does.
        "CreateCluster",
        "DeleteCluster",
    ),
}
DELETING = "DeletePodIdentityAssociation"

#: Session tag -> member of :class:`IssuedSession`.
POD_TAGS: Mapping[str, str] = {
    "eks-cluster-arn": "cluster_arn",
    "eks-cluster-name": "cluster_name",
    "kubernetes-namespace": "namespace",
    "kubernetes-service-account": "service_account",
    "kubernetes-pod-name": "pod_name",
    "kubernetes-pod-uid": "pod_uid",
}

#: What a record tells.
Told = TypeVar("Told", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class IssuedSession:
    """What a record (or two accounts' records) of one AssumeRole tell about the session.

    ``by_pods`` says that EKS made the call for a pod, ``by_service`` that it did so on its own
    behalf, not with another session. ``parent`` is the caller's access key.
    """

    access_key_id: str | None
    time: str | None = None
    arn: str | None = None
    assumed_role_id: str | None = None
    role_arn: str | None = None
    parent: str | None = None
    by_pods: bool = False
    by_service: bool = False
    subject: str | None = None
    provider: str | None = None
    cluster_arn: str | None = None
    cluster_name: str | None = None
    namespace: str | None = None
    service_account: str | None = None
    pod_name: str | None = None
    pod_uid: str | None = None


@dataclass(frozen=True, slots=True)
class NodeCall:
    """One successful AssumeRoleForPodIdentity."""

    event_id: str | None
    account_id: str | None
    region: str | None
    cluster_name: str | None
    time: str | None
    caller: str | None

    @property
    def place(self) -> tuple[str | None, ...]:
        """What it has in common with the AssumeRole that followed it, within the second."""
        return (self.account_id, self.region, self.cluster_name, self.time)


@dataclass(frozen=True, slots=True)
class Association:
    """What records tell about an association; ``since`` and ``until`` are times of records."""

    arn: str | None = None
    cluster_name: str | None = None
    namespace: str | None = None
    service_account: str | None = None
    since: str | None = None
    created_at: float | None = None
    until: str | None = None

    @property
    def place(self) -> tuple[str | None, ...]:
        """The cluster's ARN, the namespace and the service account."""
        if self.arn is None or self.cluster_name is None:
            return ()
        beginning = self.arn.partition(":podidentityassociation/")[0]
        return (f"{beginning}:cluster/{self.cluster_name}", self.namespace, self.service_account)


@dataclass(frozen=True, slots=True)
class Issuer:
    """The cluster that an issuer of tokens belongs to."""

    url: str = ""
    cluster_name: str | None = None
    cluster_arn: str | None = None


def merged(
    first: Told, second: Told, earliest: Iterable[str] = ("time", "since", "created_at")
) -> Told:
    """Return what two records of the same thing tell together, whichever comes first.

    Members that both know should not differ; where they do, the greater counts, so that the order
    of the records never matters (of the ``earliest`` members, the lesser).
    """
    values = {}
    for field in fields(first):
        known = [
            value
            for value in (getattr(first, field.name), getattr(second, field.name))
            if value is not None
        ]
        choose = min if field.name in earliest else max
        values[field.name] = choose(known) if known else None
    return type(first)(**values)


def text_at(record: Any, *path: str) -> str | None:
    """Return the text at a path of members; None where there is none."""
    for name in path:
        if not isinstance(record, Mapping):
            return None
        record = record.get(name)
    return record if isinstance(record, str) else None


def is_issuing(record: Mapping[str, Any]) -> bool:
    """Tell whether a record is one of the events that lead back to a pod."""
    names = ISSUING_EVENTS.get(str(record.get("eventSource")), ())
    return record.get("eventName") in names and not record.get("errorCode")


def session_of(record: Mapping[str, Any]) -> tuple[str | None, IssuedSession]:
    """Return what an AssumeRole or AssumeRoleWithWebIdentity tells, and the id of the call.

    Both accounts' records of one call, and a record that was delivered twice, have the same id.
    """
    answer = record.get("responseElements")
    key = text_at(answer, "credentials", "accessKeyId")
    call_id = text_at(record, "sharedEventID") or text_at(record, "eventID") or key
    invoked_by = text_at(record, "userIdentity", "invokedBy")
    federated = record.get("eventName") == "AssumeRoleWithWebIdentity"
    # The source address of a service's call is its name; a caller cannot choose that.
    by_pods = SERVICE_PRINCIPAL in (invoked_by, text_at(record, "sourceIPAddress"))
    subject = provider = None
    if federated:
        subject = text_at(answer, "subjectFromWebIdentityToken") or text_at(
            record, "userIdentity", "userName"
        )
        provider = text_at(answer, "provider") or text_at(
            record, "userIdentity", "identityProvider"
        )
    tags = _tags(record.get("requestParameters")) if by_pods else {}
    return call_id, IssuedSession(
        access_key_id=key,
        time=text_at(record, "eventTime"),
        arn=text_at(answer, "assumedRoleUser", "arn"),
        assumed_role_id=text_at(answer, "assumedRoleUser", "assumedRoleId"),
        role_arn=text_at(record, "requestParameters", "roleArn"),
        parent=text_at(record, "userIdentity", "accessKeyId"),
        by_pods=by_pods,
        by_service=text_at(record, "userIdentity", "type") == "AWSService",
        subject=subject,
        provider=provider,
        **{member: tags.get(key) for key, member in POD_TAGS.items()},
    )


def _tags(parameters: Any) -> dict[str, str | None]:
    """The six tags, whether EKS passed them or they came from the caller's session."""
    if not isinstance(parameters, Mapping):
        return {}
    given = parameters.get("tags")
    pairs = {
        key: text_at(tag, "value")
        for tag in (given if isinstance(given, list) else ())
        if (key := text_at(tag, "key"))
    }
    return {
        key: pairs.get(key) or text_at(parameters, "incomingTransitiveTags", key)
        for key in POD_TAGS
    }


def node_call_of(record: Mapping[str, Any]) -> NodeCall:
    """Return what an AssumeRoleForPodIdentity tells."""
    return NodeCall(
        event_id=text_at(record, "eventID"),
        account_id=text_at(record, "recipientAccountId"),
        region=text_at(record, "awsRegion"),
        cluster_name=text_at(record, "requestParameters", "clusterName"),
        time=text_at(record, "eventTime"),
        caller=text_at(record, "userIdentity", "arn"),
    )


def association_of(record: Mapping[str, Any]) -> tuple[str | None, Association]:
    """Return what the creation, change or deletion of an association tells, and its id."""
    answer = record.get("responseElements")
    found = answer.get("association") if isinstance(answer, Mapping) else None
    arn = text_at(found, "associationArn")
    association_id = (
        arn.rpartition("/")[2] if arn else text_at(record, "requestParameters", "associationId")
    )
    deleted = record.get("eventName") == DELETING
    time = text_at(record, "eventTime")
    created_at = found.get("createdAt") if isinstance(found, Mapping) else None
    return association_id, Association(
        arn=arn,
        cluster_name=text_at(found, "clusterName"),
        namespace=text_at(found, "namespace"),
        service_account=text_at(found, "serviceAccount"),
        since=None if deleted else time,
        created_at=float(created_at) if isinstance(created_at, (int, float)) else None,
        until=time if deleted else None,
    )


def issuer_of(record: Mapping[str, Any]) -> Issuer | None:
    """Return a cluster's issuer, where an answer of EKS names it."""
    answer = record.get("responseElements")
    cluster = answer.get("cluster") if isinstance(answer, Mapping) else None
    issuer = text_at(cluster, "identity", "oidc", "issuer")
    return Issuer(issuer, text_at(cluster, "name"), text_at(cluster, "arn")) if issuer else None
