"""The calls of synthetic logs that make and renew sessions, each as the text of its record."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..identity.associations import SERVICE_PRINCIPAL
from ..identity.sessions import (
    CHAINED_SESSION_SECONDS,
    SERVICE_SESSION_SECONDS,
    pod_session_name,
    pod_session_tags,
)
from .call import HIDDEN, CallDetails, Map
from .identities import (
    AssumedRole,
    AWSAccount,
    AWSService,
    IAMUser,
    Identity,
    WebIdentityUser,
)
from .record import build
from .user_identity import user_identity

_KEY_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SMALL = "abcdefghijklmnopqrstuvwxyz0123456789"
_AGENT = (
    "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/eksauth#1.7.0"
)
_SDK = "Boto3/1.35.10 md/Botocore#1.35.10 ua/2.0 os/linux#6.1 md/arch#x86_64 lang/python#3.12.5"


class Ids:
    """Ids, keys and names that follow from a seed."""

    def __init__(self, source: random.Random) -> None:
        self.random = source

    def uuid(self) -> str:
        """A version 4 UUID."""
        text = f"{self.random.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def suffix(self, length: int) -> str:
        """Small letters and digits, as at the end of a pod's name."""
        return "".join(self.random.choices(_SMALL, k=length))

    def instance_id(self) -> str:
        """``i-…``."""
        return f"i-{self.random.getrandbits(68):017x}"

    def key(self, prefix: str) -> str:
        """``ASIA…`` or ``AROA…``."""
        return prefix + "".join(self.random.choices(_KEY_CHARACTERS, k=16))

    def token(self) -> str:
        """A session token."""
        return "IQoJb3JpZ2luX2VjE" + self.random.randbytes(256).hex()

    def session(self, role_arn: str, name: str, now: datetime) -> AssumedRole:
        """A new session of a role, whose id follows from its ARN."""
        role_id = Ids(random.Random(role_arn)).key("AROA")
        account, role = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        return AssumedRole(
            principal_id=f"{role_id}:{name}",
            arn=f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
            account_id=account,
            access_key_id=self.key("ASIA"),
            role_id=role_id,
            role_arn=role_arn,
            created_at=now,
        )


def compact(record: Any) -> str:
    """The text of a JSON value as log files have it."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


def identity_text(identity: Identity) -> str:
    """The text of a caller's ``userIdentity``."""
    return compact(user_identity(identity, "s3"))


