"""The trust policies that AWS's documentation gives as examples, each with who may and who may not.

Follows "EKS Pod Identity role", "Grant Pods access to AWS resources based on tags" and "Assign IAM
roles to Kubernetes service accounts" (EKS User Guide).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from botocore.exceptions import ClientError

from ..issuers import service_account_token
from .stage import ACCOUNT, REGION, Json, Stage, document, pod_statement, refusal

CLUSTER, OTHER_CLUSTER = "prod-blue", "staging-green"
NAMESPACE = "shop"

#: What the trust policy says, who asks, the answer.
Row: TypeAlias = tuple[str, str, str]

_CLUSTERS = {"aws:RequestTag/eks-cluster-name": [CLUSTER, "prod-red"]}


def _cluster_arn(name: str) -> str:
    return f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}"


def _where(**tags: str) -> Json:
    """A condition on the two clusters and on further tags."""
    named = {f"aws:RequestTag/{key.replace('_', '-')}": value for key, value in tags.items()}
    return {"StringEquals": {**_CLUSTERS, **named}}


#: What the trust policy says, its condition, and the pods that ask: cluster, namespace, service
#: account, pod name.
_CONDITIONS: tuple[tuple[str, Json, tuple[tuple[str, str, str, str], ...]], ...] = (
    (
        "for pods of the clusters prod-blue and prod-red",
        _where(),
        ((CLUSTER, NAMESPACE, "a", "a-1"), (OTHER_CLUSTER, NAMESPACE, "a", "a-1")),
    ),
    (
        "... and of the namespace shop",
        _where(kubernetes_namespace=NAMESPACE),
        ((CLUSTER, NAMESPACE, "a", "a-1"), (CLUSTER, "billing", "a", "a-1")),
    ),
    (
        "... and of the service account a",
        _where(kubernetes_service_account="a"),
        ((CLUSTER, NAMESPACE, "a", "a-1"), (CLUSTER, NAMESPACE, "b", "b-1")),
    ),
    (
        "... and for the pod a-1",
        _where(kubernetes_pod_name="a-1"),
        ((CLUSTER, NAMESPACE, "a", "a-1"), (CLUSTER, NAMESPACE, "a", "a-2")),
    ),
    (
        "aws:SourceAccount and aws:SourceArn are prod-blue's",
        {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnEquals": {"aws:SourceArn": _cluster_arn(CLUSTER)},
        },
        ((CLUSTER, NAMESPACE, "a", "a-1"), (OTHER_CLUSTER, NAMESPACE, "a", "a-1")),
    ),
)


def trust_examples(stage: Stage) -> Iterator[Row]:
    """Play every example and yield its rows; each takes its associations away again."""
    for says, condition, pods in _CONDITIONS:
        role = stage.create_role(document(pod_statement(Condition=condition)))
        for cluster, namespace, service_account, pod_name in pods:
            with_role = stage.associate(cluster, namespace, service_account, role)
            answer = stage.ask(cluster, namespace, service_account, pod_name)
            yield says, f"{cluster} {namespace}/{service_account}, pod {pod_name}", answer
            _delete(stage, with_role)
    yield from _broken_afterwards(stage)
    yield from _without_tag_session(stage)
    yield from _both_ways(stage)
    yield from _explicit_deny(stage)


def _delete(stage: Stage, association: Json) -> None:
    stage.eks.delete_pod_identity_association(
        clusterName=association["clusterName"], associationId=association["associationId"]
    )


def _broken_afterwards(stage: Stage) -> Iterator[Row]:
    role = stage.create_role(document(pod_statement()))
    name = role.rsplit("/", 1)[1]
    association = stage.associate(CLUSTER, NAMESPACE, "a", role)
    elsewhere = pod_statement(Principal={"Service": "ec2.amazonaws.com"})
    stage.iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(elsewhere))
    yield "broken after the association was made", f"{CLUSTER} shop/a", _ask_a(stage)
    stage.iam.delete_role(RoleName=name)
    yield "gone with its role", f"{CLUSTER} shop/a", _ask_a(stage)
    _delete(stage, association)


def _without_tag_session(stage: Stage) -> Iterator[Row]:
    assume_only = document(pod_statement(actions=("sts:AssumeRole",)))
    says = "sts:AssumeRole without sts:TagSession, from the beginning"
    try:
        stage.associate(CLUSTER, NAMESPACE, "a", stage.create_role(assume_only))
    except ClientError as error:
        yield says, "creating the association", refusal(error)
    role = stage.create_role(document(pod_statement()))
    association = stage.associate(CLUSTER, NAMESPACE, "a", role)
    stage.iam.update_assume_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyDocument=assume_only)
    yield "sts:TagSession taken away afterwards", f"{CLUSTER} shop/a", _ask_a(stage)
    stage.eks.update_pod_identity_association(
        clusterName=CLUSTER, associationId=association["associationId"], disableSessionTags=True
    )
    yield "... and the association has disableSessionTags", f"{CLUSTER} shop/a", _ask_a(stage)
    _delete(stage, association)


def _both_ways(stage: Stage) -> Iterator[Row]:
    """A role on its way from IAM roles for service accounts (IRSA) to Pod Identity."""
    issuer = stage.eks.describe_cluster(name=CLUSTER)["cluster"]["identity"]["oidc"]["issuer"]
    provider = stage.iam.create_open_id_connect_provider(
        Url=issuer, ClientIDList=["sts.amazonaws.com"], ThumbprintList=[]
    )["OpenIDConnectProviderArn"]
    host = issuer.removeprefix("https://")
    federated = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{host}:sub": "system:serviceaccount:shop:a"}},
    }
    role = stage.create_role(document(pod_statement(), federated))
    association = stage.associate(CLUSTER, NAMESPACE, "a", role)
    says = "for the service and for an OIDC provider (IRSA)"
    yield says, f"{CLUSTER} shop/a, Pod Identity", _ask_a(stage)
    for service_account in ("a", "b"):
        token = service_account_token(
            CLUSTER, NAMESPACE, service_account, audience="sts.amazonaws.com"
        )
        yield says, f"{CLUSTER} shop/{service_account}, IRSA", _web_identity(stage, role, token)
    _delete(stage, association)


def _web_identity(stage: Stage, role: str, token: str) -> str:
    arguments: dict[str, Any] = {"RoleSessionName": "irsa", "WebIdentityToken": token}
    try:
        stage.sts.assume_role_with_web_identity(RoleArn=role, **arguments)
    except ClientError as error:
        return refusal(error)
    return "[green]allowed[/green]"


def _explicit_deny(stage: Stage) -> Iterator[Row]:
    condition = {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "billing"}}
    deny = pod_statement(Effect="Deny", Condition=condition)
    role = stage.create_role(document(pod_statement(), deny))
    for namespace in (NAMESPACE, "billing"):
        association = stage.associate(CLUSTER, namespace, "a", role)
        answer = stage.ask(CLUSTER, namespace, "a")
        yield "Allow for all, Deny for the namespace billing", f"{CLUSTER} {namespace}/a", answer
        _delete(stage, association)


def _ask_a(stage: Stage) -> str:
    return stage.ask(CLUSTER, NAMESPACE, "a")
