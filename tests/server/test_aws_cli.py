"""The real `aws` command line against the server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from aws_under_test import (
    ACCOUNT,
    CLUSTER,
    OTHER_ACCOUNT,
    POD_TRUST,
    REGION,
    Aws,
    policy,
    statement,
)
from shell import Shell, exported

import moto_eks_podid as podid

SESSION_POLICY = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
IRSA_AUDIENCE = "sts.amazonaws.com"


def token(shell: Shell, *options: str) -> str:
    """What `$(moto-eks-podid token …)` expands to."""
    return shell.printed(
        sys.executable,
        *("-m", "moto_eks_podid", "token", CLUSTER, "shop", "cart"),
        *("--endpoint-url", shell.url, *options),
    )


def create_cluster(shell: Shell) -> Any:
    return shell.aws(
        *("eks", "create-cluster", "--name", CLUSTER),
        *("--role-arn", f"arn:aws:iam::{ACCOUNT}:role/cluster"),
        *("--resources-vpc-config", "subnetIds=subnet-1,subnet-2"),
    )["cluster"]


def create_role(shell: Shell, trust: str = POD_TRUST, name: str = "cart-reader") -> str:
    answer = shell.aws(
        *("iam", "create-role", "--role-name", name, "--assume-role-policy-document", trust)
    )
    return str(answer["Role"]["Arn"])


def test_pod_gets_no_credentials(shell: Shell) -> None:
    """From create-cluster to get-caller-identity, as somebody types it."""
    create_cluster(shell)
    role = create_role(shell)
    association = shell.aws(
        *("eks", "create-pod-identity-association", "--cluster-name", CLUSTER),
        *("--namespace", "shop", "--service-account", "cart", "--role-arn", role),
    )["association"]

    answer = shell.aws(
        *("eks-auth", "assume-role-for-pod-identity", "--cluster-name", CLUSTER),
        *("--token", token(shell, "--pod-name", "cart-7c9d6b5f4-x2k9m")),
    )
    assert list(answer) == [
        "subject",
        "audience",
        "podIdentityAssociation",
        "assumedRoleUser",
        "credentials",
    ]
    assert answer["subject"] == {"namespace": "shop", "serviceAccount": "cart"}
    assert answer["podIdentityAssociation"]["associationId"] == association["associationId"]

    who = shell.aws("sts", "get-caller-identity", environ=exported(answer["credentials"]))
    assert who["Account"] == ACCOUNT
    assert who["Arn"] == answer["assumedRoleUser"]["arn"]
    assert who["Arn"].startswith(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/cart-reader/eks-{CLUSTER}-cart-7c9d6-"
    )


def test_file_of_a_token_is_no_header(shell: Shell, tmp_path: Path) -> None:
    """A token that was printed into a file is the file that an SDK in a pod reads."""
    create_cluster(shell)
    role = create_role(shell)
    shell.aws(
        *("eks", "create-pod-identity-association", "--cluster-name", CLUSTER),
        *("--namespace", "shop", "--service-account", "cart", "--role-arn", role),
    )
    file = tmp_path / "token"
    file.write_text(token(shell))
    with podid.PodIdentityAgent(CLUSTER, endpoint_url=shell.url) as agent:
        pod = {
            "AWS_ACCESS_KEY_ID": "",
            "AWS_SECRET_ACCESS_KEY": "",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": agent.url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file),
        }
        who = shell.aws("sts", "get-caller-identity", environ=pod)
    assert f":assumed-role/cart-reader/eks-{CLUSTER}-" in who["Arn"]


def test_prompt_stands_behind_the_token(shell: Shell) -> None:
    """At a terminal the token is a line."""
    create_cluster(shell)
    ours, terminal = os.openpty()
    command = (sys.executable, "-m", "moto_eks_podid", "token", CLUSTER, "shop", "cart")
    subprocess.run(command, stdout=terminal, env=shell.environ, timeout=60, check=True)
    with open(ours, "rb", buffering=0) as screen:
        shown = screen.read(65_536)
    os.close(terminal)
    assert shown.endswith(b"\r\n")


def test_association_commands_differ(shell: Shell) -> None:
    """Create with every option, describe, update, list and delete, with what AWS answers."""
    create_cluster(shell)
    role = create_role(shell)
    other_role = create_role(shell, name="other")
    target = f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"
    made = shell.aws(
        *("eks", "create-pod-identity-association", "--cluster-name", CLUSTER),
        *("--namespace", "shop", "--service-account", "cart", "--role-arn", role),
        *("--tags", "team=cart,stage=test", "--target-role-arn", target),
        *("--disable-session-tags", "--policy", SESSION_POLICY),
        *("--client-request-token", "once"),
    )["association"]
    assert made["tags"] == {"team": "cart", "stage": "test"}
    assert made["targetRoleArn"] == target
    assert made["externalId"] == f"{REGION}/{ACCOUNT}/{CLUSTER}/shop/cart"
    assert made["disableSessionTags"] is True
    assert made["policy"] == SESSION_POLICY
    which = ("--cluster-name", CLUSTER, "--association-id", made["associationId"])

    described = shell.aws("eks", "describe-pod-identity-association", *which)["association"]
    assert described == made

    updated = shell.aws(
        *("eks", "update-pod-identity-association", *which),
        *("--role-arn", other_role, "--target-role-arn", "", "--policy", ""),
        "--no-disable-session-tags",
    )["association"]
    assert updated["roleArn"] == other_role
    assert updated["disableSessionTags"] is False
    assert not {"targetRoleArn", "externalId", "policy"} & set(updated)

    listed = shell.aws("eks", "list-pod-identity-associations", "--cluster-name", CLUSTER)
    assert listed["associations"] == [
        {
            name: made[name]
            for name in (
                "clusterName",
                "namespace",
                "serviceAccount",
                "associationArn",
                "associationId",
            )
        }
    ]

    deleted = shell.aws("eks", "delete-pod-identity-association", *which)["association"]
    assert {**deleted, "modifiedAt": 0} == {**updated, "modifiedAt": 0}
    listed = shell.aws("eks", "list-pod-identity-associations", "--cluster-name", CLUSTER)
    assert listed == {"associations": []}


def test_listing_loses_pages(shell: Shell) -> None:
    """--page-size pages behind the user's back; --max-items hands out a token to go on with."""
    create_cluster(shell)
    role = create_role(shell)
    eks = Aws(endpoint_url=shell.url).client("eks")
    for number in range(7):
        eks.create_pod_identity_association(
            clusterName=CLUSTER, namespace="shop", serviceAccount=f"cart-{number}", roleArn=role
        )
    listing = ("eks", "list-pod-identity-associations", "--cluster-name", CLUSTER)
    everyone = [f"cart-{number}" for number in range(7)]

    paged = shell.aws(*listing, "--page-size", "3")
    assert [entry["serviceAccount"] for entry in paged["associations"]] == everyone

    first = shell.aws(*listing, "--max-items", "4", "--page-size", "3")
    assert [entry["serviceAccount"] for entry in first["associations"]] == everyone[:4]
    rest = shell.aws(*listing, "--starting-token", first["NextToken"], "--page-size", "3")
    assert [entry["serviceAccount"] for entry in rest["associations"]] == everyone[4:]
    assert "NextToken" not in rest

    one = shell.aws(*listing, "--namespace", "shop", "--service-account", "cart-5")
    assert [entry["serviceAccount"] for entry in one["associations"]] == ["cart-5"]


