"""A cluster's discovery document and keys, fetched as a stranger would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from aws_under_test import CLUSTER, REGION, Aws, Response
from pods import prepare

import moto_eks_podid as podid

DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/keys"

Fetch = Callable[..., Response]


def fetcher(aws: Aws, way: str) -> Fetch:
    """Fetches a URL of an issuer: itself, or at the server by path or by name."""

    def fetch(url: str, method: str = "GET", **headers: str) -> Response:
        if aws.endpoint_url is not None:
            address = urlsplit(url)
            if way == "host":
                headers = {"Host": address.netloc, **headers}
            url = aws.endpoint_url + address.path
        answer = requests.request(method, url, headers=headers, timeout=30)
        return Response(answer.status_code, answer.headers, answer.text)

    return fetch


@pytest.fixture(params=["own URL", "path", "host"])
def reached(request: pytest.FixtureRequest) -> tuple[Aws, Fetch]:
    """An AWS and a way to its issuers: in-process at their own URL, else at the server."""
    name = "in_process_aws" if request.param == "own URL" else "server_aws"
    aws: Aws = request.getfixturevalue(name)
    return aws, fetcher(aws, request.param)


def issuer_of(aws: Aws, name: str = CLUSTER) -> str:
    cluster = aws.client("eks").describe_cluster(name=name)["cluster"]
    return str(cluster["identity"]["oidc"]["issuer"])


def verified(token: str, answer: Response) -> dict[str, Any]:
    """What a token says, when a JWT library verifies it with the keys that were served."""
    key = jwt.PyJWKSet.from_json(answer.text)[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=["RS256"], audience="pods.eks.amazonaws.com"
    )
    return claims


def kids(answer: Response) -> list[str]:
    return [key["kid"] for key in answer.json["keys"]]


def test_discovery_document_differs(reached: tuple[Aws, Fetch]) -> None:
    """The discovery document has EKS's members in EKS's order, as compact JSON."""
    aws, fetch = reached
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    assert re.fullmatch(rf"https://oidc\.eks\.{REGION}\.amazonaws\.com/id/[0-9A-F]{{32}}", issuer)
    answer = fetch(issuer + DISCOVERY)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Cache-Control"].startswith("max-age=")
    assert list(answer.json.items()) == [
        ("issuer", issuer),
        ("jwks_uri", f"{issuer}/keys"),
        ("authorization_endpoint", "urn:kubernetes:programmatic_authorization"),
        ("response_types_supported", ["id_token"]),
        ("subject_types_supported", ["public"]),
        ("claims_supported", ["sub", "iss"]),
        ("id_token_signing_alg_values_supported", ["RS256"]),
    ]
    assert answer.text == json.dumps(answer.json, separators=(",", ":"))


def test_keys_differ(reached: tuple[Aws, Fetch]) -> None:
    """The keys have EKS's members in order, and verify the cluster's tokens."""
    aws, fetch = reached
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    answer = fetch(fetch(issuer + DISCOVERY).json["jwks_uri"])
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    (key,) = answer.json["keys"]
    assert list(key) == ["kty", "kid", "use", "alg", "n", "e"]
    assert (key["kty"], key["use"], key["alg"], key["e"]) == ("RSA", "sig", "RS256", "AQAB")
    assert re.fullmatch("[0-9a-f]{40}", key["kid"])
    claims = verified(aws.token(), answer)
    assert (claims["iss"], claims["sub"]) == (issuer, "system:serviceaccount:shop:cart")


def test_clusters_share_keys(reached: tuple[Aws, Fetch]) -> None:
    """Each cluster has its own issuer and its own keys."""
    aws, fetch = reached
    issuers = [aws.create_cluster(name)["identity"]["oidc"]["issuer"] for name in ("blue", "green")]
    blue, green = (fetch(issuer + KEYS) for issuer in issuers)
    assert not set(kids(blue)) & set(kids(green))
    assert {key["n"] for key in blue.json["keys"]}.isdisjoint(
        key["n"] for key in green.json["keys"]
    )
    with pytest.raises(KeyError):
        verified(aws.token("blue"), green)
    assert verified(aws.token("green"), green)["iss"] == issuers[1]


def test_rotation_breaks_a_token(reached: tuple[Aws, Fetch]) -> None:
    """After a rotation new tokens have a new key; both are listed, and the old token works, until
    it has expired; then the old key is gone."""
    aws, fetch = reached
    prepare(aws)
    keys = issuer_of(aws) + KEYS
    old = aws.token(expires_in=600)
    (before,) = kids(fetch(keys))
    rotated = podid.rotate_signing_key(CLUSTER, endpoint_url=aws.endpoint_url)
    assert kids(fetch(keys)) == [rotated, before]
    new = aws.token()
    assert jwt.get_unverified_header(new)["kid"] == rotated
    for token in (old, new):
        assert verified(token, fetch(keys))["iss"]
        assert aws.assume(token)["credentials"]
    aws.shift(601)
    assert kids(fetch(keys)) == [rotated]
    assert aws.assume(new)["credentials"]


def test_rotated_key_without_tokens_stays(reached: tuple[Aws, Fetch]) -> None:
    """A key that signed nothing is not listed any more once it is rotated."""
    aws, fetch = reached
    keys = aws.create_cluster()["identity"]["oidc"]["issuer"] + KEYS
    before = kids(fetch(keys))
    rotated = podid.rotate_signing_key(CLUSTER, endpoint_url=aws.endpoint_url)
    assert kids(fetch(keys)) == [rotated]
    assert rotated not in before


def test_keys_stay_for_ever(reached: tuple[Aws, Fetch]) -> None:
    """A cluster signs with one key for seven days, then with the next."""
    aws, fetch = reached
    keys = aws.create_cluster()["identity"]["oidc"]["issuer"] + KEYS
    first = kids(fetch(keys))
    aws.shift(7 * 86_400 - 60)
    assert kids(fetch(keys)) == first
    aws.shift(7 * 86_400 + 60)
    assert not set(kids(fetch(keys))) & set(first)


def test_deleted_cluster_has_an_issuer(reached: tuple[Aws, Fetch]) -> None:
    """A deleted cluster's documents are gone, also when a cluster of that name is made again."""
    aws, fetch = reached
    issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
    assert fetch(issuer + KEYS).status == 200
    aws.client("eks").delete_cluster(name=CLUSTER)
    for path in (DISCOVERY, KEYS):
        assert fetch(issuer + path).status == 404
    assert aws.create_cluster()["identity"]["oidc"]["issuer"] != issuer
    assert fetch(issuer + KEYS).status == 404


