"""Which operations of Amazon EC2 are about which kinds of resources: the data of its table.

Operations that are not listed have no resources, as most that describe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Kind of resource -> the parameters that name some. A dot leads into a structure, or into each of
#: a list.
PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "any": ("Resources", "ResourceIds"),
    "carrier-gateway": ("CarrierGatewayId",),
    "customer-gateway": ("CustomerGatewayId",),
    "dedicated-host": ("HostIds",),
    "dhcp-options": ("DhcpOptionsId",),
    "egress-only-internet-gateway": ("EgressOnlyInternetGatewayId",),
    "elastic-ip": ("AllocationId",),
    "fleet": ("FleetId", "FleetIds"),
    "image": ("ImageId", "SourceImageId"),
    "instance": ("InstanceId", "InstanceIds", "InstanceSpecification.InstanceId"),
    "internet-gateway": ("InternetGatewayId",),
    "key-pair": ("KeyName",),
    "launch-template": ("LaunchTemplateId", "LaunchTemplate.LaunchTemplateId"),
    "natgateway": ("NatGatewayId",),
    "network-acl": ("NetworkAclId",),
    "network-interface": ("NetworkInterfaceId",),
    "prefix-list": ("PrefixListId",),
    "route-table": ("RouteTableId", "RouteTableIds", "AddRouteTableIds", "RemoveRouteTableIds"),
    "security-group": (
        "GroupId",
        "GroupIds",
        "Groups",
        "SecurityGroupIds",
        "AddSecurityGroupIds",
        "RemoveSecurityGroupIds",
    ),
    "security-group-rule": ("SecurityGroupRules.SecurityGroupRuleId",),
    "snapshot": ("SnapshotId", "SourceSnapshotId"),
    "spot-fleet-request": ("SpotFleetRequestId", "SpotFleetRequestIds"),
    "spot-instances-request": ("SpotInstanceRequestIds",),
    "subnet": ("SubnetId", "SubnetIds", "AddSubnetIds", "RemoveSubnetIds"),
    "traffic-mirror-filter": ("TrafficMirrorFilterId",),
    "traffic-mirror-session": ("TrafficMirrorSessionId",),
    "traffic-mirror-target": ("TrafficMirrorTargetId",),
    "transit-gateway": ("TransitGatewayId",),
    "transit-gateway-attachment": ("TransitGatewayAttachmentId",),
    "transit-gateway-route-table": ("TransitGatewayRouteTableId",),
    "volume": ("VolumeId",),
    "vpc": ("VpcId",),
    "vpc-endpoint": ("VpcEndpointId", "VpcEndpointIds"),
    "vpc-endpoint-service": ("ServiceId", "ServiceIds"),
    "vpc-flow-log": ("FlowLogIds",),
    "vpc-peering-connection": ("VpcPeeringConnectionId",),
    "vpn-connection": ("VpnConnectionId",),
    "vpn-gateway": ("VpnGatewayId",),
}

#: Kinds whose ARNs name no account: others may share them.
WITHOUT_ACCOUNT: Final = frozenset({"image", "snapshot"})

#: How the ids of resources begin -> their kind.
PREFIXES: Final[Mapping[str, str]] = {
    "acl": "network-acl",
    "ami": "image",
    "cagw": "carrier-gateway",
    "cgw": "customer-gateway",
    "dopt": "dhcp-options",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "fleet": "fleet",
    "h": "dedicated-host",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sfr": "spot-fleet-request",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "sir": "spot-instances-request",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "tgw-attach": "transit-gateway-attachment",
    "tgw-rtb": "transit-gateway-route-table",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpce-svc": "vpc-endpoint-service",
    "vpn": "vpn-connection",
}

#: Kinds of resources, and the operations about them; ``+`` marks what the operation makes.
ROWS: Final = (
    ("any", "CreateTags DeleteTags"),
    ("any vpc-flow-log+", "CreateFlowLogs"),
    ("carrier-gateway", "DeleteCarrierGateway"),
    ("carrier-gateway+ vpc", "CreateCarrierGateway"),
    ("customer-gateway", "DeleteCustomerGateway"),
    ("customer-gateway vpn-connection+ vpn-gateway transit-gateway", "CreateVpnConnection"),
    ("customer-gateway+", "CreateCustomerGateway"),
    ("dedicated-host", "ModifyHosts ReleaseHosts"),
    ("dedicated-host+", "AllocateHosts"),
    ("dhcp-options", "DeleteDhcpOptions"),
    ("dhcp-options vpc", "AssociateDhcpOptions"),
    ("dhcp-options+", "CreateDhcpOptions"),
    ("egress-only-internet-gateway", "DeleteEgressOnlyInternetGateway"),
    ("egress-only-internet-gateway+ vpc", "CreateEgressOnlyInternetGateway"),
    ("elastic-ip", "DisassociateAddress ReleaseAddress"),
    ("elastic-ip instance network-interface", "AssociateAddress"),
    ("elastic-ip natgateway+ subnet", "CreateNatGateway"),
    ("elastic-ip+", "AllocateAddress"),
    ("fleet", "DeleteFleets DescribeFleetInstances"),
    ("fleet+ instance+", "CreateFleet"),
    (
        "image",
        "DeregisterImage DescribeImageAttribute DisableImage EnableImage"
        " ModifyImageAttribute ResetImageAttribute",
    ),
    ("image image+", "CopyImage"),
    ("image+", "RegisterImage"),
    ("image+ instance snapshot+", "CreateImage"),
    (
        "instance",
        "AssociateIamInstanceProfile DescribeInstanceAttribute GetConsoleOutput"
        " GetInstanceUefiData GetLaunchTemplateData GetPasswordData"
        " ModifyInstanceMetadataOptions MonitorInstances RebootInstances StartInstances"
        " StopInstances TerminateInstances UnmonitorInstances",
    ),
    ("instance network-interface", "AttachNetworkInterface"),
    ("instance security-group", "ModifyInstanceAttribute"),
    ("instance snapshot+", "CreateSnapshots"),
    ("instance volume", "AttachVolume DetachVolume"),
    ("internet-gateway", "DeleteInternetGateway"),
    ("internet-gateway vpc", "AttachInternetGateway DetachInternetGateway"),
    ("internet-gateway+", "CreateInternetGateway"),
    ("key-pair", "CreateKeyPair DeleteKeyPair ImportKeyPair"),
    (
        "launch-template",
        "CreateLaunchTemplateVersion DeleteLaunchTemplate ModifyLaunchTemplate",
    ),
    ("launch-template+", "CreateLaunchTemplate"),
    ("natgateway", "DeleteNatGateway"),
    (
        "network-acl",
        "CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry"
        " ReplaceNetworkAclAssociation ReplaceNetworkAclEntry",
    ),
    ("network-acl+ vpc", "CreateNetworkAcl"),
    (
        "network-interface",
        "AssignIpv6Addresses AssignPrivateIpAddresses DeleteNetworkInterface"
        " ResetNetworkInterfaceAttribute UnassignIpv6Addresses UnassignPrivateIpAddresses",
    ),
    ("network-interface security-group", "ModifyNetworkInterfaceAttribute"),
    (
        "network-interface traffic-mirror-filter traffic-mirror-session+ traffic-mirror-target",
        "CreateTrafficMirrorSession",
    ),
    ("network-interface traffic-mirror-target+", "CreateTrafficMirrorTarget"),
    ("network-interface+ security-group subnet", "CreateNetworkInterface"),
    (
        "prefix-list",
        "DeleteManagedPrefixList GetManagedPrefixListEntries ModifyManagedPrefixList",
    ),
    ("prefix-list+", "CreateManagedPrefixList"),
    (
        "route-table",
        "CreateRoute DeleteRoute DeleteRouteTable DisassociateRouteTable ReplaceRoute"
        " ReplaceRouteTableAssociation",
    ),
    ("route-table security-group subnet vpc vpc-endpoint+", "CreateVpcEndpoint"),
    ("route-table security-group subnet vpc-endpoint", "ModifyVpcEndpoint"),
    ("route-table subnet", "AssociateRouteTable"),
    ("route-table+ vpc", "CreateRouteTable"),
    (
        "security-group",
        "DeleteSecurityGroup RevokeSecurityGroupEgress RevokeSecurityGroupIngress"
        " UpdateSecurityGroupRuleDescriptionsEgress"
        " UpdateSecurityGroupRuleDescriptionsIngress",
    ),
    (
        "security-group security-group-rule",
        "ModifySecurityGroupRules",
    ),
    (
        "security-group security-group-rule+",
        "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress",
    ),
    ("security-group+ vpc", "CreateSecurityGroup"),
    (
        "snapshot",
        "DeleteSnapshot DescribeSnapshotAttribute ModifySnapshotAttribute"
        " ModifySnapshotTier ResetSnapshotAttribute RestoreSnapshotTier",
    ),
    ("snapshot snapshot+", "CopySnapshot"),
    ("snapshot volume+", "CreateVolume"),
    ("snapshot+ volume", "CreateSnapshot"),
    (
        "spot-fleet-request",
        "CancelSpotFleetRequests DescribeSpotFleetInstances ModifySpotFleetRequest",
    ),
    ("spot-fleet-request+", "RequestSpotFleet"),
    ("spot-instances-request", "CancelSpotInstanceRequests"),
    ("spot-instances-request+", "RequestSpotInstances"),
    (
        "subnet",
        "AssociateSubnetCidrBlock CreateSubnetCidrReservation DeleteSubnet ModifySubnetAttribute",
    ),
    (
        "subnet transit-gateway transit-gateway-attachment+ vpc",
        "CreateTransitGatewayVpcAttachment",
    ),
    ("subnet transit-gateway-attachment", "ModifyTransitGatewayVpcAttachment"),
    ("subnet+ vpc", "CreateSubnet"),
    (
        "traffic-mirror-filter traffic-mirror-session traffic-mirror-target",
        "ModifyTrafficMirrorSession",
    ),
    ("traffic-mirror-filter+", "CreateTrafficMirrorFilter"),
    ("traffic-mirror-session", "DeleteTrafficMirrorSession"),
    ("transit-gateway", "DeleteTransitGateway ModifyTransitGateway"),
    ("transit-gateway transit-gateway-attachment+", "CreateTransitGatewayPeeringAttachment"),
    ("transit-gateway transit-gateway-route-table+", "CreateTransitGatewayRouteTable"),
    ("transit-gateway+", "CreateTransitGateway"),
    (
        "transit-gateway-attachment",
        "AcceptTransitGatewayPeeringAttachment DeleteTransitGatewayPeeringAttachment"
        " DeleteTransitGatewayVpcAttachment RejectTransitGatewayPeeringAttachment",
    ),
    (
        "transit-gateway-attachment transit-gateway-route-table",
        "AssociateTransitGatewayRouteTable CreateTransitGatewayRoute"
        " DisableTransitGatewayRouteTablePropagation DisassociateTransitGatewayRouteTable"
        " EnableTransitGatewayRouteTablePropagation",
    ),
    (
        "transit-gateway-route-table",
        "DeleteTransitGatewayRoute DeleteTransitGatewayRouteTable SearchTransitGatewayRoutes",
    ),
    (
        "volume",
        "DeleteVolume DescribeVolumeAttribute EnableVolumeIO ModifyVolume ModifyVolumeAttribute",
    ),
    (
        "vpc",
        "AssociateVpcCidrBlock DeleteVpc DescribeVpcAttribute DisableVpcClassicLink"
        " DisableVpcClassicLinkDnsSupport EnableVpcClassicLink"
        " EnableVpcClassicLinkDnsSupport ModifyVpcAttribute ModifyVpcTenancy",
    ),
    ("vpc vpc-peering-connection+", "CreateVpcPeeringConnection"),
    ("vpc vpn-gateway", "AttachVpnGateway DetachVpnGateway"),
    ("vpc+", "CreateVpc"),
    ("vpc-endpoint", "DeleteVpcEndpoints"),
    (
        "vpc-endpoint-service",
        "DeleteVpcEndpointServiceConfigurations DescribeVpcEndpointServicePermissions"
        " ModifyVpcEndpointServiceConfiguration ModifyVpcEndpointServicePermissions",
    ),
    ("vpc-endpoint-service+", "CreateVpcEndpointServiceConfiguration"),
    ("vpc-flow-log", "DeleteFlowLogs"),
    (
        "vpc-peering-connection",
        "AcceptVpcPeeringConnection DeleteVpcPeeringConnection"
        " ModifyVpcPeeringConnectionOptions RejectVpcPeeringConnection",
    ),
    ("vpn-connection", "DeleteVpnConnection"),
    ("vpn-gateway", "DeleteVpnGateway"),
    ("vpn-gateway+", "CreateVpnGateway"),
)
