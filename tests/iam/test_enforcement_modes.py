"""Whose calls are judged: nobody's, those of sessions and users, everybody's."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, REGION, Aws, Json, policy, statement
from botocore.exceptions import ClientError
from judged import allow, bucket, deny, document, judge, pod, refused, role, user

import moto_eks_podid as podid
from moto_eks_podid import settings


def test_permissions_are_judged_without_being_asked_to(aws: Aws) -> None:
    """Unless somebody says so, a role without policies may do everything, as in moto."""
    credentials = pod(aws, role(aws))
    assert aws.client_with(credentials, "s3").list_buckets()["Buckets"] == []
    assert aws.client_with(credentials, "secretsmanager").list_secrets()["SecretList"] == []


def test_administrator_s_keys_are_judged(aws: Aws) -> None:
    """With `sessions`, keys that nobody gave out act as an administrator."""
    judge(aws)
    bucket(aws, "goods")
    aws.client("iam").create_user(UserName="ann")


def test_anybody_s_keys_are_taken(aws: Aws) -> None:
    """With `all`, keys that nobody gave out are refused; those of users and roles are judged."""
    keys = user(aws, allow("iam:ListUsers"))
    judge(aws, "all")
    with refused("InvalidClientTokenId", status=403):
        aws.client("iam").list_users()
    with refused("InvalidAccessKeyId", status=403):
        aws.client("s3").list_buckets()
    assert aws.client("iam", **keys).list_users()["Users"]
    with refused("AccessDenied", "iam:ListRoles"):
        aws.client("iam", **keys).list_roles()


def test_user_has_policies_that_do_not_count(aws: Aws) -> None:
    """A user's policies count, inline and attached, and those of the user's groups, too."""
    keys = user(aws, allow("iam:ListUsers"))
    iam = aws.client("iam")
    made = iam.create_policy(PolicyName="roles", PolicyDocument=document(allow("iam:ListRoles")))
    iam.attach_user_policy(UserName="ann", PolicyArn=made["Policy"]["Arn"])
    for group, inline in (("readers", allow("iam:ListGroups")), ("others", allow("iam:*"))):
        iam.create_group(GroupName=group)
        iam.put_group_policy(GroupName=group, PolicyName="inline", PolicyDocument=document(inline))
    iam.attach_group_policy(
        GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    )
    iam.add_user_to_group(GroupName="readers", UserName="ann")
    judge(aws)
    client = aws.client("iam", **keys)
    client.list_users()
    client.list_roles()
    client.list_groups()
    aws.client("s3", **keys).list_buckets()
    with refused(
        "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: iam:ListPolicies",
    ):
        client.list_policies()


def test_caller_may_not_ask_who_it_is(aws: Aws) -> None:
    """GetCallerIdentity is always allowed, even against an explicit deny."""
    credentials = pod(aws, role(aws, deny("sts:GetCallerIdentity")))
    judge(aws)
    arn = aws.client_with(credentials, "sts").get_caller_identity()["Arn"]
    assert ":assumed-role/cart-reader/" in arn


def test_role_that_is_gone_still_has_policies(aws: Aws) -> None:
    """A session has nothing left once its role is deleted, even if another takes its name."""
    credentials = pod(aws, role(aws, allow("s3:*")))
    iam = aws.client("iam")
    iam.delete_role_policy(RoleName="cart-reader", PolicyName="inline")
    iam.delete_role(RoleName="cart-reader")
    role(aws, allow("s3:*"))
    judge(aws)
    with refused("AccessDenied", "because no identity-based policy allows"):
        aws.client_with(credentials, "s3").list_buckets()


def test_mode_of_a_mock_outlives_it() -> None:
    """A mock's own configuration switches judging on for as long as it runs."""
    with podid.mock_aws(config={"eks_podid": {"iam_enforcement": "all"}}):
        with pytest.raises(ClientError):
            Aws(None).client("iam").list_users()
    with podid.mock_aws():
        Aws(None).client("iam").list_users()
    with pytest.raises(settings.SettingError, match="'off', 'sessions', 'all'"):
        settings.override({"iam_enforcement": "some"})


