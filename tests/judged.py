"""What tests of permissions begin with: pods and users with policies, and calls that are judged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from aws_under_test import CLUSTER, POD_TRUST, REGION, Aws, Json
from botocore.exceptions import ClientError

ROLE = "cart-reader"


def allow(*actions: str, on: str | Sequence[str] = "*", **conditions: Json) -> Json:
    return _statement("Allow", actions, on, conditions)


def deny(*actions: str, on: str | Sequence[str] = "*", **conditions: Json) -> Json:
    return _statement("Deny", actions, on, conditions)


def _statement(effect: str, actions: Sequence[str], on: Any, conditions: Json) -> Json:
    made = {"Effect": effect, "Action": list(actions), "Resource": on}
    return {**made, "Condition": conditions} if conditions else made


def document(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def role(aws: Aws, *statements: Json, name: str = ROLE, trust: str = POD_TRUST, **more: Any) -> str:
    """A role for pods with one inline policy."""
    arn = aws.create_role(name, trust, **more)
    if statements:
        aws.client("iam").put_role_policy(
            RoleName=name, PolicyName="inline", PolicyDocument=document(*statements)
        )
    return arn


def pod(
    aws: Aws,
    role_arn: str,
    namespace: str = "shop",
    service_account: str = "cart",
    pod_name: str | None = None,
    **association: Any,
) -> Json:
    """The credentials of a pod of a service account that is associated with a role."""
    if not aws.client("eks").list_clusters()["clusters"]:
        aws.create_cluster()
    aws.associate(role_arn, namespace=namespace, service_account=service_account, **association)
    token = aws.token(CLUSTER, namespace, service_account, pod_name=pod_name)
    credentials: Json = aws.assume(token)["credentials"]
    return credentials


def user(aws: Aws, *statements: Json, name: str = "ann") -> dict[str, str]:
    """Keyword arguments for clients of a user with an inline policy."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(
            UserName=name, PolicyName="inline", PolicyDocument=document(*statements)
        )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }


def judge(aws: Aws, mode: str = "sessions", **more: Any) -> None:
    """From here on calls are judged."""
    aws.settings(iam_enforcement=mode, **more)


@contextmanager
def refused(code: str, message: str = "", status: int | None = None) -> Iterator[None]:
    """The call in the block is refused with this code, and with a message that contains this."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert message in error["Message"]
    if status is not None:
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def bucket(aws: Aws, name: str, s3: Any = None) -> Any:
    client = s3 or aws.client("s3")
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client
