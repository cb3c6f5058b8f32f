"""The pod identity associations that add-ons own."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, Aws, policy, statement
from refusals import refused

EFS = "aws-efs-csi-driver"
CONTROLLER, NODE = "efs-csi-controller-sa", "efs-csi-node-sa"


@pytest.fixture
def eks(aws: Aws) -> Any:
    aws.create_cluster(version="1.33")
    return aws.client("eks")


@pytest.fixture
def role(aws: Aws) -> str:
    return aws.create_role("efs")


def given(**roles: str) -> list[dict[str, str]]:
    """`controller=ROLE, node=ROLE` as the parameter has it."""
    names = {"controller": CONTROLLER, "node": NODE}
    return [{"serviceAccount": names[name], "roleArn": role} for name, role in roles.items()]


def create(eks: Any, wanted: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = eks.create_addon(
        clusterName=CLUSTER, addonName=EFS, podIdentityAssociations=wanted, **more
    )["addon"]
    return made


def update(eks: Any, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = eks.update_addon(clusterName=CLUSTER, addonName=EFS, **more)["update"]
    return made


def described(eks: Any) -> dict[str, dict[str, Any]]:
    """The associations of the cluster, by service account."""
    listed = eks.list_pod_identity_associations(clusterName=CLUSTER)["associations"]
    found = [
        eks.describe_pod_identity_association(
            clusterName=CLUSTER, associationId=entry["associationId"]
        )["association"]
        for entry in listed
    ]
    assert [entry.get("ownerArn") for entry in listed] == [each.get("ownerArn") for each in found]
    return {association["serviceAccount"]: association for association in found}


def test_association_has_another_owner(eks: Any, role: str) -> None:
    """An add-on's associations are in its namespace and name it; it lists their ARNs."""
    addon = create(eks, given(controller=role, node=role))
    found = described(eks)
    assert sorted(found) == [CONTROLLER, NODE]
    for association in found.values():
        assert association["ownerArn"] == addon["addonArn"]
        assert association["namespace"] == "kube-system"
        assert association["roleArn"] == role
    arns = [found[CONTROLLER]["associationArn"], found[NODE]["associationArn"]]
    assert addon["podIdentityAssociations"] == arns
    answer = eks.describe_addon(clusterName=CLUSTER, addonName=EFS)["addon"]
    assert answer["podIdentityAssociations"] == arns


def test_pod_of_the_addon_gets_no_credentials(aws: Aws, eks: Any, role: str) -> None:
    """The add-on's pods get credentials of the role through the association."""
    create(eks, given(controller=role), namespaceConfig={"namespace": "storage"})
    answer = aws.assume(aws.token(CLUSTER, "storage", CONTROLLER))
    [association] = described(eks).values()
    assert answer["podIdentityAssociation"]["associationArn"] == association["associationArn"]
    assert association["namespace"] == "storage"


def test_update_replaces_more_or_less_than_the_set(aws: Aws, eks: Any, role: str) -> None:
    """A list becomes all that the add-on owns: kept ones keep their id, others come and go."""
    other = aws.create_role("other")
    create(eks, given(controller=role))
    before = described(eks)[CONTROLLER]
    update(eks, podIdentityAssociations=given(node=role, controller=other))
    after = described(eks)
    assert {name: each["roleArn"] for name, each in after.items()} == {
        CONTROLLER: other,
        NODE: role,
    }
    assert after[CONTROLLER]["associationId"] == before["associationId"]
    assert after[CONTROLLER]["createdAt"] == before["createdAt"]
    made = update(eks, podIdentityAssociations=given(node=role))
    assert made["params"] == [
        {
            "type": "PodIdentityAssociations",
            "value": f'[{{"serviceAccount":"{NODE}","roleArn":"{role}"}}]',
        }
    ]
    assert described(eks) == {NODE: after[NODE]}


def test_update_without_associations_touches_them(eks: Any, role: str) -> None:
    """Associations that an update leaves out stay; an empty list deletes all of them."""
    create(eks, given(controller=role))
    before = described(eks)
    update(eks, addonVersion="v3.3.0-eksbuild.1")
    assert described(eks) == before
    update(eks, podIdentityAssociations=[])
    assert described(eks) == {}
    assert (
        "podIdentityAssociations"
        not in eks.describe_addon(clusterName=CLUSTER, addonName=EFS)["addon"]
    )


