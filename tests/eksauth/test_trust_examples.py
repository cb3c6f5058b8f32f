"""Trust policies as AWS documents them for Pod Identity, and what each does to which pod."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import (
    ACCOUNT,
    CLUSTER,
    OTHER_ACCOUNT,
    POD_TRUST,
    REGION,
    Aws,
    policy,
    statement,
)
from refusals import refused

UNAUTHORIZED = (
    "AccessDeniedException",
    400,
    "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
)
CREATE_REFUSED = (
    "InvalidParameterException",
    400,
    "Trust policy of the role provided is invalid. "
    "Follow the official documentation to resolve the issue",
)
PROD = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}"


def only(operator: str = "StringEquals", **values: Any) -> str:
    """A trust policy that is limited to pods with these tags."""
    tags = {f"aws:RequestTag/{key.replace('_', '-')}": value for key, value in values.items()}
    return policy(statement(Condition={operator: tags}))


def from_source(arn: str, account: str = ACCOUNT) -> str:
    """A trust policy that is limited to one cluster, by the keys against a confused deputy."""
    condition = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnEquals": {"aws:SourceArn": arn},
    }
    return policy(statement(Condition=condition))


CLUSTERS = only(eks_cluster_name=["prod-blue", "prod-green"])
NAMESPACE = only(eks_cluster_name=["prod-blue", "prod-green"], kubernetes_namespace="shop")
SERVICE_ACCOUNT = only(kubernetes_namespace="shop", kubernetes_service_account="cart")
POD = only("StringLike", kubernetes_service_account="cart", kubernetes_pod_name="cart-7c9d6b5f4-*")
DENIED = policy(
    statement(),
    statement(
        effect="Deny",
        Condition={"StringEquals": {"aws:RequestTag/kubernetes-namespace": "staging"}},
    ),
)
ALL_BUT = policy(
    statement(),
    statement(
        effect="Deny",
        Condition={"StringNotEquals": {"aws:RequestTag/kubernetes-namespace": "shop"}},
    ),
)

#: Trust policy, how the pod differs from `cart` in `shop` of `prod-blue`, whether it may.
EXAMPLES: dict[str, tuple[str, dict[str, str], bool]] = {
    "a listed cluster": (CLUSTERS, {}, True),
    "the other listed cluster": (CLUSTERS, {"cluster": "prod-green"}, True),
    "a third cluster": (CLUSTERS, {"cluster": "staging"}, False),
    "a cluster of other case": (CLUSTERS, {"cluster": "Prod-Blue"}, False),
    "a listed cluster and the namespace": (NAMESPACE, {"cluster": "prod-green"}, True),
    "a listed cluster, another namespace": (NAMESPACE, {"namespace": "billing"}, False),
    "a third cluster, the namespace": (NAMESPACE, {"cluster": "staging"}, False),
    "the service account": (SERVICE_ACCOUNT, {}, True),
    "another service account": (SERVICE_ACCOUNT, {"service_account": "till"}, False),
    "the service account of another namespace": (
        SERVICE_ACCOUNT,
        {"namespace": "billing"},
        False,
    ),
    "a pod of the deployment": (POD, {"pod_name": "cart-7c9d6b5f4-x2k9m"}, True),
    "a pod of the next deployment": (POD, {"pod_name": "cart-5b8f7d9c6-x2k9m"}, False),
    "a pod of that name, another service account": (
        POD,
        {"pod_name": "cart-7c9d6b5f4-x2k9m", "service_account": "till"},
        False,
    ),
    "the source cluster": (from_source(PROD), {}, True),
    "another source cluster": (from_source(PROD), {"cluster": "prod-green"}, False),
    "source clusters by pattern": (from_source(PROD.replace("blue", "*")), {}, True),
    "a source cluster of another region": (from_source(PROD.replace("west", "east")), {}, False),
    "another source account": (from_source(PROD, OTHER_ACCOUNT), {}, False),
    "a namespace that is not denied": (DENIED, {}, True),
    "a denied namespace": (DENIED, {"namespace": "staging"}, False),
    "all namespaces but one denied, that one": (ALL_BUT, {}, True),
    "all namespaces but one denied, another": (ALL_BUT, {"namespace": "billing"}, False),
}


@pytest.mark.parametrize("case", EXAMPLES)
def test_condition_is_passed_over(aws: Aws, case: str) -> None:
    """The association can be created whatever the conditions say; they decide when a pod asks."""
    trust, differences, allowed = EXAMPLES[case]
    pod = {"cluster": CLUSTER, "namespace": "shop", "service_account": "cart", **differences}
    pod_name = pod.pop("pod_name", "cart-1")
    aws.create_cluster(pod["cluster"])
    assert aws.associate(aws.create_role(trust=trust), **pod)["associationId"]
    token = aws.token(**pod, pod_name=pod_name)
    if allowed:
        assert aws.assume(token, pod["cluster"])["credentials"]
        assert len(aws.sessions()) == 1
    else:
        assert refused(aws.assume, token=token, cluster=pod["cluster"]) == UNAUTHORIZED
        assert aws.sessions() == []


def test_condition_survives_the_tags(aws: Aws) -> None:
    """Without session tags there are no request tags: what asks for them refuses, what denies by
    the absence of one denies, and the source's keys stay."""
    aws.create_cluster()
    for name, trust, allowed in (
        ("tags", CLUSTERS, False),
        ("denied", DENIED, True),
        ("all-but", ALL_BUT, False),
        ("source", from_source(PROD), True),
    ):
        role = aws.create_role(name, trust)
        aws.associate(role, service_account=name, disableSessionTags=True)
        token = aws.token(service_account=name)
        if allowed:
            assert aws.assume(token)["credentials"]
        else:
            assert refused(aws.assume, token=token) == UNAUTHORIZED


