"""GetCallerIdentity: whoever owns the access key, whatever account somebody else names."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, Aws, policy, statement
from pods import prepare
from refusals import refused

from tests.sts.sts_query import query, text_of

#: Neither the account of the caller nor moto's default one.
THIRD_ACCOUNT = "999988887777"

UNKNOWN = {
    "UserId": "AKIAIOSFODNN7EXAMPLE",
    "Account": ACCOUNT,
    "Arn": f"arn:aws:sts::{ACCOUNT}:user/moto",
}


def identity(client: Any) -> dict[str, Any]:
    answer = client.get_caller_identity()
    return {name: answer[name] for name in ("UserId", "Account", "Arn")}


def user(aws: Aws, account: str = ACCOUNT) -> tuple[dict[str, Any], dict[str, str]]:
    """An IAM user and the arguments for a client of theirs."""
    iam = aws.client_of_account(account, "iam") if account != ACCOUNT else aws.client("iam")
    made = iam.create_user(UserName="alice", Path="/team/")["User"]
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    return made, {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }


@pytest.mark.parametrize("account", [ACCOUNT, OTHER_ACCOUNT])
def test_user_is_somebody_else(aws: Aws, account: str) -> None:
    """A user's key is the user's, in whatever account."""
    made, keys = user(aws, account)
    assert identity(aws.client("sts", **keys)) == {
        "UserId": made["UserId"],
        "Account": account,
        "Arn": f"arn:aws:iam::{account}:user/team/alice",
    }


@pytest.mark.parametrize("account", [ACCOUNT, OTHER_ACCOUNT])
def test_session_is_somebody_else(aws: Aws, account: str) -> None:
    """A session's key is the session's, in its role's account, whoever assumed the role."""
    answer = aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/team/cart", RoleSessionName="cart-1"
    )
    user_id = answer["AssumedRoleUser"]["AssumedRoleId"]
    assert identity(aws.client_with(answer["Credentials"], "sts")) == {
        "UserId": user_id,
        "Account": account,
        "Arn": f"arn:aws:sts::{account}:assumed-role/cart/cart-1",
    }
    assert user_id.startswith("AROA")
    assert user_id.endswith(":cart-1")


def test_chained_session_is_its_parent(aws: Aws) -> None:
    """Along a chain each key is its own session's."""
    first = aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/one", RoleSessionName="first"
    )
    second = aws.client_with(first["Credentials"], "sts").assume_role(
        RoleArn=f"arn:aws:iam::{THIRD_ACCOUNT}:role/two", RoleSessionName="second"
    )
    for answer in (first, second):
        arn = answer["AssumedRoleUser"]["Arn"]
        assert identity(aws.client_with(answer["Credentials"], "sts"))["Arn"] == arn


def test_pod_is_somebody_else(aws: Aws) -> None:
    """A pod's key is its session's, in every region."""
    prepare(aws)
    answer = aws.assume()
    for region in ("us-west-2", "us-east-1", "eu-central-1"):
        assert identity(aws.client_with(answer["credentials"], "sts", region)) == {
            "UserId": answer["assumedRoleUser"]["assumeRoleId"],
            "Account": ACCOUNT,
            "Arn": answer["assumedRoleUser"]["arn"],
        }


def test_web_identity_is_somebody_else(aws: Aws) -> None:
    """A web identity's key is its session's."""
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    provider = aws.client("iam").create_open_id_connect_provider(
        Url=issuer, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
    )["OpenIDConnectProviderArn"]
    trust = policy(statement("sts:AssumeRoleWithWebIdentity", principal={"Federated": provider}))
    answer = aws.client("sts").assume_role_with_web_identity(
        RoleArn=aws.create_role(trust=trust),
        RoleSessionName="irsa",
        WebIdentityToken=aws.token(audience="sts.amazonaws.com"),
    )
    assert identity(aws.client_with(answer["Credentials"], "sts")) == {
        "UserId": answer["AssumedRoleUser"]["AssumedRoleId"],
        "Account": ACCOUNT,
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/cart-reader/irsa",
    }


def test_unknown_key_is_somebody(aws: Aws) -> None:
    """A key that nobody owns is answered as moto always did: a user of the account in force."""
    assert identity(aws.client("sts")) == UNKNOWN
    keys = {"aws_access_key_id": "ASIAUNKNOWNKEY000001", "aws_secret_access_key": "x"}
    assert identity(aws.client("sts", **keys)) == UNKNOWN


@pytest.mark.parametrize("account", [ACCOUNT, THIRD_ACCOUNT])
def test_header_s_account_wins(aws: Aws, account: str) -> None:
    """`x-moto-account-id` names the account of keys that nobody owns, and of no others."""
    made, user_keys = user(aws, OTHER_ACCOUNT)
    session = aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/cart", RoleSessionName="cart-1"
    )

    def named(client: Any) -> Any:
        def add_header(request: Any, **_: Any) -> None:
            request.headers["x-moto-account-id"] = account

        client.meta.events.register("before-sign", add_header)
        return client

    assert identity(named(aws.client("sts", **user_keys)))["Arn"] == made["Arn"]
    own = named(aws.client_with(session["Credentials"], "sts"))
    assert identity(own)["Arn"] == session["AssumedRoleUser"]["Arn"]
    assert identity(named(aws.client("sts")))["Account"] == account


def test_environment_s_account_wins(in_process_aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """`MOTO_ACCOUNT_ID` names the account of keys that nobody owns, and of no others."""
    aws = in_process_aws
    made, user_keys = user(aws, OTHER_ACCOUNT)
    session = aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/cart", RoleSessionName="cart-1"
    )
    monkeypatch.setenv("MOTO_ACCOUNT_ID", THIRD_ACCOUNT)
    assert identity(aws.client("sts", **user_keys))["Arn"] == made["Arn"]
    own = aws.client_with(session["Credentials"], "sts")
    assert identity(own)["Arn"] == session["AssumedRoleUser"]["Arn"]
    assert identity(aws.client("sts"))["Account"] == THIRD_ACCOUNT


def test_expired_session_has_an_identity(aws: Aws) -> None:
    """An expired session is refused: by STS, also when it would assume a role, and by EKS."""
    role = f"arn:aws:iam::{ACCOUNT}:role/cart"
    answer = aws.client("sts").assume_role(
        RoleArn=role, RoleSessionName="cart-1", DurationSeconds=900
    )
    sts = aws.client_with(answer["Credentials"], "sts")
    eks = aws.client_with(answer["Credentials"], "eks")
    assert identity(sts)["Account"] == ACCOUNT
    assert eks.list_clusters()["clusters"] == []
    aws.shift(901)
    message = "The security token included in the request is expired"
    expired = ("ExpiredToken", 403, message)
    assert refused(sts.get_caller_identity) == expired
    assert refused(sts.assume_role, RoleArn=role, RoleSessionName="cart-2") == expired
    assert refused(eks.list_clusters) == ("ExpiredTokenException", 403, message)
    assert len(aws.sessions()) == 1


def test_expiry_has_another_form(aws: Aws) -> None:
    """On the wire the refusal is STS's XML, with a request id."""
    key = text_of(
        query(
            aws,
            "AssumeRole",
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/cart",
            RoleSessionName="cart-1",
        ),
        "AccessKeyId",
    )
    aws.shift(3601)
    answer = query(aws, "GetCallerIdentity", key)
    assert (answer.status, answer.headers["Content-Type"]) == (403, "text/xml")
    assert text_of(answer, "Type") == "Sender"
    assert text_of(answer, "Code") == "ExpiredToken"
    assert text_of(answer, "RequestId") == answer.headers["x-amzn-RequestId"]