def test_pod_token_is_not_enough(aws: Aws) -> None:
    """The node that exchanges a pod's token needs the permission to do so."""
    reader = role(aws)
    pod(aws, reader)
    node_trust = policy(statement("sts:AssumeRole", principal={"AWS": "*"}))
    node = role(aws, name="node", trust=node_trust)
    credentials = aws.client("sts").assume_role(RoleArn=node, RoleSessionName="i-0abc")[
        "Credentials"
    ]
    judge(aws)
    client = aws.client_with(credentials, "eks-auth")
    with refused("AccessDeniedException", "eks-auth:AssumeRoleForPodIdentity on resource: ", 400):
        client.assume_role_for_pod_identity(clusterName="prod-blue", token=aws.token())
    aws.client("iam").put_role_policy(
        RoleName="node",
        PolicyName="inline",
        PolicyDocument=document(allow("eks-auth:AssumeRoleForPodIdentity")),
    )
    client.assume_role_for_pod_identity(clusterName="prod-blue", token=aws.token())


def test_role_is_passed_without_permission(aws: Aws) -> None:
    """Whoever associates a role with a service account must be allowed to pass it."""
    reader = role(aws)
    aws.create_cluster()
    keys = user(aws, allow("eks:*"))
    judge(aws)

    def associate(namespace: str) -> Any:
        return aws.client("eks", **keys).create_pod_identity_association(
            clusterName="prod-blue", namespace=namespace, serviceAccount="x", roleArn=reader
        )

    with refused("AccessDeniedException", f"iam:PassRole on resource: {reader}", 403):
        associate("one")
    aws.client("iam").put_user_policy(
        UserName="ann",
        PolicyName="pass",
        PolicyDocument=document(
            allow(
                "iam:PassRole",
                "iam:GetRole",
                on=reader,
                StringEqualsIfExists={"iam:PassedToService": "pods.eks.amazonaws.com"},
            )
        ),
    )
    associate("two")


