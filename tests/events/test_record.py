"""Whole records, compared with the samples of the guides and of published logs: key for key, in
their order."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from typing import Any

from recorded_calls import (
    ACCOUNT,
    ASSUME_FOR_POD,
    ASSUME_FOR_POD_RECORD,
    OTHER_ACCOUNT,
    POD,
    POD_SESSION,
    POD_SHOWN,
    PROVIDER,
    SERVICE_CALL,
    SERVICE_CALL_RECORD,
    WEB_USER,
    a_call,
    assert_record,
    at,
    tls,
)

from moto_eks_podid.events.call import HIDDEN, Map
from moto_eks_podid.events.identities import AWSAccount, WebIdentityUser
from moto_eks_podid.events.record import build

# A pod's credentials: the call of the node's agent, and the one that EKS makes for it.


def test_agents_call_is_recorded_otherwise() -> None:
    """AssumeRoleForPodIdentity: the node is the caller; neither pod nor credentials appear."""
    assert_record(ASSUME_FOR_POD, ASSUME_FOR_POD_RECORD)


def test_agents_refused_call_is_recorded_otherwise() -> None:
    """A refusal inserts code and message between user agent and parameters, and nothing else."""
    message = "Unauthorized Exception! EKS does not have permissions to assume the associated role."
    refused = replace(
        ASSUME_FOR_POD, error_code="AccessDeniedException", error_message=message, results=None
    )
    expected = {}
    for name, value in ASSUME_FOR_POD_RECORD.items():
        expected[name] = value
        if name == "userAgent":
            expected |= {"errorCode": "AccessDenied", "errorMessage": message}
    assert_record(refused, expected)


def test_call_of_eks_is_recorded_otherwise() -> None:
    """The AssumeRole that EKS makes: tags and key id tell the pod, the secret key is omitted."""
    assert_record(SERVICE_CALL, SERVICE_CALL_RECORD)


def test_target_role_looks_the_same_to_both_accounts() -> None:
    """The second AssumeRole of EKS: the first role's session there, its account here; the tags
    that came along are a map; one shared id."""
    hop = replace(
        SERVICE_CALL,
        identity=replace(POD, invoked_by="pods.eks.amazonaws.com"),
        parameters={
            "IncomingTransitiveTags": Map({"Kubernetes-namespace": "shop"}),
            "RoleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/Next",
            "RoleSessionName": POD_SESSION,
            "ExternalId": "us-west-2/111122223333/prod-blue/shop/cart",
            "DurationSeconds": 3600,
            "Policy": '{"Version":"2012-10-17"}',
        },
    )
    there = replace(
        hop,
        account_id=OTHER_ACCOUNT,
        identity=AWSAccount(POD.principal_id, ACCOUNT),
        event_id="91aa2b3c-0000-3000-8000-000000000001",
    )
    first, second = build(hop), build(there)
    assert first["userIdentity"]["invokedBy"] == "pods.eks.amazonaws.com"
    assert list(first["userIdentity"])[-2:] == ["sessionContext", "invokedBy"]
    assert first["userIdentity"]["accessKeyId"] == POD.access_key_id
    assert second["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": f"AROAEXAMPLEROLEID0001:{POD_SESSION}",
        "accountId": ACCOUNT,
    }
    assert (first["recipientAccountId"], second["recipientAccountId"]) == (ACCOUNT, OTHER_ACCOUNT)
    assert first["sharedEventID"] == second["sharedEventID"]
    assert first["eventID"] != second["eventID"]
    for record in (first, second):
        assert record["eventVersion"] == "1.08"
        assert "tlsDetails" not in record
        assert "additionalEventData" not in record
        assert record["requestParameters"] == {
            "incomingTransitiveTags": {"Kubernetes-namespace": "shop"},
            "roleArn": "arn:aws:iam::444455556666:role/Next",
            "roleSessionName": POD_SESSION,
            "externalId": "us-west-2/111122223333/prod-blue/shop/cart",
            "durationSeconds": 3600,
            "policy": '{"Version":"2012-10-17"}',
        }
        assert record["resources"] == [
            {
                "accountId": "444455556666",
                "type": "AWS::IAM::Role",
                "ARN": "arn:aws:iam::444455556666:role/Next",
            }
        ]


# A pod's own calls.


def test_pods_call_is_recorded_otherwise() -> None:
    """GetCallerIdentity with a pod's session: no tags, no pod but for the session's name, and
    the additional data of STS."""
    details = a_call(
        "sts",
        "GetCallerIdentity",
        identity=POD,
        results={"UserId": POD.principal_id, "Account": ACCOUNT, "Arn": POD.arn},
    )
    record = build(details)
    extended = record["additionalEventData"]["ExtendedRequestId"]
    parts = b64decode(extended).decode().split(":")
    assert parts[:5] == ["1", "us-west-2", "S", "1772355900000", "R"]
    assert len(parts[5]) == 8
    assert parts[5].isalnum()
    assert_record(
        details,
        {
            "eventVersion": "1.11",
            "userIdentity": POD_SHOWN,
            "eventTime": "2026-03-01T09:05:00Z",
            "eventSource": "sts.amazonaws.com",
            "eventName": "GetCallerIdentity",
            "awsRegion": "us-west-2",
            "sourceIPAddress": "203.0.113.10",
            "userAgent": "aws-cli/2.36.32",
            "requestParameters": None,
            "responseElements": None,
            "additionalEventData": {
                "ExtendedRequestId": extended,
                "RequestDetails": {
                    "endpointType": "regional",
                    "awsServingRegion": "us-west-2",
                },
            },
            "requestID": "787c0000-4c6e-4d3e-88eb-ed427e060000",
            "eventID": "6572f000-d292-4e8c-b605-fa5974e10000",
            "readOnly": True,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": "111122223333",
            "eventCategory": "Management",
            "tlsDetails": tls("sts.us-west-2.amazonaws.com"),
        },
    )


def test_extended_request_id_changes_from_run_to_run() -> None:
    """What looks random in a record follows from the request's id, and differs between them."""
    details = a_call("sts", "GetCallerIdentity")
    other = replace(details, request_id="00000000-0000-4000-8000-000000000001")
    assert build(details) == build(details)
    assert build(details)["additionalEventData"] != build(other)["additionalEventData"]


