"""What an AWS is like after its state went out, everything was lost, and the state came back."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from aws_under_test import CLUSTER, OTHER_ACCOUNT, Aws
from botocore.exceptions import ClientError
from freezegun import freeze_time

import moto_eks_podid as podid
from tests import real_cluster
from tests.state.kept_world import OTHER_CLUSTER, OTHER_REGION, World, plain, restart


def code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return str(refused.value.response["Error"]["Code"])


def export(aws: Aws) -> Any:
    return podid.export_state(endpoint_url=aws.endpoint_url)


def test_something_is_lost_or_differs(aws: Aws) -> None:
    """Clusters, associations, add-ons, roles, policies, providers, sessions, origins: all as
    they were, in every account and region; and the settings and the clock."""
    aws.shift(100)
    world = World(aws)
    restart(aws)
    shown = world.show()
    for name, value in world.shown.items():
        assert shown[name] == value, name
    assert None not in shown["origins"]


def test_state_is_another_after_a_restart(aws: Aws) -> None:
    """What was imported is exported the same, and importing it again changes nothing."""
    World(aws)
    aws.shift(-50.25)
    state = restart(aws)
    assert export(aws) == state
    podid.import_state(state, endpoint_url=aws.endpoint_url)
    podid.import_state(state, endpoint_url=aws.endpoint_url, replace=True)
    assert export(aws) == state
    assert state["settings"] == {"judge_trust_policy": False, "associations_per_cluster": 100}
    assert state["clock_shift_seconds"] == -50.25


def test_old_token_is_refused(aws: Aws) -> None:
    """Tokens of the newest key, of a rotated one and of trusted issuers still count; new keys and
    sessions are made as before."""
    world = World(aws)
    restart(aws)
    foreign = real_cluster.sign(real_cluster.claims_of_a_pod())
    for token in (world.token, world.newer_token, foreign):
        assert aws.assume(token)["subject"]["serviceAccount"] == "cart"
    assert world.assume_with_web_identity()["AccessKeyId"]
    kid = podid.rotate_signing_key(CLUSTER, endpoint_url=aws.endpoint_url)
    assert aws.assume(world.token)
    issuers = {cluster["issuer"]["url"]: cluster["issuer"] for cluster in export(aws)["clusters"]}
    [keys] = [issuer["keys"] for issuer in issuers.values() if len(issuer["keys"]) == 3]
    assert keys[0]["kid"] == kid
    with pytest.raises(ClientError) as refused:
        aws.assume(world.token[:-4] + "AAAA")
    assert code(refused) == "InvalidTokenException"


def test_cluster_of_another_account_is_gone(in_process_aws: Aws) -> None:
    """A token of another account's cluster, in another region, is exchanged there as before."""
    aws = in_process_aws
    World(aws)
    token = aws.token(OTHER_CLUSTER)
    restart(aws)
    eks_auth = aws.client_of_account(OTHER_ACCOUNT, "eks-auth", OTHER_REGION)
    answer = eks_auth.assume_role_for_pod_identity(clusterName=OTHER_CLUSTER, token=token)
    [session] = aws.sessions(access_key_id=answer["credentials"]["accessKeyId"])
    assert session.role_arn == f"arn:aws:iam::{OTHER_ACCOUNT}:role/elsewhere"


def test_old_credentials_are_judged_differently(aws: Aws) -> None:
    """Credentials from before are judged by their tags and the role's policies, and a chained
    session goes on with its tags."""
    world = World(aws)
    restart(aws)
    aws.settings(iam_enforcement="sessions")
    assert "Buckets" in aws.client_with(world.pod, "s3").list_buckets()
    aws.client_with(world.pod, "sqs").list_queues()
    with pytest.raises(ClientError) as refused:
        aws.client_with(world.pod, "secretsmanager").list_secrets()
    assert code(refused) == "AccessDeniedException"
    with pytest.raises(ClientError) as refused:
        aws.client_with(world.chained, "s3").list_buckets()
    assert code(refused) == "AccessDenied"
    forged = {**world.pod, "sessionToken": world.pod["sessionToken"][:-1] + "!"}
    with pytest.raises(ClientError) as refused:
        aws.client_with(forged, "s3").list_buckets()
    assert code(refused) == "InvalidToken"


