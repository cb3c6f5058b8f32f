"""SDKs of other languages in a pod: they find credentials by themselves, and are judged."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, Aws
from judged import allow, bucket, role

import moto_eks_podid as podid
from tests.programs.installed_programs import built

#: Language -> commands that build the program in its folder, and the one that runs it.
PROGRAMS: Mapping[str, tuple[Sequence[Sequence[str]], Sequence[str]]] = {
    "javascript": ([["npm", "install", "--no-audit", "--no-fund"]], ["node", "pod.mjs"]),
    "go": ([["go", "build", "-o", "pod", "."]], ["./pod"]),
    "java": (
        [["mvn", "--batch-mode", "--quiet", "package"]],
        ["java", "-cp", "target/pod.jar:target/dependency/*", "pod.Main"],
    ),
}


@pytest.fixture(scope="module", params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> tuple[Path, Sequence[str]]:
    commands, run = PROGRAMS[request.param]
    return built(request.param, *commands), run


def run(program: tuple[Path, Sequence[str]], environ: Mapping[str, str]) -> Any:
    folder, command = program
    done = subprocess.run(
        [*command, "goods", CLUSTER],
        cwd=folder,
        env=dict(environ),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_sdk_does_not_find_the_pod(server_aws: Aws, program: tuple[Path, Sequence[str]]) -> None:
    """An SDK gets the pod's credentials, reads what they allow, and tells what AWS tells."""
    aws = server_aws
    s3 = bucket(aws, "goods")
    for key in ("own", "other"):
        s3.put_object(Bucket="goods", Key=key, Body=f"of {key}".encode())
    arn = role(
        aws,
        allow("s3:GetObject", on="arn:aws:s3:::goods/own"),
        allow("eks:ListPodIdentityAssociations"),
    )
    aws.create_cluster()
    aws.associate(arn)
    with podid.run_as_pod(
        CLUSTER, "shop", "cart", iam_enforcement="sessions", endpoint_url=aws.endpoint_url
    ) as pod:
        said = run(program, pod.environ)
        (session,) = aws.sessions(access_key_id=said["accessKeyId"])
    assert said["arn"] == session.arn
    assert said["own"] == "of own"
    assert said["other"] == (
        f"AccessDenied: User: {session.arn} is not authorized to perform: s3:GetObject on "
        'resource: "arn:aws:s3:::goods/other" because no identity-based policy allows the '
        "s3:GetObject action"
    )
    assert said["associations"] == ["cart"]
    assert session.arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/cart-reader/eks-")
    origin = podid.trace(said["accessKeyId"], endpoint_url=aws.endpoint_url)
    assert origin is not None
    assert (origin.namespace, origin.service_account) == ("shop", "cart")
