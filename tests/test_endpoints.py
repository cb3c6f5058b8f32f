"""The plugin's HTTP endpoints: at a server, and inside a mock at moto's own made-up host."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
import pytest
import requests
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws
from botocore.exceptions import ClientError

import moto_eks_podid as podid
from moto_eks_podid import settings
from moto_eks_podid.endpoints import ENDPOINTS
from moto_eks_podid.http_paths import LARGE_BODIES, MAX_BODY
from moto_eks_podid.state.document import FORMAT, SECTIONS, VERSION

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
POD = {"cluster": CLUSTER, "namespace": "shop", "service_account": "cart"}
KIND = "https://kubernetes.default.svc.cluster.local"

Call = Callable[..., requests.Response]


def base_url(aws: Aws) -> str:
    return f"{aws.endpoint_url or 'http://motoapi.amazonaws.com'}/moto-api"


@pytest.fixture
def call(aws: Aws) -> Call:
    """Send a request to one of the endpoints."""

    def send(method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        if body is not None:
            more["data"] = body if isinstance(body, bytes) else json.dumps(body)
        return requests.request(method, base_url(aws) + f"/eks-podid{path}", timeout=30, **more)

    return send


def error(response: requests.Response) -> tuple[int, str, str]:
    """Status, kind and message of a refusal, whose body has nothing else."""
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    assert set(body) == {"error", "message"}
    return response.status_code, body["error"], body["message"]


def without_verification(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


@pytest.fixture(scope="module")
def kind_jwks() -> dict[str, Any]:
    """The keys of a cluster that is none of moto's."""
    with podid.mock_aws():
        aws = Aws(None)
        issuer = aws.create_cluster()["identity"]["oidc"]["issuer"]
        jwks: dict[str, Any] = requests.get(f"{issuer}/keys", timeout=30).json()
    return jwks


# What each endpoint answers


def test_token_endpoint_loses_an_argument(aws: Aws, call: Call) -> None:
    """POST /tokens takes every argument of service_account_token and answers the token."""
    aws.create_cluster()
    aws.create_cluster(region="eu-central-1")
    arguments = {
        **POD,
        "pod_name": "cart-7d9f",
        "pod_uid": "0c1d2e3f-aaaa-4bbb-8ccc-0123456789ab",
        "node_name": "i-0123456789abcdef0",
        "audience": "sts.amazonaws.com",
        "expires_in": 600,
        "region": "eu-central-1",
        "account_id": ACCOUNT,
    }
    answer = call("POST", "/tokens", arguments)
    assert answer.status_code == 200
    assert list(answer.json()) == ["token"]
    claims = without_verification(answer.json()["token"])
    assert claims["aud"] == ["sts.amazonaws.com"]
    assert claims["exp"] - claims["iat"] == 600
    assert ".eu-central-1." in claims["iss"]
    assert claims["sub"] == "system:serviceaccount:shop:cart"
    kubernetes = claims["kubernetes.io"]
    assert kubernetes["pod"] == {"name": arguments["pod_name"], "uid": arguments["pod_uid"]}
    assert kubernetes["node"]["name"] == arguments["node_name"]


def test_null_is_refused(aws: Aws, call: Call) -> None:
    """A member that is null counts as left out."""
    aws.create_cluster()
    answer = call("POST", "/tokens", {**POD, "pod_name": None, "region": None})
    assert without_verification(answer.json()["token"])["aud"] == ["pods.eks.amazonaws.com"]


def test_issuer_list_misses_a_cluster(aws: Aws, call: Call, kind_jwks: dict[str, Any]) -> None:
    """GET /issuers lists each cluster of every region with its issuer and those it trusts."""
    assert call("GET", "/issuers").json() == {"issuers": []}
    here = aws.create_cluster()["identity"]["oidc"]["issuer"]
    there = aws.create_cluster(region="eu-central-1")["identity"]["oidc"]["issuer"]
    where = {"cluster": CLUSTER, "account_id": ACCOUNT}
    trusting = {"cluster": CLUSTER, "issuer": KIND, "jwks": kind_jwks, "region": REGION}
    answer = call("POST", "/issuers", trusting)
    assert (answer.status_code, answer.json()) == (200, {})

    listed = call("GET", "/issuers").json()["issuers"]
    assert sorted(listed, key=lambda entry: str(entry["region"])) == [
        {**where, "region": "eu-central-1", "issuer": there, "trusted": []},
        {**where, "region": REGION, "issuer": here, "trusted": [KIND]},
    ]


