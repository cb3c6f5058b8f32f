"""Many threads at once: nothing is lost, nothing is made twice, nothing fails."""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, REGION, Aws
from botocore.exceptions import ClientError

THREADS = 32
OPERATIONS_PER_THREAD = 20
NAMESPACES = ("shop", "billing")
#: Few enough that the threads meet each other all the time.
SERVICE_ACCOUNTS = tuple(f"cart-{number}" for number in range(12))

MISSING_ID = "a-" + "0" * 17
MISSING = {
    "associationId": MISSING_ID,
    "associationArn": (
        f"arn:aws:eks:{REGION}:{ACCOUNT}:podidentityassociation/{CLUSTER}/{MISSING_ID}"
    ),
}

ROUNDS = 30
RACERS = 4


@pytest.fixture(autouse=True)
def threads_that_change_often() -> Iterator[None]:
    """In-process, a thread otherwise runs through most operations undisturbed."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@dataclass
class Books:
    """What one thread was told: the server's books must say the same."""

    created: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    access_keys: list[str] = field(default_factory=list)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)


#: Operation -> the codes with which it may lose against another thread.
HONEST_REFUSALS = {
    "create": {"ResourceInUseException"},
    "update": {"ResourceNotFoundException"},
    "delete": {"ResourceNotFoundException"},
    "describe": {"ResourceNotFoundException"},
    "tag": {"NotFoundException"},
    "list": set[str](),
    "assume": {"ResourceNotFoundException"},
}


class Worker:
    """One client with clients of its own, whose operations are drawn from a seed."""

    def __init__(
        self, aws: Aws, seed: int, roles: list[str], tokens: dict[tuple[str, str], str]
    ) -> None:
        self.random = random.Random(seed)
        self.eks = aws.client("eks")
        self.eks_auth = aws.client("eks-auth")
        self.roles = roles
        self.tokens = tokens
        self.books = Books()

    def work(self) -> Books:
        for _ in range(OPERATIONS_PER_THREAD):
            name = self.random.choice(list(HONEST_REFUSALS))
            operation: Callable[[], None] = getattr(self, name)
            try:
                operation()
            except ClientError as error:
                self.books.refusals[name, error.response["Error"]["Code"]] += 1
        return self.books

    def pod(self) -> tuple[str, str]:
        return self.random.choice(NAMESPACES), self.random.choice(SERVICE_ACCOUNTS)

    def some_association(self) -> dict[str, Any]:
        """One that was there a moment ago."""
        namespace, _ = self.pod()
        listed = self.eks.list_pod_identity_associations(clusterName=CLUSTER, namespace=namespace)[
            "associations"
        ]
        chosen: dict[str, Any] = self.random.choice(listed or [MISSING])
        return chosen

    def create(self) -> None:
        namespace, service_account = self.pod()
        made = self.eks.create_pod_identity_association(
            clusterName=CLUSTER,
            namespace=namespace,
            serviceAccount=service_account,
            roleArn=self.roles[0],
        )["association"]
        self.books.created.append(made["associationId"])

    def update(self) -> None:
        self.eks.update_pod_identity_association(
            clusterName=CLUSTER,
            associationId=self.some_association()["associationId"],
            roleArn=self.random.choice(self.roles),
        )

    def delete(self) -> None:
        gone = self.eks.delete_pod_identity_association(
            clusterName=CLUSTER, associationId=self.some_association()["associationId"]
        )["association"]
        self.books.deleted.append(gone["associationId"])

    def describe(self) -> None:
        self.eks.describe_pod_identity_association(
            clusterName=CLUSTER, associationId=self.some_association()["associationId"]
        )

    def tag(self) -> None:
        self.eks.tag_resource(
            resourceArn=self.some_association()["associationArn"],
            tags={"team": str(self.random.random())},
        )

    def list(self) -> None:
        pages = self.eks.get_paginator("list_pod_identity_associations").paginate(
            clusterName=CLUSTER, PaginationConfig={"PageSize": 3}
        )
        seen = [entry["associationId"] for page in pages for entry in page["associations"]]
        assert len(seen) == len(set(seen))

    def assume(self) -> None:
        answer = self.eks_auth.assume_role_for_pod_identity(
            clusterName=CLUSTER, token=self.tokens[self.pod()]
        )
        self.books.access_keys.append(answer["credentials"]["accessKeyId"])


