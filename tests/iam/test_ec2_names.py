"""Resources of EC2 are judged as what they are, whatever a call names them by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_under_test import Aws, Json
from judged import allow, deny, judge, pod, refused, role

OTHERS = {"StringEquals": {"aws:ResourceTag/owner": "other"}}


def _tagged(kind: str) -> Json:
    tags = [{"Key": "owner", "Value": "other"}]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]}


def _network(ec2: Any) -> tuple[str, str]:
    vpc: str = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]


def _address(ec2: Any) -> Json:
    return {"PublicIp": ec2.allocate_address(Domain="vpc", **_tagged("elastic-ip"))["PublicIp"]}


def _associated_address(ec2: Any) -> Json:
    _, subnet = _network(ec2)
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    associated = ec2.associate_address(
        **_address(ec2), NetworkInterfaceId=interface["NetworkInterfaceId"]
    )
    return {"AssociationId": associated["AssociationId"]}


def _key(ec2: Any) -> Json:
    return {"KeyPairId": ec2.create_key_pair(KeyName="key", **_tagged("key-pair"))["KeyPairId"]}


def _template(ec2: Any) -> Json:
    data = {"ImageId": "ami-12345678"}
    ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData=data, **_tagged("launch-template")
    )
    return {"LaunchTemplateName": "web"}


def _instance(ec2: Any) -> Json:
    return {"MinCount": 1, "MaxCount": 1, "LaunchTemplate": _template(ec2)}


def _route_table(ec2: Any) -> Json:
    vpc, subnet = _network(ec2)
    table = ec2.create_route_table(VpcId=vpc, **_tagged("route-table"))["RouteTable"]
    associated = ec2.associate_route_table(RouteTableId=table["RouteTableId"], SubnetId=subnet)
    return {"AssociationId": associated["AssociationId"]}


def _moved_subnet(ec2: Any) -> Json:
    vpc, _ = _network(ec2)
    own = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    return {**_route_table(ec2), "RouteTableId": own}


def _access_list(ec2: Any) -> Json:
    vpc, _ = _network(ec2)
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    (old,) = ec2.describe_network_acls(Filters=of_vpc)["NetworkAcls"]
    ec2.create_tags(Resources=[old["NetworkAclId"]], Tags=[{"Key": "owner", "Value": "other"}])
    own = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    association = old["Associations"][0]["NetworkAclAssociationId"]
    return {"AssociationId": association, "NetworkAclId": own}


def _group(ec2: Any) -> Json:
    ec2.create_security_group(GroupName="web", Description="-", **_tagged("security-group"))
    return {"GroupName": "web"}


#: Operation -> what makes what is not the pod's, and returns the parameters that name it.
NAMED: dict[str, Callable[[Any], Json]] = {
    "create_launch_template_version": lambda ec2: {**_template(ec2), "LaunchTemplateData": {}},
    "delete_key_pair": _key,
    "delete_launch_template": _template,
    "delete_security_group": _group,
    "disassociate_address": _associated_address,
    "disassociate_route_table": _route_table,
    "modify_launch_template": _template,
    "release_address": _address,
    "replace_network_acl_association": _access_list,
    "replace_route_table_association": _moved_subnet,
    "run_instances": _instance,
}


@pytest.mark.parametrize("operation", NAMED)
def test_another_name_hides_whose_it_is(aws: Aws, operation: str) -> None:
    """What is named by something else than its id is judged with its tags all the same."""
    parameters = NAMED[operation](aws.client("ec2"))
    credentials = pod(aws, role(aws, allow("ec2:*"), deny("ec2:*", **OTHERS)))
    judge(aws)
    with refused("UnauthorizedOperation", "with an explicit deny", 403):
        getattr(aws.client_with(credentials, "ec2"), operation)(**parameters)


def test_own_template_is_not_found_by_its_name(aws: Aws) -> None:
    """A policy for one launch template covers it by name, and no other."""
    ec2 = aws.client("ec2")
    made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": "i"})
    own = f"arn:aws:ec2:*:*:launch-template/{made['LaunchTemplate']['LaunchTemplateId']}"
    credentials = pod(aws, role(aws, allow("ec2:DeleteLaunchTemplate", on=own)))
    judge(aws)
    client = aws.client_with(credentials, "ec2")
    with refused("UnauthorizedOperation", "launch-template/other because", 403):
        client.delete_launch_template(LaunchTemplateName="other")
    client.delete_launch_template(LaunchTemplateName="web")
