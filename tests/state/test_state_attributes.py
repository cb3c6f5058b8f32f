"""What moto keeps of a thing, and what of that is in the state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, REGION, Aws
from moto.eks.models import eks_backends
from moto.iam.models import AccessKey, iam_backends
from moto.sts.models import AssumedRole

import moto_eks_podid as podid
from moto_eks_podid.state import clusters, nodegroups, policies, providers, roles
from moto_eks_podid.sts.models import sts_recorder
from tests.state.small_state import small_state

#: What is made of where a thing is, held in another place of the state, or left out on purpose.
ELSEWHERE = {
    clusters.ClusterAttributes: {
        "arn",
        "fargate_profile_count",
        "fargate_profiles",
        "identity",
        "nodegroup_count",
        "nodegroups",
    },
    nodegroups.NodegroupAttributes: {"cluster_name", "partition", "region"},
    nodegroups.FargateAttributes: {"cluster_name"},
    policies.PolicyAttributes: {"account_id", "attachment_count", "partition", "versions"},
    policies.Version: {"policy_arn"},
    roles.RoleAttributes: {
        "_linked_service",
        "account_id",
        "last_used",
        "last_used_region",
        "managed_policies",
        "partition",
    },
    providers.ProviderAttributes: {"_errors", "account_id", "region_name"},
    AccessKey: {
        "access_key_id",
        "create_date",
        "last_used",
        "role_arn",
        "secret_access_key",
        "status",
        "user_name",
    },
    AssumedRole: {
        "access_key",
        "access_key_id",
        "account_id",
        "expiration",
        "external_id",
        "partition",
        "policy",
        "region_name",
        "role_arn",
        "secret_access_key",
        "session_name",
        "session_token",
    },
}


@pytest.fixture(scope="module")
def things() -> Iterator[dict[type, Any]]:
    """One of moto's objects for each of the classes above."""
    with podid.mock_aws():
        aws = Aws(endpoint_url=None)
        small_state(aws)
        eks, iam = eks_backends[ACCOUNT][REGION], iam_backends[ACCOUNT]["aws"]
        nodegroup = eks.create_nodegroup(CLUSTER, "arn:aws:iam::123456789012:role/n", "nodes", [])
        profile = eks.create_fargate_profile(
            "fargate", CLUSTER, [{"namespace": "shop"}], "arn:aws:iam::123456789012:role/n"
        )
        [issued] = sts_recorder(ACCOUNT, "aws").issued.values()
        [policy] = iam.managed_policies.values()
        yield {
            clusters.ClusterAttributes: eks.clusters[CLUSTER],
            nodegroups.NodegroupAttributes: nodegroup,
            nodegroups.FargateAttributes: profile,
            policies.PolicyAttributes: policy,
            policies.Version: policy.versions[0],
            roles.RoleAttributes: iam.get_role("cart-reader"),
            providers.ProviderAttributes: next(iter(iam.open_id_providers.values())),
            AccessKey: issued.assumed_role.access_key,
            AssumedRole: issued.assumed_role,
        }


@pytest.mark.parametrize("kind", ELSEWHERE, ids=lambda kind: kind.__name__)
def test_moto_keeps_more_than_the_state(things: dict[type, Any], kind: Any) -> None:
    """Each attribute of moto's objects is in the state, or is known not to be: a version of moto
    that has more of them says so here."""
    kept = {field.name for field in fields(kind)} if kind not in (AccessKey, AssumedRole) else set()
    assert set(vars(things[kind])) == kept | ELSEWHERE[kind]
