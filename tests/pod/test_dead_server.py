"""The server dies while code runs as a pod."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from aws_under_test import CLUSTER, Aws
from botocore.config import Config
from botocore.exceptions import CredentialRetrievalError, EndpointConnectionError
from botocore.utils import ContainerMetadataFetcher
from conftest import Server

import moto_eks_podid as podid

ONCE = Config(retries={"total_max_attempts": 1})


@pytest.mark.parametrize(
    ("known", "enforcement"),
    [(True, "sessions"), (False, None)],
    ids=["after a call", "before any call"],
)
def test_dead_server_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool, enforcement: str | None
) -> None:
    """The SDK says whom it could not reach, or what the agent said, and everything is put back."""
    monkeypatch.setattr(ContainerMetadataFetcher, "SLEEP_TIME", 0)
    server = Server(tmp_path / "log")
    try:
        aws = Aws(server.url)
        aws.create_cluster()
        aws.associate(aws.create_role())
        before = dict(os.environ)
        with podid.run_as_pod(
            CLUSTER, "shop", "cart", iam_enforcement=enforcement, endpoint_url=server.url
        ) as pod:
            if known:
                pod.client("sts").get_caller_identity()
            server.process.kill()
            server.process.wait(timeout=20)
            expected = EndpointConnectionError if known else CredentialRetrievalError
            with pytest.raises(expected, match=r"Could not connect|Received non 200 response 500"):
                pod.client("sts", config=ONCE).get_caller_identity()
        assert dict(os.environ) == before
    finally:
        server.process.kill()
