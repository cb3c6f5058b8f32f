"""How the plugin lives inside moto's mocks: nested, switched, seeded, quiet, in threads."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import unittest
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import boto3
import jwt
import moto
import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws
from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceNotWhitelisted
from moto.core.models import patch_client
from pods import credentials_of_a_pod, moto_api, prepare

import moto_eks_podid as podid
from moto_eks_podid import clock
from moto_eks_podid.eks.lookup import identities


@pytest.fixture
def local() -> Aws:
    """AWS in this process; the test starts the mocks."""
    return Aws(endpoint_url=None)


# Starting and nesting


def decorate_with_calls(function: Callable[[], None]) -> Callable[[], None]:
    decorated: Callable[[], None] = podid.mock_aws()(function)
    return decorated


def decorate_with_configuration(function: Callable[[], None]) -> Callable[[], None]:
    decorated: Callable[[], None] = podid.mock_aws(config={"eks_podid": {}})(function)
    return decorated


def enter(function: Callable[[], None]) -> Callable[[], None]:
    def entered() -> None:
        with podid.mock_aws():
            function()

    return entered


def start_and_stop(function: Callable[[], None]) -> Callable[[], None]:
    def started() -> None:
        mock = podid.mock_aws()
        mock.start()
        try:
            function()
        finally:
            mock.stop()

    return started


STARTS: dict[str, Callable[[Callable[[], None]], Callable[[], None]]] = {
    "bare decorator": podid.mock_aws,
    "called decorator": decorate_with_calls,
    "configured decorator": decorate_with_configuration,
    "moto's own decorator": moto.mock_aws,
    "context manager": enter,
    "start and stop": start_and_stop,
}


@pytest.mark.parametrize("start", STARTS)
def test_mock_has_no_pod_identity(start: str, local: Aws) -> None:
    """Each way to start a mock has it, and each run of the mock begins with nothing."""
    seen = []

    def story() -> None:
        credentials_of_a_pod(local)
        seen.append(len(podid.role_sessions()))

    mocked = STARTS[start](story)
    mocked()
    mocked()
    assert seen == [1, 1]


@podid.mock_aws
class TestDecoratedClass:
    """A decorated class gives each test an AWS of its own."""

    def test_first(self) -> None:
        """The first test's cluster…"""
        assert list(identities()) == []
        credentials_of_a_pod(Aws(None))

    def test_second(self) -> None:
        """…is not the second's."""
        assert list(identities()) == []
        credentials_of_a_pod(Aws(None))


@podid.mock_aws
class TestDecoratedUnittestClass(unittest.TestCase):
    """A decorated unittest class keeps what setUp made, for one test."""

    def setUp(self) -> None:
        prepare(Aws(None))

    def test_first(self) -> None:
        """Each test sees its own set-up…"""
        Aws(None).assume()
        assert len(podid.role_sessions()) == 1

    def test_second(self) -> None:
        """…and nothing of the other test."""
        assert podid.role_sessions() == []
        Aws(None).assume()


def test_inner_mock_has_an_aws_of_its_own(local: Aws) -> None:
    """A nested mock shares the state of the outer one, which keeps it when the inner one ends."""
    with podid.mock_aws():
        association = prepare(local)
        token = local.token()
        with podid.mock_aws():
            local.assume(token)
            local.shift(60)
        listed = local.client("eks").list_pod_identity_associations(clusterName=CLUSTER)
        assert [entry["associationId"] for entry in listed["associations"]] == [
            association["associationId"]
        ]
        assert len(podid.role_sessions()) == 1
        assert clock.shift() == timedelta(seconds=60)
        local.assume(token)
    assert podid.role_sessions() == []


def test_inner_mock_s_settings_go_on(local: Aws) -> None:
    """The settings of a nested mock are in force in it alone."""
    claims = {"kubernetes.io": {}, "aud": ["x"]}
    forged = jwt.encode(claims, "x" * 32, algorithm="HS256")
    with podid.mock_aws():
        prepare(local)
        expired = local.token(expires_in=600)
        local.shift(700)
        with podid.mock_aws(config={"eks_podid": {"verify_token": False}}):
            local.assume(expired)
        with pytest.raises(ClientError, match="ExpiredTokenException"):
            local.assume(expired)
        with pytest.raises(ClientError, match="InvalidTokenException"):
            local.assume(forged)


