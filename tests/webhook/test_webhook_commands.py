"""`moto-eks-podid mutate` and `moto-eks-podid webhook` as processes of their own."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import requests
import yaml
from aws_under_test import REGION, Aws

import moto_eks_podid as podid
from moto_eks_podid.webhook.certificates import make_certificate

COMMAND = [sys.executable, "-m", "moto_eks_podid"]
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "cart", "namespace": "shop"},
    "spec": {"serviceAccountName": "cart", "containers": [{"name": "app"}]},
}
LISTED = {"identities": [{"namespace": "shop", "serviceAccount": "cart"}]}
NOWHERE = ("--endpoint-url", "http://127.0.0.1:1")

Json = dict[str, Any]


def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def webhook(*arguments: str, ended_by: int = signal.SIGTERM) -> Iterator[str]:
    """Run the webhook and yield its URL; a signal ends it, in good order."""
    with subprocess.Popen(
        [*COMMAND, "webhook", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        log: list[str] = []
        reader = threading.Thread(target=log.extend, args=(process.stderr,))
        reader.start()
        try:
            line = process.stdout.readline()
            assert line.startswith("Serving https://"), log
            yield line.split()[1]
        finally:
            process.send_signal(ended_by)
            process.wait(timeout=20)
            reader.join()
        assert process.returncode == 0
        assert "Traceback" not in "".join(log)


def review(url: str, ca: Path, pod: Json = POD, namespace: str = "shop") -> requests.Response:
    body = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {"uid": "1", "namespace": namespace, "object": pod},
    }
    return requests.post(url, json=body, verify=str(ca), timeout=20)


def patch_in(answer: requests.Response) -> list[Json] | None:
    response = answer.json()["response"]
    assert response["allowed"] is True
    return json.loads(base64.b64decode(response["patch"])) if "patch" in response else None


def region_of(pod: Json) -> str | None:
    env = {entry["name"]: entry["value"] for entry in pod["spec"]["containers"][0]["env"]}
    return env.get("AWS_REGION")


def test_server_is_not_asked(server_aws: Aws) -> None:
    """mutate reads standard input and a server's associations, and prints the same as Python."""
    assert server_aws.endpoint_url
    server_aws.create_cluster()
    server_aws.associate(server_aws.create_role())
    arguments = ("mutate", "-f", "-", "--endpoint-url", server_aws.endpoint_url)
    done = run(*arguments, "--seed", "5", given=yaml.safe_dump(POD))
    assert (done.returncode, done.stderr) == (0, "")
    mutated = yaml.safe_load(done.stdout)
    assert region_of(mutated) == REGION

    # But for the lifetime, which is drawn.
    by_python = jsonpatch.apply_patch(
        POD, podid.mutate_pod(POD, endpoint_url=server_aws.endpoint_url)
    )
    assert by_python["spec"].pop("volumes") != []
    [volume] = mutated["spec"].pop("volumes")
    token = volume["projected"]["sources"][0]["serviceAccountToken"]
    assert 79_200 <= token["expirationSeconds"] <= 86_400
    assert mutated == by_python


UNREADABLE = "Error: /nothing: the file cannot be read: No such file or directory\n"

FAILURES = {
    "no server": (["mutate", "-f", "-", *NOWHERE], "No server answers at http://127.0.0.1:1"),
    "no file": (["mutate", "-f", "/nothing", *NOWHERE], UNREADABLE),
    "folder": (
        ["mutate", "-f", "/", *NOWHERE],
        "Error: /: the file cannot be read: Is a directory\n",
    ),
    "no service accounts": (
        ["mutate", "-f", "-", "--service-accounts", "/nothing", *NOWHERE],
        UNREADABLE,
    ),
    "no identities": (
        ["mutate", "-f", "-", "--identities", "/nothing"],
        UNREADABLE,
    ),
    "identities that are none": (
        ["mutate", "-f", "-", "--identities", "pods.yaml"],
        "The identities are malformed: it is not JSON",
    ),
    "no identities to serve": (["webhook", "--identities", "/nothing"], UNREADABLE),
    "no certificate": (["webhook", "--tls-cert", "/nothing", "--tls-key", "pods.yaml"], UNREADABLE),
    "no key": (["webhook", "--tls-cert", "pods.yaml", "--tls-key", "/nothing"], UNREADABLE),
    "service accounts that are none": (
        ["webhook", "--service-accounts", "pods.yaml"],
        "pods.yaml, document 1 is a list, not a Kubernetes object",
    ),
    "certificate that is none": (
        ["webhook", "--tls-cert", "pods.yaml", "--tls-key", "pods.yaml"],
        "pods.yaml and pods.yaml are not a certificate and its key",
    ),
    "address of another machine": (["webhook", "--host", "192.0.2.1"], "Cannot assign"),
    "name of no host": (["webhook", "--tls-name", "bücher"], "Error: "),
}