class Calls:
    """The calls that make and renew sessions."""

    def __init__(self, ids: Ids, region: str) -> None:
        self._ids = ids
        self._region = region

    def tags(self, *pod: str) -> dict[str, str]:
        """The six session tags of a pod."""
        return pod_session_tags(*pod).requested

    def person(self, account: str) -> str:
        """The identity of a user of an account."""
        return identity_text(
            IAMUser(
                self._ids.key("AIDA"),
                f"arn:aws:iam::{account}:user/operator",
                account,
                self._ids.key("AKIA"),
                "operator",
            )
        )

    def cluster_created(self, name: str, arn: str, issuer: str, now: datetime) -> str:
        """EKS answers with the issuer."""
        return self._text(
            "eks",
            "CreateCluster",
            now,
            arn.split(":")[4],
            _admin(arn.split(":")[4]),
            {"name": name, "version": "1.32"},
            {
                "cluster": {
                    "name": name,
                    "arn": arn,
                    "createdAt": now,
                    "identity": {"oidc": {"issuer": issuer}},
                    "status": "ACTIVE",
                }
            },
        )

    def associated(
        self, arn: str, namespace: str, service_account: str, role_arn: str, now: datetime
    ) -> str:
        """A service account is given a role."""
        _, cluster, association_id = arn.split("/")
        account = arn.split(":")[4]
        names = {"namespace": namespace, "serviceAccount": service_account, "roleArn": role_arn}
        return self._text(
            "eks",
            "CreatePodIdentityAssociation",
            now,
            account,
            _admin(account),
            {"clusterName": cluster, **names, "clientRequestToken": self._ids.uuid()},
            {
                "association": {
                    "clusterName": cluster,
                    **names,
                    "associationArn": arn,
                    "associationId": association_id,
                    "tags": Map(),
                    "createdAt": now,
                    "modifiedAt": now,
                    "disableSessionTags": False,
                }
            },
        )

    def asked_by_node(self, node: AssumedRole, cluster: str, now: datetime) -> str:
        """A node's agent presents a pod's token."""
        return self._text(
            "eks-auth",
            "AssumeRoleForPodIdentity",
            now,
            node.account_id,
            node,
            {"clusterName": cluster, "token": HIDDEN},
            None,
            host=f"eks-auth.{self._region}.api.aws",
            user_agent=_AGENT,
        )

    def assumed_for_pod(
        self, role_arn: str, tags: Mapping[str, str], now: datetime
    ) -> tuple[AssumedRole, str]:
        """EKS assumes an association's role."""
        name = pod_session_name(
            tags["eks-cluster-name"], tags["kubernetes-pod-name"], self._ids.uuid()
        )
        session = self._ids.session(role_arn, name, now)
        parameters = {
            "RoleArn": role_arn,
            "RoleSessionName": name,
            "DurationSeconds": SERVICE_SESSION_SECONDS,
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            "TransitiveTagKeys": list(tags),
        }
        results = self._given_out(session, SERVICE_SESSION_SECONDS) | {"PackedPolicySize": 55}
        return session, self._by_service(
            AWSService(SERVICE_PRINCIPAL),
            session.account_id,
            now,
            parameters,
            results,
            self._ids.uuid(),
        )

    def assumed_further(
        self,
        caller: AssumedRole,
        role_arn: str,
        tags: Mapping[str, str],
        now: datetime,
        *,
        by_service: bool,
    ) -> tuple[AssumedRole, list[tuple[str, str]]]:
        """EKS, or the workload itself, goes on to another account's role; both accounts see it."""
        name = caller.session_name if by_service else "export"
        session = self._ids.session(role_arn, name, now)
        parameters = {
            "IncomingTransitiveTags": Map(tags),
            "RoleArn": role_arn,
            "RoleSessionName": name,
            "DurationSeconds": CHAINED_SESSION_SECONDS,
        }
        results = self._given_out(session, CHAINED_SESSION_SECONDS)
        shared, copies = self._ids.uuid(), []
        seen_by: dict[str, Identity] = {
            caller.account_id: replace(caller, invoked_by=SERVICE_PRINCIPAL)
            if by_service
            else caller,
            session.account_id: AWSAccount(caller.principal_id, caller.account_id),
        }
        for account, identity in seen_by.items():
            if by_service:
                text = self._by_service(identity, account, now, parameters, results, shared)
            else:
                text = self._text(
                    "sts", "AssumeRole", now, account, identity, parameters, results, shared=shared
                )
            copies.append((account, text))
        return session, copies

    def assumed_with_token(
        self, role_arn: str, issuer: str, subject: str, now: datetime
    ) -> tuple[AssumedRole, str]:
        """A pod presents its token to STS itself."""
        account = role_arn.split(":")[4]
        provider = f"arn:aws:iam::{account}:oidc-provider/{issuer.removeprefix('https://')}"
        name = f"botocore-session-{int(now.timestamp())}"
        session = replace(self._ids.session(role_arn, name, now), federated_provider=provider)
        text = self._text(
            "sts",
            "AssumeRoleWithWebIdentity",
            now,
            account,
            WebIdentityUser(provider, "sts.amazonaws.com", subject),
            {"RoleArn": role_arn, "RoleSessionName": name},
            {
                **self._given_out(session, CHAINED_SESSION_SECONDS),
                "SubjectFromWebIdentityToken": subject,
                "Provider": provider,
                "Audience": "sts.amazonaws.com",
            },
        )
        return session, text

    def _given_out(self, session: AssumedRole, seconds: int) -> dict[str, Any]:
        return {
            "Credentials": {
                "AccessKeyId": session.access_key_id,
                "SessionToken": self._ids.token(),
                "Expiration": session.created_at + timedelta(seconds=seconds),
            },
            "AssumedRoleUser": {"AssumedRoleId": session.principal_id, "Arn": session.arn},
        }

    def _by_service(
        self,
        identity: Identity,
        account: str,
        now: datetime,
        parameters: Mapping[str, Any],
        results: Mapping[str, Any],
        shared: str,
    ) -> str:
        return self._text(
            "sts",
            "AssumeRole",
            now,
            account,
            identity,
            parameters,
            results,
            shared=shared,
            host=None,
            source_ip=SERVICE_PRINCIPAL,
            user_agent=SERVICE_PRINCIPAL,
        )

    def _text(
        self,
        service: str,
        operation: str,
        now: datetime,
        account: str,
        identity: Identity,
        parameters: Mapping[str, Any] | None,
        results: Mapping[str, Any] | None,
        *,
        shared: str | None = None,
        host: str | None = "",
        source_ip: str = "203.0.113.10",
        user_agent: str = _SDK,
    ) -> str:
        details = call_details(service, operation, self._region, account, identity)
        return compact(
            build(
                replace(
                    details,
                    event_id=self._ids.uuid(),
                    event_time=now,
                    request_id=self._ids.uuid(),
                    source_ip=source_ip,
                    user_agent=user_agent,
                    parameters=parameters,
                    results=results,
                    shared_event_id=shared,
                    host=details.host if host == "" else host,
                )
            )
        )


def _admin(account: str) -> AssumedRole:
    role = f"arn:aws:iam::{account}:role/cluster-admin"
    now = datetime.fromisoformat("2026-02-28T23:00:00+00:00")
    return Ids(random.Random(role)).session(role, "terraform", now)


_PROTOCOLS = {
    "s3": "rest-xml",
    "sts": "query",
    "sqs": "json",
    "kms": "json",
    "dynamodb": "json",
    "secretsmanager": "json",
}


def call_details(
    service: str, operation: str, region: str, account: str, identity: Identity
) -> CallDetails:
    """A successful call from outside; its ids and its time are still to be filled in."""
    return CallDetails(
        event_id="",
        event_time=datetime.fromisoformat("2026-03-01T00:00:00+00:00"),
        service=service,
        operation=operation,
        signing_name=service,
        protocol=_PROTOCOLS.get(service, "rest-json"),
        region=region,
        account_id=account,
        identity=identity,
        source_ip="203.0.113.10",
        user_agent=_SDK,
        request_id="",
        host=f"{service}.{region}.amazonaws.com",
    )
