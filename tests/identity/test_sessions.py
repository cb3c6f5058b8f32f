"""Role sessions and their tags: names, limits, inheritance, size."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_eks_podid.identity.sessions import (
    MAX_TAG_KEY,
    MAX_TAG_VALUE,
    MAX_TAGS,
    NO_TAGS,
    InvalidSessionTags,
    RoleSession,
    SessionTagRule,
    SessionTags,
    inherited_source_identity,
    packed_policy_size,
    pod_session_name,
    pod_session_tags,
    session_tags,
)

NOW = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
UUID_TEXT = "1f0c2b9e-3a54-4c1d-9f63-2f2c0b7f9a11"


def session(**changes: Any) -> RoleSession:
    values: dict[str, Any] = {
        "access_key_id": "ASIAEXAMPLEKEYID0001",
        "arn": "arn:aws-cn:sts::111122223333:assumed-role/cart/first",
        "role_arn": "arn:aws-cn:iam::111122223333:role/cart",
        "session_name": "first",
        "issued_at": NOW,
        "expires_at": NOW + timedelta(hours=1),
        "role_id": "AROAEXAMPLEROLEID0001",
    }
    return RoleSession(**{**values, **changes})


LEGAL = st.characters(
    whitelist_categories=("L", "N", "Zs"), whitelist_characters="_.:/=+-@", max_codepoint=0xFFFF
)
KEYS = st.text(LEGAL, min_size=1, max_size=20)
VALUES = st.text(LEGAL, max_size=20)
TAGS = st.dictionaries(KEYS, VALUES, max_size=12).filter(
    lambda tags: len({key.lower() for key in tags}) == len(tags)
)


# Names


@pytest.mark.parametrize(
    ("cluster", "pod", "expected"),
    [
        ("prod-blue", "cart-7c9d6b5f4-x2k9m", "eks-prod-blue-cart-7c9d6-"),
        ("a", "b", "eks-a-b-"),
        ("abcdefghij", "abcdefghij", "eks-abcdefghij-abcdefghij-"),
        ("abcdefghijk", "abcdefghi-k", "eks-abcdefghij-abcdefghi--"),
        ("abcdefghi-k", "x", "eks-abcdefghi--x-"),
    ],
)
def test_name_is_cut_elsewhere(cluster: str, pod: str, expected: str) -> None:
    """Cluster and pod are cut at ten characters, whatever stands there, and nothing is padded."""
    assert pod_session_name(cluster, pod, UUID_TEXT) == expected + UUID_TEXT


@given(
    cluster=st.from_regex(r"[0-9A-Za-z][A-Za-z0-9\-_]{0,99}", fullmatch=True),
    pod=st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", fullmatch=True),
    uuid=st.uuids(version=4),
)
def test_name_is_illegal(cluster: str, pod: str, uuid: UUID) -> None:
    """Every name fits STS's 64 characters and pattern, and ends with the UUID."""
    name = pod_session_name(cluster, pod, str(uuid))
    assert 2 <= len(name) <= 62
    assert all(
        character.isascii() and (character.isalnum() or character in "+=,.@-_")
        for character in name
    )
    assert name.endswith(f"-{uuid}")
    assert name.startswith(f"eks-{cluster[:10]}-{pod[:10]}-")


def test_tags_of_a_pod_have_another_order() -> None:
    """The six tags have AWS's order and are all transitive."""
    tags = pod_session_tags("arn", "cluster", "namespace", "account", "pod", "uid")
    assert list(tags.all.items()) == [
        ("eks-cluster-arn", "arn"),
        ("eks-cluster-name", "cluster"),
        ("kubernetes-namespace", "namespace"),
        ("kubernetes-service-account", "account"),
        ("kubernetes-pod-name", "pod"),
        ("kubernetes-pod-uid", "uid"),
    ]
    assert tags.transitive_keys == tuple(tags.all)
    assert tags.inherited == {}


# Sessions


def test_session_does_not_know_itself() -> None:
    """Account, partition and id come from the ARN, the role and the name."""
    one = session()
    assert (one.account_id, one.partition) == ("111122223333", "aws-cn")
    assert one.user_id == "AROAEXAMPLEROLEID0001:first"


OPTIONAL = st.none() | st.text(max_size=30)


@given(
    tags=TAGS,
    keys=st.lists(KEYS, max_size=4).map(tuple),
    optional=st.lists(OPTIONAL, min_size=6, max_size=6),
    arns=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    issued_at=st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9000, 1, 1)).map(
        lambda moment: moment.replace(tzinfo=timezone.utc)
    ),
    seconds=st.integers(900, 43_200),
)
def test_json_loses_a_member(
    tags: dict[str, str],
    keys: tuple[str, ...],
    optional: list[str | None],
    arns: tuple[str, ...],
    issued_at: datetime,
    seconds: int,
) -> None:
    """Whatever a session holds, its JSON holds too."""
    names = (
        "source_identity",
        "parent_access_key_id",
        "association_arn",
        "external_id",
        "policy",
        "federated_provider",
    )
    one = session(
        tags=tags,
        transitive_tag_keys=keys,
        policy_arns=arns,
        issued_at=issued_at,
        expires_at=issued_at + timedelta(seconds=seconds),
        **dict(zip(names, optional, strict=True)),
    )
    written = json.loads(json.dumps(one.as_json()))
    read = RoleSession.from_json(written)
    assert read == one
    assert list(read.tags) == list(tags)
    assert written["issued_at"].endswith("Z")


# Inheritance


@given(tags=TAGS, data=st.data())
def test_own_tags_change(tags: dict[str, str], data: st.DataObject) -> None:
    """Without a caller's session, tags and transitive keys stay what the request says."""
    keys = data.draw(st.lists(st.sampled_from(sorted(tags)), unique=True)) if tags else []
    made = session_tags(list(tags.items()), keys, None)
    assert list(made.all.items()) == list(tags.items())
    assert made.transitive_keys == tuple(keys)
    assert made.inherited == {}


@given(first=TAGS, second=TAGS, data=st.data())
def test_chain_changes_a_transitive_tag(
    first: dict[str, str], second: dict[str, str], data: st.DataObject
) -> None:
    """Along a chain a transitive tag keeps its value, others end, and a key that was inherited is
    never passed again."""
    transitive = data.draw(st.lists(st.sampled_from(sorted(first)), unique=True)) if first else []
    parent = session(tags=first, transitive_tag_keys=tuple(transitive))
    inherited = {key: first[key] for key in first if key in transitive}
    clash = {key.lower() for key in inherited} & {key.lower() for key in second}
    if clash:
        with pytest.raises(InvalidSessionTags) as caught:
            session_tags(list(second.items()), [], parent)
        assert caught.value.rule is SessionTagRule.OVERRIDES_TRANSITIVE
        assert caught.value.value.lower() in clash
        return
    made = session_tags(list(second.items()), list(second), parent)
    assert made.all == {**inherited, **second}
    assert list(made.all) == [*inherited, *second]
    assert made.transitive_keys == (*inherited, *second)
    child = session(tags=made.all, transitive_tag_keys=made.transitive_keys)
    assert child.transitive_tags == made.all


def test_transitive_key_matches_case() -> None:
    """Transitive keys are found whatever their case; the tag keeps its own."""
    assert session(tags={"Team": "blue"}, transitive_tag_keys=("TEAM",)).transitive_tags == {
        "Team": "blue"
    }


