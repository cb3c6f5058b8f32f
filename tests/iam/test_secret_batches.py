"""Several secrets at once: each is answered for by itself."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import Aws, Json
from judged import allow, judge, pod, refused, role

import moto_eks_podid as podid
from moto_eks_podid.policy import Word

READS_DEV = (
    allow("secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"),
    allow("secretsmanager:GetSecretValue", StringEquals={"aws:ResourceTag/stage": "dev"}),
)
#: What a call asks for -> the secrets that it gets, and those that it is refused.
BATCHES: dict[str, tuple[Json, list[str], list[str]]] = {
    "by name": ({"SecretIdList": ["own", "other"]}, ["own"], ["other"]),
    "by name, all of them allowed": ({"SecretIdList": ["own"]}, ["own"], []),
    "by name, none of them allowed": ({"SecretIdList": ["other"]}, [], ["other"]),
    "by name, one that is not there": ({"SecretIdList": ["own", "gone"]}, ["own"], ["gone"]),
    "by filter": ({"Filters": [{"Key": "name", "Values": ["o"]}]}, ["own"], ["other"]),
    "by filter for nothing": ({"Filters": [{"Key": "name", "Values": ["zzz"]}]}, [], []),
}


def client_of_pod(aws: Aws, *statements: Json) -> Any:
    secrets = aws.client("secretsmanager")
    for name, stage in (("own", "dev"), ("other", "prod")):
        tags = [{"Key": "stage", "Value": stage}]
        secrets.create_secret(Name=name, SecretString=f"of {stage}", Tags=tags)
    credentials = pod(aws, role(aws, *statements))
    judge(aws)
    return aws.client_with(credentials, "secretsmanager")


@pytest.mark.parametrize("case", BATCHES)
def test_batch_of_secrets_tells_too_much_or_too_little(aws: Aws, case: str) -> None:
    """A batch has the secrets that the caller may read, and an error for each of the others."""
    parameters, readable, others = BATCHES[case]
    answer = client_of_pod(aws, *READS_DEV).batch_get_secret_value(**parameters)
    assert [secret["Name"] for secret in answer["SecretValues"]] == readable
    assert [error["SecretId"] for error in answer["Errors"]] == others
    for error in answer["Errors"]:
        assert error["ErrorCode"] == "AccessDeniedException"
        assert error["Message"].endswith(
            f"secretsmanager:GetSecretValue on resource: {error['SecretId']} because no "
            "identity-based policy allows the secretsmanager:GetSecretValue action"
        )
    why = podid.explain(endpoint_url=aws.endpoint_url)
    assert why is not None
    assert why.word is (Word.IMPLICITLY_DENIED if others else Word.ALLOWED)


def test_secret_that_is_gone_has_two_errors(aws: Aws) -> None:
    """A secret that may be read but is not there is missed by moto."""
    client = client_of_pod(aws, allow("secretsmanager:*"))
    answer = client.batch_get_secret_value(SecretIdList=["own", "gone"])
    assert [secret["Name"] for secret in answer["SecretValues"]] == ["own"]
    [error] = answer["Errors"]
    assert (error["SecretId"], error["ErrorCode"]) == ("gone", "ResourceNotFoundException")


#: What is missing -> the statements, and what the call asks for.
REFUSED: dict[str, tuple[list[Json], Json]] = {
    "secretsmanager:BatchGetSecretValue": (
        [allow("secretsmanager:GetSecretValue")],
        {"SecretIdList": ["own"]},
    ),
    "secretsmanager:ListSecrets": (
        [allow("secretsmanager:*GetSecretValue")],
        {"Filters": [{"Key": "name", "Values": ["own"]}]},
    ),
}


@pytest.mark.parametrize("missing", REFUSED)
def test_batch_itself_needs_no_permission(aws: Aws, missing: str) -> None:
    """Without the permission for batches, or to list for a filter, the whole call is refused."""
    statements, parameters = REFUSED[missing]
    client = client_of_pod(aws, *statements)
    with refused("AccessDeniedException", f"{missing} because no identity-based policy", 400):
        client.batch_get_secret_value(**parameters)
