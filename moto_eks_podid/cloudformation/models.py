"""CloudFormation as moto has it, with stacks that fail, and are rolled back, as AWS's are.

Follows "Stack failure options" (CloudFormation User Guide). That holds for stacks with a resource
type of ours; in all others a failure is as in moto: the call that makes or changes the stack is
refused.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack
from moto.cloudformation.parsing import OutputMap

from .failures import ResourceFailure
from .resource_map import AtomicResourceMap
from .stack_events import (
    tell_of_failed_creation,
    tell_of_failed_deletion,
    tell_of_failed_update,
    tell_of_left_behind,
)


class _Depth(threading.local):
    def __init__(self) -> None:
        self.stacks = 0


#: How deep a thread is in stacks: a nested one fails its parent.
_depth = _Depth()


@contextmanager
def _working() -> Iterator[bool]:
    """Work on a stack inside the block, which gets whether that is a nested one."""
    _depth.stacks += 1
    try:
        yield _depth.stacks > 1
    finally:
        _depth.stacks -= 1


class PodIdentityCloudFormationBackend(CloudFormationBackend):
    """moto's CloudFormation of one account and region, for stacks with resources of ours."""

    def create_stack(self, name: str, *args: Any, **kwargs: Any) -> Stack:
        """Make a stack; arguments as moto's. A resource's failure becomes the stack's status."""
        before = set(self.stacks)
        with _working() as nested:
            try:
                return super().create_stack(name, *args, **kwargs)
            except Exception as failure:
                stack = self._made_since(before, name)
                resources = _ours(stack) if stack else None
                if stack is None or resources is None:
                    raise
                self._roll_back(stack, resources, failure)
                if nested or not isinstance(failure, ResourceFailure):
                    del self.stacks[stack.stack_id]
                    raise
                return stack

    def update_stack(self, name: str, *args: Any, **kwargs: Any) -> Stack:
        """Change a stack; arguments as moto's. A resource's failure becomes the stack's status."""
        stack = self.get_stack(name)
        template, events = stack.template, len(stack.events)
        self._let_import(stack)
        with _working():
            try:
                changed = super().update_stack(name, *args, **kwargs)
                tell_of_left_behind(stack)
                return changed
            except Exception as failure:
                if not _is_as_before(stack):
                    raise
                stack.template = template
                _show_outputs(stack)
                if not (isinstance(failure, ResourceFailure) and _is_of(stack, failure)):
                    # The template is wrong: nothing has begun.
                    del stack.events[events:]
                    raise
                tell_of_failed_update(stack, failure)
                return stack

    def create_change_set(self, *args: Any, **kwargs: Any) -> tuple[str, str]:
        """Make a change set; arguments as moto's. A refused one leaves no new stack."""
        before = set(self.stacks)
        try:
            made: tuple[str, str] = super().create_change_set(*args, **kwargs)
        except Exception:  # Whatever moto raises for a template goes on to the caller.
            for stack_id in set(self.stacks) - before:
                del self.stacks[stack_id]
            raise
        return made

    def execute_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:
        """Execute a change set. A resource's failure becomes the stack's status."""
        change_set = self._change_set(change_set_name, stack_name)
        stack = self.get_stack(change_set.stack_id)
        events = len(stack.events)
        self._let_import(stack)
        with _working():
            try:
                super().execute_change_set(change_set.change_set_id, stack_name)
            except Exception as failure:
                if not isinstance(failure, ResourceFailure):
                    if _ours(stack) is not None:
                        del stack.events[events:]
                    raise
                if not _is_of(stack, failure):
                    raise
                change_set.execution_status = "EXECUTE_FAILED"
                if change_set.change_set_type == "CREATE":
                    tell_of_failed_creation(stack, failure, rolled_back=failure.rolled_back)
                else:
                    tell_of_failed_update(stack, failure)
                return
        tell_of_left_behind(stack)
        if _ours(stack) is not None:
            # moto leaves the stack without them.
            stack.parameters = {**stack.parameters, **change_set.parameters}
            _show_outputs(stack)
            self.exports.update({export.name: export for export in stack.exports})

    def delete_stack(self, name_or_stack_id: str) -> None:
        """Delete a stack. A resource's failure becomes the stack's status."""
        stack = self.stacks.get(name_or_stack_id)
        if stack is None or _ours(stack) is None:
            # Given a name, moto calls this method with the id of each stack that has it.
            super().delete_stack(name_or_stack_id)
            return
        with _working() as nested:
            try:
                super().delete_stack(name_or_stack_id)
            except ResourceFailure as failure:
                self.stacks[stack.stack_id] = stack
                tell_of_failed_deletion(stack, failure)
                if nested:
                    raise
            finally:
                self._forget_outputs(stack)

    def _made_since(self, before: set[str], name: str) -> Stack | None:
        made = (self.stacks[key] for key in list(self.stacks) if key not in before)
        return next((stack for stack in made if stack.name == name), None)

    def _roll_back(self, stack: Stack, resources: AtomicResourceMap, failure: Exception) -> None:
        rolled_back = True
        try:
            resources.roll_back()
        except ResourceFailure:
            rolled_back = False
        self._forget_outputs(stack)
        if isinstance(failure, ResourceFailure):
            tell_of_failed_creation(stack, failure, rolled_back=rolled_back)

    def _forget_outputs(self, stack: Stack) -> None:
        """Have no outputs of a stack whose resources are gone: moto would make them for that."""
        stack.output_map = OutputMap(stack.resource_map, {}, stack.stack_id)
        for export_name, export in list(self.exports.items()):
            if export.exporting_stack_id == stack.stack_id:
                del self.exports[export_name]

    def _change_set(self, change_set_name: str, stack_name: str | None) -> ChangeSet:
        # moto takes the last one of the name, whatever its stack; the CDK gives all of them one.
        for change_set in self.change_sets.values():
            if change_set_name == change_set.change_set_name and stack_name in (
                change_set.stack_name,
                change_set.stack_id,
            ):
                return change_set
        found = self.describe_change_set(change_set_name)
        assert found is not None  # or there is an exception
        return found

    def _let_import(self, stack: Stack) -> None:
        """Let a stack see the exports that were made since, which moto does only for new ones."""
        if resources := _ours(stack):
            resources.cross_stack_resources = self.exports


def _ours(stack: Stack) -> AtomicResourceMap | None:
    """Return a stack's resources, when one is of a type that is ours."""
    resources = stack.resource_map
    # A backend that moto made before the plugin was installed has its own.
    return resources if isinstance(resources, AtomicResourceMap) and resources.is_ours else None


def _is_as_before(stack: Stack) -> bool:
    """Tell whether a failed update left a stack's resources as they were, which moto's does not."""
    adopted = stack.resource_map._template is stack.template_dict
    return _ours(stack) is not None or not adopted


def _is_of(stack: Stack, failure: ResourceFailure) -> bool:
    return failure.stack_id == stack.stack_id


def _show_outputs(stack: Stack) -> None:
    """Read a stack's template again, for its outputs and its description."""
    stack._parse_template()
    stack.description = stack.template_dict.get("Description")
    stack.output_map = stack._create_output_map()
