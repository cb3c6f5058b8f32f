"""What a role's trust policy grants a service, whatever the circumstances."""

from __future__ import annotations

from collections.abc import Iterable

from .document import Document, Source


def missing_grants(document: Source, service: str, actions: Iterable[str]) -> tuple[str, ...]:
    """Which of the actions no statement of a trust policy allows a service.

    Only Allow statements whose Principal gives the service (by its exact name, or everybody) count.
    Their conditions do not: they may hold at another time, for another cluster. Neither do Deny
    statements. Different statements may grant different actions. Follows "Create IAM role with
    trust policy required by EKS Pod Identity" (EKS User Guide).

    :param service: such as ``pods.eks.amazonaws.com``
    :param actions: such as ``sts:AssumeRole`` and ``sts:TagSession``
    :returns: the actions that are missing, in the order given; empty when all are granted
    :raises MalformedPolicy: when the document cannot be read
    """
    granting = [
        statement
        for statement in Document.parse(document).allows
        if statement.principal is not None and statement.principal.names_service(service)
    ]
    return tuple(
        action
        for action in actions
        if not any(statement.covers_action(action.lower()) for statement in granting)
    )