# Clients and sessions that were there before


def test_client_from_before_the_mock_needs_a_patch(local: Aws) -> None:
    """Clients and sessions made before a mock, but after moto's import, work inside it."""
    session = boto3.session.Session(
        aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION
    )
    eks, eks_auth = local.client("eks"), session.client("eks-auth")
    for _ in range(2):
        with podid.mock_aws():
            prepare(local)
            token = local.token()
            assert eks.list_pod_identity_associations(clusterName=CLUSTER)["associations"]
            for client in (eks_auth, session.client("eks-auth")):
                answer = client.assume_role_for_pod_identity(clusterName=CLUSTER, token=token)
                assert answer["subject"]["serviceAccount"] == "cart"


def test_patched_client_is_not_mocked(local: Aws) -> None:
    """Patching a client that is mocked already changes nothing."""
    client = local.client("eks-auth")
    with podid.mock_aws():
        patch_client(client)
        prepare(local)
        client.assume_role_for_pod_identity(clusterName=CLUSTER, token=local.token())
        assert len(podid.role_sessions()) == 1


def test_client_from_before_moto_cannot_be_patched() -> None:
    """Clients made before moto is imported work after `patch_client`, EKS Auth's too."""
    script = """
        import json, os
        os.environ.update(
            AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing",
            # Were a client not patched, its request would go nowhere.
            HTTPS_PROXY="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1",
        )
        import boto3
        session = boto3.session.Session(region_name="us-west-2")
        before = {name: session.client(name) for name in ("iam", "eks", "eks-auth")}

        import moto_eks_podid as podid
        from moto.core import patch_client

        with podid.mock_aws():
            later = session.client("eks-auth")
            for client in (*before.values(), later):
                patch_client(client)
            trust = {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
                     "Action": ["sts:AssumeRole", "sts:TagSession"]}
            document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
            role = before["iam"].create_role(RoleName="x", AssumeRolePolicyDocument=document)
            arn = role["Role"]["Arn"]
            before["eks"].create_cluster(name="blue", roleArn=arn, resourcesVpcConfig={})
            before["eks"].create_pod_identity_association(
                clusterName="blue", namespace="shop", serviceAccount="cart", roleArn=arn)
            token = podid.service_account_token("blue", "shop", "cart")
            for client in (before["eks-auth"], later):
                client.assume_role_for_pod_identity(clusterName="blue", token=token)
            print(len(podid.role_sessions()))
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "2"), done.stderr


# moto's switches


def test_whitelist_lets_every_service_through(local: Aws) -> None:
    """Where services are whitelisted, EKS Auth is one of its own: `eksauth`."""
    for whitelist, works in ((["eks", "iam"], False), (["eks", "iam", "eksauth"], True)):
        with podid.mock_aws(config={"core": {"service_whitelist": whitelist}}):
            prepare(local)
            if works:
                local.assume()
            else:
                with pytest.raises(ServiceNotWhitelisted, match="eksauth"):
                    local.assume()


@podid.mock_aws
def test_account_of_the_environment_is_passed_over(
    local: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`MOTO_ACCOUNT_ID` is the account of keys that nobody owns; a session stays its role's."""
    monkeypatch.setenv("MOTO_ACCOUNT_ID", OTHER_ACCOUNT)
    association = prepare(local)
    assert f":{OTHER_ACCOUNT}:" in association["associationArn"]
    answer = local.assume()
    (session,) = podid.role_sessions()
    assert session.account_id == OTHER_ACCOUNT
    assert podid.role_sessions(account_id=ACCOUNT) == []

    for elsewhere in (OTHER_ACCOUNT, ACCOUNT, "999988887777"):
        monkeypatch.setenv("MOTO_ACCOUNT_ID", elsewhere)
        pod = local.client_with(answer["credentials"], "sts")
        assert pod.get_caller_identity()["Account"] == OTHER_ACCOUNT
        assert pod.get_caller_identity()["Arn"] == answer["assumedRoleUser"]["arn"]
        # The session's own account has the cluster, whatever the environment says.
        eks = local.client_with(answer["credentials"], "eks")
        assert eks.list_pod_identity_associations(clusterName=CLUSTER)["associations"]