def test_identity_of_old_credentials_is_another(in_process_aws: Aws) -> None:
    """GetCallerIdentity answers the same for credentials from before."""
    aws = in_process_aws
    world = World(aws)
    given_out = (world.pod, world.chained, world.target, world.irsa)
    before = [plain(aws.client_with(one, "sts").get_caller_identity()) for one in given_out]
    restart(aws)
    after = [plain(aws.client_with(one, "sts").get_caller_identity()) for one in given_out]
    assert after == before


def test_old_session_outlives_its_end(in_process_aws: Aws) -> None:
    """A session from before ends when it would have ended; one that had ended stays refused."""
    aws = in_process_aws
    world = World(aws)
    aws.shift(3601)
    restart(aws)
    with pytest.raises(ClientError) as refused:
        aws.client_with(world.target, "sts").get_caller_identity()
    assert code(refused) == "ExpiredToken"
    assert aws.client_with(world.pod, "sts").get_caller_identity()
    aws.shift(6 * 3600 + 1)
    with pytest.raises(ClientError) as refused:
        aws.client_with(world.pod, "sts").get_caller_identity()
    assert code(refused) == "ExpiredToken"


def test_request_token_makes_a_second_association(in_process_aws: Aws) -> None:
    """A client request token from before is answered with the association that it made, or
    refused with other parameters."""
    aws = in_process_aws
    world = World(aws)
    restart(aws)
    repeated = {"clientRequestToken": "the-first-request", "tags": {"cost": "1"}}
    assert aws.associate(world.role, **repeated) == world.association
    with pytest.raises(ClientError) as refused:
        aws.associate(world.role, service_account="other", **repeated)
    assert code(refused) == "InvalidParameterException"


def test_session_of_later_chain_has_no_pod(in_process_aws: Aws) -> None:
    """Whatever a session from before assumes after the restart leads back to its pod, along
    another restart, too; a record of its calls does so as well."""
    aws = in_process_aws
    world = World(aws)
    restart(aws)
    answer = aws.client_with(world.chained, "sts").assume_role(
        RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/target", RoleSessionName="later"
    )
    key = answer["Credentials"]["AccessKeyId"]
    for _ in range(2):
        for name in (key, answer["AssumedRoleUser"]["Arn"], "later"):
            origin = podid.trace(name, endpoint_url=aws.endpoint_url)
            assert origin is not None
            assert origin.pod_name == "cart-0"
            assert [session.access_key_id for session in origin.chain] == [
                world.pod["accessKeyId"],
                world.chained["AccessKeyId"],
                key,
            ]
        restart(aws)
    aws.client_with(answer["Credentials"], "sts").get_caller_identity()
    record = aws.records(event_name="GetCallerIdentity")[0]
    traced = podid.trace(record, endpoint_url=aws.endpoint_url)
    assert traced is not None
    assert traced.pod_name == "cart-0"


def test_node_group_is_lost(in_process_aws: Aws) -> None:
    """Node groups and Fargate profiles are kept; a cluster that has some cannot be deleted."""
    aws = in_process_aws
    aws.create_cluster()
    eks = aws.client("eks")
    of_the_cluster = {"clusterName": CLUSTER}
    eks.create_nodegroup(
        **of_the_cluster,
        nodegroupName="nodes",
        subnets=["subnet-1"],
        nodeRole="arn:aws:iam::123456789012:role/nodes",
    )
    eks.create_fargate_profile(
        **of_the_cluster,
        fargateProfileName="fargate",
        podExecutionRoleArn="arn:aws:iam::123456789012:role/nodes",
        selectors=[{"namespace": "shop"}],
    )

    def show() -> list[Any]:
        return [
            eks.describe_nodegroup(**of_the_cluster, nodegroupName="nodes")["nodegroup"],
            eks.describe_fargate_profile(**of_the_cluster, fargateProfileName="fargate")[
                "fargateProfile"
            ],
        ]

    before = show()
    restart(aws)
    assert show() == before
    with pytest.raises(ClientError) as refused:
        eks.delete_cluster(name=CLUSTER)
    assert code(refused) == "ResourceInUseException"


