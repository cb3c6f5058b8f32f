"""AssumeRoleWithWebIdentity (IRSA) with the tokens of clusters and of trusted issuers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import boto3
import jwt
import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws, policy, statement
from botocore import UNSIGNED
from botocore.config import Config
from real_cluster import ISSUER, claims_in, claims_of_a_pod, sign, trust
from refusals import refused

AUDIENCE = "sts.amazonaws.com"
SUBJECT = "system:serviceaccount:shop:cart"
DENIED = ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
WRONG_AUDIENCE = ("InvalidIdentityToken", 400, "Incorrect token audience")
NO_KEY = (
    "InvalidIdentityToken",
    400,
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements",
)
NOT_A_JWT = (
    "InvalidIdentityToken",
    400,
    "The ID Token provided is not a valid JWT. "
    "(You may see this error if you sent an Access Token)",
)


class Irsa:
    """A cluster, its provider in IAM, and a role for `cart` in `shop`."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.sts = aws.client("sts")
        self.issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]

    def provider(self, issuer: str | None = None, *audiences: str, iam: Any = None) -> str:
        made = (iam or self.aws.client("iam")).create_open_id_connect_provider(
            Url=issuer or self.issuer,
            ClientIDList=list(audiences or (AUDIENCE,)),
            ThumbprintList=["0" * 40],
        )
        return str(made["OpenIDConnectProviderArn"])

    def role(self, provider: str, iam: Any = None, **more: Any) -> str:
        return self.aws.create_role("irsa", self.trust(provider), iam, **more)

    @staticmethod
    def trust(provider: str, subject: str = SUBJECT, audience: str = AUDIENCE) -> str:
        keys = provider.split(":oidc-provider/")[1]
        condition = {"StringEquals": {f"{keys}:sub": subject, f"{keys}:aud": audience}}
        return policy(
            statement(
                "sts:AssumeRoleWithWebIdentity",
                principal={"Federated": provider},
                Condition=condition,
            )
        )

    def token(self, **more: Any) -> str:
        return self.aws.token(**{"audience": AUDIENCE, **more})

    def assume(self, role: str, token: str | None = None, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.sts.assume_role_with_web_identity(
            RoleArn=role,
            RoleSessionName="botocore-session-1",
            WebIdentityToken=token or self.token(),
            **more,
        )
        return answer


@pytest.fixture
def irsa(aws: Aws) -> Irsa:
    return Irsa(aws)


def test_answer_misses_members(irsa: Irsa) -> None:
    """The answer names subject, provider and audience, and the session under the role's own id."""
    provider = irsa.provider()
    role = irsa.role(provider)
    answer = irsa.assume(role)
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["Provider"] == provider
    assert answer["Audience"] == AUDIENCE
    role_id = irsa.aws.client("iam").get_role(RoleName="irsa")["Role"]["RoleId"]
    assert answer["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role_id}:botocore-session-1",
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/irsa/botocore-session-1",
    }
    assert "PackedPolicySize" not in answer
    (session,) = irsa.aws.sessions()
    assert session.access_key_id == answer["Credentials"]["AccessKeyId"]
    assert session.federated_provider == provider
    assert (session.tags, session.association_arn) == ({}, None)
    assert (session.expires_at - session.issued_at).total_seconds() == 3600


def test_unsigned_call_is_refused(irsa: Irsa) -> None:
    """The call needs no credentials: whoever has the token may make it."""
    role = irsa.role(irsa.provider())
    sts = boto3.client(
        "sts",
        region_name=REGION,
        endpoint_url=irsa.aws.endpoint_url,
        config=Config(signature_version=UNSIGNED),
    )
    answer = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="unsigned", WebIdentityToken=irsa.token()
    )
    assert answer["AssumedRoleUser"]["Arn"].endswith("/irsa/unsigned")


def test_policies_of_the_session_are_lost(irsa: Irsa) -> None:
    """A session policy is kept and takes space."""
    role = irsa.role(irsa.provider())
    document = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    arns = [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
    answer = irsa.assume(role, Policy=document, PolicyArns=arns)
    assert answer["PackedPolicySize"] > 0
    (session,) = irsa.aws.sessions()
    assert (session.policy, session.policy_arns) == (document, (arns[0]["arn"],))


def test_provider_of_another_account_is_used(irsa: Irsa) -> None:
    """The provider must be in the account of the role: a role elsewhere needs one there."""
    irsa.provider()
    iam = irsa.aws.client_of_account(OTHER_ACCOUNT, "iam")
    arn = f"arn:aws:iam::{OTHER_ACCOUNT}:role/irsa"
    no_provider = f"No OpenIDConnect provider found in your account for {irsa.issuer}"
    expected = ("InvalidIdentityToken", 400, no_provider)
    assert refused(irsa.assume, role=arn) == expected
    assert irsa.role(irsa.provider(iam=iam), iam) == arn
    assert irsa.assume(arn)["Provider"].startswith(f"arn:aws:iam::{OTHER_ACCOUNT}:oidc-provider/")


def test_provider_is_not_needed(irsa: Irsa) -> None:
    """Without a provider, or once it is deleted, the token is refused."""
    provider = irsa.provider()
    role = irsa.role(provider)
    irsa.aws.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)
    no_provider = f"No OpenIDConnect provider found in your account for {irsa.issuer}"
    assert refused(irsa.assume, role=role) == ("InvalidIdentityToken", 400, no_provider)