def of_account(client: Any, account_id: str) -> Any:
    """A client whose requests carry moto's header for an account."""

    def add_header(request: Any, **_: Any) -> None:
        request.headers["x-moto-account-id"] = account_id

    client.meta.events.register("before-sign", add_header)
    return client


def test_account_of_the_header_is_passed_over(aws: Aws) -> None:
    """`x-moto-account-id` chooses the account of keys that nobody owns; a session keeps its own."""
    eks = of_account(aws.client("eks"), OTHER_ACCOUNT)
    iam = of_account(aws.client("iam"), OTHER_ACCOUNT)
    aws.create_cluster(eks=eks)
    role = aws.create_role(iam=iam)
    pod = {"clusterName": CLUSTER, "namespace": "shop", "serviceAccount": "cart"}
    made = eks.create_pod_identity_association(**pod, roleArn=role)["association"]
    assert f":{OTHER_ACCOUNT}:" in made["associationArn"]

    eks_auth = of_account(aws.client("eks-auth"), OTHER_ACCOUNT)
    answer = eks_auth.assume_role_for_pod_identity(clusterName=CLUSTER, token=aws.token())
    sts = of_account(aws.client_with(answer["credentials"], "sts"), ACCOUNT)
    assert sts.get_caller_identity()["Arn"] == answer["assumedRoleUser"]["arn"]
    own = of_account(aws.client_with(answer["credentials"], "eks"), ACCOUNT)
    assert own.list_pod_identity_associations(clusterName=CLUSTER)["associations"]
    with pytest.raises(ClientError, match="No cluster found for name"):
        aws.client("eks").list_pod_identity_associations(clusterName=CLUSTER)


PARTITIONS = {
    "us-east-1": "aws",
    "ap-southeast-3": "aws",
    "cn-north-1": "aws-cn",
    "us-gov-west-1": "aws-us-gov",
}


@pytest.mark.parametrize("region", PARTITIONS)
def test_pod_of_another_region_gets_nothing(aws: Aws, region: str) -> None:
    """In every region and partition a pod gets a session of that partition, tagged as anywhere."""
    credentials = credentials_of_a_pod(aws, region)
    (session,) = aws.sessions()
    arn = f"arn:{PARTITIONS[region]}:eks:{region}:{ACCOUNT}:cluster/{CLUSTER}"
    assert session.tags["eks-cluster-arn"] == arn
    assert session.arn.startswith(f"arn:{PARTITIONS[region]}:sts::{ACCOUNT}:assumed-role/")
    sts = aws.client_with(credentials, "sts", region)
    assert sts.get_caller_identity()["Arn"] == session.arn


# Seeds


def ids_of_a_story(aws: Aws) -> list[str]:
    """Everything random that a story makes."""
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    association = aws.associate(aws.create_role())
    token = aws.token()
    answer = aws.assume(token)
    return [
        issuer,
        jwt.get_unverified_header(token)["kid"],
        *(str(jwt.decode(token, options={"verify_signature": False})[name]) for name in SEEDED),
        association["associationId"],
        answer["assumedRoleUser"]["arn"],
        answer["credentials"]["accessKeyId"],
        answer["ResponseMetadata"]["RequestId"],
    ]


SEEDED = ("jti", "kubernetes.io", "sub", "iss")


def test_seeded_ids_differ(aws: Aws) -> None:
    """After `/moto-api/seed`, the same story has the same ids; after another seed it has others."""
    # A server makes some of its backends when a service is first called, and once.
    ids_of_a_story(aws)
    told = []
    for seed in (42, 42, 43):
        moto_api(aws, "reset")
        moto_api(aws, f"seed?a={seed}")
        told.append(ids_of_a_story(aws))
    assert told[0] == told[1]
    same = [name for name, other in zip(told[0], told[2], strict=True) if name == other]
    assert same == ["system:serviceaccount:shop:cart"]


# Warnings


