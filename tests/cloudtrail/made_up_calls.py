"""Entries of the event history that nobody made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from moto_eks_podid.events.call import CallDetails
from moto_eks_podid.events.catalogue import Classified
from moto_eks_podid.events.identities import AWSService, IAMUser, Identity

ACCOUNT = "123456789012"
REGION = "us-west-2"

#: 1 March 2026, 09:00 UTC.
NINE = 1_772_355_600.0


@dataclass(eq=False)
class MadeUpCall:
    """A call with the columns that a test wants; `known=False` is one that is no event."""

    number: int
    time: float = NINE
    name: str = "CreateRole"
    account_id: str = ACCOUNT
    region: str = REGION
    user: str | None = "ops"
    management: bool = True
    known: bool = True
    size: int = 100
    source: str = "iam.amazonaws.com"

    @property
    def event_id(self) -> str:
        return f"event-{self.number}"

    @property
    def read_only(self) -> bool:
        return self.name.startswith(("Get", "List"))

    @property
    def identity(self) -> Identity:
        if self.user is None:
            return AWSService("pods.eks.amazonaws.com")
        arn = f"arn:aws:iam::{self.account_id}:user/{self.user}"
        return IAMUser("AIDA", arn, self.account_id, f"AKIA{self.user}", self.user)

    def classify(self) -> Classified | None:
        if not self.known:
            return None
        return Classified(
            service="iam",
            operation=self.name,
            signing_name="iam",
            protocol="query",
            event_source=self.source,
            event_name=self.name,
            read_only=self.read_only,
            management=self.management,
        )

    def details(self) -> CallDetails:
        return CallDetails(
            event_id=self.event_id,
            event_time=datetime.fromtimestamp(self.time, timezone.utc),
            service="iam",
            operation=self.name,
            signing_name="iam",
            protocol="query",
            region=self.region,
            account_id=self.account_id,
            identity=self.identity,
            source_ip="127.0.0.1",
            user_agent="made up",
            request_id=f"request-{self.number}",
            parameters={"RoleName": f"role-{self.number}"},
        )

    def attribute(self, name: str) -> str | None:
        """Its value of an attribute of LookupEvents."""
        return {
            "EventId": self.event_id,
            "EventName": self.name,
            "EventSource": self.source,
            "ReadOnly": str(self.read_only).lower(),
            "Username": self.user,
            "AccessKeyId": None if self.user is None else f"AKIA{self.user}",
        }[name]
