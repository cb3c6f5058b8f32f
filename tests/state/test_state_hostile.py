"""States that somebody wrote, cut off or made up."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from aws_under_test import CLUSTER, Aws
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import moto_eks_podid as podid
from moto_eks_podid.state.document import SECTIONS
from tests import real_cluster
from tests.state.kept_world import forget_everything
from tests.state.small_state import Path, at, changed, paths, small_state, without

CLUSTER_0: Path = ("clusters", 0)
KEY_0: Path = (*CLUSTER_0, "issuer", "keys", 0)
ASSOCIATION_0: Path = (*CLUSTER_0, "associations", 0)
ADDON_0: Path = (*CLUSTER_0, "addons", "addons", 0)
SESSION_0: Path = ("sessions", 0)
ROLE_0: Path = ("roles", 0)
POLICY_0: Path = ("policies", 0)


def pem(key: Any, encryption: Any = None) -> str:
    data: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return data.decode()


def nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"a": value}
    return value


class Twice:
    """Stands for an entry that is there a second time."""


HOSTILE: list[tuple[Path, Any, str]] = [
    (("format",), "another", '"format" is not'),
    (("format",), None, '"format" is not'),
    (("version",), 2, '"version" is not 1'),
    (("version",), True, '"version" is not 1'),
    (("version",), 10**400, '"version" is not 1'),
    (("more",), [], "an unknown member 'more'"),
    (("clock_shift_seconds",), 10**400, "too large"),
    (("clock_shift_seconds",), 1e300, "Time cannot be shifted"),
    (("clock_shift_seconds",), float("nan"), "no finite number"),
    (("clock_shift_seconds",), "1", "not a number, but str"),
    (("settings",), {"verify_tokens": True}, "There is no setting 'verify_tokens'"),
    (("settings",), {"verify_token": "perhaps"}, "expected true or false"),
    (("settings",), [], "settings is not an object"),
    (("clusters",), {}, "clusters is not a list"),
    (("clusters",), None, "clusters is not a list"),
    (CLUSTER_0, 5, r"clusters\[0\] is not an object"),
    (CLUSTER_0, Twice, "is in the state twice"),
    ((*CLUSTER_0, "more"), 1, r"clusters\[0\] has an unknown member 'more'"),
    ((*CLUSTER_0, "account_id"), "../..", "in no account"),
    ((*CLUSTER_0, "account_id"), "\ud800", "in no account"),
    ((*CLUSTER_0, "region"), "\ud800", "an unknown region"),
    (("\ud800",), 1, r"unknown member '\\+ud800'"),
    ((*CLUSTER_0, "region"), "mars-1", "an unknown region"),
    ((*CLUSTER_0, "region"), "eu-west-1", "an issuer of another region"),
    ((*CLUSTER_0, "cluster", "name"), "a/b", "an impossible name"),
    ((*CLUSTER_0, "cluster", "name"), "another", "it is another cluster's"),
    ((*CLUSTER_0, "cluster", "created_at"), "yesterday", "created_at is no time"),
    ((*CLUSTER_0, "cluster", "created_at"), "2026-01-01T00:00:00Z", "a time without a zone"),
    ((*CLUSTER_0, "cluster", "tags"), {"a": 1}, r"tags\.a is not text"),
    ((*CLUSTER_0, "cluster", "logging"), nested(40), "nests too deeply"),
    ((*CLUSTER_0, "cluster", "logging"), nested(20_000), "nests too deeply"),
    ((*CLUSTER_0, "cluster", "logging"), {"clusterLogging": False}, "no Cluster of EKS"),
    ((*CLUSTER_0, "cluster", "resources_vpc_config"), {"subnetIds": [{}]}, "no Cluster of EKS"),
    ((*CLUSTER_0, "issuer", "url"), "https://example.com", "of another region"),
    ((*KEY_0, "private_key"), "no key", "a private key that is no private key in PEM"),
    ((*KEY_0, "private_key"), "-" * 100_000, "a private key that is no private key in PEM"),
    ((*KEY_0, "private_key"), pem(real_cluster.private_key()), "not that of its public key"),
    ((*KEY_0, "private_key"), pem(ec.generate_private_key(ec.SECP256R1())), "is no RSA key"),
    ((*KEY_0, "private_key"), pem(rsa.generate_private_key(65537, 1024)), "2048 to 8192 bits"),
    (
        (*KEY_0, "private_key"),
        pem(real_cluster.private_key(), BestAvailableEncryption(b"secret")),
        "no private key in PEM",
    ),
    ((*KEY_0, "jwk", "n"), "AQAB", "not that of its public key"),
    ((*KEY_0, "kid"), "", "a key without"),
    ((*KEY_0, "kid"), "another", "not that of its public key"),
    (KEY_0, Twice, "two keys with one id"),
    ((*KEY_0, "created_at"), "2026-01-01T00:00:00", "a time with a zone"),
    ((*KEY_0, "created_at"), "0001-01-01T00:00:00+23:00", "no time"),
    ((*CLUSTER_0, "trusted_issuers", 0, "jwks"), {"keys": []}, "without usable keys"),
    ((*CLUSTER_0, "trusted_issuers", 0, "jwks_url"), "file:///etc/passwd", "not http or https"),
    ((*CLUSTER_0, "trusted_issuers", 0), Twice, "trusts an issuer twice"),
    (ASSOCIATION_0, Twice, "The association 'a-.*' of 'prod-blue' cannot be"),
    ((*ASSOCIATION_0, "association_id"), "a-" + "0" * 17, "it is another cluster's"),
    ((*ASSOCIATION_0, "association_id"), "a", "association id length"),
    ((*ASSOCIATION_0, "namespace"), "Shop!", "cannot be: namespace"),
    ((*ASSOCIATION_0, "role_arn"), "arn:aws:iam::1:role/a", "role of another account"),
    ((*ASSOCIATION_0, "target_role_arn"), "arn", "target role ARN"),
    ((*ASSOCIATION_0, "policy"), "{}", "policy with session tags"),
    ((*ASSOCIATION_0, "tags"), {"aws:a": "b"}, "reserved tag prefix"),
    ((*ASSOCIATION_0, "disable_session_tags"), 1, "not true or false, but int"),
    ((*CLUSTER_0, "requests", 0, "digest"), "zz", "request token of 'prod-blue' cannot be"),
    ((*CLUSTER_0, "requests", 0, "digest"), "00", "64 hexadecimal digits"),
    ((*CLUSTER_0, "requests", 0, "about"), "a-0", "there is no association 'a-0'"),
    ((*CLUSTER_0, "requests", 0), Twice, "request token of 'prod-blue' cannot be"),
    (ADDON_0, Twice, "is in the state twice"),
    ((*ADDON_0, "name"), "another", "not in the catalogue"),
    ((*ADDON_0, "arn"), "arn", "another cluster's"),
    ((*CLUSTER_0, "addons", "updates", 0, "addon_name"), "coredns", "of no add-on"),
    ((*CLUSTER_0, "addons", "updates", 0, "params"), [["a"]], "has 2 entries"),
    (ROLE_0, Twice, "is in the state twice|the id of another role"),
    ((*ROLE_0, "partition"), "mars", "in no partition"),
    ((*ROLE_0, "account_id"), "0" * 40, "in no account"),
    ((*ROLE_0, "role", "path"), "x", "no path"),
    ((*ROLE_0, "role", "id"), "", "no id or no name"),
    ((*ROLE_0, "role", "tags"), [{"Key": "a"}], "not a Key and a Value"),
    ((*ROLE_0, "role", "name"), "\ud800", "a character that XML cannot have"),
    ((*ROLE_0, "role", "description"), "\x08", "a character that XML cannot have"),
    ((*ROLE_0, "role", "max_session_duration"), "long", "an impossible length"),
    ((*ROLE_0, "role", "max_session_duration"), -1, "an impossible length"),
    ((*ROLE_0, "attached"), ["arn:aws:iam::aws:policy/None"], "a policy that is not there"),
    ((*ROLE_0, "attached"), ["arn:aws:iam::aws:policy/AdministratorAccess"] * 2, "policy twice"),
    (POLICY_0, Twice, "is in the state twice"),
    ((*POLICY_0, "versions"), [], "not exactly one default version"),
    ((*POLICY_0, "versions", 0, "is_default"), False, "not exactly one default version"),
    ((*POLICY_0, "policy", "next_version_num"), 0, "an impossible number of versions"),
    (SESSION_0, Twice, "is in the state twice"),
    ((*SESSION_0, "session", "arn"), "arn", "an ARN that is not that of its role"),
    ((*SESSION_0, "account_id"), "210987654321", "an ARN that is not that of its role"),
    ((*SESSION_0, "session", "expires_at"), "2026-01-01T00:00:00", "a time with a zone"),
    ((*SESSION_0, "secret_access_key"), "", "lacks credentials"),
    ((*SESSION_0, "secret_access_key"), 5, "secret_access_key is not text, but int"),
    ((*SESSION_0, "origin", "chain"), 5, "chain is not a list"),
]


@pytest.fixture(scope="module")
def kept() -> Iterator[tuple[Aws, Any]]:
    """An AWS with one of each, and its state: for tests that leave it as it is."""
    with podid.mock_aws():
        aws = Aws(endpoint_url=None)
        yield aws, small_state(aws)


@pytest.mark.parametrize(
    ("path", "value", "message"), HOSTILE, ids=[".".join(map(str, path)) for path, _, _ in HOSTILE]
)
def test_hostile_state_is_taken(
    kept: tuple[Aws, Any], path: Path, value: Any, message: str
) -> None:
    """It is a ValueError that says what is wrong and quotes no secret; nothing has changed."""
    _, state = kept
    if value is Twice:
        holder = copy.deepcopy(at(state, path[:-1]))
        hostile = changed(state, path[:-1], [*holder, holder[0]])
    else:
        hostile = changed(state, path, value)
    with pytest.raises(ValueError, match=message) as refused:
        podid.import_state(hostile, replace=True)
    for secret in (at(state, KEY_0)["private_key"][100:150], at(state, SESSION_0)["session_token"]):
        assert secret not in str(refused.value)
    str(refused.value).encode()
    assert podid.export_state() == state


@pytest.mark.parametrize("section", [section.name for section in SECTIONS])
def test_state_without_a_section_is_taken(kept: tuple[Aws, Any], section: str) -> None:
    """A state is whole: each section has to be there, and to be of its kind."""
    _, state = kept
    with pytest.raises(ValueError, match=f"The state has no {section}"):
        podid.import_state(without(state, (section,)))
    with pytest.raises(ValueError, match=f"{section} is not"):
        podid.import_state(changed(state, (section,), "text"))


def test_nothing_is_taken_for_a_state(kept: tuple[Aws, Any]) -> None:
    """What is no object at all is no state."""
    for nonsense in (None, [], "state", 5, {}):
        with pytest.raises(ValueError, match="This is no state"):
            podid.import_state(nonsense)  # type: ignore[arg-type]


def test_first_half_of_a_state_is_taken(kept: tuple[Aws, Any]) -> None:
    """Where nothing was, nothing is after a refusal of the last section."""
    aws, state = kept
    forget_everything(aws)
    empty = podid.export_state()
    with pytest.raises(ValueError, match="lacks credentials"):
        podid.import_state(changed(state, (*SESSION_0, "session_token"), ""))
    assert podid.export_state() == empty
    podid.import_state(state)
    assert podid.export_state() == state


def test_session_descends_from_itself(kept: tuple[Aws, Any]) -> None:
    """A circle of parents would have no end."""
    _, state = kept
    key = at(state, SESSION_0)["session"]["access_key_id"]
    with pytest.raises(ValueError, match="descends from itself"):
        podid.import_state(
            changed(state, (*SESSION_0, "session", "parent_access_key_id"), key), replace=True
        )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "a/b", "\ud800", "9999-12-31T23:59:59-23:59", "[", "{}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_state_breaks_something(kept: tuple[Aws, Any], data: st.DataObject) -> None:
    """Whatever is changed in a state: it is refused with a ValueError and nothing has changed, or
    it is taken, and AWS goes on answering."""
    aws, state = kept
    places = list(paths(state))
    path = data.draw(st.sampled_from(places))
    change = data.draw(st.sampled_from(["replace", "remove", "swap"]))
    if change == "replace":
        mutated = changed(state, path, data.draw(JSON))
    elif change == "swap":
        mutated = changed(state, path, at(state, data.draw(st.sampled_from(places))))
    else:
        mutated = without(state, path)
    try:
        podid.import_state(mutated, replace=True)
    except ValueError:
        assert podid.export_state() == state
        return
    try:
        use(aws)
    finally:
        forget_everything(aws)
        podid.import_state(state)


def use(aws: Aws) -> None:
    """Ask for all that there is; refusals are fine."""
    eks, iam = aws.client("eks"), aws.client("iam")
    json.dumps(podid.export_state())
    calls = (
        lambda: eks.describe_cluster(name=CLUSTER),
        lambda: eks.list_pod_identity_associations(clusterName=CLUSTER),
        lambda: eks.describe_addon(clusterName=CLUSTER, addonName="vpc-cni"),
        iam.list_roles,
        lambda: iam.get_role(RoleName="cart-reader"),
        lambda: iam.list_attached_role_policies(RoleName="cart-reader"),
        lambda: iam.list_policies(Scope="Local"),
        aws.assume,
    )
    for call in calls:
        try:
            call()
        except (ClientError, podid.ClusterLookupError):
            continue
    for session in aws.sessions():
        podid.trace(session.access_key_id)
    for entry in podid.export_state()["sessions"]:
        made = {
            "accessKeyId": entry["session"]["access_key_id"],
            "secretAccessKey": entry["secret_access_key"],
            "sessionToken": entry["session_token"],
        }
        with contextlib.suppress(ClientError):
            aws.client_with(made, "sts").get_caller_identity()
