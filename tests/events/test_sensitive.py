from __future__ import annotations

import json
from typing import Any

import pytest
from recorded_calls import (
    a_call,
)

from moto_eks_podid.events.call import HIDDEN, CallDetails, Map
from moto_eks_podid.events.record import build


def results(details: CallDetails) -> Any:
    return build(details)["responseElements"]


def parameters(details: CallDetails) -> Any:
    return build(details)["requestParameters"]


# What nobody may read.

SECRETS = (
    ("sts", "AssumeRole", {}, {"Credentials": {"SecretAccessKey": "s3cr3t"}}),
    ("sts", "AssumeRoleWithWebIdentity", {"WebIdentityToken": "s3cr3t"}, {}),
    ("sts", "AssumeRoleWithSAML", {"SAMLAssertion": "s3cr3t"}, {}),
    ("eks-auth", "AssumeRoleForPodIdentity", {"token": "s3cr3t"}, {}),
    ("iam", "CreateAccessKey", {}, {"AccessKey": {"SecretAccessKey": "s3cr3t"}}),
    ("iam", "CreateLoginProfile", {"Password": "s3cr3t"}, {}),
    ("iam", "ChangePassword", {"OldPassword": "s3cr3t", "NewPassword": "s3cr3t"}, {}),
    ("iam", "UploadServerCertificate", {"PrivateKey": "s3cr3t"}, {}),
    ("secretsmanager", "CreateSecret", {"SecretString": "s3cr3t"}, {}),
    ("secretsmanager", "PutSecretValue", {"SecretBinary": b"s3cr3t"}, {}),
    ("ssm", "PutParameter", {"Value": "s3cr3t"}, {}),
    ("ssm", "SendCommand", {"Parameters": Map({"commands": ["s3cr3t"]})}, {}),
    ("kms", "Encrypt", {"Plaintext": b"s3cr3t"}, {}),
    ("kms", "GenerateDataKey", {}, {"Plaintext": b"s3cr3t"}),
    ("rds", "CreateDBInstance", {"MasterUserPassword": "s3cr3t"}, {}),
    ("lambda", "CreateFunction", {"Environment": {"Variables": Map({"A": "s3cr3t"})}}, {}),
    ("lambda", "CreateFunction", {}, {"Environment": {"Variables": Map({"A": "s3cr3t"})}}),
    ("lambda", "Invoke", {"Payload": b"s3cr3t"}, {}),
    ("cognito-idp", "SignUp", {"Password": "s3cr3t", "SecretHash": "s3cr3t"}, {}),
    ("cognito-idp", "InitiateAuth", {"AuthParameters": Map({"PASSWORD": "s3cr3t"})}, {}),
    ("cognito-idp", "InitiateAuth", {}, {"AuthenticationResult": {"AccessToken": "s3cr3t"}}),
    ("sqs", "SendMessage", {"MessageBody": "s3cr3t"}, {}),
    ("sqs", "SendMessageBatch", {"Entries": [{"MessageBody": "s3cr3t"}]}, {}),
    ("sns", "Publish", {"Message": "s3cr3t", "Subject": "s3cr3t"}, {}),
    ("dynamodb", "PutItem", {"Item": Map({"A": {"S": "s3cr3t"}})}, {}),
    ("kinesis", "PutRecord", {"Data": b"s3cr3t"}, {}),
    ("ec2", "CreateKeyPair", {}, {"KeyMaterial": "s3cr3t"}),
    ("ec2", "RunInstances", {"UserData": "s3cr3t"}, {}),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k", "SSECustomerKey": "s3cr3t"}, {}),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": b"s3cr3t"}, {}),
    ("s3", "CreateSession", {}, {"Credentials": {"SessionToken": "s3cr3t"}}),
    ("eks", "CreateAddon", {"SessionToken": "s3cr3t"}, {}),
    ("elasticache", "CreateUser", {"Passwords": ["s3cr3t"]}, {}),
    ("memorydb", "CreateUser", {"AuthenticationMode": {"Passwords": ["s3cr3t"]}}, {}),
    ("cognito-idp", "CreateIdentityProvider", {"D": Map({"client_secret": "s3cr3t"})}, {}),
    ("cognito-idp", "CreateIdentityProvider", {}, {"D": Map({"client_secret": "s3cr3t"})}),
    ("codepipeline", "CreatePipeline", {"configuration": Map({"OAuthToken": "s3cr3t"})}, {}),
    ("sns", "CreatePlatformApplication", {"A": Map({"PlatformCredential": "s3cr3t"})}, {}),
    ("sns", "CreatePlatformEndpoint", {"Token": "s3cr3t"}, {}),
    ("sns", "SetEndpointAttributes", {"Attributes": Map({"Token": "s3cr3t"})}, {}),
    ("cloudformation", "CreateStack", {"Parameters": [{"ParameterValue": "s3cr3t"}]}, {}),
    ("appsync", "CreateApiKey", {}, {"apiKey": {"id": "s3cr3t"}}),
)


@pytest.mark.parametrize(("service", "operation", "request_", "answer"), SECRETS)
def test_secret_is_in_the_record(
    service: str, operation: str, request_: dict[str, Any], answer: dict[str, Any]
) -> None:
    """Nothing secret is in a record, even where the service's model does not call it so."""
    record = build(a_call(service, operation, parameters=request_, results=answer))
    assert "s3cr3t" not in json.dumps(record)


def test_hidden_member_is_missing() -> None:
    """A hidden member is there, its value is not; EC2 says so in words of its own."""
    text = "HIDDEN_DUE_TO_SECURITY_REASONS"
    shown = parameters(
        a_call("sqs", "SendMessage", parameters={"QueueUrl": "u", "MessageBody": "hello"})
    )
    assert shown == {"queueUrl": "u", "messageBody": text}
    shown = results(a_call("ec2", "CreateKeyPair", results={"KeyMaterial": HIDDEN, "KeyName": "k"}))
    assert shown["keyMaterial"] == "<sensitiveDataRemoved>"


def test_switch_is_hidden_for_its_name() -> None:
    """Switches and structures that are called like secrets are shown."""
    shown = parameters(
        a_call("rds", "CreateDBInstance", parameters={"ManageMasterUserPassword": True})
    )
    assert shown == {"manageMasterUserPassword": True}
    shown = results(
        a_call("rds", "CreateDBInstance", results={"A": {"MasterUserSecret": {"SecretArn": "x"}}})
    )
    assert shown == {"masterUserSecret": {"secretArn": "x"}}
    shown = parameters(a_call("mq", "X", parameters={"Passwords": [{"Name": "x"}], "Password": []}))
    assert shown == {"passwords": [{"name": "x"}], "password": []}


def test_session_token_of_sts_is_hidden() -> None:
    """STS shows the session tokens that it issues in full."""
    shown = results(
        a_call("sts", "GetSessionToken", results={"Credentials": {"SessionToken": "IQoJ"}})
    )
    assert shown == {"credentials": {"sessionToken": "IQoJ"}}
