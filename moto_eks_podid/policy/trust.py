"""What a trust policy gives a service, its conditions aside."""

from __future__ import annotations

from collections.abc import Iterable

from .document import Document
from .evaluate import Policy
from .principals import Naming, read_caller


def missing_grants(policy: Policy, service: str, actions: Iterable[str]) -> tuple[str, ...]:
    """Return which actions no Allow statement gives a service principal; empty when all are given.

    Conditions and denials are left aside: they decide about a request, and here there is none.

    :param service: the service principal, such as ``pods.eks.amazonaws.com``
    :raises MalformedPolicy: for what is no policy document
    """
    caller = read_caller(service, None, None)
    grants = [
        statement
        for statement in Document.parse(policy).statements
        if statement.allows
        and statement.principals is not None
        and statement.principals.name(caller) is not Naming.NOT
    ]
    return tuple(
        action
        for action in actions
        if not any(statement.action_matches(action.lower()) for statement in grants)
    )