@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
def test_methods_are_not_told_apart(reached: tuple[Aws, Fetch], path: str) -> None:
    """HEAD answers like GET without a body; nothing can be written."""
    aws, fetch = reached
    url = aws.create_cluster()["identity"]["oidc"]["issuer"] + path
    head = fetch(url, "HEAD")
    assert (head.status, head.headers["Content-Type"]) == (200, "application/json")
    assert head.text == ""
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = fetch(url, method)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD"), method


UNKNOWN = {
    "another issuer": "/id/" + "0" * 32 + KEYS,
    "another issuer's discovery": "/id/" + "0" * 32 + DISCOVERY,
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_unknown_issuer_has_documents(reached: tuple[Aws, Fetch], case: str) -> None:
    """An issuer that there is not has no documents."""
    aws, fetch = reached
    host = f"https://{urlsplit(aws.create_cluster()['identity']['oidc']['issuer']).netloc}"
    answer = fetch(host + UNKNOWN[case])
    assert answer.status == 404
    assert answer.json == {"message": "Not Found"}


def test_other_region_s_host_has_the_documents(server_aws: Aws) -> None:
    """By Host header, an issuer answers at its own host only; any other name is the server's."""
    path = urlsplit(server_aws.create_cluster()["identity"]["oidc"]["issuer"]).path + KEYS

    def status(host: str) -> int:
        url = f"{server_aws.endpoint_url}{path}"
        return requests.get(url, headers={"Host": host}, timeout=30).status_code

    assert status(f"oidc.eks.{REGION}.amazonaws.com") == 200
    assert status("oidc.eks.eu-central-1.amazonaws.com") == 404
    assert status(f"oidc.eks.{REGION}.amazonaws.com.cn") == 404
    assert status(f"eks.{REGION}.amazonaws.com") == 404
    for own_name in ("localhost:5000", "moto", "host.docker.internal:5000"):
        assert status(own_name) == 200


def test_other_region_s_url_has_the_documents(in_process_aws: Aws) -> None:
    """In-process, too, an issuer answers at its own host only."""
    issuer = in_process_aws.create_cluster()["identity"]["oidc"]["issuer"]
    assert requests.get(issuer + KEYS, timeout=5).status_code == 200
    elsewhere = issuer.replace(REGION, "eu-central-1")
    assert requests.get(elsewhere + KEYS, timeout=5).status_code == 404


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1"])
def test_issuer_of_another_partition_is_silent(in_process_aws: Aws, region: str) -> None:
    """Issuers of every region and partition answer at their own URL."""
    aws = in_process_aws
    issuer = aws.create_cluster(region=region)["identity"]["oidc"]["issuer"]
    keys = requests.get(f"{issuer}/keys", timeout=5).json()["keys"]
    assert jwt.get_unverified_header(aws.token())["kid"] == keys[0]["kid"]


@pytest.mark.parametrize("document", [KEYS, DISCOVERY])
def test_object_with_such_a_key_is_lost(aws: Aws, document: str) -> None:
    """A signed request is S3's, though an object's path looks like an issuer's document."""
    issuer_id = aws.create_cluster()["identity"]["oidc"]["issuer"].rpartition("/")[2]
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="orders", CreateBucketConfiguration={"LocationConstraint": REGION})
    key = f"id/{issuer_id}{document}"
    s3.put_object(Bucket="orders", Key=key, Body=b"cart")
    assert s3.get_object(Bucket="orders", Key=key)["Body"].read() == b"cart"


@pytest.mark.parametrize("document", [KEYS, DISCOVERY])
def test_signed_request_gets_an_issuer_s_document(server_aws: Aws, document: str) -> None:
    """At the server the path alone is an issuer's, but not under S3's signature: a bucket `id`."""
    path = urlsplit(server_aws.create_cluster()["identity"]["oidc"]["issuer"]).path + document
    answer = server_aws.http("s3", "GET", path)
    assert answer.status == 404
    assert "<Code>NoSuchBucket</Code>" in answer.text
