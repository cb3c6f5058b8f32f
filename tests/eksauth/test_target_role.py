"""Target roles: a second hop, whose credentials the pod gets instead."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws, policy, statement
from refusals import refused

import moto_eks_podid as podid

UNAUTHORIZED = (
    "AccessDeniedException",
    400,
    "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart-reader"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/target"
FOREIGN_TARGET = f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"
EXTERNAL_ID = f"{REGION}/{ACCOUNT}/{CLUSTER}/shop/cart"
SESSION_POLICY = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
BOTH = ("sts:AssumeRole", "sts:TagSession")
SESSION_NAME = re.compile(
    r"eks-prod-blue-cart-7c9d6-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)


def identity_policy(*actions: str, effect: str = "Allow", resource: str = "*") -> str:
    return policy({"Effect": effect, "Action": list(actions), "Resource": resource})


def trusting(principal: Any, *actions: str, **conditions: Any) -> str:
    """A trust policy for a principal of IAM."""
    more = {"Condition": conditions} if conditions else {}
    return policy(statement(*actions or BOTH, principal={"AWS": principal}, **more))


class Chain:
    """A cluster, a role, a target role, and an association of both."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        aws.create_cluster()
        aws.create_role()

    def permit(self, document: str | None) -> None:
        """Give the association's role a permission policy."""
        if document is not None:
            self.aws.client("iam").put_role_policy(
                RoleName="cart-reader", PolicyName="chain", PolicyDocument=document
            )

    def target(self, trust: str, account: str = ACCOUNT, **more: Any) -> str:
        iam = self.aws.client_of_account(account, "iam") if account != ACCOUNT else None
        return self.aws.create_role("target", trust, iam, **more)

    def associate(self, target: str = TARGET, **more: Any) -> dict[str, Any]:
        return self.aws.associate(ROLE, targetRoleArn=target, **more)

    def assume(self) -> dict[str, Any]:
        token = self.aws.token(pod_name="cart-7c9d6b5f4-x2k9m", pod_uid="91ee")
        return self.aws.assume(token)

    def sessions(self) -> dict[str, podid.RoleSession]:
        """What the pod left behind, by role."""
        found = self.aws.sessions()
        return {session.role_arn: session for session in found if session.association_arn}


@pytest.fixture
def chain(aws: Aws) -> Chain:
    return Chain(aws)


@pytest.mark.parametrize(
    ("account", "target"), [(ACCOUNT, TARGET), (OTHER_ACCOUNT, FOREIGN_TARGET)]
)
def test_pod_gets_the_first_role(chain: Chain, account: str, target: str) -> None:
    """The pod gets one hour of the target role, in its account, under a name of the same form."""
    chain.permit(identity_policy(*BOTH, resource=target))
    chain.target(trusting(ROLE), account)
    association = chain.associate(target)
    answer = chain.assume()

    sessions = chain.sessions()
    assert set(sessions) == {ROLE, target}
    first, second = sessions[ROLE], sessions[target]
    assert answer["assumedRoleUser"] == {
        "arn": f"arn:aws:sts::{account}:assumed-role/target/{second.session_name}",
        "assumeRoleId": second.user_id,
    }
    assert answer["credentials"]["accessKeyId"] == second.access_key_id
    assert answer["podIdentityAssociation"]["associationArn"] == association["associationArn"]
    iam = chain.aws.client_of_account(account, "iam")
    assert second.role_id == iam.get_role(RoleName="target")["Role"]["RoleId"]
    assert SESSION_NAME.fullmatch(second.session_name)
    assert SESSION_NAME.fullmatch(first.session_name)
    assert (second.expires_at - second.issued_at).total_seconds() == 3600
    assert (first.expires_at - first.issued_at).total_seconds() == 21_600
    expiration = answer["credentials"]["expiration"]
    assert abs((expiration - second.expires_at).total_seconds()) < 1

    identity = chain.aws.client_with(answer["credentials"], "sts").get_caller_identity()
    assert identity["Arn"] == answer["assumedRoleUser"]["arn"]
    assert (identity["Account"], identity["UserId"]) == (account, second.user_id)


def test_target_session_has_no_origin(chain: Chain) -> None:
    """Both sessions name the association; the target's names its parent, its external id, and
    inherits all six tags, which it hands on."""
    chain.permit(identity_policy(*BOTH))
    chain.target(trusting(ROLE))
    association = chain.associate()
    chain.assume()
    first, second = chain.sessions()[ROLE], chain.sessions()[TARGET]
    assert first.association_arn == second.association_arn == association["associationArn"]
    assert (first.parent_access_key_id, second.parent_access_key_id) == (None, first.access_key_id)
    assert (first.external_id, second.external_id) == (None, EXTERNAL_ID)
    assert list(second.tags) == [
        "eks-cluster-arn",
        "eks-cluster-name",
        "kubernetes-namespace",
        "kubernetes-service-account",
        "kubernetes-pod-name",
        "kubernetes-pod-uid",
    ]
    assert second.tags == first.tags
    assert second.transitive_tag_keys == first.transitive_tag_keys == tuple(first.tags)
    both = chain.aws.sessions(association_arn=association["associationArn"])
    assert [session.role_arn for session in both] == [ROLE, TARGET]


def test_session_ends_with_the_hour_or_not(chain: Chain) -> None:
    """The target's credentials end after an hour, although the first session has six."""
    chain.permit(identity_policy(*BOTH))
    chain.target(trusting(ROLE), MaxSessionDuration=43_200)
    chain.associate()
    sts = chain.aws.client_with(chain.assume()["credentials"], "sts")
    chain.aws.shift(3590)
    assert sts.get_caller_identity()["Arn"]
    chain.aws.shift(3601)
    assert refused(sts.get_caller_identity)[:2] == ("ExpiredToken", 403)


def test_session_policy_narrows_the_first_role(chain: Chain) -> None:
    """The association's session policy is the target session's alone."""
    chain.permit(identity_policy("sts:AssumeRole"))
    chain.target(trusting(ROLE))
    chain.associate(disableSessionTags=True, policy=SESSION_POLICY)
    chain.assume()
    assert (chain.sessions()[ROLE].policy, chain.sessions()[TARGET].policy) == (
        None,
        SESSION_POLICY,
    )


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


def test_managed_policy_is_passed_over(chain: Chain) -> None:
    """A managed policy of the role permits the second hop as an inline one does."""
    iam = chain.aws.client("iam")
    made = iam.create_policy(PolicyName="chain", PolicyDocument=identity_policy(*BOTH))
    chain.target(trusting(ACCOUNT))
    chain.associate()
    assert refused(chain.assume) == UNAUTHORIZED
    iam.attach_role_policy(RoleName="cart-reader", PolicyArn=made["Policy"]["Arn"])
    assert chain.assume()["credentials"]


def test_without_tags_the_external_id_is_lost(chain: Chain) -> None:
    """Without session tags the external id is sent still: AWS's split of the trust policy works."""
    chain.permit(identity_policy("sts:AssumeRole"))
    condition = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    principal = {"AWS": ROLE}
    chain.target(
        policy(
            statement("sts:AssumeRole", principal=principal, Condition=condition),
            statement("sts:TagSession", principal=principal),
        )
    )
    chain.associate(disableSessionTags=True)
    chain.assume()
    second = chain.sessions()[TARGET]
    assert (second.tags, second.external_id) == ({}, EXTERNAL_ID)


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
