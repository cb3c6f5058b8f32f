"""Stacks that fail: in the service's words, and with nothing half made."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, Aws, Json, policy, statement
from botocore.exceptions import ClientError, WaiterError
from refusals import refused

from tests.cloudformation.stack_under_test import (
    STACK,
    Stacks,
    association,
    cluster,
    get_att,
    role,
    template,
)

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TRUST = (
    "Trust policy of the role provided is invalid. "
    "Follow the official documentation to resolve the issue"
)
NAMESPACE = (
    "The parameter namespace contains invalid characters. It should conform to the regular "
    'expression "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"'
)

#: Properties -> the service's message, its status, and CloudFormation's word for the error.
REFUSED: dict[str, tuple[dict[str, Any], str, int, str]] = {
    "namespace": ({"Namespace": "Shop"}, NAMESPACE, 400, "InvalidRequest"),
    "missing cluster": (
        {"ClusterName": "green"},
        "No cluster found for name: green.",
        404,
        "NotFound",
    ),
    "missing role": (
        {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/none"},
        "Role provided in the request does not exist.",
        400,
        "InvalidRequest",
    ),
    "trust policy": (
        {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/untrusting"},
        TRUST,
        400,
        "InvalidRequest",
    ),
    "role of another account": (
        {"RoleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/cart-reader"},
        "Cross-account pass role is not allowed.",
        403,
        "AccessDenied",
    ),
    "policy with session tags": (
        {"Policy": policy({"Effect": "Allow", "Action": "*", "Resource": "*"})},
        "When policy is specified, disableSessionTags must be set to true",
        400,
        "InvalidRequest",
    ),
    "reserved tag": (
        {"Tags": [{"Key": "aws:team", "Value": "x"}]},
        "Tag keys that start with aws: are reserved for AWS use",
        400,
        "InvalidRequest",
    ),
}

#: Properties -> what CloudFormation says before it calls the service.
INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "missing property": ({"RoleArn": None}, "#: required key [RoleArn] not found"),
    "unknown property": ({"Role": "x"}, "#: extraneous key [Role] is not permitted"),
    "tags as a map": (
        {"Tags": {"team": "cart"}},
        "#/Tags: expected type: JSONArray, found: JSONObject",
    ),
    "policy as an object": (
        {"Policy": {"Version": "2012-10-17"}},
        "#/Policy: expected type: String, found: JSONObject",
    ),
    "tag without a value": ({"Tags": [{"Key": "a"}]}, "#/Tags/0: required key [Value] not found"),
    "tag as a text": (
        {"Tags": ["team"]},
        "#/Tags/0: expected type: JSONObject, found: String",
    ),
    "perhaps": (
        {"DisableSessionTags": "perhaps"},
        "#/DisableSessionTags: expected type: Boolean, found: String",
    ),
    "list for a name": (
        {"Namespace": ["shop"]},
        "#/Namespace: expected type: String, found: JSONArray",
    ),
    "two at once": (
        {"RoleArn": None, "Role": "x"},
        "#: required key [RoleArn] not found, #: extraneous key [Role] is not permitted",
    ),
}

FAILED_CREATION = [
    (STACK, "CREATE_IN_PROGRESS"),
    ("Association", "CREATE_FAILED"),
    (STACK, "ROLLBACK_IN_PROGRESS"),
    (STACK, "ROLLBACK_COMPLETE"),
]


def handler_message(text: str, status: int, word: str) -> str:
    """The expression of a resource's reason."""
    return (
        rf'Resource handler returned message: "{re.escape(text)} \(Service: Eks, '
        rf'Status Code: {status}, Request ID: {UUID}\)" '
        rf"\(RequestToken: {UUID}, HandlerErrorCode: {word}\)"
    )


