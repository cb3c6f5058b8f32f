"""The policy simulator: may a caller do this, and which statements say so?

Each action is decided on each resource by the evaluator that judges calls. Follows
"EvaluationResult" and "ResourceSpecificResult" (IAM API Reference); which members an answer has,
and what AWS calls the kinds of policies in it, was observed in real responses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from ..policy import (
    Decision,
    MalformedPolicy,
    Outcome,
    PolicyKind,
    Request,
    StatementResult,
    Word,
    evaluate,
)
from ..policy.positions import Position, Span, statement_spans
from ..policy.shape import read_document
from .policy_sources import PolicySource
from .simulation_request import Simulation

Json = dict[str, Any]


class EvalDecision(str, Enum):
    """AWS's words for what is decided; the further down, the more restrictive."""

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitDeny"
    EXPLICIT_DENY = "explicitDeny"


_RESTRICTIVENESS: Final = tuple(EvalDecision)
_WORDS: Final = {
    Word.ALLOWED: EvalDecision.ALLOWED,
    Word.IMPLICITLY_DENIED: EvalDecision.IMPLICIT_DENY,
    Word.EXPLICITLY_DENIED: EvalDecision.EXPLICIT_DENY,
}
#: What AWS calls the kinds of policies; not what the service's model says it does.
_KINDS: Final = {
    PolicyKind.IDENTITY: "IAM Policy",
    PolicyKind.BOUNDARY: "Permissions Boundary Policy",
    PolicyKind.RESOURCE: "Resource Policy",
}
#: Boundaries never allow by themselves, so theirs are no matched statements.
_GRANTING: Final = frozenset({PolicyKind.IDENTITY, PolicyKind.RESOURCE})
#: An action without resources.
_EVERYTHING: Final = "*"


@dataclass(frozen=True, slots=True)
class Matched:
    """A statement that decided: the policy that it is in, and its place there, from 0."""

    source: PolicySource
    kind: PolicyKind
    index: int
    effect: str

    def as_json(self) -> Json:
        """Return a ``Statement`` of the answer; without positions when the text has none."""
        spans = _spans(self.source.text)
        where: Json = {}
        if spans is not None:
            where = {
                "StartPosition": _position(spans[self.index].start),
                "EndPosition": _position(spans[self.index].end),
            }
        return {
            "SourcePolicyId": self.source.source_id,
            "SourcePolicyType": _KINDS[self.kind],
            **where,
        }


def _position(position: Position) -> Json:
    return {"Line": position.line, "Column": position.column}


