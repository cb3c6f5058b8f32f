"""Target roles: a second hop, whose credentials the pod gets instead."""

from __future__ import annotations

import re

import pytest
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, Aws, policy, statement
from refusals import refused

from tests.eksauth.target_chain import (
    BOTH,
    EXTERNAL_ID,
    FOREIGN_TARGET,
    ROLE,
    SESSION_POLICY,
    TARGET,
    Chain,
    identity_policy,
    trusting,
)

SESSION_NAME = re.compile(
    r"eks-prod-blue-cart-7c9d6-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)


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
