"""AssumeRoleForPodIdentity against moto's own AssumeRoleWithWebIdentity, both through boto3.

Ours verifies an RS256 token, judges a trust policy and records six tags; moto's looks at nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

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

ASSUME = Row(
    "AssumeRoleForPodIdentity / moto's AssumeRoleWithWebIdentity, boto3 in-process", RATIO, 1.15
)
ROWS = (ASSUME,)

#: moto does not look at it; it is as long as a pod's.
_ANY_TOKEN = "e30." + "x" * 1100


@contextmanager
def plugin() -> Iterator[Mapping[str, Timer]]:
    """Prepare a pod that assumes its role."""
    with world.mock(plugin=True):
        world.create_cluster()
        world.associate(world.create_role(), "cart")
        token = world.token("cart")
        eks_auth = world.client("eks-auth")
        yield {
            "assume": timed(
                lambda: eks_auth.assume_role_for_pod_identity(
                    clusterName=world.CLUSTER, token=token
                )
            )
        }


@contextmanager
def plain() -> Iterator[Mapping[str, Timer]]:
    """Prepare moto's own operation, where the plugin was never loaded."""
    with world.mock(plugin=False):
        role_arn = world.create_role()
        sts = world.client("sts")
        yield {
            "assume": timed(
                lambda: sts.assume_role_with_web_identity(
                    RoleArn=role_arn, RoleSessionName="cart", WebIdentityToken=_ANY_TOKEN
                )
            )
        }


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    with Worker(plugin) as ours, Worker(plain) as motos, Worker(plain) as motos_again:
        count = motos.count_for("assume", effort.round_seconds)
        samples = interleave(
            {
                BASELINE: motos.side("assume", count),
                MEASURED: ours.side("assume", count),
                BASELINE_AGAIN: motos_again.side("assume", count),
            },
            effort.rounds,
        )
        yield ratio(ASSUME, samples)
