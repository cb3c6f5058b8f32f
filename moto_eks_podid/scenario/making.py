"""Makes what a plan wants, with calls that anybody could make."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import jwt

from ..fixtures import TRUST_POLICY
from ..issuers import service_account_token
from ..nodes import new_instance_id, node_session
from .client import Arranging
from .kinds import Entry
from .made import Scenario, ScenarioAssociation, ScenarioCluster, ScenarioPod
from .plan import Cluster, Plan, partition
from .table import SECTIONS

_WITHOUT_LOCATION: Final = "us-east-1"


def make(plan: Plan, server: str | None, access_key_id: str) -> Scenario:
    """Make everything, or nothing.

    :param server: its URL; None for the mock of this process
    :param access_key_id: an administrator's
    :raises ScenarioError: when something is refused; what had been made is gone then
    """
    arranging = Arranging(plan, server, access_key_id)
    maker = _Maker(arranging)
    made: dict[str, tuple[Any, ...]] = {}
    with arranging.all_or_nothing():
        for section in SECTIONS:
            entries = []
            for entry in plan.sections[section]:
                with arranging.blaming(entry):
                    entries.append(maker.of[section](entry))
            made[section] = tuple(entries)
    return Scenario(plan.path, server, **made)


class _Maker:
    """Makes entries, section by section."""

    def __init__(self, arranging: Arranging) -> None:
        self._arranging = arranging
        #: Cluster -> its node's name and a client of the agent there.
        self._nodes: dict[Cluster, tuple[str, Any]] = {}
        self.of: Mapping[str, Callable[[Entry], Any]] = {
            "policies": self._policy,
            "roles": self._role,
            "clusters": self._cluster,
            "buckets": self._bucket,
            "secrets": self._secret,
            "tables": self._table,
            "associations": self._association,
            "pods": self._pod,
        }

    # IAM and EKS

    def _policy(self, entry: Entry) -> str:
        iam = self._arranging.client_for("iam", entry)
        arn = iam.create_policy(
            PolicyName=entry["name"], PolicyDocument=entry["document"], Tags=_listed(entry)
        )["Policy"]["Arn"]
        self._arranging.undo_with(iam.delete_policy, PolicyArn=arn)
        return self._expected(arn, entry, f"policy/{entry['name']}")

    def _role(self, entry: Entry) -> str:
        iam, name = self._arranging.client_for("iam", entry), entry["name"]
        boundary = entry.get("permissions_boundary")
        arn = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=entry.get("trust", json.dumps(TRUST_POLICY)),
            Tags=_listed(entry),
            **({"PermissionsBoundary": boundary} if boundary else {}),
        )["Role"]["Arn"]
        self._arranging.undo_with(iam.delete_role, RoleName=name)
        for policy, document in entry.get("policies", {}).items():
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document)
            self._arranging.undo_with(iam.delete_role_policy, RoleName=name, PolicyName=policy)
        for policy in entry.get("managed_policies", ()):
            iam.attach_role_policy(RoleName=name, PolicyArn=policy)
            self._arranging.undo_with(iam.detach_role_policy, RoleName=name, PolicyArn=policy)
        return self._expected(arn, entry, f"role/{name}")

    def _expected(self, arn: str, entry: Entry, name: str) -> str:
        """Return an ARN that other entries were resolved to.

        :raises ValueError: when it is another one: the variable rules over accounts
        """
        where = partition(self._arranging.plan.region)
        if arn != f"arn:{where}:iam::{entry['account_id']}:{name}":
            raise ValueError(
                f"this became {arn}: give the account_id of the variable MOTO_ACCOUNT_ID"
            )
        return arn

    def _cluster(self, entry: Entry) -> ScenarioCluster:
        eks, name = self._arranging.client_for("eks", entry), entry["name"]
        cluster = eks.create_cluster(
            name=name,
            roleArn=entry["role"],
            resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
            tags=entry.get("tags", {}),
            **({"version": entry["version"]} if "version" in entry.values else {}),
        )["cluster"]
        self._arranging.undo_with(eks.delete_cluster, name=name)
        return ScenarioCluster(
            name,
            cluster["arn"],
            entry["account_id"],
            entry["region"],
            cluster["identity"]["oidc"]["issuer"],
        )

    def _association(self, entry: Entry) -> ScenarioAssociation:
        cluster: Cluster = entry["cluster"]
        eks = self._arranging.client("eks", cluster.account_id, cluster.region)
        optional = {
            "targetRoleArn": "target_role",
            "disableSessionTags": "disable_session_tags",
            "policy": "policy",
            "tags": "tags",
        }
        made = eks.create_pod_identity_association(
            clusterName=cluster.name,
            namespace=entry["namespace"],
            serviceAccount=entry["service_account"],
            roleArn=entry["role"],
            **{aws: entry[own] for aws, own in optional.items() if own in entry.values},
        )["association"]
        self._arranging.undo_with(
            eks.delete_pod_identity_association,
            clusterName=cluster.name,
            associationId=made["associationId"],
        )
        return ScenarioAssociation(
            cluster.name,
            entry["namespace"],
            entry["service_account"],
            made["roleArn"],
            made.get("targetRoleArn"),
            made.get("externalId"),
            made["associationId"],
            made["associationArn"],
        )

    def _pod(self, entry: Entry) -> ScenarioPod:
        cluster: Cluster = entry["cluster"]
        where: dict[str, Any] = {"region": cluster.region, "account_id": cluster.account_id}
        server = self._arranging.server
        if cluster not in self._nodes:
            self._nodes[cluster] = self._node(cluster)
        node, agent = self._nodes[cluster]
        namespace, service_account = entry["namespace"], entry["service_account"]
        token = service_account_token(
            cluster.name,
            namespace,
            service_account,
            pod_name=entry.get("name"),
            node_name=node,
            endpoint_url=server,
            **where,
        )
        answer = agent.assume_role_for_pod_identity(clusterName=cluster.name, token=token)
        claims = jwt.decode(token, options={"verify_signature": False})
        return ScenarioPod(
            name=claims["kubernetes.io"]["pod"]["name"],
            cluster=cluster.name,
            namespace=namespace,
            service_account=service_account,
            access_key_id=answer["credentials"]["accessKeyId"],
            session_arn=answer["assumedRoleUser"]["arn"],
            node_role=cluster.node_role,
            endpoint_url=server,
            token=token,
            **where,
        )

    def _node(self, cluster: Cluster) -> tuple[str, Any]:
        """Return a node of a cluster: its instance's id, and the client with which its agent asks
        for pods' credentials, as a node."""
        instance_id = new_instance_id()
        iam = self._arranging.client("iam", cluster.account_id, self._arranging.plan.region)
        before = _role_names(iam)
        session = node_session(
            cluster.name,
            instance_id,
            role=cluster.node_role,
            region=cluster.region,
            account_id=cluster.account_id,
            endpoint_url=self._arranging.server,
        )
        name = session.role_arn.rpartition("/")[2]
        if cluster.node_role is None and name not in before:
            self._arranging.undo_with(iam.delete_role, RoleName=name)
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                self._arranging.undo_with(iam.delete_role_policy, RoleName=name, PolicyName=policy)
        keys = (session.access_key_id, session.secret_access_key, session.session_token)
        return instance_id, self._arranging.client_with("eks-auth", cluster.region, *keys)

    # What pods reach for

    def _bucket(self, entry: Entry) -> str:
        s3, name = self._arranging.client_for("s3", entry), entry["name"]
        if name in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
            # S3 answers that as if it had been made now, in the region that is the default.
            raise ValueError(f"there is a bucket {name!r} already")
        region = entry["region"]
        location = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **({} if region == _WITHOUT_LOCATION else location))
        self._arranging.undo_with(s3.delete_bucket, Bucket=name)
        if tags := _listed(entry):
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
        if "policy" in entry.values:
            s3.put_bucket_policy(Bucket=name, Policy=entry["policy"])
        for item in entry.get("objects", ()):
            body = item.get("body", "").encode()
            tagging = urlencode(item.get("tags", {}))
            # Before it is there: moto keeps an object whose tags it refuses.
            self._arranging.undo_with(s3.delete_object, Bucket=name, Key=item["key"])
            s3.put_object(Bucket=name, Key=item["key"], Body=body, Tagging=tagging)
        return str(name)

    def _secret(self, entry: Entry) -> str:
        client = self._arranging.client_for("secretsmanager", entry)
        made = client.create_secret(
            Name=entry["name"], SecretString=entry["value"], Tags=_listed(entry)
        )
        self._arranging.undo_with(
            client.delete_secret, SecretId=made["ARN"], ForceDeleteWithoutRecovery=True
        )
        return str(made["ARN"])

    def _table(self, entry: Entry) -> str:
        client, name = self._arranging.client_for("dynamodb", entry), entry["name"]
        made = client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": entry["key"], "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": entry["key"], "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=_listed(entry),
        )["TableDescription"]
        self._arranging.undo_with(client.delete_table, TableName=name)
        for item in entry.get("items", ()):
            attributes = {attribute: {"S": text} for attribute, text in item.items()}
            client.put_item(TableName=name, Item=attributes)
        return str(made["TableArn"])


def _listed(entry: Entry) -> list[dict[str, str]]:
    """Return an entry's tags the way most services take them."""
    return [{"Key": key, "Value": value} for key, value in entry.get("tags", {}).items()]


def _role_names(iam: Any) -> set[str]:
    pages = iam.get_paginator("list_roles").paginate()
    return {role["RoleName"] for page in pages for role in page["Roles"]}
