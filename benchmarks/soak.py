"""A soak: several kinds of clients at one server for minutes; nothing may grow, fail or be lost.

``python -m benchmarks.soak [--seconds 600]``. Threads with boto3 make and delete associations,
exchange tokens and read what pods read; the AWS CLI and the JavaScript SDK (where Node.js is) do
so in processes of their own, through an agent. The histories of events and sessions are small, so
that they are full for most of the time. Afterwards the server's memory is compared with what it was
once they were, the answers in the access log are counted, and the associations compared with those
that were made.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from subprocess import SubprocessError
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from . import world
from .servers import HOST
from .workers import ROOT, clean_environment

EVENTS = 2_000
SESSIONS = 200
_SAMPLE_SECONDS = 5
#: Of the server's memory, from when the history was full to the end.
MOST_GROWTH = 1.05
_THREADS = 3
_MIB = 2**20
_PROGRAM = ROOT / ".cache" / "programs" / "javascript"
_SOURCE = ROOT / "tests" / "programs" / "javascript"


class Server:
    """Our server in a process of its own, with an access log in a file.

    :param folder: for its log
    """

    def __init__(self, folder: Path) -> None:
        self.log = folder / "access.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "moto_eks_podid", "server"),
                    *("-H", HOST, "-p", "0", "--access-log", "json"),
                ],
                cwd=ROOT,
                env={
                    **clean_environment(),
                    "MOTO_EKS_PODID_CLOUDTRAIL_MAX_EVENTS": str(EVENTS),
                    "MOTO_EKS_PODID_MAX_SESSIONS": str(SESSIONS),
                    "MOTO_EKS_PODID_IAM_ENFORCEMENT": "sessions",
                },
                stderr=output,
            )
        self.url = self._url()

    def _url(self) -> str:
        while self.process.poll() is None:
            for line in self.log.read_text().splitlines():
                if line.startswith(" * Running on "):
                    return line.split()[-1]
            time.sleep(0.05)
        raise RuntimeError(self.log.read_text())

    def resident(self) -> int:
        """Return how many bytes of memory it has."""
        shown = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(shown.stdout) * 1024

    def stop(self) -> int:
        """End it as a supervisor does, and return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)


class Soak:
    """The clients, what they did, and what went wrong.

    :param url: of the server
    """

    def __init__(self, url: str) -> None:
        self._url = url
        #: When they stop, by the monotonic clock.
        self.until = 0.0
        self.done: Counter[str] = Counter()
        self.failed: list[str] = []
        #: Service account -> id of its association.
        self.associations: dict[str, str] = {}

    def prepare(self) -> None:
        """Make what pods find: a cluster, a role, an object."""
        world.create_cluster(self._url)
        self.role_arn = world.create_role(self._url)
        statements = [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::goods/own"},
            {"Effect": "Allow", "Action": "eks:List*", "Resource": "*"},
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        world.client("iam", self._url).put_role_policy(
            RoleName=self.role_arn.rpartition("/")[2], PolicyName="own", PolicyDocument=document
        )
        s3 = world.client("s3", self._url)
        s3.create_bucket(
            Bucket="goods", CreateBucketConfiguration={"LocationConstraint": world.REGION}
        )
        for key in ("own", "other"):
            s3.put_object(Bucket="goods", Key=key, Body=b"x" * 10_000)
        self.associations["cart"] = world.associate(self.role_arn, "cart", self._url)

    def repeat(self, name: str, once: Callable[[], None]) -> None:
        """Do something until the time is over, and count it."""
        while time.monotonic() < self.until:
            try:
                once()
            except (BotoCoreError, ClientError, SubprocessError, LookupError, OSError) as failure:
                self.failed.append(f"{name}: {failure!r}")
            else:
                self.done[name] += 1

    def boto3(self, number: int) -> Callable[[], None]:
        """Return what a thread with boto3 does once."""
        eks = world.client("eks", self._url)
        auth = world.client("eks-auth", self._url)
        numbers = iter(range(1_000_000))
        kept: list[str] = []

        def once() -> None:
            account = f"app-{number}-{next(numbers)}"
            made = world.associate(self.role_arn, account, self._url)
            self.associations[account] = made
            kept.append(account)
            answer = auth.assume_role_for_pod_identity(
                clusterName=world.CLUSTER, token=world.token(account, self._url)
            )
            credentials = answer["credentials"]
            s3 = world.client(
                "s3",
                self._url,
                access_key_id=credentials["accessKeyId"],
                secret_access_key=credentials["secretAccessKey"],
                session_token=credentials["sessionToken"],
            )
            s3.get_object(Bucket="goods", Key="own")["Body"].read()
            try:
                s3.get_object(Bucket="goods", Key="other")
            except s3.exceptions.ClientError as refused:
                if refused.response["Error"]["Code"] != "AccessDenied":
                    raise
            else:
                raise LookupError("an object was read that may not be")
            if len(kept) > 20:
                gone = kept.pop(random.randrange(len(kept)))
                eks.delete_pod_identity_association(
                    clusterName=world.CLUSTER, associationId=self.associations.pop(gone)
                )

        return once

    def program(
        self, environ: Mapping[str, str], *command: str, cwd: Path | None = None
    ) -> Callable[[], None]:
        """Return what runs a program once, with the environment of a pod."""

        def once() -> None:
            subprocess.run(
                command,
                cwd=cwd,
                env={**os.environ, **environ},
                capture_output=True,
                timeout=120,
                check=True,
            )

        return once

    def missing(self) -> set[str]:
        """Return the associations that were made or deleted, and are not as they should be."""
        eks = world.client("eks", self._url)
        pages = eks.get_paginator("list_pod_identity_associations").paginate(
            clusterName=world.CLUSTER
        )
        listed = {one["associationId"] for page in pages for one in page["associations"]}
        return listed ^ set(self.associations.values())


@contextmanager
def _pod(url: str, folder: Path) -> Iterator[Mapping[str, str]]:
    """Run an agent that asks anew each time, and yield the environment of a pod."""
    from moto_eks_podid import PodIdentityAgent

    file = folder / "token"
    file.write_text(world.token("cart", url))
    with PodIdentityAgent(world.CLUSTER, endpoint_url=url, max_cache_size=0) as agent:
        yield {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": world.REGION,
            "AWS_ACCESS_KEY_ID": "",
            "AWS_SECRET_ACCESS_KEY": "",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": agent.url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file),
        }


def _programs(soak: Soak, environ: Mapping[str, str]) -> Iterator[tuple[str, Callable[[], None]]]:
    aws = Path(sys.executable).parent / "aws"
    yield "AWS CLI", soak.program(environ, str(aws), "s3", "cp", "s3://goods/own", "-")
    if shutil.which("npm") and shutil.which("node"):
        _PROGRAM.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "pod.mjs"):
            shutil.copy(_SOURCE / name, _PROGRAM)
        install = ["npm", "install", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=_PROGRAM, capture_output=True, check=True)
        yield (
            "JavaScript",
            soak.program(environ, "node", "pod.mjs", "goods", world.CLUSTER, cwd=_PROGRAM),
        )


