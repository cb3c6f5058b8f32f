"""Which calls an injected failure strikes, how often, and until when."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests
from aws_under_test import ACCOUNT, Aws
from botocore.exceptions import ClientError, ConnectionClosedError
from judged import bucket
from moto.core.models import MockAWS
from pods import credentials_of_a_pod

import moto_eks_podid as podid
from moto_eks_podid.faults.injected import (
    MAX_ACTIVE,
    active_faults,
    all_faults,
    injected_faults_backends,
)

THREADS = 32


def outcome(call: Callable[..., Any], **arguments: Any) -> str:
    """The code of the error of a call, `ok` for one that succeeds."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except ConnectionClosedError:
        return "dropped"
    return "ok"


def test_failure_goes_on(aws: Aws) -> None:
    """A failure strikes once, unless it is told how often."""
    call = aws.client("sts").get_caller_identity
    injection = aws.inject("sts", error="Throttling")
    assert [outcome(call) for _ in range(2)] == ["Throttling", "ok"]
    assert injection.struck == 1
    injection = aws.inject("sts", error="Throttling", times=2)
    assert [outcome(call) for _ in range(3)] == ["Throttling", "Throttling", "ok"]
    assert injection.struck == 2


def test_failure_without_end_ends(aws: Aws) -> None:
    """A failure without a number of times goes on until it is removed; once is enough."""
    call = aws.client("sts").get_caller_identity
    with aws.inject("sts", error="Throttling", times=None) as injection:
        assert {outcome(call) for _ in range(5)} == {"Throttling"}
    assert outcome(call) == "ok"
    assert injection.struck == 5
    injection.remove()
    assert injection.struck == 5


def test_block_that_fails_leaves_its_failure(aws: Aws) -> None:
    """The failure is removed at the end of its block, however that ends."""
    with pytest.raises(ZeroDivisionError), aws.inject("sts", error="Throttling", times=None):
        raise ZeroDivisionError
    assert outcome(aws.client("sts").get_caller_identity) == "ok"


