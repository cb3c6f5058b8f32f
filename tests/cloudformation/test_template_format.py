"""Templates of another form than CloudFormation's: refused in its words, with nothing begun."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_under_test import CLUSTER, Aws, Json
from refusals import refused

from tests.cloudformation.stack_under_test import (
    STACK,
    Stacks,
    association,
    cluster,
    role,
    template,
)

SUB = (
    "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. "
    "Specify a string as first argument, and an optional second argument to specify a mapping of "
    "values to replace in the string"
)
VARIABLES = (
    "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, "
    "underscores, periods, and colons"
)
GET_ATT = (
    "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name "
    "and the resource attribute"
)
FIND_IN_MAP = (
    "Template error: every Fn::FindInMap object requires three parameters, the map name, map key "
    "and the attribute for return value"
)
IF = "Template error: Fn::If requires a list argument with three elements"
SELECT = (
    "Template error: Fn::Select requires a list argument with two elements: an integer index and a "
    "list"
)
REF = "Template error: every Ref object must have a single String value."
FORMAT = "Template format error: "
NULL = "'null' values are not allowed in templates"

#: A definition that takes the association's place -> what is said.
DEFINITIONS: dict[str, tuple[Any, str]] = {
    "null": (None, f"[/Resources/A] {NULL}"),
    "text": ("x", f"{FORMAT}Every Resources member must be an object."),
    "no type": (
        {"Properties": {}},
        f"{FORMAT}Every Resources object must contain a Type member.",
    ),
    "list for a type": (
        {"Type": ["AWS::EKS::Cluster"]},
        f"{FORMAT}Every Resources object must contain a Type member.",
    ),
    "properties are null": (
        {**association(), "Properties": None},
        f"[/Resources/A/Properties] {NULL}",
    ),
    "properties are a list": (
        {**association(), "Properties": [1]},
        f"{FORMAT}Every Properties member must be an object.",
    ),
    "null deep inside": (
        association(Tags=[{"Key": "team", "Value": None}]),
        f"[/Resources/A/Properties/Tags/0/Value] {NULL}",
    ),
    "DependsOn a number": (
        {**association(), "DependsOn": 5},
        f"{FORMAT}Every DependsOn value must be a string.",
    ),
    "DependsOn a list of numbers": (
        {**association(), "DependsOn": [5]},
        f"{FORMAT}Every DependsOn value must be a string.",
    ),
    "DependsOn a map": (
        {**association(), "DependsOn": {"B": 1}},
        f"{FORMAT}Every DependsOn value must be a string.",
    ),
    "misspelt condition": (
        {**association(), "Condition": "Nope"},
        f"{FORMAT}Unresolved condition dependency Nope in the Resources block of the template",
    ),
    "list for a condition": (
        {**association(), "Condition": ["Wanted"]},
        f"{FORMAT}Every Condition member must be a string.",
    ),
}

#: A function that takes a property's place -> what is said.
FUNCTIONS: dict[str, tuple[Json, str]] = {
    "Ref to a list": ({"Ref": ["B"]}, REF),
    "GetAtt of nothing": ({"Fn::GetAtt": []}, GET_ATT),
    "GetAtt of a number": ({"Fn::GetAtt": 5}, GET_ATT),
    "GetAtt of a list": ({"Fn::GetAtt": [["B"], "Arn"]}, GET_ATT),
    "GetAtt without an attribute": ({"Fn::GetAtt": "B"}, GET_ATT),
    "Sub of a number": ({"Fn::Sub": 5}, SUB),
    "Sub of one": ({"Fn::Sub": ["x"]}, SUB),
    "Sub without a map": ({"Fn::Sub": ["${x}", "y"]}, SUB),
    "Sub of nothing": ({"Fn::Sub": "a-${}"}, VARIABLES),
    "Sub of a shell's default": ({"Fn::Sub": "${NAME:-x}"}, VARIABLES),
    "If with one way": ({"Fn::If": ["Wanted", "x"]}, IF),
    "If of a function": ({"Fn::If": [{"Ref": "B"}, "x", "y"]}, IF),
    "If of a misspelt condition": (
        {"Fn::If": ["Nope", "x", "y"]},
        "Template error: unresolved condition dependency Nope in Fn::If",
    ),
    "FindInMap of two": ({"Fn::FindInMap": ["Names", "x"]}, FIND_IN_MAP),
    "FindInMap of a misspelt map": (
        {"Fn::FindInMap": ["Nope", "x", "y"]},
        "Template error: Mapping named 'Nope' is not present in the 'Mappings' section of "
        "template.",
    ),
    "Select of a text": ({"Fn::Select": ["first", ["x"]]}, SELECT),
}

#: Sections beside the resources -> what is said.
SECTIONS: dict[str, tuple[Json, str]] = {
    "resources are a list": (
        {"Resources": [association()]},
        f"{FORMAT}Every Resources member must be an object.",
    ),
    "no resources": (
        {"Resources": None},
        f"{FORMAT}At least one Resources member must be defined.",
    ),
    "output is a text": (
        {"Outputs": {"Id": "x"}},
        f"{FORMAT}Every Outputs member must be an object.",
    ),
    "output is empty": (
        {"Outputs": {"Id": {}}},
        f"{FORMAT}Every Outputs member must contain a Value object",
    ),
    "output of nobody": (
        {"Outputs": {"Id": {"Value": {"Fn::GetAtt": ["Nobody", "Arn"]}}}},
        f"{FORMAT}Unresolved resource dependencies [Nobody] in the Outputs block of the template",
    ),
    "output of a misspelt condition": (
        {"Outputs": {"Id": {"Value": "x", "Condition": "Nope"}}},
        f"{FORMAT}Unresolved condition dependency Nope in the Outputs block of the template",
    ),
    "parameter without a type": (
        {"Parameters": {"Name": {"Default": "x"}}},
        f"{FORMAT}Every Parameters object must contain a Type member.",
    ),
    "comparison of one": (
        {"Conditions": {"Wanted": {"Fn::Equals": ["x"]}}},
        "Template error: every Fn::Equals object requires a list of 2 string parameters.",
    ),
}

WANTED = {"Conditions": {"Wanted": {"Fn::Equals": ["x", "x"]}}}
GOOD = template(B=association(ServiceAccount="web"))


def body(definition: Any) -> str:
    """The good template with one definition more."""
    made = json.loads(GOOD)
    return json.dumps({**made, **WANTED, "Resources": {**made["Resources"], "A": definition}})


BODIES = {
    **{name: (body(wrong), text) for name, (wrong, text) in DEFINITIONS.items()},
    **{
        name: (body(association(Namespace=wrong)), text)
        for name, (wrong, text) in FUNCTIONS.items()
    },
    **{name: (json.dumps({**json.loads(GOOD), **w}), text) for name, (w, text) in SECTIONS.items()},
}


@pytest.mark.parametrize("name", BODIES)
def test_malformed_template_makes_something(stacks: Stacks, name: str) -> None:
    """A malformed template is refused in CloudFormation's words; no stack is there, then."""
    wrong, text = BODIES[name]
    call = refused(stacks.cfn.create_stack, StackName=STACK, TemplateBody=wrong)
    assert call == ("ValidationError", 400, text)
    assert stacks.cfn.describe_stacks()["Stacks"] == []
    assert stacks.associations() == []


