"""The services whose permissions are written down, and the permissions that a call needs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from botocore.exceptions import UnknownServiceError
from moto.core.utils import get_service_model

from .call import ANY, Call, Context, Need
from .cloudtrail import CLOUDTRAIL
from .compute import EC2
from .dynamodb import DYNAMODB
from .eks import EKS, EKS_AUTH
from .events import EVENTS
from .functions import LAMBDA
from .identities import IAM
from .keys import request_tags
from .kms import KMS
from .logs import LOGS
from .rows import ANYTHING, Resource, Rule, Service
from .s3 import S3
from .secretsmanager import SECRETS_MANAGER
from .sns import SNS
from .sqs import SQS
from .ssm import SSM
from .sts import STS

#: By botocore's names.
SERVICES: Final[Mapping[str, Service]] = {
    "cloudtrail": CLOUDTRAIL,
    "dynamodb": DYNAMODB,
    "ec2": EC2,
    "eks": EKS,
    "eks-auth": EKS_AUTH,
    "events": EVENTS,
    "iam": IAM,
    "kms": KMS,
    "lambda": LAMBDA,
    "logs": LOGS,
    "s3": S3,
    "secretsmanager": SECRETS_MANAGER,
    "sns": SNS,
    "sqs": SQS,
    "ssm": SSM,
    "sts": STS,
}

#: Services whose actions do not begin with the name in signatures.
_PREFIXES: Final = {
    "cloudcontrol": "cloudformation",
    "cloudwatch": "cloudwatch",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "iotsecuretunneling": "iot",
    "mturk": "mechanicalturk",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "resourcegroupstaggingapi": "tag",
    "sso": "sso",
}


def known(service: str) -> bool:
    """Tell whether the permissions of a service's operations are written down.

    :param service: botocore's name
    """
    return service in SERVICES


def needs(call: Call) -> tuple[Need, ...]:
    """Return the permissions that a call needs; all of them must be allowed.

    An operation of which nothing is written down needs the action of its name, on everything. An
    operation that needs no permission returns none.
    """
    service = SERVICES.get(call.service)
    rules = service.rules.get(call.operation) if service is not None else None
    if rules is None:
        prefix = service.prefix if service is not None else action_prefix(call.service)
        resources = service.unlisted(call) if service is not None else ANYTHING
        action, keys = f"{prefix}:{call.operation}", request_tags(call)
        return tuple(_need(action, resource, keys) for resource in resources)
    found = []
    for rule in rules:
        resources = tuple(rule.find(call))
        if resources:
            keys = _keys(rule, call)
            found += [_need(rule.action, resource, keys) for resource in resources]
    if rules and not found:
        # Nothing that the parameters name: whoever may do it to anything may do that, too.
        return (Need(rules[0].action, ANY, _keys(rules[0], call)),)
    return tuple(found)


def _keys(rule: Rule, call: Call) -> Context:
    context: Context = {}
    for keys in rule.keys:
        context.update(keys(call))
    return context


def _need(action: str, resource: Resource, keys: Context) -> Need:
    arn, of_resource, account, shown, policies = resource
    context = {**of_resource, **keys}
    if account is not None:
        context["aws:ResourceAccount"] = account
    return Need(action, arn, context, account, shown, policies)


@lru_cache(maxsize=512)
def action_prefix(service: str) -> str:
    """Return what the actions of a service begin with in policies.

    :param service: botocore's name
    """
    if service in _PREFIXES:
        return _PREFIXES[service]
    try:
        return str(get_service_model(service).signing_name)
    except UnknownServiceError:
        return service
