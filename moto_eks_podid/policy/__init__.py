"""IAM's policy language: read documents, validate them, and judge requests by them.

Needs nothing but the standard library, and can be used on its own::

    from moto_eks_podid.policy import Request, evaluate

    decision = evaluate(
        Request(
            principal="arn:aws:sts::111122223333:assumed-role/cart/pod",
            action="s3:GetObject",
            resource="arn:aws:s3:::orders/2026.json",
            context={"aws:PrincipalTag/kubernetes-namespace": "shop"},
        ),
        identity=[policy],
    )
    decision.word == "allowed"
    print(decision)
"""

from __future__ import annotations

from .document import Document, Statement
from .evaluate import Decision, PolicyKind, Word, evaluate
from .explain import ConditionResult, Explanation, Outcome, StatementResult
from .findings import Finding, MalformedPolicy, Severity
from .grammar import Kind, validate
from .operators import OPERATORS, Operator
from .request import Request
from .trust import missing_grants

__all__ = [
    "OPERATORS",
    "ConditionResult",
    "Decision",
    "Document",
    "Explanation",
    "Finding",
    "Kind",
    "MalformedPolicy",
    "Operator",
    "Outcome",
    "PolicyKind",
    "Request",
    "Severity",
    "Statement",
    "StatementResult",
    "Word",
    "evaluate",
    "missing_grants",
    "validate",
]