def test_refusal_warns(local: Aws, recwarn: pytest.WarningsRecorder) -> None:
    """Whatever is refused or answered, nothing warns: a session may turn warnings into errors."""
    with podid.mock_aws():
        credentials = credentials_of_a_pod(local)
        association = {"clusterName": CLUSTER, "associationId": "a-" + "x" * 17}
        role = podid.role_sessions()[0].role_arn
        expired = local.token(expires_in=600)
        eks, eks_auth, sts = (local.client(name) for name in ("eks", "eks-auth", "sts"))
        pod = {name: local.client_with(credentials, name) for name in ("eks", "eks-auth", "sts")}
        local.shift(7 * 3600)
        calls: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
            ("ResourceNotFound", eks.describe_pod_identity_association, association),
            ("ResourceInUse", local.associate, {"role_arn": role}),
            ("InvalidParameter", local.associate, {"role_arn": role, "namespace": "No"}),
            ("AccessDenied", local.associate, {"role_arn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/x"}),
            ("ExpiredToken", local.assume, {"token": expired}),
            ("InvalidToken", local.assume, {"token": "e.e.e"}),
            ("ResourceNotFound", eks_auth.assume_role_for_pod_identity, NO_CLUSTER),
            ("ExpiredToken", pod["sts"].get_caller_identity, {}),
            ("ExpiredToken", pod["eks"].list_pod_identity_associations, {"clusterName": CLUSTER}),
            ("ExpiredToken", pod["eks-auth"].assume_role_for_pod_identity, NO_CLUSTER),
            ("ValidationError", sts.assume_role, {"RoleArn": "x" * 20, "RoleSessionName": "a b"}),
            ("PackedPolicyTooLarge", sts.assume_role, too_many_tags(role)),
            ("AccessDenied", sts.assume_role_with_web_identity, web_identity(local, role)),
        ]
        for code, call, arguments in calls:
            with pytest.raises(ClientError, match=code):
                call(**arguments)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        unknown = local.http("sts", "POST", "/", "Action=Assume", headers=form)
        assert "<Code>InvalidAction</Code>" in unknown.text
    assert [str(warning.message) for warning in recwarn] == []


def web_identity(aws: Aws, role: str) -> dict[str, Any]:
    """A pod's token for a role that trusts EKS alone, of a provider that the account has."""
    issuer = aws.client("eks").describe_cluster(name=CLUSTER)["cluster"]["identity"]["oidc"][
        "issuer"
    ]
    aws.client("iam").create_open_id_connect_provider(
        Url=issuer, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
    )
    token = aws.token(audience="sts.amazonaws.com")
    return {"RoleArn": role, "RoleSessionName": "irsa", "WebIdentityToken": token}


NO_CLUSTER = {"clusterName": "nowhere", "token": "e.e.e"}


def too_many_tags(role: str) -> dict[str, Any]:
    tags = [{"Key": f"key-{number}", "Value": "v" * 100} for number in range(20)]
    return {"RoleArn": role, "RoleSessionName": "tagged", "Tags": tags}


# Threads


@podid.mock_aws
def test_threads_of_one_mock_lose_something(local: Aws) -> None:
    """Threads with clients of their own share one mock: no association and no session is lost."""
    local.create_cluster()
    role = local.create_role()
    clients = [(local.client("eks"), local.client("eks-auth")) for _ in range(8)]

    def work(number: int) -> str:
        eks, eks_auth = clients[number]
        name = f"sa-{number}"
        eks.create_pod_identity_association(
            clusterName=CLUSTER, namespace="shop", serviceAccount=name, roleArn=role
        )
        keys = []
        for _ in range(5):
            answer = eks_auth.assume_role_for_pod_identity(
                clusterName=CLUSTER, token=local.token(service_account=name)
            )
            assert answer["subject"]["serviceAccount"] == name
            keys.append(answer["credentials"]["accessKeyId"])
        return " ".join(keys)

    with ThreadPoolExecutor(max_workers=8) as pool:
        keys = " ".join(pool.map(work, range(8))).split()
    sessions = {session.access_key_id: session for session in podid.role_sessions()}
    assert len(keys) == 40
    assert set(keys) == set(sessions)
    by_account: dict[str, int] = {}
    for session in sessions.values():
        name = session.tags["kubernetes-service-account"]
        by_account[name] = by_account.get(name, 0) + 1
    assert by_account == {f"sa-{number}": 5 for number in range(8)}
    listed = local.client("eks").list_pod_identity_associations(clusterName=CLUSTER)
    assert len(listed["associations"]) == 8
