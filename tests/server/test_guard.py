"""Who may use the server's own endpoints: nobody's web page."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from aws_under_test import Aws

PREFIX = "/moto-api/eks-podid"

OURS = (
    "localhost",
    "localhost:5000",
    "LOCALHOST.",
    "127.0.0.1:5000",
    "127.1.2.3",
    "[::1]:5000",
    "10.0.0.7",
    "aws",
    "aws:5000",
    "cart.localhost",
    "host.docker.internal:5000",
)
FOREIGN = (
    "evil.example.com",
    "evil.example.com:5000",
    "localhost.evil.example.com",
    "127.0.0.1.nip.io",
    "internal.example.com",
    "a.b",
    "[::1",
    "user@evil.example.com",
)


def get(aws: Aws, path: str, **headers: str) -> requests.Response:
    return requests.get(f"{aws.endpoint_url}{PREFIX}{path}", headers=headers, timeout=30)


@pytest.mark.parametrize("host", OURS)
def test_own_name_is_refused(server_aws: Aws, host: str) -> None:
    """Addresses and names that nobody can register for others are served."""
    assert get(server_aws, "/health", Host=host).status_code == 200


@pytest.mark.parametrize("path", ["/sessions", "/health", "/", "/ui/sessions"])
@pytest.mark.parametrize("host", FOREIGN)
def test_foreign_name_is_served(server_aws: Aws, host: str, path: str) -> None:
    """A name that could be a web page's for this machine is refused, whatever it asks."""
    found = get(server_aws, path, Host=host)
    assert (found.status_code, found.json()["error"]) == (403, "Forbidden")
    assert "allowed_hosts" in found.json()["message"]


@pytest.mark.parametrize("allowed", ["evil.example.com", "a.test,EVIL.example.com", ["*"]])
def test_allowed_name_is_refused(server_aws: Aws, allowed: Any) -> None:
    """The setting allowed_hosts names more, or all."""
    server_aws.settings(allowed_hosts=allowed)
    assert get(server_aws, "/health", Host="evil.example.com:5000").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
@pytest.mark.parametrize(
    "origin", ["http://evil.example.com", "null", "http://127.0.0.1:1", "http://[bad"]
)
def test_page_elsewhere_is_served(server_aws: Aws, origin: str, method: str) -> None:
    """A page of another origin may not call, and no answer has a CORS header for it."""
    found = requests.request(
        method,
        f"{server_aws.endpoint_url}{PREFIX}/settings",
        headers={"Origin": origin},
        timeout=30,
    )
    assert "Access-Control-Allow-Origin" not in found.headers
    assert found.status_code == 403
    assert server_aws.endpoint_url
    own = requests.get(
        f"{server_aws.endpoint_url}{PREFIX}/settings",
        headers={"Origin": server_aws.endpoint_url},
        timeout=30,
    )
    assert own.status_code == 200
    assert "Access-Control-Allow-Origin" not in own.headers


@pytest.mark.parametrize("origin", [None, "http://app.example.com"])
def test_moto_lost_its_cors_headers(server_aws: Aws, origin: str | None) -> None:
    """moto's services answer every browser's page, as they do without the plugin."""
    headers = {"Origin": origin} if origin else {}
    found = requests.get(f"{server_aws.endpoint_url}/", headers=headers, timeout=30)
    assert found.headers["Access-Control-Allow-Origin"] == (origin or "*")
    preflight = requests.options(
        f"{server_aws.endpoint_url}/",
        headers={**headers, "Access-Control-Request-Method": "PUT"},
        timeout=30,
    )
    assert preflight.headers["Access-Control-Allow-Origin"] == (origin or "*")
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
