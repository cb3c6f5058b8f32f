"""The IAM policy language, usable on its own: parse and check documents, decide requests.

Standard library only; nothing here knows moto or HTTP.
"""

from __future__ import annotations

from .document import Document, MalformedPolicy, validate
from .evaluate import Decision, Request, Word, evaluate
from .explain import ConditionTrace, StatementTrace
from .findings import Finding, Severity
from .trust import missing_grants

__all__ = [
    "ConditionTrace",
    "Decision",
    "Document",
    "Finding",
    "MalformedPolicy",
    "Request",
    "Severity",
    "StatementTrace",
    "Word",
    "evaluate",
    "missing_grants",
    "validate",
]
