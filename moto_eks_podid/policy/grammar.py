"""What AWS refuses to store, and what it stores although it hardly means what it says.

Shape apart (a document of the wrong shape is malformed whatever it is for), the rules depend on
what the document is for. Follows "Grammar of the IAM JSON policy language", the pages of the single
policy elements, and "IAM Access Analyzer policy check reference" (IAM User Guide).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from .findings import Finding, MalformedPolicy, Severity
from .operators import Quantifier, read_operator
from .patterns import Variable, read_template
from .shape import (
    VARIABLES_VERSION,
    ConditionShape,
    DocumentShape,
    NamedPrincipals,
    StatementShape,
    read_document,
)

Kind: TypeAlias = Literal["identity", "resource", "trust", "session", "boundary"]

#: Kinds whose documents hang on an identity, or on a session of one.
_OF_IDENTITIES: Final = frozenset({"identity", "session", "boundary"})

_ACTION: Final = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_SID: Final = re.compile(r"[A-Za-z0-9]*")
_ARN: Final = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+", re.DOTALL)
_AWS_PRINCIPAL: Final = re.compile(
    r"\*|[0-9]{12}|A[A-Z]{3}[A-Z0-9]{12,124}|arn:[^:*?]+:(?:iam|sts)::[0-9A-Za-z-]+:[^:*?]+"
)


def validate(source: str | bytes | Mapping[str, Any], *, kind: Kind = "identity") -> list[Finding]:
    """Check a document against everything that AWS checks when it stores one.

    :param source: JSON text (bytes in UTF-8) or a mapping
    :param kind: what the document is for
    :returns: findings, in the document's order; empty when there is nothing to say
    """
    try:
        document = read_document(source)
    except MalformedPolicy as malformed:
        return list(malformed.findings)
    return list(_document_findings(document, kind))


def _error(code: str, path: str, message: str) -> Finding:
    return Finding(Severity.ERROR, code, path, message)


def _warning(code: str, path: str, message: str) -> Finding:
    return Finding(Severity.WARNING, code, path, message)


def _document_findings(document: DocumentShape, kind: Kind) -> Iterator[Finding]:
    for name in document.repeated:
        yield _warning(
            "repeated-name", "$", f"{name!r} stands twice in one object; the last counts."
        )
    if not document.statements:
        yield _error("no-statement", "$.Statement", "The document has no statement.")
    sids = Counter(one.sid for one in document.statements if one.sid)
    for statement in document.statements:
        if statement.sid and sids[statement.sid] > 1:
            message = "Statement IDs (SID) in a single policy must be unique."
            yield _error("repeated-sid", f"{statement.path}.Sid", message)
        for rule in _RULES:
            yield from rule(statement, kind)
        for condition in statement.conditions:
            yield from _condition(condition, statement, document.version)


def _sid(statement: StatementShape, kind: Kind) -> Iterator[Finding]:
    if kind != "resource" and statement.sid and not _SID.fullmatch(statement.sid):
        message = "Statement IDs (SID) must be alpha-numeric."
        yield _error("sid", f"{statement.path}.Sid", message)


def _actions(statement: StatementShape, kind: Kind) -> Iterator[Finding]:
    for action in statement.action.values:
        path = statement.action.path
        if not _ACTION.fullmatch(action):
            yield _error("action", path, f"{action!r} is neither vendor:action nor *.")
        elif kind == "trust" and action != "*" and not action.lower().startswith("sts:"):
            message = "AssumeRole policy may only specify STS AssumeRole actions."
            yield _error("trust-action", path, message)


def _resources(statement: StatementShape, kind: Kind) -> Iterator[Finding]:
    resource = statement.resource
    if resource is None:
        if kind in _OF_IDENTITIES:
            message = "Policy statement must contain resources."
            yield _error("no-resource", statement.path, message)
        return
    if kind == "trust":
        yield _error("trust-resource", resource.path, "Has prohibited field Resource.")
        return
    for value in resource.values:
        if value != "*" and not _ARN.fullmatch(value):
            message = f'Resource {value} must be in ARN format or "*".'
            yield _error("resource", resource.path, message)


def _principals(statement: StatementShape, kind: Kind) -> Iterator[Finding]:
    principal = statement.principal
    if kind in _OF_IDENTITIES:
        if principal is not None:
            message = "Policy document should not specify a principal."
            yield _error("principal-not-allowed", principal.path, message)
        return
    if principal is None:
        message = "Missing required field Principal."
        yield _error("no-principal", statement.path, message)
        return
    yield from _principal_names(principal)
    if principal.inverted and statement.effect == "Allow":
        message = "NotPrincipal with Allow lets in everybody else, anonymous callers included."
        yield _warning("not-principal-allow", principal.path, message)


def _principal_names(principal: NamedPrincipals) -> Iterator[Finding]:
    for kind, names in principal.names.items():
        path = principal.path if names == ("*",) else f"{principal.path}.{kind}"
        for name in names:
            if kind == "AWS":
                if not _AWS_PRINCIPAL.fullmatch(name):
                    yield _error("principal", path, f"Invalid principal in policy: {name!r}.")
            elif "*" in name or "?" in name:
                message = f"A {kind} principal is matched exactly; {name!r} matches none."
                yield _error("principal", path, message)


_RULES: Final[tuple[Callable[[StatementShape, Kind], Iterable[Finding]], ...]] = (
    _sid,
    _principals,
    _actions,
    _resources,
)


def _condition(
    condition: ConditionShape, statement: StatementShape, version: str
) -> Iterator[Finding]:
    usage = read_operator(condition.operator)
    if usage is None:
        message = f"Invalid Condition type : {condition.operator}."
        yield _error("unknown-operator", condition.path, message)
        return
    if ":" not in condition.key:
        message = f"The condition key {condition.key!r} has no vendor prefix."
        yield _error("condition-key", condition.path, message)
    row = usage.operator
    for value in condition.values:
        pattern = read_template(value, wildcards=row.wildcards, variables=row.variables)
        has_variable = any(isinstance(piece, Variable) for piece in pattern)
        if has_variable and version != VARIABLES_VERSION:
            message = f"Policy variables need Version {VARIABLES_VERSION}; this is plain text."
            yield _warning("variables-off", condition.path, message)
        elif not row.variables and not row.compare([(value,)])[1]:
            message = f"{value!r} is not a value that {row.name} can compare, so it never matches."
            yield _warning("malformed-value", condition.path, message)
    if usage.quantifier is Quantifier.ALL and statement.effect == "Allow":
        message = "ForAllValues with Allow also allows requests without the key."
        yield _warning("for-all-values-allow", condition.path, message)