# The token


def test_pod_identity_token_is_taken(irsa: Irsa) -> None:
    """A token whose audience is none of the provider's client ids is refused; a provider may have
    several."""
    role = irsa.role(irsa.provider(None, AUDIENCE, "vault"))
    pod_identity = irsa.token(audience="pods.eks.amazonaws.com")
    assert refused(irsa.assume, role=role, token=pod_identity) == WRONG_AUDIENCE
    assert refused(irsa.assume, role=role, token=irsa.token(audience="Vault")) == WRONG_AUDIENCE
    # The trust policy asks for the other one.
    assert refused(irsa.assume, role=role, token=irsa.token(audience="vault")) == DENIED


def test_expired_token_is_taken(irsa: Irsa) -> None:
    """An expired token: the error tells both times in seconds since 1970."""
    role = irsa.role(irsa.provider())
    token = irsa.token(expires_in=600)
    irsa.aws.shift(700)
    code, status, message = refused(irsa.assume, role=role, token=token)
    assert (code, status) == ("ExpiredTokenException", 400)
    match = re.fullmatch(
        r"Token expired: current date/time (\d+) "
        rf"must be before the expiration date/time {claims_in(token)['exp']}",
        message,
    )
    assert match
    assert 95 <= int(match[1]) - claims_in(token)["exp"] <= 160


def test_future_token_is_taken(irsa: Irsa) -> None:
    """A token that is not valid yet is refused."""
    role = irsa.role(irsa.provider())
    token = irsa.token()
    irsa.aws.shift(-60)
    assert refused(irsa.assume, role=role, token=token) == (
        "InvalidIdentityToken",
        400,
        "The ID Token provided is not valid yet",
    )


def test_forged_token_is_taken(irsa: Irsa) -> None:
    """Another key's signature, an unknown key, another algorithm, and no JWT are all refused."""
    role = irsa.role(irsa.provider())
    token = irsa.token()
    kid = jwt.get_unverified_header(token)["kid"]
    claims = claims_in(token)
    header, payload, _ = token.split(".")
    for forged, expected in (
        (sign(claims, kid=kid), NOT_A_JWT),
        (sign(claims, kid="b2" * 20), NO_KEY),
        (jwt.encode(claims, None, "none", {"kid": kid}) + "AA", NO_KEY),
        (f"{header}.{payload}", NOT_A_JWT),
        (f"{header}.{payload}.%", NOT_A_JWT),
        (f"x{token}", NOT_A_JWT),
    ):
        assert refused(irsa.assume, role=role, token=forged) == expected
    assert irsa.aws.sessions() == []


def test_token_needs_a_pod(irsa: Irsa) -> None:
    """STS asks nothing of the pod: a token without `kubernetes.io` is as good."""
    trust(irsa.aws)
    role = irsa.role(irsa.provider(ISSUER))
    claims = claims_of_a_pod(aud=[AUDIENCE])
    del claims["kubernetes.io"]
    assert irsa.assume(role, sign(claims))["SubjectFromWebIdentityToken"] == SUBJECT


# The role


TRUSTS: dict[str, tuple[str, str]] = {
    "another service account": ("system:serviceaccount:shop:till", AUDIENCE),
    "another namespace": ("system:serviceaccount:billing:cart", AUDIENCE),
    "a pattern under StringEquals": ("system:serviceaccount:shop:*", AUDIENCE),
    "another audience": (SUBJECT, "vault"),
}


@pytest.mark.parametrize("case", TRUSTS)
def test_condition_is_passed_over(irsa: Irsa, case: str) -> None:
    """Conditions on the provider's `sub` and `aud` decide, and the refusal tells nothing."""
    provider = irsa.provider()
    role = irsa.aws.create_role("irsa", irsa.trust(provider, *TRUSTS[case]))
    assert refused(irsa.assume, role=role) == DENIED
    assert irsa.aws.sessions() == []


