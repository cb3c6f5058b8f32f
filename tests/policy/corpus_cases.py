"""Read the corpus: policies and requests with the outcome that AWS's documentation asks for.

A file is ``{"topic", "request", "policies", "cases"}``: ``request`` (optional) is what the requests
of the file have in common, ``policies`` (optional) are documents that cases use by name. A case is
``{"name", "request", "identity", "resource", "session", "boundary", "condition", "expect",
"decided_by"}``. All but name and expect are optional, ``condition`` is short for one identity
policy that allows everything under that condition, and ``expect`` may be ``malformed`` too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto_eks_podid.policy import MalformedPolicy, Request, Word, evaluate

FOLDER = Path(__file__).parent / "corpus"
MALFORMED = "malformed"

_FILE_FIELDS = {"topic", "request", "policies", "cases"}
_POLICY_FIELDS = ("identity", "resource", "session", "boundary")
_CASE_FIELDS = {"name", "request", "condition", "expect", "decided_by", *_POLICY_FIELDS}
_REQUEST_FIELDS = set(Request._fields)
_EXPECTED = {MALFORMED, *(word.value for word in Word)}
_DECIDED_BY = {None, *_POLICY_FIELDS}


class BadCase(ValueError):
    """A file of the corpus is not written as it has to be."""


@dataclass(frozen=True)
class Case:
    """One policy question and its answer."""

    topic: str
    name: str
    request: Request
    policies: dict[str, Any]
    expect: str
    #: Empty when the case does not say which kind of policy decides.
    decided_by: tuple[str | None, ...]

    def __str__(self) -> str:
        return f"{self.topic}: {self.name}"

    def outcome(self) -> tuple[str, tuple[str | None, ...]]:
        """Return what happens, in the terms of ``expect`` and ``decided_by``."""
        try:
            decision = evaluate(self.request, **self.policies)
        except MalformedPolicy:
            return MALFORMED, ()
        by = decision.decided_by
        named = None if by is None else str(by)
        return decision.word.value, (named,) if self.decided_by else ()


def read_corpus(folder: Path = FOLDER) -> list[Case]:
    """Return all cases; names are unique.

    :raises BadCase: for a file with an unknown or missing field, a repeated name, a policy that
        is not there or not used
    """
    cases: list[Case] = []
    for path in sorted(folder.glob("*/*.json")):
        content = json.loads(path.read_text(), object_pairs_hook=_members)
        if content.get("topic") != path.parent.name:
            raise BadCase(f"{path}: the topic is the name of the folder")
        cases += read_file(content, str(path.relative_to(folder)))
    seen: set[str] = set()
    for case in cases:
        if str(case) in seen:
            raise BadCase(f"{case} is there twice")
        seen.add(str(case))
    return cases


def read_file(content: dict[str, Any], where: str = "the file") -> Iterator[Case]:
    """Yield the cases of one file's content."""
    _only(content, _FILE_FIELDS, {"topic", "cases"}, where)
    policies = content.get("policies", {})
    unused = set(policies)
    for entry in content["cases"]:
        place = f"{where}, {entry.get('name')!r}"
        _only(entry, _CASE_FIELDS, {"name", "expect"}, place)
        request = {**content.get("request", {}), **entry.get("request", {})}
        _only(request, _REQUEST_FIELDS, {"principal", "action", "resource"}, place)
        if entry["expect"] not in _EXPECTED or entry.get("decided_by") not in _DECIDED_BY:
            raise BadCase(f"{place}: no such outcome")
        given = {name: entry[name] for name in _POLICY_FIELDS if name in entry}
        if "condition" in entry:
            if "identity" in given:
                raise BadCase(f"{place}: condition is short for identity")
            given["identity"] = [_allow_all(entry["condition"])]
        elif not given:
            raise BadCase(f"{place}: no policy at all; write an empty identity if that is meant")
        unused -= set(_names(list(given.values())))
        yield Case(
            content["topic"],
            entry["name"],
            Request(**request),
            {name: _resolve(value, policies, place) for name, value in given.items()},
            entry["expect"],
            (entry["decided_by"],) if "decided_by" in entry else (),
        )
    if unused:
        raise BadCase(f"{where}: no case uses {sorted(unused)}")


def _allow_all(condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _names(value: Any) -> Iterator[str]:
    """Yield the names of policies, which are texts where a policy could stand."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)


def _resolve(value: Any, policies: dict[str, Any], place: str) -> Any:
    if isinstance(value, list):
        return [_resolve(item, policies, place) for item in value]
    if not isinstance(value, str):
        return value
    if value not in policies:
        raise BadCase(f"{place}: there is no policy {value!r}")
    return policies[value]


def _only(entry: dict[str, Any], known: set[str], required: set[str], place: str) -> None:
    wrong = sorted((set(entry) - known) | (required - set(entry)))
    if wrong:
        raise BadCase(f"{place}: unknown or missing {wrong}")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise BadCase(f"a name is there twice: {[name for name, _ in pairs]}")
    return members
