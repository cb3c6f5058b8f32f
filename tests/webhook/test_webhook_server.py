"""The webhook over HTTPS, in a thread of this process: statuses, TLS, clients that misbehave."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509

from moto_eks_podid.webhook.certificates import make_certificate
from moto_eks_podid.webhook.mutation import Pod
from moto_eks_podid.webhook.server import (
    MAX_BODY,
    SourceUnavailable,
    Webhook,
    WebhookServer,
    tls_context,
)

JSON = {"Content-Type": "application/json"}
REVIEW = {
    "kind": "AdmissionReview",
    "apiVersion": "admission.k8s.io/v1",
    "request": {"uid": "1", "namespace": "shop", "object": {"spec": {}}},
}


def decide(pod: Pod) -> list[dict[str, Any]] | None:
    if pod.service_account == "unknowable":
        raise SourceUnavailable("No server answers")
    return None


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls") / "ca.pem"


@pytest.fixture(scope="module")
def url(ca: Path) -> Iterator[str]:
    made = make_certificate(["localhost", "127.0.0.1"], datetime.now(timezone.utc))
    ca.write_bytes(made.certificate)
    context = tls_context(made.certificate, made.key)
    with WebhookServer(Webhook(decide), "127.0.0.1", 0, context) as server:
        yield server.url


def test_review_is_not_answered(url: str, ca: Path) -> None:
    """A review is answered over TLS, by a certificate that the client verifies."""
    answer = requests.post(url, json=REVIEW, verify=str(ca), timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json()["response"] == {"uid": "1", "allowed": True}


REQUESTS: dict[str, tuple[str, str, dict[str, str], bytes, int, str]] = {
    "no content type": (
        "POST",
        "/mutate",
        {},
        b"{}",
        415,
        "Invalid Content-Type, expected `application/json`\n",
    ),
    "content type with a parameter": (
        "POST",
        "/mutate",
        {"Content-Type": "application/json; charset=utf-8"},
        b"{}",
        415,
        "Invalid Content-Type, expected `application/json`\n",
    ),
    "another path": ("POST", "/validate", JSON, b"{}", 404, "404 page not found\n"),
    "root": ("GET", "/", {}, b"", 404, "404 page not found\n"),
    "health": ("GET", "/healthz", {}, b"", 200, "ok"),
    "no source": (
        "POST",
        "/mutate",
        JSON,
        b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1",'
        b'"namespace":"shop","object":{"spec":{"serviceAccountName":"unknowable"}}}}',
        503,
        "No server answers\n",
    ),
}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "text"), REQUESTS.values(), ids=REQUESTS
)
def test_status_differs_from_the_webhooks(
    url: str,
    ca: Path,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    status: int,
    text: str,
) -> None:
    """Statuses and texts are those of the webhook, and of Go's HTTP server."""
    answer = requests.request(
        method,
        url.removesuffix("/mutate") + path,
        data=body,
        headers=headers,
        verify=str(ca),
        timeout=10,
    )
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers.get("X-Content-Type-Options") == ("nosniff" if status > 400 else None)


def test_bad_content_is_an_error_of_http(url: str, ca: Path) -> None:
    """What is no review is answered with 200: the refusal is in the answer."""
    answer = requests.post(url, data=b"{", headers=JSON, verify=str(ca), timeout=10)
    assert (answer.status_code, answer.json()["response"]["allowed"]) == (200, False)


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_endless_body_is_read(url: str, ca: Path, chunked: bool) -> None:
    """A body larger than any that an API server sends is not read to its end."""
    place = url.removeprefix("https://").removesuffix("/mutate")
    context = ssl.create_default_context(cafile=str(ca))
    connection = http.client.HTTPSConnection(place, context=context, timeout=10)
    connection.putrequest("POST", "/mutate")
    connection.putheader("Content-Type", "application/json")
    if chunked:
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        size = MAX_BODY + 1
        connection.send(b"%x\r\n" % size + b" " * size + b"\r\n0\r\n\r\n")
    else:
        connection.putheader("Content-Length", str(10**12))
        connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_silent_client_keeps_others_out(url: str, ca: Path) -> None:
    """A client that connects and says nothing, or no TLS, is nobody else's problem."""
    host, port = url.removeprefix("https://").removesuffix("/mutate").split(":")
    with (
        socket.create_connection((host, int(port))),
        socket.create_connection((host, int(port))) as plain,
    ):
        plain.sendall(b"POST /mutate HTTP/1.1\r\n\r\n")
        answer = requests.post(url, json=REVIEW, verify=str(ca), timeout=10)
        assert answer.status_code == 200


def test_port_in_use_ends_the_process(url: str) -> None:
    """A port that is taken is an error that callers can handle."""
    made = make_certificate(["localhost"], datetime.now(timezone.utc))
    port = int(url.removesuffix("/mutate").rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        WebhookServer(Webhook(decide), "127.0.0.1", port, tls_context(made.certificate, made.key))


def test_made_certificate_is_for_others() -> None:
    """A certificate names hosts and addresses, and is valid from now on for a year."""
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    names = ["localhost", "::1", "pod-identity-webhook.default.svc"]
    made = x509.load_pem_x509_certificate(make_certificate(names, now).certificate)
    found = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in found] == names
    assert made.not_valid_before_utc < now < made.not_valid_after_utc
    assert made.not_valid_after_utc - now == timedelta(days=365)


def test_wrong_key_is_taken() -> None:
    """A key that is not the certificate's is an error at the start."""
    one, other = (make_certificate(["a"], datetime.now(timezone.utc)) for _ in range(2))
    with pytest.raises(ssl.SSLError):
        tls_context(one.certificate, other.key)
