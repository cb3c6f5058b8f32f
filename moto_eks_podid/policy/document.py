"""Policy documents: read, checked and compiled once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from .conditions import Condition, Test, compile_condition
from .context import Context, as_text
from .findings import Finding, Kind, Severity, check_kind, check_structure
from .patterns import (
    Matcher,
    Part,
    UnresolvedVariable,
    Wildcard,
    glob,
    is_fixed,
    read,
    resolve,
)
from .principals import Principals

#: Far above every limit of IAM; it bounds the work on hostile input.
MAX_LENGTH = 1_048_576

_CACHED_DOCUMENTS = 1024

ResourceTest: TypeAlias = Callable[[str, Context], bool]


class MalformedPolicy(ValueError):
    """A text or object is no policy document; ``findings`` says what is wrong with it."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{finding.path}: {finding.message}" for finding in findings))
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Statement:
    """One compiled statement; a missing element is None."""

    index: int
    sid: str | None
    allows: bool
    action_matches: Matcher
    resource_matches: ResourceTest | None
    principals: Principals | None
    not_principals: Principals | None
    conditions: tuple[Condition, ...]
    #: What the conditions test, without what is only there to explain them.
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A compiled policy. It never changes; share it freely."""

    statements: tuple[Statement, ...]

    @staticmethod
    def parse(policy: str | Mapping[str, Any] | Document) -> Document:
        """Read and compile a policy; a text that was read lately is not read again.

        :param policy: JSON text, the object that it stands for, or what this returned before
        :raises MalformedPolicy: for what is no policy document
        """
        if isinstance(policy, Document):
            return policy
        if isinstance(policy, str):
            return _parse_text(policy)
        return _compile(policy)


@lru_cache(maxsize=_CACHED_DOCUMENTS)
def _parse_text(text: str) -> Document:
    return _compile(_load(text))


def _load(text: str) -> Any:
    if len(text) > MAX_LENGTH:
        raise _malformed("too-long", f"A policy has at most {MAX_LENGTH} characters")
    try:
        return json.loads(text)
    except RecursionError:
        raise _malformed("too-deep", "The policy is nested too deeply") from None
    except ValueError:
        raise _malformed("not-json", "The policy is not JSON") from None


def _malformed(code: str, message: str) -> MalformedPolicy:
    return MalformedPolicy([Finding(Severity.ERROR, code, "$", message)])


def validate(policy: str | Mapping[str, Any], *, kind: Kind = "identity") -> list[Finding]:
    """Return everything that is wrong with a policy of some kind; an empty list when nothing is.

    :param policy: JSON text or the object that it stands for
    :param kind: where the policy is used: that decides about Principal and Resource
    """
    try:
        document = _load(policy) if isinstance(policy, str) else policy
    except MalformedPolicy as malformed:
        return list(malformed.findings)
    findings = list(check_structure(document))
    if not any(finding.severity is Severity.ERROR for finding in findings):
        findings += check_kind(document, kind)
    return findings


def _compile(document: Any) -> Document:
    errors = [entry for entry in check_structure(document) if entry.severity is Severity.ERROR]
    if errors:
        raise MalformedPolicy(errors)
    # Without a Version, a policy is one of 2008-10-17, which has no variables.
    variables = document.get("Version") == "2012-10-17"
    statements = document["Statement"]
    several = statements if isinstance(statements, list) else [statements]
    return Document(
        tuple(
            _compile_statement(index, statement, variables)
            for index, statement in enumerate(several)
        )
    )


def _compile_statement(index: int, statement: Mapping[str, Any], variables: bool) -> Statement:
    principals, not_principals = (
        Principals(statement[name]) if name in statement else None
        for name in ("Principal", "NotPrincipal")
    )
    conditions = tuple(
        compile_condition(
            operator, key, [as_text(value) for value in _several(values)], variables=variables
        )
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )
    return Statement(
        index=index,
        sid=statement.get("Sid"),
        allows=statement["Effect"] == "Allow",
        action_matches=_actions(statement),
        resource_matches=_resources(statement, variables),
        principals=principals,
        not_principals=not_principals,
        conditions=conditions,
        tests=tuple(condition.holds for condition in conditions),
    )


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _actions(statement: Mapping[str, Any]) -> Matcher:
    negated = "NotAction" in statement
    names = _several(statement["NotAction" if negated else "Action"])
    patterns = [read(name.lower(), variables=False, wildcards=True) for name in names]
    literal = frozenset("".join(parts) for parts in patterns if not _has_wildcard(parts))  # type: ignore[arg-type]
    globs = [glob(parts) for parts in patterns if _has_wildcard(parts)]  # type: ignore[arg-type]

    def matches(action: str) -> bool:
        if action in literal:
            return not negated
        for fits in globs:
            if fits(action):
                return not negated
        return negated

    return matches


def _has_wildcard(parts: Sequence[Part]) -> bool:
    return any(isinstance(part, Wildcard) for part in parts)


def _resources(statement: Mapping[str, Any], variables: bool) -> ResourceTest | None:
    negated = "NotResource" in statement
    if not negated and "Resource" not in statement:
        return None
    names = _several(statement["NotResource" if negated else "Resource"])
    patterns = [read(name, variables=variables, wildcards=True) for name in names]
    # A request for `*` is one for an action that knows no resources: only the policy's `*` means it.
    everything = "*" in names
    fixed = [glob(parts) for parts in patterns if is_fixed(parts)]  # type: ignore[arg-type]
    open_patterns = [parts for parts in patterns if not is_fixed(parts)]

    def matches(resource: str, context: Context) -> bool:
        if resource == "*":
            return everything != negated
        for fits in fixed:
            if fits(resource):
                return not negated
        for parts in open_patterns:
            try:
                if glob(resolve(parts, context))(resource):
                    return not negated
            except UnresolvedVariable:
                if negated:
                    return False
        return negated

    return matches
