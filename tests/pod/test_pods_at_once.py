"""Pods of one process that run at once, and end in another order than they began."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable

import boto3
import pytest
from aws_under_test import CLUSTER, REGION, Aws
from botocore.exceptions import ClientError

import moto_eks_podid as podid

MakePod = Callable[..., podid.Pod]


@pytest.fixture
def pod(aws: Aws) -> MakePod:
    """A function that returns a pod of a service account; there are `cart` and `billing`."""
    aws.create_cluster()
    for name in ("cart", "billing"):
        aws.associate(aws.create_role(name), service_account=name)

    def make(name: str, **more: str) -> podid.Pod:
        return podid.run_as_pod(CLUSTER, "shop", name, endpoint_url=aws.endpoint_url, **more)

    return make


def who() -> str:
    return str(boto3.client("sts").get_caller_identity()["Arn"])


def environment() -> dict[str, str]:
    return dict(os.environ)


def test_first_pod_to_end_ends_the_other(pod: MakePod) -> None:
    """The pod that began last counts, whichever ends first, and everything is put back."""
    before, session = environment(), boto3.DEFAULT_SESSION
    for first_to_end in (0, 1):
        running = [pod("cart").__enter__(), pod("billing").__enter__()]
        assert ":assumed-role/billing/" in who()
        last = running[1 - first_to_end]
        running[first_to_end].__exit__(None, None, None)
        assert f":assumed-role/{last.service_account}/" in who()
        last.__exit__(None, None, None)
        assert environment() == before
        assert boto3.DEFAULT_SESSION is session


def test_pods_of_threads_leave_something_behind(pod: MakePod) -> None:
    """Pods of threads, each with one of its own, leave nothing behind."""
    before = environment()
    together = threading.Barrier(2, timeout=30)

    def run(name: str) -> None:
        with pod(name, iam_enforcement="sessions"):
            together.wait()
            if name == "billing":
                together.wait()
        if name == "cart":
            together.wait()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("cart", "billing")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not together.broken
    assert environment() == before


def test_pods_of_coroutines_leave_something_behind(pod: MakePod) -> None:
    """Decorated coroutines that run at once leave nothing behind."""
    before = environment()

    @pod("cart")
    async def short() -> None:
        await asyncio.sleep(0.05)

    @pod("billing", iam_enforcement="sessions")
    async def long() -> str:
        await asyncio.sleep(0.2)
        return await asyncio.to_thread(who)

    async def both() -> str:
        return (await asyncio.gather(short(), long()))[1]

    assert ":assumed-role/billing/" in asyncio.run(both())
    assert environment() == before


def test_enforcement_outlives_its_pods(aws: Aws, pod: MakePod) -> None:
    """`iam_enforcement` is that of the pod that began last, and in the end what it was."""
    first = pod("cart", iam_enforcement="sessions").__enter__()
    last = pod("billing", iam_enforcement="off").__enter__()
    boto3.client("s3").list_buckets()
    first.__exit__(None, None, None)
    boto3.client("s3").list_buckets()
    last.__exit__(None, None, None)
    with pod("cart"):
        boto3.client("s3").list_buckets()
    with pod("cart", iam_enforcement="sessions"), pytest.raises(ClientError, match="AccessDenied"):
        boto3.client("s3").list_buckets()


def test_adopted_client_stays_with_a_pod_that_ended(aws: Aws, pod: MakePod) -> None:
    """A client that two pods adopted has its own credentials again after both."""
    client = aws.client("sts")
    running = [pod("cart").__enter__(), pod("billing").__enter__()]
    for one in running:
        one.adopt(client)
    for one in running:
        one.__exit__(None, None, None)
    assert ":assumed-role/" not in client.get_caller_identity()["Arn"]


def test_mock_inside_ends_the_pod(pod: MakePod) -> None:
    """A mock that starts inside of a pod leaves code the pod, while it runs and after it."""
    before = environment()
    with pod("cart"):
        with podid.mock_aws():
            assert ":assumed-role/cart/" in who()
        assert ":assumed-role/cart/" in who()
    assert environment() == before


def test_mock_cannot_end_before_its_pod() -> None:
    """A mock that ends before a pod in it puts back what was there before the mock."""
    before, session = environment(), boto3.DEFAULT_SESSION
    aws, mock = Aws(None), podid.mock_aws()
    mock.start()
    aws.create_cluster()
    running = podid.run_as_pod(CLUSTER, "shop", "cart").__enter__()
    mock.stop()
    running.__exit__(None, None, None)
    assert environment() == before
    assert boto3.DEFAULT_SESSION is session


def test_what_a_pod_changed_is_lost(pod: MakePod) -> None:
    """What code in a pod put into the environment is there again after a pod inside of it."""
    with pod("cart"):
        os.environ["AWS_REGION"] = "eu-west-1"
        with pod("billing"):
            assert os.environ["AWS_REGION"] == REGION
        assert os.environ["AWS_REGION"] == "eu-west-1"
    assert "AWS_REGION" not in os.environ


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
def test_forked_process_ends_the_pod(aws: Aws, pod: MakePod) -> None:
    """A process that was forked inside, and leaves the block by itself, takes nothing with it."""
    with pod("cart", iam_enforcement="sessions") as running:
        child = os.fork()
        if child == 0:
            # As sys.exit() and the end of the interpreter do, without pytest's part in it.
            try:
                running.__exit__(SystemExit, None, None)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert os.path.exists(running.token_file)
        with pytest.raises(ClientError, match="not authorized to perform: s3:ListAllMyBuckets"):
            boto3.client("s3").list_buckets()
