"""AWS::EKS::PodIdentityAssociation in a stack: made, changed, replaced, deleted."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws, policy

from tests.cloudformation.stack_under_test import (
    STACK,
    Stacks,
    association,
    cluster,
    get_att,
    role,
    template,
)

TARGET_ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/cart-data"
SESSION_POLICY = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
OUTPUTS = {
    "Reference": {"Ref": "Association"},
    "Arn": get_att("Association", "AssociationArn"),
    "Id": get_att("Association", "AssociationId"),
}


def test_association_of_a_stack_differs(stacks: Stacks) -> None:
    """The association is the one that the same properties make through the API."""
    stacks.create(
        template(
            Association=association(
                TargetRoleArn=TARGET_ROLE,
                DisableSessionTags=True,
                Policy=SESSION_POLICY,
                Tags=[{"Key": "team", "Value": "cart"}, {"Key": "cost", "Value": ""}],
            )
        )
    )
    assert stacks.status() == "CREATE_COMPLETE"
    [made] = stacks.associations()
    assert re.fullmatch(r"a-[a-z0-9]{17}", made["associationId"])
    assert made == {
        "clusterName": CLUSTER,
        "namespace": "shop",
        "serviceAccount": "cart",
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/cart-reader",
        "associationArn": (
            f"arn:aws:eks:{REGION}:{ACCOUNT}:podidentityassociation/{CLUSTER}/"
            f"{made['associationId']}"
        ),
        "associationId": made["associationId"],
        "tags": {"team": "cart", "cost": ""},
        "createdAt": made["createdAt"],
        "modifiedAt": made["createdAt"],
        "disableSessionTags": True,
        "targetRoleArn": TARGET_ROLE,
        "externalId": f"{REGION}/{ACCOUNT}/{CLUSTER}/shop/cart",
        "policy": SESSION_POLICY,
    }


def test_ref_is_not_the_arn(stacks: Stacks) -> None:
    """`Ref` and `AssociationArn` are the ARN, `AssociationId` the id, and Fn::Sub knows them."""
    stacks.create(
        template(
            {
                **OUTPUTS,
                "ExternalId": get_att("Association", "ExternalId"),
                "Text": {"Fn::Sub": "${Association}|${Association.AssociationId}"},
            },
            Association=association(TargetRoleArn=TARGET_ROLE),
        )
    )
    [made] = stacks.associations()
    arn, association_id = made["associationArn"], made["associationId"]
    assert stacks.outputs() == {
        "Reference": arn,
        "Arn": arn,
        "Id": association_id,
        "ExternalId": f"{REGION}/{ACCOUNT}/{CLUSTER}/shop/cart",
        "Text": f"{arn}|{association_id}",
    }
    assert stacks.physical_ids() == {"Association": arn}


def test_credentials_are_not_those_of_the_stack(aws: Aws, empty: Stacks) -> None:
    """Cluster, role and association of one stack, whatever their order, serve a pod."""
    empty.create(
        template(
            OUTPUTS,
            Association=association(ClusterName={"Ref": "Cluster"}, RoleArn=get_att("Role", "Arn")),
            Cluster=cluster(),
            Role=role(),
        )
    )
    assert empty.status() == "CREATE_COMPLETE"
    answer = aws.assume()
    assert answer["podIdentityAssociation"]["associationArn"] == empty.outputs()["Reference"]
    [session] = aws.sessions(access_key_id=answer["credentials"]["accessKeyId"])
    assert session.role_arn == f"arn:aws:iam::{ACCOUNT}:role/cart-reader"


def test_dependency_is_made_late(empty: Stacks) -> None:
    """`DependsOn` orders resources that do not refer to each other, in creation and deletion."""
    first = {**association(), "DependsOn": ["Cluster", "Role"]}
    second = {**association(ServiceAccount="web"), "DependsOn": "Association"}
    empty.create(template(Second=second, Association=first, Cluster=cluster(), Role=role()))
    assert empty.status() == "CREATE_COMPLETE"
    empty.delete()
    made = ["CreateCluster", "CreateRole", *["CreatePodIdentityAssociation"] * 2]
    gone = [*["DeletePodIdentityAssociation"] * 2, "DeleteRole", "DeleteCluster"]
    assert empty.call_names() == [*made, *gone]
    by_name = [
        record["requestParameters"]["serviceAccount"]
        for record in empty.calls()
        if record["eventName"] == "CreatePodIdentityAssociation"
    ]
    assert by_name == ["cart", "web"]


IN_PLACE: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = {
    "another role": (
        {},
        {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/other"},
        {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/other"},
        ["UpdatePodIdentityAssociation"],
    ),
    "a target role": (
        {},
        {"TargetRoleArn": TARGET_ROLE},
        {"targetRoleArn": TARGET_ROLE, "externalId": f"{REGION}/{ACCOUNT}/{CLUSTER}/shop/cart"},
        ["UpdatePodIdentityAssociation"],
    ),
    "no target role": (
        {"TargetRoleArn": TARGET_ROLE},
        {},
        {"targetRoleArn": None, "externalId": None},
        ["UpdatePodIdentityAssociation"],
    ),
    "session tags off": (
        {},
        {"DisableSessionTags": True},
        {"disableSessionTags": True},
        ["UpdatePodIdentityAssociation"],
    ),
    "neither policy nor session tags off": (
        {"DisableSessionTags": True, "Policy": SESSION_POLICY},
        {},
        {"disableSessionTags": False, "policy": None},
        ["UpdatePodIdentityAssociation"],
    ),
    "other tags": (
        {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]},
        {"Tags": [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]},
        {"tags": {"b": "3", "c": "4"}},
        ["UntagResource", "TagResource"],
    ),
    "no tags": (
        {"Tags": [{"Key": "a", "Value": "1"}]},
        {},
        {"tags": {}},
        ["UntagResource"],
    ),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_change_in_place_replaces(aws: Aws, stacks: Stacks, name: str) -> None:
    """Roles, options and tags change on the association that there is, with no call too many."""
    aws.create_role("other")
    before, after, expected, calls = IN_PLACE[name]
    stacks.create(template(OUTPUTS, Association=association(**before)))
    [old] = stacks.associations()
    stacks.update(template(OUTPUTS, Association=association(**after)))

    [new] = stacks.associations()
    assert stacks.status() == "UPDATE_COMPLETE"
    assert new["associationId"] == old["associationId"] == stacks.outputs()["Id"]
    assert {member: new.get(member) for member in expected} == expected
    assert stacks.call_names()[1:] == calls


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"Namespace": "store"}, id="Namespace"),
        pytest.param({"ServiceAccount": "web"}, id="ServiceAccount"),
        pytest.param({"ClusterName": "green"}, id="ClusterName"),
        pytest.param({"Namespace": "store", "Tags": [{"Key": "a", "Value": "1"}]}, id="and more"),
    ],
)
def test_replaced_association_stays(aws: Aws, stacks: Stacks, changed: dict[str, Any]) -> None:
    """Another cluster, namespace or service account makes a new one first, then the old goes."""
    aws.create_cluster("green")
    stacks.create(template(OUTPUTS, Association=association()))
    old = stacks.outputs()
    stacks.update(template(OUTPUTS, Association=association(**changed)))

    [new] = stacks.associations() + stacks.associations("green")
    assert stacks.status() == "UPDATE_COMPLETE"
    assert new["associationId"] != old["Id"]
    assert stacks.outputs()["Reference"] == new["associationArn"]
    assert stacks.physical_ids() == {"Association": new["associationArn"]}
    assert stacks.call_names()[1:] == [
        "CreatePodIdentityAssociation",
        "DeletePodIdentityAssociation",
    ]
    stacks.delete()
    assert stacks.associations() + stacks.associations("green") == []


def test_replacement_of_a_cluster_is_not_followed(empty: Stacks) -> None:
    """What refers to a replaced cluster is replaced with it, though defined as before."""

    def body(name: str) -> str:
        made = association(ClusterName={"Ref": "Cluster"}, RoleArn=get_att("Role", "Arn"))
        return template(OUTPUTS, Association=made, Cluster=cluster(Name=name), Role=role())

    empty.create(body("blue"))
    empty.update(body("green"))
    assert empty.status() == "UPDATE_COMPLETE"
    assert empty.eks.list_clusters()["clusters"] == ["green"]
    assert empty.subjects("green") == [("shop", "cart")]
    assert "podidentityassociation/green/" in empty.outputs()["Reference"]


def test_parameter_is_read_once(stacks: Stacks) -> None:
    """A changed parameter changes what uses it, also a text inside Fn::Sub."""
    body = json.loads(template(Association=association(Namespace={"Fn::Sub": "${Stage}-shop"})))
    body["Parameters"] = {"Stage": {"Type": "String"}}
    for stage in ("test", "prod"):
        parameters = [{"ParameterKey": "Stage", "ParameterValue": stage}]
        make = stacks.create if stage == "test" else stacks.update
        make(json.dumps(body), Parameters=parameters)
        assert stacks.subjects() == [(f"{stage}-shop", "cart")]


def test_condition_counts_only_at_the_beginning(stacks: Stacks) -> None:
    """A condition that becomes true makes the association, one that becomes false deletes it."""
    body = json.loads(template(Association={**association(), "Condition": "Wanted"}))
    body["Resources"]["Other"] = association(ServiceAccount="web")
    body["Parameters"] = {"Count": {"Type": "String"}}
    body["Conditions"] = {"Wanted": {"Fn::Equals": [{"Ref": "Count"}, "1"]}}
    for count, make in (("0", stacks.create), ("1", stacks.update), ("0", stacks.update)):
        make(json.dumps(body), Parameters=[{"ParameterKey": "Count", "ParameterValue": count}])
        wanted = [("shop", "cart")] if count == "1" else []
        assert stacks.subjects() == [*wanted, ("shop", "web")]


def test_removed_resource_stays(stacks: Stacks) -> None:
    """What a new template leaves out goes, unless its DeletionPolicy keeps it."""
    kept = {**association(ServiceAccount="kept"), "DeletionPolicy": "Retain"}
    web = association(ServiceAccount="web")
    stacks.create(template(Association=association(), Web=web, Kept=kept))
    stacks.update(template(Web=web))
    assert stacks.subjects() == [("shop", "kept"), ("shop", "web")]
    assert stacks.physical_ids().keys() == {"Web"}
    stacks.delete()
    assert stacks.subjects() == [("shop", "kept")]


def test_deletion_by_hand_stops_the_stack(stacks: Stacks) -> None:
    """An association that somebody deleted before is no obstacle to deleting the stack."""
    stacks.create(template(OUTPUTS, Association=association()))
    stacks.eks.delete_pod_identity_association(
        clusterName=CLUSTER, associationId=stacks.outputs()["Id"]
    )
    stack_id = stacks.stack()["StackId"]
    stacks.delete()
    assert stacks.status(stack_id) == "DELETE_COMPLETE"
    assert stacks.outputs(stack_id) == stacks.physical_ids(stack_id) == {}
    assert stacks.calls()[-1]["errorCode"] == "ResourceNotFoundException"


PROPERTY_FORMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a boolean in words": ({"DisableSessionTags": "true"}, {"disableSessionTags": True}),
    "a capital boolean in words": ({"DisableSessionTags": "False"}, {"disableSessionTags": False}),
    "a number for a name": ({"Namespace": 7}, {"namespace": "7"}),
    "no value": ({"TargetRoleArn": {"Ref": "AWS::NoValue"}}, {"targetRoleArn": None}),
    "no tags": ({"Tags": []}, {"tags": {}}),
    "a number in a tag": ({"Tags": [{"Key": "a", "Value": 1}]}, {"tags": {"a": "1"}}),
    "a reference in a tag": (
        {"Tags": [{"Key": "stack", "Value": {"Ref": "AWS::StackName"}}]},
        {"tags": {"stack": STACK}},
    ),
    "a policy in place": (
        {"DisableSessionTags": True, "Policy": {"Fn::ToJsonString": json.loads(SESSION_POLICY)}},
        {"policy": SESSION_POLICY},
    ),
}


@pytest.mark.parametrize("name", PROPERTY_FORMS)
def test_form_of_a_property_is_not_taken(stacks: Stacks, name: str) -> None:
    """Properties take the forms that CloudFormation converts."""
    properties, expected = PROPERTY_FORMS[name]
    stacks.create(template(Association=association(**properties)))
    assert stacks.status() == "CREATE_COMPLETE"
    [made] = stacks.associations()
    assert {member: made.get(member) for member in expected} == expected


NO_VALUE = {"Ref": "AWS::NoValue"}


def test_no_value_stays_in_a_list(aws: Aws, empty: Stacks) -> None:
    """`AWS::NoValue` takes its element out of a list, also when a condition chooses it."""
    aws.create_role()
    perhaps = {"Fn::If": ["Wanted", {"Key": "env", "Value": "prod"}, NO_VALUE]}
    owned = {"ServiceAccount": "efs-csi-node-sa", "RoleArn": get_att("Role", "Arn")}
    body = json.loads(
        template(
            Cluster=cluster(ResourcesVpcConfig={"SubnetIds": ["subnet-1", NO_VALUE]}),
            Role=role("web-reader"),
            Association=association(
                ClusterName={"Ref": "Cluster"}, Tags=[perhaps, {"Key": "team", "Value": "cart"}]
            ),
            Addon={
                "Type": "AWS::EKS::Addon",
                "Properties": {
                    "ClusterName": {"Ref": "Cluster"},
                    "AddonName": "aws-efs-csi-driver",
                    "PodIdentityAssociations": [NO_VALUE, owned],
                },
            },
        )
    )
    body["Conditions"] = {"Wanted": {"Fn::Equals": ["a", "b"]}}
    empty.create(json.dumps(body))
    assert empty.status() == "CREATE_COMPLETE"
    made = {each["serviceAccount"]: each for each in empty.associations()}
    assert sorted(made) == ["cart", "efs-csi-node-sa"]
    assert made["cart"]["tags"] == {"team": "cart"}
    network = empty.eks.describe_cluster(name=CLUSTER)["cluster"]["resourcesVpcConfig"]
    assert network["subnetIds"] == ["subnet-1"]


@pytest.mark.parametrize("properties", [NO_VALUE, {"Ref": "AWS::Region"}], ids=["none", "text"])
def test_function_for_all_properties_makes_moto_stumble(stacks: Stacks, properties: Any) -> None:
    """A function in place of the properties fails the stack, in creation and in an update."""
    wrong = template(Association={**association(), "Properties": properties})
    stacks.create(wrong, "first")
    assert stacks.status("first") == "ROLLBACK_COMPLETE"
    assert "Properties validation failed" in stacks.reason("CREATE_FAILED", "first")
    stacks.create(template(Association=association()))
    stacks.update(wrong)
    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.subjects() == [("shop", "cart")]


def test_yaml_is_not_read(stacks: Stacks) -> None:
    """A template in YAML, with short forms of the functions."""
    stacks.create(
        f"""
        Resources:
          Association:
            Type: AWS::EKS::PodIdentityAssociation
            Properties:
              ClusterName: {CLUSTER}
              Namespace: shop
              ServiceAccount: !Join ["-", [cart, reader]]
              RoleArn: !Sub "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/cart-reader"
              DisableSessionTags: no
        Outputs:
          Id:
            Value: !GetAtt Association.AssociationId
        """
    )
    [made] = stacks.associations()
    assert (made["serviceAccount"], made["disableSessionTags"]) == ("cart-reader", False)
    assert stacks.outputs() == {"Id": made["associationId"]}


def test_exported_arn_is_unknown_to_others(stacks: Stacks) -> None:
    """An exported ARN can be imported by a stack that was there before."""
    stacks.create(template(Web=association(ServiceAccount="web")), "importing")
    body = json.loads(template({"Arn": {"Ref": "Association"}}, Association=association()))
    body["Outputs"]["Arn"]["Export"] = {"Name": "cart-association"}
    stacks.create(json.dumps(body))
    tag = {"Key": "cart", "Value": {"Fn::ImportValue": "cart-association"}}
    stacks.update(template(Web=association(ServiceAccount="web", Tags=[tag])), "importing")
    found = {each["serviceAccount"]: each for each in stacks.associations()}
    assert found["web"]["tags"] == {"cart": found["cart"]["associationArn"]}


CLUSTER_OUTPUTS = {
    "Name": {"Ref": "Cluster"},
    "Arn": get_att("Cluster", "Arn"),
    "Issuer": get_att("Cluster", "OpenIdConnectIssuerUrl"),
    "Endpoint": get_att("Cluster", "Endpoint"),
    "Authority": get_att("Cluster", "CertificateAuthorityData"),
}


def test_cluster_of_a_stack_differs(empty: Stacks) -> None:
    """A cluster's name is made up when it has none; its attributes are those that EKS describes."""
    empty.create(
        template(
            CLUSTER_OUTPUTS,
            Cluster=cluster(
                Name={"Ref": "AWS::NoValue"},
                Version="1.31",
                Logging={"ClusterLogging": {"EnabledTypes": [{"Type": "api"}]}},
                Tags=[{"Key": "team", "Value": "shop"}],
            ),
        )
    )
    outputs = empty.outputs()
    assert outputs["Name"].startswith(f"{STACK}-Cluster-")
    made = empty.eks.describe_cluster(name=outputs["Name"])["cluster"]
    assert outputs["Arn"] == made["arn"]
    assert outputs["Issuer"] == made["identity"]["oidc"]["issuer"]
    assert outputs["Endpoint"] == made["endpoint"]
    assert outputs["Authority"] == made["certificateAuthority"]["data"]
    assert made["version"] == "1.31"
    assert made["tags"] == {"team": "shop"}
    assert made["logging"] == {"clusterLogging": [{"types": ["api"], "enabled": True}]}
    assert made["resourcesVpcConfig"]["subnetIds"] == ["subnet-1", "subnet-2"]


