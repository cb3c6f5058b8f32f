"""Calls whose records are known: the facts of samples, with made-up values."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from moto_eks_podid.events.call import HIDDEN, CallDetails
from moto_eks_podid.events.identities import AssumedRole, AWSService, IAMUser, WebIdentityUser
from moto_eks_podid.events.record import build

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
REGION = "us-west-2"

#: The members of records, in order.
MEMBERS = (
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "requestID",
    "eventID",
    "readOnly",
    "resources",
    "eventType",
    "apiVersion",
    "managementEvent",
    "recipientAccountId",
    "sharedEventID",
    "eventCategory",
    "tlsDetails",
)
#: Those that not every record has.
SOMETIMES = {
    "errorCode",
    "errorMessage",
    "additionalEventData",
    "resources",
    "apiVersion",
    "sharedEventID",
    "tlsDetails",
}
#: The members of a record of a call that a client makes, in order.
CALL = [name for name in MEMBERS if name not in SOMETIMES or name == "tlsDetails"]


def at(hour: int, minute: int = 0, second: int = 0, *, milliseconds: int = 0) -> datetime:
    """A time on the first of March 2026."""
    return datetime(2026, 3, 1, hour, minute, second, milliseconds * 1000, tzinfo=timezone.utc)


USER = IAMUser(
    principal_id="AIDAEXAMPLEUSERID0001",
    arn=f"arn:aws:iam::{ACCOUNT}:user/ops/dana",
    account_id=ACCOUNT,
    access_key_id="AKIAEXAMPLEUSERKEY01",
    user_name="dana",
)

NODE = AssumedRole(
    principal_id="AROAEXAMPLENODEROLE1:i-0abc1234def567890",
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/prod-blue-nodes/i-0abc1234def567890",
    account_id=ACCOUNT,
    access_key_id="ASIAEXAMPLENODEKEY1",
    role_id="AROAEXAMPLENODEROLE1",
    role_arn=f"arn:aws:iam::{ACCOUNT}:role/prod-blue-nodes",
    created_at=at(8),
)

POD_SESSION = "eks-prod-blue-cart-7c9d6-1f0c2b9e-3a54-4c1d-9f63-2f2c0b7f9a11"
POD = AssumedRole(
    principal_id=f"AROAEXAMPLEROLEID0001:{POD_SESSION}",
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/cart-reader/{POD_SESSION}",
    account_id=ACCOUNT,
    access_key_id="ASIAEXAMPLEKEYID0001",
    role_id="AROAEXAMPLEROLEID0001",
    role_arn=f"arn:aws:iam::{ACCOUNT}:role/cart-reader",
    created_at=at(9),
)

PODS_SERVICE = AWSService("pods.eks.amazonaws.com")

PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0F1E2D3C"
WEB_USER = WebIdentityUser(PROVIDER, "sts.amazonaws.com", "system:serviceaccount:shop:cart")

#: By botocore's name of the service: protocol, and signing name where it is another.
PROTOCOLS = {
    "appsync": ("rest-json", ""),
    "cloudformation": ("query", ""),
    "cloudtrail": ("json", ""),
    "codepipeline": ("json", ""),
    "cognito-idp": ("json", ""),
    "dynamodb": ("json", ""),
    "ec2": ("ec2", ""),
    "eks": ("rest-json", ""),
    "eks-auth": ("rest-json", ""),
    "elasticache": ("query", ""),
    "elbv2": ("query", "elasticloadbalancing"),
    "iam": ("query", ""),
    "kinesis": ("json", ""),
    "kms": ("json", ""),
    "lambda": ("rest-json", ""),
    "memorydb": ("json", ""),
    "mq": ("rest-json", ""),
    "rds": ("query", ""),
    "s3": ("rest-xml", ""),
    "secretsmanager": ("json", ""),
    "sns": ("query", ""),
    "sqs": ("json", ""),
    "ssm": ("json", ""),
    "sts": ("query", ""),
}


def a_call(service: str, operation: str, **facts: Any) -> CallDetails:
    """A user's call, as ``facts`` have it."""
    protocol, signing_name = PROTOCOLS[service]
    details = CallDetails(
        event_id="6572f000-d292-4e8c-b605-fa5974e10000",
        event_time=at(9, 5),
        service=service,
        operation=operation,
        signing_name=signing_name or service,
        protocol=protocol,
        region=REGION,
        account_id=ACCOUNT,
        identity=USER,
        source_ip="203.0.113.10",
        user_agent="aws-cli/2.36.32",
        request_id="787c0000-4c6e-4d3e-88eb-ed427e060000",
        host=f"{signing_name or service}.{REGION}.amazonaws.com",
    )
    return replace(details, **facts)