def _statuses(log: Path) -> Counter[str]:
    counted: Counter[str] = Counter()
    with log.open() as lines:
        for line in lines:
            if line.startswith("{"):
                counted[f"{json.loads(line)['status'] // 100}xx"] += 1
    return counted


@contextmanager
def _sampling(server: Server, samples: list[tuple[float, int]]) -> Iterator[None]:
    over = threading.Event()
    began = time.monotonic()

    def sample() -> None:
        while not over.wait(_SAMPLE_SECONDS):
            samples.append((time.monotonic() - began, server.resident()))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def run(seconds: float) -> int:
    """Run the soak and print what came of it.

    :returns: 0 when nothing grew, failed or was lost, else 1
    """
    os.environ.update(clean_environment())
    samples: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        soak = Soak(server.url)
        soak.prepare()
        with _pod(server.url, Path(folder)) as environ:
            clients = dict(_programs(soak, environ))
            clients |= {f"boto3 {number}": soak.boto3(number) for number in range(_THREADS)}
            soak.until = time.monotonic() + seconds
            threads = [threading.Thread(target=soak.repeat, args=each) for each in clients.items()]
            with _sampling(server, samples):
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
        missing = soak.missing()
        code = server.stop()
        statuses = _statuses(server.log)
        broken = "Traceback" in server.log.read_text()
    # The history is full, and modules are loaded, after a fifth of the time at the latest.
    settled = [size for moment, size in samples if moment > seconds / 5]
    tenth = max(1, len(settled) // 10)
    first, last = median(settled[:tenth]), median(settled[-tenth:])
    failed_answers = statuses["5xx"]
    print(f"{seconds:.0f} s: {', '.join(f'{n} × {name}' for name, n in soak.done.items())}")
    print(f"answers: {', '.join(f'{n} × {status}' for status, n in sorted(statuses.items()))}")
    print(f"memory: {first / _MIB:.0f} MiB settled, {last / _MIB:.0f} MiB at the end")
    print(f"associations: {len(soak.associations)} are there, {len(missing)} lost or left over")
    for failure in soak.failed[:10]:
        print(f"failed: {failure}")
    held = (
        code == 0
        and not (failed_answers or missing or soak.failed or broken)
        and last <= first * MOST_GROWTH
    )
    print("holds" if held else "DOES NOT HOLD")
    return 0 if held else 1


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="default: 600")
    arguments: Any = parser.parse_args()
    return run(arguments.seconds)


if __name__ == "__main__":
    sys.exit(main())
