"""One API call, and one permission that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...identity.sessions import RoleSession

#: Condition key -> its value; a list for a multi-valued key.
Context: TypeAlias = dict[str, str | list[str]]

#: The resource of an action that has none.
ANY = "*"


@dataclass(frozen=True, slots=True)
class Call:
    """An API call as far as permissions depend on it.

    :param service: botocore's name of the service, such as ``lambda`` or ``eks-auth``
    :param operation: botocore's name of the operation, such as ``ListObjectsV2``
    :param parameters: by botocore's member names; blobs as bytes or base64 text
    :param account_id: the caller's account, 12 digits
    :param region: where the call goes to
    :param partition: ``aws``, ``aws-cn`` and so on
    :param caller_arn: of whoever calls; only operations that are about the caller by default
        (``iam:GetUser`` and its like) look at it
    :param session: the caller's role session, whose transitive tags and source identity a role
        that it assumes inherits
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    account_id: str
    region: str
    partition: str
    caller_arn: str | None = None
    session: RoleSession | None = None

    def text(self, name: str) -> str | None:
        """Return a parameter that is text and not empty; None for any other."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) and value else None

    def items(self, name: str) -> list[Any]:
        """Return the items of a parameter that is a list; none for any other."""
        value = self.parameters.get(name)
        return value if isinstance(value, list) else []

    def texts(self, name: str) -> list[str]:
        """Return the texts among the items of a parameter."""
        return [item for item in self.items(name) if isinstance(item, str) and item]

    def members(self, name: str) -> Mapping[str, Any]:
        """Return a parameter that is a structure or a map; an empty one for any other."""
        value = self.parameters.get(name)
        return value if isinstance(value, dict) else {}

    def here(self, arn: str) -> str:
        """Return an ARN that a caller gave as moto takes it: in the region of the call.

        AWS refuses ARNs of the caller's account in another region; moto does not look at it.
        """
        parts = arn.split(":", 5)
        if len(parts) < 6 or parts[4] != self.account_id or parts[3] == self.region:
            return arn
        return ":".join([*parts[:3], self.region, *parts[4:]])

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of the caller's account in the region of the call."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


@dataclass(frozen=True, slots=True)
class Need:
    """One permission: all those that a call needs must be allowed, each by itself.

    :param action: as policies have it, such as ``s3:GetObject``
    :param resource: its ARN, or ``*``
    :param context: the condition keys that depend on the call and on the resource
    :param resource_account: who owns the resource; None where nobody can tell
    :param shown_resource: how refusals name the resource, where they do not name its ARN
    :param resource_policies: the resource's own policies as JSON texts
    """

    action: str
    resource: str
    context: Mapping[str, str | list[str]]
    resource_account: str | None = None
    shown_resource: str | None = None
    resource_policies: tuple[str, ...] = ()
