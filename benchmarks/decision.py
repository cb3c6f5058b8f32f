"""One decision about a pod's request: a compiled policy with six conditions on the pod's tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .runner import BASELINE, BASELINE_AGAIN, Effort, Figure, Row, absolute, interleave
from .workers import Timer, Worker, timed

DECISION = Row("one policy decision, compiled, six aws:PrincipalTag conditions", "µs", 8)
ROWS = (DECISION,)

_TAGS = {
    "eks-cluster-arn": "arn:aws:eks:us-west-2:123456789012:cluster/prod-blue",
    "eks-cluster-name": "prod-blue",
    "kubernetes-namespace": "shop",
    "kubernetes-service-account": "cart",
    "kubernetes-pod-name": "cart-7c9d6b5f4-x2k9m",
    "kubernetes-pod-uid": "4f6ad2b3-7e0c-4f0e-9d0b-0a1b2c3d4e5f",
}


@contextmanager
def decide() -> Iterator[Mapping[str, Timer]]:
    """Prepare the policy and the request's parts; the request is made anew for each decision."""
    from moto_eks_podid.policy import Document, Request, evaluate

    tags = {f"aws:PrincipalTag/{key}": value for key, value in _TAGS.items()}
    policy = Document.parse(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["s3:GetObject", "s3:PutObject"],
                    "Resource": "arn:aws:s3:::orders/*",
                    "Condition": {"StringEquals": tags},
                }
            ],
        }
    )

    def decision() -> bool:
        request = Request(
            principal="arn:aws:sts::123456789012:assumed-role/cart-reader/eks-prod-blue-cart",
            action="s3:GetObject",
            resource="arn:aws:s3:::orders/2026.json",
            context=tags,
        )
        return evaluate(request, identity=[policy]).allowed

    assert decision()
    yield {"decide": timed(decision)}


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    with Worker(decide) as one, Worker(decide) as other:
        one.time("decide", 1000)
        count = one.count_for("decide", effort.round_seconds)
        samples = interleave(
            {BASELINE: one.side("decide", count), BASELINE_AGAIN: other.side("decide", count)},
            effort.rounds,
        )
        yield absolute(DECISION, samples)
