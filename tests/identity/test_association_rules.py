"""The rules of associations: names, ids, ARNs, tags, and page tokens that cannot be forged."""

from __future__ import annotations

import base64
import random
import re
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from moto_eks_podid.identity.associations import (
    ID_LENGTH,
    Association,
    InvalidAssociation,
    Rule,
    arn,
    check_id,
    check_namespace,
    check_role_arn,
    check_service_account,
    check_tags,
    check_target_role_arn,
    new_id,
    too_old,
)
from moto_eks_podid.identity.page_tokens import InvalidPageToken, PageTokens

NOW = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)


def broken(check: Any, *arguments: Any) -> Rule | None:
    """The rule that the arguments break, if they break one."""
    try:
        check(*arguments)
    except InvalidAssociation as error:
        return error.rule
    return None


# Names

#: What Kubernetes documents: a DNS-1123 label, and labels joined by dots.
LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
NAMES = st.text(st.sampled_from("az09-.A_ \n"), max_size=8)


@given(NAMES | st.from_regex(LABEL, fullmatch=True) | st.text(max_size=5))
def test_namespace_rule_differs_from_kubernetes(name: str) -> None:
    """A namespace is a DNS-1123 label of at most 63 characters."""
    if len(name) > 63:
        expected = Rule.NAMESPACE_LENGTH
    elif re.fullmatch(LABEL, name, re.ASCII) and "\n" not in name:
        expected = None
    else:
        expected = Rule.NAMESPACE
    assert broken(check_namespace, name) is expected


@given(NAMES | st.from_regex(rf"{LABEL}(?:\.{LABEL})*", fullmatch=True) | st.text(max_size=5))
def test_service_account_rule_differs_from_kubernetes(name: str) -> None:
    """A service account is DNS-1123 labels joined by dots, of at most 253 characters in all."""
    if len(name) > 253:
        expected = Rule.SERVICE_ACCOUNT_LENGTH
    elif all(re.fullmatch(LABEL, part, re.ASCII) for part in name.split(".")) and "\n" not in name:
        expected = None
    else:
        expected = Rule.SERVICE_ACCOUNT
    assert broken(check_service_account, name) is expected


@pytest.mark.parametrize(
    ("check", "longest", "rule"),
    [
        (check_namespace, 63, Rule.NAMESPACE_LENGTH),
        (check_service_account, 253, Rule.SERVICE_ACCOUNT_LENGTH),
    ],
)
def test_longest_name_is_refused(check: Any, longest: int, rule: Rule) -> None:
    """The longest name is fine, a longer one is too long, even if it is no name at all."""
    assert broken(check, "a" * longest) is None
    assert broken(check, "a" * (longest + 1)) is rule
    assert broken(check, "-" * 100_000) is rule


@pytest.mark.parametrize(
    "name", ["shop\n", "sh\nop", "\nshop", "*", "shop*", "", "-", "größe", "\uff41"]
)
def test_line_feed_or_wildcard_is_a_name(name: str) -> None:
    """Line feeds, wildcards, nothing at all and letters of other scripts are no names."""
    assert broken(check_namespace, name) is Rule.NAMESPACE
    assert broken(check_service_account, name) is Rule.SERVICE_ACCOUNT


# Ids and ARNs


@given(st.integers())
def test_id_has_another_form(seed: int) -> None:
    """An id is `a-` and 17 lower-case letters or digits."""
    made = new_id(random.Random(seed).choice)
    assert re.fullmatch("a-[a-z0-9]{17}", made)
    assert broken(check_id, made) is None


def test_ids_repeat() -> None:
    """Two draws give two ids; the same draws the same one."""
    draw = random.Random(1).choice
    assert new_id(draw) != new_id(draw)
    assert new_id(random.Random(1).choice) == new_id(random.Random(1).choice)