def test_rotated_key_signs_nothing(aws: Aws, call: Call) -> None:
    """POST /issuers/rotate answers the `kid` that the next token is signed with."""
    aws.create_cluster()
    before = jwt.get_unverified_header(aws.token())["kid"]
    answer = call("POST", "/issuers/rotate", {"cluster": CLUSTER, "region": REGION})
    assert list(answer.json()) == ["kid"]
    assert answer.json()["kid"] != before
    assert jwt.get_unverified_header(aws.token())["kid"] == answer.json()["kid"]


@pytest.fixture
def credentials(aws: Aws) -> dict[str, str]:
    """The credentials of a pod's session."""
    aws.create_cluster()
    aws.associate(aws.create_role())
    given: dict[str, str] = aws.assume()["credentials"]
    return given


def test_sessions_are_not_narrowed(aws: Aws, call: Call, credentials: dict[str, str]) -> None:
    """GET /sessions answers what was recorded, narrowed by each filter of the query."""
    aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/ops", RoleSessionName="ops"
    )
    pod, other = call("GET", "/sessions").json()["sessions"]
    assert pod["access_key_id"] == credentials["accessKeyId"]
    assert pod["tags"]["kubernetes-namespace"] == "shop"
    assert other["association_arn"] is None
    for query in (
        {"access_key_id": credentials["accessKeyId"]},
        {"account_id": ACCOUNT},
        {"role_arn": pod["role_arn"]},
        {"association_arn": pod["association_arn"]},
        {"account_id": ACCOUNT, "role_arn": pod["role_arn"]},
    ):
        assert call("GET", "/sessions", params=query).json() == {"sessions": [pod]}
    nobody = {"account_id": OTHER_ACCOUNT, "role_arn": pod["role_arn"]}
    assert call("GET", "/sessions", params=nobody).json() == {"sessions": []}


def test_a_secret_is_shown(call: Call, credentials: dict[str, str]) -> None:
    """No endpoint shows a secret access key or a private key; only records, as AWS's do, show
    session tokens. The state is there to have them."""
    answers = {
        path: call("GET", path).text
        for path, methods in ENDPOINTS.items()
        if "GET" in methods and path != "/state"
    }
    shown = "".join(answers.values())
    assert credentials["accessKeyId"] in shown
    assert credentials["secretAccessKey"] not in shown
    showing = [path for path, text in answers.items() if credentials["sessionToken"] in text]
    assert showing == ["/records"]
    assert "PRIVATE KEY" not in shown
    assert '"d"' not in shown


def test_settings_do_not_replace_each_other(call: Call) -> None:
    """PUT /settings replaces all that were put before; both methods answer all that is in force."""
    defaults = {setting.name: setting.default for setting in settings.SETTINGS.values()}
    assert call("GET", "/settings").json() == defaults
    changed = {**defaults, "associations_per_cluster": 7}
    assert call("PUT", "/settings", {"associations_per_cluster": 7}).json() == changed
    assert call("GET", "/settings").json() == changed
    other = {**defaults, "verify_token": False}
    assert call("PUT", "/settings", {"verify_token": "off"}).json() == other
    assert call("PUT", "/settings", {}).json() == defaults


def test_patched_settings_replace_the_others(call: Call) -> None:
    """PATCH /settings changes the settings that it names alone, or none if one is wrong."""
    before = call("PUT", "/settings", {"associations_per_cluster": 7}).json()
    changed = {**before, "verify_token": False}
    assert call("PATCH", "/settings", {"verify_token": False}).json() == changed
    assert call("PATCH", "/settings", {}).json() == changed
    bad = {"validate_role": False, "iam_enforcement": "perhaps"}
    assert call("PATCH", "/settings", bad).status_code == 400
    assert call("GET", "/settings").json() == changed


