"""A pod's call that IAM judges, against the same call unjudged, both through boto3 in-process.

The role's policy compares the tags of the resource with those of the session, as AWS's examples for
pods do.
"""

from __future__ import annotations

import json
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

SECRET = Row("GetSecretValue judged by tags / the same call unjudged, in-process", RATIO, 1.3)
OBJECT = Row("GetObject judged by tags / the same call unjudged, in-process", RATIO, 1.3)
ROWS = (SECRET, OBJECT)

_OPERATIONS = {"secret": SECRET, "object": OBJECT}

_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": f"{service}:Get*",
            "Resource": "*",
            "Condition": {
                "StringEquals": {
                    f"{key}/{tag}": f"${{aws:PrincipalTag/{tag}}}"
                    for tag in ("kubernetes-namespace", "eks-cluster-name")
                }
            },
        }
        for service, key in (
            ("secretsmanager", "secretsmanager:ResourceTag"),
            ("s3", "s3:ExistingObjectTag"),
        )
    ],
}
_TAGS = {"kubernetes-namespace": world.NAMESPACE, "eks-cluster-name": world.CLUSTER}


@contextmanager
def pod(mode: str) -> Iterator[Mapping[str, Timer]]:
    """Prepare a pod that reads a secret and an object.

    :param mode: the setting ``iam_enforcement``
    """
    import moto_eks_podid as podid

    with podid.mock_aws(config={"eks_podid": {"iam_enforcement": mode}}):
        world.create_cluster()
        world.associate(world.create_role(), "cart")
        world.client("iam").put_role_policy(
            RoleName="cart-reader", PolicyName="own", PolicyDocument=json.dumps(_POLICY)
        )
        world.client("secretsmanager").create_secret(
            Name="orders",
            SecretString="x",
            Tags=[{"Key": key, "Value": value} for key, value in _TAGS.items()],
        )
        bucket = world.client("s3")
        bucket.create_bucket(
            Bucket="orders", CreateBucketConfiguration={"LocationConstraint": world.REGION}
        )
        tagging = "&".join(f"{key}={value}" for key, value in _TAGS.items())
        bucket.put_object(Bucket="orders", Key="today", Body=b"x", Tagging=tagging)
        given = world.client("eks-auth").assume_role_for_pod_identity(
            clusterName=world.CLUSTER, token=world.token("cart")
        )["credentials"]
        keys = {
            "access_key_id": given["accessKeyId"],
            "secret_access_key": given["secretAccessKey"],
            "session_token": given["sessionToken"],
        }
        secrets, s3 = (world.client(service, **keys) for service in ("secretsmanager", "s3"))
        yield {
            "secret": timed(lambda: secrets.get_secret_value(SecretId="orders")),
            "object": timed(lambda: s3.get_object(Bucket="orders", Key="today")["Body"].read()),
        }


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    with (
        Worker(pod, mode="sessions") as judged,
        Worker(pod, mode="off") as unjudged,
        Worker(pod, mode="off") as unjudged_again,
    ):
        for name, row in _OPERATIONS.items():
            count = unjudged.count_for(name, effort.round_seconds)
            samples = interleave(
                {
                    BASELINE: unjudged.side(name, count),
                    MEASURED: judged.side(name, count),
                    BASELINE_AGAIN: unjudged_again.side(name, count),
                },
                effort.rounds,
            )
            yield ratio(row, samples)
