"""Permissions of AWS Lambda ("Actions, resources, and condition keys for AWS Lambda")."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from .call import Call, Context
from .keys import given_keys, request_tags, resource_tags
from .passing import passed
from .rows import (
    ANYTHING,
    Find,
    Resource,
    by_name,
    given,
    on,
    owner,
    parts_of,
    plain,
    service,
    shown_as,
)
from .state import peek

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaBackend
    from moto.awslambda.policy import Policy

_KIND = "function:"


def function_at(arn: str) -> Resource:
    """Return a function, or a version or alias of it, with its tags and its policy."""
    _, _, _, region, account, resource = parts_of(arn)
    backend: LambdaBackend | None = peek(
        "moto.awslambda.models", "lambda_backends", account, region
    )
    name = resource.removeprefix(_KIND).partition(":")[0]
    # Plain `get`, here and below: moto's own look-ups raise.
    stored = backend._lambdas._functions.get(name) if backend is not None else None
    function = stored["latest"] if stored else None
    if function is None:
        return Resource(arn, account=owner(account))
    return Resource(
        arn, resource_tags(function.tags), owner(account), None, _policies(function.policy)
    )


#: Parameters of AddPermission that become conditions but that moto keeps as they are.
_CONDITIONS: Final[Mapping[str, tuple[str, str]]] = {
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}
#: What moto adds to the ARN of a function that is named without a version or alias.
_LATEST: Final = ":$LATEST"


def _policies(stored: Policy) -> tuple[str, ...]:
    """Return a function's policy as AWS writes it: moto keeps it half as it was asked for."""
    statements = [_statement(one) for one in list(stored.statements)]
    if not statements:
        return ()
    return (json.dumps({"Version": "2012-10-17", "Statement": statements}),)


