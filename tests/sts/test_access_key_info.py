"""GetAccessKeyInfo: the account of whoever owns a key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, Aws
from pods import credentials_of_a_pod


def account_of(aws: Aws, access_key_id: str) -> str:
    return str(aws.client("sts").get_access_key_info(AccessKeyId=access_key_id)["Account"])


def session_s_key(aws: Aws) -> str:
    role = f"arn:aws:iam::{OTHER_ACCOUNT}:role/cart"
    answer = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="cart-1")
    return str(answer["Credentials"]["AccessKeyId"])


def user_s_key(aws: Aws) -> str:
    iam = aws.client_of_account(OTHER_ACCOUNT, "iam")
    iam.create_user(UserName="alice")
    return str(iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"])


@pytest.mark.parametrize("make", [session_s_key, user_s_key])
def test_key_of_another_account_is_the_caller_s(aws: Aws, make: Callable[[Aws], str]) -> None:
    """The key of a session or user of another account belongs to that account."""
    assert account_of(aws, make(aws)) == OTHER_ACCOUNT


def test_pod_s_key_is_nobody_s(aws: Aws) -> None:
    """A pod's key belongs to the account of its role, whoever asks."""
    key = credentials_of_a_pod(aws)["accessKeyId"]
    sts = aws.client_of_account(OTHER_ACCOUNT, "sts")
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == ACCOUNT


def test_unknown_key_is_another_account_s(aws: Aws) -> None:
    """A key that nobody owns is answered as moto always did: with the caller's account."""
    assert account_of(aws, "AKIAUNKNOWNKEY000001") == ACCOUNT
    sts = aws.client_of_account(OTHER_ACCOUNT, "sts")
    answer = sts.get_access_key_info(AccessKeyId="AKIAUNKNOWNKEY000001")
    assert answer["Account"] == OTHER_ACCOUNT


def test_renamed_user_loses_the_key(aws: Aws) -> None:
    """A key stays its user's when the user gets another name."""
    iam = aws.client("iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    iam.update_user(UserName="alice", NewUserName="bob")
    sts = aws.client(
        "sts",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/bob"
