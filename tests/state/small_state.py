"""A state with one of each, as a JSON value to change."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from aws_under_test import CLUSTER, POD_TRUST, Aws, policy

import moto_eks_podid as podid
from tests import real_cluster

Path = tuple[str | int, ...]
ALLOWED = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})


def small_state(aws: Aws) -> Any:
    """Make one of each, and return the state."""
    iam, eks = aws.client("iam"), aws.client("eks")
    eks_auth = aws.client("eks-auth")
    attached = iam.create_policy(PolicyName="buckets", PolicyDocument=ALLOWED)["Policy"]["Arn"]
    role = aws.create_role("cart-reader", POD_TRUST, iam, Tags=[{"Key": "team", "Value": "shop"}])
    iam.attach_role_policy(RoleName="cart-reader", PolicyArn=attached)
    aws.create_cluster(eks=eks, version="1.33")
    eks.create_pod_identity_association(
        clusterName=CLUSTER,
        namespace="shop",
        serviceAccount="cart",
        roleArn=role,
        clientRequestToken="the-first-request",
    )
    eks.create_addon(
        clusterName=CLUSTER,
        addonName="vpc-cni",
        podIdentityAssociations=[{"serviceAccount": "aws-node", "roleArn": role}],
        clientRequestToken="the-second-request",
    )
    eks.update_addon(clusterName=CLUSTER, addonName="vpc-cni", configurationValues="{}")
    real_cluster.trust(aws)
    iam.create_open_id_connect_provider(
        Url=f"https://{'a' * 20}.example.com", ClientIDList=["sts"], ThumbprintList=["a" * 40]
    )
    eks_auth.assume_role_for_pod_identity(clusterName=CLUSTER, token=aws.token(pod_name="cart-0"))
    aws.settings(associations_per_cluster=7)
    aws.shift(1.5)
    return podid.export_state(endpoint_url=aws.endpoint_url)


def changed(state: Any, path: Path, value: Any) -> Any:
    """The state with another value at a path."""
    copied = copy.deepcopy(state)
    holder = copied
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return copied


def without(state: Any, path: Path) -> Any:
    """The state without what is at a path."""
    copied = copy.deepcopy(state)
    holder = copied
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    return copied


def at(state: Any, path: Path) -> Any:
    for step in path:
        state = state[step]
    return state


def paths(value: Any, before: Path = ()) -> Iterator[Path]:
    """Every path in a JSON value but the empty one."""
    if before:
        yield before
    if isinstance(value, dict):
        for name, member in value.items():
            yield from paths(member, (*before, name))
    elif isinstance(value, list):
        for place, entry in enumerate(value):
            yield from paths(entry, (*before, place))
