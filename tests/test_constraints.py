"""The constraints of the service models, in the words of AWS."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import ACCOUNT, Aws
from botocore.model import Shape
from botocore.session import get_session
from refusals import refused

from moto_eks_podid import constraints


def shape(service: str, operation: str, member: str) -> Shape:
    model = get_session().get_service_model(service).operation_model(operation)
    found: Shape = model.input_shape.members[member]  # type: ignore[union-attr]
    return found


PAGE_SIZE = shape("eks", "ListPodIdentityAssociations", "maxResults")
TAGS = shape("eks", "TagResource", "tags")
TAG_KEYS = shape("eks", "UntagResource", "tagKeys")
NAME = shape("sts", "AssumeRole", "RoleSessionName")
CLUSTER_NAME = shape("eks-auth", "AssumeRoleForPodIdentity", "clusterName")
TOKEN = shape("eks-auth", "AssumeRoleForPodIdentity", "token")

#: Value and shape -> what is said about the value, None where nothing is.
CASES: dict[str, tuple[Any, Shape, str | None]] = {
    "smallest number": (1, PAGE_SIZE, None),
    "largest number": (100, PAGE_SIZE, None),
    "small number": (0, PAGE_SIZE, "Value '0' … value greater than or equal to 1"),
    "large number": (101, PAGE_SIZE, "Value '101' … value less than or equal to 100"),
    "one key": (["a"], TAG_KEYS, None),
    "no key": ([], TAG_KEYS, "Value '[]' … length greater than or equal to 1"),
    "keys": (
        ["a"] * 51,
        TAG_KEYS,
        f"Value '[{', '.join('a' * 51)}]' … length less than or equal to 50",
    ),
    "one tag": ({"a": "b"}, TAGS, None),
    "no tag": ({}, TAGS, "Value '{}' … length greater than or equal to 1"),
    "name": ("cart-1", NAME, None),
    "short name": ("c", NAME, "Value 'c' … length greater than or equal to 2"),
    "long name": ("c" * 65, NAME, f"Value '{'c' * 65}' … length less than or equal to 64"),
    "name with a blank": ("c t", NAME, "Value 'c t' … satisfy regular expression pattern: "),
    "name with a line feed": ("ct\n", NAME, "Value 'ct\n' … satisfy regular expression pattern: "),
    "name with a letter of another script": (
        "c\u00e0rt",
        NAME,
        "Value 'c\u00e0rt' … satisfy regular expression pattern: ",
    ),
    "name with a digit of another script": (
        "cart-\u0663",
        NAME,
        "Value 'cart-\u0663' … satisfy regular expression pattern: ",
    ),
    "cluster name": (
        "prod_blue\u0663",
        CLUSTER_NAME,
        "Value 'prod_blue\u0663' … satisfy regular expression pattern: ",
    ),
    "secret": ("no token", TOKEN, "Value … satisfy regular expression pattern: "),
}


@pytest.mark.parametrize("case", CASES)
def test_constraint_is_broken_in_other_words(case: str) -> None:
    """A broken constraint is told as AWS tells it, a secret value left out."""
    value, member, said = CASES[case]
    assert constraints.applicable(value, member)
    text = constraints.broken("it", value, member)
    if said is None:
        assert text is None
        return
    shown, _, rule = said.partition(" … ")
    expected = f"{shown} at 'it' failed to satisfy constraint: Member must "
    expected += rule if rule.startswith("satisfy") else f"have {rule}"
    assert text is not None
    assert text.startswith(f"1 validation error detected: {expected}")
    assert rule.startswith("satisfy") or text.endswith(rule)


NOT_APPLICABLE: dict[str, tuple[Any, Shape]] = {
    "true for a number": (True, PAGE_SIZE),
    "text for a number": ("1", PAGE_SIZE),
    "number for a text": (1, NAME),
    "list for a map": ([], TAGS),
    "map of lists": ({"a": []}, TAGS),
    "list of numbers": ([1], TAG_KEYS),
    "null": (None, NAME),
}


@pytest.mark.parametrize("case", NOT_APPLICABLE)
def test_value_of_another_type_is_measured(case: str) -> None:
    """Constraints are about values of the right type; others are refused for their type."""
    assert not constraints.applicable(*NOT_APPLICABLE[case])


@pytest.mark.parametrize("name", ["c\u00e0rt", "cart-\u0663", "\u5546\u5e97"])
def test_session_is_named_in_another_script(aws: Aws, name: str) -> None:
    """To STS, letters and digits are those of ASCII."""
    sts = aws.client("sts")
    role = f"arn:aws:iam::{ACCOUNT}:role/ops"
    code, status, message = refused(sts.assume_role, RoleArn=role, RoleSessionName=name)
    assert (code, status) == ("ValidationError", 400)
    assert f"Value '{name}' at 'roleSessionName'" in message
