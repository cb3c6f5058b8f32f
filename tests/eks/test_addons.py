"""The operations about add-ons, through boto3: answers, updates, pages, tags, records."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws
from moto.moto_api._internal import mock_random
from refusals import refused

import moto_eks_podid as podid

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
IRSA_ROLE = f"arn:aws:iam::{ACCOUNT}:role/irsa"
MEMBERS = [
    "addonName",
    "clusterName",
    "status",
    "addonVersion",
    "health",
    "addonArn",
    "createdAt",
    "modifiedAt",
    "serviceAccountRoleArn",
    "tags",
    "configurationValues",
    "podIdentityAssociations",
    "namespaceConfig",
]


@pytest.fixture
def eks(aws: Aws) -> Any:
    aws.create_cluster(version="1.33")
    return aws.client("eks")


def create(eks: Any, name: str = "vpc-cni", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = eks.create_addon(clusterName=CLUSTER, addonName=name, **more)["addon"]
    return made


def describe(eks: Any, name: str = "vpc-cni") -> dict[str, Any]:
    found: dict[str, Any] = eks.describe_addon(clusterName=CLUSTER, addonName=name)["addon"]
    return found


def test_created_addon_differs(eks: Any) -> None:
    """Create answers CREATING, with the default version for the cluster's; describe ACTIVE."""
    made = create(eks)
    assert re.fullmatch(
        f"arn:aws:eks:{REGION}:{ACCOUNT}:addon/{CLUSTER}/vpc-cni/{UUID}", made["addonArn"]
    )
    assert made == {
        "addonName": "vpc-cni",
        "clusterName": CLUSTER,
        "status": "CREATING",
        "addonVersion": "v1.22.4-eksbuild.3",
        "health": {"issues": []},
        "addonArn": made["addonArn"],
        "createdAt": made["createdAt"],
        "modifiedAt": made["createdAt"],
        "tags": {},
        "namespaceConfig": {"namespace": "kube-system"},
    }
    assert describe(eks) == {**made, "status": "ACTIVE"}


def test_members_are_out_of_order(aws: Aws, eks: Any) -> None:
    """On the wire an add-on with everything has all members, in the service's order."""
    role = aws.create_role()
    body = {
        "addonName": "vpc-cni",
        "addonVersion": "v1.20.4-eksbuild.2",
        "serviceAccountRoleArn": IRSA_ROLE,
        "resolveConflicts": "OVERWRITE",
        "tags": {"team": "net"},
        "configurationValues": '{"env": {"WARM_IP_TARGET": "3"}}',
        "podIdentityAssociations": [{"serviceAccount": "aws-node", "roleArn": role}],
        "namespaceConfig": {"namespace": "cni"},
    }
    answer = aws.http("eks", "POST", f"/clusters/{CLUSTER}/addons", json.dumps(body))
    assert answer.status == 200
    addon = answer.json["addon"]
    assert list(addon) == MEMBERS
    given = ("serviceAccountRoleArn", "tags", "configurationValues", "namespaceConfig")
    assert {name: addon[name] for name in given} == {name: body[name] for name in given}
    assert addon["addonVersion"] == "v1.20.4-eksbuild.2"


@pytest.mark.parametrize(
    ("cluster_version", "expected"),
    [
        ("1.28", "v1.20.4-eksbuild.2"),
        ("1.30", "v1.22.3-eksbuild.1"),
        ("1.36", "v1.22.4-eksbuild.3"),
        # Newer than the catalogue, and none at all: the newest.
        ("1.99", "v1.22.4-eksbuild.3"),
        (None, "v1.22.4-eksbuild.3"),
    ],
)
def test_default_version_is_for_another_cluster(
    aws: Aws, cluster_version: str | None, expected: str
) -> None:
    """Without a version, a cluster gets the one that is the default for its own version."""
    aws.create_cluster(**({"version": cluster_version} if cluster_version else {}))
    assert create(aws.client("eks"))["addonVersion"] == expected


def test_cluster_shows_its_addons(aws: Aws, eks: Any) -> None:
    """DescribeCluster answers the same with and without add-ons."""
    before = eks.describe_cluster(name=CLUSTER)["cluster"]
    create(eks)
    assert eks.describe_cluster(name=CLUSTER)["cluster"] == before


def test_update_changes_something_else(eks: Any) -> None:
    """UpdateAddon answers an update in progress, which has succeeded when it is described."""
    made = create(eks, configurationValues="{}", tags={"a": "b"})
    update = eks.update_addon(
        clusterName=CLUSTER,
        addonName="vpc-cni",
        addonVersion="v1.23.2-eksbuild.1",
        resolveConflicts="PRESERVE",
        configurationValues="env:\n  MAX_ENI: '4'\n",
    )["update"]
    assert re.fullmatch(UUID, update["id"])
    assert update == {
        "id": update["id"],
        "status": "InProgress",
        "type": "AddonUpdate",
        "params": [
            {"type": "AddonVersion", "value": "v1.23.2-eksbuild.1"},
            {"type": "ResolveConflicts", "value": "PRESERVE"},
            {"type": "ConfigurationValues", "value": "env:\n  MAX_ENI: '4'\n"},
        ],
        "createdAt": update["createdAt"],
        "errors": [],
    }
    found = eks.describe_update(name=CLUSTER, updateId=update["id"], addonName="vpc-cni")["update"]
    assert found == {**update, "status": "Successful"}
    assert describe(eks) == {
        **made,
        "status": "ACTIVE",
        "addonVersion": "v1.23.2-eksbuild.1",
        "modifiedAt": update["createdAt"],
        "configurationValues": "env:\n  MAX_ENI: '4'\n",
    }