def tls(host: str) -> dict[str, str]:
    return {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": host,
    }


# A pod's credentials: the call of the node's agent, and the one that EKS makes for it; as samples
# of the EKS User Guide and published logs show them.

AGENT = (
    "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/eksauth#1.7.0"
)
ASSUME_FOR_POD = a_call(
    "eks-auth",
    "AssumeRoleForPodIdentity",
    event_id="0b7f0f9e-53e6-4a0c-9f51-1f6f5a1e7c22",
    event_time=at(9, milliseconds=250),
    identity=NODE,
    user_agent=AGENT,
    request_id="5d0c7c0a-55b2-4a7e-8f4f-9a5a4b8f0e11",
    host="eks-auth.us-west-2.api.aws",
    parameters={"clusterName": "prod-blue", "token": HIDDEN},
    results={"credentials": HIDDEN, "subject": {"namespace": "shop", "serviceAccount": "cart"}},
)
NODE_SHOWN = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLENODEROLE1:i-0abc1234def567890",
    "arn": "arn:aws:sts::111122223333:assumed-role/prod-blue-nodes/i-0abc1234def567890",
    "accountId": "111122223333",
    "accessKeyId": "ASIAEXAMPLENODEKEY1",
    "sessionContext": {
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROAEXAMPLENODEROLE1",
            "arn": "arn:aws:iam::111122223333:role/prod-blue-nodes",
            "accountId": "111122223333",
            "userName": "prod-blue-nodes",
        },
        "attributes": {"creationDate": "2026-03-01T08:00:00Z", "mfaAuthenticated": "false"},
        "ec2RoleDelivery": "2.0",
    },
}
ASSUME_FOR_POD_RECORD = {
    "eventVersion": "1.09",
    "userIdentity": NODE_SHOWN,
    "eventTime": "2026-03-01T09:00:00Z",
    "eventSource": "eks-auth.amazonaws.com",
    "eventName": "AssumeRoleForPodIdentity",
    "awsRegion": "us-west-2",
    "sourceIPAddress": "203.0.113.10",
    "userAgent": AGENT,
    "requestParameters": {
        "clusterName": "prod-blue",
        "token": "HIDDEN_DUE_TO_SECURITY_REASONS",
    },
    "responseElements": None,
    "requestID": "5d0c7c0a-55b2-4a7e-8f4f-9a5a4b8f0e11",
    "eventID": "0b7f0f9e-53e6-4a0c-9f51-1f6f5a1e7c22",
    "readOnly": True,
    "eventType": "AwsApiCall",
    "managementEvent": True,
    "recipientAccountId": "111122223333",
    "eventCategory": "Management",
    "tlsDetails": tls("eks-auth.us-west-2.api.aws"),
}

