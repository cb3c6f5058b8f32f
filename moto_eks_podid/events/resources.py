"""``resources`` of a record: what a call was about, for the services that say so.

They are observed in real records of STS, S3 and KMS, and in data events, which trails select by
them ("Logging data events", CloudTrail User Guide).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .call import CallDetails
from .catalogue import Classified

_ROLE_OPERATIONS = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})


def resources_of(details: CallDetails, classified: Classified) -> list[dict[str, Any]]:
    """Return the ``resources`` of a call's record; empty when it has none.

    A call that failed has none, except with S3, which tells them before it judges.
    """
    if details.service == "s3":
        return list(_of_s3(details, classified))
    find = _FINDERS.get(details.service)
    if find is None or (details.error_code is not None and classified.management):
        return []
    if classified.management and details.service not in _IN_MANAGEMENT_EVENTS:
        return []
    return list(find(details))


def _resource(account_id: str, kind: str, arn: str) -> dict[str, Any]:
    return {"accountId": account_id, "type": kind, "ARN": arn}


def _owner(arn: str, details: CallDetails) -> str:
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4] else details.account_id


def partition_of(region: str) -> str:
    """Return the partition that a region belongs to."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _arn(details: CallDetails, service: str, resource: str) -> str:
    return (
        f"arn:{partition_of(details.region)}:{service}:{details.region}:"
        f"{details.account_id}:{resource}"
    )


def _text(members: Mapping[str, Any] | None, name: str) -> str | None:
    value = members.get(name) if members else None
    return value if isinstance(value, str) and value else None


def _of_sts(details: CallDetails) -> Iterator[dict[str, Any]]:
    if details.operation not in _ROLE_OPERATIONS:
        return
    if role := _text(details.parameters, "RoleArn"):
        yield _resource(_owner(role, details), "AWS::IAM::Role", role)
    if provider := _text(details.parameters, "PrincipalArn"):
        yield _resource(_owner(provider, details), "AWS::IAM::SAMLProvider", provider)


def _of_s3(details: CallDetails, classified: Classified) -> Iterator[dict[str, Any]]:
    bucket = _text(details.parameters, "Bucket")
    if bucket is None:
        return
    bucket_arn = f"arn:{partition_of(details.region)}:s3:::{bucket}"
    owner = details.resource_account_id or details.account_id
    yield _resource(owner, "AWS::S3::Bucket", bucket_arn)
    if classified.management:
        return
    if key := _text(details.parameters, "Key"):
        yield {"type": "AWS::S3::Object", "ARN": f"{bucket_arn}/{key}"}
    else:
        # A list, for example: all objects whose names begin so.
        yield {"type": "AWS::S3::Object", "ARNPrefix": f"{bucket_arn}/"}


def _of_kms(details: CallDetails) -> Iterator[dict[str, Any]]:
    metadata = details.results.get("KeyMetadata") if details.results else None
    key = (
        _text(metadata if isinstance(metadata, Mapping) else None, "Arn")
        or _text(details.results, "KeyId")
        or _text(details.parameters, "KeyId")
    )
    if key is None or key.startswith("alias/") or ":alias/" in key:
        return
    arn = key if key.startswith("arn:") else _arn(details, "kms", f"key/{key}")
    yield _resource(_owner(arn, details), "AWS::KMS::Key", arn)


def _of_dynamodb(details: CallDetails) -> Iterator[dict[str, Any]]:
    tables: list[str] = []
    if table := _text(details.parameters, "TableName"):
        tables.append(table)
    batch = details.parameters.get("RequestItems") if details.parameters else None
    if isinstance(batch, Mapping):
        tables += [str(name) for name in batch]
    for name in tables:
        arn = name if name.startswith("arn:") else _arn(details, "dynamodb", f"table/{name}")
        yield _resource(_owner(arn, details), "AWS::DynamoDB::Table", arn)


def _of_lambda(details: CallDetails) -> Iterator[dict[str, Any]]:
    function = _text(details.parameters, "FunctionName")
    if function is None:
        return
    if not function.startswith("arn:"):
        # A name can come with the account before it, and with a version or alias behind it.
        function = _arn(details, "lambda", f"function:{function.rpartition('function:')[2]}")
    yield _resource(_owner(function, details), "AWS::Lambda::Function", function)


def _of_sqs(details: CallDetails) -> Iterator[dict[str, Any]]:
    url = _text(details.parameters, "QueueUrl")
    if url is None:
        return
    before, _, name = url.rpartition("/")
    owner = before.rpartition("/")[2]
    account_id = owner if owner.isdigit() else details.account_id
    partition = partition_of(details.region)
    arn = f"arn:{partition}:sqs:{details.region}:{account_id}:{name}"
    yield _resource(account_id, "AWS::SQS::Queue", arn)


def _of_sns(details: CallDetails) -> Iterator[dict[str, Any]]:
    for name, kind in (
        ("TopicArn", "AWS::SNS::Topic"),
        ("TargetArn", "AWS::SNS::PlatformEndpoint"),
    ):
        if arn := _text(details.parameters, name):
            yield _resource(_owner(arn, details), kind, arn)


def _of_kinesis(details: CallDetails) -> Iterator[dict[str, Any]]:
    arn = _text(details.parameters, "StreamARN")
    if arn is None and (name := _text(details.parameters, "StreamName")):
        arn = _arn(details, "kinesis", f"stream/{name}")
    if arn is not None:
        yield _resource(_owner(arn, details), "AWS::Kinesis::Stream", arn)


_FINDERS = {
    "dynamodb": _of_dynamodb,
    "kinesis": _of_kinesis,
    "kms": _of_kms,
    "lambda": _of_lambda,
    "sns": _of_sns,
    "sqs": _of_sqs,
    "sts": _of_sts,
}

#: Of the services above, those whose management events have resources.
_IN_MANAGEMENT_EVENTS = frozenset({"kms", "sts"})