def test_update_loses_or_keeps_the_wrong_values(eks: Any) -> None:
    """What an update leaves out stays, but for the role of the service account, which goes."""
    create(eks, serviceAccountRoleArn=IRSA_ROLE, configurationValues='{"podLabels": {"a": "b"}}')
    eks.update_addon(clusterName=CLUSTER, addonName="vpc-cni")
    found = describe(eks)
    assert found["configurationValues"] == '{"podLabels": {"a": "b"}}'
    assert "serviceAccountRoleArn" not in found
    eks.update_addon(clusterName=CLUSTER, addonName="vpc-cni", configurationValues="")
    assert "configurationValues" not in describe(eks)


def test_update_is_not_found(aws: Aws, eks: Any) -> None:
    """Updates are listed and described per add-on, and gone with it."""
    create(eks)
    create(eks, "coredns")
    ids = [
        eks.update_addon(clusterName=CLUSTER, addonName="vpc-cni")["update"]["id"] for _ in range(5)
    ]
    paginator = eks.get_paginator("list_updates")
    pages = list(
        paginator.paginate(name=CLUSTER, addonName="vpc-cni", PaginationConfig={"PageSize": 2})
    )
    assert [page["updateIds"] for page in pages] == [ids[:2], ids[2:4], ids[4:]]
    assert eks.list_updates(name=CLUSTER, addonName="coredns")["updateIds"] == []
    assert eks.list_updates(name=CLUSTER)["updateIds"] == []
    not_found = ("ResourceNotFoundException", 404, f"No update found for ID: {ids[0]}")
    for other in ({}, {"addonName": "coredns"}):
        assert refused(eks.describe_update, name=CLUSTER, updateId=ids[0], **other) == not_found
    eks.delete_addon(clusterName=CLUSTER, addonName="vpc-cni")
    create(eks)
    assert eks.list_updates(name=CLUSTER, addonName="vpc-cni")["updateIds"] == []


def test_deleted_addon_stays(aws: Aws, eks: Any) -> None:
    """Delete answers DELETING, modified now; afterwards there is no such add-on."""
    made = create(eks, "coredns")
    aws.shift(60)
    gone = eks.delete_addon(clusterName=CLUSTER, addonName="coredns")["addon"]
    assert gone == {**made, "status": "DELETING", "modifiedAt": gone["modifiedAt"]}
    assert (gone["modifiedAt"] - made["modifiedAt"]).total_seconds() >= 60
    assert refused(eks.describe_addon, clusterName=CLUSTER, addonName="coredns") == (
        "ResourceNotFoundException",
        404,
        f"No addon: coredns found in cluster: {CLUSTER}",
    )
    assert create(eks, "coredns")["addonArn"] != made["addonArn"]


def test_waiter_waits(eks: Any) -> None:
    """boto3's waiters are content with the first answer."""
    once = {"MaxAttempts": 1}
    create(eks)
    eks.get_waiter("addon_active").wait(clusterName=CLUSTER, addonName="vpc-cni", WaiterConfig=once)
    eks.delete_addon(clusterName=CLUSTER, addonName="vpc-cni")
    eks.get_waiter("addon_deleted").wait(
        clusterName=CLUSTER, addonName="vpc-cni", WaiterConfig=once
    )


def test_pages_lose_addons(eks: Any) -> None:
    """Names are listed sorted; pages stay right while add-ons come and go."""
    for name in ("vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent"):
        create(eks, name)
    first = eks.list_addons(clusterName=CLUSTER, maxResults=2)
    assert first["addons"] == ["coredns", "eks-pod-identity-agent"]
    eks.delete_addon(clusterName=CLUSTER, addonName="eks-pod-identity-agent")
    create(eks, "aws-ebs-csi-driver")
    rest = eks.list_addons(clusterName=CLUSTER, nextToken=first["nextToken"])
    assert rest["addons"] == ["kube-proxy", "vpc-cni"]
    assert "nextToken" not in rest
    invalid = ("InvalidParameterException", 400, "The parameter nextToken is invalid")
    for token in ("garbage", first["nextToken"][:-4]):
        assert refused(eks.list_addons, clusterName=CLUSTER, nextToken=token) == invalid
    assert refused(eks.list_updates, name=CLUSTER, nextToken=first["nextToken"]) == invalid


