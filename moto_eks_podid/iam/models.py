"""IAM as moto has it, with the policies of AWS."""

from __future__ import annotations

from typing import Any

from moto.iam.models import IAMBackend, ManagedPolicy, Role

from ..identity.page_tokens import PageTokens
from .aws_managed import aws_managed_policy


class PartitionedIAMBackend(IAMBackend):
    """moto's IAM of one account and partition.

    AWS managed policies are there when somebody asks for one: moto has them all or, as is its
    default, none.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.page_tokens = PageTokens()
        #: Access keys that worked once; those that nobody ever gave out may be an administrator's.
        self.deleted_keys: set[str] = set()
        #: Roles that were made or looked for, by ARN; some may be gone.
        self.roles_by_arn: dict[str, Role] = {}

    def create_role(self, *args: Any, **kwargs: Any) -> Role:
        """Create a role; arguments as moto's."""
        role = super().create_role(*args, **kwargs)
        self.roles_by_arn[role.arn] = role
        return role

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        """Attach a managed policy, one of AWS included, to a role."""
        self._fetch(policy_arn)
        super().attach_role_policy(policy_arn, role_name)

    def attach_user_policy(self, policy_arn: str, user_name: str) -> None:
        """Attach a managed policy, one of AWS included, to a user."""
        self._fetch(policy_arn)
        super().attach_user_policy(policy_arn, user_name)

    def attach_group_policy(self, policy_arn: str, group_name: str) -> None:
        """Attach a managed policy, one of AWS included, to a group."""
        self._fetch(policy_arn)
        super().attach_group_policy(policy_arn, group_name)

    def delete_access_key_by_name(self, name: str) -> None:
        """Delete an access key, by its id, for good."""
        super().delete_access_key_by_name(name)
        self.deleted_keys.add(name)

    def get_policy(self, policy_arn: str) -> ManagedPolicy:
        """Return a managed policy, one of AWS included."""
        self._fetch(policy_arn)
        return super().get_policy(policy_arn)

    def _fetch(self, arn: str) -> None:
        if arn in self.managed_policies:
            return
        policy = aws_managed_policy(arn, self.account_id, self.region_name)
        # By its own ARN: in the wrong partition it is another policy.
        if policy is not None and policy.arn == arn:
            self.managed_policies[arn] = policy
