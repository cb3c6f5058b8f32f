"""The corpus of policy cases: JSON files, a folder for each topic, a list of cases in each file.

The loader is strict, so that a misspelt field fails instead of testing less than it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto_eks_podid.policy import Decision, Request, Word, evaluate

CORPUS = Path(__file__).parent / "cases"

_POLICIES = frozenset({"identity", "resource", "session", "boundary"})
_CASE = frozenset({"id", "name", "request", "expected"})
_OPTIONAL = _POLICIES | {"decided_by"}
_REQUEST = frozenset({"principal", "action", "resource"})
_OPTIONAL_REQUEST = frozenset(
    {
        "context",
        "resource_account",
        "principal_role_arn",
        "principal_id",
        "canonical_user_id",
    }
)
_DECIDED_BY = frozenset({"identity", "resource", "session", "boundary"})


class BadCase(ValueError):
    """A case that does not say what it seems to say."""


@dataclass(frozen=True)
class Case:
    """One request under some policies, with the word that AWS's rules give it."""

    topic: str
    id: str
    name: str
    request: Request
    policies: dict[str, Any]
    expected: Word
    decided_by: str | None

    def decide(self) -> Decision:
        return evaluate(self.request, **self.policies)


def read_case(topic: str, source: dict[str, Any]) -> Case:
    """Read one case; raises BadCase for a field that is missing, unknown or out of range."""
    _check_fields(source, _CASE, _OPTIONAL)
    _check_fields(source["request"], _REQUEST, _OPTIONAL_REQUEST)
    if source["expected"] not in list(Word):
        raise BadCase(f"no such word: {source['expected']}")
    decided_by = source.get("decided_by")
    if decided_by is not None and decided_by not in _DECIDED_BY:
        raise BadCase(f"no such kind of policy: {decided_by}")
    return Case(
        topic=topic,
        id=source["id"],
        name=source["name"],
        request=Request(**source["request"]),
        policies={name: source[name] for name in _POLICIES if name in source},
        expected=Word(source["expected"]),
        decided_by=decided_by,
    )


def _check_fields(source: dict[str, Any], needed: Iterable[str], optional: Iterable[str]) -> None:
    missing = set(needed) - set(source)
    unknown = set(source) - set(needed) - set(optional)
    if missing or unknown:
        raise BadCase(f"missing {sorted(missing)}, unknown {sorted(unknown)}")


def load_corpus() -> Iterator[Case]:
    """Every case of every file."""
    for path in sorted(CORPUS.rglob("*.json")):
        for source in json.loads(path.read_text(encoding="utf-8")):
            yield read_case(path.parent.name, source)
