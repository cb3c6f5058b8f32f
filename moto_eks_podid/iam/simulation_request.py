"""What is to be simulated: the parameters of the two simulation operations, read and checked.

Follows "SimulateCustomPolicy" and "SimulatePrincipalPolicy" (IAM API Reference). Which requests are
refused, and in which words, was observed in real responses; where they differ from the pages, they
count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..policy import Document, MalformedPolicy, validate
from ..policy.grammar import Kind
from ..policy.referenced_keys import referenced_keys
from ..policy.shape import read_document
from . import exceptions
from .context_entries import read_context
from .policy_exclusions import without_excluded
from .policy_sources import HolderKind, PolicyHolder, PolicySource

#: What ``aws:userid`` is while no caller is named: observed.
ANONYMOUS_CALLER: Final = "STUB_PRINCIPAL_FOR_POLICY_SIMULATOR"

_ENTITY: Final = re.compile(
    r"arn:(?P<partition>[\w-]+):iam::(?P<account>\d{12}):(?P<kind>user|group|role)/"
    r"(?:[^/]+/)*(?P<name>[\w+=,.@-]+)",
    re.ASCII,
)
_OWNER: Final = re.compile(r"arn:[\w-]+:iam::(?P<account>\d{12}):.+", re.ASCII | re.DOTALL)
_RESOURCE: Final = re.compile(r"arn:[^:]+:[^:]+:[^:]*:(?P<account>[^:]*):.+", re.DOTALL)

#: Scenario -> the only action that has it.
RESOURCE_HANDLING: Final = {
    f"EC2-{network}": "ec2:runinstances"
    for network in (
        "Classic-InstanceStore",
        "Classic-EBS",
        "VPC-InstanceStore",
        "VPC-InstanceStore-Subnet",
        "VPC-EBS",
        "VPC-EBS-Subnet",
    )
}


@dataclass(frozen=True, slots=True)
class Entity:
    """A user, group or role, as its ARN names it. Its path does not matter: observed."""

    arn: str
    partition: str
    account_id: str
    kind: HolderKind
    name: str

    @classmethod
    def read(cls, arn: str) -> Entity | None:
        """Read an ARN; None when it is none of a user, group or role."""
        found = _ENTITY.fullmatch(arn)
        if found is None:
            return None
        kind: Any = found["kind"]
        return cls(arn, found["partition"], found["account"], kind, found["name"])


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is simulated, of whatever action.

    :param resources: ARNs; empty for all resources
    :param levels: service control policies from the organization's root down to the account
    :param resource_policy: that every resource is taken to have
    :param caller_arn: who is taken to call; ``caller_account`` is that one's, 12 digits
    :param resource_owner: 12 digits: whose a resource is whose ARN does not tell
    :param context: condition key -> a value, or several
    :param missing_keys: condition keys that the policies refer to and nobody gave
    """

    resources: tuple[str, ...]
    policies: tuple[PolicySource, ...]
    boundary: PolicySource | None
    resource_policy: PolicySource | None
    levels: tuple[tuple[Document, ...], ...]
    caller_arn: str
    caller_account: str
    resource_owner: str
    context: Mapping[str, Any] = field(repr=False)
    missing_keys: tuple[str, ...]

    def owner_of(self, resource: str) -> str:
        """Return the account of a resource, 12 digits."""
        found = _RESOURCE.fullmatch(resource)
        return found["account"] if found and found["account"] else self.resource_owner


def read_simulation(
    given: Mapping[str, Any], account_id: str, partition: str, holder: PolicyHolder | None = None
) -> Simulation:
    """Read the parameters of a simulation.

    :param given: parameters that keep to the service model
    :param account_id: of whoever asks; 12 digits
    :param holder: whose policies are simulated; None for those of the request alone
    :raises InvalidInput: for what cannot be simulated
    """
    resources = _resources(given.get("ResourceArns", []))
    _check_actions(given["ActionNames"], resources, given.get("ResourceHandlingOption"))
    given_context = read_context(given.get("ContextEntries", []))
    if holder is not None:
        holder = without_excluded(holder, given.get("PolicyExclusionList", []))
    passed = passed_policies(given.get("PolicyInputList", []))
    policies = (*(holder.policies if holder else ()), *passed)
    boundary = _boundary(given.get("PermissionsBoundaryPolicyInputList", []))
    if boundary is None and holder is not None:
        boundary = holder.boundary
    levels = _levels(given.get("OrderedOrganizationPolicyInputList", []))
    caller = _caller(given.get("CallerArn", holder.arn if holder else None))
    owner = _owner(given.get("ResourceOwner"))
    resource_policy = _resource_policy(given.get("ResourcePolicy"), caller, resources)
    caller_account = caller.account_id if caller else account_id
    judged = [one for one in (*policies, boundary, resource_policy) if one is not None]
    folded = {key.lower() for key in given_context}
    return Simulation(
        resources,
        policies,
        boundary,
        resource_policy,
        levels,
        caller.arn if caller else f"arn:{partition}:iam::{account_id}:user/{ANONYMOUS_CALLER}",
        caller_account,
        owner or caller_account,
        {**_caller_context(caller, account_id, folded), **given_context},
        tuple(key for key in context_keys(judged) if key.lower() not in folded),
    )