@pytest.mark.parametrize("name", REFUSED)
def test_reason_is_not_the_service_s(aws: Aws, stacks: Stacks, name: str) -> None:
    """What the service refuses fails the stack, which tells the service's own message."""
    aws.create_role("untrusting", policy(statement("sts:AssumeRole")))
    properties, message, status, word = REFUSED[name]
    made = stacks.create(template(Association=association(**properties)))
    assert made["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.events() == FAILED_CREATION
    assert re.fullmatch(handler_message(message, status, word), stacks.reason("CREATE_FAILED"))
    assert stacks.reason("ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to create: [Association]. Rollback requested by user."
    )
    assert stacks.associations() == []


@pytest.mark.parametrize("name", INVALID)
def test_schema_is_not_checked(stacks: Stacks, name: str) -> None:
    """Properties that break the resource type's schema fail the stack; nobody calls the service."""
    properties, problem = INVALID[name]
    made = stacks.create(template(Association=association(**properties)))
    assert made["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason("CREATE_FAILED") == (
        f"Properties validation failed for resource Association with message:\n[{problem}]"
    )
    assert stacks.calls() == []


def test_duplicate_takes_the_other_one_along(aws: Aws, stacks: Stacks) -> None:
    """A stack that fails over somebody else's association leaves that one alone."""
    other = aws.associate(f"arn:aws:iam::{ACCOUNT}:role/cart-reader")
    stacks.create(template(Association=association()))
    message = f"Association already exists: {other['associationId']}"
    pattern = handler_message(message, 409, "AlreadyExists")
    assert re.fullmatch(pattern, stacks.reason("CREATE_FAILED"))
    stacks.delete()
    assert [each["associationId"] for each in stacks.associations()] == [other["associationId"]]


def test_failed_stack_leaves_something_behind(empty: Stacks) -> None:
    """What was made before the failure is deleted, last first; the stack is there to be read."""
    kept = {**association(ServiceAccount="kept"), "DeletionPolicy": "RetainExceptOnCreate"}
    body = template(
        {"Name": {"Ref": "Cluster"}},
        Cluster=cluster(),
        Role=role(),
        Web={**association(ServiceAccount="web"), "DependsOn": ["Cluster", "Role"]},
        Kept={**kept, "DependsOn": "Web"},
        Association={**association(Namespace="Shop"), "DependsOn": "Kept"},
    )
    empty.create(body)
    assert empty.status() == "ROLLBACK_COMPLETE"
    assert empty.outputs() == {}
    assert empty.physical_ids() == {}
    assert empty.eks.list_clusters()["clusters"] == []
    assert empty.aws.client("iam").list_roles()["Roles"] == []
    assert empty.call_names()[-4:] == [
        "DeletePodIdentityAssociation",
        "DeletePodIdentityAssociation",
        "DeleteRole",
        "DeleteCluster",
    ]
    assert refused(empty.cfn.update_stack, StackName=STACK, TemplateBody=body)[0] == (
        "ValidationError"
    )
    empty.delete()
    assert empty.cfn.describe_stacks()["Stacks"] == []


def test_resource_of_moto_s_refuses_the_call(aws: Aws, stacks: Stacks) -> None:
    """In a stack with an association, a role that cannot be made fails the stack, too."""
    stacks.create(template(Association=association(), Role=role()))
    assert stacks.status() == "ROLLBACK_COMPLETE"
    assert stacks.events()[1] == ("Role", "CREATE_FAILED")
    assert "Role with name cart-reader already exists." in stacks.reason("CREATE_FAILED")
    assert stacks.associations() == []


def test_failed_stack_pretends_to_be_made(stacks: Stacks) -> None:
    """The waiter for a new stack ends with the failure."""
    stacks.create(template(Association=association(Namespace="Shop")))
    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        stacks.cfn.get_waiter("stack_create_complete").wait(StackName=STACK)


FAILING_UPDATES: dict[str, tuple[dict[str, Json], tuple[str, str], str]] = {
    "in place": (
        {"Association": association(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/none")},
        ("Association", "UPDATE_FAILED"),
        "update: [Association]",
    ),
    "with replacement": (
        {"Association": association(Namespace="Shop")},
        ("Association", "UPDATE_FAILED"),
        "update: [Association]",
    ),
    "against the schema": (
        {"Association": association(Tags="team")},
        ("Association", "UPDATE_FAILED"),
        "update: [Association]",
    ),
    "after another one was changed": (
        {
            "Web": association(ServiceAccount="web", DisableSessionTags=True),
            "Association": {**association(Namespace="Shop"), "DependsOn": "Web"},
        },
        ("Association", "UPDATE_FAILED"),
        "update: [Association]",
    ),
    "after another one was replaced": (
        {
            "Web": association(ServiceAccount="web2"),
            "Association": {**association(Namespace="Shop"), "DependsOn": "Web"},
        },
        ("Association", "UPDATE_FAILED"),
        "update: [Association]",
    ),
    "after its removal": (
        {"New": association(Namespace="Shop")},
        ("New", "CREATE_FAILED"),
        "create: [New]",
    ),
    "under another logical id": (
        {"Renamed": association()},
        ("Renamed", "CREATE_FAILED"),
        "create: [Renamed]",
    ),
    "after others were added": (
        {
            "Role": role("another"),
            "First": {**association(ServiceAccount="first"), "DependsOn": "Role"},
            "Second": {**association(Namespace="Shop"), "DependsOn": "First"},
        },
        ("Second", "CREATE_FAILED"),
        "create: [Second]",
    ),
    "tags after the role": (
        {
            "Association": association(
                RoleArn=f"arn:aws:iam::{ACCOUNT}:role/other",
                Tags=[{"Key": "aws:a", "Value": "1"}],
            )
        },
        ("Association", "UPDATE_FAILED"),
        "update: [Association]",
    ),
}


@pytest.mark.parametrize("name", FAILING_UPDATES)
def test_failed_update_leaves_something_behind(aws: Aws, stacks: Stacks, name: str) -> None:
    """After a failed update the resources are those from before, with their ids and values."""
    aws.create_role("other")
    resources, failed, summary = FAILING_UPDATES[name]
    old = template(
        {"Id": get_att("Association", "AssociationId")},
        Association=association(Tags=[{"Key": "team", "Value": "cart"}]),
        Web=association(ServiceAccount="web"),
    )
    stacks.create(old)

    def state() -> Any:
        found = [{**each, "modifiedAt": None} for each in stacks.associations()]
        return (
            found,
            stacks.outputs(),
            stacks.physical_ids(),
            aws.client("iam").list_roles()["Roles"],
        )

    before = state()
    stacks.update(template(None, **resources))

    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert state() == before
    assert stacks.events()[2:] == [
        (STACK, "UPDATE_IN_PROGRESS"),
        failed,
        (STACK, "UPDATE_ROLLBACK_IN_PROGRESS"),
        (STACK, "UPDATE_ROLLBACK_COMPLETE"),
    ]
    assert stacks.reason("UPDATE_ROLLBACK_IN_PROGRESS") == (
        f"The following resource(s) failed to {summary}. "
    )
    assert stacks.cfn.get_template(StackName=STACK)["TemplateBody"] == json.loads(old)

    stacks.update(template(Association=association(ServiceAccount="next")))
    assert stacks.status() == "UPDATE_COMPLETE"
    assert stacks.subjects() == [("shop", "next")]


RETAGGED = {
    "deleted by hand": (True, "team", "Resource was not found", 404, "NotFound"),
    "reserved key": (
        False,
        "aws:team",
        "Tag keys that start with aws: are reserved for AWS use",
        400,
        "InvalidRequest",
    ),
}


@pytest.mark.parametrize("name", RETAGGED)
def test_refused_tags_are_a_general_failure(stacks: Stacks, name: str) -> None:
    """The errors of the tag operations, which are others, have their words, too."""
    gone, key, message, status, word = RETAGGED[name]
    stacks.create(template(Association=association()))
    [made] = stacks.associations()
    if gone:
        stacks.eks.delete_pod_identity_association(
            clusterName=CLUSTER, associationId=made["associationId"]
        )
    stacks.update(template(Association=association(Tags=[{"Key": key, "Value": "x"}])))
    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert re.fullmatch(handler_message(message, status, word), stacks.reason("UPDATE_FAILED"))


def test_change_of_moto_s_resource_stays(aws: Aws, stacks: Stacks) -> None:
    """What an update changed of a resource that is moto's is changed back, too."""

    def body(description: str, namespace: str) -> str:
        changed = role("another")
        changed["Properties"]["Description"] = description
        return template(
            Role=changed, Association={**association(Namespace=namespace), "DependsOn": "Role"}
        )

    def description() -> str:
        return str(aws.client("iam").get_role(RoleName="another")["Role"]["Description"])

    stacks.create(body("old", "shop"))
    stacks.update(body("new", "Shop"))
    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert description() == "old"
    stacks.update(body("new", "store"))
    assert (stacks.status(), description()) == ("UPDATE_COMPLETE", "new")


def test_first_association_cannot_be_refused(aws: Aws, stacks: Stacks) -> None:
    """A stack that had none of our types fails like any other when it gets one."""
    stacks.create(template(Role=role("another")))
    stacks.update(template(Role=role("another"), Association=association(Namespace="Shop")))
    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    stacks.update(template(Role=role("another"), Association=association()))
    assert stacks.status() == "UPDATE_COMPLETE"
    stacks.update(template(Role=role("another")))
    assert (stacks.status(), stacks.associations()) == ("UPDATE_COMPLETE", [])


WRONG_TEMPLATES: dict[str, tuple[str, str]] = {
    "circle": (
        template(
            First=association(Namespace={"Ref": "Second"}),
            Second=association(Namespace={"Ref": "First"}),
        ),
        "Circular dependency between resources: [First, Second]",
    ),
    "circle of DependsOn": (
        template(Association={**association(), "DependsOn": "Association"}),
        "Circular dependency between resources: [Association]",
    ),
    "reference": (
        template(Association=association(Namespace={"Ref": "Nobody"})),
        "Template format error: Unresolved resource dependencies [Nobody] in the Resources block "
        "of the template",
    ),
    "DependsOn": (
        template(Association={**association(), "DependsOn": ["Nobody"]}),
        "Template format error: Unresolved resource dependencies [Nobody] in the Resources block "
        "of the template",
    ),
    "unknown attribute": (
        template({"Id": get_att("Association", "Id")}, Association=association()),
        "Template error: resource PodIdentityAssociation does not support attribute type Id in "
        "Fn::GetAtt",
    ),
    "external id without a target role": (
        template({"Id": get_att("Association", "ExternalId")}, Association=association()),
        "Template error: resource Association does not support attribute type ExternalId in "
        "Fn::GetAtt",
    ),
    "attribute of nothing": (
        template(Association=association(Namespace=get_att("Nobody", "Name"))),
        "Template error: instance of Fn::GetAtt references undefined resource Nobody",
    ),
}


@pytest.mark.parametrize("name", WRONG_TEMPLATES)
def test_wrong_template_makes_a_stack(stacks: Stacks, name: str) -> None:
    """A template that makes no sense is refused: there is no stack, and no resource."""
    body, message = WRONG_TEMPLATES[name]
    code, status, text = refused(stacks.cfn.create_stack, StackName=STACK, TemplateBody=body)
    assert (code, status) == ("ValidationError", 400)
    assert text == message
    assert stacks.cfn.describe_stacks()["Stacks"] == []
    assert stacks.associations() == []


@pytest.mark.parametrize("name", ["circle", "reference", "external id without a target role"])
def test_wrong_template_changes_a_stack(stacks: Stacks, name: str) -> None:
    """An update with a template that makes no sense is refused: the stack is as it was."""
    good = template({"Id": get_att("Association", "AssociationId")}, Association=association())
    stacks.create(good)
    before = (stacks.outputs(), stacks.events())
    body, message = WRONG_TEMPLATES[name]
    _, _, text = refused(stacks.cfn.update_stack, StackName=STACK, TemplateBody=body)
    assert text == message
    assert (stacks.outputs(), stacks.events()) == before
    assert stacks.subjects() == [("shop", "cart")]


def test_parameter_store_is_not_asked(stacks: Stacks) -> None:
    """A parameter of the Parameter Store that is not there is refused, and used when it is."""
    body = json.loads(template(Association=association(Namespace={"Ref": "Namespace"})))
    body["Parameters"] = {
        "Namespace": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/shop/namespace"}
    }
    _, _, text = refused(stacks.cfn.create_stack, StackName=STACK, TemplateBody=json.dumps(body))
    assert text == (
        "Unable to fetch parameters [/shop/namespace] from parameter store for this account."
    )
    stacks.aws.client("ssm").put_parameter(Name="/shop/namespace", Value="store", Type="String")
    stacks.create(json.dumps(body))
    assert stacks.subjects() == [("store", "cart")]


def test_cluster_with_node_groups_is_lost(empty: Stacks) -> None:
    """A stack whose cluster cannot be deleted stays, tells why, and can be deleted later."""
    body = template(
        {"Id": get_att("Association", "AssociationId"), "Arn": get_att("Role", "Arn")},
        Cluster=cluster(),
        Role=role(),
        Association=association(ClusterName={"Ref": "Cluster"}, RoleArn=get_att("Role", "Arn")),
    )
    empty.create(body)
    nodes = {"clusterName": CLUSTER, "nodegroupName": "nodes"}
    node_role = f"arn:aws:iam::{ACCOUNT}:role/nodes"
    empty.eks.create_nodegroup(**nodes, nodeRole=node_role, subnets=["subnet-1"])
    empty.delete()
    assert empty.status() == "DELETE_FAILED"
    assert empty.events()[-3:] == [
        (STACK, "DELETE_IN_PROGRESS"),
        ("Cluster", "DELETE_FAILED"),
        (STACK, "DELETE_FAILED"),
    ]
    failed = "The following resource(s) failed to delete: [Cluster]. "
    assert empty.reason("DELETE_FAILED") == failed
    assert empty.physical_ids() == {"Cluster": CLUSTER}
    assert empty.outputs() == {}
    assert empty.aws.client("iam").list_roles()["Roles"] == []

    empty.eks.delete_nodegroup(**nodes)
    empty.delete()
    assert empty.cfn.describe_stacks()["Stacks"] == []
    assert empty.eks.list_clusters()["clusters"] == []


def test_update_fails_over_what_it_leaves_out(empty: Stacks) -> None:
    """What a changed stack cannot delete is left behind: an event tells, and the update stands."""
    empty.create(template(Cluster=cluster(), Role=role()))
    empty.eks.create_nodegroup(
        clusterName=CLUSTER,
        nodegroupName="nodes",
        nodeRole=f"arn:aws:iam::{ACCOUNT}:role/nodes",
        subnets=["subnet-1"],
    )
    empty.update(template(Role=role()))
    assert empty.status() == "UPDATE_COMPLETE"
    assert ("Cluster", "DELETE_FAILED") in empty.events()
    assert empty.physical_ids() == {"Role": "cart-reader"}
    empty.delete()
    assert empty.eks.list_clusters()["clusters"] == [CLUSTER]


UNCHANGEABLE = {
    "version": ({"Version": "1.32"}, "moto cannot change a cluster's Version"),
    "misspelt network": (
        {"ResourcesVpcConfig": {"Subnets": ["subnet-1"]}},
        "#/ResourcesVpcConfig: extraneous key [Subnets] is not permitted",
    ),
}


@pytest.mark.parametrize("name", UNCHANGEABLE)
def test_change_of_a_cluster_is_lost(empty: Stacks, name: str) -> None:
    """What cannot be done to a cluster fails the update."""
    changed, message = UNCHANGEABLE[name]
    empty.create(template(Cluster=cluster(Version="1.31")))
    empty.update(template(Cluster=cluster(**{"Version": "1.31", **changed})))
    assert empty.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert message in empty.reason("UPDATE_FAILED")
    made = empty.eks.describe_cluster(name=CLUSTER)["cluster"]
    assert made["version"] == "1.31"
    assert made["resourcesVpcConfig"]["subnetIds"] == ["subnet-1", "subnet-2"]


def nested(aws: Aws, inner: str) -> Json:
    """A stack in a stack, its template in a bucket."""
    s3 = aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="inner.json", Body=inner.encode())
    url = "https://s3.amazonaws.com/templates/inner.json"
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}


def test_nested_stack_is_made_alone(aws: Aws, stacks: Stacks) -> None:
    """A nested stack's associations come and go with the outer stack."""
    inner = nested(aws, template(Association=association()))
    stacks.create(template(Inner=inner, Web=association(ServiceAccount="web")))
    assert stacks.status() == "CREATE_COMPLETE"
    assert stacks.subjects() == [("shop", "cart"), ("shop", "web")]
    stacks.delete()
    assert stacks.associations() == []
    assert stacks.cfn.describe_stacks()["Stacks"] == []


def test_nested_stack_cannot_be_deleted(aws: Aws, empty: Stacks) -> None:
    """A nested stack that cannot be deleted keeps the outer one."""
    inner = nested(aws, template(Cluster=cluster()))
    aws.create_role()
    web = {**association(), "DependsOn": "Inner"}
    empty.create(template(Inner=inner, Web=web))
    empty.eks.create_nodegroup(
        clusterName=CLUSTER,
        nodegroupName="nodes",
        nodeRole=f"arn:aws:iam::{ACCOUNT}:role/nodes",
        subnets=["subnet-1"],
    )
    empty.delete()
    assert empty.status() == "DELETE_FAILED"
    assert ("Inner", "DELETE_FAILED") in empty.events()
    assert "Inner" in empty.physical_ids()


def test_nested_stack_fails_alone(aws: Aws, stacks: Stacks) -> None:
    """A nested stack that fails takes the outer one along, and is gone with it."""
    inner = nested(aws, template(Association=association(Namespace="Shop")))
    web = {**association(ServiceAccount="web")}
    stacks.create(template(Web=web, Inner={**inner, "DependsOn": "Web"}))
    assert stacks.status() == "ROLLBACK_COMPLETE"
    assert stacks.events()[1] == ("Inner", "CREATE_FAILED")
    assert re.fullmatch(
        r"Embedded stack arn:aws:cloudformation:\S+ was not successfully created: "
        r"The following resource\(s\) failed to create: \[Association\]\. ",
        stacks.reason("CREATE_FAILED"),
    )
    assert stacks.associations() == []
    assert [stack["StackName"] for stack in stacks.cfn.describe_stacks()["Stacks"]] == [STACK]


def test_stack_around_a_failed_one_lives(aws: Aws, stacks: Stacks) -> None:
    """In a stack that has nothing of ours but a nested stack, its failure refuses the call."""
    inner = nested(aws, template(Association=association(Namespace="Shop")))
    with pytest.raises(ClientError, match="contains invalid characters"):
        stacks.cfn.create_stack(StackName=STACK, TemplateBody=template(Inner=inner))
    assert stacks.associations() == []
