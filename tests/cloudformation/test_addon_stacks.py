"""``AWS::EKS::Addon`` in stacks, with the associations that add-ons own."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, Json
from refusals import refused

from tests.cloudformation.stack_under_test import Stacks, cluster, get_att, role, template

EFS = "aws-efs-csi-driver"
CONTROLLER, NODE = "efs-csi-controller-sa", "efs-csi-node-sa"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart-reader"
OUTPUTS = {"Reference": {"Ref": "Addon"}, "Arn": get_att("Addon", "Arn")}


def addon(**properties: Any) -> Json:
    given = {"ClusterName": CLUSTER, "AddonName": EFS, **properties}
    return {"Type": "AWS::EKS::Addon", "Properties": given}


def roles(*service_accounts: str, role_arn: Any = ROLE) -> list[Json]:
    return [{"ServiceAccount": name, "RoleArn": role_arn} for name in service_accounts]


def described(stacks: Stacks, name: str = EFS, cluster_name: str = CLUSTER) -> Json:
    answer = stacks.eks.describe_addon(clusterName=cluster_name, addonName=name)["addon"]
    return dict(answer)


def names(stacks: Stacks, cluster_name: str = CLUSTER) -> list[str]:
    return list(stacks.eks.list_addons(clusterName=cluster_name)["addons"])


def subjects(stacks: Stacks) -> list[str]:
    return [service_account for _, service_account in stacks.subjects()]


def test_addon_of_a_stack_differs(stacks: Stacks) -> None:
    """The add-on is the one that the same properties make through the API."""
    stacks.create(
        template(
            OUTPUTS,
            Addon=addon(
                AddonVersion="v3.0.0-eksbuild.1",
                ConfigurationValues='{"node": {"logLevel": 2}}',
                NamespaceConfig={"Namespace": "storage"},
                PodIdentityAssociations=roles(CONTROLLER, NODE),
                ResolveConflicts="OVERWRITE",
                ServiceAccountRoleArn=ROLE,
                Tags=[{"Key": "team", "Value": "storage"}],
            ),
        )
    )
    assert stacks.status() == "CREATE_COMPLETE"
    made = described(stacks)
    assert stacks.outputs() == {"Reference": f"{CLUSTER}|{EFS}", "Arn": made["addonArn"]}
    assert stacks.physical_ids() == {"Addon": f"{CLUSTER}|{EFS}"}
    expected = {
        "addonVersion": "v3.0.0-eksbuild.1",
        "configurationValues": '{"node": {"logLevel": 2}}',
        "namespaceConfig": {"namespace": "storage"},
        "serviceAccountRoleArn": ROLE,
        "tags": {"team": "storage"},
    }
    assert {name: made[name] for name in expected} == expected
    assert stacks.subjects() == [("storage", CONTROLLER), ("storage", NODE)]
    assert {each["ownerArn"] for each in stacks.associations()} == {made["addonArn"]}


def test_stack_with_everything_fails(empty: Stacks) -> None:
    """Cluster, role and add-on of one stack are made in order, and deleted again."""
    empty.create(
        template(
            OUTPUTS,
            Addon=addon(
                ClusterName={"Ref": "Cluster"},
                PodIdentityAssociations=roles(CONTROLLER, role_arn=get_att("Role", "Arn")),
            ),
            Cluster=cluster(Version="1.33"),
            Role=role(),
        )
    )
    assert empty.status() == "CREATE_COMPLETE"
    assert subjects(empty) == [CONTROLLER]
    empty.delete()
    made, gone = ["CreateCluster", "CreateRole", "CreateAddon"], ["DeleteAddon"]
    assert empty.call_names() == [*made, *gone, "DeleteRole", "DeleteCluster"]
    assert empty.eks.list_clusters()["clusters"] == []


def test_update_replaces_the_addon(stacks: Stacks) -> None:
    """Version, configuration, roles and tags change in place; what is taken out is cleared."""
    before = addon(
        ConfigurationValues="node: {logLevel: 2}",
        PodIdentityAssociations=roles(CONTROLLER),
        ServiceAccountRoleArn=ROLE,
        Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    )
    stacks.create(template(OUTPUTS, Addon=before))
    made = described(stacks)
    after = addon(
        AddonVersion="v3.0.0-eksbuild.1",
        PodIdentityAssociations=roles(NODE),
        ServiceAccountRoleArn=ROLE,
        Tags=[{"Key": "b", "Value": "3"}],
    )
    stacks.update(template(OUTPUTS, Addon=after))
    assert stacks.status() == "UPDATE_COMPLETE"
    changed = described(stacks)
    assert changed["addonArn"] == made["addonArn"]
    assert changed["addonVersion"] == "v3.0.0-eksbuild.1"
    assert changed["serviceAccountRoleArn"] == ROLE
    assert changed["tags"] == {"b": "3"}
    assert "configurationValues" not in changed
    assert subjects(stacks) == [NODE]
    stacks.update(template(OUTPUTS, Addon=addon(AddonVersion="v3.0.0-eksbuild.1")))
    assert subjects(stacks) == []
    assert "serviceAccountRoleArn" not in described(stacks)


@pytest.mark.parametrize(
    ("change", "cluster_name", "name"),
    [
        ({"AddonName": "aws-ebs-csi-driver"}, CLUSTER, "aws-ebs-csi-driver"),
        ({"ClusterName": "other"}, "other", EFS),
    ],
)
def test_replaced_addon_stays(stacks: Stacks, change: Json, cluster_name: str, name: str) -> None:
    """Another name or cluster is another add-on; the old one goes, with what it owned."""
    stacks.aws.create_cluster("other")
    stacks.create(template(OUTPUTS, Addon=addon(PodIdentityAssociations=roles(CONTROLLER))))
    stacks.update(template(OUTPUTS, Addon=addon(**change)))
    assert stacks.status() == "UPDATE_COMPLETE"
    assert stacks.outputs()["Reference"] == f"{cluster_name}|{name}"
    assert stacks.outputs()["Arn"] == described(stacks, name, cluster_name)["addonArn"]
    assert (names(stacks), subjects(stacks)) == (
        [name] if cluster_name == CLUSTER else [],
        [],
    )


@pytest.mark.parametrize(("preserve", "left"), [(True, [CONTROLLER]), (False, []), (None, [])])
def test_preserved_associations_are_deleted(
    stacks: Stacks, preserve: bool | None, left: list[str]
) -> None:
    """PreserveOnDelete is what DeleteAddon calls `preserve`."""
    more = {} if preserve is None else {"PreserveOnDelete": preserve}
    stacks.create(template(Addon=addon(PodIdentityAssociations=roles(CONTROLLER), **more)))
    stacks.delete()
    assert (names(stacks), subjects(stacks)) == ([], left)
    record = stacks.calls()[-1]
    assert record["eventName"] == "DeleteAddon"
    assert record["requestParameters"].get("preserve") is preserve


def test_stack_without_its_addon_cannot_be_deleted(stacks: Stacks) -> None:
    """An add-on that somebody deleted need not be deleted again."""
    stacks.create(template(Addon=addon()))
    stacks.eks.delete_addon(clusterName=CLUSTER, addonName=EFS)
    stacks.delete()
    assert refused(stacks.stack)[0] == "ValidationError"


REFUSED = {
    "unsupported service account": (
        {"PodIdentityAssociations": roles("storage")},
        f"Service account storage in pod identity configuration is not supported for addon {EFS}",
    ),
    "version that is none": (
        {"AddonVersion": "latest"},
        "Addon version specified is not supported",
    ),
    "unknown member": (
        {"PodIdentityAssociations": [{"ServiceAccount": NODE}]},
        "#/PodIdentityAssociations/0: required key [RoleArn] not found",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal_leaves_something(stacks: Stacks, case: str) -> None:
    """The service's own message is the reason; a failed update leaves what was there."""
    wrong, text = REFUSED[case]
    right = addon(PodIdentityAssociations=roles(CONTROLLER))
    stacks.create(template(Addon=addon(**wrong)))
    assert stacks.status() == "ROLLBACK_COMPLETE"
    assert text in stacks.reason("CREATE_FAILED")
    assert names(stacks) == []
    stacks.create(template(Addon=right), "second")
    before, owned = described(stacks), stacks.associations()
    stacks.update(template(Addon=addon(**wrong)), "second")
    assert stacks.status("second") == "UPDATE_ROLLBACK_COMPLETE"
    assert text in stacks.reason("UPDATE_FAILED", "second")
    after = described(stacks)
    assert {**after, "modifiedAt": None} == {**before, "modifiedAt": None}
    assert [each["associationId"] for each in stacks.associations()] == [
        each["associationId"] for each in owned
    ]