def test_refused_settings_are_half_applied(call: Call) -> None:
    """A setting with an unknown name or a bad value is refused, and the others with it."""
    before = call("PUT", "/settings", {"associations_per_cluster": 7}).json()
    for bad, named in (
        ({"verify_tokens": True}, "did you mean 'verify_token'?"),
        ({"judge_trust_policy": "perhaps"}, "judge_trust_policy"),
        ({"judge_trust_policy": None}, "judge_trust_policy"),
    ):
        status, kind, message = error(call("PUT", "/settings", {"verify_token": False, **bad}))
        assert (status, kind) == (400, "ValueError")
        assert named in message
        assert call("GET", "/settings").json() == before


def test_clock_is_not_shifted(aws: Aws, call: Call) -> None:
    """PUT /clock moves the plugin's time; both methods answer it, with the shift in seconds."""
    assert call("GET", "/clock").json()["shift_seconds"] == 0
    for seconds in (86_400, -3_600, 0.5):
        put, got = call("PUT", "/clock", {"shift_seconds": seconds}), call("GET", "/clock")
        for answer in (put.json(), got.json()):
            assert list(answer) == ["now", "shift_seconds"]
            assert answer["shift_seconds"] == seconds
            assert answer["now"].endswith("Z")
            now = datetime.fromisoformat(answer["now"].replace("Z", "+00:00"))
            assert abs(now - timedelta(seconds=seconds) - datetime.now(timezone.utc)) < timedelta(
                minutes=1
            )


ABSURD_SHIFTS = (b"1e20", b"-1e20", b"-1e12", b"1e400", b"NaN", b"Infinity", b"9" * 400)


@pytest.mark.parametrize("shift", ABSURD_SHIFTS, ids=lambda shift: shift[:8].decode())
def test_absurd_shift_breaks_the_clock(call: Call, shift: bytes) -> None:
    """A shift out of the calendar is refused, and the time stays as it was."""
    call("PUT", "/clock", {"shift_seconds": 60})
    answer = error(call("PUT", "/clock", b'{"shift_seconds": %s}' % shift))
    assert answer[:2] == (400, "ValueError")
    assert call("GET", "/clock").json()["shift_seconds"] == 60


@pytest.mark.parametrize("where", [datetime.max, datetime.min], ids=["last year", "first year"])
def test_time_at_the_calendar_s_end_breaks_the_next_call(
    aws: Aws, call: Call, where: datetime
) -> None:
    """A shift that is accepted leaves a time that tokens and sessions can be made at."""
    aws.create_cluster()
    aws.associate(aws.create_role())
    towards = (where.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)).total_seconds()
    margin = -3600 if towards > 0 else 3600
    answer = call("PUT", "/clock", {"shift_seconds": towards + margin})
    if answer.status_code == 200:
        assert call("POST", "/tokens", POD).status_code == 200
        assert aws.assume()["credentials"]["accessKeyId"]
        role = f"arn:aws:iam::{ACCOUNT}:role/ops"
        assert aws.client("sts").assume_role(RoleArn=role, RoleSessionName="ops")["Credentials"]
    else:
        assert error(answer)[:2] == (400, "ValueError")


def test_reset_keeps_something_that_was_put(aws: Aws, call: Call) -> None:
    """moto's reset puts time and settings back, and forgets clusters and sessions."""
    defaults = call("GET", "/settings").json()
    aws.create_cluster()
    aws.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/ops", RoleSessionName="ops")
    call("PUT", "/clock", {"shift_seconds": 60})
    call("PUT", "/settings", {"associations_per_cluster": 7})
    requests.post(f"{base_url(aws)}/reset", timeout=30).raise_for_status()
    assert call("GET", "/clock").json()["shift_seconds"] == 0
    assert call("GET", "/issuers").json() == {"issuers": []}
    assert call("GET", "/sessions").json() == {"sessions": []}
    assert call("GET", "/settings").json() == defaults


