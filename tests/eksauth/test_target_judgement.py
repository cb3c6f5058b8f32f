"""Target roles: who must allow the second hop, and by what."""

from __future__ import annotations

import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws, policy, statement
from refusals import refused

from tests.eksauth.target_chain import (
    BOTH,
    EXTERNAL_ID,
    FOREIGN_TARGET,
    ROLE,
    TARGET,
    UNAUTHORIZED,
    Chain,
    identity_policy,
    trusting,
)


@pytest.fixture
def chain(aws: Aws) -> Chain:
    return Chain(aws)


TAGS = "aws:RequestTag/kubernetes-namespace"
CLUSTER_ARN = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}"

#: Trust policy of the target, and whether the pod gets it.
TRUSTS: dict[str, tuple[str, bool]] = {
    "the role": (trusting(ROLE), True),
    "the account": (trusting(ACCOUNT), True),
    "the account's root": (trusting(f"arn:aws:iam::{ACCOUNT}:root"), True),
    "another role": (trusting(ROLE.replace("cart", "till")), False),
    "another account": (trusting(OTHER_ACCOUNT), False),
    "the service principal": (policy(statement()), False),
    "no TagSession": (trusting(ROLE, "sts:AssumeRole"), False),
    "no AssumeRole": (trusting(ROLE, "sts:TagSession"), False),
    "external id": (trusting(ROLE, StringEquals={"sts:ExternalId": EXTERNAL_ID}), True),
    "external id of another service account": (
        trusting(ROLE, StringEquals={"sts:ExternalId": EXTERNAL_ID.replace("cart", "till")}),
        False,
    ),
    "external id of other case": (
        trusting(ROLE, StringEquals={"sts:ExternalId": EXTERNAL_ID.upper()}),
        False,
    ),
    "request tags and the role": (
        trusting(
            ACCOUNT,
            StringEquals={
                "aws:RequestTag/eks-cluster-arn": CLUSTER_ARN,
                TAGS: "shop",
                "aws:RequestTag/kubernetes-service-account": "cart",
            },
            ArnEquals={"aws:PrincipalARN": ROLE},
        ),
        True,
    ),
    "request tag of another namespace": (
        trusting(ROLE, StringEquals={TAGS: "billing"}),
        False,
    ),
    "principal tags": (
        trusting(
            ROLE,
            StringEquals={
                "aws:PrincipalTag/kubernetes-namespace": "shop",
                "aws:PrincipalTag/kubernetes-pod-name": "cart-7c9d6b5f4-x2k9m",
            },
        ),
        True,
    ),
    "principal tag of another namespace": (
        trusting(ROLE, StringEquals={"aws:PrincipalTag/kubernetes-namespace": "billing"}),
        False,
    ),
    "principal is another role": (
        trusting(ACCOUNT, ArnEquals={"aws:PrincipalArn": ROLE.replace("cart", "till")}),
        False,
    ),
    "transitive tag keys": (
        trusting(
            ROLE,
            **{"ForAllValues:StringLike": {"sts:TransitiveTagKeys": ["eks-*", "kubernetes-*"]}},
        ),
        True,
    ),
    "unknown tag keys": (
        trusting(ROLE, **{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
        False,
    ),
    "source of the first hop": (
        trusting(ROLE, ArnEquals={"aws:SourceArn": CLUSTER_ARN}),
        False,
    ),
    "session name": (
        trusting(ROLE, StringLike={"sts:RoleSessionName": "eks-prod-blue-cart-7c9d6-*"}),
        True,
    ),
}


@pytest.mark.parametrize("case", TRUSTS)
def test_target_s_trust_is_passed_over(chain: Chain, case: str) -> None:
    """The target's trust policy decides with the role as principal, the external id, and the
    inherited tags as request tags and as principal tags; a refusal leaves no session behind."""
    trust, allowed = TRUSTS[case]
    chain.permit(identity_policy(*BOTH))
    chain.target(trust)
    chain.associate()
    if allowed:
        assert "/target/" in chain.assume()["assumedRoleUser"]["arn"]
    else:
        assert refused(chain.assume) == UNAUTHORIZED
        assert chain.aws.sessions() == []


#: The role's permissions, whom the target trusts, whether it works with tags and without.
PERMISSIONS: dict[str, tuple[str | None, str, bool, bool]] = {
    "both": (identity_policy(*BOTH), ACCOUNT, True, True),
    "both on the target": (identity_policy(*BOTH, resource=TARGET), ACCOUNT, True, True),
    "both on another role": (identity_policy(*BOTH, resource=ROLE), ACCOUNT, False, False),
    "AssumeRole": (identity_policy("sts:AssumeRole"), ACCOUNT, False, True),
    "TagSession": (identity_policy("sts:TagSession"), ACCOUNT, False, False),
    "none": (None, ACCOUNT, False, False),
    "none, though the target trusts the role itself": (None, ROLE, True, True),
    "denied, though the target trusts the role itself": (
        identity_policy("sts:*", effect="Deny"),
        ROLE,
        False,
        False,
    ),
    "TagSession denied": (
        policy(
            {"Effect": "Allow", "Action": "sts:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "sts:TagSession", "Resource": "*"},
        ),
        ACCOUNT,
        False,
        True,
    ),
}


@pytest.mark.parametrize("tags", [True, False], ids=["tags", "no tags"])
@pytest.mark.parametrize("case", PERMISSIONS)
def test_role_needs_no_permission(chain: Chain, case: str, tags: bool) -> None:
    """The role itself must be allowed to assume the target, and to tag its session if there are
    tags, unless a target of the same account trusts the very role."""
    permissions, principal, *allowed = PERMISSIONS[case]
    chain.permit(permissions)
    chain.target(trusting(principal))
    chain.associate(disableSessionTags=not tags)
    if allowed[0 if tags else 1]:
        assert chain.assume()["credentials"]
        assert bool(chain.sessions()[TARGET].tags) is tags
    else:
        assert refused(chain.assume) == UNAUTHORIZED
        assert chain.aws.sessions() == []


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [(BOTH, True), (("sts:AssumeRole",), False), (("sts:TagSession",), False), ((), False)],
    ids=["both", "AssumeRole", "TagSession", "none"],
)
def test_foreign_target_needs_no_permission(
    chain: Chain, permissions: tuple[str, ...], allowed: bool
) -> None:
    """Across accounts both sides must allow, even where the target trusts the very role."""
    chain.permit(identity_policy(*permissions) if permissions else None)
    chain.target(trusting(ROLE), OTHER_ACCOUNT)
    chain.associate(FOREIGN_TARGET)
    if allowed:
        assert f"::{OTHER_ACCOUNT}:" in chain.assume()["assumedRoleUser"]["arn"]
    else:
        assert refused(chain.assume) == UNAUTHORIZED
        assert chain.sessions() == {}


def test_boundary_is_passed_over(chain: Chain) -> None:
    """A permissions boundary of the role bounds the second hop too."""
    iam = chain.aws.client("iam")
    chain.permit(identity_policy(*BOTH))
    chain.target(trusting(ACCOUNT))
    chain.associate()
    for name, document, allowed in (
        ("narrow", identity_policy("s3:*"), False),
        ("wide", identity_policy("s3:*", "sts:*"), True),
    ):
        boundary = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
        iam.put_role_permissions_boundary(RoleName="cart-reader", PermissionsBoundary=boundary)
        if allowed:
            assert chain.assume()["credentials"]
        else:
            assert refused(chain.assume) == UNAUTHORIZED


@pytest.mark.parametrize(
    "boundary",
    [
        f"arn:aws:iam::{ACCOUNT}:policy/deleted",
        f"arn:aws:iam::{OTHER_ACCOUNT}:policy/wide",
        "arn:aws:iam::aws:policy/NoSuchPolicy",
    ],
)
def test_missing_boundary_is_none(chain: Chain, boundary: str) -> None:
    """A permissions boundary whose policy is not there allows nothing."""
    iam = chain.aws.client("iam")
    chain.permit(identity_policy(*BOTH))
    chain.target(trusting(ACCOUNT))
    chain.associate()
    assert chain.assume()["credentials"]
    iam.put_role_permissions_boundary(RoleName="cart-reader", PermissionsBoundary=boundary)
    assert refused(chain.assume) == UNAUTHORIZED
    iam.delete_role_permissions_boundary(RoleName="cart-reader")
    assert chain.assume()["credentials"]


def test_managed_policy_is_passed_over(chain: Chain) -> None:
    """A managed policy of the role permits the second hop as an inline one does."""
    iam = chain.aws.client("iam")
    made = iam.create_policy(PolicyName="chain", PolicyDocument=identity_policy(*BOTH))
    chain.target(trusting(ACCOUNT))
    chain.associate()
    assert refused(chain.assume) == UNAUTHORIZED
    iam.attach_role_policy(RoleName="cart-reader", PolicyArn=made["Policy"]["Arn"])
    assert chain.assume()["credentials"]


def test_missing_target_is_assumed(chain: Chain) -> None:
    """A target role that is not there, or was deleted, is refused like any other."""
    chain.permit(identity_policy(*BOTH))
    chain.associate()
    assert refused(chain.assume) == UNAUTHORIZED
    chain.target(trusting(ROLE))
    assert chain.assume()["credentials"]
    chain.aws.client("iam").delete_role(RoleName="target")
    assert refused(chain.assume) == UNAUTHORIZED
    assert len(chain.sessions()) == 2


def test_first_hop_is_not_judged(chain: Chain) -> None:
    """With a target role the first role's trust policy still decides first."""
    chain.permit(identity_policy(*BOTH))
    chain.target(trusting(ROLE))
    chain.associate()
    chain.aws.client("iam").update_assume_role_policy(
        RoleName="cart-reader", PolicyDocument=policy(statement("sts:AssumeRole"))
    )
    assert refused(chain.assume) == UNAUTHORIZED
    assert chain.aws.sessions() == []


def test_judging_cannot_be_switched_off_for_a_target(chain: Chain) -> None:
    """With judge_trust_policy off, neither policies nor permissions are asked on either hop."""
    chain.target(trusting(OTHER_ACCOUNT))
    chain.associate()
    assert refused(chain.assume) == UNAUTHORIZED
    chain.aws.settings(judge_trust_policy=False)
    assert "/target/" in chain.assume()["assumedRoleUser"]["arn"]


def test_target_role_s_tags_hide_the_session_s(chain: Chain) -> None:
    """Inherited tags take the place of the target role's own tags while it is judged."""
    chain.permit(identity_policy(*BOTH))
    chain.target(
        trusting(
            ROLE,
            StringEquals={
                "aws:ResourceTag/kubernetes-namespace": "shop",
                "aws:ResourceTag/team": "blue",
            },
        ),
        Tags=[
            {"Key": "Kubernetes-Namespace", "Value": "billing"},
            {"Key": "team", "Value": "blue"},
        ],
    )
    chain.associate()
    assert chain.assume()["credentials"]
