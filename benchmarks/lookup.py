"""LookupEvents in a full event history: what a page takes, and what an event takes of memory."""

from __future__ import annotations

import gc
import tracemalloc
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any, NamedTuple

from . import world
from .runner import BASELINE, BASELINE_AGAIN, Effort, Figure, Row, absolute, interleave
from .workers import Timer, Worker, timed

EVENTS, PODS = 100_000, 500
KIB = 1024
PAGE = 50

_FULL = f"{EVENTS:,} events of {PODS} pods"
BY_NAME = Row(f"LookupEvents at the backend, a page by EventName, {_FULL}", "ms", 10)
BY_KEY = Row(f"LookupEvents at the backend, a page by AccessKeyId, {_FULL}", "ms", 10)
NEXT = Row("LookupEvents at the backend, a page that was not read before, by EventName", "ms")
MEMORY = Row(f"memory of one event, indexed, {_FULL}", "KiB", 3)
ROWS = (BY_NAME, BY_KEY, NEXT, MEMORY)


class Exchange(NamedTuple):
    """A request as boto3 sends it, and its answer."""

    method: str
    url: str
    headers: Mapping[str, Any]
    body: Any
    status: int
    answer: bytes


@contextmanager
def full(events: int, pods: int) -> Iterator[Mapping[str, Timer]]:
    """Prepare a history of calls of pods, each of which was captured with bytes of its own."""
    with world.mock(plugin=True):
        from moto_eks_podid.cloudtrail.history import history

        world.create_cluster()
        world.associate(world.create_role(), "cart")
        made = [_assume() for _ in range(pods)]
        exchanges = _exchanges_of(made[0])
        keys = [credentials["accessKeyId"] for credentials in made]
        history().clear()
        gc.collect()
        tracemalloc.start()
        for number, exchange in enumerate(islice(cycle(exchanges), events)):
            # Pods take turns, and each makes every call.
            _capture(exchange, keys[0], keys[number // len(exchanges) % pods])
        assert len(history()) == events
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        yield {
            "name": timed(_page("EventName", "DescribeCluster")),
            "key": timed(_page("AccessKeyId", keys[0])),
            "next": timed(_next_page("EventName", "DescribeCluster")),
            "memory": lambda _: kept / events,
        }


def _assume() -> dict[str, str]:
    credentials: dict[str, str] = world.client("eks-auth").assume_role_for_pod_identity(
        clusterName=world.CLUSTER, token=world.token("cart")
    )["credentials"]
    return credentials


def _exchanges_of(credentials: dict[str, str]) -> list[Exchange]:
    """Let a pod call a few services, and return what was sent and answered."""

    def client(service: str) -> Any:
        made = world.client(
            service,
            access_key_id=credentials["accessKeyId"],
            secret_access_key=credentials["secretAccessKey"],
            session_token=credentials["sessionToken"],
        )
        made.meta.events.register_first("before-send", lambda request, **_: sent.append(request))
        made.meta.events.register(
            "before-parse", lambda response_dict, **_: answered.append(response_dict)
        )
        return made

    sent: list[Any] = []
    answered: list[Any] = []
    for service, operation, parameters in (
        ("eks", "describe_cluster", {"name": world.CLUSTER}),
        ("sts", "get_caller_identity", {}),
        ("sqs", "create_queue", {"QueueName": "orders", "Attributes": {"DelaySeconds": "5"}}),
        ("secretsmanager", "create_secret", {"Name": "orders", "SecretString": "hush"}),
        ("secretsmanager", "get_secret_value", {"SecretId": "orders"}),
        ("s3", "list_buckets", {}),
    ):
        getattr(client(service), operation)(**parameters)
    return [
        Exchange(
            request.method,
            request.url,
            dict(request.headers),
            request.body,
            answer["status_code"],
            answer["body"],
        )
        for request, answer in zip(sent, answered, strict=True)
    ]


def _capture(exchange: Exchange, key: str, other_key: str) -> None:
    """Record an exchange as if another pod had made it."""
    from moto_eks_podid.cloudtrail.capture import RequestColumns, record
    from moto_eks_podid.cloudtrail.progress import call_in_progress

    headers = {name: _own(value) for name, value in exchange.headers.items()}
    signature = headers["Authorization"]
    headers["Authorization"] = (
        signature.replace(key.encode(), other_key.encode())
        if isinstance(signature, bytes)
        else signature.replace(key, other_key)
    )
    columns = RequestColumns(exchange.method, _own(exchange.url), headers, "127.0.0.1")
    with call_in_progress(columns.identity) as call:
        request_id = {"x-amzn-RequestId": str(uuid.uuid4())}
    record(columns, call, _own(exchange.body), exchange.status, request_id, _own(exchange.answer))


def _own(value: Any) -> Any:
    """Return a text or bytes that no other call shares."""
    return value[:1] + value[1:] if value else value


def _page(key: str, value: str) -> Callable[[], object]:
    """Return what looks up the first page at the backend."""
    look_up = _lookup(key, value)
    page, token = look_up(None)
    assert len(page) == PAGE
    assert token
    return lambda: look_up(None)


def _next_page(key: str, value: str) -> Callable[[], object]:
    """Return what looks up one page after the other, and begins again at the end."""
    look_up = _lookup(key, value)
    token: str | None = None

    def next_page() -> None:
        nonlocal token
        _, token = look_up(token)

    return next_page


def _lookup(key: str, value: str) -> Callable[[str | None], tuple[list[Any], str | None]]:
    from moto.cloudtrail.models import cloudtrail_backends

    from moto_eks_podid.cloudtrail.lookup import Lookup

    backend: Any = cloudtrail_backends[world.ACCOUNT][world.REGION]
    attributes = [{"AttributeKey": key, "AttributeValue": value}]

    def look_up(token: str | None) -> tuple[list[Any], str | None]:
        found: tuple[list[Any], str | None] = backend.lookup_events(
            Lookup.parse({"LookupAttributes": attributes, "NextToken": token})
        )
        return found

    return look_up


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    with (
        Worker(full, events=EVENTS, pods=PODS) as one,
        Worker(full, events=EVENTS, pods=PODS) as other,
    ):
        for row, operation in ((BY_NAME, "name"), (BY_KEY, "key"), (NEXT, "next")):
            count = one.count_for(operation, effort.round_seconds)
            samples = interleave(
                {
                    BASELINE: one.side(operation, count),
                    BASELINE_AGAIN: other.side(operation, count),
                },
                effort.rounds,
            )
            yield absolute(row, samples)
        bytes_of_one, bytes_of_other = one.time("memory"), other.time("memory")
        yield Figure(
            MEMORY,
            value=bytes_of_one / KIB,
            noise=(bytes_of_other - bytes_of_one) / KIB,
            detail=f"{bytes_of_one:.0f} bytes",
            samples={BASELINE: [bytes_of_one], BASELINE_AGAIN: [bytes_of_other]},
        )
