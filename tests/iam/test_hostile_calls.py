"""Calls that try to be judged as something else than they are."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, REGION, Aws, Json, policy, statement
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from judged import allow, bucket, deny, judge, pod, refused, role

import moto_eks_podid as podid
from moto_eks_podid.iam.permissions.table import SERVICES
from tests.hostile.strategies import HOSTILE, bodies
from tests.iam.session_calls import call

JSON_1_1 = "application/x-amz-json-1.1"
FORM = "application/x-www-form-urlencoded"


# What moto reads elsewhere than AWS

VAULT = "arn:aws:secretsmanager:*:*:secret:vault-*"
#: How a request names the secret of others -> target, body and headers.
SMUGGLED: dict[str, tuple[str, str, dict[str, str]]] = {
    "in the query": ("/?SecretId=vault", '{"SecretId": "own"}', {}),
    "in the query alone": ("/?SecretId=vault", "{}", {}),
    "as a form": ("/", "SecretId=vault", {"Content-Type": FORM}),
    "as a form within JSON": ("/", '{"SecretId": "own", "a": "&SecretId=vault&"}', {}),
    "beside what cannot be parsed": ("/", '{"SecretId": "vault", "VersionId": {"a": 1}}', {}),
    "as an ARN that is none": ("/", '{"SecretId": "arn:aws:secretsmanager:x:vault"}', {}),
    "twice": ("/", '{"SecretId": "own", "SecretId": "vault"}', {}),
}


@pytest.mark.parametrize("how", SMUGGLED)
def test_parameter_is_judged_that_is_not_used(aws: Aws, how: str) -> None:
    """A parameter counts wherever moto finds it."""
    target, body, headers = SMUGGLED[how]
    secrets = aws.client("secretsmanager")
    for name in ("own", "vault"):
        secrets.create_secret(Name=name, SecretString=f"gold of {name}")
    credentials = pod(
        aws,
        role(
            aws,
            allow("secretsmanager:GetSecretValue"),
            deny("secretsmanager:GetSecretValue", on=VAULT),
        ),
    )
    judge(aws)
    answer = call(
        aws,
        credentials,
        "secretsmanager",
        "POST",
        target,
        body.encode(),
        **{"X-Amz-Target": "secretsmanager.GetSecretValue", "Content-Type": JSON_1_1, **headers},
    )
    assert "gold of vault" not in answer.text
    assert 400 <= answer.status < 500


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/clusters/own?name=other", b""),
        ("/clusters/own", b'{"name": "other"}'),
    ],
)
def test_path_is_judged_that_is_not_used(aws: Aws, target: str, body: bytes) -> None:
    """What stands in a path may not be replaced by a query or a body."""
    credentials = pod(
        aws,
        role(
            aws,
            allow("eks:DeleteCluster"),
            deny("eks:DeleteCluster", on=f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/other"),
        ),
    )
    aws.create_cluster("own")
    aws.create_cluster("other")
    judge(aws)
    answer = call(aws, credentials, "eks", "DELETE", target, body)
    aws.settings()
    assert "other" in aws.client("eks").list_clusters()["clusters"]
    assert answer.status < 500


def test_number_that_is_none_hides_a_parameter(aws: Aws) -> None:
    """A member that cannot be parsed does not make the others disappear."""
    aws.client("ssm").put_parameter(Name="/vault", Value="gold", Type="String")
    credentials = pod(
        aws,
        role(
            aws,
            allow("ssm:GetParameterHistory"),
            deny("ssm:*", on=f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/vault"),
        ),
    )
    judge(aws)
    body = json.dumps({"Name": "/vault", "MaxResults": "many"}).encode()
    headers = {"X-Amz-Target": "AmazonSSM.GetParameterHistory", "Content-Type": JSON_1_1}
    answer = call(aws, credentials, "ssm", "POST", "/", body, **headers)
    assert "gold" not in answer.text
    assert "explicit deny" in answer.text
    assert answer.status == 400


def test_path_of_a_queue_is_judged_as_no_queue(aws: Aws) -> None:
    """A queue that only the path names is judged, too."""
    sqs = aws.client("sqs")
    sqs.create_queue(QueueName="vault")
    sqs.send_message(QueueUrl=f"http://sqs/{ACCOUNT}/vault", MessageBody="gold")
    vault = f"arn:aws:sqs:{REGION}:{ACCOUNT}:vault"
    credentials = pod(aws, role(aws, allow("sqs:*"), deny("sqs:ReceiveMessage", on=vault)))
    judge(aws)
    headers = {
        "X-Amz-Target": "AmazonSQS.ReceiveMessage",
        "Content-Type": "application/x-amz-json-1.0",
    }
    for body in (b"{}", b'{"QueueUrl": ["a"]}'):
        answer = call(aws, credentials, "sqs", "POST", f"/{ACCOUNT}/vault", body, **headers)
        assert "gold" not in answer.text
        assert answer.status == 403


def test_region_of_an_arn_hides_what_it_names(aws: Aws) -> None:
    """An ARN of another region names what moto has in this one."""
    arn = aws.client("secretsmanager").create_secret(Name="vault", SecretString="gold")["ARN"]
    aws.client("dynamodb").create_table(
        TableName="vault",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/vault"
    here = {
        "secretsmanager": ("get_secret_value", {"SecretId": arn}),
        "dynamodb": ("scan", {"TableName": table}),
        "kms": ("describe_key", {"KeyId": key}),
    }
    credentials = pod(aws, role(aws, allow("*"), deny("*", on=[VAULT, table, key])))
    judge(aws)
    for service, (operation, parameters) in here.items():
        client = aws.client_with(credentials, service)
        for region in (REGION, "eu-west-1"):
            moved = {name: text.replace(REGION, region) for name, text in parameters.items()}
            with refused("AccessDeniedException", "explicit deny"):
                getattr(client, operation)(**moved)


def test_header_chooses_the_account(aws: Aws) -> None:
    """moto's header for another account does nothing for a session: it has an account."""
    theirs = aws.client_of_account(OTHER_ACCOUNT, "sqs")
    theirs.create_queue(QueueName="theirs")
    credentials = pod(aws, role(aws, allow("sqs:*")))
    judge(aws)
    headers = {
        "X-Amz-Target": "AmazonSQS.ListQueues",
        "Content-Type": "application/x-amz-json-1.0",
        "x-moto-account-id": OTHER_ACCOUNT,
    }
    answer = call(aws, credentials, "sqs", "POST", "/", b"{}", **headers)
    assert answer.status == 200
    assert "theirs" not in answer.text


