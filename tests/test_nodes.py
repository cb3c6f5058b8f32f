"""Sessions of nodes: whose role, named how, renewed when."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws, policy, statement

from moto_eks_podid import remote
from moto_eks_podid.nodes import NodeSession, node_session

NODE = "i-0abc1234def567890"


def session(aws: Aws, cluster: str = CLUSTER, **more: Any) -> NodeSession:
    return node_session(cluster, NODE, endpoint_url=aws.endpoint_url, **more)


def test_node_is_somebody_else(aws: Aws) -> None:
    """A node's credentials are those of its role, in a session named like the instance."""
    aws.create_cluster()
    made = session(aws)
    assert made.region == REGION
    assert made.role_arn == f"arn:aws:iam::{ACCOUNT}:role/eks-node-{CLUSTER}"
    sts = aws.client(
        "sts",
        aws_access_key_id=made.access_key_id,
        aws_secret_access_key=made.secret_access_key,
        aws_session_token=made.session_token,
    )
    arn = sts.get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/eks-node-{CLUSTER}/{NODE}"
    [recorded] = aws.sessions(access_key_id=made.access_key_id)
    assert (recorded.expires_at - recorded.issued_at).total_seconds() == 6 * 3600


def test_made_role_may_do_more(aws: Aws) -> None:
    """The role that is made is EC2's, and has one permission."""
    aws.create_cluster()
    session(aws)
    iam = aws.client("iam")
    name = f"eks-node-{CLUSTER}"
    role = iam.get_role(RoleName=name)["Role"]
    [trusted] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "ec2.amazonaws.com"}
    [inline] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"]
    [allowed] = document["Statement"]
    assert allowed["Action"] == ["eks-auth:AssumeRoleForPodIdentity"]


def test_role_that_was_changed_is_made_anew(aws: Aws) -> None:
    """A role that is there stays as it is: a test may take its permission away."""
    aws.create_cluster()
    session(aws)
    iam = aws.client("iam")
    iam.delete_role_policy(RoleName=f"eks-node-{CLUSTER}", PolicyName="eks-auth")
    session(aws)
    assert iam.list_role_policies(RoleName=f"eks-node-{CLUSTER}")["PolicyNames"] == []


@pytest.mark.parametrize("by", ["name", "arn"])
def test_named_role_is_not_taken(aws: Aws, by: str) -> None:
    """A role is named by its name or its ARN, and nothing is made."""
    aws.create_cluster()
    arn = aws.create_role("mine", policy(statement(principal={"Service": "ec2.amazonaws.com"})))
    assert session(aws, role=arn if by == "arn" else "mine").role_arn == arn
    assert [role["RoleName"] for role in aws.client("iam").list_roles()["Roles"]] == ["mine"]


def test_good_session_is_replaced(aws: Aws) -> None:
    """A session stays until it has five minutes left, its role is another, or it is unknown."""
    aws.create_cluster()
    first = session(aws)
    assert session(aws, current=first) == first
    other = aws.create_role("mine", policy(statement(principal={"Service": "ec2.amazonaws.com"})))
    assert session(aws, role=other, current=first) != first
    aws.shift(6 * 3600 - 310)
    assert session(aws, current=first) == first
    aws.shift(6 * 3600 - 290)
    second = session(aws, current=first)
    assert second.access_key_id != first.access_key_id


def test_cluster_that_moves_leaves_its_node_behind(aws: Aws) -> None:
    """The region is the cluster's; without a cluster it is the given one, or the default."""
    first = session(aws)
    assert first.region == "us-east-1"
    assert session(aws, region="eu-west-1").region == "eu-west-1"
    assert session(aws, region="cn-north-1").role_arn.startswith("arn:aws-cn:iam::")
    assert f"::{OTHER_ACCOUNT}:" in session(aws, account_id=OTHER_ACCOUNT).role_arn
    aws.create_cluster()
    moved = session(aws, current=first)
    assert (moved.region, moved.access_key_id) == (REGION, first.access_key_id)


def test_long_name_makes_no_role(aws: Aws) -> None:
    """A role's name has at most 64 characters, a cluster's 100."""
    name = "c" * 100
    aws.create_cluster(name)
    made = session(aws, name)
    assert made.role_arn.rpartition("/")[2] == f"eks-node-{'c' * 55}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"role": "nobody"}, "There is no role arn:aws:iam::"),
        ({"role": "arn:garbage"}, "There is no role arn:garbage"),
        ({"region": "nowhere"}, "'nowhere' cannot be the region"),
        ({"account_id": "123"}, "'123' cannot be the account_id"),
    ],
)
def test_impossible_node_is_made(aws: Aws, arguments: dict[str, str], message: str) -> None:
    """What cannot be is refused, and makes nothing."""
    aws.create_cluster()
    with pytest.raises(ValueError, match=message):
        session(aws, **arguments)
    assert aws.client("iam").list_roles()["Roles"] == []


@pytest.mark.parametrize("instance_id", ["", "i", "i-/../x", "i" * 65, "i-\n"])
def test_instance_id_is_no_session_name(aws: Aws, instance_id: str) -> None:
    """An instance's id has to do as a session's name."""
    with pytest.raises(ValueError, match="cannot be the instance_id"):
        node_session(CLUSTER, instance_id, endpoint_url=aws.endpoint_url)


def test_endpoint_needs_an_instance(server_aws: Aws) -> None:
    """Over HTTP, a cluster's name is enough."""
    server_aws.create_cluster()
    assert server_aws.endpoint_url
    answer = remote.call(server_aws.endpoint_url, "POST", "/nodes", {"cluster": CLUSTER})
    assert json.dumps(answer).count("ASIA") == 1
