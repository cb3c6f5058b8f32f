"""The resources of one stack: made, changed and deleted in AWS's order, all of them or none.

moto deletes what a new template leaves out before it makes anything, follows ``DependsOn`` only in
new stacks, leaves what it made when something fails, and deletes in any order. Stacks without a
resource type of ours stay as moto has them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.parsing import (
    ResourceMap,
    parse_and_update_resource,
    parse_output,
    parse_resource_and_generate_name,
)
from moto.iam.models import Role
from moto.ssm.models import ssm_backends

from .dependencies import check_dependencies, depends_on, in_dependency_order
from .failures import REFUSALS, Action, InvalidProperties, ResourceFailure, Unsupported, reason_of
from .resource_types import has_ours
from .resources import StackResource
from .role_calls import note_made, noting_deletion
from .template_format import resources_of

#: What can become of an attempt to make or change a resource, beside success.
_FAILURES = (*REFUSALS, InvalidProperties, Unsupported)

#: ``DeletionPolicy`` and ``UpdateReplacePolicy`` that leave a resource when its stack lets it go.
_RETAINING = ("Retain", "RetainExceptOnCreate")
#: Those that do so even when the stack could not be made.
_RETAINING_NEW = ("Retain",)

#: What the CDK's bootstrap stack, of whatever qualifier, leaves in Parameter Store.
_CDK_BOOTSTRAP = re.compile(r"/cdk-bootstrap/[A-Za-z0-9]+/version")
CDK_BOOTSTRAP_VERSION = "30"

#: What an update alters of moto's state, beside the resources themselves.
_ALTERED = (
    "_parsed_resources",
    "_resource_json_map",
    "_template",
    "input_parameters",
    "lazy_condition_map",
    "no_echo_parameter_keys",
    "resolved_parameters",
)

_Definition = dict[str, Any]
_Definitions = Mapping[str, _Definition]


@dataclass(slots=True)
class _Journal:
    """What an update did.

    ``undo`` takes back what was made, and what was changed of ours; ``changed`` are moto's
    resources that were changed; ``superseded`` are those that others replace.
    """

    undo: list[Callable[[], None]] = field(default_factory=list)
    changed: list[tuple[str, Any]] = field(default_factory=list)
    superseded: list[tuple[str, Any]] = field(default_factory=list)


def _done(step: Callable[[], None]) -> bool:
    """Tell whether a step of a rollback could be done."""
    try:
        step()
    except REFUSALS:
        return False
    return True


def _keep_policies_as_text(role: Role) -> None:
    """Keep a role's inline policies as IAM does: moto keeps a template's objects."""
    kept: dict[str, Any] = role.policies
    for name, document in kept.items():
        if not isinstance(document, str):
            # YAML takes a policy's version for a date.
            kept[name] = json.dumps(document, default=str)


class AtomicResourceMap(ResourceMap):
    """moto's resources of a stack, whose stack fails as AWS's do.

    :meth:`create` and :meth:`update` raise a :class:`ResourceFailure`. After a failed update all is
    as it was; what a failed creation made, :meth:`roll_back` deletes.
    """

    #: Why the last update could not delete something that the stack has no longer.
    left_behind: ResourceFailure | None = None

    @property
    def is_ours(self) -> bool:
        """Whether the stack has a resource of a type that is ours."""
        return has_ours(self._resource_json_map)

    def load(self) -> None:
        """Read parameters, mappings and conditions.

        :raises ValidationError: for a template of another form, and when resources depend on each
            other, or on nothing
        """
        # The stack of a change set that has not been executed has no template.
        if self._template and has_ours(resources_of(self._template)):
            check_dependencies(self._template)
        super().load()

    def build_change_set_actions(
        self, template: dict[str, Any]
    ) -> dict[str, dict[str, dict[str, str]]]:
        """Return what a change set would do.

        :raises ValidationError: as :meth:`load`
        """
        if self.is_ours or has_ours(resources_of(template)):
            check_dependencies(template)
        actions: dict[str, dict[str, dict[str, str]]] = super().build_change_set_actions(template)
        return actions

    def parse_ssm_parameter(self, value: str, value_type: str) -> str:
        """Return what a parameter of the template finds in Parameter Store.

        moto fails on a name that is not there. Every template of the CDK has one, which is there in
        accounts that the CDK was bootstrapped in: all of them are.

        :raises ValidationError: for a parameter that is not there
        """
        parameters = ssm_backends[self._account_id][self._region_name]
        if parameters.get_parameter(value) is None:
            if _CDK_BOOTSTRAP.fullmatch(value):
                return CDK_BOOTSTRAP_VERSION
            raise ValidationError(
                message=f"Unable to fetch parameters [{value}] from parameter store "
                "for this account."
            )
        found: str = super().parse_ssm_parameter(value, value_type)
        return found

    def __getitem__(self, key: str) -> Any:
        # moto makes a resource when it is first asked for, be it by an output.
        definition = self._resource_json_map.get(key)
        if key in self._parsed_resources or definition is None:
            return super().__getitem__(key)
        if not self.is_ours:
            return self._made(key)
        if not self._is_wanted(definition):
            return None
        for dependency in depends_on(definition):
            if dependency in self._resource_json_map:
                _ = self[dependency]
        with self._naming(Action.CREATE, key, definition):
            return self._made(key)

    def _made(self, key: str) -> Any:
        made: Any = super().__getitem__(key)
        if isinstance(made, Role):
            _keep_policies_as_text(made)
        note_made(made, self._region_name)
        return made

    def create(self, template: dict[str, Any]) -> bool:
        """Make the resources of a new stack.

        :raises ResourceFailure: when one cannot be made; the others are there, then
        """
        ready = super().create(template)
        self._look_at_outputs()
        return ready

    def update(self, template: dict[str, Any], parameters: dict[str, Any] | None = None) -> None:
        """Make the resources what a template says.

        What it leaves out or replaces goes at the end; if it cannot, it is in :attr:`left_behind`.

        :raises ResourceFailure: when one cannot be made or changed; all are as before, then, unless
            it says that this could not be done
        """
        if not (self.is_ours or has_ours(resources_of(template))):
            super().update(template, parameters)
            return
        check_dependencies(template)
        order = in_dependency_order(template["Resources"])
        modified = self.build_resource_diff(template, parameters)["Modify"]
        old = copy(self._resource_json_map)
        before = {name: copy(getattr(self, name)) for name in _ALTERED}
        journal = _Journal()
        try:
            self._adopt(template, parameters)
            for name in order:
                self._bring_about(name, old.get(name), name in modified, journal)
            self._look_at_outputs()
        except Exception as failure:
            done = [_done(take_back) for take_back in reversed(journal.undo)]
            self.__dict__.update(before)
            done.append(_done(lambda: self._change_back(journal.changed, old)))
            if isinstance(failure, ResourceFailure):
                failure.rolled_back = all(done)
            raise
        try:
            self._clean_up(old, journal.superseded)
        except ResourceFailure as failure:
            self.left_behind = failure

    def delete(self) -> None:
        """Delete the stack's resources, the ones that others depend on last.

        :raises ResourceFailure: when one cannot be deleted; those that could are gone
        """
        if self.is_ours:
            self._delete_unless(_RETAINING)
        else:
            super().delete()

    def roll_back(self) -> None:
        """Delete what a failed creation made.

        :raises ResourceFailure: as :meth:`delete`
        """
        self._delete_unless(_RETAINING_NEW)

    def _look_at_outputs(self) -> None:
        # An output that cannot be made stops the stack, not whoever describes it.
        if self.is_ours:
            for name, output in (self._template.get("Outputs") or {}).items():
                parse_output(name, output, self)

    # The steps of an update

    def _adopt(self, template: dict[str, Any], parameters: dict[str, Any] | None) -> None:
        self._template = template
        if parameters:
            self.input_parameters = parameters
        self.load_mapping()
        self.load_parameters()
        self.load_conditions()
        self._resource_json_map = template["Resources"]

    def _is_wanted(self, definition: _Definition) -> bool:
        condition = definition.get("Condition")
        return condition is None or bool(self.lazy_condition_map[condition])

    def _bring_about(
        self,
        name: str,
        old_definition: _Definition | None,
        modified: bool,
        journal: _Journal,
    ) -> None:
        """Make one resource what the template says, and note what was done."""
        definition = self._resource_json_map[name]
        if not self._is_wanted(definition):
            return
        current = self._parsed_resources.get(name)
        if current is not None and old_definition and old_definition["Type"] != definition["Type"]:
            journal.superseded.append((name, current))
            del self._parsed_resources[name]
            current = None
        if current is None:
            made = self[name]
            if made is not None:
                journal.undo.append(lambda: self._delete_resource(made, definition))
            return
        with self._naming(Action.UPDATE, name, definition):
            if isinstance(current, StackResource):
                _, resolved, _ = parse_resource_and_generate_name(name, definition, self)
                modified = current.differs_from(resolved)
            updated = self._updated(name, definition) if modified else None
        if updated is None:
            return
        self._parsed_resources[name] = updated
        if not isinstance(updated, StackResource):
            journal.changed.append((name, updated))
            return
        journal.undo.append(lambda: updated.take_back(current))
        if updated.replaces is not None:
            journal.superseded.append((name, current))

    def _updated(self, name: str, definition: _Definition) -> Any:
        return parse_and_update_resource(
            name, definition, self, account_id=self._account_id, region_name=self._region_name
        )

    def _change_back(self, changed: list[tuple[str, Any]], old: _Definitions) -> None:
        """Undo the changes of resources that are moto's, by updates to what they were."""
        for name, resource in reversed(changed):
            self._parsed_resources[name] = resource
            self._parsed_resources[name] = self._updated(name, old[name])

    def _clean_up(self, old: _Definitions, superseded: list[tuple[str, Any]]) -> None:
        """Delete what was replaced and what the template leaves out, after all else succeeded."""
        gone = [
            (name, old[name], self._parsed_resources.pop(name))
            for name in reversed(in_dependency_order(old))
            if self._parsed_resources.get(name) is not None and not self._has(name)
        ]
        replaced = [(name, old[name], resource) for name, resource in reversed(superseded)]
        for name, _, _ in replaced:
            current = self._parsed_resources.get(name)
            if isinstance(current, StackResource):
                current.replaces = None
        self._delete_all(
            [each for each in replaced if each[1].get("UpdateReplacePolicy") not in _RETAINING]
            + [each for each in gone if each[1].get("DeletionPolicy") not in _RETAINING]
        )

    def _has(self, name: str) -> bool:
        definition = self._resource_json_map.get(name)
        return definition is not None and self._is_wanted(definition)

    # Deleting

    def _delete_unless(self, policies: tuple[str, ...]) -> None:
        definitions = self._resource_json_map
        try:
            self._delete_all(
                [
                    (name, definitions[name], self._parsed_resources[name])
                    for name in reversed(in_dependency_order(definitions))
                    if self._parsed_resources.get(name) is not None
                    and definitions[name].get("DeletionPolicy") not in policies
                ]
            )
        finally:
            # moto would make the others again as soon as somebody lists them.
            self._resource_json_map = {
                name: definition
                for name, definition in definitions.items()
                if name in self._parsed_resources
            }

    def _delete_all(self, resources: list[tuple[str, _Definition, Any]]) -> None:
        """Delete resources in this order, again and again while that gets somewhere."""
        while resources:
            refused: list[tuple[str, _Definition, Any]] = []
            failure: Exception | None = None
            for name, definition, resource in resources:
                try:
                    self._delete_resource(resource, definition)
                except REFUSALS as refusal:
                    refused.append((name, definition, resource))
                    failure = failure or refusal
                else:
                    if self._parsed_resources.get(name) is resource:
                        del self._parsed_resources[name]
            if failure is not None and len(refused) == len(resources):
                name, definition, resource = refused[0]
                raise self._failure(Action.DELETE, name, definition, failure) from failure
            resources = refused

    def _delete_resource(self, parsed_resource: Any, resource_json: Any) -> None:
        if isinstance(parsed_resource, StackResource):
            # Straight: moto takes some exceptions of its own attempt for another kind of resource.
            parsed_resource.remove()
        else:
            with noting_deletion(parsed_resource, self._region_name):
                super()._delete_resource(parsed_resource, resource_json)

    # Failures

    @contextmanager
    def _naming(self, action: Action, name: str, definition: _Definition) -> Iterator[None]:
        """Turn the failure of the resource of the block into one that names it."""
        try:
            yield
        except ResourceFailure as failure:
            if failure.stack_id == self.stack_id:
                raise
            raise self._failure(action, name, definition, failure) from failure
        except CloudFormationError:
            # The template is wrong, no resource is.
            raise
        except _FAILURES as failure:
            raise self._failure(action, name, definition, failure) from failure

    def _failure(
        self, action: Action, name: str, definition: _Definition, failure: Exception
    ) -> ResourceFailure:
        resource = self._parsed_resources.get(name)
        return ResourceFailure(
            action,
            self.stack_id,
            name,
            definition["Type"],
            getattr(resource, "physical_resource_id", None),
            reason_of(failure, name, definition["Type"]),
        )
