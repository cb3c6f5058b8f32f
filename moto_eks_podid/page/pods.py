"""Which pod is behind a role session, from what the recorder of sessions holds.

``tracing.trace_here`` finds the same pods from CloudTrail's records alone. It makes every record of
an AssumeRole for that, which in a full history takes seconds; a list needs the answer for a hundred
events at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from moto.eks.exceptions import EKSError

from ..cloudtrail.recorded import Event
from ..cloudtrail.service_calls import ServiceAssumeRole
from ..eks.lookup import find_cluster, identities
from ..events.identities import WebIdentityUser, access_key_of
from ..identity.associations import Association
from ..identity.sessions import RoleSession
from ..origins import IRSA, POD_IDENTITY, PodOrigin
from ..origins.issuing import POD_TAGS, SUBJECT_PREFIX
from ..sts.models import find_issued, find_session, recorded_sessions
from ..tracing import trace_here

_KEY_IN_ANSWER = re.compile(rb"<AccessKeyId>\s*(\w+)\s*</AccessKeyId>")
_OIDC_PROVIDER = ":oidc-provider/"

#: The call of a node's agent, which EKS answers after it has assumed the role.
FOR_PODS = "AssumeRoleForPodIdentity"


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod, or with IRSA and without session tags its service account: no more is known there."""

    mechanism: str
    cluster_arn: str | None
    namespace: str | None
    service_account: str | None
    name: str | None = None
    uid: str | None = None
    issuer: str | None = None

    @property
    def id(self) -> str:
        """What stands for the pod in URLs, whatever characters are in its names."""
        # Which cluster an issuer belongs to is no longer known once the cluster is gone.
        place = self.issuer or self.cluster_arn
        text = repr((place, self.namespace, self.service_account, self.name, self.uid))
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]

    @property
    def cluster_name(self) -> str | None:
        """The last part of the cluster's ARN."""
        return self.cluster_arn.partition(":cluster/")[2] if self.cluster_arn else None

    @property
    def label(self) -> str:
        """The pod's name, or its service account's."""
        return self.name or self.service_account or "unknown"

    @property
    def path(self) -> str:
        """``CLUSTER/NAMESPACE/SERVICE_ACCOUNT/POD``, as far as it is known."""
        parts = (self.cluster_name or self.issuer, self.namespace, self.service_account, self.name)
        return "/".join(part for part in parts if part)


@dataclass(slots=True)
class KnownPod:
    """A pod and the access keys of its sessions, in the order in which they were given out."""

    pod: Pod
    id: str
    keys: list[str] = field(default_factory=list)

    def matches(self, text: str) -> bool:
        """Tell whether a text in small letters is the pod's id or a part of its path."""
        return self.id == text or text in self.pod.path.lower()


class Pods:
    """The pods behind all recorded sessions; what is new is added by :meth:`add`.

    Not locked: its owner is.
    """

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self.known: dict[str, KnownPod] = {}
        self._of_key: dict[str, KnownPod | None] = {}
        self._subjects: dict[str, Pod] = {}
        self._of_subject: dict[WebIdentityUser, Pod | None] = {}
        self._of_association: dict[str, Pod] = {}
        self._last_key: str | None = None
        # Sessions that were given out for a call whose own event follows, by its time; and then the
        # session that each such call was answered with, by its number.
        self._given_at: dict[float, str] = {}
        self._given_to: dict[int, str] = {}
        # Keys of sessions that are not remembered any more, and the number of the first event that
        # cannot be theirs.
        self._ended: dict[str, int] = {}

    def __iter__(self) -> Iterator[KnownPod]:
        return iter(self.known.values())

    def add(self, events: Iterable[Event]) -> None:
        """Take in events that were recorded since, and the sessions that were."""
        if self._last_key is not None and find_session(self._last_key) is None:
            self._start()
        for event in events:
            entry = event.entry
            identity = entry.identity
            if isinstance(entry, ServiceAssumeRole):
                self._given_at[entry.time] = entry.issued.session.access_key_id
            elif event.event_name == FOR_PODS and entry.time in self._given_at:
                self._given_to[event.seq] = self._given_at.pop(entry.time)
            if isinstance(identity, WebIdentityUser) and (pod := self._with_subject(identity)):
                answer = getattr(entry, "answer", None) or b""
                for key in _KEY_IN_ANSWER.findall(answer):
                    self._subjects[key.decode()] = pod
        for session in recorded_sessions():
            if session.access_key_id not in self._of_key:
                self._add(session)

    def forget(self, oldest: int, until: int) -> None:
        """Forget what no session and no event leads to any more.

        :param oldest: events of lesser numbers are gone
        :param until: events from this number on were not taken in yet
        """
        for number in list(takewhile(lambda number: number < oldest, self._given_to)):
            del self._given_to[number]
        living = {session.access_key_id for session in recorded_sessions()}
        if len(self._of_key) - len(self._ended) > len(living & self._of_key.keys()):
            ended = self._of_key.keys() - living - self._ended.keys()
            self._ended.update(dict.fromkeys(ended, until))
        gone = list(takewhile(lambda key: self._ended[key] <= oldest, self._ended))
        for key in gone:
            del self._ended[key]
            known = self._of_key.pop(key)
            if known is not None:
                known.keys.remove(key)
                if not known.keys:
                    del self.known[known.id]
        if gone:
            self._forget_pods()

    def _forget_pods(self) -> None:
        keys = self._of_key.keys()
        self._given_at = {time: key for time, key in self._given_at.items() if key in keys}
        self._subjects = {
            key: pod for key, pod in self._subjects.items() if key in keys or find_session(key)
        }
        pods = {known.pod for known in self}
        self._of_subject = {who: pod for who, pod in self._of_subject.items() if pod in pods}
        self._of_association = {
            arn: pod for arn, pod in self._of_association.items() if pod in pods
        }

    def _add(self, session: RoleSession) -> None:
        first = chain_of(session)[0]
        key = session.access_key_id
        pod: Pod | None = None
        issued = find_issued(first.access_key_id)
        if issued is not None and issued.origin is not None:
            pod = _remembered(issued.origin)
        elif first.association_arn is not None:
            pod = _tagged(first) or self._associated(first, first.association_arn)
        elif first.federated_provider is not None:
            pod = self._subjects.get(first.access_key_id)
            if pod is None:
                # Its event may still come.
                return
        known = None
        if pod is not None:
            pod_id = pod.id
            known = self.known.get(pod_id)
            if known is None:
                known = self.known[pod_id] = KnownPod(pod, pod_id)
            known.keys.append(key)
        self._of_key[key] = known
        self._last_key = key

    def _associated(self, session: RoleSession, arn: str) -> Pod:
        """Return the pod of a session without tags, as far as its association tells."""
        if arn not in self._of_association:
            self._of_association[arn] = _pod_of_association(arn, session.access_key_id)
        return self._of_association[arn]

    def of_key(self, access_key_id: str | None) -> KnownPod | None:
        """Return the pod behind an access key."""
        return self._of_key.get(access_key_id) if access_key_id else None

    def of_event(self, event: Event) -> KnownPod | None:
        """Return the pod behind an event: its caller, or else whom it gave a session."""
        entry = event.entry
        identity = entry.identity
        # Most callers are known, and a list asks for each of 100,000 events.
        if known := self._of_key.get(access_key_of(identity) or ""):
            return known
        if isinstance(entry, ServiceAssumeRole):
            return self.of_key(entry.issued.session.access_key_id)
        if event.event_name == FOR_PODS:
            return self.of_key(self._given_to.get(event.seq))
        if isinstance(identity, WebIdentityUser):
            pod = self._with_subject(identity)
            return self.known.get(pod.id) if pod else None
        return None

    def _with_subject(self, identity: WebIdentityUser) -> Pod | None:
        if identity not in self._of_subject:
            self._of_subject[identity] = pod_of_subject(identity)
        return self._of_subject[identity]


