"""The parameters of operations on trails, held to the service's model before moto reads them.

moto trusts its input: a trail would keep a bucket's name that is a number, and every later delivery
would fail on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import Shape, StructureShape
from botocore.validate import ParamValidator
from moto.core.utils import get_service_model

from . import exceptions

#: The errors of the model for a parameter that is wrong, by its name; others cannot be read.
REFUSALS: Mapping[str, type[exceptions.CloudTrailError]] = {
    "AdvancedEventSelectors": exceptions.InvalidEventSelectorsException,
    "CloudWatchLogsLogGroupArn": exceptions.InvalidCloudWatchLogsLogGroupArnException,
    "CloudWatchLogsRoleArn": exceptions.InvalidCloudWatchLogsRoleArnException,
    "EventSelectors": exceptions.InvalidEventSelectorsException,
    "InsightSelectors": exceptions.InvalidInsightSelectorsException,
    "KmsKeyId": exceptions.InvalidKmsKeyIdException,
    "Name": exceptions.InvalidTrailNameException,
    "ResourceId": exceptions.CloudTrailARNInvalidException,
    "ResourceIdList": exceptions.CloudTrailARNInvalidException,
    "S3BucketName": exceptions.InvalidS3BucketNameException,
    "S3KeyPrefix": exceptions.InvalidS3PrefixException,
    "SnsTopicName": exceptions.InvalidSnsTopicNameException,
    "TagsList": exceptions.InvalidTagParameterException,
    "TrailName": exceptions.InvalidTrailNameException,
}

#: What moto needs beside what the model requires: it has no event data stores.
REQUIRED = {
    "GetInsightSelectors": ("TrailName",),
    "PutInsightSelectors": ("TrailName",),
}

#: These are read by rules of their own, or are operations with parameters of their own.
_READ_ELSEWHERE = frozenset({"AdvancedEventSelectors", "EventSelectors"})
OPERATIONS_READ_ELSEWHERE = frozenset({"ListPublicKeys", "LookupEvents"})

#: The model does not say these ("CreateTrail", CloudTrail API Reference).
LENGTHS = {"S3BucketName": range(1, 256), "S3KeyPrefix": range(201)}


def check(operation: str, given: Mapping[str, Any]) -> None:
    """Check what is given for an operation; members that are null count as absent.

    :raises CloudTrailError: for a member that is missing, of another type, too long, or no text
        that can be encoded
    """
    model = get_service_model("cloudtrail")
    if operation in OPERATIONS_READ_ELSEWHERE or operation not in model.operation_names:
        return
    shape = model.operation_model(operation).input_shape
    assert isinstance(shape, StructureShape)
    for name in (*shape.required_members, *REQUIRED.get(operation, ())):
        if given.get(name) is None:
            raise _refusal(name, "missing parameter")
    for name, member in shape.members.items():
        value = given.get(name)
        if value is not None and name not in _READ_ELSEWHERE:
            _check_value(name, value, member)


def _check_value(name: str, value: Any, shape: Shape) -> None:
    if ParamValidator().validate(value, shape).has_errors():
        raise _refusal(name, "wrong type")
    if isinstance(value, str):
        if not _encodable(value):
            raise _refusal(name, "no text")
        if name in LENGTHS and len(value) not in LENGTHS[name]:
            raise _refusal(name, "wrong length")


def _refusal(name: str, why: str) -> exceptions.CloudTrailError:
    refusal = REFUSALS.get(name, exceptions.SerializationException)
    return refusal(exceptions.chosen(why, parameter=name))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        # JSON can hold half of a surrogate pair.
        return False
    return True