def test_tag_commands_miss_associations(shell: Shell) -> None:
    """tag-resource, list-tags-for-resource and untag-resource take an association's ARN."""
    create_cluster(shell)
    made = shell.aws(
        *("eks", "create-pod-identity-association", "--cluster-name", CLUSTER),
        *("--namespace", "shop", "--service-account", "cart", "--role-arn", create_role(shell)),
        *("--tags", "team=cart"),
    )["association"]
    which = ("--resource-arn", made["associationArn"])
    assert shell.aws("eks", "tag-resource", *which, "--tags", "stage=test,team=till") is None
    assert shell.aws("eks", "list-tags-for-resource", *which) == {
        "tags": {"team": "till", "stage": "test"}
    }
    assert shell.aws("eks", "untag-resource", *which, "--tag-keys", "team", "missing") is None
    assert shell.aws("eks", "list-tags-for-resource", *which) == {"tags": {"stage": "test"}}


def test_web_identity_fails(shell: Shell) -> None:
    """IRSA: assume-role-with-web-identity with the cluster's token, without any credentials."""
    issuer = create_cluster(shell)["identity"]["oidc"]["issuer"]
    provider = shell.aws(
        *("iam", "create-open-id-connect-provider", "--url", issuer),
        *("--client-id-list", IRSA_AUDIENCE, "--thumbprint-list", "0" * 40),
    )["OpenIDConnectProviderArn"]
    name = issuer.removeprefix("https://")
    trust = policy(
        statement(
            "sts:AssumeRoleWithWebIdentity",
            principal={"Federated": provider},
            Condition={
                "StringEquals": {
                    f"{name}:sub": "system:serviceaccount:shop:cart",
                    f"{name}:aud": IRSA_AUDIENCE,
                }
            },
        )
    )
    role = create_role(shell, trust)
    answer = shell.aws(
        *("sts", "assume-role-with-web-identity", "--role-arn", role),
        *("--role-session-name", "cart"),
        *("--web-identity-token", token(shell, "--audience", IRSA_AUDIENCE)),
        environ={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
    )
    assert answer["SubjectFromWebIdentityToken"] == "system:serviceaccount:shop:cart"
    assert answer["Provider"] == provider
    assert answer["Audience"] == IRSA_AUDIENCE
    who = shell.aws("sts", "get-caller-identity", environ=exported(answer["Credentials"]))
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/cart-reader/cart"


def test_errors_read_differently(shell: Shell) -> None:
    """The CLI prints the code, the operation and the message of each refusal."""
    create_cluster(shell)
    role = create_role(shell)
    create = (
        *("eks", "create-pod-identity-association", "--cluster-name", CLUSTER),
        *("--namespace", "shop", "--service-account", "cart", "--role-arn", role),
    )
    assume = ("eks-auth", "assume-role-for-pod-identity", "--cluster-name", CLUSTER, "--token")
    presented = token(shell)

    def error(code: str, operation: str, message: str) -> str:
        return f"An error occurred ({code}) when calling the {operation} operation: {message}"

    assert shell.refused(*assume, presented) == error(
        "ResourceNotFoundException",
        "AssumeRoleForPodIdentity",
        "The token included in the request has no service account role association for it.",
    )
    made = shell.aws(*create)["association"]
    assert shell.refused(*create) == error(
        "ResourceInUseException",
        "CreatePodIdentityAssociation",
        f"Association already exists: {made['associationId']}",
    )
    assert shell.refused(
        "eks", "list-pod-identity-associations", "--cluster-name", "nowhere"
    ) == error(
        "ResourceNotFoundException",
        "ListPodIdentityAssociations",
        "No cluster found for name: nowhere.",
    )
    shell.aws("iam", "delete-role", "--role-name", "cart-reader")
    assert shell.refused(*assume, presented) == error(
        "AccessDeniedException",
        "AssumeRoleForPodIdentity",
        "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
    )
