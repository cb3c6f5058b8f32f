"""A server that is stopped, and another that takes its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_under_test import Aws
from botocore.exceptions import ClientError
from conftest import Server

import moto_eks_podid as podid
from tests.state.kept_world import World, plain


@pytest.fixture
def first_server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "first.log")
    yield running
    if running.process.poll() is None:
        running.stop()


def test_tokens_do_not_survive_a_restart(first_server: Server, server_aws: Aws) -> None:
    """A token and credentials that one server gave out are good at the next one, which has its
    state: the same sessions, tags, origins and judgements."""
    world = World(Aws(first_server.url))
    identity = plain(world.aws.client_with(world.pod, "sts").get_caller_identity())
    state = podid.export_state(endpoint_url=first_server.url)
    first_server.stop()

    aws = server_aws
    podid.import_state(state, endpoint_url=aws.endpoint_url)
    aws.settings(iam_enforcement="sessions")
    assert aws.assume(world.token)["subject"] == {"namespace": "shop", "serviceAccount": "cart"}
    assert plain(aws.client_with(world.pod, "sts").get_caller_identity()) == identity
    aws.client_with(world.pod, "sqs").list_queues()
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client_with(world.pod, "sqs").create_queue(QueueName="carts")
    origin = podid.trace(world.chained["AccessKeyId"], endpoint_url=aws.endpoint_url)
    assert origin == world.shown["origins"][1]
    sessions = {session.access_key_id: session for session in aws.sessions()}
    assert {key: sessions[key] for key in world.access_keys()} == {
        key: world.shown["sessions"][key] for key in world.access_keys()
    }
