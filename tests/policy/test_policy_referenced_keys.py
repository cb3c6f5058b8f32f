"""The condition keys that policies refer to."""

from __future__ import annotations

from typing import Any

import pytest

from moto_eks_podid.policy import MalformedPolicy
from moto_eks_podid.policy.referenced_keys import referenced_keys
from tests.policy.policy_texts import allow, deny

Json = dict[str, Any]


def document(*statements: Json, version: str = "2012-10-17") -> Json:
    return {"Version": version, "Statement": list(statements)}


HOME = "arn:aws:s3:::home/${aws:Username}/*"

#: Documents -> keys.
REFERENCES: dict[str, tuple[list[Json], tuple[str, ...]]] = {
    "nothing": ([document(allow())], ()),
    "no document": ([], ()),
    "conditions": (
        [
            document(
                allow(Condition={"Bool": {"aws:SecureTransport": "true"}, "Null": {"a:b": True}}),
                deny(Condition={"ForAllValues:StringLike": {"aws:TagKeys": ["x", "y"]}}),
            )
        ],
        ("aws:SecureTransport", "a:b", "aws:TagKeys"),
    ),
    "variable in a resource": ([document(allow(resource=["*", HOME]))], ("aws:Username",)),
    "variable in NotResource": ([document(deny(NotResource=HOME))], ("aws:Username",)),
    "variable before the fifth colon": (
        [document(allow(resource="arn:aws:s3:${aws:RequestedRegion}::b"))],
        (),
    ),
    "variable in a condition": (
        [document(allow(Condition={"StringEquals": {"s3:prefix": "${aws:PrincipalTag/team}"}}))],
        ("s3:prefix", "aws:PrincipalTag/team"),
    ),
    "variable with a default": (
        [document(allow(resource="arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}"))],
        ("aws:PrincipalTag/team",),
    ),
    "literals in braces": ([document(allow(resource="arn:aws:s3:::b/${*}${?}${$}"))], ()),
    "variable of an operator without": (
        [document(allow(Condition={"NumericEquals": {"a:b": "${c:d}"}}))],
        ("a:b",),
    ),
    "unknown operator": (
        [document(allow(Condition={"StringSounds": {"a:b": "${c:d}"}}))],
        ("a:b",),
    ),
    "variables of the old version": (
        [document(allow(resource=HOME), version="2008-10-17")],
        (),
    ),
    "one key in several spellings": (
        [
            document(allow(Condition={"StringEquals": {"AWS:UserName": "x"}})),
            document(allow(resource=HOME)),
        ],
        ("AWS:UserName",),
    ),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_other_keys_are_referenced(name: str) -> None:
    """Keys of conditions and of policy variables, each once, in the documents' order."""
    documents, expected = REFERENCES[name]
    assert referenced_keys(documents) == expected


def test_unreadable_document_has_keys() -> None:
    """What is no policy document has no keys, and says why."""
    with pytest.raises(MalformedPolicy, match="not-json"):
        referenced_keys(["{"])