#: What is wrong with an association beside its role -> code, status and text of the answer.
WRONG: dict[str, tuple[Json, str, int, str]] = {
    "cluster": (
        {"clusterName": "nowhere"},
        "ResourceNotFoundException",
        404,
        "No cluster found for name: nowhere.",
    ),
    "namespace": (
        {"namespace": "Shop"},
        "InvalidParameterException",
        400,
        "The parameter namespace contains invalid characters.",
    ),
    "service account": (
        {"serviceAccount": "Cart"},
        "InvalidParameterException",
        400,
        "The parameter serviceAccount contains invalid characters.",
    ),
    "tags": ({"tags": {"aws:x": "y"}}, "InvalidParameterException", 400, ""),
    "account": (
        {"roleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/x"},
        "AccessDeniedException",
        403,
        "Cross-account pass role is not allowed.",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_role_hides_what_else_is_wrong(aws: Aws, what: str) -> None:
    """EKS asks whether the caller may pass the role once the rest of an association is right."""
    parameters, code, status, message = WRONG[what]
    reader = role(aws)
    aws.create_cluster()
    client = aws.client("eks", **user(aws, allow("eks:*")))
    judge(aws)
    good = {
        "clusterName": "prod-blue",
        "namespace": "shop",
        "serviceAccount": "cart",
        "roleArn": reader,
    }
    with refused(code, message, status):
        client.create_pod_identity_association(**{**good, **parameters})
    aws.settings()
    associated = aws.client("eks").list_pod_identity_associations(clusterName="prod-blue")
    assert associated["associations"] == []


@pytest.mark.parametrize(
    ("association_id", "code", "message"),
    [
        ("a-1", "InvalidParameterException", "associationId should be 19 characters long."),
        ("a-12345678901234567", "ResourceNotFoundException", "No association found for id"),
        (None, "AccessDeniedException", "iam:PassRole on resource: "),
    ],
)
def test_role_hides_that_an_association_is_missing(
    aws: Aws, association_id: str | None, code: str, message: str
) -> None:
    """An association whose role is to change is looked up first."""
    aws.create_cluster()
    reader = role(aws)
    made = aws.associate(reader)["associationId"]
    client = aws.client("eks", **user(aws, allow("eks:*")))
    judge(aws)
    with refused(code, message):
        client.update_pod_identity_association(
            clusterName="prod-blue", associationId=association_id or made, roleArn=reader
        )


def test_stranger_reads_what_is_not_public(aws: Aws) -> None:
    """Unsigned requests to S3 are judged as those of nobody: a bucket's policy may allow them."""
    s3 = bucket(aws, "site")
    for key in ("public/a", "private/a"):
        s3.put_object(Bucket="site", Key=key, Body=b"hello")
    s3.put_object(Bucket="site", Key="shared", Body=b"hello", ACL="public-read")
    s3.put_bucket_policy(
        Bucket="site",
        Policy=policy(
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::site/public/*",
                "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
            }
        ),
    )
    judge(aws)
    base = aws.endpoint_url or f"https://s3.{REGION}.amazonaws.com"

    def read(path: str) -> tuple[int, bytes]:
        # As an SDK does it: the server takes other unsigned requests for web requests.
        answer = requests.get(f"{base}/site{path}", headers={"User-Agent": "aws-sdk"}, timeout=30)
        return answer.status_code, answer.content

    assert read("/public/a") == (200, b"hello")
    assert read("/shared") == (200, b"hello")
    assert read("/private/a")[0] == 403
    assert read("")[0] == 403


def test_forged_web_identity_is_taken(aws: Aws) -> None:
    """A web identity token of an issuer that the role does not trust gets no credentials."""
    trust = policy(
        statement(
            "sts:AssumeRoleWithWebIdentity",
            principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example"},
        )
    )
    arn = role(aws, trust=trust)
    judge(aws)
    sts = aws.client("sts")
    for token in ("not a token", "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3gifQ.AAAA"):
        with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"):
            sts.assume_role_with_web_identity(
                RoleArn=arn, RoleSessionName="web", WebIdentityToken=token
            )


def test_saml_role_is_assumed_without_trust(aws: Aws) -> None:
    """A role is assumed with a SAML assertion only if it trusts the provider."""
    arn = role(aws)
    judge(aws)
    with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"):
        aws.client("sts").assume_role_with_saml(
            RoleArn=arn,
            PrincipalArn=f"arn:aws:iam::{ACCOUNT}:saml-provider/idp",
            SAMLAssertion="PHg+",
        )


def test_batch_is_refused_or_allowed_as_a_whole(aws: Aws) -> None:
    """DeleteObjects deletes the objects that may be deleted, and answers for the others."""
    s3 = bucket(aws, "goods")
    for key in ("own/a", "others/a"):
        s3.put_object(Bucket="goods", Key=key, Body=b"x")
    credentials = pod(aws, role(aws, allow("s3:DeleteObject", on="arn:aws:s3:::goods/own/*")))
    judge(aws)
    answer = aws.client_with(credentials, "s3").delete_objects(
        Bucket="goods", Delete={"Objects": [{"Key": "own/a"}, {"Key": "others/a"}]}
    )
    assert [entry["Key"] for entry in answer["Deleted"]] == ["own/a"]
    assert answer["Errors"] == [
        {"Key": "others/a", "Code": "AccessDenied", "Message": "Access Denied"}
    ]
    left = s3.list_objects_v2(Bucket="goods")["Contents"]
    assert [entry["Key"] for entry in left] == ["others/a"]


@pytest.mark.parametrize(("wanted", "allowed"), [("judge", True), ("refuse", False)])
def test_unlisted_service_is_treated_as_if_listed(
    in_process_aws: Aws, wanted: str, allowed: bool
) -> None:
    """A service that nobody wrote permissions down for is judged by name, or refused."""
    aws = in_process_aws
    credentials = pod(aws, role(aws, allow("athena:ListDataCatalogs")))
    judge(aws, unlisted_services=wanted)
    client = aws.client_with(credentials, "athena")
    if allowed:
        client.list_data_catalogs()
    else:
        with refused("AccessDeniedException", "athena:ListDataCatalogs"):
            client.list_data_catalogs()
    with refused("AccessDeniedException", "athena:ListWorkGroups"):
        client.list_work_groups()


def test_unlisted_service_is_judged_silently(in_process_aws: Aws) -> None:
    """With `warn`, whoever calls a service that nobody wrote permissions down for hears of it."""
    aws = in_process_aws
    credentials = pod(aws, role(aws, allow("athena:*")))
    judge(aws, unlisted_services="warn")
    with pytest.warns(UserWarning, match="athena:ListDataCatalogs is judged by its name"):
        aws.client_with(credentials, "athena").list_data_catalogs()
