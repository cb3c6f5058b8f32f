from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from recorded_calls import ACCOUNT, NODE, POD, PROVIDER, USER

from moto_eks_podid.events.identities import AWSAccount, AWSService, Identity, Root, WebIdentityUser
from moto_eks_podid.events.user_identity import user_identity

ROOT = Root(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, "AKIAEXAMPLEROOTKEY01")
NOBODY = WebIdentityUser(None, None, None)

SHAPES = (
    (
        USER,
        "iam",
        {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLEUSERID0001",
            "arn": "arn:aws:iam::111122223333:user/ops/dana",
            "accountId": "111122223333",
            "accessKeyId": "AKIAEXAMPLEUSERKEY01",
            "userName": "dana",
        },
    ),
    (
        ROOT,
        "iam",
        {
            "type": "Root",
            "principalId": "111122223333",
            "arn": "arn:aws:iam::111122223333:root",
            "accountId": "111122223333",
            "accessKeyId": "AKIAEXAMPLEROOTKEY01",
        },
    ),
    (
        AWSService("pods.eks.amazonaws.com"),
        "sts",
        {"type": "AWSService", "invokedBy": "pods.eks.amazonaws.com"},
    ),
    (
        AWSAccount("AROAEXAMPLE:hop", ACCOUNT),
        "sts",
        {"type": "AWSAccount", "principalId": "AROAEXAMPLE:hop", "accountId": "111122223333"},
    ),
    (
        WebIdentityUser(PROVIDER, "sts.amazonaws.com", "me"),
        "sts",
        {
            "type": "WebIdentityUser",
            "principalId": f"{PROVIDER}:sts.amazonaws.com:me",
            "userName": "me",
            "identityProvider": PROVIDER,
        },
    ),
    (NOBODY, "sts", {"type": "WebIdentityUser"}),
    (NOBODY, "s3", {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}),
    (NOBODY, "cognito-idp", {"type": "Unknown", "principalId": "Anonymous"}),
)


@pytest.mark.parametrize(("identity", "service", "expected"), SHAPES)
def test_caller_has_another_shape(
    identity: Identity, service: str, expected: dict[str, Any]
) -> None:
    """Each kind of caller has its members, in their order."""
    assert json.dumps(user_identity(identity, service)) == json.dumps(expected)


def test_session_context_is_in_another_order() -> None:
    """All that a session can tell: issuer, federation, attributes, source, delivery, invoker."""
    session = replace(
        NODE,
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/infra/nodes",
        source_identity="dana",
        federated_provider=PROVIDER,
        invoked_by="pods.eks.amazonaws.com",
    )
    shown = user_identity(session, "ec2")
    assert list(shown) == [
        "type",
        "principalId",
        "arn",
        "accountId",
        "accessKeyId",
        "sessionContext",
        "invokedBy",
    ]
    assert json.dumps(shown["sessionContext"]) == json.dumps(
        {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLENODEROLE1",
                "arn": "arn:aws:iam::111122223333:role/infra/nodes",
                "accountId": "111122223333",
                "userName": "nodes",
            },
            "webIdFederationData": {"federatedProvider": PROVIDER, "attributes": {}},
            "attributes": {"creationDate": "2026-03-01T08:00:00Z", "mfaAuthenticated": "false"},
            "sourceIdentity": "dana",
            "ec2RoleDelivery": "2.0",
        }
    )


NAMES = (
    ("i-0abc1234def567890", True),
    ("i-0abc1234", True),
    ("i-0abc1234d", False),
    ("i-0ABC1234", False),
    ("i-0abc1234\n", False),
    ("eks-i-0abc1234", False),
)


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_session_comes_from_an_instance(name: str, expected: bool) -> None:
    """Sessions that are named like an instance were delivered by its metadata service."""
    session = replace(POD, principal_id=f"AROAEXAMPLEROLEID0001:{name}")
    context = user_identity(session, "sts")["sessionContext"]
    assert ("ec2RoleDelivery" in context) is expected