def test_associations_survive_the_addon(aws: Aws, eks: Any, role: str) -> None:
    """The add-on's associations go with it, and nobody else's."""
    aws.associate(role)
    create(eks, given(controller=role, node=role))
    gone = eks.delete_addon(clusterName=CLUSTER, addonName=EFS)["addon"]
    assert len(gone["podIdentityAssociations"]) == 2
    assert sorted(described(eks)) == ["cart"]


def test_preserved_association_is_deleted(eks: Any, role: str) -> None:
    """With `preserve` the associations stay, owned by nobody: a new add-on cannot have them."""
    create(eks, given(controller=role))
    [before] = described(eks).values()
    eks.delete_addon(clusterName=CLUSTER, addonName=EFS, preserve=True)
    [after] = described(eks).values()
    assert after == {name: value for name, value in before.items() if name != "ownerArn"}
    assert refused(create, eks=eks, wanted=given(controller=role)) == (
        "ResourceInUseException",
        409,
        f"Association already exists: {after['associationId']}",
    )


def test_owned_association_cannot_be_changed(aws: Aws, eks: Any, role: str) -> None:
    """Associations of an add-on may be changed and deleted directly, and are put back by it."""
    create(eks, given(controller=role, node=role))
    other = aws.create_role("other")
    found = described(eks)
    ids = {
        name: {"clusterName": CLUSTER, "associationId": each["associationId"]}
        for name, each in found.items()
    }
    eks.update_pod_identity_association(**ids[CONTROLLER], roleArn=other)
    eks.delete_pod_identity_association(**ids[NODE])
    addon = eks.describe_addon(clusterName=CLUSTER, addonName=EFS)["addon"]
    assert addon["podIdentityAssociations"] == [found[CONTROLLER]["associationArn"]]
    update(eks, podIdentityAssociations=given(controller=role, node=role))
    after = described(eks)
    assert {name: each["roleArn"] for name, each in after.items()} == dict.fromkeys(found, role)
    assert after[NODE]["associationId"] != found[NODE]["associationId"]


def test_addon_adopts_an_association(aws: Aws, eks: Any, role: str) -> None:
    """A service account with an association of somebody else's refuses the whole request."""
    existing = aws.associate(role, namespace="kube-system", service_account=NODE)
    in_use = (
        "ResourceInUseException",
        409,
        f"Association already exists: {existing['associationId']}",
    )
    both = given(controller=role, node=role)
    assert refused(create, eks=eks, wanted=both) == in_use
    assert eks.list_addons(clusterName=CLUSTER)["addons"] == []
    assert described(eks) == {NODE: existing}
    create(eks, given(controller=role))
    before = described(eks)
    assert refused(update, eks=eks, podIdentityAssociations=both) == in_use
    assert refused(update, eks=eks, podIdentityAssociations=given(node=role)) == in_use
    assert described(eks) == before


NO_TRUST = policy(statement("sts:AssumeRole"))
ROLE_REFUSALS = {
    "missing role": (
        f"arn:aws:iam::{ACCOUNT}:role/nobody",
        ("InvalidParameterException", 400, "Role provided in the request does not exist."),
    ),
    "role of another account": (
        f"arn:aws:iam::{OTHER_ACCOUNT}:role/efs",
        ("AccessDeniedException", 403, "Cross-account pass role is not allowed."),
    ),
    "empty role": (
        "",
        ("AccessDeniedException", 403, "Cross-account pass role is not allowed."),
    ),
    "role without trust": (
        f"arn:aws:iam::{ACCOUNT}:role/untrusting",
        (
            "InvalidParameterException",
            400,
            "Trust policy of the role provided is invalid. "
            "Follow the official documentation to resolve the issue",
        ),
    ),
}