def test_threads_are_struck_too_often(aws: Aws) -> None:
    """Of many calls at once, exactly as many fail as were asked for."""
    sts = aws.client("sts")
    injection = aws.inject("sts", error="Throttling", times=2)
    together = threading.Barrier(THREADS)
    seen: list[str] = []

    def call() -> None:
        together.wait()
        seen.append(outcome(sts.get_caller_identity))

    threads = [threading.Thread(target=call) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(seen) == {"Throttling": 2, "ok": THREADS - 2}
    assert injection.struck == 2


def test_failures_strike_together(aws: Aws) -> None:
    """Each call meets the first failure that fits; the next one waits for its turn."""
    call = aws.client("sts").get_caller_identity
    first = aws.inject("sts", error="Throttling")
    second = aws.inject("sts", dropped=True)
    third = aws.inject("sts", expired=True)
    late = aws.inject("sts", latency=0.01, times=None)
    assert [outcome(call) for _ in range(4)] == ["Throttling", "dropped", "ExpiredToken", "ok"]
    assert [one.struck for one in (first, second, third, late)] == [1, 1, 1, 4]


@pytest.mark.parametrize("name", ["ListObjectsV2", "list_objects_v2"])
def test_other_operations_are_struck(aws: Aws, name: str) -> None:
    """A failure of one operation leaves the others alone, in either spelling of its name."""
    s3 = bucket(aws, "goods")
    with aws.inject("s3", operation=name, error="SlowDown", times=None) as injection:
        assert outcome(s3.list_buckets) == "ok"
        assert outcome(s3.list_objects, Bucket="goods") == "ok"
        assert outcome(s3.list_objects_v2, Bucket="goods") == "SlowDown"
        assert injection.struck == 1


def test_other_services_are_struck(aws: Aws) -> None:
    """A failure of one service leaves the others alone, also those that sign with its name."""
    aws.inject("s3", error="Oops", times=None)
    aws.inject("dynamodb", error="Oops", times=None)
    assert outcome(aws.client("sts").get_caller_identity) == "ok"
    assert outcome(aws.client("dynamodbstreams").list_streams) == "ok"


def test_s3_control_is_taken_for_s3(in_process_aws: Aws) -> None:
    """S3 Control signs with S3's name, and is another service all the same."""
    in_process_aws.inject("s3", error="Oops", times=None)
    control = in_process_aws.client("s3control")
    found = outcome(control.get_public_access_block, AccountId=ACCOUNT)
    assert found == "NoSuchPublicAccessBlockConfiguration"


def test_alias_is_not_struck(in_process_aws: Aws) -> None:
    """A service whose API is another's is struck under its own name, too."""
    call = in_process_aws.client("neptune").describe_db_clusters
    with in_process_aws.inject("neptune", error="Throttling"):
        assert outcome(call) == "Throttling"
    with in_process_aws.inject("rds", error="Throttling"):
        assert outcome(call) == "Throttling"


def test_other_callers_are_struck(aws: Aws) -> None:
    """A failure can be that of one key, or of one role's sessions."""
    given = credentials_of_a_pod(aws)
    admin = aws.client("sts").get_caller_identity
    pod = aws.client_with(given, "sts").get_caller_identity
    role_arn = aws.sessions(access_key_id=given["accessKeyId"])[0].role_arn
    for narrowed in ({"access_key_id": given["accessKeyId"]}, {"role_arn": role_arn}):
        with aws.inject("sts", error="Throttling", times=None, **narrowed):
            assert (outcome(admin), outcome(pod)) == ("ok", "Throttling")
    with aws.inject("sts", error="Throttling", role_arn=f"{role_arn}-2", times=None):
        assert (outcome(admin), outcome(pod)) == ("ok", "ok")


def test_failure_outlives_a_reset(aws: Aws) -> None:
    """A reset of moto ends every failure; removing one afterwards is no error."""
    injection = aws.inject("sts", error="Throttling", times=None)
    call = aws.client("sts").get_caller_identity
    assert outcome(call) == "Throttling"
    assert injection.struck == 1
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    requests.post(f"{base}/moto-api/reset", timeout=30).raise_for_status()
    assert outcome(call) == "ok"
    injection.remove()
    assert injection.struck == 1


def test_failure_outlives_its_mock() -> None:
    """A failure ends with the outermost mock, and nested mocks share it."""
    aws = Aws(None)
    with podid.mock_aws():
        injection = aws.inject("sts", error="Throttling", times=None)
        with podid.mock_aws():
            assert outcome(aws.client("sts").get_caller_identity) == "Throttling"
        assert outcome(aws.client("sts").get_caller_identity) == "Throttling"
    with podid.mock_aws():
        assert outcome(aws.client("sts").get_caller_identity) == "ok"
        injection.remove()


def test_reset_loses_later_failures(in_process_aws: Aws) -> None:
    """A failure that is over from before a reset takes none away that came after it."""
    old = in_process_aws.inject("sts", error="Throttling", times=None)
    MockAWS().reset()
    in_process_aws.inject("sts", error="Teapot")
    old.remove()
    assert outcome(in_process_aws.client("sts").get_caller_identity) == "Teapot"


def test_resets_meet_calls(in_process_aws: Aws) -> None:
    """Calls, injections and resets at the same time neither fail nor wait for each other."""
    sts = in_process_aws.client("sts")
    over = threading.Event()
    odd: list[object] = []

    def calls() -> None:
        while not over.is_set():
            try:
                found = outcome(sts.get_caller_identity)
            except Exception as error:
                found = repr(error)
            if found not in ("ok", "Throttling"):
                odd.append(found)

    threads = [threading.Thread(target=calls) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(100):
        with in_process_aws.inject("sts", error="Throttling", times=None):
            MockAWS().reset()
    over.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert odd == []


def test_calls_make_a_backend() -> None:
    """Where nothing was injected, a call makes no state and looks at nothing else."""
    with podid.mock_aws():
        Aws(None).client("sts").get_caller_identity()
        assert not injected_faults_backends


def test_ended_failures_slow_down_calls(in_process_aws: Aws) -> None:
    """A failure that is over is no longer compared with calls, and its count is still known."""
    injection = in_process_aws.inject("sts", error="Throttling")
    outcome(in_process_aws.client("sts").get_caller_identity)
    assert active_faults() == ()
    assert [one.struck for one in all_faults()] == [1]
    assert injection.struck == 1


def test_failures_without_number_are_taken(in_process_aws: Aws) -> None:
    """There is a limit to failures that wait, and removing one makes room."""
    made = [in_process_aws.inject("sts", error="Oops") for _ in range(MAX_ACTIVE)]
    with pytest.raises(ValueError, match=f"^There are {MAX_ACTIVE} injected failures already"):
        in_process_aws.inject("sts", error="Oops")
    made[0].remove()
    in_process_aws.inject("sts", error="Oops")


def test_failure_hides_what_it_is(aws: Aws) -> None:
    """Its text tells what fails, and how."""
    injection = aws.inject("eks-auth", error="ThrottlingException", times=2, latency=1)
    assert repr(injection) == (
        "Injection(service='eks-auth', error='ThrottlingException', latency=1, times=2)"
    )


def test_failure_without_aws_never_strikes() -> None:
    """Without a mock and without a server there are no calls that could fail, and it says so."""
    with pytest.raises(RuntimeError, match="start mock_aws first"):
        podid.inject("sts", error="ThrottlingException", times=None)
