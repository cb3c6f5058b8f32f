"""A CDK app that makes a role for pods, a cluster and associations, and prints its template.

Run by a Python that has aws-cdk-lib: ``python cdk_app.py OUTPUT_FOLDER``.
"""

from __future__ import annotations

import sys

from aws_cdk import App, CfnOutput, Stack, Tags
from aws_cdk import aws_eks as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

app = App(outdir=sys.argv[1])
stack = Stack(app, "Shop")

cluster_role = iam.Role(stack, "ClusterRole", assumed_by=iam.ServicePrincipal("eks.amazonaws.com"))
cluster = eks.CfnCluster(
    stack,
    "Cluster",
    name="prod-blue",
    role_arn=cluster_role.role_arn,
    resources_vpc_config=eks.CfnCluster.ResourcesVpcConfigProperty(
        subnet_ids=["subnet-1", "subnet-2"], endpoint_private_access=True
    ),
    logging=eks.CfnCluster.LoggingProperty(
        cluster_logging=eks.CfnCluster.ClusterLoggingProperty(
            enabled_types=[eks.CfnCluster.LoggingTypeConfigProperty(type="api")]
        )
    ),
)
cart = iam.Role(
    stack,
    "CartRole",
    role_name="cart-reader",
    assumed_by=iam.ServicePrincipal("pods.eks.amazonaws.com").with_session_tags(),
)
s3.Bucket(stack, "Carts", bucket_name="carts").grant_read(cart)
association = eks.CfnPodIdentityAssociation(
    stack,
    "Association",
    cluster_name=cluster.ref,
    namespace="shop",
    service_account="cart",
    role_arn=cart.role_arn,
    target_role_arn="arn:aws:iam::444455556666:role/cart-data",
    disable_session_tags=True,
)
Tags.of(association).add("team", "cart")
CfnOutput(stack, "AssociationArn", value=association.attr_association_arn)
CfnOutput(stack, "AssociationId", value=association.attr_association_id)
CfnOutput(stack, "ExternalId", value=association.attr_external_id)
CfnOutput(stack, "Reference", value=association.ref)

app.synth()
