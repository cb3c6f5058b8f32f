"""The calls of `eksctl create podidentityassociation`, and the `aws eks wait` commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, Aws, Json
from shell import Shell

from tests.cloudformation.stack_under_test import Stacks

ROLE_STACK = f"eksctl-{CLUSTER}-podidentityrole-shop-cart"

#: The stack that eksctl makes for the role.
ROLE_TEMPLATE: Json = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "IAM role for pod identity association [created and managed by eksctl]",
    "Resources": {
        "Role1": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Statement": [
                        {
                            "Action": ["sts:AssumeRole", "sts:TagSession"],
                            "Effect": "Allow",
                            "Principal": {"Service": ["pods.eks.amazonaws.com"]},
                        }
                    ],
                    "Version": "2012-10-17",
                },
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
            },
        }
    },
    "Outputs": {"Role1": {"Value": {"Fn::GetAtt": ["Role1", "Arn"]}}},
}


def test_eksctl_cannot_make_an_association(aws: Aws, empty: Stacks) -> None:
    """Stack for the role, wait, association; pods get credentials; then all is deleted again."""
    aws.create_cluster()
    subject = {"clusterName": CLUSTER, "namespace": "shop", "serviceAccount": "cart"}
    assert aws.client("sts").get_caller_identity()["Account"] == ACCOUNT
    assert empty.eks.describe_cluster(name=CLUSTER)["cluster"]["status"] == "ACTIVE"
    empty.cfn.create_stack(
        StackName=ROLE_STACK,
        TemplateBody=json.dumps(ROLE_TEMPLATE),
        Capabilities=["CAPABILITY_IAM"],
        Tags=[
            {"Key": "alpha.eksctl.io/cluster-name", "Value": CLUSTER},
            {"Key": "alpha.eksctl.io/podidentityassociation-name", "Value": "shop/cart"},
        ],
    )
    empty.cfn.get_waiter("stack_create_complete").wait(StackName=ROLE_STACK)
    made = empty.eks.create_pod_identity_association(
        **subject, roleArn=empty.outputs(ROLE_STACK)["Role1"]
    )["association"]

    assert aws.assume()["podIdentityAssociation"]["associationArn"] == made["associationArn"]
    [call] = empty.calls()
    assert call["eventName"] == "CreateRole"
    assert call["responseElements"]["role"]["arn"] == made["roleArn"]

    [listed] = empty.eks.list_pod_identity_associations(**subject)["associations"]
    of_association = {"clusterName": CLUSTER, "associationId": listed["associationId"]}
    described = empty.eks.describe_pod_identity_association(**of_association)["association"]
    assert described["roleArn"] == made["roleArn"]
    empty.eks.delete_pod_identity_association(**of_association)
    empty.delete(ROLE_STACK)
    assert empty.associations() == []
    assert aws.client("iam").list_roles()["Roles"] == []


NODES = {"clusterName": CLUSTER, "nodegroupName": "nodes"}
PROFILE = {"clusterName": CLUSTER, "fargateProfileName": "pods"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/nodes"


def make_nodes(eks: Any) -> None:
    eks.create_nodegroup(**NODES, nodeRole=ROLE, subnets=["subnet-1"])


def make_profile(eks: Any) -> None:
    eks.create_fargate_profile(
        **PROFILE, podExecutionRoleArn=ROLE, selectors=[{"namespace": "shop"}]
    )


def delete_cluster(eks: Any) -> None:
    eks.delete_cluster(name=CLUSTER)


def nothing(_: Any) -> None:
    """Wait for what is not there."""


OF_NODES = ("--cluster-name", CLUSTER, "--nodegroup-name", "nodes")
OF_PROFILE = ("--cluster-name", CLUSTER, "--fargate-profile-name", "pods")

#: Waiter -> what happens before, and the command's options.
WAITERS: dict[str, tuple[Callable[[Any], None], tuple[str, ...]]] = {
    "cluster-active": (nothing, ("--name", CLUSTER)),
    "cluster-deleted": (delete_cluster, ("--name", CLUSTER)),
    "nodegroup-active": (make_nodes, OF_NODES),
    "nodegroup-deleted": (nothing, OF_NODES),
    "fargate-profile-active": (make_profile, OF_PROFILE),
    "fargate-profile-deleted": (nothing, OF_PROFILE),
}


@pytest.mark.parametrize("waiter", WAITERS)
def test_command_waits_for_ever(server_aws: Aws, shell: Shell, waiter: str) -> None:
    """`aws eks wait` ends at once for what is as it is waited for."""
    server_aws.create_cluster()
    before, options = WAITERS[waiter]
    before(server_aws.client("eks"))
    assert shell.aws("eks", "wait", waiter, *options) is None