def _statement(stored: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {
        name: stored[name] for name in ("Sid", "Effect", "Principal", "Action") if name in stored
    }
    principal = statement.get("Principal")
    if isinstance(principal, str) and principal != "*":
        statement["Principal"] = {"AWS": principal}
    statement["Resource"] = str(stored.get("Resource", "*")).removesuffix(_LATEST)
    condition = {operator: dict(keys) for operator, keys in stored.get("Condition", {}).items()}
    for parameter, (operator, key) in _CONDITIONS.items():
        if parameter in stored:
            condition.setdefault(operator, {})[key] = stored[parameter]
    if condition:
        statement["Condition"] = condition
    return statement


def function_arn(call: Call, name: str, qualifier: str | None = None) -> str:
    """Return the ARN of a function.

    :param name: as callers may write it: name, ``ACCOUNT:function:NAME`` or ARN, each with or
        without a version or alias
    """
    if name.startswith("arn:"):
        arn = call.here(name)
    elif ":function:" in name:
        account, _, bare = name.partition(":function:")
        arn = (
            f"arn:{call.partition}:lambda:{call.region}:{account.rpartition(':')[2]}:{_KIND}{bare}"
        )
    else:
        arn = call.arn("lambda", _KIND + name.removeprefix(_KIND))
    if qualifier and arn.count(":") < 7:
        return f"{arn}:{qualifier}"
    return arn


def _function(call: Call) -> tuple[Resource, ...]:
    name = call.text("FunctionName")
    if name is None:
        return ANYTHING
    return (function_at(function_arn(call, name, call.text("Qualifier"))),)


def _unqualified(call: Call) -> tuple[Resource, ...]:
    name = call.text("FunctionName")
    return (function_at(function_arn(call, name)),) if name else ANYTHING


def _named(parameter: str) -> Find:
    def find(call: Call) -> tuple[Resource, ...]:
        name = call.text(parameter)
        return (function_at(function_arn(call, name)),) if name else ANYTHING

    return find


#: The function that is to rotate a secret.
FUNCTION_TO_ROTATE = _named("RotationLambdaARN")


def _layers_used(call: Call) -> Iterable[Resource]:
    return [plain(arn) for arn in call.texts("Layers") if arn.startswith("arn:")]


def _layer_version(call: Call) -> tuple[Resource, ...]:
    name, version = call.text("LayerName"), call.parameters.get("VersionNumber")
    if name is None or not isinstance(version, (int, str)):
        return ANYTHING
    arn = name if name.startswith("arn:") else call.arn("lambda", f"layer:{name}")
    return (plain(f"{arn}:{version}"),)


def _mapping(call: Call) -> tuple[Resource, ...]:
    uuid = call.text("UUID")
    if uuid is None:
        return ANYTHING
    arn = call.arn("lambda", f"event-source-mapping:{uuid}")
    backend: LambdaBackend | None = peek(
        "moto.awslambda.models", "lambda_backends", call.account_id, call.region
    )
    mapping = backend._event_source_mappings.get(uuid) if backend is not None else None
    if mapping is None:
        return (plain(arn),)
    context: Context = resource_tags(mapping.tags)
    context["lambda:FunctionArn"] = mapping.function_arn
    return (Resource(arn, context, call.account_id),)


def _function_of_mapping(call: Call) -> Context:
    name = call.text("FunctionName")
    return {"lambda:FunctionArn": function_arn(call, name)} if name else {}


def _vpc(call: Call) -> Context:
    config = call.members("VpcConfig")
    keys = {"SubnetIds": "lambda:SubnetIds", "SecurityGroupIds": "lambda:SecurityGroupIds"}
    return {
        key: list(ids) for name, key in keys.items() if isinstance(ids := config.get(name), list)
    }


#: Observed in real responses.
_ACCOUNT = shown_as("*")
_ROLE = passed("lambda.amazonaws.com", "Role")
_EXECUTION = by_name("lambda", "function:", "DurableExecutionArn")
_CONFIG = by_name("lambda", "code-signing-config:", "CodeSigningConfigArn")
_CAPACITY = by_name("lambda", "capacity-provider:", "CapacityProviderName")
_TAGGED = by_name("lambda", _KIND, "Resource", "ResourceArn", look=function_at)

LAMBDA = service(
    "lambda",
    on(
        _function,
        "AddPermission CreateFunctionUrlConfig DeleteFunction DeleteFunctionEventInvokeConfig"
        " DeleteFunctionUrlConfig DeleteProvisionedConcurrencyConfig GetFunction"
        " GetFunctionConfiguration GetFunctionEventInvokeConfig GetFunctionScalingConfig"
        " GetFunctionUrlConfig GetPolicy GetProvisionedConcurrencyConfig GetRuntimeManagementConfig"
        " Invoke=InvokeFunction InvokeWithResponseStream=InvokeFunction"
        " ListDurableExecutionsByFunction PutFunctionEventInvokeConfig PutFunctionScalingConfig"
        " PutProvisionedConcurrencyConfig PutRuntimeManagementConfig RemovePermission"
        " UpdateFunctionEventInvokeConfig UpdateFunctionUrlConfig",
    ),
    on(
        _unqualified,
        "CreateAlias CreateFunction DeleteAlias DeleteFunctionCodeSigningConfig"
        " DeleteFunctionConcurrency GetAlias GetFunctionCodeSigningConfig GetFunctionConcurrency"
        " GetFunctionRecursionConfig InvokeAsync ListAliases ListFunctionEventInvokeConfigs"
        " ListFunctionUrlConfigs ListProvisionedConcurrencyConfigs ListVersionsByFunction"
        " PublishVersion PutFunctionCodeSigningConfig PutFunctionConcurrency"
        " PutFunctionRecursionConfig UpdateAlias UpdateFunctionCode UpdateFunctionConfiguration",
        _vpc,
    ),
    on(_ROLE, "CreateFunction=iam:PassRole UpdateFunctionConfiguration=iam:PassRole"),
    on(given("Tags", _unqualified), "CreateFunction=TagResource"),
    on(_layers_used, "CreateFunction=GetLayerVersion UpdateFunctionConfiguration=GetLayerVersion"),
    on(given("CodeSigningConfigArn", _CONFIG), "PutFunctionCodeSigningConfig"),
    on(
        _layer_version,
        "AddLayerVersionPermission DeleteLayerVersion GetLayerVersion GetLayerVersionPolicy"
        " RemoveLayerVersionPermission",
    ),
    on(by_name("lambda", "layer:", "Arn"), "GetLayerVersionByArn=GetLayerVersion"),
    on(by_name("lambda", "layer:", "LayerName"), "PublishLayerVersion"),
    on(_mapping, "DeleteEventSourceMapping GetEventSourceMapping UpdateEventSourceMapping"),
    on(_ACCOUNT, "CreateEventSourceMapping ListEventSourceMappings", _function_of_mapping),
    on(
        _EXECUTION,
        "CheckpointDurableExecution DeleteDurableExecution GetDurableExecution"
        " GetDurableExecutionHistory GetDurableExecutionState PauseDurableExecution"
        " ResumeDurableExecution StopDurableExecution",
    ),
    on(
        _CONFIG,
        "DeleteCodeSigningConfig GetCodeSigningConfig ListFunctionsByCodeSigningConfig"
        " UpdateCodeSigningConfig",
    ),
    on(
        _CAPACITY,
        "CreateCapacityProvider DeleteCapacityProvider GetCapacityProvider"
        " ListFunctionVersionsByCapacityProvider UpdateCapacityProvider",
    ),
    on(
        _TAGGED,
        "DeleteResourcePolicy GetResourcePolicy ListTags PutResourcePolicy TagResource"
        " UntagResource",
    ),
    on(
        _ACCOUNT,
        "CreateCodeSigningConfig GetAccountSettings ListCapacityProviders ListCodeSigningConfigs"
        " ListFunctions ListLayerVersions ListLayers"
        # The id of a callback does not tell which execution waits for it.
        " SendDurableExecutionCallbackFailure SendDurableExecutionCallbackHeartbeat"
        " SendDurableExecutionCallbackSuccess",
    ),
    keys=(
        request_tags,
        given_keys(
            {
                "CodeSigningConfigArn": "lambda:CodeSigningConfigArn",
                "FunctionUrlAuthType": "lambda:FunctionUrlAuthType",
                "AuthType": "lambda:FunctionUrlAuthType",
                "Layers": "lambda:Layer",
                "Principal": "lambda:Principal",
            }
        ),
    ),
)
