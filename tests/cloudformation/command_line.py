"""The `aws` command, as somebody types it who has only fake keys."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from aws_under_test import REGION, Aws

AWS = Path(sys.executable).parent / "aws"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def aws_command(aws: Aws, home: Path) -> Run:
    """What runs `aws` against a server, with an empty home."""
    environ = {
        **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        "HOME": str(home),
        "AWS_ENDPOINT_URL": str(aws.endpoint_url),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [AWS, *words, "--output", "json"],
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def answered(done: subprocess.CompletedProcess[str]) -> str:
    """What a command that succeeded printed."""
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout
