"""Read the table of judged calls: who calls with which policies, what, and what the service says.

A file is ``{"topic", "refusal", "setup", "cases"}``; its topic is its name, ``refusal`` (optional)
are the code and the status that its refusals have in common, ``setup`` (optional) is done for every
case. A case is

* ``name``: a sentence
* ``policies``: statements of the inline policy of the role, or of the user
* ``role``: ``tags`` (a map), ``path``, ``attached`` (ARNs of managed policies of AWS, or
  statements), ``boundary`` (the ARN of such a policy, or statements), ``trust`` (statements)
* ``pod``: ``namespace``, ``service_account``, ``pod_name``, ``policy`` (statements; session tags
  are then off), ``tags: false``; this is who calls unless the case has one of the next three
* ``session``: arguments of AssumeRole: the administrator assumes the role, and that session calls
* ``user``: ``groups`` (a map from names to statements) and ``tags``: a user calls, not a role
* ``nobody: true``: the call is not signed
* ``setup``: what the administrator does once the role is there; ``after``: once the caller is
* ``call``: the call that is judged
* ``word``: what is decided; ``code``, ``status`` and ``message`` of a refusal, or ``says``, the
  part of the message after "User: … is not authorized to perform: "
* ``answers``: the code of the error that an allowed call gets from moto, which does not know what
  AWS would then answer

What is done is ``{"service.Operation": parameters}``, with the account (of the administrator) or
the region beside it where they are not the usual ones, and ``save``, a map from names to paths in
the answer: ``<NAME>`` in any later text stands for what was saved. ``<role>`` and ``<caller>`` are
ARNs, and ``<any>`` in a message is any text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from moto_eks_podid.policy import Word

FOLDER = Path(__file__).parent / "cases"
NOT_AUTHORIZED = "User: <caller> is not authorized to perform: "

_FILE_FIELDS = {"topic", "refusal", "setup", "cases"}
_CALLERS = ("pod", "session", "user", "nobody")
_REFUSAL_FIELDS = {"code", "status"}
_CASE_FIELDS = {
    *("name", "policies", "role", "setup", "after", "call", "word", "message", "says", "answers"),
    *_REFUSAL_FIELDS,
    *_CALLERS,
}
_ROLE_FIELDS = {"tags", "path", "attached", "boundary", "trust"}
_POD_FIELDS = {"namespace", "service_account", "pod_name", "policy", "tags"}
_USER_FIELDS = {"groups", "tags"}
_STEP_FIELDS = {"account", "region", "save"}

Json = dict[str, Any]


class BadCase(ValueError):
    """A file of the table is not written as it has to be."""


@dataclass(frozen=True)
class Step:
    """One API call."""

    service: str
    operation: str
    parameters: Json
    account: str | None = None
    region: str | None = None
    save: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """What a refused caller reads."""

    code: str
    status: int
    message: str


@dataclass(frozen=True)
class Case:
    """A judged call and what comes of it."""

    topic: str
    name: str
    policies: list[Json]
    role: Json
    #: One of ``pod``, ``session``, ``user`` and ``nobody``.
    caller: str
    caller_options: Json
    setup: tuple[Step, ...]
    after: tuple[Step, ...]
    call: Step
    word: Word
    refusal: Refusal | None
    answers: str | None

    def __str__(self) -> str:
        return f"{self.topic}: {self.name}"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML without repeated names."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        names = [key.value for key, _ in node.value]
        if len(set(names)) < len(names):
            raise BadCase(f"a name is there twice: {names}")
        return super().construct_mapping(node, deep)


def read_cases(folder: Path = FOLDER) -> list[Case]:
    """Return all cases; names are unique.

    :raises BadCase: for a file with an unknown or missing field, or a repeated name
    """
    cases: list[Case] = []
    for path in sorted(folder.glob("*.yaml")):
        content = yaml.load(path.read_text(), _Loader)
        if content.get("topic") != path.stem:
            raise BadCase(f"{path}: the topic is the name of the file")
        cases += read_file(content)
    seen: set[str] = set()
    for case in cases:
        if str(case) in seen:
            raise BadCase(f"{case} is there twice")
        seen.add(str(case))
    return cases


def read_file(content: Json) -> Iterator[Case]:
    """Yield the cases of one file's content."""
    topic = str(content.get("topic"))
    _only(content, _FILE_FIELDS, {"topic", "cases"}, topic)
    common = content.get("refusal", {})
    _only(common, _REFUSAL_FIELDS, set(), topic)
    setup = content.get("setup", [])
    for entry in content["cases"]:
        yield _case(topic, {**entry, "setup": [*setup, *entry.get("setup", [])]}, common)


def _case(topic: str, entry: Json, common: Json) -> Case:
    place = f"{topic}, {entry.get('name')!r}"
    _only(entry, _CASE_FIELDS, {"name", "call", "word"}, place)
    callers = [kind for kind in _CALLERS if kind in entry]
    if len(callers) > 1:
        raise BadCase(f"{place}: one caller, not {callers}")
    caller = callers[0] if callers else "pod"
    options = entry.get(caller, {})
    known = {"pod": _POD_FIELDS, "user": _USER_FIELDS}.get(caller)
    if known is not None:
        _only(options, known, set(), place)
    role = entry.get("role", {})
    _only(role, _ROLE_FIELDS, set(), place)
    word = Word(entry["word"])
    return Case(
        topic,
        entry["name"],
        entry.get("policies", []),
        role,
        caller,
        options if known or caller == "session" else {},
        tuple(_step(step, place) for step in entry["setup"]),
        tuple(_step(step, place) for step in entry.get("after", [])),
        _step(entry["call"], place),
        word,
        None if word is Word.ALLOWED else _refusal({**common, **entry}, place),
        _of_allowed(entry, place) if word is Word.ALLOWED else None,
    )


def _of_allowed(entry: Json, place: str) -> str | None:
    if wrong := {"message", "says", *_REFUSAL_FIELDS} & set(entry):
        raise BadCase(f"{place}: what is allowed has no {sorted(wrong)}")
    answers: str | None = entry.get("answers")
    return answers


def _refusal(entry: Json, place: str) -> Refusal:
    if "answers" in entry or bool(entry.get("message")) is bool(entry.get("says")):
        raise BadCase(f"{place}: what is refused has a message, or says something")
    message = entry.get("message") or NOT_AUTHORIZED + entry["says"]
    try:
        return Refusal(entry["code"], entry["status"], message)
    except KeyError as missing:
        raise BadCase(f"{place}: the refusal has no {missing}") from None


def _step(entry: Json, place: str) -> Step:
    calls = [name for name in entry if name not in _STEP_FIELDS]
    if len(calls) != 1 or calls[0].count(".") != 1:
        raise BadCase(f"{place}: {entry} is not one call")
    service, _, operation = calls[0].partition(".")
    options = {name: entry[name] for name in _STEP_FIELDS if name in entry}
    return Step(service, operation, entry[calls[0]] or {}, **options)


def _only(entry: Json, known: set[str], required: set[str], place: str) -> None:
    wrong = sorted((set(entry) - known) | (required - set(entry)))
    if wrong:
        raise BadCase(f"{place}: unknown or missing {wrong}")