def test_global_endpoint_of_sts_counts_as_regional() -> None:
    """A call of sts.amazonaws.com is recorded in us-east-1, and says which endpoint it was."""
    record = build(a_call("sts", "GetCallerIdentity", host="sts.amazonaws.com"))
    assert record["awsRegion"] == "us-east-1"
    assert record["additionalEventData"]["RequestDetails"]["endpointType"] == "global"


# Web identities, as IRSA has them.

WEB_IDENTITY_CALL = a_call(
    "sts",
    "AssumeRoleWithWebIdentity",
    identity=WEB_USER,
    signed_with=None,
    parameters={
        "RoleArn": "arn:aws:iam::111122223333:role/irsa-role",
        "RoleSessionName": "botocore-session-1772355000",
        "WebIdentityToken": HIDDEN,
    },
    results={
        "Credentials": {
            "AccessKeyId": "ASIAEXAMPLEIRSAKEY01",
            "SecretAccessKey": HIDDEN,
            "SessionToken": "IQoJexample",
            "Expiration": at(10),
        },
        "SubjectFromWebIdentityToken": "system:serviceaccount:shop:cart",
        "AssumedRoleUser": {
            "AssumedRoleId": "AROAEXAMPLEIRSA00001:botocore-session-1772355000",
            "Arn": "arn:aws:sts::111122223333:assumed-role/irsa-role/botocore-session-1772355000",
        },
        "Provider": PROVIDER,
        "Audience": "sts.amazonaws.com",
    },
)
WEB_IDENTITY_RECORD = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "WebIdentityUser",
        "principalId": f"{PROVIDER}:sts.amazonaws.com:system:serviceaccount:shop:cart",
        "userName": "system:serviceaccount:shop:cart",
        "identityProvider": PROVIDER,
    },
    "eventTime": "2026-03-01T09:05:00Z",
    "eventSource": "sts.amazonaws.com",
    "eventName": "AssumeRoleWithWebIdentity",
    "awsRegion": "us-west-2",
    "sourceIPAddress": "203.0.113.10",
    "userAgent": "aws-cli/2.36.32",
    "requestParameters": {
        "roleArn": "arn:aws:iam::111122223333:role/irsa-role",
        "roleSessionName": "botocore-session-1772355000",
    },
    "responseElements": {
        "credentials": {
            "accessKeyId": "ASIAEXAMPLEIRSAKEY01",
            "sessionToken": "IQoJexample",
            "expiration": "Mar 1, 2026, 10:00:00 AM",
        },
        "subjectFromWebIdentityToken": "system:serviceaccount:shop:cart",
        "assumedRoleUser": {
            "assumedRoleId": "AROAEXAMPLEIRSA00001:botocore-session-1772355000",
            "arn": "arn:aws:sts::111122223333:assumed-role/irsa-role/botocore-session-1772355000",
        },
        "provider": PROVIDER,
        "audience": "sts.amazonaws.com",
    },
    "requestID": "787c0000-4c6e-4d3e-88eb-ed427e060000",
    "eventID": "6572f000-d292-4e8c-b605-fa5974e10000",
    "readOnly": True,
    "resources": [
        {
            "accountId": "111122223333",
            "type": "AWS::IAM::Role",
            "ARN": "arn:aws:iam::111122223333:role/irsa-role",
        }
    ],
    "eventType": "AwsApiCall",
    "managementEvent": True,
    "recipientAccountId": "111122223333",
    "eventCategory": "Management",
    "tlsDetails": tls("sts.us-west-2.amazonaws.com"),
}