@given(st.text(max_size=40))
def test_id_of_another_length_is_taken(text: str) -> None:
    """Only the length of an id is checked before it is looked up."""
    assert broken(check_id, text) is (None if len(text) == ID_LENGTH == 19 else Rule.ID_LENGTH)


def association(**changes: Any) -> Association:
    values: dict[str, Any] = {
        "cluster_name": "prod-blue",
        "namespace": "shop",
        "service_account": "cart",
        "role_arn": "arn:aws:iam::111122223333:role/cart",
        "association_arn": arn(
            "aws-cn", "cn-north-1", "111122223333", "prod-blue", "a-4kz81mq0tv7xw2bny"
        ),
        "association_id": "a-4kz81mq0tv7xw2bny",
        "created_at": NOW,
        "modified_at": NOW,
    }
    return Association(**{**values, **changes})


def test_external_id_is_there_without_a_target() -> None:
    """The external id is derived, and only there with a target role."""
    assert association().association_arn == (
        "arn:aws-cn:eks:cn-north-1:111122223333:"
        "podidentityassociation/prod-blue/a-4kz81mq0tv7xw2bny"
    )
    assert association().external_id is None
    target = association(target_role_arn="arn:aws-cn:iam::444455556666:role/x")
    assert target.external_id == "cn-north-1/111122223333/prod-blue/shop/cart"


@pytest.mark.parametrize(
    ("role_arn", "rule"),
    [
        ("arn:aws:iam::111122223333:role/x", None),
        ("arn:aws:iam::111122223333:role/path/x", None),
        ("arn:aws:iam::444455556666:role/x", Rule.FOREIGN_ROLE),
        ("arn:aws-cn:iam::111122223333:role/x", Rule.FOREIGN_ROLE),
        ("arn:aws:sts::111122223333:assumed-role/x/y", Rule.FOREIGN_ROLE),
        ("", Rule.FOREIGN_ROLE),
        ("x", Rule.FOREIGN_ROLE),
    ],
)
def test_foreign_role_is_taken(role_arn: str, rule: Rule | None) -> None:
    """A role is of the caller's account and partition; whatever is not counts as foreign."""
    assert broken(check_role_arn, role_arn, "aws", "111122223333") is rule


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("arn:aws:iam::444455556666:role/x", None),
        ("arn:aws:iam::111122223333:role/path/to/x+=,.@-_1", None),
        ("arn:aws-cn:iam::444455556666:role/x", Rule.TARGET_ROLE),
        ("arn:aws:iam::44445555666:role/x", Rule.TARGET_ROLE),
        ("arn:aws:iam::444455556666:user/x", Rule.TARGET_ROLE),
        ("arn:aws:iam::444455556666:role/", Rule.TARGET_ROLE),
        ("arn:aws:iam::444455556666:role/*", Rule.TARGET_ROLE),
        ("arn:aws:iam::444455556666:role/x\n", Rule.TARGET_ROLE),
        ("x", Rule.TARGET_ROLE),
    ],
)
def test_something_else_is_a_target(target: str, rule: Rule | None) -> None:
    """A target is a role of any account of the partition."""
    assert broken(check_target_role_arn, target, "aws") is rule


@pytest.mark.parametrize(
    ("version", "old"),
    [
        ("1.23", True),
        ("1.9", True),
        ("0.99", True),
        ("1.24", False),
        ("1.100", False),
        ("2.0", False),
        ("", False),
        ("latest", False),
        ("1.23.4", False),
        ("1.2\u0663", False),
    ],
)
def test_version_is_compared_as_text(version: str, old: bool) -> None:
    """Versions are compared by number; what is no version is not old."""
    assert too_old(version) is old


# Tags


