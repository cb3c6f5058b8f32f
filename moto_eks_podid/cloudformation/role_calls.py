"""The calls to IAM that stand behind ``AWS::IAM::Role``, which moto makes without a call.

moto's own resource types change moto's state directly, so that CloudTrail sees nothing of them. For
roles, without which there are no associations, the records are made from what became of the role.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from moto.iam.models import Role
from moto.moto_api._internal import mock_random

from .. import clock
from ..cloudtrail.history import history
from ..cloudtrail.progress import current_call
from ..events.call import CallDetails
from ..events.catalogue import Classified, classified, record_region
from ..events.event_ids import event_id
from ..events.identities import Identity, invoked_by
from .forwarding import PRINCIPAL, caller_of_calls

_SERVICE, _PROTOCOL = "iam", "query"


class RoleCall:
    """One call to IAM that CloudFormation made for somebody: an entry of the event history."""

    __slots__ = (
        "account_id",
        "identity",
        "operation",
        "parameters",
        "region",
        "request_id",
        "results",
        "time",
    )

    def __init__(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        results: Mapping[str, Any] | None,
        identity: Identity,
        account_id: str,
        region: str,
    ) -> None:
        self.time = clock.epoch_seconds()
        self.operation = operation
        self.parameters = parameters
        self.results = results
        self.identity = identity
        self.account_id = account_id
        self.region = record_region(_SERVICE, region, None)
        self.request_id = str(mock_random.uuid4())

    @property
    def event_id(self) -> str:
        """The id of its record."""
        return event_id(self.request_id)

    @property
    def size(self) -> int:
        """How many bytes it holds, about."""
        return 1000 + sum(len(str(value)) for value in self.parameters.values())

    def classify(self) -> Classified:
        """Return what it was."""
        return classified(_SERVICE, self.operation, _SERVICE, _PROTOCOL)

    def details(self) -> CallDetails:
        """Return its facts."""
        return CallDetails(
            event_id=self.event_id,
            event_time=datetime.fromtimestamp(self.time, timezone.utc),
            service=_SERVICE,
            operation=self.operation,
            signing_name=_SERVICE,
            protocol=_PROTOCOL,
            region=self.region,
            account_id=self.account_id,
            identity=self.identity,
            source_ip=PRINCIPAL,
            user_agent=PRINCIPAL,
            request_id=self.request_id,
            parameters=self.parameters,
            results=self.results,
        )


def note_made(resource: Any, region: str) -> None:
    """A stack made a resource: record the calls behind it if it is a role."""
    if not isinstance(resource, Role):
        return
    optional = {
        "Description": resource.description,
        "PermissionsBoundary": resource.permissions_boundary_arn,
        "Tags": list(resource.tags or ()),
    }
    parameters = {
        "Path": resource.path,
        "RoleName": resource.name,
        "AssumeRolePolicyDocument": resource.assume_role_policy_document,
        **{name: value for name, value in optional.items() if value},
    }
    made = {
        "Path": resource.path,
        "RoleName": resource.name,
        "RoleId": resource.id,
        "Arn": resource.arn,
        "CreateDate": resource.create_date.replace(tzinfo=timezone.utc),
        "AssumeRolePolicyDocument": quote(resource.assume_role_policy_document),
    }
    _note("CreateRole", parameters, {"Role": made}, resource, region)
    for name, document in resource.policies.items():
        of_role = {"RoleName": resource.name, "PolicyName": name, "PolicyDocument": document}
        _note("PutRolePolicy", of_role, None, resource, region)


@contextmanager
def noting_deletion(resource: Any, region: str) -> Iterator[None]:
    """Record the calls behind the deletion of a resource in the block, if it is a role."""
    if not isinstance(resource, Role):
        yield
        return
    policy_names = list(resource.policies)
    yield
    for name in policy_names:
        of_role = {"RoleName": resource.name, "PolicyName": name}
        _note("DeleteRolePolicy", of_role, None, resource, region)
    _note("DeleteRole", {"RoleName": resource.name}, None, resource, region)


def _note(
    operation: str,
    parameters: Mapping[str, Any],
    results: Mapping[str, Any] | None,
    role: Role,
    region: str,
) -> None:
    outer = current_call()
    if outer is None:
        return
    identity = invoked_by(caller_of_calls(outer, role.account_id), PRINCIPAL)
    history().append(RoleCall(operation, parameters, results, identity, role.account_id, region))
