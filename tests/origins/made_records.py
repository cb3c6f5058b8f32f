"""CloudTrail records made by hand, in the shapes that published logs and the documentation show."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
REGION = "us-west-2"
CLUSTER = "prod-blue"
CLUSTER_ARN = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cart-reader"
NODE = f"arn:aws:sts::{ACCOUNT}:assumed-role/prod-blue-nodes/i-0abc1234def567890"
ISSUER_PATH = "oidc.eks.us-west-2.amazonaws.com/id/0F1E2D3C4B5A69788796A5B4C3D2E1F0"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER_PATH}"
SUBJECT = "system:serviceaccount:shop:cart"

KEY = "ASIAEXAMPLEKEYID0001"
SESSION = "eks-prod-blue-cart-7c9d6-1f0c2b9e-3a54-4c1d-9f63-2f2c0b7f9a11"
ROLE_ID = "AROAEXAMPLEROLEID0001"
NINE = "2026-03-01T09:00:00Z"

TAGS = {
    "eks-cluster-arn": CLUSTER_ARN,
    "eks-cluster-name": CLUSTER,
    "kubernetes-namespace": "shop",
    "kubernetes-service-account": "cart",
    "kubernetes-pod-name": "cart-7c9d6b5f4-x2k9m",
    "kubernetes-pod-uid": "91ee0000-74f3-49d4-8f7c-bcde305c0000",
}


def record(source: str, name: str, identity: Json, event_id: str, **more: Any) -> Json:
    return {
        "eventVersion": "1.09",
        "userIdentity": identity,
        "eventTime": NINE,
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.10",
        "requestParameters": None,
        "responseElements": None,
        "eventID": event_id,
        "recipientAccountId": ACCOUNT,
        **more,
    }


def account_of(role: str) -> str:
    return role.split(":")[4]


def session_arn(role: str, session: str) -> str:
    return f"arn:aws:sts::{account_of(role)}:assumed-role/{role.rpartition('/')[2]}/{session}"


def given_out(key: str, role: str, session: str) -> Json:
    return {
        "credentials": {
            "accessKeyId": key,
            "sessionToken": "IQoJ...",
            "expiration": "Mar 1, 2026, 3:00:00 PM",
        },
        "assumedRoleUser": {
            "assumedRoleId": f"{ROLE_ID}:{session}",
            "arn": session_arn(role, session),
        },
    }


def caller(key: str | None, role: str = ROLE, session: str = SESSION, **more: Any) -> Json:
    """A role session as ``userIdentity``."""
    return {
        "type": "AssumedRole",
        "principalId": f"{ROLE_ID}:{session}",
        "arn": session_arn(role, session),
        "accountId": account_of(role),
        **({"accessKeyId": key} if key else {}),
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role}, "attributes": {}},
        **more,
    }


def for_pod(
    key: str = KEY,
    *,
    tags: Json | None = None,
    session: str = SESSION,
    role: str = ROLE,
    time: str = NINE,
    event_id: str = "assumed-for-pod",
) -> Json:
    """EKS assumes an association's role; without tags where the association disables them."""
    tags = TAGS if tags is None else tags
    parameters: Json = {"roleArn": role, "roleSessionName": session, "durationSeconds": 21600}
    if tags:
        parameters["tags"] = [{"key": name, "value": value} for name, value in tags.items()]
        parameters["transitiveTagKeys"] = list(tags)
    return record(
        "sts",
        "AssumeRole",
        {"type": "AWSService", "invokedBy": "pods.eks.amazonaws.com"},
        event_id,
        eventTime=time,
        sourceIPAddress="pods.eks.amazonaws.com",
        requestParameters=parameters,
        responseElements={**given_out(key, role, session), "packedPolicySize": 55},
        sharedEventID=f"shared-{event_id}",
    )


def by_node(
    *, arn: str = NODE, cluster: str = CLUSTER, time: str = NINE, event_id: str = "asked-by-node"
) -> Json:
    """A node's agent asks for a pod's credentials."""
    return record(
        "eks-auth",
        "AssumeRoleForPodIdentity",
        {"type": "AssumedRole", "arn": arn, "accessKeyId": "ASIAEXAMPLENODEKEY1"},
        event_id,
        eventTime=time,
        requestParameters={"clusterName": cluster, "token": "HIDDEN_DUE_TO_SECURITY_REASONS"},
    )


