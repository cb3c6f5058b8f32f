"""From one account into another: by a resource's policy, and by a chain of roles."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws, Json, policy, statement
from judged import allow, bucket, judge, pod, refused, role

TARGET = f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"
SOURCE = f"arn:aws:iam::{ACCOUNT}:role/cart-reader"


def test_bucket_of_another_account_is_open_or_closed(aws: Aws) -> None:
    """Across accounts both must allow: the role's policies and the bucket's."""
    theirs = bucket(aws, "theirs", aws.client_of_account(OTHER_ACCOUNT, "s3"))
    for key in ("shared", "own"):
        theirs.put_object(Bucket="theirs", Key=key, Body=b"hello")
    reader = role(
        aws, allow("s3:GetObject", on=["arn:aws:s3:::theirs/shared", "arn:aws:s3:::theirs/own"])
    )
    silent = role(aws, name="silent")
    theirs.put_bucket_policy(
        Bucket="theirs",
        Policy=policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": [reader, silent]},
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::theirs/shared",
            }
        ),
    )
    credentials = pod(aws, reader)
    of_silent = pod(aws, silent, "other")
    judge(aws)
    client = aws.client_with(credentials, "s3")
    assert client.get_object(Bucket="theirs", Key="shared")["Body"].read() == b"hello"
    with refused("AccessDenied", "Access Denied", 403):
        client.get_object(Bucket="theirs", Key="own")
    with refused("AccessDenied", "Access Denied", 403):
        aws.client_with(of_silent, "s3").get_object(Bucket="theirs", Key="shared")


def target(aws: Aws, *statements: Json, trust: list[Json]) -> str:
    iam = aws.client_of_account(OTHER_ACCOUNT, "iam")
    made = iam.create_role(RoleName="target", AssumeRolePolicyDocument=policy(*trust))["Role"][
        "Arn"
    ]
    iam.put_role_policy(RoleName="target", PolicyName="inline", PolicyDocument=policy(*statements))
    return str(made)


def trusting(*actions: str, **condition: Any) -> Json:
    return statement(*actions, principal={"AWS": SOURCE}, Condition=condition)


def assume(client: Any, **more: Any) -> Json:
    answer: Json = client.assume_role(RoleArn=TARGET, RoleSessionName="next", **more)
    return answer["Credentials"]


#: What the source may do, whom the target trusts -> what is said, None when it may be assumed.
CHAINS: dict[str, tuple[list[Json], list[Json], str | None]] = {
    "both": (
        [allow("sts:AssumeRole", "sts:TagSession", on=TARGET)],
        [trusting("sts:AssumeRole", "sts:TagSession")],
        None,
    ),
    "transitive tags": (
        [allow("sts:AssumeRole", "sts:TagSession", on=TARGET)],
        [
            trusting(
                "sts:AssumeRole",
                "sts:TagSession",
                StringEquals={
                    "aws:RequestTag/kubernetes-namespace": "shop",
                    "aws:PrincipalTag/eks-cluster-name": CLUSTER,
                },
                ArnEquals={"aws:PrincipalArn": SOURCE},
            )
        ],
        None,
    ),
    "other tags": (
        [allow("sts:AssumeRole", "sts:TagSession", on=TARGET)],
        [
            trusting(
                "sts:AssumeRole",
                "sts:TagSession",
                StringEquals={"aws:RequestTag/kubernetes-namespace": "kitchen"},
            )
        ],
        "sts:AssumeRole",
    ),
    "source is silent": ([], [trusting("sts:AssumeRole", "sts:TagSession")], "sts:AssumeRole"),
    "target is silent": (
        [allow("sts:*")],
        [statement("sts:AssumeRole", principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"})],
        "sts:AssumeRole",
    ),
    "source may not tag": (
        [allow("sts:AssumeRole", on=TARGET)],
        [trusting("sts:AssumeRole", "sts:TagSession")],
        "sts:TagSession",
    ),
    "target takes no tags": ([allow("sts:*")], [trusting("sts:AssumeRole")], "sts:TagSession"),
}


@pytest.mark.parametrize("case", CHAINS)
def test_chain_of_roles_breaks_or_holds(aws: Aws, case: str) -> None:
    """A pod assumes a role elsewhere if both sides allow it, its inherited tags included."""
    of_source, trust, missing = CHAINS[case]
    target(aws, allow("s3:ListAllMyBuckets"), trust=trust)
    credentials = pod(aws, role(aws, *of_source))
    judge(aws)
    client = aws.client_with(credentials, "sts")
    if missing is None:
        assume(client)
        return
    arn = client.get_caller_identity()["Arn"]
    with refused(
        "AccessDenied",
        f"User: {arn} is not authorized to perform: {missing} on resource: {TARGET}",
        403,
    ):
        assume(client)


def test_refusal_of_sts_gives_a_reason(aws: Aws) -> None:
    """STS says what is missing, and not why."""
    credentials = pod(aws, role(aws))
    judge(aws)
    with pytest.raises(Exception, match=f"sts:AssumeRole on resource: {TARGET}$"):
        assume(aws.client_with(credentials, "sts"))


def test_tags_are_lost_along_the_chain(aws: Aws) -> None:
    """The policies of the second role see the tags of the pod."""
    s3 = bucket(aws, "theirs", aws.client_of_account(OTHER_ACCOUNT, "s3"))
    for key in ("shop/a", "kitchen/a"):
        s3.put_object(Bucket="theirs", Key=key, Body=b"hello")
    target(
        aws,
        allow(
            "s3:GetObject",
            on="arn:aws:s3:::theirs/${aws:PrincipalTag/kubernetes-namespace}/*",
        ),
        trust=[trusting("sts:AssumeRole", "sts:TagSession")],
    )
    credentials = pod(aws, role(aws, allow("sts:*")))
    judge(aws)
    further = aws.client_with(assume(aws.client_with(credentials, "sts")), "s3")
    assert further.get_object(Bucket="theirs", Key="shop/a")["Body"].read() == b"hello"
    with refused("AccessDenied", "because no identity-based policy allows the s3:GetObject"):
        further.get_object(Bucket="theirs", Key="kitchen/a")


@pytest.mark.parametrize(("external_id", "allowed"), [("right", True), ("wrong", False)])
def test_external_id_is_not_compared(aws: Aws, external_id: str, allowed: bool) -> None:
    """A role that asks for an external id is assumed with the right one only."""
    target(
        aws,
        allow("s3:*"),
        trust=[
            trusting("sts:AssumeRole", StringEquals={"sts:ExternalId": "right"}),
            trusting("sts:TagSession"),
        ],
    )
    credentials = pod(aws, role(aws, allow("sts:*")))
    judge(aws)
    client = aws.client_with(credentials, "sts")
    if allowed:
        assume(client, ExternalId=external_id)
        return
    with refused("AccessDenied", "sts:AssumeRole"):
        assume(client, ExternalId=external_id)


def test_role_that_does_not_exist_is_assumed(aws: Aws) -> None:
    """There is no telling a role that does not exist from one that may not be assumed."""
    credentials = pod(aws, role(aws, allow("sts:*")))
    judge(aws)
    with refused("AccessDenied", f"sts:AssumeRole on resource: {TARGET}", 403):
        assume(aws.client_with(credentials, "sts"))


KEYS = ("accessKeyId", "secretAccessKey", "sessionToken")
#: How the profile of the pod gets its credentials -> what stands in the configuration.
PROFILES = {
    "keys in the file": (
        "aws_access_key_id = {accessKeyId}\n"
        "aws_secret_access_key = {secretAccessKey}\n"
        "aws_session_token = {sessionToken}\n"
    ),
    "credential_process": "credential_process = {python} {program}\n",
}


def configure(folder: Path, profile: str, credentials: Json) -> Path:
    """Write a configuration whose profile `next` assumes the target role with the pod's profile."""
    program = folder / "credentials.py"
    answer = {"Version": 1, **{name[0].upper() + name[1:]: credentials[name] for name in KEYS}}
    program.write_text(f"print({json.dumps(answer)!r})")
    of_pod = PROFILES[profile].format(python=sys.executable, program=program, **credentials)
    config = folder / "config"
    config.write_text(
        f"[profile pod]\n{of_pod}"
        f"[profile next]\nrole_arn = {TARGET}\nsource_profile = pod\nrole_session_name = next\n"
    )
    return config


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(("namespace", "allowed"), [("shop", True), ("kitchen", False)])
def test_profile_of_the_sdk_loses_the_tags(
    aws: Aws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
    namespace: str,
    allowed: bool,
) -> None:
    """An SDK that is configured to assume the role elsewhere does it with the pod's tags."""
    theirs = bucket(aws, "theirs", aws.client_of_account(OTHER_ACCOUNT, "s3"))
    theirs.put_object(Bucket="theirs", Key="shop/a", Body=b"hello")
    target(
        aws,
        allow("s3:GetObject", on="arn:aws:s3:::theirs/${aws:PrincipalTag/kubernetes-namespace}/*"),
        trust=[
            trusting(
                "sts:AssumeRole",
                "sts:TagSession",
                StringEquals={"aws:RequestTag/eks-cluster-name": CLUSTER},
            )
        ],
    )
    of_source = role(aws, allow("sts:AssumeRole", "sts:TagSession", on=TARGET))
    credentials = pod(aws, of_source, namespace)
    judge(aws)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(configure(tmp_path, profile, credentials)))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    if aws.endpoint_url is not None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint_url)
    session = boto3.Session(profile_name="next", region_name=REGION)
    arn = session.client("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/target/next"
    s3 = session.client("s3")
    if allowed:
        assert s3.get_object(Bucket="theirs", Key="shop/a")["Body"].read() == b"hello"
        return
    with refused("AccessDenied", "because no identity-based policy allows the s3:GetObject", 403):
        s3.get_object(Bucket="theirs", Key="shop/a")
