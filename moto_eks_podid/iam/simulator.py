"""The four operations of the policy simulator.

Not methods of the backend, whose module every process imports that uses moto: what is needed here
is imported when somebody asks for IAM.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..identity.page_tokens import InvalidPageToken
from . import exceptions
from .models import PartitionedIAMBackend
from .policy_sources import PolicyHolder, find_holder
from .simulation import simulate
from .simulation_request import Entity, context_keys, passed_policies, read_simulation

Json = dict[str, Any]

#: How many actions a page has unless the caller says otherwise.
_PAGE: Final = 100


def simulate_custom_policy(backend: PartitionedIAMBackend, given: Mapping[str, Any]) -> Json:
    """Simulate the policies of a request, and answer a page of actions.

    :param given: parameters that keep to the service model
    :raises SimulationError: for what cannot be simulated
    """
    return _page(backend, given, None)


def simulate_principal_policy(backend: PartitionedIAMBackend, given: Mapping[str, Any]) -> Json:
    """Do the same with the policies of a user, group or role, and those of a request beside them.

    :param given: parameters that keep to the service model
    :raises SimulationError: for what cannot be simulated
    """
    return _page(backend, given, _holder(backend, given["PolicySourceArn"]))


def keys_of_custom_policy(given: Mapping[str, Any]) -> Json:
    """Answer the condition keys that the policies of a request refer to.

    :param given: parameters that keep to the service model
    :raises InvalidInput: for a text that is no policy
    """
    return {"ContextKeyNames": list(context_keys(passed_policies(given["PolicyInputList"])))}


def keys_of_principal_policy(backend: PartitionedIAMBackend, given: Mapping[str, Any]) -> Json:
    """Do the same with the policies of a user, group or role, and those of a request beside them.

    :param given: parameters that keep to the service model
    :raises SimulationError: for an entity that is none, and for a text that is no policy
    """
    policies = _holder(backend, given["PolicySourceArn"]).policies
    passed = passed_policies(given.get("PolicyInputList", []))
    return {"ContextKeyNames": list(context_keys((*policies, *passed)))}


def _holder(backend: PartitionedIAMBackend, arn: str) -> PolicyHolder:
    entity = Entity.read(arn)
    if entity is None or entity.partition != backend.partition:
        raise exceptions.InvalidInput(exceptions.BAD_SOURCE.format(arn=arn))
    own = backend.account_id
    if entity.account_id != own:
        text = exceptions.FOREIGN_SOURCE.format(account=own, other=entity.account_id)
        raise exceptions.InvalidInput(text)
    holder = find_holder(backend, entity.kind, entity.name)
    if holder is None:
        raise exceptions.NoSuchEntity(exceptions.NO_ENTITY)
    return holder


def _page(
    backend: PartitionedIAMBackend, given: Mapping[str, Any], holder: PolicyHolder | None
) -> Json:
    simulation = read_simulation(given, backend.account_id, backend.partition, holder)
    # A marker goes with other actions, policies and resources too: observed.
    query = {"simulated": "custom policies" if holder is None else holder.arn}
    begin = 0
    if "Marker" in given:
        try:
            begin = backend.page_tokens.read(given["Marker"], query)
        except InvalidPageToken:
            raise exceptions.InvalidInput(exceptions.BAD_MARKER) from None
    end = begin + given.get("MaxItems", _PAGE)
    actions = given["ActionNames"]
    results = [simulate(simulation, action) for action in actions[begin:end]]
    if end >= len(actions):
        return {"EvaluationResults": results, "IsTruncated": False}
    marker = backend.page_tokens.issue(end, query)
    return {"EvaluationResults": results, "IsTruncated": True, "Marker": marker}
