"""The journey once more, at a server and with the AWS CLI: each step is a command to be copied."""

from __future__ import annotations

import json
import logging
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from ..extras import MissingExtra
from ..fixtures import TRUST_POLICY
from ..pod import run_as_pod
from ..server import in_thread
from .stage import ACCOUNT, REGION
from .story import BUCKET, OBJECTS, OWN_OBJECTS, POD, SERVICE_ACCOUNT, chapter
from .trust_examples import CLUSTER, NAMESPACE

ROLE: Final = "cart-reader"


class CommandFailed(Exception):
    """A command of the demo did not do what it should. The message has what it said."""


class Shell:
    """Runs commands and prints them, with what they print.

    :param environ: of the commands
    """

    def __init__(self, console: Console, environ: Mapping[str, str]) -> None:
        self._console = console
        self._environ = dict(environ)

    def run(self, *words: str, refused: bool = False) -> None:
        """Run a command and print what it says.

        :param refused: whether it is to fail
        :raises CommandFailed: when it does otherwise
        """
        self._console.print(f"$ {escape(shlex.join(words))}", style="bold", soft_wrap=True)
        done = subprocess.run(
            [_program(words[0]), *words[1:]],
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )
        said = (done.stdout + done.stderr).strip()
        if said:
            self._console.print(escape(said), style="red" if refused else None, soft_wrap=True)
        if (done.returncode != 0) != refused:
            raise CommandFailed(f"{words[0]} ended with {done.returncode}: {said}")


def _program(name: str) -> str:
    """Return the path of a program: beside this Python first, since that is what was installed."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise MissingExtra("The AWS CLI is missing: install it with: pip install awscli", name=name)
    return found


def tell(console: Console) -> None:
    """Tell it, chapter by chapter.

    :raises MissingExtra: without moto's server, or the AWS CLI
    :raises CommandFailed: when a command fails that should not
    """
    with _folder() as folder, _silently(), in_thread() as url:
        administrator = Shell(
            console,
            {
                **{name: text for name, text in os.environ.items() if not name.startswith("AWS_")},
                "HOME": str(folder),
                "AWS_ENDPOINT_URL": url,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_PAGER": "",
            },
        )
        _arrange(administrator, console, folder)
        chapter(console, "In the pod: the same CLI, without keys")
        with run_as_pod(
            CLUSTER,
            NAMESPACE,
            SERVICE_ACCOUNT,
            pod_name=POD,
            iam_enforcement="sessions",
            endpoint_url=url,
        ) as pod:
            inside = Shell(console, {**pod.environ, "HOME": str(folder), "AWS_PAGER": ""})
            inside.run("aws", "sts", "get-caller-identity")
            for key, refused in zip(OBJECTS, (False, True), strict=True):
                inside.run("aws", "s3", "cp", f"s3://{BUCKET}/{key}", "-", refused=refused)
            chapter(console, "Who was that?")
            administrator.run("moto-eks-podid", "explain")
            administrator.run("moto-eks-podid", "trace", _session_name(pod.environ, folder))


def _arrange(shell: Shell, console: Console, folder: Path) -> None:
    chapter(console, "A server, and the AWS CLI")
    cluster_role = f"arn:aws:iam::{ACCOUNT}:role/eks-cluster"
    query = ("--query", "cluster.identity.oidc.issuer")
    eks = ("aws", "eks")
    shell.run(
        *(*eks, "create-cluster", "--name", CLUSTER, "--role-arn", cluster_role),
        *("--resources-vpc-config", "subnetIds=subnet-1,subnet-2", *query),
    )
    trust = folder / "trust.json"
    trust.write_text(json.dumps(TRUST_POLICY))
    shell.run(
        *("aws", "iam", "create-role", "--role-name", ROLE, "--query", "Role.Arn"),
        *("--assume-role-policy-document", f"file://{trust}"),
    )
    policy = {"Version": "2012-10-17", "Statement": OWN_OBJECTS}
    shell.run(
        *("aws", "iam", "put-role-policy", "--role-name", ROLE, "--policy-name", "own-namespace"),
        *("--policy-document", json.dumps(policy)),
    )
    shell.run(
        *(*eks, "create-pod-identity-association", "--cluster-name", CLUSTER),
        *("--namespace", NAMESPACE, "--service-account", SERVICE_ACCOUNT),
        *("--role-arn", f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"),
    )
    shell.run("aws", "s3", "mb", f"s3://{BUCKET}")
    for key, tags in OBJECTS.items():
        body = folder / key
        body.write_text(json.dumps({"object": key}))
        shell.run(
            *("aws", "s3api", "put-object", "--bucket", BUCKET, "--key", key),
            *("--body", str(body), "--tagging", tags, "--query", "ETag"),
        )


@contextmanager
def _silently() -> Iterator[None]:
    """Keep the server's access log out of the story."""
    log = logging.getLogger("werkzeug")
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(before)


@contextmanager
def _folder() -> Iterator[Path]:
    """A home for the CLI, which keeps things there."""
    with tempfile.TemporaryDirectory(prefix="eks-pod-identity-demo-") as folder:
        yield Path(folder)


def _session_name(environ: Mapping[str, str], folder: Path) -> str:
    command: Sequence[str] = (_program("aws"), "sts", "get-caller-identity", "--output", "json")
    done = subprocess.run(
        command, env={**environ, "HOME": str(folder)}, capture_output=True, text=True, check=True
    )
    return str(json.loads(done.stdout)["Arn"])
