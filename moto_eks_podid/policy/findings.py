"""What is wrong with a policy document: the grammar's rules, and the findings about broken ones.

Follows "Grammar of the IAM JSON policy language" (IAM User Guide).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeAlias

from .operators import parse_operator

Kind: TypeAlias = Literal["identity", "resource", "trust", "session", "boundary"]

VERSIONS = ("2008-10-17", "2012-10-17")
_DOCUMENT_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_PRINCIPAL_KINDS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
_SCALARS = (str, int, float)


class Severity(str, Enum):
    """Whether a finding stops the document from being used."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: ``code`` is a word for it, ``path`` the JSON path of where."""

    severity: Severity
    code: str
    path: str
    message: str


def _error(code: str, path: str, message: str) -> Finding:
    return Finding(Severity.ERROR, code, path, message)


def check_structure(document: Any) -> Iterator[Finding]:
    """Yield what keeps a document from being compiled, whatever kind of policy it is."""
    if not isinstance(document, Mapping):
        yield _error("not-an-object", "$", "A policy is a JSON object")
        return
    for name in document:
        if name not in _DOCUMENT_ELEMENTS:
            yield _error("unknown-element", f"$.{name}", f"There is no policy element {name!r}")
    if "Version" in document and document["Version"] not in VERSIONS:
        yield _error("version", "$.Version", f"Version is one of {', '.join(VERSIONS)}")
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        yield from _check_statement(statements, "$.Statement")
    elif isinstance(statements, list) and statements:
        for index, statement in enumerate(statements):
            yield from _check_statement(statement, f"$.Statement[{index}]")
    else:
        yield _error("no-statement", "$.Statement", "A policy has at least one statement")


def _check_statement(statement: Any, path: str) -> Iterator[Finding]:
    if not isinstance(statement, Mapping):
        yield _error("not-an-object", path, "A statement is a JSON object")
        return
    for name in statement:
        if name not in _STATEMENT_ELEMENTS:
            yield _error("unknown-element", f"{path}.{name}", f"There is no element {name!r}")
    if "Sid" in statement and not isinstance(statement["Sid"], str):
        yield _error("sid", f"{path}.Sid", "A Sid is a string")
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield _error("effect", f"{path}.Effect", "Effect is Allow or Deny")
    for positive, negative, required in (
        ("Action", "NotAction", True),
        ("Resource", "NotResource", False),
        ("Principal", "NotPrincipal", False),
    ):
        present = [name for name in (positive, negative) if name in statement]
        if len(present) > 1 or (required and not present):
            yield _error(
                positive.lower(),
                path,
                f"A statement has {'exactly' if required else 'at most'} one of "
                f"{positive} and {negative}",
            )
        for name in present:
            if positive == "Principal":
                yield from _check_principal(statement[name], f"{path}.{name}")
            elif not _is_texts(statement[name]):
                yield _error(
                    positive.lower(), f"{path}.{name}", f"{name} is a string or a list of strings"
                )
    if "Condition" in statement:
        yield from _check_condition(statement["Condition"], f"{path}.Condition")


def _is_texts(value: Any) -> bool:
    if isinstance(value, str):
        return True
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _check_principal(element: Any, path: str) -> Iterator[Finding]:
    if element == "*":
        return
    if not isinstance(element, Mapping) or not element:
        yield _error("principal", path, 'A principal is "*" or an object')
        return
    for kind, names in element.items():
        if kind not in _PRINCIPAL_KINDS:
            yield _error("principal", f"{path}.{kind}", f"There is no kind of principal {kind!r}")
        elif not _is_texts(names):
            yield _error("principal", f"{path}.{kind}", "Names are a string or a list of strings")


def _check_condition(element: Any, path: str) -> Iterator[Finding]:
    if not isinstance(element, Mapping):
        yield _error("condition", path, "Condition is a JSON object")
        return
    for operator, keys in element.items():
        here = f"{path}.{operator}"
        if parse_operator(operator) is None:
            # IAM refuses it when the policy is stored; a stored one never matches.
            message = f"There is no operator {operator!r}"
            yield Finding(Severity.WARNING, "unknown-operator", here, message)
        if not isinstance(keys, Mapping):
            yield _error("condition", here, "An operator has an object of keys and values")
            continue
        for key, values in keys.items():
            several = values if isinstance(values, list) else [values]
            if not all(isinstance(value, _SCALARS) for value in several):
                yield _error(
                    "condition", f"{here}.{key}", "Values are strings, numbers or booleans"
                )


def check_kind(document: Mapping[str, Any], kind: Kind) -> Iterator[Finding]:
    """Yield what a policy of that kind must have or must not have, for a well-formed document."""
    statements = document["Statement"]
    for index, statement in enumerate(statements if isinstance(statements, list) else [statements]):
        path = f"$.Statement[{index}]"
        has_principal = "Principal" in statement or "NotPrincipal" in statement
        has_resource = "Resource" in statement or "NotResource" in statement
        if kind in ("resource", "trust") and not has_principal:
            yield _error("no-principal", path, f"A {kind} policy names its principals")
        if kind not in ("resource", "trust") and has_principal:
            yield _error("principal", path, f"A {kind} policy has no Principal")
        if kind == "trust" and has_resource:
            yield _error("resource", path, "A trust policy has no Resource: it is the role's")
        if kind != "trust" and not has_resource:
            yield _error("no-resource", path, f"A {kind} policy names its resources")
