"""A resource's policy lets another account in: to that resource, not to its like at home."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, REGION, Aws, Json, policy, statement
from judged import allow, document, judge, pod, refused, role
from moto.core import enable_iam_authentication

from moto_eks_podid.iam import foreign_accounts

#: What the caller may do: everything, but only in the other account.
ELSEWHERE = allow("*", on=f"arn:aws:*:{REGION}:{OTHER_ACCOUNT}:*")


def letting_in(reader: str, action: str) -> str:
    return policy(statement(action, principal={"AWS": reader}, Resource="*", Sid="s"))


def queue(client: Any, owner: str, reader: str) -> str:
    url: str = client.create_queue(
        QueueName="q", Attributes={"Policy": letting_in(reader, "sqs:*")}
    )["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody=owner)
    return url


def read_queue(client: Any, url: str) -> Any:
    return client.receive_message(QueueUrl=url)["Messages"][0]["Body"]


def secret(client: Any, owner: str, reader: str) -> str:
    arn: str = client.create_secret(Name="s", SecretString=owner)["ARN"]
    client.put_resource_policy(SecretId="s", ResourcePolicy=letting_in(reader, "secretsmanager:*"))
    return arn.rpartition("-")[0]


def read_secret(client: Any, arn: str) -> Any:
    return client.get_secret_value(SecretId=arn)["SecretString"]


def read_secrets(client: Any, arn: str) -> Any:
    [found] = client.batch_get_secret_value(SecretIdList=[arn])["SecretValues"]
    return found["SecretString"]


def table(client: Any, owner: str, reader: str) -> str:
    arn: str = client.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    client.put_resource_policy(ResourceArn=arn, Policy=letting_in(reader, "dynamodb:*"))
    client.put_item(TableName="t", Item={"pk": {"S": owner}})
    return arn


def read_table(client: Any, arn: str) -> Any:
    return client.scan(TableName=arn)["Items"][0]["pk"]["S"]


def function(client: Any, owner: str, reader: str) -> str:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("a.py", "")
    account = OTHER_ACCOUNT if owner == "theirs" else ACCOUNT
    arn: str = client.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="a.h",
        Role=f"arn:aws:iam::{account}:role/f",
        Description=owner,
        Code={"ZipFile": code.getvalue()},
    )["FunctionArn"]
    let_in = {"StatementId": "s", "Action": "lambda:*", "Principal": reader}
    client.add_permission(FunctionName="f", **let_in)
    return arn


def read_function(client: Any, arn: str) -> Any:
    return client.get_function(FunctionName=arn)["Configuration"]["Description"]


def key(client: Any, owner: str, reader: str) -> str:
    made: str = client.create_key(Description=owner, Policy=letting_in(reader, "kms:*"))[
        "KeyMetadata"
    ]["Arn"]
    client.create_alias(AliasName="alias/k", TargetKeyId=made)
    return made.rpartition(":")[0] + ":alias/k"


def read_key(client: Any, alias: str) -> Any:
    return client.describe_key(KeyId=alias)["KeyMetadata"]["Description"]


def bus(client: Any, owner: str, reader: str) -> str:
    arn: str = client.create_event_bus(Name="b", Description=owner)["EventBusArn"]
    client.put_permission(EventBusName="b", Policy=letting_in(reader, "events:*"))
    return arn


def read_bus(client: Any, arn: str) -> Any:
    return client.describe_event_bus(Name=arn)["Arn"].split(":")[4]


#: Service -> how one is made, which tells whose it is, and how it is read.
RESOURCES: dict[str, tuple[Callable[..., str], Callable[..., Any]]] = {
    "dynamodb": (table, read_table),
    "events": (bus, read_bus),
    "kms": (key, read_key),
    "lambda": (function, read_function),
    "secretsmanager": (secret, read_secret),
    "sqs": (queue, read_queue),
}


def test_service_is_not_tested() -> None:
    """Every service that moto would look for in the caller's account is tried below."""
    assert set(RESOURCES) == foreign_accounts._IN_ONE_ACCOUNT


def theirs_and_mine(aws: Aws, service: str) -> tuple[Json, str, str]:
    """The caller's credentials, and two resources of the same name."""
    reader = role(aws, ELSEWHERE)
    make, _ = RESOURCES[service]
    trust = policy(statement("sts:AssumeRole", principal={"Service": "lambda.amazonaws.com"}))
    for iam in (aws.client_of_account(OTHER_ACCOUNT, "iam"), aws.client("iam")):
        iam.create_role(RoleName="f", AssumeRolePolicyDocument=trust)
    theirs = make(aws.client_of_account(OTHER_ACCOUNT, service), "theirs", reader)
    mine = make(aws.client(service), "mine", reader.replace(":role/", ":role/not-"))
    return pod(aws, reader), theirs, mine


@pytest.mark.parametrize("service", RESOURCES)
def test_resource_at_home_is_taken_for_the_one_abroad(aws: Aws, service: str) -> None:
    """What is allowed on another account's resource is done to it, not to its like at home."""
    credentials, theirs, mine = theirs_and_mine(aws, service)
    _, read = RESOURCES[service]
    judge(aws)
    client = aws.client_with(credentials, service)
    assert read(client, theirs) == (OTHER_ACCOUNT if service == "events" else "theirs")
    with refused("AccessDenied" if service == "sqs" else "AccessDeniedException"):
        read(client, mine)


def test_batch_reads_secrets_at_home(aws: Aws) -> None:
    """A batch of another account's secrets is read there, too; one of both accounts is refused."""
    credentials, theirs, mine = theirs_and_mine(aws, "secretsmanager")
    batches = document(allow("secretsmanager:BatchGetSecretValue"))
    aws.client("iam").put_role_policy(
        RoleName="cart-reader", PolicyName="batches", PolicyDocument=batches
    )
    judge(aws)
    client = aws.client_with(credentials, "secretsmanager")
    assert read_secrets(client, theirs) == "theirs"
    with refused("AccessDeniedException", "moto does a call in one account, not in several"):
        client.batch_get_secret_value(SecretIdList=[theirs, mine])


def test_ciphertext_is_read_with_a_key_at_home(aws: Aws) -> None:
    """What a key abroad encrypted, it decrypts; the ciphertext says which key it was."""
    credentials, theirs, _ = theirs_and_mine(aws, "kms")
    judge(aws)
    kms = aws.client_with(credentials, "kms")
    sealed = kms.encrypt(KeyId=theirs, Plaintext=b"tea")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"tea"


def test_moto_s_switch_reads_at_home(in_process_aws: Aws) -> None:
    """The same goes for calls that moto's own switch has judged."""
    credentials, theirs, _ = theirs_and_mine(in_process_aws, "dynamodb")
    client = in_process_aws.client_with(credentials, "dynamodb")
    with enable_iam_authentication():
        assert read_table(client, theirs) == "theirs"
