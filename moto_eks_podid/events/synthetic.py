"""Synthetic records: what CloudTrail would write while a number of pods call AWS.

Seeded: the same arguments give the same records. The records are made as those of real calls are
(:func:`~.record.build`); for the many ordinary calls that happens once per kind of call, and only
what differs from call to call is filled in.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from ..identity.sessions import CHAINED_SESSION_SECONDS, SERVICE_SESSION_SECONDS
from .identities import AssumedRole
from .synthetic_calls import Calls, Ids, identity_text
from .synthetic_templates import Templates

CLUSTER_ACCOUNT = "111122223333"
DATA_ACCOUNT = "444455556666"
REGION = "us-west-2"
BEGINNING = datetime(2026, 3, 1, tzinfo=timezone.utc)

PODS_A_CLUSTER = 200
PODS_A_NODE = 10
PODS_A_WORKLOAD = 4

_NAMESPACES = ("shop", "payments", "search", "ledger", "mail", "reports")
_NAMES = ("cart", "till", "catalogue", "stock", "prices", "orders", "invoices", "users")
_CLUSTERS = ("prod-blue", "prod-green", "staging", "batch")

#: How the pods of a workload come by their credentials, in turn; most use their role as it is.
WAYS = (
    *("pod-identity",) * 6,
    "target-role",
    "pod-identity",
    "irsa",
    "chaining",
)

#: Of a hundred calls, so many are not a pod's but a person's.
_BY_PEOPLE = 8


@dataclass(frozen=True, slots=True)
class Workload:
    """Pods that share a service account; ``way`` is one of :data:`WAYS`."""

    cluster: str
    namespace: str
    service_account: str
    way: str
    issuer: str
    association_arn: str | None

    @property
    def cluster_arn(self) -> str:
        return f"arn:aws:eks:{REGION}:{CLUSTER_ACCOUNT}:cluster/{self.cluster}"

    @property
    def role_arn(self) -> str:
        name = f"{self.cluster}-{self.namespace}-{self.service_account}"
        return f"arn:aws:iam::{CLUSTER_ACCOUNT}:role/{name}"


@dataclass(slots=True)
class Pod:
    """One pod; ``keys`` are the access keys of its sessions so far, those along chains too."""

    workload: Workload
    name: str
    uid: str
    node: AssumedRole
    started: datetime
    keys: list[str] = field(default_factory=list)
    session: AssumedRole | None = None
    identity: str = ""
    expires: datetime = BEGINNING


class SyntheticRecord(NamedTuple):
    """One record as compact JSON, where its log file lies, and the pod that made the call.

    The call by which a node asks for a pod's credentials counts as nobody's.
    """

    text: str
    account: str
    time: datetime
    pod: Pod | None


def synthetic_records(
    pods: int, calls_by_pods: int, seed: int = 0, *, hours: float = 24
) -> Iterator[SyntheticRecord]:
    """Yield the records of some pods and their calls, in the order of time.

    :param pods: how many pods there are; every one of them gets credentials
    :param calls_by_pods: how many ordinary calls there are; what gives out and renews credentials,
        and creates the associations, comes on top of them
    :param seed: other seeds give other names, ids and times
    :param hours: how long the story takes
    """
    return _Story(pods, calls_by_pods, seed, hours).records()


class _Story:
    def __init__(self, pods: int, calls_by_pods: int, seed: int, hours: float) -> None:
        self._random = random.Random(f"{seed}/{pods}/{calls_by_pods}")
        self._calls = calls_by_pods
        self._duration = timedelta(hours=hours)
        self._ids = Ids(self._random)
        self._writer = Calls(self._ids, REGION)
        self._pods = [*self._make_pods(pods)]
        self._by_account = {
            account: Templates(self._ids, REGION, account)
            for account in (CLUSTER_ACCOUNT, DATA_ACCOUNT)
        }
        self._person = self._writer.person(CLUSTER_ACCOUNT)

    def _make_pods(self, count: int) -> Iterator[Pod]:
        workloads: list[Workload] = []
        node = None
        for number in range(count):
            cluster_number = number // PODS_A_CLUSTER
            if number % PODS_A_CLUSTER % PODS_A_NODE == 0:
                cluster = _numbered(_CLUSTERS, cluster_number)
                node = self._ids.session(
                    f"arn:aws:iam::{CLUSTER_ACCOUNT}:role/{cluster}-nodes",
                    self._ids.instance_id(),
                    BEGINNING,
                )
            if number % PODS_A_WORKLOAD == 0:
                workloads.append(self._make_workload(cluster, len(workloads)))
            assert node is not None
            workload = workloads[-1]
            yield Pod(
                workload,
                f"{workload.service_account}-{self._ids.suffix(9)}-{self._ids.suffix(5)}",
                self._ids.uuid(),
                node,
                BEGINNING + self._duration * (0.1 * number / count),
            )

    def _make_workload(self, cluster: str, number: int) -> Workload:
        way = WAYS[number % len(WAYS)]
        issuer_id = random.Random(cluster).randbytes(16).hex().upper()
        association = None
        if way != "irsa":
            association = (
                f"arn:aws:eks:{REGION}:{CLUSTER_ACCOUNT}:podidentityassociation/{cluster}/"
                f"a-{self._ids.suffix(17)}"
            )
        return Workload(
            cluster,
            self._random.choice(_NAMESPACES),
            _numbered(_NAMES, number),
            way,
            f"https://oidc.eks.{REGION}.amazonaws.com/id/{issuer_id}",
            association,
        )

    def records(self) -> Iterator[SyntheticRecord]:
        yield from self._setting_up()
        step = self._duration / max(self._calls, 1)
        started = 0
        for number in range(self._calls):
            now = BEGINNING + step * number
            while started < len(self._pods) and self._pods[started].started <= now:
                yield from self._renew(self._pods[started], self._pods[started].started)
                started += 1
            if not started or self._random.random() * 100 < _BY_PEOPLE:
                text = self._by_account[CLUSTER_ACCOUNT].ordinary(self._person, now)
                yield SyntheticRecord(text, CLUSTER_ACCOUNT, now, None)
                continue
            pod = self._pods[int(self._random.random() * started)]
            if now >= pod.expires:
                yield from self._renew(pod, now)
            assert pod.session is not None
            account = pod.session.account_id
            text = self._by_account[account].ordinary(pod.identity, now)
            yield SyntheticRecord(text, account, now, pod)
        for pod in self._pods[started:]:
            yield from self._renew(pod, pod.started)

    def _setting_up(self) -> Iterator[SyntheticRecord]:
        """The associations and the issuers, before anybody uses them."""
        time = BEGINNING - timedelta(minutes=5)
        clusters = {pod.workload.cluster: pod.workload for pod in self._pods}
        for workload in clusters.values():
            text = self._writer.cluster_created(
                workload.cluster, workload.cluster_arn, workload.issuer, time
            )
            yield SyntheticRecord(text, CLUSTER_ACCOUNT, time, None)
        for workload in {id(pod.workload): pod.workload for pod in self._pods}.values():
            if workload.association_arn:
                text = self._writer.associated(
                    workload.association_arn,
                    workload.namespace,
                    workload.service_account,
                    workload.role_arn,
                    time,
                )
                yield SyntheticRecord(text, CLUSTER_ACCOUNT, time, None)

    def _renew(self, pod: Pod, now: datetime) -> Iterator[SyntheticRecord]:
        """Give a pod new credentials, in the way of its workload."""
        workload, write = pod.workload, self._writer
        seconds = SERVICE_SESSION_SECONDS
        if workload.way == "irsa":
            session, texts = write.assumed_with_token(
                workload.role_arn,
                workload.issuer,
                f"system:serviceaccount:{workload.namespace}:{workload.service_account}",
                now,
            )
            yield SyntheticRecord(texts, CLUSTER_ACCOUNT, now, pod)
            seconds = CHAINED_SESSION_SECONDS
        else:
            yield SyntheticRecord(
                write.asked_by_node(pod.node, workload.cluster, now), CLUSTER_ACCOUNT, now, None
            )
            tags = write.tags(
                workload.cluster_arn,
                workload.cluster,
                workload.namespace,
                workload.service_account,
                pod.name,
                pod.uid,
            )
            session, text = write.assumed_for_pod(workload.role_arn, tags, now)
            yield SyntheticRecord(text, CLUSTER_ACCOUNT, now, pod)
            if workload.way in ("target-role", "chaining"):
                pod.keys.append(session.access_key_id)
                name = workload.role_arn.rpartition("/")[2]
                session, copies = write.assumed_further(
                    session,
                    f"arn:aws:iam::{DATA_ACCOUNT}:role/{name}",
                    tags,
                    now,
                    by_service=workload.way == "target-role",
                )
                for account, text in copies:
                    yield SyntheticRecord(text, account, now, pod)
                seconds = CHAINED_SESSION_SECONDS
        pod.session = session
        pod.keys.append(session.access_key_id)
        pod.identity = identity_text(session)
        pod.expires = now + timedelta(seconds=seconds)


def _numbered(names: tuple[str, ...], number: int) -> str:
    turn, place = divmod(number, len(names))
    return f"{names[place]}-{turn}" if turn else names[place]