@pytest.mark.parametrize(("arguments", "message"), FAILURES.values(), ids=FAILURES)
def test_failure_is_a_traceback(tmp_path: Path, arguments: list[str], message: str) -> None:
    """What is missing or wrong is told in one line."""
    wrong = tmp_path / "pods.yaml"
    wrong.write_text("- a\n")
    done = run(*[str(wrong) if word == "pods.yaml" else word for word in arguments], given="")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert message in done.stderr.replace(str(wrong), "pods.yaml")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["mutate"],
        ["mutate", "-f", "-", "-o", "toml"],
        ["webhook", "--tls-cert", "a"],
        ["webhook", "--tls-cert", "a", "--tls-key", "a", "--ca-out", "b"],
        ["webhook", "--port", "65536"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_run(arguments: list[str]) -> None:
    """Options that are missing, or that contradict each other, are told with the usage."""
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: moto-eks-podid ")
    assert "Traceback" not in done.stderr


def test_associations_are_not_looked_up_anew(server_aws: Aws, tmp_path: Path) -> None:
    """The webhook serves a made certificate, and each pod gets what is associated by then."""
    assert server_aws.endpoint_url
    ca = tmp_path / "ca.pem"
    with webhook("--endpoint-url", server_aws.endpoint_url, "--ca-out", str(ca)) as url:
        before = review(url, ca)
        assert (before.status_code, before.text.strip()) == (
            503,
            "There is no cluster: create one with eks.create_cluster, or give a list of identities",
        )
        server_aws.create_cluster()
        assert patch_in(review(url, ca)) is None
        server_aws.associate(server_aws.create_role())
        patch = patch_in(review(url, ca))
        assert patch
        assert region_of(jsonpatch.apply_patch(POD, patch)) == REGION
        assert patch_in(review(url, ca, namespace="till")) is None


def test_identities_file_is_not_read_again(tmp_path: Path) -> None:
    """The file may change, or break, while the webhook runs; annotations come from manifests."""
    ca, identities = tmp_path / "ca.pem", tmp_path / "identities.json"
    accounts = tmp_path / "accounts.yaml"
    identities.write_text("")
    annotations = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/cart"}
    metadata = {"name": "cart", "namespace": "shop", "annotations": annotations}
    accounts.write_text(
        json.dumps({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    )
    options = ("--identities", str(identities), "--service-accounts", str(accounts))
    with webhook(*options, "--ca-out", str(ca), "--region", "eu-west-1", *NOWHERE) as url:
        by_role = jsonpatch.apply_patch(POD, patch_in(review(url, ca)))
        assert by_role["spec"]["volumes"][0]["name"] == "aws-iam-token"
        identities.write_text(json.dumps(LISTED))
        by_association = jsonpatch.apply_patch(POD, patch_in(review(url, ca)))
        assert by_association["spec"]["volumes"][0]["name"] == "eks-pod-identity-token"
        assert region_of(by_association) == "eu-west-1"
        identities.write_text("{")
        broken = review(url, ca)
        assert (broken.status_code, broken.text) == (
            503,
            "The identities are malformed: it is not JSON\n",
        )


def test_given_certificate_is_not_served(tmp_path: Path) -> None:
    """A certificate and key of one's own are served."""
    made = make_certificate(["localhost", "127.0.0.1"], datetime.now(timezone.utc))
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    certificate.write_bytes(made.certificate)
    key.write_bytes(made.key)
    tls = ("--tls-cert", str(certificate), "--tls-key", str(key))
    with webhook(*tls, "--identities", os.devnull, ended_by=signal.SIGINT) as url:
        assert patch_in(review(url, certificate)) is None
