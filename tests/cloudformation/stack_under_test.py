"""Templates with associations, and stacks made of them: in-process or at a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws_under_test import ACCOUNT, CLUSTER, POD_TRUST, Aws, Json

import moto_eks_podid as podid

STACK = "shop"
CLOUDFORMATION = "cloudformation.amazonaws.com"
ASSOCIATION_TYPE = "AWS::EKS::PodIdentityAssociation"


def association(**properties: Any) -> Json:
    """An association's definition; a property that is None is left out."""
    given = {
        "ClusterName": CLUSTER,
        "Namespace": "shop",
        "ServiceAccount": "cart",
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/cart-reader",
        **properties,
    }
    kept = {name: value for name, value in given.items() if value is not None}
    return {"Type": ASSOCIATION_TYPE, "Properties": kept}


def cluster(**properties: Any) -> Json:
    return {
        "Type": "AWS::EKS::Cluster",
        "Properties": {
            "Name": CLUSTER,
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/cluster",
            "ResourcesVpcConfig": {"SubnetIds": ["subnet-1", "subnet-2"]},
            **properties,
        },
    }


def role(name: str = "cart-reader", trust: str = POD_TRUST) -> Json:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": name, "AssumeRolePolicyDocument": json.loads(trust)},
    }


def template(outputs: Mapping[str, Any] | None = None, /, **resources: Json) -> str:
    body: Json = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
    if outputs:
        body["Outputs"] = {name: {"Value": value} for name, value in outputs.items()}
    return json.dumps(body)


def get_att(logical_id: str, attribute: str) -> Json:
    return {"Fn::GetAtt": [logical_id, attribute]}


class Stacks:
    """The stacks, associations and records of one AWS."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.cfn = aws.client("cloudformation")
        self.eks = aws.client("eks")

    def create(self, body: str, name: str = STACK, **more: Any) -> Json:
        self.cfn.create_stack(StackName=name, TemplateBody=body, **more)
        return self.stack(name)

    def update(self, body: str, name: str = STACK, **more: Any) -> Json:
        self.cfn.update_stack(StackName=name, TemplateBody=body, **more)
        return self.stack(name)

    def delete(self, name: str = STACK) -> None:
        self.cfn.delete_stack(StackName=name)

    def stack(self, name: str = STACK) -> Json:
        [stack] = self.cfn.describe_stacks(StackName=name)["Stacks"]
        return dict(stack)

    def status(self, name: str = STACK) -> str:
        return str(self.stack(name)["StackStatus"])

    def outputs(self, name: str = STACK) -> dict[str, str]:
        listed = self.stack(name).get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in listed}

    def events(self, name: str = STACK) -> list[tuple[str, str]]:
        """Logical ids and statuses, the oldest first."""
        listed = self.cfn.describe_stack_events(StackName=name)["StackEvents"]
        return [(each["LogicalResourceId"], each["ResourceStatus"]) for each in reversed(listed)]

    def reason(self, status: str, name: str = STACK) -> str:
        """The reason of the newest event of a status."""
        listed = self.cfn.describe_stack_events(StackName=name)["StackEvents"]
        event = next(each for each in listed if each["ResourceStatus"] == status)
        return str(event["ResourceStatusReason"])

    def physical_ids(self, name: str = STACK) -> dict[str, str]:
        listed = self.cfn.describe_stack_resources(StackName=name)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}

    def associations(self, cluster_name: str = CLUSTER) -> list[Json]:
        """The associations of a cluster, described."""
        listed = self.eks.list_pod_identity_associations(clusterName=cluster_name)["associations"]
        return [
            self.eks.describe_pod_identity_association(
                clusterName=cluster_name, associationId=each["associationId"]
            )["association"]
            for each in listed
        ]

    def subjects(self, cluster_name: str = CLUSTER) -> list[tuple[str, str]]:
        """Namespace and service account of each association of a cluster, sorted."""
        listed = self.eks.list_pod_identity_associations(clusterName=cluster_name)["associations"]
        return sorted((each["namespace"], each["serviceAccount"]) for each in listed)

    def calls(self) -> list[Json]:
        """The records of CloudFormation's own calls, the oldest first."""
        records = podid.cloudtrail_records(endpoint_url=self.aws.endpoint_url)
        return [each for each in reversed(records) if each["userAgent"] == CLOUDFORMATION]

    def call_names(self) -> list[str]:
        return [record["eventName"] for record in self.calls()]