@pytest.mark.parametrize("case", ROLE_REFUSALS)
def test_role_that_does_not_do_is_taken(aws: Aws, eks: Any, role: str, case: str) -> None:
    """Roles are checked as for associations made by hand; a refused request changes nothing."""
    wrong, expected = ROLE_REFUSALS[case]
    aws.create_role("untrusting", NO_TRUST)
    wanted = given(controller=role, node=wrong)
    assert refused(create, eks=eks, wanted=wanted) == expected
    assert (eks.list_addons(clusterName=CLUSTER)["addons"], described(eks)) == ([], {})
    made = create(eks, given(controller=role))
    before = described(eks)
    changed = {
        "podIdentityAssociations": given(controller=wrong),
        "addonVersion": "v3.0.0-eksbuild.1",
        "configurationValues": "{}",
    }
    assert refused(update, eks=eks, **changed) == expected
    answer = eks.describe_addon(clusterName=CLUSTER, addonName=EFS)["addon"]
    assert answer == {**made, "status": "ACTIVE"}
    assert described(eks) == before
    assert eks.list_updates(name=CLUSTER, addonName=EFS)["updateIds"] == []


def test_quota_does_not_count(aws: Aws, eks: Any, role: str) -> None:
    """An add-on's associations count; over the quota nothing of the add-on is made."""
    aws.settings(associations_per_cluster=1)
    code, status, _ = refused(create, eks=eks, wanted=given(controller=role, node=role))
    assert (code, status) == ("ResourceLimitExceededException", 400)
    assert (eks.list_addons(clusterName=CLUSTER)["addons"], described(eks)) == ([], {})


def test_replacement_counts_twice(aws: Aws, eks: Any, role: str) -> None:
    """At the quota an association may take the place of another; one more is refused."""
    create(eks, given(controller=role))
    aws.settings(associations_per_cluster=1)
    update(eks, podIdentityAssociations=given(node=role))
    before = described(eks)
    assert list(before) == [NODE]
    wanted = given(controller=role, node=role)
    code, _, _ = refused(update, eks=eks, podIdentityAssociations=wanted)
    assert code == "ResourceLimitExceededException"
    assert described(eks) == before


UNSUPPORTED = "Pod Identity feature is not supported for addon version: {}"
OTHER_ACCOUNT_NAME = (
    "Service account {} in pod identity configuration is not supported for addon {}"
)


@pytest.mark.parametrize(
    ("addon", "version", "service_account", "text"),
    [
        ("vpc-cni", "v1.14.1-eksbuild.1", "aws-node", UNSUPPORTED.format("v1.14.1-eksbuild.1")),
        (EFS, "v1.7.7-eksbuild.1", CONTROLLER, UNSUPPORTED.format("v1.7.7-eksbuild.1")),
        (EFS, "v2.1.0-eksbuild.1", NODE, OTHER_ACCOUNT_NAME.format(NODE, EFS)),
        ("coredns", "v1.9.3-eksbuild.40", "coredns", UNSUPPORTED.format("v1.9.3-eksbuild.40")),
        (
            "aws-ebs-csi-driver",
            None,
            "ebs-csi-node-sa",
            OTHER_ACCOUNT_NAME.format("ebs-csi-node-sa", "aws-ebs-csi-driver"),
        ),
        (
            "amazon-cloudwatch-observability",
            None,
            "amazon-cloudwatch",
            OTHER_ACCOUNT_NAME.format("amazon-cloudwatch", "amazon-cloudwatch-observability"),
        ),
        ("vpc-cni", None, "", OTHER_ACCOUNT_NAME.format("", "vpc-cni")),
    ],
)
def test_service_account_that_is_not_supported_is_taken(
    aws: Aws, addon: str, version: str | None, service_account: str, text: str
) -> None:
    """AWS's texts: the version knows no Pod Identity, or not for that service account."""
    aws.create_cluster(version="1.28")
    eks = aws.client("eks")
    wanted = [{"serviceAccount": service_account, "roleArn": aws.create_role()}]
    parameters = {
        "clusterName": CLUSTER,
        "addonName": addon,
        **({"addonVersion": version} if version else {}),
    }
    expected = ("InvalidParameterException", 400, text)
    refusal = refused(eks.create_addon, **parameters, podIdentityAssociations=wanted)
    assert refusal == expected
    eks.create_addon(**parameters)
    refusal = refused(eks.update_addon, **parameters, podIdentityAssociations=wanted)
    assert refusal == expected


def test_service_account_is_associated_twice(eks: Any, role: str) -> None:
    """One service account may be given once."""
    wanted = given(controller=role) * 2
    assert refused(create, eks=eks, wanted=wanted) == (
        "InvalidParameterException",
        400,
        f"Service account {CONTROLLER} is given twice in pod identity configuration",
    )