def chain_of(session: RoleSession) -> list[RoleSession]:
    """Return a session and those that led to it, the first one first."""
    chain = [session]
    seen = {session.access_key_id}
    while (parent := chain[0].parent_access_key_id) is not None and parent not in seen:
        found = find_session(parent)
        if found is None:
            break
        seen.add(parent)
        chain.insert(0, found)
    return chain


def _remembered(origin: PodOrigin) -> Pod:
    """Return the pod of a session that came in with a state."""
    return Pod(
        origin.mechanism,
        origin.cluster_arn,
        origin.namespace,
        origin.service_account,
        origin.pod_name,
        origin.pod_uid,
        origin.issuer,
    )


def _tagged(session: RoleSession) -> Pod | None:
    """Return the pod that a session's tags name, if it has those that EKS passes."""
    tags = {member: session.tags.get(tag) for tag, member in POD_TAGS.items()}
    if tags["cluster_arn"] is None:
        return None
    return Pod(
        POD_IDENTITY,
        tags["cluster_arn"],
        tags["namespace"],
        tags["service_account"],
        tags["pod_name"],
        tags["pod_uid"],
    )


def _pod_of_association(arn: str, access_key_id: str) -> Pod:
    beginning, _, rest = arn.partition(":podidentityassociation/")
    cluster_name = rest.partition("/")[0]
    # What is gone, records still tell; reading them all takes long.
    found = association_with(arn) or trace_here(access_key_id)
    return Pod(
        POD_IDENTITY,
        f"{beginning}:cluster/{cluster_name}",
        found.namespace if found else None,
        found.service_account if found else None,
    )


def association_with(arn: str) -> Association | None:
    """Return the association with that ARN, if it is there."""
    _, _, _, region, account_id, rest = (arn.split(":", 5) + [""] * 6)[:6]
    _, cluster_name, association_id = (rest.split("/", 2) + [""] * 3)[:3]
    try:
        found = find_cluster(account_id, region, cluster_name)
    except EKSError:
        return None
    return found[1].associations.get(association_id) if found else None


def pod_of_subject(identity: WebIdentityUser) -> Pod | None:
    """Return whom a web identity token was made for, if that is a service account."""
    subject = identity.subject or ""
    host_and_path = (identity.provider or "").partition(_OIDC_PROVIDER)[2]
    if not host_and_path or not subject.startswith(SUBJECT_PREFIX):
        return None
    namespace, _, service_account = subject.removeprefix(SUBJECT_PREFIX).partition(":")
    issuer = f"https://{host_and_path}"
    return Pod(IRSA, _cluster_of(issuer), namespace, service_account, issuer=issuer)


def _cluster_of(issuer: str) -> str | None:
    """Return the ARN of an issuer's cluster, if it is one cluster's alone."""
    found = [
        backend.clusters[name].arn
        for backend, name, identity in identities()
        if issuer in identity.key_sets and name in backend.clusters
    ]
    return found[0] if len(found) == 1 else None
