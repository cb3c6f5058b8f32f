"""Why a decision came out as it did: which policy, which statement, which condition, which value.

A decision keeps what it was made from, so the explanation is worked out only when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from .conditions import Condition
from .document import Document, Statement
from .evaluate import PolicyKind, Word
from .request import Facts

if TYPE_CHECKING:
    from .evaluate import Decision
    from .patterns import Context


class Outcome(str, Enum):
    """Whether a statement applied, and if not, its first element that did not."""

    APPLIES = "applies"
    OTHER_PRINCIPAL = "names another principal"
    OTHER_ACTION = "is about another action"
    OTHER_RESOURCE = "is about another resource"
    CONDITION_FAILED = "has a condition that does not hold"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """One comparison.

    :param wanted: the policy's values, variables filled in
    :param actual: the request's values; None when it has no such key
    """

    operator: str
    key: str
    wanted: tuple[str, ...]
    actual: tuple[str, ...] | None
    holds: bool

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ConditionResult:
        """Read what JSON makes of :func:`dataclasses.asdict`."""
        actual = values["actual"]
        return cls(
            **{
                **values,
                "wanted": tuple(values["wanted"]),
                "actual": None if actual is None else tuple(actual),
            }
        )

    def __str__(self) -> str:
        actual = "absent" if self.actual is None else _listed(self.actual)
        verdict = "holds" if self.holds else "does not hold"
        return f"{self.operator} {self.key}: {actual} against {_listed(self.wanted)} {verdict}"


@dataclass(frozen=True, slots=True)
class StatementResult:
    """What became of one statement.

    :param policy: the kind of policy it is in
    :param policy_index: which of the policies of that kind, from 0
    :param policy_label: the document's label, if it has one
    :param index: its place in the document, from 0
    :param conditions: what was compared; empty unless action, resource and principal matched
    """

    policy: PolicyKind
    policy_index: int
    policy_label: str | None
    index: int
    sid: str | None
    effect: str
    outcome: Outcome
    conditions: tuple[ConditionResult, ...] = ()

    @property
    def place(self) -> str:
        """Where the statement stands, for people."""
        policy = self.policy_label or f"{self.policy} policy {self.policy_index}"
        sid = "" if self.sid is None else f" ({self.sid})"
        return f"{policy}, statement {self.index}{sid}"

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> StatementResult:
        """Read what JSON makes of :func:`dataclasses.asdict`."""
        return cls(
            **{
                **values,
                "policy": PolicyKind(values["policy"]),
                "outcome": Outcome(values["outcome"]),
                "conditions": tuple(map(ConditionResult.from_json, values["conditions"])),
            }
        )

    def __str__(self) -> str:
        lines = [f"{self.place}: {self.effect} {self.outcome}"]
        lines += [f"  {condition}" for condition in self.conditions]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its reasons.

    :param deciding: the statements that denied or allowed; none for an implicit deny
    :param statements: every statement of every policy, in the order identity, boundary, session,
        resource
    """

    principal: str | None
    action: str
    resource: str
    word: Word
    decided_by: PolicyKind | None
    deciding: tuple[StatementResult, ...]
    statements: tuple[StatementResult, ...]

    @property
    def near_misses(self) -> tuple[StatementResult, ...]:
        """Statements about this very request that only a condition kept from applying."""
        return tuple(one for one in self.statements if one.outcome is Outcome.CONDITION_FAILED)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Explanation:
        """Read what JSON makes of :func:`dataclasses.asdict`."""
        kind = values["decided_by"]
        return cls(
            **{
                **values,
                "word": Word(values["word"]),
                "decided_by": None if kind is None else PolicyKind(kind),
                "deciding": tuple(map(StatementResult.from_json, values["deciding"])),
                "statements": tuple(map(StatementResult.from_json, values["statements"])),
            }
        )

    def __str__(self) -> str:
        who = self.principal or "an anonymous principal"
        by = "" if self.decided_by is None else f" by the {self.decided_by} policy"
        if self.word is Word.IMPLICITLY_DENIED:
            by = f": no {self.decided_by} policy allows it"
        lines = [f"{self.action} on {self.resource} for {who} is {self.word}{by}"]
        for one in (*self.deciding, *self.near_misses):
            lines += [f"  {line}" for line in str(one).splitlines()]
        return "\n".join(lines)


#: How many values of a condition the text shows.
_SHOWN: Final = 10


def explain(decision: Decision) -> Explanation:
    """Work out the explanation of a decision."""
    results = tuple(_results(decision))
    return Explanation(
        decision.request.principal,
        decision.request.action,
        decision.request.resource,
        decision.word,
        decision.decided_by,
        tuple(one for one in results if _decided(decision, one)),
        results,
    )


def _decided(decision: Decision, result: StatementResult) -> bool:
    effect = "Deny" if decision.word is Word.EXPLICITLY_DENIED else "Allow"
    return (
        decision.word is not Word.IMPLICITLY_DENIED
        and result.policy is decision.decided_by
        and result.effect == effect
        and result.outcome is Outcome.APPLIES
    )


def _results(decision: Decision) -> Iterator[StatementResult]:
    facts = Facts(decision.request)
    bounded = bool(decision.policies.boundary)
    for kind in PolicyKind:
        for number, document in enumerate(decision.policies.of(kind)):
            for statement in document.statements:
                named = kind is not PolicyKind.RESOURCE or _names(statement, facts, bounded)
                yield _result(kind, number, document, statement, facts, named=named)


def _names(statement: Statement, facts: Facts, bounded: bool) -> bool:
    principal = statement.principal
    if principal is None:
        return False
    if statement.effect == "Deny":
        return principal.denies(facts.caller, bounded=bounded)
    return principal.grants(facts.caller) is not None


def _result(
    kind: PolicyKind,
    number: int,
    document: Document,
    statement: Statement,
    facts: Facts,
    *,
    named: bool,
) -> StatementResult:
    conditions: tuple[ConditionResult, ...] = ()
    if not statement.covers_action(facts.action):
        outcome = Outcome.OTHER_ACTION
    elif not statement.covers_resource(facts.resource, facts.context):
        outcome = Outcome.OTHER_RESOURCE
    elif not named:
        outcome = Outcome.OTHER_PRINCIPAL
    else:
        context = facts.context()
        conditions = tuple(_compared(condition, context) for condition in statement.conditions)
        held = all(condition.holds for condition in conditions)
        outcome = Outcome.APPLIES if held else Outcome.CONDITION_FAILED
    return StatementResult(
        kind,
        number,
        document.label,
        statement.index,
        statement.sid,
        statement.effect,
        outcome,
        conditions,
    )


def _compared(condition: Condition, context: Context) -> ConditionResult:
    return ConditionResult(
        condition.operator,
        condition.key,
        condition.wanted(context),
        condition.actual(context),
        condition.test(context),
    )


def _listed(values: tuple[str, ...]) -> str:
    shown = [repr(value) for value in values[:_SHOWN]]
    if len(values) > _SHOWN:
        shown.append(f"and {len(values) - _SHOWN} more")
    return " or ".join(shown) or "no value"
