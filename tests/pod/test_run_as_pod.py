"""Code that runs as a pod: what it finds, whom it is, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import boto3
import botocore.session
import pytest
import requests
from aws_under_test import ACCOUNT, CLUSTER, REGION, Aws
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import ClientError, CredentialRetrievalError

import moto_eks_podid as podid

ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart-reader"


@pytest.fixture
def pod(aws: Aws) -> podid.Pod:
    """A pod of a service account that has an association; it does not run yet."""
    aws.create_cluster()
    aws.associate(aws.create_role())
    return podid.run_as_pod(CLUSTER, "shop", "cart", endpoint_url=aws.endpoint_url)


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits a second between its attempts to get credentials."""
    from botocore.utils import ContainerMetadataFetcher

    monkeypatch.setattr(ContainerMetadataFetcher, "SLEEP_TIME", 0)


def who() -> str:
    """Who the code under test is, as it finds its credentials by itself."""
    return str(boto3.client("sts").get_caller_identity()["Arn"])


KEYS = {
    "region_name": REGION,
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
}


def is_pod(arn: str) -> bool:
    return arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/cart-reader/eks-prod-blue-cart-")


def test_code_is_not_the_pod(pod: podid.Pod) -> None:
    """boto3's default session finds the pod's credentials and region by itself."""
    with pod:
        assert is_pod(who())
        assert boto3.DEFAULT_SESSION.region_name == REGION
        assert boto3.DEFAULT_SESSION.get_credentials().method == "container-role"


def test_session_tags_are_another_pod_s(aws: Aws, pod: podid.Pod) -> None:
    """The session has the tags of the pod whose token is in the file."""
    with pod:
        who()
        key = boto3.DEFAULT_SESSION.get_credentials().access_key
        (session,) = aws.sessions(access_key_id=key)
        assert session.tags["kubernetes-pod-name"] == pod.pod_name
        assert session.tags["kubernetes-service-account"] == "cart"


def environment() -> dict[str, str]:
    return dict(os.environ)