@pytest.mark.parametrize("end", ["deleted", "reset"])
def test_key_of_an_administrator_has_no_end(aws: Aws, call: Call, end: str) -> None:
    """Such a key may do everything while others are judged, until it is deleted, or a reset."""
    key = call("POST", "/administrators", {}).json()["access_key_id"]
    iam = aws.client("iam", aws_access_key_id=key, aws_secret_access_key="any")
    s3 = aws.client("s3", "us-east-1", aws_access_key_id=key, aws_secret_access_key="any")
    call("PUT", "/settings", {"iam_enforcement": "all"})
    iam.create_user(UserName="ops")
    s3.create_bucket(Bucket="goods")
    s3.put_object(Bucket="goods", Key="cart", Body=b"tomatoes")
    if end == "reset":
        requests.post(f"{base_url(aws)}/reset", timeout=30).raise_for_status()
        call("PUT", "/settings", {"iam_enforcement": "all"})
    else:
        assert call("DELETE", "/administrators").status_code == 400
        assert call("DELETE", f"/administrators?access_key_id={key}").json() == {}
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        iam.list_users()


def test_settings_leak_into_the_next_mock() -> None:
    """What a test puts at moto's made-up host ends with the mock, and the next starts without."""
    url = "http://motoapi.amazonaws.com/moto-api/eks-podid/settings"
    for _ in range(2):
        with podid.mock_aws():
            assert requests.get(url, timeout=30).json()["associations_per_cluster"] == 5000
            requests.put(url, json={"associations_per_cluster": 7}, timeout=30).raise_for_status()
            assert requests.get(url, timeout=30).json()["associations_per_cluster"] == 7


# What every endpoint refuses


@pytest.mark.parametrize("path", ENDPOINTS)
def test_wrong_method_is_taken(call: Call, path: str) -> None:
    """Any other method is a 405 that says which there are."""
    for method in METHODS:
        if method not in ENDPOINTS[path]:
            answer = call(method, path)
            assert answer.status_code == 405, method
            assert answer.headers["Allow"] == ", ".join(ENDPOINTS[path])
            if method != "HEAD":
                assert error(answer) == (405, "MethodNotAllowed", method)


@pytest.mark.parametrize("path", ["/token", "/tokens/x", "/issuers/rotate/x", "/Tokens"])
def test_unknown_path_is_taken(call: Call, path: str) -> None:
    """A path that is none of them is a 404."""
    assert call("POST", path, POD).status_code == 404


BODIED = [
    (path, method)
    for path, methods in ENDPOINTS.items()
    for method in methods
    if method in ("POST", "PUT")
]

#: Each (path, method): a body that is fine but for a member that does not exist.
MINIMAL: dict[str, dict[str, Any]] = {
    "/tokens": POD,
    "/issuers": {"cluster": CLUSTER, "issuer": KIND, "jwks_url": "https://example.com/keys"},
    "/issuers/rotate": {"cluster": CLUSTER},
    "/nodes": {"cluster": CLUSTER},
    "/administrators": {},
    "/trace": {"record": {"eventName": "ListBuckets", "userIdentity": {"type": "Root"}}},
    "/trails/deliver": {},
    "/settings": {},
    "/clock": {"shift_seconds": 0},
    "/inject": {"service": "s3", "dropped": True},
    "/state": {
        "format": FORMAT,
        "version": VERSION,
        "clock_shift_seconds": 0,
        "settings": {},
        **{section.name: [] for section in SECTIONS[2:]},
    },
}

NO_BODY = {
    "no JSON": b"cluster=prod-blue",
    "cut off": b'{"cluster": ',
    "bad UTF-8": b'{"cluster": "\xff"}',
    "a list": b"[]",
    "a string": b'"cluster"',
    "null": b"null",
    "deeply nested": b"[" * 100_000,
}


