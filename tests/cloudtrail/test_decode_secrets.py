"""What the models of services call secret, or name like a secret, is in no record."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.serialize import create_serializer
from moto.core.utils import get_service_model

from moto_eks_podid.events.record import build
from tests.cloudtrail.captured_calls import made, what

SERVICES = (
    "codebuild",
    "cognito-identity",
    "cognito-idp",
    "dms",
    "ds",
    "ec2",
    "eks-auth",
    "elasticache",
    "events",
    "firehose",
    "glue",
    "iam",
    "lambda",
    "memorydb",
    "mq",
    "opensearch",
    "quicksight",
    "rds",
    "redshift",
    "secretsmanager",
    "ssm",
    "sts",
)

NAMED_SECRET = re.compile(r"(password|passphrase|private_?key|client_?secret)s?$", re.IGNORECASE)
PLANTED = re.compile(r"planted:[\w.]+")
DEEPEST = 7


def value(shape: Shape, path: str, secret: bool, passed: tuple[str, ...] = ()) -> Any:
    """A value with every member of a shape, and texts that can be found again where secrets are."""
    secret = secret or bool(shape.metadata.get("sensitive"))
    if shape.name in passed or len(passed) > DEEPEST:
        return None
    passed = (*passed, shape.name)
    if isinstance(shape, StructureShape):
        members = {
            name: value(member, f"{path}.{name}", secret or _named_secret(name, member), passed)
            for name, member in shape.members.items()
        }
        return {name: item for name, item in members.items() if item is not None}
    if isinstance(shape, ListShape):
        item = value(shape.member, path, secret, passed)
        return None if item is None else [item]
    if isinstance(shape, MapShape):
        item = value(shape.value, path, secret, passed)
        return None if item is None else {"key": item}
    if shape.type_name == "string":
        return f"planted:{path}" if secret else "text"
    return SCALARS[shape.type_name]


SCALARS: dict[str, Any] = {
    "blob": b"bytes",
    "boolean": True,
    "character": "c",
    "double": 1.5,
    "float": 1.5,
    "integer": 1,
    "long": 1,
    "timestamp": datetime(2026, 3, 1, tzinfo=timezone.utc),
}


def _named_secret(name: str, shape: Shape) -> bool:
    texts = shape.member if isinstance(shape, ListShape) else shape
    return texts.type_name == "string" and NAMED_SECRET.search(name) is not None


def record_of(operation: OperationModel, parameters: Any) -> dict[str, Any]:
    model = operation.service_model
    # Of several protocols botocore may list first one that it does not speak.
    protocol = getattr(model, "resolved_protocol", model.protocol)
    serializer = create_serializer(protocol, include_validation=False)
    sent = serializer.serialize_to_request(parameters, operation)
    body = sent["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    headers = {name.lower(): str(text) for name, text in sent["headers"].items()}
    call = made(
        sent["method"],
        f"https://{model.endpoint_prefix}.us-west-2.amazonaws.com{sent['url_path']}",
        body=body if isinstance(body, bytes) else str(body).encode(),
        content_type=headers.pop("content-type", ""),
        headers=headers,
        signing_name=model.signing_name,
    )
    assert what(call) == f"{model.service_name} {operation.name}"
    return build(call.details())


@pytest.mark.parametrize("service", SERVICES)
def test_secret_of_the_model_is_in_a_record(service: str) -> None:
    """Every text that a model calls sensitive or names like a secret is hidden."""
    model = get_service_model(service)
    leaks = set()
    tried = 0
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.input_shape is None:
            continue
        parameters = value(operation.input_shape, name, secret=False)
        if PLANTED.search(json.dumps(parameters, default=str)):
            tried += 1
            leaks |= set(PLANTED.findall(json.dumps(record_of(operation, parameters))))
    assert tried
    assert leaks == set()