def test_load_loses_something(aws: Aws) -> None:
    """32 threads assume roles and change associations; afterwards the books balance.

    Every association that was made and not deleted is listed, once; ids and access keys are
    unique; every answered AssumeRoleForPodIdentity is a recorded session; and the only refusals
    are those of a thread that came too late.
    """
    aws.create_cluster()
    roles = [aws.create_role(name) for name in ("one", "two")]
    tokens = {
        (namespace, service_account): aws.token(CLUSTER, namespace, service_account)
        for namespace in NAMESPACES
        for service_account in SERVICE_ACCOUNTS
    }
    # botocore's clients are safe to use from threads, not to make from them.
    workers = [Worker(aws, seed, roles, tokens) for seed in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        books = list(pool.map(Worker.work, workers))

    refusals = sum((book.refusals for book in books), Counter[tuple[str, str]]())
    assert {
        (operation, code) for operation, code in refusals if code not in HONEST_REFUSALS[operation]
    } == set()

    created = [association_id for book in books for association_id in book.created]
    deleted = [association_id for book in books for association_id in book.deleted]
    assert len(set(created)) == len(created)
    assert len(set(deleted)) == len(deleted)
    listed = aws.client("eks").list_pod_identity_associations(clusterName=CLUSTER)["associations"]
    assert sorted(entry["associationId"] for entry in listed) == sorted({*created} - {*deleted})
    subjects = [(entry["namespace"], entry["serviceAccount"]) for entry in listed]
    assert len(set(subjects)) == len(subjects)

    access_keys = [key for book in books for key in book.access_keys]
    assert len(set(access_keys)) == len(access_keys)
    assert sorted(session.access_key_id for session in aws.sessions()) == sorted(access_keys)
    # The run was about something.
    assert created
    assert deleted
    assert access_keys


def race(count: int, step: Callable[[int], Any]) -> list[Any]:
    """Run a step in `count` threads that are let go at the same moment."""
    barrier = threading.Barrier(count)

    def start(number: int) -> Any:
        barrier.wait(timeout=60)
        return step(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


@pytest.fixture
def racers(aws: Aws) -> list[Any]:
    aws.create_cluster()
    return [aws.client("eks") for _ in range(RACERS)]


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    """What a call comes to: the id of its association, or the code of its error."""
    try:
        return str(call(clusterName=CLUSTER, **arguments)["association"]["associationId"])
    except ClientError as error:
        return str(error.response["Error"]["Code"])


def test_racing_creates_both_win(aws: Aws, racers: list[Any]) -> None:
    """Of calls that race for one service account one succeeds; the others name its id."""
    role = aws.create_role()
    for number in range(ROUNDS):
        answers = race(
            RACERS,
            lambda racer, account=f"cart-{number}": code_of(
                racers[racer].create_pod_identity_association,
                namespace="shop",
                serviceAccount=account,
                roleArn=role,
            ),
        )
        listed = racers[0].list_pod_identity_associations(
            clusterName=CLUSTER, serviceAccount=f"cart-{number}"
        )["associations"]
        assert len(listed) == 1
        assert sorted(answers) == sorted(
            ["ResourceInUseException"] * (RACERS - 1) + [listed[0]["associationId"]]
        )


def test_racing_retries_make_two(aws: Aws, racers: list[Any]) -> None:
    """Calls with one clientRequestToken that race are one call: all get the same association."""
    role = aws.create_role()
    for number in range(ROUNDS):
        answers = race(
            RACERS,
            lambda racer, account=f"cart-{number}": code_of(
                racers[racer].create_pod_identity_association,
                namespace="shop",
                serviceAccount=account,
                roleArn=role,
                clientRequestToken=account,
            ),
        )
        assert len(set(answers)) == 1
        assert answers[0].startswith("a-")


def test_racing_deletes_both_win(aws: Aws, racers: list[Any]) -> None:
    """One association can be deleted once."""
    role = aws.create_role()
    for _ in range(ROUNDS):
        made = aws.associate(role)["associationId"]
        answers = race(
            RACERS,
            lambda racer, association_id=made: code_of(
                racers[racer].delete_pod_identity_association, associationId=association_id
            ),
        )
        assert sorted(answers) == sorted(["ResourceNotFoundException"] * (RACERS - 1) + [made])


def test_racing_tags_overwrite_each_other(aws: Aws, racers: list[Any]) -> None:
    """Tags that are put at the same moment are all there."""
    role = aws.create_role()
    arn = aws.associate(role)["associationArn"]
    for number in range(ROUNDS):
        race(
            RACERS,
            lambda racer, prefix=f"{number % 10}-": racers[racer].tag_resource(
                resourceArn=arn, tags={f"{prefix}{racer}": "x"}
            ),
        )
    tags = racers[0].list_tags_for_resource(resourceArn=arn)["tags"]
    assert set(tags) == {f"{number}-{racer}" for number in range(10) for racer in range(RACERS)}


def test_racing_clusters_share_an_issuer(aws: Aws, racers: list[Any]) -> None:
    """Clusters made at the same moment have an issuer each; of one name there is one."""

    def create(racer: int, name: str) -> str:
        try:
            made = aws.create_cluster(name, eks=racers[racer])
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return str(made["identity"]["oidc"]["issuer"])

    for number in range(5):
        answers = race(RACERS, lambda racer, name=f"same-{number}": create(racer, name))
        assert answers.count("ResourceInUseException") == RACERS - 1
        issuers = race(RACERS, lambda racer, name=f"own-{number}": create(racer, f"{name}-{racer}"))
        assert len(set(issuers)) == RACERS
        assert all(issuer.startswith("https://oidc.eks.") for issuer in issuers)
