"""The node groups and Fargate profiles of a cluster, as moto has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.eks.models import Cluster, FargateProfile, Nodegroup

from ..eks.models import PodIdentityEKSBackend
from .attributes import read_attributes, write_attributes
from .codec import NaiveTime
from .shapes import check_fits


@dataclass(frozen=True, slots=True)
class NodegroupAttributes:
    """What moto keeps of a node group."""

    ami_type: str
    arn: str
    capacity_type: str
    client_request_token: str | None
    created_at: NaiveTime
    disk_size: int | str
    health: dict[str, Any]
    instance_types: list[str]
    labels: dict[str, str]
    launch_template: dict[str, str] | None
    modified_at: NaiveTime
    node_repair_config: dict[str, Any] | None
    node_role: str
    nodegroup_name: str
    release_version: str
    remote_access: dict[str, Any]
    resources: dict[str, Any]
    scaling_config: dict[str, int]
    status: str
    subnets: list[str]
    tags: dict[str, str]
    taints: list[dict[str, str]]
    update_config: dict[str, Any] | None
    uuid: str
    version: str


@dataclass(frozen=True, slots=True)
class FargateAttributes:
    """What moto keeps of a Fargate profile."""

    client_request_token: str | None
    created_at: NaiveTime
    fargate_profile_arn: str
    fargate_profile_name: str
    pod_execution_role_arn: str
    selectors: list[dict[str, Any]]
    status: str
    subnets: list[str]
    tags: dict[str, str]
    uuid: str


@dataclass(frozen=True, slots=True)
class Compute:
    """What a cluster's pods run on."""

    nodegroups: list[NodegroupAttributes]
    fargate_profiles: list[FargateAttributes]


def read_compute(cluster: Cluster) -> Compute:
    """Return the node groups and Fargate profiles of a cluster."""
    return Compute(
        [read_attributes(NodegroupAttributes, one) for one in list(cluster.nodegroups.values())],
        [
            read_attributes(FargateAttributes, one)
            for one in list(cluster.fargate_profiles.values())
        ],
    )


def check_compute(compute: Compute, title: str) -> None:
    """:raises ValueError: for two of one name, and for what EKS could not answer"""
    for nodegroup in compute.nodegroups:
        check_fits(
            "Nodegroup",
            {
                "health": nodegroup.health,
                "nodeRepairConfig": nodegroup.node_repair_config,
                "remoteAccess": nodegroup.remote_access,
                "resources": nodegroup.resources,
                "taints": nodegroup.taints,
                "updateConfig": nodegroup.update_config,
            },
            title,
        )
    for profile in compute.fargate_profiles:
        check_fits("FargateProfile", {"selectors": profile.selectors}, title)
    for names in (
        [one.nodegroup_name for one in compute.nodegroups],
        [one.fargate_profile_name for one in compute.fargate_profiles],
    ):
        if len(set(names)) != len(names):
            raise ValueError(f"{title} has two node groups or Fargate profiles of one name")


def write_compute(compute: Compute, cluster: Cluster, backend: PodIdentityEKSBackend) -> None:
    """Give a cluster its node groups and Fargate profiles."""
    for nodegroup in compute.nodegroups:
        made = Nodegroup(
            cluster.name,
            nodegroup.node_role,
            nodegroup.nodegroup_name,
            nodegroup.subnets,
            account_id=backend.account_id,
            region_name=backend.region_name,
            aws_partition=backend.partition,
        )
        write_attributes(nodegroup, made)
        cluster.nodegroups[nodegroup.nodegroup_name] = made
    for profile in compute.fargate_profiles:
        fargate = FargateProfile(
            cluster.name,
            profile.fargate_profile_name,
            profile.pod_execution_role_arn,
            profile.selectors,
            account_id=backend.account_id,
            region_name=backend.region_name,
            aws_partition=backend.partition,
        )
        write_attributes(profile, fargate)
        cluster.fargate_profiles[profile.fargate_profile_name] = fargate
    cluster.nodegroup_count = len(cluster.nodegroups)
    cluster.fargate_profile_count = len(cluster.fargate_profiles)