REFUSED: dict[str, tuple[list[tuple[str, str]], list[str], SessionTagRule, int, str]] = {
    "51 tags": (
        [(f"k{number}", "") for number in range(MAX_TAGS + 1)],
        [],
        SessionTagRule.TOO_MANY,
        0,
        "51",
    ),
    "empty key": ([("", "v")], [], SessionTagRule.KEY_LENGTH, 1, ""),
    "long key": (
        [("a", ""), ("k" * (MAX_TAG_KEY + 1), "")],
        [],
        SessionTagRule.KEY_LENGTH,
        2,
        "k" * (MAX_TAG_KEY + 1),
    ),
    "long value": (
        [("a", "v" * (MAX_TAG_VALUE + 1))],
        [],
        SessionTagRule.VALUE_LENGTH,
        1,
        "v" * (MAX_TAG_VALUE + 1),
    ),
    "key with a tab": ([("a\t", "")], [], SessionTagRule.KEY_CHARACTERS, 1, "a\t"),
    "value with a comma": ([("a", "b,c")], [], SessionTagRule.VALUE_CHARACTERS, 1, "b,c"),
    "value with an emoji": (
        [("a", "\U0001f600")],
        [],
        SessionTagRule.VALUE_CHARACTERS,
        1,
        "\U0001f600",
    ),
    "duplicate": ([("a", "1"), ("A", "2")], [], SessionTagRule.DUPLICATE_KEY, 2, "A"),
    "unknown transitive key": (
        [("a", "1")],
        ["b"],
        SessionTagRule.TRANSITIVE_KEY_NOT_PASSED,
        0,
        "b",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_tag_is_taken(case: str) -> None:
    """The first tag that breaks a rule is named, with its place."""
    tags, keys, rule, position, value = REFUSED[case]
    with pytest.raises(InvalidSessionTags) as caught:
        session_tags(tags, keys, None)
    error = caught.value
    assert (error.rule, error.position, error.value) == (rule, position, value)
    assert rule.value in str(error)


def test_limit_itself_is_refused() -> None:
    """Fifty tags, a key of 128 and a value of 256 are fine."""
    tags = [(f"k{number}", "") for number in range(MAX_TAGS - 1)]
    tags.append(("k" * MAX_TAG_KEY, "v" * MAX_TAG_VALUE))
    assert len(session_tags(tags, [], None).all) == 50


@pytest.mark.parametrize(
    ("requested", "current", "expected"),
    [
        (None, None, None),
        ("alice", None, "alice"),
        (None, "alice", "alice"),
        ("alice", "alice", "alice"),
        ("bob", "alice", SessionTagRule.SOURCE_IDENTITY_CHANGED),
        ("Alice", "alice", SessionTagRule.SOURCE_IDENTITY_CHANGED),
    ],
)
def test_source_identity_changes(requested: str | None, current: str | None, expected: Any) -> None:
    """Once set, a source identity stays."""
    parent = session(source_identity=current)
    if isinstance(expected, SessionTagRule):
        with pytest.raises(InvalidSessionTags) as caught:
            inherited_source_identity(requested, parent)
        assert caught.value.rule is expected
    else:
        assert inherited_source_identity(requested, parent) == expected
    assert inherited_source_identity(requested, None) == requested


# Size


def test_size_of_aws_s_example_differs() -> None:
    """The six tags of AWS's example take 55 %, a policy of 2,048 characters all there is."""
    tags = pod_session_tags(
        "arn:aws:eks:us-west-2:111122223333:cluster/prod-blue",
        "prod-blue",
        "shop",
        "cart",
        "cart-7c9d6b5f4-x2k9m",
        "91ee0000-74f3-49d4-8f7c-bcde305c0000",
    ).all
    assert packed_policy_size(tags) == 55
    assert packed_policy_size(tags, "x" * 2048) == 155
    assert packed_policy_size({}, "x" * 2048) == 100


def test_nothing_has_a_size() -> None:
    """Without tags and policies there is no size."""
    assert packed_policy_size({}) is None
    assert packed_policy_size(NO_TAGS.all, None, ()) is None
    assert packed_policy_size({}, "") is None
    assert packed_policy_size({"a": ""}) == 1


@given(
    tags=TAGS,
    more=VALUES.filter(bool),
    policy=st.none() | st.text(max_size=100),
    arns=st.lists(st.text(min_size=1, max_size=30), max_size=3),
)
def test_size_shrinks(tags: dict[str, str], more: str, policy: str | None, arns: list[str]) -> None:
    """More characters never take less space, wherever they are."""
    before = packed_policy_size(tags, policy, arns) or 0
    assert before >= 0
    key = "k" * 21
    for after in (
        packed_policy_size({**tags, key: more}, policy, arns),
        packed_policy_size(tags, (policy or "") + more, arns),
        packed_policy_size(tags, policy, [*arns, more]),
    ):
        assert after is not None
        assert after >= max(before, 1)


def test_own_tags_come_first() -> None:
    """Requested tags come after inherited ones."""
    tags = SessionTags({"b": "2"}, {"a": "1"}, ("a",))
    assert list(tags.all) == ["a", "b"]
