"""Associations that infrastructure code makes: CloudFormation, the CDK, Terraform."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest

import moto_eks_podid as podid

REGION = "us-west-2"
SERVICES = [f"service-{number}" for number in range(10)]


def template(namespace: str) -> str:
    """A cluster, a role for pods, and an association for each of ten services."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    resources: dict[str, Any] = {
        "Cluster": {
            "Type": "AWS::EKS::Cluster",
            "Properties": {
                "Name": "prod-blue",
                "RoleArn": "arn:aws:iam::123456789012:role/cluster",
                "ResourcesVpcConfig": {"SubnetIds": ["subnet-1", "subnet-2"]},
            },
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}
            },
        },
    }
    for number, service in enumerate(SERVICES):
        resources[f"Association{number}"] = {
            "Type": "AWS::EKS::PodIdentityAssociation",
            "Properties": {
                "ClusterName": {"Ref": "Cluster"},
                "Namespace": namespace,
                "ServiceAccount": service,
                "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "Tags": [{"Key": "service", "Value": service}],
            },
        }
    arns = {
        f"Arn{number}": {"Value": {"Ref": f"Association{number}"}}
        for number in range(len(SERVICES))
    }
    return json.dumps({"Resources": resources, "Outputs": arns})


def namespaces(eks: Any) -> list[str]:
    """The namespace of each association."""
    listed = eks.list_pod_identity_associations(clusterName="prod-blue")["associations"]
    return [association["namespace"] for association in listed]


@podid.mock_aws
def test_ten_associations() -> None:
    """A stack with ten associations is made, changed and deleted."""
    cloudformation = boto3.client("cloudformation", REGION)
    eks = boto3.client("eks", REGION)

    cloudformation.create_stack(StackName="shop", TemplateBody=template("test"))
    [stack] = cloudformation.describe_stacks(StackName="shop")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert namespaces(eks) == ["test"] * 10

    # A pod of any of them gets credentials.
    token = podid.service_account_token("prod-blue", "test", "service-7")
    answer = boto3.client("eks-auth", REGION).assume_role_for_pod_identity(
        clusterName="prod-blue", token=token
    )
    arns = {output["OutputValue"] for output in stack["Outputs"]}
    assert answer["podIdentityAssociation"]["associationArn"] in arns

    # Another namespace replaces all ten: the new ones are made before the old ones go.
    cloudformation.update_stack(StackName="shop", TemplateBody=template("prod"))
    assert namespaces(eks) == ["prod"] * 10

    # A namespace that EKS refuses changes nothing, and the stack's events say why.
    cloudformation.update_stack(StackName="shop", TemplateBody=template("Prod!"))
    [stack] = cloudformation.describe_stacks(StackName="shop")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert namespaces(eks) == ["prod"] * 10
    events = cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
    [failed] = [event for event in events if event["ResourceStatus"] == "UPDATE_FAILED"]
    assert "The parameter namespace contains invalid characters." in failed["ResourceStatusReason"]

    cloudformation.delete_stack(StackName="shop")
    assert eks.list_clusters()["clusters"] == []


@podid.mock_aws
def test_who_made_the_association() -> None:
    """CloudTrail tells CloudFormation's calls from the user's."""
    cloudformation = boto3.client("cloudformation", REGION)
    cloudformation.create_stack(StackName="shop", TemplateBody=template("shop"))

    record = podid.cloudtrail_records(event_name="CreatePodIdentityAssociation")[0]
    assert record["userIdentity"]["arn"] == "arn:aws:iam::123456789012:user/moto"
    assert record["userIdentity"]["invokedBy"] == "cloudformation.amazonaws.com"
    assert record["sourceIPAddress"] == "cloudformation.amazonaws.com"


TERRAFORM = """
provider "aws" {
  region                      = "us-west-2"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  endpoints {
    eks = "http://127.0.0.1:5000"
    iam = "http://127.0.0.1:5000"
    sts = "http://127.0.0.1:5000"
  }
}

resource "aws_iam_role" "cart" {
  name = "cart-reader"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
    }]
  })
}

resource "aws_eks_pod_identity_association" "cart" {
  cluster_name    = "prod-blue"
  namespace       = "shop"
  service_account = "cart"
  role_arn        = aws_iam_role.cart.arn
}

resource "aws_eks_addon" "volumes" {
  cluster_name = "prod-blue"
  addon_name   = "aws-ebs-csi-driver"

  pod_identity_association {
    role_arn        = aws_iam_role.cart.arn
    service_account = "ebs-csi-controller-sa"
  }
}
# The end of the file.
"""


@pytest.mark.skipif(shutil.which("terraform") is None, reason="needs terraform")
def test_terraform_file_does_not_parse(tmp_path: Path) -> None:
    """The Terraform file is well formed, and written as `terraform fmt` writes it."""
    (tmp_path / "main.tf").write_text(TERRAFORM.lstrip())
    subprocess.run(["terraform", "fmt", "-check"], cwd=tmp_path, check=True, timeout=60)
