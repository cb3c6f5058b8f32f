"""EKS add-ons, and the pod identity associations that they own."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import moto_eks_podid as podid

REGION = "us-west-2"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ],
}


def a_cluster_and_a_role() -> tuple[Any, str]:
    role = boto3.client("iam", REGION).create_role(
        RoleName="storage", AssumeRolePolicyDocument=json.dumps(TRUST)
    )["Role"]["Arn"]
    eks = boto3.client("eks", REGION)
    eks.create_cluster(name="prod-blue", version="1.33", roleArn=role, resourcesVpcConfig={})
    return eks, role


@podid.mock_aws
def test_an_addon_with_a_role() -> None:
    eks, role = a_cluster_and_a_role()

    # Which version is the default, and which service account wants which policies?
    [addon] = eks.describe_addon_versions(addonName="aws-ebs-csi-driver", kubernetesVersion="1.33")[
        "addons"
    ]
    version = next(
        each["addonVersion"]
        for each in addon["addonVersions"]
        if each["compatibilities"][0]["defaultVersion"]
    )
    [wanted] = eks.describe_addon_configuration(
        addonName="aws-ebs-csi-driver", addonVersion=version
    )["podIdentityConfiguration"]
    assert wanted["serviceAccount"] == "ebs-csi-controller-sa"

    made = eks.create_addon(
        clusterName="prod-blue",
        addonName="aws-ebs-csi-driver",
        addonVersion=version,
        podIdentityAssociations=[{"serviceAccount": "ebs-csi-controller-sa", "roleArn": role}],
        configurationValues="controller: {replicaCount: 1}",
    )["addon"]
    assert made["status"] == "CREATING"
    eks.get_waiter("addon_active").wait(clusterName="prod-blue", addonName="aws-ebs-csi-driver")

    # The association belongs to the add-on, and serves its pods.
    [association] = eks.list_pod_identity_associations(clusterName="prod-blue")["associations"]
    assert association["ownerArn"] == made["addonArn"]
    token = podid.service_account_token("prod-blue", "kube-system", "ebs-csi-controller-sa")
    answer = boto3.client("eks-auth", REGION).assume_role_for_pod_identity(
        clusterName="prod-blue", token=token
    )
    assert answer["assumedRoleUser"]["arn"].startswith(
        "arn:aws:sts::123456789012:assumed-role/storage/"
    )


@podid.mock_aws
def test_an_addon_changes_and_goes() -> None:
    eks, role = a_cluster_and_a_role()
    name = {"clusterName": "prod-blue", "addonName": "aws-efs-csi-driver"}
    controller = {"serviceAccount": "efs-csi-controller-sa", "roleArn": role}
    node = {"serviceAccount": "efs-csi-node-sa", "roleArn": role}
    eks.create_addon(**name, podIdentityAssociations=[controller])

    def service_accounts() -> list[str]:
        listed = eks.list_pod_identity_associations(clusterName="prod-blue")["associations"]
        return [association["serviceAccount"] for association in listed]

    # A list is all that the add-on is to own afterwards; without one, nothing changes.
    update = eks.update_addon(**name, podIdentityAssociations=[node])["update"]
    assert update["status"] == "InProgress"
    eks.update_addon(**name, resolveConflicts="PRESERVE")
    assert service_accounts() == ["efs-csi-node-sa"]

    # The associations go with the add-on, unless they are preserved.
    eks.delete_addon(**name, preserve=True)
    assert service_accounts() == ["efs-csi-node-sa"]
    with pytest.raises(ClientError, match="Association already exists"):
        eks.create_addon(**name, podIdentityAssociations=[node])


@podid.mock_aws
def test_an_addon_that_takes_no_role() -> None:
    eks, role = a_cluster_and_a_role()
    with pytest.raises(ClientError) as refused:
        eks.create_addon(
            clusterName="prod-blue",
            addonName="amazon-cloudwatch-observability",
            podIdentityAssociations=[{"serviceAccount": "amazon-cloudwatch", "roleArn": role}],
        )
    assert refused.value.response["Error"]["Message"] == (
        "Service account amazon-cloudwatch in pod identity configuration is not supported for "
        "addon amazon-cloudwatch-observability"
    )
