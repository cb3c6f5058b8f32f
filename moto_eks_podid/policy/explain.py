"""Why a decision came out as it did: every statement, and what its conditions compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .conditions import Condition
from .document import Statement
from .evaluate import Decision, Question
from .principals import Naming


@dataclass(frozen=True, slots=True)
class ConditionTrace:
    """One condition: what the policy wants of a key, what the request has, and whether it holds."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    found: tuple[str, ...]
    holds: bool


@dataclass(frozen=True, slots=True)
class StatementTrace:
    """One statement of one policy, and how each of its elements bears on the request."""

    policy: str
    policy_index: int
    statement: str
    effect: str
    principal_matches: bool
    action_matches: bool
    resource_matches: bool
    conditions: tuple[ConditionTrace, ...]

    @property
    def applies(self) -> bool:
        """Whether the statement is about this request."""
        return (
            self.principal_matches
            and self.action_matches
            and self.resource_matches
            and all(condition.holds for condition in self.conditions)
        )


def explain(decision: Decision) -> tuple[StatementTrace, ...]:
    """Return the trace of every statement of every policy: resource, boundary, session, identity."""
    question = Question(decision.request, decision.policies.boundary is not None)
    return tuple(_traces(decision, question))


def _traces(decision: Decision, question: Question) -> Iterator[StatementTrace]:
    for kind in ("resource", "boundary", "session", "identity"):
        for index, document in enumerate(decision.policies.of_kind(kind)):
            for statement in document.statements:
                yield _trace(kind, index, statement, question)


def _trace(kind: str, index: int, statement: Statement, question: Question) -> StatementTrace:
    named = kind != "resource" or question.naming(statement) is not Naming.NOT
    about = statement.resource_matches
    return StatementTrace(
        policy=kind,
        policy_index=index,
        statement=statement.sid or f"Statement[{statement.index}]",
        effect="Allow" if statement.allows else "Deny",
        principal_matches=named,
        action_matches=statement.action_matches(question.action),
        resource_matches=about is None or about(question.resource, question.context),
        conditions=tuple(_condition(entry, question) for entry in statement.conditions),
    )


def _condition(condition: Condition, question: Question) -> ConditionTrace:
    return ConditionTrace(
        operator=condition.operator,
        key=condition.key,
        wanted=condition.values,
        found=question.context.all(condition.key.lower()),
        holds=condition.holds(question.context),
    )


def as_text(decision: Decision) -> str:
    """Return a decision and its reasons as lines of text."""
    request = decision.request
    who = request.principal or "anonymous"
    lines = [
        f"{who}: {request.action} on {request.resource} is {decision.word}"
        f" ({decision.decided_by} policy)"
    ]
    for trace in decision.explanation:
        state = "applies" if trace.applies else "does not apply"
        lines.append(
            f"  {trace.policy} policy {trace.policy_index}, {trace.statement} "
            f"({trace.effect}) {state}"
        )
        for element in ("principal", "action", "resource"):
            if not getattr(trace, f"{element}_matches"):
                lines.append(f"    its {element} does not match")
        for condition in trace.conditions:
            holds = "holds" if condition.holds else "does not hold"
            found = ", ".join(condition.found) or "absent"
            lines.append(
                f"    {condition.operator} {condition.key}: wants {', '.join(condition.wanted)}; "
                f"the request has {found}: {holds}"
            )
    return "\n".join(lines)