def test_any_role_can_be_assumed(irsa: Irsa) -> None:
    """A role that trusts somebody else, trusts for another action, or is not there, is refused
    alike."""
    provider = irsa.provider()
    irsa.aws.create_role("pods")
    by_service = statement("sts:AssumeRole", principal={"Federated": provider})
    irsa.aws.create_role("wrong-action", policy(by_service))
    other = statement(
        "sts:AssumeRoleWithWebIdentity", principal={"Federated": "cognito-identity.amazonaws.com"}
    )
    irsa.aws.create_role("wrong-provider", policy(other))
    for name in ("pods", "wrong-action", "wrong-provider", "nowhere"):
        assert refused(irsa.assume, role=f"arn:aws:iam::{ACCOUNT}:role/{name}") == DENIED


def test_pattern_does_not_match(irsa: Irsa) -> None:
    """StringLike lets every service account of a namespace in."""
    provider = irsa.provider()
    keys = provider.split(":oidc-provider/")[1]
    document = statement(
        "sts:AssumeRoleWithWebIdentity",
        principal={"Federated": provider},
        Condition={"StringLike": {f"{keys}:sub": "system:serviceaccount:shop:*"}},
    )
    role = irsa.aws.create_role("irsa", policy(document))
    assert irsa.assume(role, irsa.token(service_account="till"))["Credentials"]
    assert refused(irsa.assume, role=role, token=irsa.token(namespace="billing")) == DENIED


def test_role_s_maximum_is_passed_over(irsa: Irsa) -> None:
    """A session lasts as long as was asked for, at most the role's maximum."""
    role = irsa.role(irsa.provider(), MaxSessionDuration=7200)
    irsa.assume(role, DurationSeconds=7200)
    (session,) = irsa.aws.sessions()
    assert (session.expires_at - session.issued_at).total_seconds() == 7200
    assert refused(irsa.assume, role=role, DurationSeconds=7201) == (
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )


#: The account in digits that are not ASCII's.
OTHER_DIGITS = ACCOUNT.translate({ord("0") + digit: 0x0660 + digit for digit in range(10)})


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::12345:role/irsa-role",
        f"arn:aws:iam::{ACCOUNT}:user/alice-the-first",
        f"arn:aws:iam::{OTHER_DIGITS}:role/irsa-role",
    ],
)
def test_bad_role_arn_is_taken(irsa: Irsa, arn: str) -> None:
    """What is no role's ARN is refused for that."""
    irsa.provider()
    assert refused(irsa.assume, role=arn) == ("ValidationError", 400, "Request ARN is invalid")


# Issuers


def test_trusted_issuer_is_not_verified(irsa: Irsa) -> None:
    """A real cluster's token is verified with the keys that were given for it."""
    trust(irsa.aws)
    provider = irsa.provider(ISSUER)
    role = irsa.role(provider)
    genuine = claims_of_a_pod(aud=[AUDIENCE])
    assert irsa.assume(role, sign(genuine))["Provider"] == provider
    assert provider.endswith(":oidc-provider/" + ISSUER.removeprefix("https://"))
    assert refused(irsa.assume, role=role, token=sign(genuine, kid="c3" * 20)) == NO_KEY
    other = {**genuine, "sub": "system:serviceaccount:shop:till"}
    assert refused(irsa.assume, role=role, token=sign(other)) == DENIED


def test_deleted_cluster_s_token_is_verified(irsa: Irsa) -> None:
    """A deleted cluster's keys are gone: nobody can verify its tokens any more."""
    role, token = irsa.role(irsa.provider()), irsa.token()
    irsa.aws.client("eks").delete_cluster(name=CLUSTER)
    assert refused(irsa.assume, role=role, token=token) == NO_KEY


OF_NOBODY: dict[str, Callable[[], str]] = {
    "another issuer": lambda: sign(claims_of_a_pod("https://accounts.example.com", aud=["app"])),
    "no JWT": lambda: "opaque-token",
    "no issuer": lambda: sign({"sub": "alice"}),
}


@pytest.mark.parametrize("case", OF_NOBODY)
def test_other_token_is_refused(irsa: Irsa, case: str) -> None:
    """Tokens of nobody that is known here work as they do in moto: unverified, for any role."""
    answer = irsa.assume(f"arn:aws:iam::{ACCOUNT}:role/anything", OF_NOBODY[case]())
    assert answer["AssumedRoleUser"]["Arn"].endswith(":assumed-role/anything/botocore-session-1")
    assert "SubjectFromWebIdentityToken" not in answer
    (session,) = irsa.aws.sessions()
    assert session.federated_provider is None
    identity = irsa.aws.client_with(answer["Credentials"], "sts").get_caller_identity()
    assert identity["Arn"] == session.arn


def test_shift_moves_the_session(irsa: Irsa) -> None:
    """A session's times are the plugin's, as is the verification's."""
    role = irsa.role(irsa.provider())
    irsa.aws.shift(7 * 86_400)
    answer = irsa.assume(role)
    ahead = answer["Credentials"]["Expiration"] - datetime.now(timezone.utc)
    assert ahead.days == 7
