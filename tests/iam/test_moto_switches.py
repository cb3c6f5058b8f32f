"""moto's own switches go on working: our decisions, moto's words, the service's own form."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
import requests
from aws_under_test import ACCOUNT, REGION, Aws, Json, policy, statement
from botocore.config import Config
from botocore.exceptions import ClientError
from judged import allow, bucket, document, pod, refused, role
from moto.core import enable_iam_authentication, set_initial_no_auth_action_count

import moto_eks_podid as podid

#: Service -> a call without arguments, its action, code and status.
CALLS = {
    "iam": ("list_roles", "iam:ListRoles", "AccessDenied", 403),
    "ec2": ("describe_vpcs", "ec2:DescribeVpcs", "AccessDenied", 403),
    "eks": ("list_clusters", "eks:ListClusters", "AccessDeniedException", 403),
    "secretsmanager": (
        "list_secrets",
        "secretsmanager:ListSecrets",
        "AccessDeniedException",
        400,
    ),
    "route53": ("list_hosted_zones", "route53:ListHostedZones", "AccessDenied", 403),
}


@pytest.mark.parametrize("service", CALLS)
def test_moto_s_words_are_lost(in_process_aws: Aws, service: str) -> None:
    """A refused caller reads moto's text, in the protocol of the service."""
    aws = in_process_aws
    operation, action, code, status = CALLS[service]
    credentials = pod(aws, role(aws))
    arn = aws.client_with(credentials, "sts").get_caller_identity()["Arn"]
    with enable_iam_authentication():
        client = aws.client_with(credentials, service)
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)()
    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert response["Error"]["Message"] == f"User: {arn} is not authorized to perform: {action}"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_moto_s_count_is_not_kept() -> None:
    """The decorator lets so many calls pass, and judges the next one."""

    @set_initial_no_auth_action_count(1)
    def judged(aws: Aws) -> None:
        aws.client("iam").list_users()
        with refused("InvalidClientTokenId", status=403):
            aws.client("iam").list_users()

    with podid.mock_aws():
        judged(Aws(None))


def test_count_of_the_server_is_not_kept(server_aws: Aws) -> None:
    """The server's own switch works, too."""
    aws = server_aws
    credentials = pod(aws, role(aws, allow("eks:ListClusters")))

    def count(calls: str) -> Json:
        answer = requests.post(
            f"{aws.endpoint_url}/moto-api/reset-auth", data=calls.encode(), timeout=30
        )
        found: Json = answer.json()
        return found

    before = count("0")["PREVIOUS_INITIAL_NO_AUTH_ACTION_COUNT"]
    try:
        aws.client_with(credentials, "eks").list_clusters()
        with refused("AccessDenied", "is not authorized to perform: iam:ListRoles", 403):
            aws.client_with(credentials, "iam").list_roles()
    finally:
        count(str(before))


def test_request_without_a_body_has_the_wrong_signature(in_process_aws: Aws) -> None:
    """Signatures of GET requests without a body are checked like any other."""
    aws = in_process_aws
    credentials = pod(aws, role(aws, allow("eks:*", "route53:*", "lambda:*")))
    with enable_iam_authentication():
        aws.client_with(credentials, "eks").list_clusters(maxResults=3)
        aws.client_with(credentials, "route53").list_hosted_zones()
        aws.client_with(credentials, "lambda").list_functions()
        wrong = {**credentials, "secretAccessKey": "made up"}
        with refused("InvalidSignatureException", status=403):
            aws.client_with(wrong, "eks").list_clusters()


def test_conditions_are_ignored(in_process_aws: Aws) -> None:
    """With moto's switch conditions, boundaries and resources count as well."""
    aws = in_process_aws
    s3 = bucket(aws, "goods")
    s3.put_object(Bucket="goods", Key="shop/a", Body=b"x")
    s3.put_object(Bucket="goods", Key="kitchen/a", Body=b"x")
    own = "arn:aws:s3:::goods/${aws:PrincipalTag/kubernetes-namespace}/*"
    credentials = pod(aws, role(aws, allow("s3:GetObject", on=own)))
    with enable_iam_authentication():
        client = aws.client_with(credentials, "s3")
        client.get_object(Bucket="goods", Key="shop/a")
        with refused("AccessDenied", "Access Denied", 403):
            client.get_object(Bucket="goods", Key="kitchen/a")


def test_trust_policy_is_ignored(in_process_aws: Aws) -> None:
    """A role that exists must trust the caller; one that does not is made up by moto, as ever."""
    aws = in_process_aws
    iam = aws.client("iam")
    iam.create_user(UserName="ann")
    iam.put_user_policy(
        UserName="ann", PolicyName="inline", PolicyDocument=document(allow("sts:AssumeRole"))
    )
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}
    role(aws, name="open", trust=policy(statement("sts:AssumeRole", principal=ann)))
    role(aws, name="closed")
    sts = aws.client(
        "sts",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )

    def assume(name: str) -> Any:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        return sts.assume_role(RoleArn=arn, RoleSessionName="next")

    with enable_iam_authentication():
        assume("open")
        assume("made-up")
        with refused(
            "AccessDenied",
            f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: sts:AssumeRole",
            403,
        ):
            assume("closed")


def test_unsigned_operation_fails(in_process_aws: Aws) -> None:
    """With moto's switch a pod of an IRSA role still gets its credentials without a signature."""
    aws = in_process_aws
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    provider = aws.client("iam").create_open_id_connect_provider(
        Url=issuer, ClientIDList=["sts.amazonaws.com"]
    )["OpenIDConnectProviderArn"]
    trust = policy(statement("sts:AssumeRoleWithWebIdentity", principal={"Federated": provider}))
    arn = role(aws, trust=trust)
    token = aws.token(audience="sts.amazonaws.com")
    with enable_iam_authentication():
        aws.client("sts").assume_role_with_web_identity(
            RoleArn=arn, RoleSessionName="web", WebIdentityToken=token
        )


def test_presigned_url_fails(in_process_aws: Aws) -> None:
    """With moto's switch a presigned URL is its caller's call."""
    aws = in_process_aws
    s3 = bucket(aws, "goods")
    s3.put_object(Bucket="goods", Key="tea", Body=b"green")
    given = pod(aws, role(aws, allow("s3:GetObject")))
    client = boto3.client(
        "s3",
        region_name=REGION,
        config=Config(signature_version="s3v4"),
        aws_access_key_id=given["accessKeyId"],
        aws_secret_access_key=given["secretAccessKey"],
        aws_session_token=given["sessionToken"],
    )
    what = {"Bucket": "goods", "Key": "tea"}
    with enable_iam_authentication():
        url = client.generate_presigned_url("get_object", what)
        assert requests.get(url, timeout=30).content == b"green"
        url = client.generate_presigned_url("delete_object", what)
        assert "<Message>Access Denied</Message>" in requests.delete(url, timeout=30).text