def test_nested_property_is_not_converted(empty: Stacks) -> None:
    """Strings become booleans inside of objects, too; an update to the same says nothing."""
    texts = {"SubnetIds": ["subnet-1"], "EndpointPublicAccess": "false"}
    logging = {"ClusterLogging": {"EnabledTypes": []}}
    empty.create(template(Cluster=cluster(Name=123, ResourcesVpcConfig=texts, Logging=logging)))
    assert empty.status() == "CREATE_COMPLETE"
    made = empty.eks.describe_cluster(name="123")["cluster"]
    assert made["resourcesVpcConfig"]["endpointPublicAccess"] is False
    booleans = {**texts, "EndpointPublicAccess": False}
    empty.update(
        template(Cluster=cluster(Name="123", ResourcesVpcConfig=booleans, Logging=logging))
    )
    assert empty.status() == "UPDATE_COMPLETE"
    assert empty.call_names() == ["CreateCluster"]


WRONG_INSIDE: dict[str, tuple[dict[str, Any], str]] = {
    "boolean": (
        {"ResourcesVpcConfig": {"EndpointPublicAccess": "perhaps"}},
        "#/ResourcesVpcConfig/EndpointPublicAccess: expected type: Boolean, found: String",
    ),
    "list": (
        {"EncryptionConfig": [{"Resources": "secrets"}]},
        "#/EncryptionConfig/0/Resources: expected type: JSONArray, found: String",
    ),
    "element": (
        {"ResourcesVpcConfig": {"SubnetIds": [["subnet-1"]]}},
        "#/ResourcesVpcConfig/SubnetIds/0: expected type: String, found: JSONArray",
    ),
}