def context_keys(sources: Iterable[PolicySource]) -> tuple[str, ...]:
    """Return the condition keys that policies refer to; one that cannot be read refers to none."""
    readable = []
    for source in sources:
        try:
            Document.parse(source.text)
        except MalformedPolicy:
            continue
        readable.append(source.text)
    return referenced_keys(readable)


def passed_policies(texts: Iterable[str]) -> tuple[PolicySource, ...]:
    """Return the policies of a ``PolicyInputList``.

    :raises InvalidInput: for one that is no policy of an identity
    """
    sources = []
    for number, text in enumerate(texts, 1):
        _check(text, "identity", exceptions.BAD_DOCUMENT.format(number=number))
        sources.append(PolicySource(f"PolicyInputList.{number}", text))
    return tuple(sources)


def _check(text: str, kind: Kind, message: str) -> None:
    if any(finding.severity == "error" for finding in validate(text, kind=kind)):
        raise exceptions.InvalidInput(message)


def _resources(arns: list[str]) -> tuple[str, ...]:
    if arns == ["*"]:
        return ()
    for arn in arns:
        if _RESOURCE.fullmatch(arn) is None:
            raise exceptions.InvalidInput(exceptions.BAD_RESOURCE.format(resource=arn))
    return tuple(arns)


def _check_actions(actions: list[str], resources: tuple[str, ...], option: str | None) -> None:
    for action in actions:
        if ":" not in action:
            raise exceptions.InvalidInput(exceptions.BAD_ACTION)
        if option is None or not resources:
            continue
        if RESOURCE_HANDLING.get(option) != action.lower():
            raise exceptions.InvalidInput(exceptions.BAD_OPTION.format(action=action))


def _boundary(texts: list[str]) -> PolicySource | None:
    if len(texts) > 1:
        raise exceptions.InvalidInput(exceptions.TOO_MANY_BOUNDARIES)
    for text in texts:
        _check(text, "boundary", exceptions.chosen("boundary"))
        return PolicySource("PermissionsBoundaryPolicyInputList.1", text)
    return None


def _levels(given: Iterable[Mapping[str, Any]]) -> tuple[tuple[Document, ...], ...]:
    levels = []
    for index, level in enumerate(given, 1):
        texts = level.get("ServiceControlPolicyInputList", [])
        if not texts:
            raise exceptions.InvalidInput(exceptions.EMPTY_LEVEL.format(number=index))
        for number, text in enumerate(texts, 1):
            message = exceptions.chosen("service control policy", number=number, level=index)
            _check(text, "identity", message)
        levels.append(tuple(map(Document.parse, texts)))
    return tuple(levels)


def _caller(arn: str | None) -> Entity | None:
    if arn is None:
        return None
    caller = Entity.read(arn)
    if caller is None:
        raise exceptions.InvalidInput(exceptions.BAD_CALLER)
    return caller


def _caller_context(caller: Entity | None, account_id: str, given: Iterable[str]) -> dict[str, str]:
    """The condition keys that come with the caller, without those that are given: observed."""
    if caller is None:
        found = {"aws:PrincipalAccount": account_id, "aws:userid": ANONYMOUS_CALLER}
    else:
        found = {
            "aws:PrincipalAccount": caller.account_id,
            "aws:PrincipalArn": caller.arn,
            "aws:userid": caller.arn,
        }
        if caller.kind == "user":
            found["aws:username"] = caller.name
    return {key: value for key, value in found.items() if key.lower() not in given}


def _owner(arn: str | None) -> str | None:
    if arn is None:
        return None
    found = _OWNER.fullmatch(arn)
    if found is None:
        raise exceptions.InvalidInput(exceptions.BAD_OWNER.format(owner=arn))
    return found["account"]


def _resource_policy(
    text: str | None, caller: Entity | None, resources: tuple[str, ...]
) -> PolicySource | None:
    if text is None:
        return None
    if caller is None:
        raise exceptions.InvalidInput(exceptions.NO_CALLER)
    if not resources:
        raise exceptions.InvalidInput(exceptions.NO_RESOURCE)
    _check(text, "resource", exceptions.chosen("resource policy"))
    for statement in read_document(text).statements:
        if statement.resource is not None and "*" in statement.resource.values:
            raise exceptions.InvalidInput(exceptions.BAD_RESOURCE.format(resource="*"))
    return PolicySource("ResourcePolicy", text)