@pytest.mark.parametrize(("path", "method"), BODIED)
@pytest.mark.parametrize("case", NO_BODY)
def test_body_that_is_no_object_is_taken(call: Call, path: str, method: str, case: str) -> None:
    """A body is a JSON object; anything else is a 400 that says so."""
    status, kind, message = error(call(method, path, NO_BODY[case]))
    assert (status, kind) == (400, "ValueError")
    assert "JSON" in message


@pytest.mark.parametrize(("path", "method"), BODIED)
def test_large_body_is_read(call: Call, path: str, method: str) -> None:
    """A body of more than 1 MiB is a 413, where no larger ones are expected."""
    answer = call(method, path, b" " * (MAX_BODY + 1))
    assert error(answer)[0] == (400 if (method, path) in LARGE_BODIES else 413)


def test_large_body_without_a_length_is_read(server_aws: Aws) -> None:
    """A body that is sent in chunks has the same limit, though no header says its length."""
    chunks = iter([b" " * MAX_BODY, b" " * MAX_BODY, b"{}"])
    answer = requests.put(f"{base_url(server_aws)}/eks-podid/settings", data=chunks, timeout=30)
    assert error(answer)[0] == 413


@pytest.mark.parametrize(("path", "method"), BODIED)
def test_unknown_member_is_ignored(aws: Aws, call: Call, path: str, method: str) -> None:
    """A misspelt member is refused by name, instead of being passed over."""
    aws.create_cluster()
    status, kind, message = error(call(method, path, {**MINIMAL[path], "clustre": "x"}))
    assert (status, kind) == (400, "ValueError")
    assert "'clustre'" in message


@pytest.mark.parametrize(
    ("path", "member"), [(path, name) for path, body in MINIMAL.items() for name in body]
)
def test_missing_member_is_a_server_error(aws: Aws, call: Call, path: str, member: str) -> None:
    """What is required is named when it is missing."""
    aws.create_cluster()
    method = "PUT" if "PUT" in ENDPOINTS[path] else "POST"
    body = {name: value for name, value in MINIMAL[path].items() if name != member}
    status, kind, message = error(call(method, path, body))
    assert (status, kind) == (400, "ValueError")
    assert member in message


WRONG_TYPES: dict[str, tuple[str, str, Any]] = {
    "a number for a name": ("/tokens", "cluster", 5),
    "a list for a name": ("/tokens", "namespace", ["shop"]),
    "a bool for a name": ("/tokens", "service_account", True),
    "a bool for seconds": ("/tokens", "expires_in", True),
    "a string for seconds": ("/tokens", "expires_in", "600"),
    "a fraction for seconds": ("/tokens", "expires_in", 600.5),
    "a number for an account": ("/tokens", "account_id", 123456789012),
    "a string for keys": ("/issuers", "jwks", "{}"),
    "a list for keys": ("/issuers", "jwks", []),
    "an object for an issuer": ("/issuers", "issuer", {}),
    "a list for a region": ("/issuers/rotate", "region", []),
    "a bool for a shift": ("/clock", "shift_seconds", True),
    "a string for a shift": ("/clock", "shift_seconds", "60"),
    "a list for a setting": ("/settings", "associations_per_cluster", [1]),
    "a bool for a count": ("/settings", "associations_per_cluster", True),
    "an object for a switch": ("/settings", "verify_token", {}),
}


@pytest.mark.parametrize("case", WRONG_TYPES)
def test_wrong_type_is_taken(aws: Aws, call: Call, case: str) -> None:
    """A member of another type is refused by name; true is no number."""
    aws.create_cluster()
    path, member, value = WRONG_TYPES[case]
    method = "PUT" if "PUT" in ENDPOINTS[path] else "POST"
    status, kind, message = error(call(method, path, {**MINIMAL[path], member: value}))
    assert (status, kind) == (400, "ValueError")
    assert f"'{member}'" in message


def test_unknown_filter_shows_everything(call: Call, credentials: dict[str, str]) -> None:
    """A misspelt filter is refused: it would show the sessions of everybody."""
    status, kind, message = error(call("GET", "/sessions", params={"acount_id": ACCOUNT}))
    assert (status, kind) == (400, "ValueError")
    assert "account_id" in message
