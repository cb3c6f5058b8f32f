"""Raw HTTP at our server against the same at plain moto_server, one load generator for both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from . import world
from .load import load, request
from .runner import (
    BASELINE,
    BASELINE_AGAIN,
    MEASURED,
    RATIO,
    Effort,
    Figure,
    Row,
    interleave,
    rate_ratio,
)
from .servers import PLAIN, PLUGIN, serving
from .workers import Timer, Worker

ASSUME = "AssumeRoleForPodIdentity"
IDENTITY = "GetCallerIdentity"
CONNECTIONS = (1, 8)

#: Call -> the call at moto's own server that it is compared with.
CALLS: Mapping[str, str] = {
    ASSUME: IDENTITY,
    IDENTITY: IDENTITY,
    "DescribeCluster": "DescribeCluster",
    "GetSecretValue": "GetSecretValue",
    "GetObject": "GetObject",
}
_BUDGET = 1.5


def _row(call: str, connections: int) -> Row:
    plain = "" if CALLS[call] == call else f"'s {CALLS[call]}"
    many = "1 connection" if connections == 1 else f"{connections} connections"
    return Row(f"{call} a second / plain moto_server{plain}, {many}", RATIO, _BUDGET, at_least=True)


ROWS = tuple(_row(call, connections) for call in CALLS for connections in CONNECTIONS)

GET_CALLER_IDENTITY = request("sts", body=f"Action={IDENTITY}&Version=2011-06-15")
_REQUESTS: Mapping[str, bytes] = {
    IDENTITY: GET_CALLER_IDENTITY,
    "DescribeCluster": request(
        "eks", f"/clusters/{world.CLUSTER}", method="GET", content_type="application/json"
    ),
    "GetSecretValue": request(
        "secretsmanager",
        body=json.dumps({"SecretId": "goods"}),
        content_type="application/x-amz-json-1.1",
        target="secretsmanager.GetSecretValue",
    ),
    "GetObject": request("s3", "/goods/list.json", method="GET"),
}


def _prepare(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    world.create_cluster(url)
    world.client("secretsmanager", url).create_secret(Name="goods", SecretString="{}" * 50)
    s3 = world.client("s3", url)
    s3.create_bucket(Bucket="goods", CreateBucketConfiguration={"LocationConstraint": world.REGION})
    s3.put_object(Bucket="goods", Key="list.json", Body=b"[]" * 500)


@contextmanager
def generator(plugin: int, plain: int, plain_again: int) -> Iterator[Mapping[str, Timer]]:
    """Prepare the load on the servers at those ports; a pod and its role are made at ours."""
    for port in (plugin, plain, plain_again):
        _prepare(port)
    url = f"http://127.0.0.1:{plugin}"
    world.associate(world.create_role(url), "cart", url)
    assume = request(
        "eks-auth",
        f"/clusters/{world.CLUSTER}/assume-role-for-pod-identity",
        json.dumps({"token": world.token("cart", url)}),
        content_type="application/json",
    )
    ports = {MEASURED: plugin, BASELINE: plain, BASELINE_AGAIN: plain_again}
    yield {
        _name(side, call, connections): load(ports[side], asked, connections)
        for connections in CONNECTIONS
        for side in ports
        for call, asked in {**_REQUESTS, ASSUME: assume}.items()
    }


def _name(side: str, call: str, connections: int) -> str:
    return f"{side}/{call}/{connections}".replace(" ", "-")


def measure(effort: Effort) -> Iterator[Figure]:
    """Measure this module's rows."""
    with ExitStack() as stack:
        programs = {"plugin": PLUGIN, "plain": PLAIN, "plain_again": PLAIN}
        ports = {
            name: stack.enter_context(serving(program, GET_CALLER_IDENTITY)).port
            for name, program in programs.items()
        }
        worker = stack.enter_context(Worker(generator, **ports))
        for call, plain in CALLS.items():
            for connections in CONNECTIONS:
                sides = {}
                for side in (BASELINE, MEASURED, BASELINE_AGAIN):
                    name = _name(side, call if side == MEASURED else plain, connections)
                    sides[side] = worker.side(name, worker.count_for(name, effort.round_seconds))
                yield rate_ratio(_row(call, connections), interleave(sides, effort.rounds))
