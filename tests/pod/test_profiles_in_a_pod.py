"""An application in a pod whose AWS configuration goes on to a role of another account."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from aws_under_test import CLUSTER, OTHER_ACCOUNT, REGION, Aws, policy, statement
from botocore.exceptions import ClientError
from judged import allow, role

import moto_eks_podid as podid

NEXT = f"arn:aws:iam::{OTHER_ACCOUNT}:role/audit"


@pytest.mark.parametrize(("namespace", "allowed"), [("shop", True), ("kitchen", False)])
def test_profile_does_not_begin_with_the_pod(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, namespace: str, allowed: bool
) -> None:
    """`credential_source = EcsContainer` assumes the profile's role with the pod's credentials.

    The role of the other account tests the tags that came with them.
    """
    aws.create_cluster()
    arn = role(aws, allow("sts:AssumeRole", "sts:TagSession", on=NEXT))
    aws.associate(arn, namespace=namespace)
    trust = policy(
        statement(
            "sts:AssumeRole",
            "sts:TagSession",
            principal={"AWS": arn},
            Condition={"StringEquals": {"aws:PrincipalTag/kubernetes-namespace": "shop"}},
        )
    )
    aws.create_role("audit", trust, iam=aws.client_of_account(OTHER_ACCOUNT, "iam"))
    profile = {"role_arn": NEXT, "credential_source": "EcsContainer", "region": REGION}
    config = tmp_path / "config"
    lines = [f"{name} = {value}" for name, value in profile.items()]
    config.write_text("\n".join(["[profile audit]", *lines]))
    with podid.run_as_pod(
        CLUSTER, namespace, "cart", iam_enforcement="sessions", endpoint_url=aws.endpoint_url
    ):
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
        sts = boto3.Session(profile_name="audit").client("sts")
        if not allowed:
            with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
                sts.get_caller_identity()
            return
        identity = sts.get_caller_identity()
    assert identity["Account"] == OTHER_ACCOUNT
    assert identity["Arn"].startswith(f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/audit/")
    (session,) = aws.sessions(role_arn=NEXT)
    assert session.tags["kubernetes-service-account"] == "cart"