def test_web_identity_is_recorded_otherwise() -> None:
    """AssumeRoleWithWebIdentity: the token's subject is the caller, the token never appears."""
    assert_record(WEB_IDENTITY_CALL, WEB_IDENTITY_RECORD)


def test_refused_web_identity_tells_the_reason() -> None:
    """A refused web identity is denied for unknown reasons, whatever its caller was told."""
    refused = replace(
        WEB_IDENTITY_CALL,
        error_code="AccessDenied",
        error_message="Not authorized to perform sts:AssumeRoleWithWebIdentity",
        results=None,
    )
    expected: dict[str, Any] = {}
    for name, value in WEB_IDENTITY_RECORD.items():
        if name == "resources":
            continue
        expected[name] = None if name == "responseElements" else value
        if name == "userAgent":
            expected["errorCode"] = "AccessDenied"
            expected["errorMessage"] = "An unknown error occurred"
    assert_record(refused, expected)


def test_token_that_nobody_vouches_for_has_a_user() -> None:
    """Who presents a token without a provider is a web identity user that has no name."""
    record = build(
        replace(
            WEB_IDENTITY_CALL,
            identity=WebIdentityUser(None, None, None),
            error_code="InvalidIdentityToken",
            error_message="No OpenIDConnect provider found in your account",
        )
    )
    assert record["userIdentity"] == {"type": "WebIdentityUser"}
    assert record["errorCode"] == "InvalidIdentityTokenException"
    assert record["errorMessage"] == "No OpenIDConnect provider found in your account"


# EKS, whose cluster is part of the URI.


def test_association_is_recorded_otherwise() -> None:
    """CreatePodIdentityAssociation: the cluster is called as in the URI, times are numbers."""
    details = a_call(
        "eks",
        "CreatePodIdentityAssociation",
        identity=POD,
        parameters={
            "clusterName": "prod-blue",
            "namespace": "shop",
            "serviceAccount": "cart",
            "roleArn": "arn:aws:iam::111122223333:role/cart-reader",
            "clientRequestToken": "2f6c0c6e-6c58-4d43-8f6e-2b1a0c9d8e7f",
        },
        results={
            "association": {
                "clusterName": "prod-blue",
                "namespace": "shop",
                "serviceAccount": "cart",
                "roleArn": "arn:aws:iam::111122223333:role/cart-reader",
                "associationId": "a-4kz81mq0tv7xw2bny",
                "tags": Map(),
                "createdAt": at(8, 30, milliseconds=123),
                "modifiedAt": at(8, 30),
                "disableSessionTags": False,
            }
        },
    )
    assert_record(
        details,
        {
            "eventVersion": "1.09",
            "userIdentity": POD_SHOWN,
            "eventTime": "2026-03-01T09:05:00Z",
            "eventSource": "eks.amazonaws.com",
            "eventName": "CreatePodIdentityAssociation",
            "awsRegion": "us-west-2",
            "sourceIPAddress": "203.0.113.10",
            "userAgent": "aws-cli/2.36.32",
            "requestParameters": {
                "name": "prod-blue",
                "namespace": "shop",
                "serviceAccount": "cart",
                "roleArn": "arn:aws:iam::111122223333:role/cart-reader",
                "clientRequestToken": "2f6c0c6e-6c58-4d43-8f6e-2b1a0c9d8e7f",
            },
            "responseElements": {
                "association": {
                    "clusterName": "prod-blue",
                    "namespace": "shop",
                    "serviceAccount": "cart",
                    "roleArn": "arn:aws:iam::111122223333:role/cart-reader",
                    "associationId": "a-4kz81mq0tv7xw2bny",
                    "tags": {},
                    "createdAt": 1772353800.123,
                    "modifiedAt": 1772353800,
                    "disableSessionTags": False,
                }
            },
            "requestID": "787c0000-4c6e-4d3e-88eb-ed427e060000",
            "eventID": "6572f000-d292-4e8c-b605-fa5974e10000",
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": "111122223333",
            "eventCategory": "Management",
            "tlsDetails": tls("eks.us-west-2.amazonaws.com"),
        },
    )