POD_TAGS = {
    "eks-cluster-arn": "arn:aws:eks:us-west-2:111122223333:cluster/prod-blue",
    "eks-cluster-name": "prod-blue",
    "kubernetes-namespace": "shop",
    "kubernetes-service-account": "cart",
    "kubernetes-pod-name": "cart-7c9d6b5f4-x2k9m",
    "kubernetes-pod-uid": "91ee0000-74f3-49d4-8f7c-bcde305c0000",
}
SERVICE_CALL = a_call(
    "sts",
    "AssumeRole",
    event_id="8164df1a-e944-36e0-9b1c-2b7a6f1d5c33",
    event_time=at(9),
    identity=PODS_SERVICE,
    source_ip="pods.eks.amazonaws.com",
    user_agent="pods.eks.amazonaws.com",
    request_id="7f3b4c52-0f2d-4c5e-8a29-4c2f8f0f3b10",
    host=None,
    signed_with=None,
    shared_event_id="2d1f5c3a-9c44-4f0e-8b5f-6a7b8c9d0e1f",
    parameters={
        "RoleArn": "arn:aws:iam::111122223333:role/cart-reader",
        "RoleSessionName": POD_SESSION,
        "DurationSeconds": 21600,
        "Tags": [{"Key": key, "Value": value} for key, value in POD_TAGS.items()],
        "TransitiveTagKeys": list(POD_TAGS),
    },
    results={
        "Credentials": {
            "AccessKeyId": "ASIAEXAMPLEKEYID0001",
            "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "SessionToken": "IQoJexample",
            "Expiration": at(15),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROAEXAMPLEROLEID0001:{POD_SESSION}",
            "Arn": f"arn:aws:sts::111122223333:assumed-role/cart-reader/{POD_SESSION}",
        },
        "PackedPolicySize": 55,
    },
)
SERVICE_CALL_RECORD = {
    "eventVersion": "1.08",
    "userIdentity": {"type": "AWSService", "invokedBy": "pods.eks.amazonaws.com"},
    "eventTime": "2026-03-01T09:00:00Z",
    "eventSource": "sts.amazonaws.com",
    "eventName": "AssumeRole",
    "awsRegion": "us-west-2",
    "sourceIPAddress": "pods.eks.amazonaws.com",
    "userAgent": "pods.eks.amazonaws.com",
    "requestParameters": {
        "roleArn": "arn:aws:iam::111122223333:role/cart-reader",
        "roleSessionName": POD_SESSION,
        "durationSeconds": 21600,
        "tags": [
            {
                "key": "eks-cluster-arn",
                "value": "arn:aws:eks:us-west-2:111122223333:cluster/prod-blue",
            },
            {"key": "eks-cluster-name", "value": "prod-blue"},
            {"key": "kubernetes-namespace", "value": "shop"},
            {"key": "kubernetes-service-account", "value": "cart"},
            {"key": "kubernetes-pod-name", "value": "cart-7c9d6b5f4-x2k9m"},
            {"key": "kubernetes-pod-uid", "value": "91ee0000-74f3-49d4-8f7c-bcde305c0000"},
        ],
        "transitiveTagKeys": [
            "eks-cluster-arn",
            "eks-cluster-name",
            "kubernetes-namespace",
            "kubernetes-service-account",
            "kubernetes-pod-name",
            "kubernetes-pod-uid",
        ],
    },
    "responseElements": {
        "credentials": {
            "accessKeyId": "ASIAEXAMPLEKEYID0001",
            "sessionToken": "IQoJexample",
            "expiration": "Mar 1, 2026, 3:00:00 PM",
        },
        "assumedRoleUser": {
            "assumedRoleId": f"AROAEXAMPLEROLEID0001:{POD_SESSION}",
            "arn": f"arn:aws:sts::111122223333:assumed-role/cart-reader/{POD_SESSION}",
        },
        "packedPolicySize": 55,
    },
    "requestID": "7f3b4c52-0f2d-4c5e-8a29-4c2f8f0f3b10",
    "eventID": "8164df1a-e944-36e0-9b1c-2b7a6f1d5c33",
    "readOnly": True,
    "resources": [
        {
            "accountId": "111122223333",
            "type": "AWS::IAM::Role",
            "ARN": "arn:aws:iam::111122223333:role/cart-reader",
        }
    ],
    "eventType": "AwsApiCall",
    "managementEvent": True,
    "recipientAccountId": "111122223333",
    "sharedEventID": "2d1f5c3a-9c44-4f0e-8b5f-6a7b8c9d0e1f",
    "eventCategory": "Management",
}

POD_SHOWN = {
    "type": "AssumedRole",
    "principalId": f"AROAEXAMPLEROLEID0001:{POD_SESSION}",
    "arn": f"arn:aws:sts::111122223333:assumed-role/cart-reader/{POD_SESSION}",
    "accountId": "111122223333",
    "accessKeyId": "ASIAEXAMPLEKEYID0001",
    "sessionContext": {
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROAEXAMPLEROLEID0001",
            "arn": "arn:aws:iam::111122223333:role/cart-reader",
            "accountId": "111122223333",
            "userName": "cart-reader",
        },
        "attributes": {"creationDate": "2026-03-01T09:00:00Z", "mfaAuthenticated": "false"},
    },
}


def assert_record(details: CallDetails, expected: dict[str, Any]) -> None:
    record = build(details)
    assert record == expected
    # Equal, and in the same order at every depth.
    assert json.dumps(record) == json.dumps(expected)