def test_cluster_with_addons_cannot_be_deleted(aws: Aws, eks: Any) -> None:
    """A cluster goes with its add-ons; the next one of that name has none."""
    create(eks)
    eks.delete_cluster(name=CLUSTER)
    assert refused(eks.list_addons, clusterName=CLUSTER) == (
        "ResourceNotFoundException",
        404,
        f"No cluster found for name: {CLUSTER}.",
    )
    aws.create_cluster()
    assert eks.list_addons(clusterName=CLUSTER)["addons"] == []


def test_addons_of_clusters_mix(aws: Aws, eks: Any) -> None:
    """Clusters of one region, regions and accounts have their own add-ons."""
    create(eks)
    aws.create_cluster("other")
    aws.create_cluster(region="eu-west-1")
    elsewhere = aws.client_of_account(OTHER_ACCOUNT, "eks")
    aws.create_cluster(eks=elsewhere)
    assert eks.list_addons(clusterName="other")["addons"] == []
    for client in (aws.client("eks", "eu-west-1"), elsewhere):
        assert client.list_addons(clusterName=CLUSTER)["addons"] == []


def test_request_comes_twice(eks: Any) -> None:
    """A client request token with the same parameters answers what it made, once."""
    token = {"clientRequestToken": "terraform-1"}
    made = create(eks, tags={"a": "b"}, **token)
    assert create(eks, tags={"a": "b"}, **token) == made
    reused = (
        "InvalidParameterException",
        400,
        "The clientRequestToken was used before with other parameters",
    )
    parameters = {"clusterName": CLUSTER, "addonName": "vpc-cni"}
    assert refused(eks.create_addon, **parameters, **token) == reused
    assert refused(eks.update_addon, **parameters, **token) == reused
    update = eks.update_addon(**parameters, clientRequestToken="terraform-2")["update"]
    assert eks.update_addon(**parameters, clientRequestToken="terraform-2")["update"] == update
    assert eks.list_updates(name=CLUSTER, addonName="vpc-cni")["updateIds"] == [update["id"]]
    eks.delete_addon(**parameters)
    assert create(eks, **token)["addonArn"] != made["addonArn"]


def test_tags_of_addon_cannot_be_changed(eks: Any) -> None:
    """The tag operations take an add-on's ARN."""
    arn = create(eks, tags={"a": "1", "b": "2"})["addonArn"]
    eks.tag_resource(resourceArn=arn, tags={"b": "3", "c": "4"})
    eks.untag_resource(resourceArn=arn, tagKeys=["a", "x"])
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3", "c": "4"}
    assert describe(eks)["tags"] == {"b": "3", "c": "4"}
    reserved = (
        "BadRequestException",
        400,
        "Tag keys that start with aws: are reserved for AWS use",
    )
    assert refused(eks.tag_resource, resourceArn=arn, tags={"aws:x": "y"}) == reserved
    gone = ("NotFoundException", 404, "Resource was not found")
    wrong = [
        arn[:-1] + ("0" if arn[-1] != "0" else "1"),
        arn.replace("vpc-cni", "coredns"),
        arn.rpartition("/")[0],
        arn.replace(CLUSTER, "nowhere"),
        arn.replace(ACCOUNT, OTHER_ACCOUNT),
        arn.replace(":addon/", ":podidentityassociation/"),
    ]
    for other in wrong:
        assert refused(eks.list_tags_for_resource, resourceArn=other) == gone, other


def test_record_names_the_cluster_otherwise(aws: Aws, eks: Any) -> None:
    """CloudTrail's records call the cluster `name`, as EKS's URIs do."""
    create(eks, addonVersion="v1.23.2-eksbuild.1", clientRequestToken="t-1")
    eks.delete_addon(clusterName=CLUSTER, addonName="vpc-cni", preserve=True)
    records = podid.cloudtrail_records(endpoint_url=aws.endpoint_url)
    by_name = {record["eventName"]: record for record in records}
    assert by_name["CreateAddon"]["requestParameters"] == {
        "name": CLUSTER,
        "addonName": "vpc-cni",
        "addonVersion": "v1.23.2-eksbuild.1",
        "clientRequestToken": "t-1",
    }
    assert by_name["CreateAddon"]["responseElements"]["addon"]["status"] == "CREATING"
    assert by_name["DeleteAddon"]["requestParameters"] == {
        "name": CLUSTER,
        "addonName": "vpc-cni",
        "preserve": True,
    }


def test_seed_does_not_repeat_ids(aws: Aws, eks: Any) -> None:
    """ARNs and ids of updates come from moto's generator, which a seed makes repeat."""

    def seed() -> None:
        if aws.endpoint_url is None:
            mock_random.seed(42)
        else:
            url = f"{aws.endpoint_url}/moto-api/seed?a=42"
            requests.post(url, timeout=30).raise_for_status()

    def run() -> tuple[str, str]:
        seed()
        arn = create(eks, "coredns")["addonArn"]
        seed()
        update = eks.update_addon(clusterName=CLUSTER, addonName="coredns")["update"]["id"]
        eks.delete_addon(clusterName=CLUSTER, addonName="coredns")
        return arn, update

    assert run() == run()