@pytest.mark.parametrize("name", WRONG_INSIDE)
def test_nested_property_is_not_checked(empty: Stacks, name: str) -> None:
    """What is inside of a cluster's properties is checked like these."""
    properties, problem = WRONG_INSIDE[name]
    empty.create(template(Cluster=cluster(**properties)))
    assert empty.status() == "ROLLBACK_COMPLETE"
    assert problem in empty.reason("CREATE_FAILED")


@pytest.mark.parametrize(("written", "version"), [("1.30", "1.30"), ("1.31", "1.31")])
def test_zero_of_a_version_is_lost(empty: Stacks, written: str, version: str) -> None:
    """A cluster's version, and a name that looks like a date, need no quotes in YAML."""
    empty.create(
        f"""
        Resources:
          Cluster:
            Type: AWS::EKS::Cluster
            Properties:
              Name: 2026-01-31
              Version: {written}
              RoleArn: arn:aws:iam::{ACCOUNT}:role/cluster
              ResourcesVpcConfig: {{SubnetIds: [subnet-1]}}
        """
    )
    assert empty.status() == "CREATE_COMPLETE"
    assert empty.eks.describe_cluster(name="2026-01-31")["cluster"]["version"] == version


def test_cluster_is_replaced_by_a_change_in_place(empty: Stacks) -> None:
    """Network, logging and tags of a cluster change in place: its associations stay."""
    of_cluster = association(ClusterName={"Ref": "Cluster"}, RoleArn=get_att("Role", "Arn"))
    rest = {"Association": of_cluster, "Role": role()}
    empty.create(template(CLUSTER_OUTPUTS, Cluster=cluster(), **rest))
    issuer = empty.outputs()["Issuer"]
    changed = cluster(
        ResourcesVpcConfig={"SubnetIds": ["subnet-3"]}, Tags=[{"Key": "a", "Value": "1"}]
    )
    empty.update(template(CLUSTER_OUTPUTS, Cluster=changed, **rest))
    assert empty.status() == "UPDATE_COMPLETE"
    made = empty.eks.describe_cluster(name=CLUSTER)["cluster"]
    assert made["resourcesVpcConfig"] == {"subnetIds": ["subnet-3"]}
    assert made["tags"] == {"a": "1"}
    assert empty.outputs()["Issuer"] == issuer
    assert empty.subjects() == [("shop", "cart")]