# Operations without a signature


def test_signature_makes_a_forged_token_good(aws: Aws) -> None:
    """Whoever signs AssumeRoleWithWebIdentity needs a token that the role trusts all the same."""
    trust = policy(
        statement(
            "sts:AssumeRoleWithWebIdentity",
            principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example"},
        )
    )
    target = role(aws, allow("*"), name="target", trust=trust)
    credentials = pod(aws, role(aws))
    judge(aws)
    body = (
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=web"
        f"&RoleArn={target}&WebIdentityToken=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3gifQ.AAAA"
    ).encode()
    for keys in (credentials, {"accessKeyId": "testing", "sessionToken": ""}):
        answer = call(aws, keys, "sts", "POST", "/", body, **{"Content-Type": FORM})
        assert answer.status == 403
        assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in answer.text


# Names


#: Names that are not those of what is denied, as AWS sees it.
OTHER_CASES = ["VAULT", "Vault"]


@pytest.mark.parametrize("name", OTHER_CASES)
def test_case_of_a_name_is_ignored(aws: Aws, name: str) -> None:
    """A name in another case is another name, for policies as for moto."""
    secrets = aws.client("secretsmanager")
    secrets.create_secret(Name="vault", SecretString="gold")
    credentials = pod(aws, role(aws, allow("secretsmanager:*"), deny("*", on=VAULT)))
    judge(aws)
    client = aws.client_with(credentials, "secretsmanager")
    with pytest.raises(ClientError) as caught:
        client.get_secret_value(SecretId=name)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    with refused("AccessDeniedException", "explicit deny"):
        client.get_secret_value(SecretId="vault")


def test_action_has_no_name(aws: Aws) -> None:
    """A request that no model knows needs every action of its service."""
    credentials = pod(aws, role(aws, allow("sqs:Send*")))
    judge(aws)
    answer = call(aws, credentials, "sqs", "POST", "/")
    assert answer.status == 403
    assert "is not authorized to perform: sqs:* because" in answer.text


# Anything


@pytest.fixture(scope="module")
def beggar() -> Iterator[tuple[Aws, Json]]:
    """The credentials of a pod that may do nothing."""
    with podid.mock_aws():
        aws = Aws(None)
        s3 = bucket(aws, "goods")
        s3.put_object(Bucket="goods", Key="tea", Body=b"green")
        credentials = pod(aws, role(aws))
        judge(aws)
        yield aws, credentials


def is_text(body: bytes) -> bool:
    """Whether moto can read a body at all: it fails on others before anybody is asked."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def targets(service: str) -> st.SearchStrategy[str]:
    prefixes = {
        "cloudtrail": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
        "events": "AWSEvents",
        "kms": "TrentService",
        "logs": "Logs_20140328",
        "secretsmanager": "secretsmanager",
        "ssm": "AmazonSSM",
    }
    operations = st.sampled_from([*sorted(SERVICES[service].rules), "Nothing", ""])
    return operations.map(lambda name: f"{prefixes[service]}.{name}")


@pytest.mark.parametrize(
    "service", ["cloudtrail", "events", "kms", "logs", "secretsmanager", "ssm"]
)
@HOSTILE
@given(data=st.data())
def test_pod_without_permissions_gets_something(
    beggar: tuple[Aws, Json], service: str, data: st.DataObject
) -> None:
    """Whatever operation is called with whatever body, a pod that may do nothing is refused."""
    aws, credentials = beggar
    target = data.draw(targets(service))
    body = data.draw(bodies.filter(is_text))
    headers = {"X-Amz-Target": target, "Content-Type": JSON_1_1}
    answer = call(aws, credentials, service, "POST", "/", body, **headers)
    assert 400 <= answer.status < 500
