"""Service account tokens: what a cluster mints, and what verification accepts."""

from __future__ import annotations

import base64
import itertools
import json
import pickle
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from moto_eks_podid.identity.errors import (
    JwksUnavailable,
    MalformedToken,
    Refusal,
    TokenExpired,
    TokenRefused,
)
from moto_eks_podid.identity.issuer import Issuer, TrustedIssuer
from moto_eks_podid.identity.tokens import (
    POD_IDENTITY_AUDIENCE,
    STS_AUDIENCE,
    TokenSubject,
    VerifiedClaims,
    WebIdentityClaims,
    mint,
    read_unverified,
    unverified_issuer,
    verify,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, 750_000, tzinfo=timezone.utc)
ISSUED = NOW.replace(microsecond=0)
SECOND = timedelta(seconds=1)
DAY = 86_400
URL = "https://oidc.eks.us-west-2.amazonaws.com/id/0F1E2D3C4B5A69788796A5B4C3D2E1F0"
OTHER_URL = URL[:-1] + "9"
JTI = "6d1c2a50-5a3e-4b0b-9d4f-2f6f0c1d7a10"
SUBJECT = TokenSubject(
    namespace="shop",
    service_account="cart",
    service_account_uid="aad70e5a-0a51-4ad1-a3b0-6f4d6b7f2a11",
    pod_name="cart-7c9d6b5f4-x2k9m",
    pod_uid="91ee4b1c-2f0e-4d0f-8c86-2f5f3c3a7b22",
    node_name="i-0abc1234def567890",
    node_uid="3c0c5f34-7f0b-4f7e-9a52-64d0f1f5c533",
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    numbers = itertools.count(1)
    issuer = Issuer(URL, new_kid=lambda: f"{next(numbers):040x}")
    yield issuer
    issuer.release()


@pytest.fixture(scope="module")
def token(issuer: Issuer) -> str:
    return pod_token(issuer)


def pod_token(
    issuer: Issuer,
    *,
    subject: TokenSubject = SUBJECT,
    audience: str | list[str] = POD_IDENTITY_AUDIENCE,
    expires_in: int = DAY,
) -> str:
    return mint(issuer, subject, now=NOW, expires_in=expires_in, audience=audience, jti=JTI)


def segment(token: str, number: int) -> bytes:
    part = token.split(".")[number]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def check(
    token: str, *issuers: Issuer, now: datetime = NOW, audience: str = POD_IDENTITY_AUDIENCE
) -> VerifiedClaims:
    key_sets = {issuer.url: issuer for issuer in issuers}
    return verify(token, key_sets=key_sets, audiences=(audience,), now=now)


def refusal(token: str, *issuers: Issuer, **how: Any) -> TokenRefused:
    with pytest.raises(TokenRefused) as refused:
        check(token, *issuers, **how)
    return refused.value


class TestMint:
    def test_the_header_is_unlike_eks(self, issuer: Issuer, token: str) -> None:
        """The header is alg, kid, typ, in that order, as compact JSON."""
        kid = issuer.signing_key(NOW).kid
        assert segment(token, 0).decode() == f'{{"alg":"RS256","kid":"{kid}","typ":"JWT"}}'
        assert token.startswith("eyJhbGciOiJSUzI1NiIs")

    def test_the_claims_are_unlike_eks(self, token: str) -> None:
        """The claims are Kubernetes's, in alphabetical order, as compact JSON."""
        issued = int(ISSUED.timestamp())
        assert segment(token, 1).decode() == (
            f'{{"aud":["pods.eks.amazonaws.com"],"exp":{issued + DAY},"iat":{issued},'
            f'"iss":"{URL}","jti":"{JTI}","kubernetes.io":{{"namespace":"shop",'
            f'"node":{{"name":"{SUBJECT.node_name}","uid":"{SUBJECT.node_uid}"}},'
            f'"pod":{{"name":"{SUBJECT.pod_name}","uid":"{SUBJECT.pod_uid}"}},'
            f'"serviceaccount":{{"name":"cart","uid":"{SUBJECT.service_account_uid}"}}}},'
            f'"nbf":{issued},"sub":"system:serviceaccount:shop:cart"}}'
        )
        assert list(json.loads(segment(token, 1))) == sorted(json.loads(segment(token, 1)))

    @pytest.mark.parametrize(
        ("audience", "expected"),
        [("one", ["one"]), (["one"], ["one"]), (["b", "a"], ["b", "a"])],
        ids=str,
    )
    def test_a_single_audience_is_no_list(
        self, issuer: Issuer, audience: str | list[str], expected: list[str]
    ) -> None:
        """The audience is a list, even of one, in the order given."""
        minted = pod_token(issuer, audience=audience)
        assert json.loads(segment(minted, 1))["aud"] == expected

    @pytest.mark.parametrize(
        ("name", "uid", "expected"),
        [(None, None, None), ("n", None, {"name": "n"}), ("n", "u", {"name": "n", "uid": "u"})],
        ids=["no node", "no uid", "both"],
    )
    def test_an_unknown_node_is_in_the_token(
        self, issuer: Issuer, name: str | None, uid: str | None, expected: Any
    ) -> None:
        """The node is in the token as far as it is known."""
        subject = TokenSubject("shop", "cart", "1", "cart-1", "2", name, uid)
        minted = pod_token(issuer, subject=subject)
        assert json.loads(segment(minted, 1))["kubernetes.io"].get("node") == expected
        assert check(minted, issuer).node_name == name

    def test_a_naive_time_is_taken_for_local_time(self, issuer: Issuer) -> None:
        """A time without a time zone is a mistake, not a guess."""
        with pytest.raises(TypeError):
            mint(issuer, SUBJECT, now=datetime(2026, 3, 1), expires_in=1, audience="a", jti=JTI)

    @pytest.mark.parametrize("expires_in", [10**12, -(10**12)])
    def test_an_expiry_without_a_date(self, issuer: Issuer, expires_in: int) -> None:
        """A token whose expiry is no date is not minted."""
        with pytest.raises(ValueError, match="after 1970"):
            pod_token(issuer, expires_in=expires_in)

    def test_a_token_is_issued_before_1970(self, issuer: Issuer) -> None:
        """A token whose times cannot be written is not minted."""
        then = datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
        with pytest.raises(ValueError, match="issued -1 "):
            mint(issuer, SUBJECT, now=then, expires_in=60, audience="a", jti=JTI)

    def test_a_plain_rsa_verification_fails(self, issuer: Issuer, token: str) -> None:
        """The published key verifies the signature with no JWT library involved."""
        (jwk,) = issuer.jwks(NOW)["keys"]
        n, e = (int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "=="), "big") for name in "ne")
        signing_input, _, _ = token.rpartition(".")
        rsa.RSAPublicNumbers(e, n).public_key().verify(
            segment(token, 2), signing_input.encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        assert json.loads(segment(token, 0))["kid"] == jwk["kid"]

    def test_a_jwt_library_fails(self, issuer: Issuer, token: str) -> None:
        """A JWT library verifies the token with the published keys alone."""
        kid = jwt.get_unverified_header(token)["kid"]
        key = jwt.PyJWKSet.from_dict(issuer.jwks(NOW))[kid]
        decoded = jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=POD_IDENTITY_AUDIENCE,
            issuer=URL,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
        assert decoded["sub"] == "system:serviceaccount:shop:cart"


class TestVerify:
    def test_a_genuine_token_loses_a_claim(self, issuer: Issuer, token: str) -> None:
        """A genuine token of a pod verifies to everything that it says."""
        assert check(token, issuer) == VerifiedClaims(
            issuer=URL,
            subject="system:serviceaccount:shop:cart",
            audience=(POD_IDENTITY_AUDIENCE,),
            issued_at=ISSUED,
            expires_at=ISSUED + timedelta(days=1),
            token_id=JTI,
            kid=issuer.signing_key(NOW).kid,
            namespace="shop",
            service_account="cart",
            service_account_uid=SUBJECT.service_account_uid,
            pod_name=SUBJECT.pod_name,
            pod_uid=SUBJECT.pod_uid,
            node_name=SUBJECT.node_name,
        )

    def test_a_token_outlives_its_expiry(self, issuer: Issuer, token: str) -> None:
        """A token has expired from the very second of its exp on, with no leeway."""
        expiry = ISSUED + timedelta(days=1)
        last_moment = expiry - timedelta(microseconds=1)
        assert check(token, issuer, now=last_moment).expires_at == expiry
        for now in (expiry, expiry + SECOND):
            expired = refusal(token, issuer, now=now)
            assert isinstance(expired, TokenExpired)
            assert (expired.now, expired.expires_at) == (now, expiry)
            assert expired.reason is Refusal.EXPIRED

    def test_a_token_is_valid_before_its_time(self, issuer: Issuer, token: str) -> None:
        """A token is valid from the second of its nbf on, with no leeway."""
        assert check(token, issuer, now=ISSUED).issued_at == ISSUED
        early = refusal(token, issuer, now=ISSUED - timedelta(microseconds=1))
        assert early.reason is Refusal.NOT_YET_VALID

    def test_a_token_for_sts_is_taken_for_pod_identity(self, issuer: Issuer) -> None:
        """A token for other audiences is refused, and the refusal names both sides."""
        minted = pod_token(issuer, audience=STS_AUDIENCE)
        refused = refusal(minted, issuer)
        assert refused.reason is Refusal.WRONG_AUDIENCE
        assert refused.detail == (
            "the audience is 'sts.amazonaws.com', expected 'pods.eks.amazonaws.com'"
        )
        assert str(refused) == "wrong audience: " + refused.detail

    def test_one_of_several_audiences_is_not_enough(self, issuer: Issuer) -> None:
        """One audience in common is enough; part of an audience's name is not."""
        minted = pod_token(issuer, audience=["a", POD_IDENTITY_AUDIENCE])
        key_sets = {URL: issuer}
        assert verify(minted, key_sets=key_sets, audiences={"a"}, now=NOW).audience == (
            "a",
            POD_IDENTITY_AUDIENCE,
        )
        for audiences in (
            [],
            ["pods.eks"],
            [POD_IDENTITY_AUDIENCE.upper()],
            f"not-{POD_IDENTITY_AUDIENCE}",
        ):
            with pytest.raises(TokenRefused) as refused:
                verify(pod_token(issuer), key_sets=key_sets, audiences=audiences, now=NOW)
            assert refused.value.reason is Refusal.WRONG_AUDIENCE

    def test_a_token_without_audiences_is_for_everybody(self, issuer: Issuer) -> None:
        """A token with an empty list of audiences is for nobody."""
        assert refusal(pod_token(issuer, audience=[]), issuer).reason is Refusal.WRONG_AUDIENCE

    def test_another_clusters_token_is_accepted(self, issuer: Issuer, token: str) -> None:
        """A token of an issuer that is not trusted is refused, with or without any trusted."""
        other = Issuer(OTHER_URL, new_kid=lambda: "f" * 40)
        refused = refusal(token, other)
        assert refused.reason is Refusal.UNKNOWN_ISSUER
        assert refused.detail == f"the issuer is '{URL}', expected '{OTHER_URL}'"
        assert refusal(token).detail.endswith("expected none")
        assert check(token, other, issuer).issuer == URL
        other.release()

    def test_another_cluster_signs_for_this_one(self, issuer: Issuer) -> None:
        """A trusted issuer's key verifies that issuer's tokens only, even under the same id."""
        other = Issuer(OTHER_URL, new_kid=lambda: issuer.signing_key(NOW).kid)
        impostor = Issuer(URL, new_kid=lambda: issuer.signing_key(NOW).kid)
        assert refusal(pod_token(impostor), issuer, other).reason is Refusal.BAD_SIGNATURE
        for made in (other, impostor):
            made.release()

    def test_an_unknown_key_verifies(self, issuer: Issuer, token: str) -> None:
        """A key id that the issuer does not have is an unknown key."""
        stranger = Issuer(URL, new_kid=lambda: "e" * 40)
        refused = refusal(pod_token(stranger), issuer)
        assert refused.reason is Refusal.UNKNOWN_KEY
        assert "e" * 40 in refused.detail
        stranger.release()

    def test_a_trusted_real_cluster_is_refused(self, issuer: Issuer, token: str) -> None:
        """A real cluster's token verifies with its given or fetched keys."""
        document = issuer.jwks(NOW)
        for trusted in (
            TrustedIssuer(URL, jwks=document),
            TrustedIssuer(URL, fetch=lambda: document),
        ):
            claims = verify(
                token, key_sets={URL: trusted}, audiences=[POD_IDENTITY_AUDIENCE], now=NOW
            )
            assert claims == check(token, issuer)

    def test_unreachable_keys_are_a_refusal(self, token: str) -> None:
        """While an issuer's keys cannot be had, its tokens are neither genuine nor refused."""

        def fetch() -> dict[str, Any]:
            raise JwksUnavailable("no answer")

        trusted = TrustedIssuer(URL, fetch=fetch)
        with pytest.raises(JwksUnavailable, match="no answer"):
            verify(token, key_sets={URL: trusted}, audiences=[POD_IDENTITY_AUDIENCE], now=NOW)

    def test_a_rotated_key_breaks_a_valid_token(self) -> None:
        """A token verifies until its expiry although its key was rotated; then it has expired."""
        draws = iter(["a" * 40, "b" * 40])
        issuer = Issuer(URL, new_kid=lambda: next(draws))
        old = pod_token(issuer, expires_in=3600)
        issuer.rotate(NOW)
        expiry = ISSUED + timedelta(hours=1)
        assert check(old, issuer, now=expiry - SECOND).kid == "a" * 40
        assert [key["kid"] for key in issuer.jwks(expiry - SECOND)["keys"]] == ["b" * 40, "a" * 40]
        assert [key["kid"] for key in issuer.jwks(expiry)["keys"]] == ["b" * 40]
        with pytest.raises(TokenExpired):
            check(old, issuer, now=expiry)
        assert check(pod_token(issuer), issuer).kid == "b" * 40
        issuer.release()

    def test_a_week_old_key_signs_new_tokens(self) -> None:
        """Seven days on, tokens carry another key id, and both verify while they are valid."""
        draws = iter(["a" * 40, "b" * 40])
        issuer = Issuer(URL, new_kid=lambda: next(draws))
        later = NOW + timedelta(days=7)
        old = pod_token(issuer, expires_in=8 * DAY)
        new = mint(issuer, SUBJECT, now=later, expires_in=60, audience="pods", jti=JTI)
        assert check(old, issuer, now=later).kid == "a" * 40
        assert check(new, issuer, now=later, audience="pods").kid == "b" * 40
        issuer.release()

    def test_an_irsa_token_needs_a_pod(self, issuer: Issuer) -> None:
        """As a web identity, a token says who it is about, whether that is a pod or not."""
        minted = pod_token(issuer, audience=STS_AUDIENCE)
        claims = verify(
            minted, key_sets={URL: issuer}, audiences=[STS_AUDIENCE], now=NOW, pod_claims=False
        )
        assert claims == WebIdentityClaims(
            issuer=URL,
            subject="system:serviceaccount:shop:cart",
            audience=(STS_AUDIENCE,),
            issued_at=ISSUED,
            expires_at=ISSUED + timedelta(days=1),
            token_id=JTI,
            kid=issuer.signing_key(NOW).kid,
        )


class TestUnverified:
    def test_reading_looks_at_what_it_must_not(self, issuer: Issuer, token: str) -> None:
        """Reading without verification ignores signature, issuer, audience and times."""
        header, payload, _ = token.split(".")
        assert read_unverified(token) == check(token, issuer)
        assert read_unverified(f"{header}.{payload}.AAAA") == check(token, issuer)
        assert read_unverified(f"e30.{payload}.").kid is None
        assert read_unverified(token, pod_claims=False).subject == "system:serviceaccount:shop:cart"

    def test_reading_takes_anything(self) -> None:
        """Reading without verification still wants a JWT, and claims of their types."""
        with pytest.raises(MalformedToken):
            read_unverified("not a token")
        with pytest.raises(TokenRefused) as refused:
            read_unverified("e30.e30.")
        assert refused.value.reason is Refusal.MISSING_CLAIM

    def test_a_mangled_token_of_a_known_issuer_belongs_to_nobody(self, token: str) -> None:
        """The claimed issuer is found in tokens that verification calls malformed."""
        header, payload, signature = token.split(".")
        for mangled in (
            token,
            f"{header}.{payload}",
            f"!!!.{payload}.{signature}",
            f"{header}.{payload}==.{signature}.more",
            token + "\n",
        ):
            assert unverified_issuer(mangled) == URL

    @pytest.mark.parametrize(
        "text",
        ["", "a", "a.b.c", "a.e30.c", "a.W10.c", "a.eyJpc3MiOjF9.c", "é.é.é", "..", "a.\ud800.c"],
    )
    def test_an_unreadable_token_has_an_issuer(self, text: str) -> None:
        """What has no readable issuer has none."""
        assert unverified_issuer(text) is None


def test_errors_do_not_survive_another_process(issuer: Issuer, token: str) -> None:
    """Refusals can be pickled, as a test runner with several processes does."""
    for error in (
        refusal(token, issuer, now=NOW + timedelta(days=2)),
        refusal(token),
        MalformedToken("it is empty"),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)