def test_something_is_left_behind(pod: podid.Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment, default session, token file and threads are as they were, after an error too."""
    session = boto3.Session(region_name=REGION)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "x")
    before, threads = environment(), set(threading.enumerate())
    folders = []

    def fail() -> None:
        folders.append(os.path.dirname(pod.token_file))
        assert "AWS_PROFILE" not in os.environ
        who()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), pod:
        fail()
    assert environment() == before
    assert boto3.DEFAULT_SESSION is session
    assert not os.path.exists(folders[0])
    assert [one.name for one in set(threading.enumerate()) - threads] == []


def test_failed_start_leaves_something_behind(aws: Aws) -> None:
    """Where there is no such cluster, the block does not begin, and nothing has changed."""
    before, threads = environment(), set(threading.enumerate())
    with (
        pytest.raises(podid.ClusterLookupError),
        podid.run_as_pod("nowhere", "shop", "cart", endpoint_url=aws.endpoint_url),
    ):
        pytest.fail("the block began")
    assert environment() == before
    assert set(threading.enumerate()) - threads == set()


def test_environment_is_not_the_webhook_s(
    aws: Aws, pod: podid.Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process in the pod finds what the webhook sets, and nothing that would go before it."""
    # Importing the AWS CLI, as other tests do, sets it.
    monkeypatch.delenv("AWS_DATA_PATH", raising=False)
    with pod:
        found = {name: value for name, value in pod.environ.items() if name.startswith("AWS_")}
        assert found.pop("AWS_CONTAINER_CREDENTIALS_FULL_URI") == pod.agent.url
        assert found.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") == pod.token_file
        assert found.pop("AWS_ENDPOINT_URL", None) == aws.endpoint_url
        assert found == {
            "AWS_STS_REGIONAL_ENDPOINTS": "regional",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        assert pod.environ["PATH"] == os.environ["PATH"]


@pytest.mark.parametrize("name", ["HOME", "BOTO_CONFIG", "AWS_CREDENTIAL_FILE"])
def test_files_of_boto_go_before_the_pod(
    pod: podid.Pod, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """Credentials in the files of boto, which botocore reads still, are not found."""
    boto = ["[Credentials]", "aws_access_key_id = AKIAX", "aws_secret_access_key = x"]
    (tmp_path / ".boto").write_text("\n".join(boto))
    (tmp_path / "keys").write_text("AWSAccessKeyId=AKIAX\nAWSSecretKey=x\n")
    files = {"HOME": ".", "BOTO_CONFIG": ".boto", "AWS_CREDENTIAL_FILE": "keys"}
    monkeypatch.setenv(name, str(tmp_path / files[name]))
    with pod:
        assert boto3.Session().get_credentials().method == "container-role"


def test_endpoint_of_a_service_goes_before_the_server(
    server_aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a server, no variable leads anywhere else, and those that would are put back."""
    server_aws.create_cluster()
    server_aws.associate(server_aws.create_role())
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    before = environment()
    with podid.run_as_pod(CLUSTER, "shop", "cart", endpoint_url=server_aws.endpoint_url):
        assert is_pod(who())
    assert environment() == before


def test_decorated_function_is_not_the_pod(pod: podid.Pod) -> None:
    """Each call of a decorated function, or coroutine function, runs as a pod of its own."""

    @pod
    def name() -> str:
        assert is_pod(who())
        return os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]

    @pod
    async def asynchronous_name() -> str:
        assert is_pod(await asyncio.to_thread(who))
        return os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]

    names = [name(), name(), asyncio.run(asynchronous_name())]
    assert len(set(names)) == 3
    assert name.__name__ == "name"


def test_decorated_generator_is_not_the_pod(pod: podid.Pod) -> None:
    """A decorated generator, such as a fixture of pytest, runs as a pod from step to step."""
    before = environment()

    @pod
    def names() -> Iterator[str]:
        yield who()
        yield who()

    assert all(map(is_pod, names()))
    unfinished = names()
    assert is_pod(next(unfinished))
    unfinished.close()
    assert environment() == before


def test_decorated_class_is_silently_outside(pod: podid.Pod) -> None:
    """A class or an asynchronous generator cannot be decorated, and it says so."""

    class Tests:
        pass

    async def names() -> AsyncIterator[str]:
        yield who()

    for wrong in (Tests, names):
        with pytest.raises(TypeError, match="decorate methods, or run the pod in a with block"):
            pod(wrong)


def test_inner_pod_is_the_outer_one(aws: Aws, pod: podid.Pod) -> None:
    """Of pods inside of each other the innermost counts, and then the outer one again."""
    aws.associate(aws.create_role("billing"), service_account="billing")
    inner = podid.run_as_pod(CLUSTER, "shop", "billing", endpoint_url=aws.endpoint_url)
    with pod:
        assert is_pod(who())
        with inner:
            assert ":assumed-role/billing/" in who()
        assert is_pod(who())


def test_thread_is_not_the_pod(pod: podid.Pod) -> None:
    """Threads that start inside the block are the pod, all at once."""
    found: list[str] = []
    with pod:
        threads = [threading.Thread(target=lambda: found.append(who())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 8
    assert all(map(is_pod, found))


def test_earlier_client_is_silently_somebody_else(aws: Aws, pod: podid.Pod) -> None:
    """A call by a client that was made outside warns once; nothing warns about the pod's own."""
    earlier = aws.client("sts")
    with pod:
        with pytest.warns(podid.NotAdoptedWarning, match="sts that was made outside") as caught:
            arns = [earlier.get_caller_identity()["Arn"] for _ in range(2)]
        assert [warning.filename for warning in caught] == [__file__]
        assert not any(map(is_pod, arns))
    with warnings.catch_warnings(), pod:
        warnings.simplefilter("error")
        who()
        pod.client("s3").list_buckets()
        boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="next")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        earlier.get_caller_identity()


def test_client_of_the_pod_is_taken_for_another(aws: Aws, pod: podid.Pod) -> None:
    """What was made inside warns no more than an unsigned client, whatever its keys are."""
    config = Config(signature_version=UNSIGNED)
    unsigned = boto3.client("sts", endpoint_url=aws.endpoint_url, config=config, **KEYS)
    with warnings.catch_warnings(), pod:
        warnings.simplefilter("error")
        aws.client("sts").get_caller_identity()
        unsigned.assume_role_with_web_identity(
            RoleArn=ROLE, RoleSessionName="next", WebIdentityToken="none"
        )


def test_temporary_credentials_of_somebody_else_are_silent(aws: Aws, pod: podid.Pod) -> None:
    """Earlier clients with a session's keys warn, too, and with keys that a provider renews."""
    given = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="dev")["Credentials"]
    refreshed = botocore.session.Session()
    refreshed._credentials = RefreshableCredentials(
        given["AccessKeyId"],
        given["SecretAccessKey"],
        given["SessionToken"],
        given["Expiration"],
        dict,
        "sso",
    )
    own = {"region_name": REGION, "endpoint_url": aws.endpoint_url}
    for client in (
        aws.client_with(given, "sts"),
        boto3.Session(botocore_session=refreshed).client("sts", **own),
    ):
        with pod, pytest.warns(podid.NotAdoptedWarning):
            assert client.get_caller_identity()["Arn"].endswith("/dev")


def test_client_of_the_outer_pod_is_silent(aws: Aws, pod: podid.Pod) -> None:
    """An outer pod's client warns inside of an inner pod, and after it no more."""
    inner = podid.run_as_pod(CLUSTER, "shop", "cart", endpoint_url=aws.endpoint_url)
    with pod:
        client = pod.client("sts")
        with inner, pytest.warns(podid.NotAdoptedWarning):
            client.get_caller_identity()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            client.get_caller_identity()


def test_warning_names_the_wrong_line(aws: Aws, pod: podid.Pod) -> None:
    """The warning is about the line that calls, of a client, a resource or a paginator."""
    client, s3 = aws.client("iam"), aws.client("s3")
    s3.create_bucket(Bucket="orders", CreateBucketConfiguration={"LocationConstraint": REGION})
    bucket = boto3.resource("s3", endpoint_url=aws.endpoint_url, **KEYS).Bucket("orders")
    for call in (
        lambda: client.list_roles(),
        lambda: list(client.get_paginator("list_roles").paginate()),
        lambda: list(bucket.objects.all()),
    ):
        with pod, pytest.warns(podid.NotAdoptedWarning) as caught:
            call()
        (warning,) = caught
        assert (warning.filename, warning.lineno) == (__file__, call.__code__.co_firstlineno)


def test_adopted_client_is_somebody_else(aws: Aws, pod: podid.Pod) -> None:
    """An adopted client, or resource, calls as the pod until the block ends, then as before."""
    earlier = aws.client("sts")
    bucket = boto3.resource("s3", endpoint_url=aws.endpoint_url, **KEYS)
    with warnings.catch_warnings(), pod:
        warnings.simplefilter("error")
        pod.adopt(earlier)
        pod.adopt(bucket)
        assert is_pod(earlier.get_caller_identity()["Arn"])
        list(bucket.buckets.all())
    assert not is_pod(earlier.get_caller_identity()["Arn"])
    (record,) = podid.cloudtrail_records(event_name="ListBuckets", endpoint_url=aws.endpoint_url)
    assert is_pod(record["userIdentity"]["arn"])


def test_calls_are_not_judged(aws: Aws, pod: podid.Pod) -> None:
    """`iam_enforcement` counts inside the block, and what counted before counts again."""
    judged = podid.run_as_pod(
        CLUSTER, "shop", "cart", iam_enforcement="sessions", endpoint_url=aws.endpoint_url
    )
    with judged, pytest.raises(ClientError, match="not authorized to perform: s3:ListAllMyBuckets"):
        boto3.client("s3").list_buckets()
    with pod:
        boto3.client("s3").list_buckets()
    aws.settings(iam_enforcement="all", verify_token=False)
    with podid.run_as_pod(
        CLUSTER, "shop", "cart", iam_enforcement="off", endpoint_url=aws.endpoint_url
    ):
        boto3.client("s3").list_buckets()
    with pytest.raises(ClientError, match="security token"):
        aws.client("sts").get_caller_identity()


def test_setting_of_the_block_is_taken_back(server_aws: Aws) -> None:
    """Of the server's settings only `iam_enforcement` is put back at the end of the block."""
    server_aws.create_cluster()
    url = f"{server_aws.endpoint_url}/moto-api/eks-podid/settings"
    before = requests.get(url, timeout=30).json()
    with podid.run_as_pod(
        CLUSTER, "shop", "cart", iam_enforcement="all", endpoint_url=server_aws.endpoint_url
    ):
        requests.patch(url, json={"associations_per_cluster": 7}, timeout=30).raise_for_status()
    assert requests.get(url, timeout=30).json() == {**before, "associations_per_cluster": 7}


def test_pod_runs_twice_at_once(pod: podid.Pod) -> None:
    """A pod runs once at a time, and tells nothing about itself while it does not."""
    for use in (lambda: pod.token, lambda: pod.client("s3"), lambda: pod.environ):
        with pytest.raises(RuntimeError, match="does not run"):
            use()
    with pod:
        with pytest.raises(RuntimeError, match="runs already"):
            pod.__enter__()
        assert is_pod(who())
    with pod:
        assert is_pod(who())


def test_pod_without_aws_reaches_the_real_one() -> None:
    """Without a mock and without a server there is no AWS to run in, and it says so."""
    with pytest.raises(RuntimeError, match="start mock_aws first"):
        podid.run_as_pod(CLUSTER, "shop", "cart").__enter__()


def test_service_account_without_association_gets_another_error(
    aws: Aws, quick_retries: None
) -> None:
    """Without an association the SDK says what the agent answered."""
    aws.create_cluster()
    with podid.run_as_pod(CLUSTER, "shop", "nobody", endpoint_url=aws.endpoint_url) as pod:
        with pytest.raises(
            CredentialRetrievalError, match=r"Received non 200 response 404 .*ResourceNotFound"
        ):
            pod.client("sts").get_caller_identity()


def test_missing_token_file_hangs(pod: podid.Pod, quick_retries: None) -> None:
    """Without its token file the SDK says that it is not there."""
    with pod:
        os.unlink(pod.token_file)
        with pytest.raises(FileNotFoundError, match="eks-pod-identity-token"):
            who()


def test_dead_agent_hangs(pod: podid.Pod, quick_retries: None) -> None:
    """Without an agent the SDK says that nobody answers."""
    with pod:
        pod.agent.stop()
        with pytest.raises(CredentialRetrievalError, match=r"container-role: .*[Cc]onnect"):
            who()


def test_token_does_not_follow_the_clock(
    aws: Aws, pod: podid.Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pod whose cluster's time was moved by 25 hours has a new token, which gets credentials."""
    # A server is asked for its time once a second at most.
    monkeypatch.setattr("moto_eks_podid.agent.times._FRESH", 0.0)
    with pod:
        first = pod.token
        aws.shift(25 * 3600)
        # The SDK finds its credentials by the real time.
        assert is_pod(pod.client("sts").get_caller_identity()["Arn"])
        assert pod.token != first
        aws.shift(0)


def test_expired_token_is_taken(aws: Aws, pod: podid.Pod, quick_retries: None) -> None:
    """A token that nobody renews expires, and the SDK says what the agent says about it."""
    with pod:
        pod.stop_renewing()
        token = podid.service_account_token(
            CLUSTER, "shop", "cart", expires_in=600, endpoint_url=aws.endpoint_url
        )
        with open(pod.token_file, "w") as file:
            file.write(token)
        aws.shift(700)
        with pytest.raises(CredentialRetrievalError, match=r"non 200 response 400 .*expired"):
            who()
