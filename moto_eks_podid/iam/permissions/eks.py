"""Permissions of Amazon EKS and EKS Auth ("Actions, resources, and condition keys" for each).

Associations are made and listed on the ARN of their cluster, and read, changed and deleted on their
own: observed in real responses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .call import Call
from .keys import request_tags, resource_tags
from .passing import passed, passed_role, role_arn, role_at
from .rows import (
    ANYTHING,
    Find,
    Resource,
    anything,
    below,
    by_name,
    given,
    on,
    owner,
    parts_of,
    service,
    shown_as,
)
from .state import peek

if TYPE_CHECKING:
    from ...eks.models import PodIdentityEKSBackend

_PODS = "pods.eks.amazonaws.com"


def resource_at(arn: str) -> Resource:
    """Return a resource of EKS, with its tags.

    Of node groups, Fargate profiles and add-ons the ARN ends in an id, which one that ends in
    ``/*`` gets.
    """
    _, _, _, region, account, resource = parts_of(arn)
    kind, _, path = resource.partition("/")
    cluster_name, _, below_cluster = path.partition("/")
    backend: PodIdentityEKSBackend | None = peek("moto.eks.models", "eks_backends", account, region)
    cluster = backend.clusters.get(cluster_name) if backend is not None else None
    unknown = Resource(arn, account=owner(account))
    if backend is None or cluster is None:
        return unknown
    name = below_cluster.partition("/")[0]
    if kind == "cluster":
        return unknown._replace(context=resource_tags(cluster.tags))
    if kind == "nodegroup" and (group := cluster.nodegroups.get(name)) is not None:
        return unknown._replace(arn=group.arn, context=resource_tags(group.tags))
    if kind == "fargateprofile" and (profile := cluster.fargate_profiles.get(name)) is not None:
        return unknown._replace(
            arn=profile.fargate_profile_arn, context=resource_tags(profile.tags)
        )
    if kind == "podidentityassociation":
        # moto's own EKS, made before the plugin was installed, has no associations.
        identities = getattr(backend, "identities", {})
        identity = identities.get(cluster_name)
        association = identity.associations.get(below_cluster) if identity else None
        if association is not None:
            return unknown._replace(context=resource_tags(association.tags))
    if kind == "addon":
        identity = getattr(backend, "identities", {}).get(cluster_name)
        addon = identity.addons.get(name) if identity else None
        if addon is not None:
            return unknown._replace(arn=addon.arn, context=resource_tags(addon.tags))
    return unknown


def _below(template: str, *parameters: str) -> Find:
    return below("eks", template, *parameters, look=resource_at)


_CLUSTER = by_name("eks", "cluster/", "clusterName", "name", look=resource_at)
_ASSOCIATION = _below(
    "podidentityassociation/{clusterName}/{associationId}", "clusterName", "associationId"
)
_NEW_ASSOCIATION = _below("podidentityassociation/{clusterName}/*", "clusterName")
_NODEGROUP = _below("nodegroup/{clusterName}/{nodegroupName}/*", "clusterName", "nodegroupName")
_PROFILE = _below(
    "fargateprofile/{clusterName}/{fargateProfileName}/*", "clusterName", "fargateProfileName"
)
_ADDON = _below("addon/{clusterName}/{addonName}/*", "clusterName", "addonName")
_CAPABILITY = _below(
    "capability/{clusterName}/*/{capabilityName}/*", "clusterName", "capabilityName"
)
_TAGGED = by_name("eks", "", "resourceArn", look=resource_at)
_SUBSCRIPTION = by_name("eks", "eks-anywhere-subscription/", "id")


def _access_entry(call: Call) -> tuple[Resource, ...]:
    cluster, principal = call.text("clusterName"), call.text("principalArn")
    if cluster is None or principal is None:
        return ANYTHING
    _, _, _, _, account, resource = parts_of(principal)
    kind, _, path = resource.partition("/")
    name = path.rpartition("/")[2]
    arn = call.arn("eks", f"access-entry/{cluster}/{kind}/{account}/{name}/*")
    context = {"eks:clusterName": cluster, "eks:principalArn": principal}
    return (Resource(arn, context, call.account_id),)


def _identity_provider(call: Call) -> tuple[Resource, ...]:
    cluster, config = call.text("clusterName"), call.members("identityProviderConfig")
    kind, name = config.get("type"), config.get("name")
    if cluster is None or not isinstance(kind, str) or not isinstance(name, str):
        return ANYTHING
    arn = call.arn("eks", f"identityproviderconfig/{cluster}/{kind}/{name}/*")
    return (Resource(arn, account=call.account_id),)


def _updated(call: Call) -> Iterable[Resource]:
    """Find what an update is of: a cluster, and what in it."""
    yield from _CLUSTER(call)
    cluster = call.text("name")
    if name := call.text("nodegroupName"):
        yield resource_at(call.arn("eks", f"nodegroup/{cluster}/{name}/*"))
    if name := call.text("addonName"):
        yield resource_at(call.arn("eks", f"addon/{cluster}/{name}/*"))


def _pod_role(call: Call) -> Iterable[Resource]:
    """Find the role of an association, which is handed to EKS for the pods of one cluster."""
    role, cluster = call.text("roleArn"), call.text("clusterName")
    if role is not None and cluster is not None:
        cluster_arn = call.arn("eks", f"cluster/{cluster}")
        yield passed_role(role_arn(call, role), _PODS, associated_with=cluster_arn)


def _addon_roles(call: Call) -> Iterable[Resource]:
    """Find the roles of the associations that an add-on is to own."""
    cluster = call.text("clusterName")
    for item in call.items("podIdentityAssociations"):
        role = item.get("roleArn") if isinstance(item, dict) else None
        if isinstance(role, str) and role and cluster is not None:
            cluster_arn = call.arn("eks", f"cluster/{cluster}")
            yield passed_role(role_arn(call, role), _PODS, associated_with=cluster_arn)


def _role_read(*parameters: str) -> Find:
    def find(call: Call) -> Iterable[Resource]:
        for parameter in parameters:
            if role := call.text(parameter):
                yield role_at(role_arn(call, role))

    return find


EKS = service(
    "eks",
    on(
        _CLUSTER,
        "ActivateCertificateAuthority AssociateEncryptionConfig AssociateIdentityProviderConfig"
        " CancelUpdate CreateAccessEntry CreateAddon CreateCapability CreateCertificateAuthority"
        " CreateCluster CreateFargateProfile CreateNodegroup CreatePodIdentityAssociation"
        " DeleteCertificateAuthority DeleteCluster DeregisterCluster DescribeCertificateAuthority"
        " DescribeCluster DescribeInsight DescribeInsightsRefresh ListAccessEntries ListAddons"
        " ListCapabilities ListCertificateAuthorities ListFargateProfiles"
        " ListIdentityProviderConfigs ListInsights ListNodegroups ListPodIdentityAssociations"
        " StartInsightsRefresh UpdateClusterConfig UpdateClusterVersion",
    ),
    on(
        _ASSOCIATION,
        "DeletePodIdentityAssociation DescribePodIdentityAssociation UpdatePodIdentityAssociation",
    ),
    on(
        _pod_role,
        "CreatePodIdentityAssociation=iam:PassRole UpdatePodIdentityAssociation=iam:PassRole",
    ),
    on(
        _role_read("roleArn"),
        "CreatePodIdentityAssociation=iam:GetRole UpdatePodIdentityAssociation=iam:GetRole",
    ),
    on(
        _NODEGROUP,
        "DeleteNodegroup DescribeNodegroup UpdateNodegroupConfig UpdateNodegroupVersion",
    ),
    on(_PROFILE, "DeleteFargateProfile DescribeFargateProfile"),
    on(_ADDON, "DeleteAddon DescribeAddon UpdateAddon"),
    on(_CAPABILITY, "DeleteCapability DescribeCapability UpdateCapability"),
    on(
        _access_entry,
        "AssociateAccessPolicy DeleteAccessEntry DescribeAccessEntry DisassociateAccessPolicy"
        " ListAssociatedAccessPolicies UpdateAccessEntry",
    ),
    on(_identity_provider, "DescribeIdentityProviderConfig DisassociateIdentityProviderConfig"),
    on(
        _SUBSCRIPTION,
        "DeleteEksAnywhereSubscription DescribeEksAnywhereSubscription"
        " UpdateEksAnywhereSubscription",
    ),
    on(_updated, "DescribeUpdate ListUpdates"),
    on(_TAGGED, "ListTagsForResource TagResource UntagResource"),
    # Tags at once need the permission to tag as well: observed with clusters and Fargate profiles.
    on(given("tags", _CLUSTER), "CreateCluster=TagResource"),
    on(given("tags", _NEW_ASSOCIATION), "CreatePodIdentityAssociation=TagResource"),
    on(given("tags", _ADDON), "CreateAddon=TagResource"),
    on(given("tags", _access_entry), "CreateAccessEntry=TagResource"),
    on(given("tags", _NODEGROUP), "CreateNodegroup=TagResource"),
    on(given("tags", _PROFILE), "CreateFargateProfile=TagResource"),
    on(passed("eks.amazonaws.com", "roleArn"), "CreateCluster=iam:PassRole"),
    on(passed("eks.amazonaws.com", "nodeRole"), "CreateNodegroup=iam:PassRole"),
    on(_role_read("nodeRole"), "CreateNodegroup=iam:GetRole"),
    on(
        passed("eks-fargate-pods.amazonaws.com", "podExecutionRoleArn"),
        "CreateFargateProfile=iam:PassRole",
    ),
    on(
        passed("eks.amazonaws.com", "serviceAccountRoleArn"),
        "CreateAddon=iam:PassRole UpdateAddon=iam:PassRole",
    ),
    on(_addon_roles, "CreateAddon=iam:PassRole UpdateAddon=iam:PassRole"),
    on(
        passed("capabilities.eks.amazonaws.com", "roleArn"),
        "CreateCapability=iam:PassRole UpdateCapability=iam:PassRole",
    ),
    # Observed in real responses.
    on(shown_as("arn:{partition}:eks:{region}:{account}:cluster/*"), "ListClusters"),
    on(shown_as("arn:{partition}:eks:{region}:{account}:*"), "DescribeClusterVersions"),
    on(
        anything,
        "CreateEksAnywhereSubscription DescribeAddonConfiguration DescribeAddonVersions"
        " ListAccessPolicies ListEksAnywhereSubscriptions RegisterCluster",
    ),
    keys=(request_tags,),
)

EKS_AUTH = service(
    "eks-auth",
    on(by_name("eks", "cluster/", "clusterName", look=resource_at), "AssumeRoleForPodIdentity"),
)
