"""What validate reports about a document, where, and for which kind of document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moto_eks_podid.policy import Document, Kind, MalformedPolicy, validate

FINE: dict[Kind, dict[str, Any]] = {
    "identity": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
    "session": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    "boundary": {"Effect": "Deny", "NotAction": "iam:*", "NotResource": "arn:aws:iam::*:role/a"},
    "resource": {
        "Sid": "with a space",
        "Effect": "Allow",
        "Principal": {"AWS": ["111122223333", "AROAEXAMPLEROLE000001"]},
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::b/${aws:username}",
    },
    "trust": {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "shop"}},
    },
}

#: (kind, what to change in the fine statement, severity, code, where); None removes an element.
STATEMENT_FINDINGS: list[tuple[Kind, dict[str, Any], str, str, str]] = [
    ("identity", {"Effect": "allow"}, "error", "effect", ".Effect"),
    ("identity", {"Effect": None}, "error", "effect", ".Effect"),
    ("identity", {"Action": None}, "error", "no-action", ""),
    ("identity", {"NotAction": "s3:*"}, "error", "both", ""),
    ("identity", {"NotResource": "*"}, "error", "both", ""),
    ("identity", {"Action": []}, "error", "not-text", ".Action"),
    ("identity", {"Action": ["s3:GetObject", 5]}, "error", "not-text", ".Action"),
    ("identity", {"Resources": "*"}, "error", "unknown-element", ""),
    ("identity", {"Condition": []}, "error", "condition", ".Condition"),
    (
        "identity",
        {"Condition": {"Bool": {"aws:k": None}}},
        "error",
        "condition",
        ".Condition.Bool.aws:k",
    ),
    ("identity", {"Condition": {"Bool": "x"}}, "error", "condition", ".Condition.Bool"),
    ("identity", {"Sid": 5}, "error", "not-text", ".Sid"),
    ("identity", {"Sid": "not alphanumeric"}, "error", "sid", ".Sid"),
    ("identity", {"Action": "GetObject"}, "error", "action", ".Action"),
    ("identity", {"Action": "s3:Get[Object]"}, "error", "action", ".Action"),
    ("identity", {"Resource": None}, "error", "no-resource", ""),
    ("identity", {"Resource": "b/*"}, "error", "resource", ".Resource"),
    ("identity", {"Resource": "arn:aws:s3"}, "error", "resource", ".Resource"),
    ("identity", {"Principal": "*"}, "error", "principal-not-allowed", ".Principal"),
    ("session", {"Principal": "*"}, "error", "principal-not-allowed", ".Principal"),
    ("boundary", {"NotResource": None}, "error", "no-resource", ""),
    (
        "identity",
        {"Condition": {"StringMatches": {"aws:k": "x"}}},
        "error",
        "unknown-operator",
        ".Condition.StringMatches.aws:k",
    ),
    (
        "identity",
        {"Condition": {"StringEquals": {"k": "x"}}},
        "error",
        "condition-key",
        ".Condition.StringEquals.k",
    ),
    (
        "identity",
        {"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "10.0.0.0/99"]}}},
        "warning",
        "malformed-value",
        ".Condition.IpAddress.aws:SourceIp",
    ),
    (
        "identity",
        {"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}},
        "warning",
        "for-all-values-allow",
        ".Condition.ForAllValues:StringEquals.aws:TagKeys",
    ),
    ("resource", {"Principal": None}, "error", "no-principal", ""),
    ("resource", {"Principal": "somebody"}, "error", "principal", ".Principal"),
    ("resource", {"Principal": {}}, "error", "principal", ".Principal"),
    ("resource", {"Principal": {"Aws": "*"}}, "error", "unknown-element", ".Principal"),
    (
        "resource",
        {"Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}},
        "error",
        "principal",
        ".Principal.AWS",
    ),
    ("resource", {"Principal": {"Service": "*"}}, "error", "principal", ".Principal"),
    (
        "resource",
        {"Principal": None, "NotPrincipal": {"AWS": "111122223333"}},
        "warning",
        "not-principal-allow",
        ".NotPrincipal",
    ),
    ("trust", {"Resource": "*"}, "error", "trust-resource", ".Resource"),
    ("trust", {"Principal": None}, "error", "no-principal", ""),
    ("trust", {"Action": "s3:GetObject"}, "error", "trust-action", ".Action"),
]


@pytest.mark.parametrize("kind", FINE)
def test_fine_document_has_findings(kind: Kind) -> None:
    """A document that AWS stores has no findings."""
    assert validate({"Version": "2012-10-17", "Statement": FINE[kind]}, kind=kind) == []


@pytest.mark.parametrize(
    ("kind", "change", "severity", "code", "where"),
    STATEMENT_FINDINGS,
    ids=[f"{row[0]}-{row[3]}-{number}" for number, row in enumerate(STATEMENT_FINDINGS)],
)
def test_finding_is_missing_or_misplaced(
    kind: Kind, change: dict[str, Any], severity: str, code: str, where: str
) -> None:
    """Each mistake in a statement is found once, with its path and its severity."""
    statement = {k: v for k, v in {**FINE[kind], **change}.items() if v is not None}
    source = {"Version": "2012-10-17", "Statement": [FINE[kind] | {"Sid": "Fine"}, statement]}
    found = [(str(one.severity), one.code, one.path) for one in validate(source, kind=kind)]
    assert found == [(severity, code, f"$.Statement[1]{where}")]


@pytest.mark.parametrize(
    ("source", "severity", "code", "path"),
    [
        ("nonsense", "error", "not-json", "$"),
        ({"Statement": [], "Version": "2012-10-17"}, "error", "no-statement", "$.Statement"),
        ({"Version": "2012-10-17"}, "error", "no-statement", "$"),
        ({"Statement": ["x"]}, "error", "not-an-object", "$.Statement[0]"),
        ({"Statement": FINE["identity"], "Version": "2020"}, "error", "version", "$.Version"),
        ({"Statement": FINE["identity"], "Name": "x"}, "error", "unknown-element", "$"),
        ({"Statement": FINE["identity"], "Id": 5}, "error", "not-text", "$.Id"),
    ],
)
def test_document_finding_is_missing(source: Any, severity: str, code: str, path: str) -> None:
    """Each mistake in a document is found, with its path."""
    found = [(str(one.severity), one.code, one.path) for one in validate(source)]
    assert found == [(severity, code, path)]


def test_sid_stands_twice() -> None:
    """Two statements of one Sid are two errors, one at each."""
    statement = {**FINE["identity"], "Sid": "Same"}
    findings = validate({"Statement": [statement, statement]})
    assert [(one.code, one.path) for one in findings] == [
        ("repeated-sid", "$.Statement[0].Sid"),
        ("repeated-sid", "$.Statement[1].Sid"),
    ]


def test_member_stands_twice() -> None:
    """A member that one JSON object has twice is a warning; the last one counts."""
    text = '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    assert [(one.severity, one.code) for one in validate(text)] == [("warning", "repeated-name")]
    assert Document.parse(text).statements[0].effect == "Allow"


def test_variables_in_an_old_version() -> None:
    """A policy variable in version 2008-10-17 is plain text, which deserves a warning."""
    condition = {"StringEquals": {"aws:k": "${aws:username}"}}
    findings = validate({"Statement": {**FINE["identity"], "Condition": condition}})
    assert [(one.severity, one.code) for one in findings] == [("warning", "variables-off")]


def test_all_findings_are_in_the_exception() -> None:
    """A malformed document's exception carries every finding, and its text names them."""
    with pytest.raises(MalformedPolicy) as caught:
        Document.parse({"Version": "1", "Statement": [{"Effect": "Maybe", "Action": "s3:*"}]})
    assert [one.code for one in caught.value.findings] == ["version", "effect"]
    assert "$.Statement[0].Effect" in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_grammar_mistake_breaks_evaluation() -> None:
    """What only the grammar forbids (an unknown operator) still parses."""
    condition = {"StringMatches": {"aws:k": "x"}}
    text = json.dumps({"Statement": {**FINE["identity"], "Condition": condition}})
    assert Document.parse(text).statements


def test_text_is_compiled_twice() -> None:
    """The same text is compiled once; a label makes a document of its own that shares the work."""
    text = json.dumps({"Statement": FINE["identity"]})
    first = Document.parse(text)
    assert Document.parse(text) is first
    assert Document.parse(first) is first
    labelled = Document.parse(text, label="arn:aws:iam::111122223333:policy/p")
    assert labelled.statements is first.statements
    assert first.label is None