@pytest.mark.parametrize("old", [GOOD, template(Role=role("another"))], ids=["ours", "moto's"])
@pytest.mark.parametrize("name", ["properties are null", "misspelt condition", "no resources"])
def test_malformed_template_changes_something(stacks: Stacks, name: str, old: str) -> None:
    """An update with a malformed template is refused, and all is as it was."""
    stacks.create(old)

    def state() -> Any:
        return (
            stacks.subjects(),
            stacks.events(),
            stacks.physical_ids(),
            stacks.cfn.get_template(StackName=STACK)["TemplateBody"],
        )

    before = state()
    wrong, text = BODIES[name]
    assert refused(stacks.cfn.update_stack, StackName=STACK, TemplateBody=wrong)[2] == text
    assert state() == before


@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
def test_malformed_template_becomes_a_change_set(stacks: Stacks, kind: str) -> None:
    """A change set with a malformed template is refused, and makes no stack."""
    if kind == "UPDATE":
        stacks.create(GOOD)
    before = [stack["StackName"] for stack in stacks.cfn.describe_stacks()["Stacks"]]
    wrong, text = BODIES["misspelt condition"]
    call = refused(
        stacks.cfn.create_change_set,
        StackName=STACK,
        ChangeSetName="changes",
        ChangeSetType=kind,
        TemplateBody=wrong,
    )
    assert call == ("ValidationError", 400, text)
    assert [stack["StackName"] for stack in stacks.cfn.describe_stacks()["Stacks"]] == before


#: What is found to be wrong only when the resource is made, and makes moto stumble.
STUMBLING = {
    **association(ServiceAccount={"Fn::Select": [3, ["x"]]}),
    "DependsOn": "B",
}


@pytest.fixture
def stacks_here(in_process_aws: Aws) -> Stacks:
    """In-process: a server of the tests never fails."""
    in_process_aws.create_cluster()
    in_process_aws.create_role()
    return Stacks(in_process_aws)


def test_stumble_leaves_a_stack_behind(stacks_here: Stacks) -> None:
    """When moto itself fails over a new stack, nothing of it remains."""
    stacks = stacks_here
    with pytest.raises(IndexError):
        stacks.cfn.create_stack(StackName=STACK, TemplateBody=body(STUMBLING))
    assert stacks.cfn.describe_stacks()["Stacks"] == []
    assert stacks.associations() == []


def test_stumble_leaves_half_an_update_behind(stacks_here: Stacks) -> None:
    """When moto itself fails over a changed stack, that is as it was."""
    stacks = stacks_here
    stacks.create(template(B=association()))
    before = (stacks.associations(), stacks.events(), stacks.physical_ids())
    with pytest.raises(IndexError):
        stacks.cfn.update_stack(StackName=STACK, TemplateBody=body(STUMBLING))
    assert (stacks.associations(), stacks.events(), stacks.physical_ids()) == before


LOGGING = {
    "text": ("api", "#/Logging/ClusterLogging: expected type: JSONObject, found: String"),
    "nothing": (
        {"EnabledTypes": [{}]},
        "#/Logging/ClusterLogging/EnabledTypes/0: required key [Type] not found",
    ),
}


@pytest.mark.parametrize("name", LOGGING)
def test_malformed_logging_makes_moto_stumble(empty: Stacks, name: str) -> None:
    """A cluster's logging is checked like other properties."""
    value, problem = LOGGING[name]
    empty.create(template(Cluster=cluster(Logging={"ClusterLogging": value})))
    assert empty.status() == "ROLLBACK_COMPLETE"
    assert problem in empty.reason("CREATE_FAILED")


def test_nameless_member_makes_moto_stumble(empty: Stacks) -> None:
    """A member without a name is one that nobody knows."""
    network = {"SubnetIds": ["subnet-1"], "": 1}
    empty.create(template(Cluster=cluster(Name=CLUSTER, ResourcesVpcConfig=network)))
    assert empty.status() == "ROLLBACK_COMPLETE"
