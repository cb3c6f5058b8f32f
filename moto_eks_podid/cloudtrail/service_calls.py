"""The calls that EKS makes to STS for a pod, as the accounts concerned see them.

Follows the records of AssumeRole by ``pods.eks.amazonaws.com`` that published logs show, and for
the target role "Logging IAM and AWS STS API calls with AWS CloudTrail" (IAM User Guide), section
about calls across accounts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from moto.moto_api._internal import mock_random

from ..events.call import CallDetails, Map
from ..events.catalogue import Classified, classified
from ..events.event_ids import event_id
from ..events.identities import AWSAccount, AWSService, Identity
from ..identity.associations import SERVICE_PRINCIPAL
from ..identity.sessions import RoleSession
from ..sts.models import IssuedSession


class ServiceAssumeRole:
    """One AssumeRole that EKS made for a pod, as one account sees it."""

    __slots__ = (
        "account_id",
        "identity",
        "issued",
        "packed_policy_size",
        "parent",
        "region",
        "request_id",
        "time",
    )

    #: What an entry holds beside its share of the session, which the recorder holds anyway.
    size = 512

    def __init__(
        self,
        issued: IssuedSession,
        packed_policy_size: int | None,
        region: str,
        account_id: str,
        identity: Identity,
        request_id: str,
        parent: RoleSession | None = None,
    ) -> None:
        self.time = issued.session.issued_at.timestamp()
        self.issued = issued
        self.packed_policy_size = packed_policy_size
        self.region = region
        self.account_id = account_id
        self.identity = identity
        self.request_id = request_id
        self.parent = parent

    @property
    def event_id(self) -> str:
        """The id of its record: each account's own, and of version 3 as AWS has it here."""
        return event_id(f"{self.request_id}/{self.account_id}", version=3)

    def classify(self) -> Classified:
        """Return what it was: an AssumeRole of STS."""
        return classified("sts", "AssumeRole", "sts", "query")

    def details(self) -> CallDetails:
        """Return its facts."""
        session = self.issued.session
        return CallDetails(
            event_id=self.event_id,
            event_time=datetime.fromtimestamp(self.time, timezone.utc),
            service="sts",
            operation="AssumeRole",
            signing_name="sts",
            protocol="query",
            region=self.region,
            account_id=self.account_id,
            identity=self.identity,
            source_ip=SERVICE_PRINCIPAL,
            user_agent=SERVICE_PRINCIPAL,
            request_id=self.request_id,
            signed_with=None,
            parameters=self._parameters(session),
            results={
                "Credentials": {
                    "AccessKeyId": session.access_key_id,
                    "SessionToken": self.issued.assumed_role.session_token,
                    "Expiration": session.expires_at,
                },
                "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
                **(
                    {"PackedPolicySize": self.packed_policy_size}
                    if self.packed_policy_size is not None
                    else {}
                ),
            },
            shared_event_id=event_id(self.request_id, 1),
        )

    def _parameters(self, session: RoleSession) -> dict[str, Any]:
        parameters: dict[str, Any] = {}
        if self.parent is not None and self.parent.transitive_tags:
            parameters["IncomingTransitiveTags"] = Map(self.parent.transitive_tags)
        parameters["RoleArn"] = session.role_arn
        parameters["RoleSessionName"] = session.session_name
        if session.external_id is not None:
            parameters["ExternalId"] = session.external_id
        lifetime = session.expires_at - session.issued_at
        parameters["DurationSeconds"] = round(lifetime.total_seconds())
        if session.policy is not None:
            parameters["Policy"] = session.policy
        if session.tags and self.parent is None:
            parameters["Tags"] = [
                {"Key": key, "Value": value} for key, value in session.tags.items()
            ]
            parameters["TransitiveTagKeys"] = list(session.transitive_tag_keys)
        return parameters


def assumed_for_pod(
    issued: IssuedSession, packed_policy_size: int | None, region: str
) -> list[ServiceAssumeRole]:
    """Return what is recorded when EKS assumes an association's role."""
    return [
        ServiceAssumeRole(
            issued,
            packed_policy_size,
            region,
            issued.session.account_id,
            AWSService(SERVICE_PRINCIPAL),
            str(mock_random.uuid4()),
        )
    ]


def assumed_target_role(
    issued: IssuedSession, packed_policy_size: int | None, region: str, parent: IssuedSession
) -> list[ServiceAssumeRole]:
    """Return what is recorded when EKS assumes a target role with the first role's session.

    Two accounts see a hop between them: the caller's names the session, the role's the account.
    """
    caller = replace(parent.identity, invoked_by=SERVICE_PRINCIPAL)
    session = parent.session
    seen_by: dict[str, Identity] = {session.account_id: caller}
    seen_by.setdefault(issued.session.account_id, AWSAccount(session.user_id, session.account_id))
    request_id = str(mock_random.uuid4())
    return [
        ServiceAssumeRole(
            issued, packed_policy_size, region, account_id, identity, request_id, session
        )
        for account_id, identity in seen_by.items()
    ]
