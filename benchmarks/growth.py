"""What full tables cost: many sessions or associations against a hundred of each."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from typing import Any

from . import world
from .runner import (
    BASELINE,
    BASELINE_AGAIN,
    MEASURED,
    RATIO,
    Effort,
    Figure,
    Row,
    interleave,
    ratio,
)
from .workers import Timer, Worker, timed

FEW, MANY_SESSIONS, MANY_ASSOCIATIONS = 100, 100_000, 5_000
LIMIT = 1.2

_SESSIONS = f"{MANY_SESSIONS:,} sessions / {FEW}"
_ASSOCIATIONS = f"{MANY_ASSOCIATIONS:,} associations / {FEW}"
IDENTITY = Row(f"GetCallerIdentity, {_SESSIONS}", RATIO, LIMIT)
ASSUME_SESSIONS = Row(f"AssumeRoleForPodIdentity, {_SESSIONS}", RATIO, LIMIT)
DESCRIBE = Row(f"DescribePodIdentityAssociation, {_ASSOCIATIONS}", RATIO, LIMIT)
ASSUME_ASSOCIATIONS = Row(f"AssumeRoleForPodIdentity, {_ASSOCIATIONS}", RATIO, LIMIT)
ROWS = (IDENTITY, DESCRIBE, ASSUME_SESSIONS, ASSUME_ASSOCIATIONS)

#: How many pods and associations, spread over the whole table, the calls are about in turn.
_SAMPLED = 25


@contextmanager
def populated(sessions: int, associations: int) -> Iterator[Mapping[str, Timer]]:
    """Prepare a mock that holds that many sessions and associations."""
    with world.mock(plugin=True):
        ids = _associate(associations)
        names = _spread(list(ids))
        tokens = cycle([world.token(name) for name in names])
        sampled_ids = cycle([ids[name] for name in names])
        callers = cycle([_sts(pod) for pod in _spread(_assume(sessions, tokens))])
        eks, eks_auth = world.client("eks"), world.client("eks-auth")
        operations: dict[str, Callable[[], object]] = {
            "identity": lambda: next(callers).get_caller_identity(),
            "describe": lambda: eks.describe_pod_identity_association(
                clusterName=world.CLUSTER, associationId=next(sampled_ids)
            ),
            "assume": lambda: eks_auth.assume_role_for_pod_identity(
                clusterName=world.CLUSTER, token=next(tokens)
            ),
        }
        yield {name: timed(operation) for name, operation in operations.items()}


def _associate(count: int) -> dict[str, str]:
    """Fill the cluster at the backend, and return the associations' ids by service account."""
    from moto.eks.models import eks_backends

    world.create_cluster()
    backend: Any = eks_backends[world.ACCOUNT][world.REGION]
    iam = world.client("iam")
    return {
        name: backend.create_pod_identity_association(
            world.CLUSTER, world.NAMESPACE, name, world.create_role(name=name, iam=iam)
        ).association_id
        for name in (f"account-{number}" for number in range(count))
    }


def _assume(count: int, tokens: Iterator[str]) -> list[Any]:
    """Let pods assume their roles at the backend, and return what each got."""
    from moto_eks_podid.eksauth.models import eksauth_backends

    backend = eksauth_backends[world.ACCOUNT][world.REGION]
    return [
        backend.assume_role_for_pod_identity(world.CLUSTER, next(tokens)).assumed_role
        for _ in range(count)
    ]


def _spread(entries: list[Any]) -> list[Any]:
    chosen = entries[:: max(1, len(entries) // _SAMPLED)][:_SAMPLED]
    random.Random(1).shuffle(chosen)
    return chosen


def _sts(pod: Any) -> Any:
    return world.client(
        "sts",
        access_key_id=pod.access_key_id,
        secret_access_key=pod.secret_access_key,
        session_token=pod.session_token,
    )


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    with (
        Worker(populated, sessions=FEW, associations=FEW) as few,
        Worker(populated, sessions=FEW, associations=FEW) as few_again,
        Worker(populated, sessions=MANY_SESSIONS, associations=FEW) as many_sessions,
        Worker(populated, sessions=FEW, associations=MANY_ASSOCIATIONS) as many_associations,
    ):
        # Assuming comes last, since it adds sessions.
        for row, operation, many in (
            (IDENTITY, "identity", many_sessions),
            (DESCRIBE, "describe", many_associations),
            (ASSUME_SESSIONS, "assume", many_sessions),
            (ASSUME_ASSOCIATIONS, "assume", many_associations),
        ):
            count = few.count_for(operation, effort.round_seconds)
            samples = interleave(
                {
                    BASELINE: few.side(operation, count),
                    MEASURED: many.side(operation, count),
                    BASELINE_AGAIN: few_again.side(operation, count),
                },
                effort.rounds,
            )
            yield ratio(row, samples)