def with_token(key: str = KEY, *, subject: str = SUBJECT, provider: str = PROVIDER) -> Json:
    """A pod presents its token to STS (IRSA)."""
    session = "botocore-session-1772355000"
    identity = {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:sts.amazonaws.com:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }
    return record(
        "sts",
        "AssumeRoleWithWebIdentity",
        identity,
        "assumed-with-token",
        requestParameters={"roleArn": ROLE, "roleSessionName": session},
        responseElements={
            **given_out(key, ROLE, session),
            "subjectFromWebIdentityToken": subject,
            "provider": provider,
            "audience": "sts.amazonaws.com",
        },
    )


def further(
    key: str,
    role: str,
    identity: Json,
    *,
    event_id: str = "assumed-further",
    session: str = "hop2",
    tags: Json | None = None,
    account: str = ACCOUNT,
    **more: Any,
) -> Json:
    """A session assumes a further role: the workload itself, or EKS for a target role."""
    parameters = {
        "incomingTransitiveTags": TAGS if tags is None else tags,
        "roleArn": role,
        "roleSessionName": session,
        "durationSeconds": 3600,
    }
    return record(
        "sts",
        "AssumeRole",
        identity,
        event_id,
        requestParameters=parameters,
        responseElements=given_out(key, role, session),
        recipientAccountId=account,
        **more,
    )


def target_role(key: str = "ASIATARGET", parent: str = KEY) -> tuple[Json, Json]:
    """EKS goes on to another account's role: the caller's record, and the other account's."""
    role = f"arn:aws:iam::{OTHER_ACCOUNT}:role/data"
    shared = {
        "session": SESSION,
        "sharedEventID": "shared-hop",
        "sourceIPAddress": "pods.eks.amazonaws.com",
    }
    return (
        further(
            key,
            role,
            caller(parent, invokedBy="pods.eks.amazonaws.com"),
            event_id="hop-of-caller",
            **shared,
        ),
        further(
            key,
            role,
            {"type": "AWSAccount", "principalId": f"{ROLE_ID}:{SESSION}", "accountId": ACCOUNT},
            event_id="hop-of-target",
            account=OTHER_ACCOUNT,
            **shared,
        ),
    )


def association(
    name: str = "Create",
    association_id: str = "a-4kz81mq0tv7xw2bny",
    *,
    time: str = "2026-03-01T08:30:00Z",
    created_at: float = 1772353800.123,
    service_account: str = "cart",
    event_id: str | None = None,
) -> Json:
    """An association is created, updated or deleted."""
    return record(
        "eks",
        f"{name}PodIdentityAssociation",
        {"type": "IAMUser", "accessKeyId": "AKIAEXAMPLE"},
        event_id or f"{name}-{association_id}",
        eventTime=time,
        requestParameters={"name": CLUSTER, "associationId": association_id, "tags": {"a": "b"}},
        responseElements={
            "association": {
                "clusterName": CLUSTER,
                "namespace": "shop",
                "serviceAccount": service_account,
                "roleArn": ROLE,
                "associationArn": association_arn(association_id),
                "associationId": association_id,
                "tags": {},
                "createdAt": created_at,
            }
        },
    )


def association_arn(association_id: str = "a-4kz81mq0tv7xw2bny") -> str:
    return f"arn:aws:eks:{REGION}:{ACCOUNT}:podidentityassociation/{CLUSTER}/{association_id}"


def cluster_created() -> Json:
    """A cluster whose answer names its issuer."""
    return record(
        "eks",
        "CreateCluster",
        {"type": "IAMUser", "accessKeyId": "AKIAEXAMPLE"},
        "cluster-created",
        responseElements={
            "cluster": {
                "name": CLUSTER,
                "arn": CLUSTER_ARN,
                "identity": {"oidc": {"issuer": f"https://{ISSUER_PATH}"}},
            }
        },
    )


def ordinary(key: str | None = KEY, **more: Any) -> Json:
    """A call with a session's credentials."""
    return record("s3", "GetObject", caller(key), "ordinary", **more)