@pytest.mark.parametrize(
    ("tags", "present", "rule"),
    [
        ({}, {}, None),
        ({"k" * 128: "v" * 256, "empty": ""}, {}, None),
        ({"": "v"}, {}, Rule.TAG_KEY),
        ({"k" * 129: "v"}, {}, Rule.TAG_KEY),
        ({"k": "v" * 257}, {}, Rule.TAG_VALUE),
        ({"aws:x": "v"}, {}, Rule.RESERVED_TAG),
        ({"AwS:x": "v"}, {}, Rule.RESERVED_TAG),
        ({"awsx": "v"}, {}, None),
        ({f"k{n}": "" for n in range(50)}, {}, None),
        ({f"k{n}": "" for n in range(51)}, {}, Rule.TAG_COUNT),
        ({"new": ""}, {f"k{n}": "" for n in range(50)}, Rule.TAG_COUNT),
        ({"k1": "again"}, {f"k{n}": "" for n in range(50)}, None),
    ],
)
def test_bad_tags_are_taken(
    tags: dict[str, str], present: dict[str, str], rule: Rule | None
) -> None:
    """At most 50 tags in all, keys of 1 to 128, values of up to 256, no prefix `aws:`."""
    assert broken(check_tags, tags, present) is rule


# Page tokens

QUERIES = st.dictionaries(
    st.sampled_from(["namespace", "service_account"]), st.text(max_size=5), max_size=2
)
TOKENS = PageTokens()


@given(last=st.integers(0, 2**60), query=QUERIES)
def test_token_forgets_its_place(last: int, query: dict[str, str]) -> None:
    """A token says which entry came last, for its query, in any order of its members."""
    token = TOKENS.issue(last, query)
    assert re.fullmatch(r"[A-Za-z0-9_=-]+", token)
    assert TOKENS.read(token, query) == last
    assert TOKENS.read(token, dict(reversed(query.items()))) == last


@given(last=st.integers(0, 1000), query=QUERIES, other=QUERIES)
def test_token_works_for_another_query(
    last: int, query: dict[str, str], other: dict[str, str]
) -> None:
    """A token of one query is refused by every other."""
    assume(query != other)
    with pytest.raises(InvalidPageToken):
        TOKENS.read(TOKENS.issue(last, query), other)


@given(last=st.integers(0, 1000), query=QUERIES)
def test_token_works_for_another_listing(last: int, query: dict[str, str]) -> None:
    """A token of one cluster is refused by every other."""
    with pytest.raises(InvalidPageToken):
        TOKENS.read(PageTokens().issue(last, query), query)


@given(last=st.integers(0, 1000), place=st.integers(0, 400), bit=st.integers(0, 7))
def test_changed_token_works(last: int, place: int, bit: int) -> None:
    """Whatever bit of a token's content is changed, it is refused."""
    content = bytearray(base64.urlsafe_b64decode(TOKENS.issue(last, {})))
    content[place % len(content)] ^= 1 << bit
    with pytest.raises(InvalidPageToken):
        TOKENS.read(base64.urlsafe_b64encode(content).decode(), {})


@given(st.integers(0, 1000), st.integers(0, 200), st.characters(max_codepoint=0x2FF), st.data())
def test_mutated_token_works(last: int, place: int, character: str, data: st.DataObject) -> None:
    """A token that was changed, cut or lengthened means the same or is refused."""
    token = TOKENS.issue(last, {})
    at = place % len(token)
    mutated = data.draw(
        st.sampled_from(
            [
                token[:at] + character + token[at + 1 :],
                token[:at] + character + token[at:],
                token[:at] + token[at + 1 :],
                token[:at],
                token + character,
            ]
        )
    )
    assume(mutated != token)
    try:
        found = TOKENS.read(mutated, {})
    except InvalidPageToken:
        return
    # Base64 leaves some bits of its last character unused.
    assert found == last
    assert base64.urlsafe_b64decode(mutated) == base64.urlsafe_b64decode(token)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.hex()))
def test_garbage_is_a_token(garbage: str) -> None:
    """Garbage is refused, and never fails otherwise."""
    with pytest.raises(InvalidPageToken):
        TOKENS.read(garbage, {})