def test_agent_node_has_to_renew(in_process_aws: Aws) -> None:
    """A node's session is kept like any other."""
    aws = in_process_aws
    from moto_eks_podid.nodes import node_session

    aws.create_cluster()
    node = node_session(CLUSTER, "i-0abc1234def567890", endpoint_url=aws.endpoint_url)
    restart(aws)
    again = node_session(
        CLUSTER, "i-0abc1234def567890", current=node, endpoint_url=aws.endpoint_url
    )
    assert again == node


def test_new_cluster_gets_a_key_of_an_imported_one(in_process_aws: Aws) -> None:
    """Keys that came in are nobody else's, though this process had them idle."""
    aws = in_process_aws
    aws.create_cluster()
    aws.token()
    restart(aws)
    aws.create_cluster("another")
    aws.token("another")
    moduli = [
        key["jwk"]["n"] for cluster in export(aws)["clusters"] for key in cluster["issuer"]["keys"]
    ]
    assert len(moduli) == len(set(moduli)) == 2


def test_state_shares_objects_with_moto(in_process_aws: Aws) -> None:
    """Changing a state after it went out or came in changes nothing of moto's."""
    world = World(in_process_aws)
    state = restart(in_process_aws)
    before = json.dumps(export(in_process_aws))
    for holder in (state, export(in_process_aws)):
        for cluster in holder["clusters"]:
            cluster["cluster"]["tags"]["more"] = "1"
            cluster["cluster"]["resources_vpc_config"].clear()
        for role in holder["roles"]:
            role["role"]["policies"].clear()
        for session in holder["sessions"]:
            session["session"]["tags"].clear()
    assert json.dumps(export(in_process_aws)) == before
    assert world.show() == world.shown


def test_odd_tag_cannot_come_back(in_process_aws: Aws) -> None:
    """Whatever the service took, the state takes: half of a character, for example."""
    aws = in_process_aws
    aws.create_cluster()
    body = {
        "namespace": "shop",
        "serviceAccount": "cart",
        "roleArn": aws.create_role(),
        "tags": {"half": "\ud800", "bell": "\x07"},
    }
    path = f"/clusters/{CLUSTER}/pod-identity-associations"
    assert aws.http("eks", "POST", path, json.dumps(body)).status == 200
    state = restart(aws)
    assert export(aws) == state


def test_partition_or_frozen_time_is_lost() -> None:
    """A cluster in China is kept, and so are times that a test froze."""
    region = "cn-north-1"
    with freeze_time("2026-05-01 12:00:00"), podid.mock_aws():
        aws = Aws(endpoint_url=None)
        role = aws.create_role(iam=aws.client("iam", region))
        eks = aws.client("eks", region)
        aws.create_cluster("china", region, eks)
        aws.associate(role, "china", region=region)
        token = aws.token("china")
        key = aws.assume(token, "china", region)["credentials"]["accessKeyId"]
        state = restart(aws)
        assert aws.assume(token, "china", region)
    with podid.mock_aws():
        podid.import_state(state)
        assert podid.export_state() == state
        [session] = aws.sessions(access_key_id=key)
        assert session.role_arn == "arn:aws-cn:iam::123456789012:role/cart-reader"
        assert session.issued_at == datetime(2026, 5, 1, 12, tzinfo=timezone.utc)
        with pytest.raises(ClientError) as refused:
            aws.assume(token, "china", region)
        assert code(refused) == "ExpiredTokenException"


def test_second_mock_does_not_know_the_first() -> None:
    """A state goes from one mock into another."""
    with podid.mock_aws():
        world = World(Aws(endpoint_url=None))
        state = podid.export_state()
    with podid.mock_aws():
        podid.import_state(state)
        assert world.show() == world.shown
        assert world.aws.assume(world.token)
    with podid.mock_aws():
        assert podid.export_state()["clusters"] == []
