"""What a stack that failed tells: its events and its status.

Follows "Stack status codes" (CloudFormation User Guide). moto has no events of resources; the one
that failed gets one.
"""

from __future__ import annotations

from moto.cloudformation.models import Event, Stack

from .failures import ResourceFailure
from .resource_map import AtomicResourceMap

_BEGUN = "CREATE_IN_PROGRESS"


def tell_of_failed_creation(stack: Stack, failure: ResourceFailure, *, rolled_back: bool) -> None:
    """A stack could not be made.

    :param rolled_back: whether all that was made could be deleted
    """
    if not any(event.resource_status == _BEGUN for event in stack.events):
        # What exports name is made before moto notes the beginning.
        stack._add_stack_event(_BEGUN, "User Initiated")
    _add_event_of_resource(stack, failure)
    reason = f"{failure.summary}Rollback requested by user."
    stack._add_stack_event("ROLLBACK_IN_PROGRESS", reason)
    _end(stack, "ROLLBACK_COMPLETE" if rolled_back else "ROLLBACK_FAILED")


def tell_of_failed_update(stack: Stack, failure: ResourceFailure) -> None:
    """A stack could not be changed."""
    _add_event_of_resource(stack, failure)
    stack._add_stack_event("UPDATE_ROLLBACK_IN_PROGRESS", failure.summary)
    _end(stack, "UPDATE_ROLLBACK_COMPLETE" if failure.rolled_back else "UPDATE_ROLLBACK_FAILED")


def tell_of_left_behind(stack: Stack) -> None:
    """A changed stack could not delete something that it has no longer: an event, no failure."""
    resources = stack.resource_map
    if isinstance(resources, AtomicResourceMap) and resources.left_behind is not None:
        _add_event_of_resource(stack, resources.left_behind)
        resources.left_behind = None


def tell_of_failed_deletion(stack: Stack, failure: ResourceFailure) -> None:
    """A stack could not be deleted."""
    _add_event_of_resource(stack, failure)
    _end(stack, "DELETE_FAILED", failure.summary)


def _end(stack: Stack, status: str, reason: str | None = None) -> None:
    stack.status = status
    stack._add_stack_event(status, reason)


def _add_event_of_resource(stack: Stack, failure: ResourceFailure) -> None:
    stack.events.append(
        Event(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_resource_id=failure.logical_id,
            physical_resource_id=failure.physical_id or "",
            resource_type=failure.resource_type,
            resource_status=f"{failure.action.value}_FAILED",
            resource_status_reason=failure.reason,
            resource_properties=None,
        )
    )
