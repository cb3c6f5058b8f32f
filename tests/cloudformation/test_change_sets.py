"""Change sets: what `cdk deploy` and `aws cloudformation deploy` use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_under_test import CLUSTER, Aws, Json
from refusals import refused
from shell import AWS, Shell

from tests.cloudformation.stack_under_test import (
    STACK,
    Stacks,
    association,
    cluster,
    get_att,
    role,
    template,
)

OUTPUTS = {"Id": get_att("Association", "AssociationId")}


def change_set(stacks: Stacks, body: str, kind: str, name: str = "changes") -> list[Json]:
    """Make a change set and execute it; return what it said that it would do."""
    of_stack = {"StackName": STACK, "ChangeSetName": name}
    stacks.cfn.create_change_set(**of_stack, ChangeSetType=kind, TemplateBody=body)
    described = stacks.cfn.describe_change_set(**of_stack)
    stacks.cfn.execute_change_set(**of_stack)
    return [change["ResourceChange"] for change in described["Changes"]]


def actions(changes: list[Json]) -> dict[str, str]:
    return {change["LogicalResourceId"]: change["Action"] for change in changes}


def test_change_set_makes_nothing(empty: Stacks) -> None:
    """A change set makes a stack: dependencies first, `DependsOn` included, and its outputs."""
    made = change_set(
        empty,
        template(
            OUTPUTS,
            Association={**association(), "DependsOn": ["Cluster", "Role"]},
            Cluster=cluster(),
            Role=role(),
        ),
        "CREATE",
    )
    assert actions(made) == {"Association": "Add", "Cluster": "Add", "Role": "Add"}
    assert empty.status() == "CREATE_COMPLETE"
    [found] = empty.associations()
    assert empty.outputs() == {"Id": found["associationId"]}
    assert empty.call_names() == ["CreateCluster", "CreateRole", "CreatePodIdentityAssociation"]


def test_change_set_changes_nothing(stacks: Stacks) -> None:
    """A change set changes, replaces, adds and deletes; nothing happens before it is executed."""
    stacks.create(
        template(OUTPUTS, Association=association(), Web=association(ServiceAccount="web"))
    )
    old = stacks.outputs()["Id"]
    changes = change_set(
        stacks,
        template(OUTPUTS, Association=association(Namespace="store"), New=association()),
        "UPDATE",
    )
    assert actions(changes) == {"Association": "Modify", "New": "Add", "Web": "Remove"}
    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.subjects() == [("shop", "cart"), ("shop", "web")]
    assert stacks.outputs() == {"Id": old}


def test_failed_change_set_of_a_new_stack_is_forgotten(stacks: Stacks) -> None:
    """A new stack that fails is rolled back, and the change set says that it failed."""
    body = template(Web=association(ServiceAccount="web"), Association=association(Namespace="S"))
    change_set(stacks, body, "CREATE")
    assert stacks.status() == "ROLLBACK_COMPLETE"
    assert stacks.associations() == []
    described = stacks.cfn.describe_change_set(StackName=STACK, ChangeSetName="changes")
    assert described["ExecutionStatus"] == "EXECUTE_FAILED"
    assert "contains invalid characters" in stacks.reason("CREATE_FAILED")
    stacks.delete()
    assert stacks.cfn.describe_stacks()["Stacks"] == []


def test_failed_change_set_leaves_something_behind(stacks: Stacks) -> None:
    """A stack whose change fails is as it was."""
    stacks.create(template(OUTPUTS, Association=association()))
    before = (stacks.outputs(), stacks.associations())
    change_set(stacks, template(OUTPUTS, Association=association(Namespace="Shop")), "UPDATE")
    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert (stacks.outputs(), stacks.associations()) == before


def test_wrong_template_becomes_a_change_set(stacks: Stacks) -> None:
    """A template that makes no sense is refused for a change set; the stack is as it was."""
    stacks.create(template(OUTPUTS, Association=association()))
    before = (stacks.outputs(), stacks.events())
    body = template(
        First=association(Namespace={"Ref": "Second"}),
        Second=association(Namespace={"Ref": "First"}),
    )
    _, _, text = refused(
        stacks.cfn.create_change_set,
        StackName=STACK,
        ChangeSetName="changes",
        ChangeSetType="UPDATE",
        TemplateBody=body,
    )
    assert text == "Circular dependency between resources: [First, Second]"
    assert (stacks.outputs(), stacks.events()) == before


def test_forgotten_change_set_keeps_its_stack(stacks: Stacks) -> None:
    """A stack's name deletes what was made under it, and what a change set only prepared."""
    body = template(Association=association())
    for name in ("forgotten", "changes"):
        stacks.cfn.create_change_set(
            StackName=STACK, ChangeSetName=name, ChangeSetType="CREATE", TemplateBody=body
        )
    stacks.cfn.execute_change_set(StackName=STACK, ChangeSetName="changes")
    stacks.delete()
    assert stacks.associations() == []
    assert stacks.cfn.describe_stacks()["Stacks"] == []


def test_change_set_of_another_stack_is_executed(stacks: Stacks) -> None:
    """Change sets of different stacks may have one name, as all of the CDK's have."""
    names = {"first": "web", "second": "cart"}
    for stack, service_account in names.items():
        stacks.cfn.create_change_set(
            StackName=stack,
            ChangeSetName="cdk-deploy-change-set",
            ChangeSetType="CREATE",
            TemplateBody=template(Association=association(ServiceAccount=service_account)),
        )
    stacks.cfn.execute_change_set(StackName="first", ChangeSetName="cdk-deploy-change-set")
    assert stacks.subjects() == [("shop", "web")]
    assert stacks.status("first") == "CREATE_COMPLETE"


def test_parameters_of_a_change_set_are_lost(stacks: Stacks) -> None:
    """A change set may change nothing but a parameter."""
    body = json.loads(template(Association=association(Namespace={"Ref": "Namespace"})))
    body["Parameters"] = {"Namespace": {"Type": "String"}}
    for kind, namespace in (("CREATE", "shop"), ("UPDATE", "store")):
        stacks.cfn.create_change_set(
            StackName=STACK,
            ChangeSetName=namespace,
            ChangeSetType=kind,
            TemplateBody=json.dumps(body),
            Parameters=[{"ParameterKey": "Namespace", "ParameterValue": namespace}],
        )
        stacks.cfn.execute_change_set(StackName=STACK, ChangeSetName=namespace)
        assert stacks.subjects() == [(namespace, "cart")]
    assert stacks.stack()["Parameters"] == [
        {"ParameterKey": "Namespace", "ParameterValue": "store"}
    ]


@pytest.fixture
def server_stacks(server_aws: Aws) -> Stacks:
    server_aws.create_cluster()
    server_aws.create_role()
    return Stacks(server_aws)


def test_deploy_command_fails(server_stacks: Stacks, shell: Shell, tmp_path: Path) -> None:
    """`aws cloudformation deploy` makes a stack, and changes it when it is there."""
    for namespace in ("shop", "store"):
        file = tmp_path / f"{namespace}.json"
        file.write_text(template(OUTPUTS, Association=association(Namespace=namespace)))
        words = ("--stack-name", STACK, "--template-file", str(file))
        shell.printed(AWS, "cloudformation", "deploy", *words)
        assert server_stacks.subjects() == [(namespace, "cart")]
    assert server_stacks.status() == "UPDATE_COMPLETE"
    assert server_stacks.associations()[0]["clusterName"] == CLUSTER