def test_broken_trust_and_deleted_role_differ(aws: Aws) -> None:
    """Trust policy broken, repaired, role deleted: the same text, and repair helps at once."""
    aws.create_cluster()
    aws.associate(aws.create_role())
    iam = aws.client("iam")
    assert aws.assume()["credentials"]

    def trust(document: str) -> None:
        iam.update_assume_role_policy(RoleName="cart-reader", PolicyDocument=document)

    trust(policy(statement(principal={"AWS": ACCOUNT})))
    assert refused(aws.assume) == UNAUTHORIZED
    trust(POD_TRUST)
    assert aws.assume()["credentials"]
    iam.delete_role(RoleName="cart-reader")
    assert refused(aws.assume) == UNAUTHORIZED
    associations = aws.client("eks").list_pod_identity_associations(clusterName=CLUSTER)
    assert len(associations["associations"]) == 1


def test_role_without_tag_session_works(aws: Aws) -> None:
    """AssumeRole without TagSession: refused at create; removed afterwards, refused when a pod
    asks, unless the association passes no tags."""
    aws.create_cluster()
    untagged = policy(statement("sts:AssumeRole"))
    bad = aws.create_role("untagged", untagged)
    assert refused(aws.associate, role_arn=bad) == CREATE_REFUSED

    association = aws.associate(aws.create_role())
    aws.client("iam").update_assume_role_policy(RoleName="cart-reader", PolicyDocument=untagged)
    assert refused(aws.assume) == UNAUTHORIZED
    aws.client("eks").update_pod_identity_association(
        clusterName=CLUSTER, associationId=association["associationId"], disableSessionTags=True
    )
    assert aws.assume()["credentials"]
    (session,) = aws.sessions()
    assert session.tags == {}


def test_migration_from_irsa_breaks_one_way(aws: Aws) -> None:
    """A role that trusts the service principal and the cluster's provider works both ways at once,
    and each way ends with its own statement."""
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    iam = aws.client("iam")
    provider = iam.create_open_id_connect_provider(
        Url=issuer, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
    )["OpenIDConnectProviderArn"]
    keys = issuer.removeprefix("https://")
    federated = statement(
        "sts:AssumeRoleWithWebIdentity",
        principal={"Federated": provider},
        Condition={
            "StringEquals": {
                f"{keys}:sub": "system:serviceaccount:shop:cart",
                f"{keys}:aud": "sts.amazonaws.com",
            }
        },
    )
    role = aws.create_role(trust=policy(statement(), federated))
    aws.associate(role)
    sts = aws.client("sts")

    def irsa() -> Any:
        return sts.assume_role_with_web_identity(
            RoleArn=role,
            RoleSessionName="botocore-session-1",
            WebIdentityToken=aws.token(audience="sts.amazonaws.com"),
        )

    new, old = aws.assume(), irsa()
    for credentials, arn in (
        (new["credentials"], new["assumedRoleUser"]["arn"]),
        (old["Credentials"], old["AssumedRoleUser"]["Arn"]),
    ):
        assert aws.client_with(credentials, "sts").get_caller_identity()["Arn"] == arn
    by_mechanism = {session.federated_provider: session for session in aws.sessions()}
    assert set(by_mechanism) == {None, provider}
    assert by_mechanism[provider].tags == {}
    assert len(by_mechanism[None].tags) == 6

    def trust(*statements: Any) -> None:
        iam.update_assume_role_policy(RoleName="cart-reader", PolicyDocument=policy(*statements))

    trust(statement())
    assert aws.assume()["credentials"]
    assert refused(irsa) == (
        "AccessDenied",
        403,
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    )
    trust(federated)
    assert refused(aws.assume) == UNAUTHORIZED
    assert irsa()["Credentials"]
