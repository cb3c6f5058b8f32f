"""May the caller do what the call needs? Each permission is decided; the first refusal counts."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from .. import settings
from ..policy import Decision, Request, evaluate
from .assumption import with_trust
from .caller_policies import NO_POLICIES, CallerPolicies, labelled, policies_of
from .credentials import Caller, SessionCaller
from .permissions import ANY, Call, Need, known, needs
from .request_context import Context, request_context
from .requested_call import RequestedCall

#: What a caller needs on a role that a call hands to a service.
_ON_ROLES: Final = frozenset({"iam:GetRole", "iam:PassRole"})


class UnlistedServiceWarning(UserWarning):
    """A call was judged by its operation's name alone: nobody wrote down what it needs."""


class Decided(NamedTuple):
    """A permission that a call needs, and what was decided about it."""

    need: Need
    decision: Decision


@dataclass(frozen=True)
class Judgement:
    """What was decided about one call."""

    decided: tuple[Decided, ...]

    @cached_property
    def refused(self) -> Decided | None:
        """The first permission that is missing; None when the call is allowed."""
        return next((one for one in self.decided if not one.decision.allowed), None)


class ServiceIsNotListed(Exception):
    """A call of a service that is refused because nobody wrote down what its operations need."""


def needs_of(
    response: Any, call: RequestedCall, caller: Caller | None, *, needs_role: bool = True
) -> tuple[Need, ...]:
    """Return the permissions that a call needs.

    :param caller: None for an anonymous one
    :param needs_role: whether a role must exist to be assumed
    :raises ServiceIsNotListed: when the setting ``unlisted_services`` says so
    """
    if not known(call.service):
        _judge_by_name(call)
    needed = needs(
        Call(
            service=call.service,
            # What no model knows may be anything.
            operation=call.operation or ANY,
            parameters=call.parameters,
            account_id=response.current_account,
            region=response.region,
            partition=response.partition,
            caller_arn=caller.arn if caller else None,
            session=caller.session if isinstance(caller, SessionCaller) else None,
        )
    )
    return with_trust(needed, needs_role=needs_role) if call.service == "sts" else needed


def _judge_by_name(call: RequestedCall) -> None:
    wanted = settings.get("unlisted_services")
    if wanted == "refuse":
        raise ServiceIsNotListed
    if wanted == "warn":
        warnings.warn(
            f"{call.service}:{call.operation} is judged by its name, on every resource",
            UnlistedServiceWarning,
            stacklevel=2,
        )


def judge(
    response: Any,
    caller: Caller | None,
    needed: Iterable[Need],
    *,
    to_the_end: bool = False,
) -> Judgement:
    """Decide about the permissions that a call needs.

    :param response: moto's response object of the request
    :param caller: None for an anonymous one
    :param to_the_end: go on after the first refusal
    :raises EKSError: for what is wrong with a request whose role the caller may not pass
    """
    needed = tuple(needed)
    if not needed:
        return Judgement(())
    policies = NO_POLICIES if caller is None else policies_of(caller)
    of_request = request_context(response, caller)
    decided = []
    for need in needed:
        decision = _decide(need, caller, policies, of_request)
        if need.action in _ON_ROLES and not decision.allowed:
            # A service finds out that a caller may not pass a role once the rest is right.
            getattr(response, "check_before_role", _checks_nothing)()
        decided.append(Decided(need, decision))
        if not (decision.allowed or to_the_end):
            break
    return Judgement(tuple(decided))


def _checks_nothing() -> None:
    """Stand in for the checks of a service that has none before those of a role."""


def _decide(
    need: Need, caller: Caller | None, policies: CallerPolicies, of_request: Context
) -> Decision:
    return evaluate(
        Request(
            principal=caller.arn if caller else None,
            action=need.action,
            resource=need.resource,
            context={**of_request, **need.context} if need.context else of_request,
            resource_account=need.resource_account,
            principal_role_arn=(
                caller.session.role_arn if isinstance(caller, SessionCaller) else None
            ),
            principal_id=caller.unique_id if caller else None,
        ),
        identity=policies.identity,
        resource=[
            labelled(text, f"the policy of {need.resource}", of_resource=True)
            for text in need.resource_policies
        ]
        or None,
        session=policies.session,
        boundary=policies.boundary,
    )
