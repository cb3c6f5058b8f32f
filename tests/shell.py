"""What somebody types who has an empty home and fake keys: `aws …`, against a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_under_test import REGION, Aws

AWS = Path(sys.executable).parent / "aws"


class Shell:
    """Runs commands whose SDKs speak to a server."""

    def __init__(self, aws: Aws, home: Path) -> None:
        self.url = str(aws.endpoint_url)
        self.environ = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            # Assumed credentials are cached below it.
            "HOME": str(home),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def run(
        self,
        *command: str | Path,
        environ: Mapping[str, str] | None = None,
        given: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            input=given,
            env={**self.environ, **(environ or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def printed(self, *command: str | Path, environ: Mapping[str, str] | None = None) -> str:
        """Run a command, which must succeed without a complaint, and return what it prints."""
        done = self.run(*command, environ=environ)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def aws(self, *words: str, environ: Mapping[str, str] | None = None) -> Any:
        """Run `aws` and return its JSON answer; None when it prints nothing."""
        text = self.printed(AWS, *words, "--output", "json", environ=environ)
        return json.loads(text) if text.strip() else None

    def refused(self, *words: str) -> str:
        """Run `aws`, which must fail, and return what it says."""
        done = self.run(AWS, *words, "--output", "json")
        # 254 in version 2, 255 in version 1.
        assert done.returncode in (254, 255)
        assert done.stdout == ""
        return done.stderr.strip()


def exported(credentials: Mapping[str, str]) -> dict[str, str]:
    """Credentials as STS or as EKS Auth spells them, as environment variables."""
    given = {name[0].lower() + name[1:]: value for name, value in credentials.items()}
    return {
        "AWS_ACCESS_KEY_ID": given["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["secretAccessKey"],
        "AWS_SESSION_TOKEN": given["sessionToken"],
    }
