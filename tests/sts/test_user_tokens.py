"""GetSessionToken and GetFederationToken: credentials that are no more than the user who asks."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import ACCOUNT, Aws, Json, policy, statement
from judged import allow, deny, document, judge, pod, refused, role, user

INVALID = "The security token included in the request is invalid."
MFA = "aws:MultiFactorAuthPresent"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"


def session_token(aws: Aws, keys: dict[str, str], **more: Any) -> Json:
    given: Json = aws.client("sts", **keys).get_session_token(**more)["Credentials"]
    return given


def federated(aws: Aws, keys: dict[str, str], **more: Any) -> Json:
    answer = aws.client("sts", **keys).get_federation_token(Name="bob", **more)
    given: Json = answer["Credentials"]
    return given


@pytest.mark.parametrize("mode", ["off", "sessions", "all"])
def test_session_makes_itself_an_administrator(aws: Aws, mode: str) -> None:
    """Neither operation takes session credentials, whether or not calls are judged."""
    of_pod = pod(aws, role(aws, allow("sts:*")))
    of_user = session_token(aws, user(aws, allow("sts:*")))
    of_federated_user = federated(aws, user(aws, allow("sts:*"), name="eve"))
    judge(aws, mode)
    for credentials in (of_pod, of_user, of_federated_user):
        sts = aws.client_with(credentials, "sts")
        text = "Cannot call GetSessionToken with session credentials"
        with refused("AccessDenied", text, 403):
            sts.get_session_token()
        if credentials is of_federated_user and mode != "off":
            # It lacks the permission to begin with.
            continue
        with refused("AccessDenied", text.replace("Session", "Federation", 1), 403):
            sts.get_federation_token(Name="bob")


def test_session_token_may_do_what_its_user_may_not(aws: Aws) -> None:
    """A session token calls as its user, with the user's permissions, wherever it is used."""
    credentials = session_token(aws, user(aws, allow("s3:ListAllMyBuckets")))
    assert credentials["AccessKeyId"].startswith("ASIA")
    judge(aws, verify_signatures=True)
    arn = f"arn:aws:iam::{ACCOUNT}:user/ann"
    identity = aws.client_with(credentials, "sts").get_caller_identity()
    assert (identity["Arn"], identity["Account"]) == (arn, ACCOUNT)
    aws.client_with(credentials, "s3").list_buckets()
    with refused("AccessDeniedException", f"User: {arn} is not authorized to perform"):
        aws.client_with(credentials, "secretsmanager").list_secrets()
    record = aws.records(event_name="ListSecrets")[0]
    assert record["userIdentity"]["userName"] == "ann"


def test_session_token_works_without_its_token_or_after_its_end(aws: Aws) -> None:
    """A session token ends in time, and with its user; its key alone is worth nothing."""
    keys = user(aws)
    credentials = session_token(aws, keys, DurationSeconds=900)
    other = session_token(aws, keys, DurationSeconds=900)
    assert credentials["AccessKeyId"] != other["AccessKeyId"]
    sts = aws.client_with(credentials, "sts")
    judge(aws)
    with refused("InvalidClientTokenId", INVALID):
        aws.client_with({**credentials, "SessionToken": other["SessionToken"]}, "sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/any", RoleSessionName="any"
        )
    sts.get_caller_identity()
    aws.shift(901)
    judge(aws, "off")
    with refused("ExpiredToken"):
        sts.get_caller_identity()
    aws.shift(0)
    judge(aws)
    aws.client("iam").delete_user(UserName="ann")
    with refused("InvalidClientTokenId", INVALID):
        sts.get_caller_identity()


def test_session_token_calls_iam_without_mfa(aws: Aws) -> None:
    """IAM takes session tokens of users who showed a device of theirs; policies can ask for it."""
    everything = allow("*", Bool={MFA: "true"})
    keys = user(aws, allow("sts:*"), everything)
    iam = aws.client("iam")
    serial = f"arn:aws:iam::{ACCOUNT}:mfa/ann"
    iam.enable_mfa_device(
        UserName="ann",
        SerialNumber=serial,
        AuthenticationCode1="123456",
        AuthenticationCode2="234567",
    )
    with_mfa = session_token(aws, keys, SerialNumber=serial, TokenCode="345678")
    with_another = session_token(aws, keys, SerialNumber=f"{serial}a", TokenCode="345678")
    judge(aws)
    aws.client_with(with_mfa, "iam").list_users()
    aws.client_with(with_mfa, "secretsmanager").list_secrets()
    for credentials in (with_another, session_token(aws, keys)):
        with refused("InvalidClientTokenId", INVALID):
            aws.client_with(credentials, "iam").list_users()
        with refused("AccessDeniedException"):
            aws.client_with(credentials, "secretsmanager").list_secrets()


def test_session_token_counts_as_a_role_session(aws: Aws) -> None:
    """A user with a session token assumes a role as the user: for as long as the role allows."""
    keys = user(aws, allow("sts:AssumeRole"))
    trust = policy(
        statement("sts:AssumeRole", principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"})
    )
    reader = role(aws, trust=trust)
    credentials = session_token(aws, keys)
    judge(aws)
    aws.client_with(credentials, "sts").assume_role(
        RoleArn=reader, RoleSessionName="any", DurationSeconds=7200
    )


def test_federated_user_may_do_what_nobody_passed_on(aws: Aws) -> None:
    """A federated user may do what the user's policies and the passed ones both allow."""
    keys = user(aws, allow("sts:GetFederationToken", "s3:ListAllMyBuckets", "iam:*"))
    passed = document(allow("s3:*", "secretsmanager:*", "iam:*"), deny("sqs:*"))
    judge(aws)
    sts = aws.client("sts", **keys)
    answer = sts.get_federation_token(Name="bob", Policy=passed)
    assert answer["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:bob", "Arn": FEDERATED}
    assert 0 < answer["PackedPolicySize"] <= 100
    credentials = answer["Credentials"]
    assert aws.client_with(credentials, "sts").get_caller_identity()["Arn"] == FEDERATED
    aws.client_with(credentials, "s3").list_buckets()
    with refused("AccessDeniedException", f"User: {FEDERATED} is not authorized to perform"):
        aws.client_with(credentials, "secretsmanager").list_secrets()
    with refused("InvalidClientTokenId", INVALID):
        aws.client_with(credentials, "iam").list_users()
    with refused("AccessDenied", "because no session policy allows"):
        aws.client_with(federated(aws, keys), "s3").list_buckets()


def test_federated_user_of_an_administrator_is_one(aws: Aws) -> None:
    """What an administrator passes on is all that a federated user may do; tags count."""
    judge(aws)
    passed = document(allow("s3:*", StringEquals={"aws:PrincipalTag/team": "blue"}))
    blue, red = (
        federated(aws, {}, Policy=passed, Tags=[{"Key": "team", "Value": team}])
        for team in ("blue", "red")
    )
    aws.client_with(blue, "s3").list_buckets()
    for credentials in (red, federated(aws, {})):
        with refused("AccessDenied", "because no session policy allows"):
            aws.client_with(credentials, "s3").list_buckets()


def test_account_of_a_federated_user_is_taken_for_it(aws: Aws) -> None:
    """A policy that names the account leaves it to the federated user's own policies."""
    queue = aws.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    arn = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])[
        "Attributes"
    ]["QueueArn"]

    def trust(name: str) -> None:
        allowed = statement("sqs:SendMessage", principal={"AWS": name}, Resource=arn)
        aws.client("sqs").set_queue_attributes(
            QueueUrl=queue, Attributes={"Policy": policy(allowed)}
        )

    bob = federated(aws, {})
    judge(aws)
    trust(ACCOUNT)
    with refused("AccessDenied", "because no session policy allows"):
        aws.client_with(bob, "sqs").send_message(QueueUrl=queue, MessageBody="hello")
    trust(FEDERATED)
    aws.client_with(bob, "sqs").send_message(QueueUrl=queue, MessageBody="hello")


def test_credentials_are_given_for_what_sts_refuses(aws: Aws) -> None:
    """Durations, names and policies are checked as those of AssumeRole are."""
    sts = aws.client("sts")
    with refused("ValidationError", "at 'durationSeconds' failed to satisfy constraint"):
        sts.get_session_token(DurationSeconds=129_601)
    with refused("ValidationError", "at 'name' failed to satisfy constraint"):
        sts.get_federation_token(Name="no blanks")
    with refused("MalformedPolicyDocument"):
        sts.get_federation_token(Name="bob", Policy="{}")