@lru_cache(maxsize=256)
def _spans(text: str) -> tuple[Span, ...] | None:
    try:
        read_document(text)
    except MalformedPolicy:
        # A stored policy that AWS would have refused: what denies stands in no text.
        return None
    return statement_spans(text)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is decided about an action on one resource, or on all that were asked for.

    :param missing_keys: condition keys that might have changed an implicit deny
    :param allowed_by_organization: None without service control policies; so is
        ``allowed_by_boundary`` without a boundary, and where it was not asked
    :param by_kind: what each kind of policy says for itself, in a request across accounts
    """

    decision: EvalDecision
    matched: tuple[Matched, ...] = ()
    missing_keys: tuple[str, ...] = ()
    allowed_by_organization: bool | None = None
    allowed_by_boundary: bool | None = None
    by_kind: Mapping[PolicyKind, EvalDecision] = field(default_factory=dict)

    def as_json(self) -> Json:
        """Return what the answer for an action and the one for a resource have in common."""
        members: Json = {
            "MatchedStatements": [one.as_json() for one in self.matched],
            "MissingContextValues": list(self.missing_keys),
        }
        if self.allowed_by_boundary is not None:
            members["PermissionsBoundaryDecisionDetail"] = {
                "AllowedByPermissionsBoundary": self.allowed_by_boundary
            }
        if self.by_kind:
            details = {_KINDS[kind]: decision.value for kind, decision in self.by_kind.items()}
            members["EvalDecisionDetails"] = details
        return members


def simulate(simulation: Simulation, action: str) -> Json:
    """Simulate an action on every resource of a simulation.

    :param action: ``service:Action``; wildcards in it are taken literally
    :returns: an ``EvaluationResult``
    """
    resources = simulation.resources or (_EVERYTHING,)
    verdicts = [_decide(simulation, action, resource) for resource in resources]
    whole = _aggregate(verdicts)
    result: Json = {
        "EvalActionName": action,
        "EvalResourceName": resources[0] if len(resources) == 1 else _EVERYTHING,
        "EvalDecision": whole.decision.value,
        **whole.as_json(),
    }
    if whole.allowed_by_organization is not None:
        result["OrganizationsDecisionDetail"] = {
            "AllowedByOrganizations": whole.allowed_by_organization
        }
    if simulation.resources:
        result.setdefault("EvalDecisionDetails", {})
        result["ResourceSpecificResults"] = [
            _of_resource(resource, verdict)
            for resource, verdict in zip(resources, verdicts, strict=True)
        ]
    return result


def _of_resource(resource: str, verdict: Verdict) -> Json:
    # Unlike the answer for the action, this one leaves out what is empty.
    members = {name: value for name, value in verdict.as_json().items() if value}
    return {
        "EvalResourceName": resource,
        "EvalResourceDecision": verdict.decision.value,
        **members,
    }


def _aggregate(verdicts: list[Verdict]) -> Verdict:
    decision = _most_restrictive(one.decision for one in verdicts)
    matched = dict.fromkeys(statement for one in verdicts for statement in one.matched)
    kinds = dict.fromkeys(kind for one in verdicts for kind in one.by_kind)
    return Verdict(
        decision,
        tuple(
            one
            for one in matched
            if decision is not EvalDecision.EXPLICIT_DENY or one.effect == "Deny"
        ),
        tuple(dict.fromkeys(key for one in verdicts for key in one.missing_keys)),
        _all(one.allowed_by_organization for one in verdicts),
        _all(one.allowed_by_boundary for one in verdicts),
        {
            kind: _most_restrictive(one.by_kind[kind] for one in verdicts if kind in one.by_kind)
            for kind in kinds
        },
    )


def _most_restrictive(decisions: Iterable[EvalDecision]) -> EvalDecision:
    return max(decisions, key=_RESTRICTIVENESS.index)


def _all(answers: Iterable[bool | None]) -> bool | None:
    known = [answer for answer in answers if answer is not None]
    return all(known) if known else None


def _decide(simulation: Simulation, action: str, resource: str) -> Verdict:
    resource_policy = simulation.resource_policy
    # Nobody passed the policy of another account's resource, so it is left aside.
    account = simulation.caller_account
    if resource_policy is not None:
        account = simulation.owner_of(resource)
    request = Request(
        principal=simulation.caller_arn,
        action=action,
        resource=resource,
        context=simulation.context,
        resource_account=account,
    )
    by_organization: bool | None = None
    if simulation.levels:
        refusal = _refusal_of_organization(simulation, request)
        if refusal is not None:
            return Verdict(refusal, allowed_by_organization=False)
        by_organization = True
    decision = evaluate(
        request,
        identity=[one.document for one in simulation.policies],
        resource=None if resource_policy is None else [resource_policy.resource_document],
        boundary=None if simulation.boundary is None else [simulation.boundary.document],
    )
    applying = _applying(decision)
    word = _word(simulation, decision)
    by_boundary: bool | None = None
    if simulation.boundary is not None:
        by_boundary = _of_kind(applying, PolicyKind.BOUNDARY) is EvalDecision.ALLOWED
    by_kind: dict[PolicyKind, EvalDecision] = {}
    if resource_policy is not None and account != simulation.caller_account:
        by_kind = {
            kind: _of_kind(applying, kind)
            for kind in _KINDS
            if kind is not PolicyKind.BOUNDARY or simulation.boundary is not None
        }
    return Verdict(
        word,
        tuple(_matched(simulation, one) for one in applying if _decided(one, word)),
        simulation.missing_keys if word is EvalDecision.IMPLICIT_DENY else (),
        by_organization,
        by_boundary,
        by_kind,
    )


def _refusal_of_organization(simulation: Simulation, request: Request) -> EvalDecision | None:
    """What the service control policies say, if they do not allow; every level has to."""
    for level in simulation.levels:
        said = _of_kind(_applying(evaluate(request, identity=level)), PolicyKind.IDENTITY)
        if said is not EvalDecision.ALLOWED:
            return said
    return None


def _applying(decision: Decision) -> list[StatementResult]:
    return [one for one in decision.explanation.statements if one.outcome is Outcome.APPLIES]


def _word(simulation: Simulation, decision: Decision) -> EvalDecision:
    # Assuming a role needs its trust policy; the simulator does without one that is not passed.
    if (
        simulation.resource_policy is None
        and decision.word is Word.IMPLICITLY_DENIED
        and decision.decided_by is PolicyKind.RESOURCE
    ):
        return EvalDecision.ALLOWED
    return _WORDS[decision.word]


def _of_kind(applying: Iterable[StatementResult], kind: PolicyKind) -> EvalDecision:
    effects = {one.effect for one in applying if one.policy is kind}
    if "Deny" in effects:
        return EvalDecision.EXPLICIT_DENY
    return EvalDecision.ALLOWED if effects else EvalDecision.IMPLICIT_DENY


def _decided(result: StatementResult, word: EvalDecision) -> bool:
    if word is EvalDecision.EXPLICIT_DENY:
        return result.effect == "Deny"
    return word is EvalDecision.ALLOWED and result.effect == "Allow" and result.policy in _GRANTING


def _matched(simulation: Simulation, result: StatementResult) -> Matched:
    sources: Mapping[PolicyKind, tuple[PolicySource | None, ...]] = {
        PolicyKind.IDENTITY: simulation.policies,
        PolicyKind.BOUNDARY: (simulation.boundary,),
        PolicyKind.RESOURCE: (simulation.resource_policy,),
    }
    source = sources[result.policy][result.policy_index]
    assert source is not None
    return Matched(source, result.policy, result.index, result.effect)
