"""What CloudTrail shows of a pod that gets credentials, key for key, through real clients."""

from __future__ import annotations

import base64
import json
import re
import uuid
from typing import Any

import pytest
from aws_under_test import (
    ACCOUNT,
    CLUSTER,
    OTHER_ACCOUNT,
    POD_TRUST,
    REGION,
    Aws,
    policy,
    statement,
)
from botocore.exceptions import ClientError
from pods import prepare
from recorded_calls import CALL

import moto_eks_podid as podid

TAG_KEYS = [
    "eks-cluster-arn",
    "eks-cluster-name",
    "kubernetes-namespace",
    "kubernetes-service-account",
    "kubernetes-pod-name",
    "kubernetes-pod-uid",
]
UNAUTHORIZED = (
    "Unauthorized Exception! EKS does not have permissions to assume the associated role."
)
#: The members of a record of a call that a service makes, in order.
SERVICE_CALL = [
    *CALL[: CALL.index("readOnly") + 1],
    "resources",
    "eventType",
    "managementEvent",
    "recipientAccountId",
    "sharedEventID",
    "eventCategory",
]


def records(aws: Aws, event_name: str, **more: Any) -> list[dict[str, Any]]:
    return podid.cloudtrail_records(event_name=event_name, endpoint_url=aws.endpoint_url, **more)


def pod_role_arn(name: str = "cart-reader") -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


@pytest.fixture
def node(aws: Aws) -> Any:
    """A client of EKS Auth with the session of a node."""
    aws.create_role(
        "nodes", policy(statement("sts:AssumeRole", principal={"Service": "ec2.amazonaws.com"}))
    )
    session = aws.client("sts").assume_role(
        RoleArn=pod_role_arn("nodes"), RoleSessionName="i-0abc1234def567890"
    )
    return aws.client_with(session["Credentials"], "eks-auth")


def test_a_node_s_call_names_the_pod(aws: Aws, node: Any) -> None:
    """AssumeRoleForPodIdentity shows the node, the cluster and a hidden token, nothing more."""
    prepare(aws)
    answer = node.assume_role_for_pod_identity(clusterName=CLUSTER, token=aws.token())
    (record,) = records(aws, "AssumeRoleForPodIdentity")
    assert list(record) == CALL
    caller = record["userIdentity"]
    assert list(caller) == [
        "type",
        "principalId",
        "arn",
        "accountId",
        "accessKeyId",
        "sessionContext",
    ]
    assert caller["type"] == "AssumedRole"
    assert caller["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/nodes/i-0abc1234def567890"
    context = caller["sessionContext"]
    assert list(context) == ["sessionIssuer", "attributes", "ec2RoleDelivery"]
    assert context["sessionIssuer"]["userName"] == "nodes"
    assert context["attributes"]["mfaAuthenticated"] == "false"
    assert context["ec2RoleDelivery"] == "2.0"
    assert record["eventSource"] == "eks-auth.amazonaws.com"
    assert record["eventVersion"] == "1.09"
    assert record["awsRegion"] == REGION
    assert record["requestParameters"] == {
        "clusterName": CLUSTER,
        "token": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
    assert record["responseElements"] is None
    assert record["readOnly"] is True
    assert record["managementEvent"] is True
    assert record["requestID"] == answer["ResponseMetadata"]["RequestId"]
    assert uuid.UUID(record["eventID"]).version == 4


def test_the_service_s_assume_role_lacks_something(aws: Aws) -> None:
    """EKS's AssumeRole has the six tags, the new key, and ids of the versions that AWS uses."""
    prepare(aws)
    answer = aws.assume()
    (record,) = records(aws, "AssumeRole")
    assert list(record) == SERVICE_CALL
    assert record["userIdentity"] == {"type": "AWSService", "invokedBy": "pods.eks.amazonaws.com"}
    assert record["sourceIPAddress"] == record["userAgent"] == "pods.eks.amazonaws.com"
    assert record["eventVersion"] == "1.08"
    parameters = record["requestParameters"]
    assert list(parameters) == [
        "roleArn",
        "roleSessionName",
        "durationSeconds",
        "tags",
        "transitiveTagKeys",
    ]
    assert parameters["roleArn"] == pod_role_arn()
    assert parameters["durationSeconds"] == 21600
    assert [tag["key"] for tag in parameters["tags"]] == TAG_KEYS
    assert parameters["transitiveTagKeys"] == TAG_KEYS
    elements = record["responseElements"]
    assert list(elements) == ["credentials", "assumedRoleUser", "packedPolicySize"]
    credentials = elements["credentials"]
    assert list(credentials) == ["accessKeyId", "sessionToken", "expiration"]
    assert credentials["accessKeyId"] == answer["credentials"]["accessKeyId"]
    assert credentials["sessionToken"] == answer["credentials"]["sessionToken"]
    assert re.fullmatch(
        r"[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d{2}:\d{2} [AP]M", credentials["expiration"]
    )
    user = answer["assumedRoleUser"]
    assert elements["assumedRoleUser"] == {
        "assumedRoleId": user["assumeRoleId"],
        "arn": user["arn"],
    }
    assert record["resources"] == [
        {"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": pod_role_arn()}
    ]
    assert record["readOnly"] is True
    assert uuid.UUID(record["eventID"]).version == 3
    assert uuid.UUID(record["sharedEventID"]).version == 4
    (call,) = records(aws, "AssumeRoleForPodIdentity")
    assert record["eventTime"] == call["eventTime"]
    assert record["requestID"] != call["requestID"]


def test_lookup_entry_of_the_pair_differs(aws: Aws) -> None:
    """LookupEvents lists the cluster of one, and the key, session and role of the other."""
    prepare(aws)
    answer = aws.assume()
    trail = aws.client("cloudtrail")
    key = answer["credentials"]["accessKeyId"]
    user = answer["assumedRoleUser"]

    def found(name: str, value: str) -> dict[str, Any]:
        attribute = {"AttributeKey": name, "AttributeValue": value}
        (event,) = trail.lookup_events(LookupAttributes=[attribute])["Events"]
        return dict(event)

    node = found("EventName", "AssumeRoleForPodIdentity")
    assert node["Resources"] == [{"ResourceType": "AWS::EKS::Cluster", "ResourceName": CLUSTER}]
    service = found("ResourceName", key)
    assert service["EventName"] == "AssumeRole"
    assert "Username" not in service
    assert "AccessKeyId" not in service
    assert [
        (resource["ResourceType"], resource["ResourceName"]) for resource in service["Resources"]
    ] == [
        ("AWS::IAM::AccessKey", key),
        ("AWS::STS::AssumedRole", user["arn"]),
        ("AWS::STS::AssumedRole", user["assumeRoleId"]),
        ("AWS::STS::AssumedRole", user["assumeRoleId"].partition(":")[2]),
        ("AWS::IAM::Role", pod_role_arn()),
    ]


def test_refused_pod_leaves_an_assume_role(aws: Aws) -> None:
    """A refusal shows as AccessDenied with the text; no AssumeRole reaches the account."""
    prepare(aws)
    aws.client("iam").delete_role(RoleName="cart-reader")
    with pytest.raises(ClientError, match="Unauthorized Exception"):
        aws.assume()
    (record,) = records(aws, "AssumeRoleForPodIdentity")
    place = CALL.index("requestParameters")
    assert list(record) == [*CALL[:place], "errorCode", "errorMessage", *CALL[place:]]
    assert record["errorCode"] == "AccessDenied"
    assert record["errorMessage"] == UNAUTHORIZED
    assert record["requestParameters"]["clusterName"] == CLUSTER
    assert records(aws, "AssumeRole") == []


@pytest.mark.parametrize(
    ("code", "namespace"),
    [("ResourceNotFoundException", "other"), ("InvalidTokenException", "shop")],
)
def test_other_refusal_loses_its_name(aws: Aws, code: str, namespace: str) -> None:
    """Every other failure of EKS Auth shows the name of its exception."""
    prepare(aws)
    token = aws.token(namespace=namespace)
    if code == "InvalidTokenException":
        token = token[:-8] + "AAAAAAAA"
    with pytest.raises(ClientError, match=code):
        aws.assume(token)
    (record,) = records(aws, "AssumeRoleForPodIdentity")
    assert record["errorCode"] == code


def test_disabled_tags_show(aws: Aws) -> None:
    """Without session tags, the request has neither tags nor transitive keys, but the policy."""
    allow = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    prepare(aws, disableSessionTags=True, policy=allow)
    aws.assume()
    (record,) = records(aws, "AssumeRole")
    assert list(record["requestParameters"]) == [
        "roleArn",
        "roleSessionName",
        "durationSeconds",
        "policy",
    ]
    assert json.loads(record["requestParameters"]["policy"]) == json.loads(allow)


def test_target_role_hop_shows_once(aws: Aws) -> None:
    """Both accounts see the second hop, under one shared id and each in its own way."""
    iam = aws.client_of_account(OTHER_ACCOUNT, "iam")
    target = aws.create_role(
        "target",
        policy(
            statement(
                principal={"AWS": pod_role_arn()},
            )
        ),
        iam=iam,
    )
    aws.create_cluster()
    role = aws.create_role()
    aws.client("iam").put_role_policy(
        RoleName="cart-reader",
        PolicyName="hop",
        PolicyDocument=policy(
            {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": target}
        ),
    )
    aws.associate(role, targetRoleArn=target)
    answer = aws.assume()
    hops = [
        record
        for record in records(aws, "AssumeRole")
        if record["requestParameters"]["roleArn"] == target
    ]
    assert len(hops) == 2
    by_account = {record["recipientAccountId"]: record for record in hops}
    assert set(by_account) == {ACCOUNT, OTHER_ACCOUNT}
    ours, theirs = by_account[ACCOUNT], by_account[OTHER_ACCOUNT]
    assert ours["sharedEventID"] == theirs["sharedEventID"]
    assert ours["eventID"] != theirs["eventID"]
    assert ours["userIdentity"]["type"] == "AssumedRole"
    assert ours["userIdentity"]["invokedBy"] == "pods.eks.amazonaws.com"
    first = next(
        record
        for record in records(aws, "AssumeRole")
        if record["requestParameters"]["roleArn"] == role
    )
    source = first["responseElements"]["assumedRoleUser"]["assumedRoleId"]
    assert theirs["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": source,
        "accountId": ACCOUNT,
    }
    parameters = ours["requestParameters"]
    assert list(parameters["incomingTransitiveTags"]) == TAG_KEYS
    assert parameters["externalId"] == f"{REGION}/{ACCOUNT}/{CLUSTER}/shop/cart"
    assert parameters["durationSeconds"] == 3600
    assert "tags" not in parameters
    issued = ours["responseElements"]["credentials"]["accessKeyId"]
    assert issued == answer["credentials"]["accessKeyId"]


def test_chaining_by_the_workload_hides_the_tags(aws: Aws) -> None:
    """A pod that assumes another account's role shows its inherited tags; both accounts see it."""
    iam = aws.client_of_account(OTHER_ACCOUNT, "iam")
    target = aws.create_role("next", policy(statement(principal={"AWS": ACCOUNT})), iam=iam)
    prepare(aws)
    sts = aws.client_with(aws.assume()["credentials"], "sts")
    sts.assume_role(RoleArn=target, RoleSessionName="hop2", Tags=[{"Key": "Email", "Value": "x"}])
    ours, theirs = sorted(
        (
            record
            for record in records(aws, "AssumeRole")
            if record["requestParameters"]["roleArn"] == target
        ),
        key=lambda record: record["recipientAccountId"],
    )
    assert [ours["recipientAccountId"], theirs["recipientAccountId"]] == [ACCOUNT, OTHER_ACCOUNT]
    assert ours["sharedEventID"] == theirs["sharedEventID"]
    assert ours["userIdentity"]["type"] == "AssumedRole"
    assert theirs["userIdentity"]["type"] == "AWSAccount"
    parameters = ours["requestParameters"]
    assert parameters["incomingTransitiveTags"]["kubernetes-namespace"] == "shop"
    assert parameters["tags"] == [{"key": "Email", "value": "x"}]
    assert parameters == theirs["requestParameters"]


def test_irsa_names_nobody(aws: Aws) -> None:
    """AssumeRoleWithWebIdentity shows the token's subject; the session's calls its provider."""
    cluster = aws.create_cluster()
    issuer = cluster["identity"]["oidc"]["issuer"]
    iam = aws.client("iam")
    provider = iam.create_open_id_connect_provider(
        Url=issuer, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )["OpenIDConnectProviderArn"]
    federated = statement("sts:AssumeRoleWithWebIdentity", principal={"Federated": provider})
    role = aws.create_role("irsa", policy(federated))
    token = aws.token(audience="sts.amazonaws.com")
    sts = aws.client("sts")
    made = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="botocore-session-1", WebIdentityToken=token
    )
    aws.client_with(made["Credentials"], "sts").get_caller_identity()
    subject = "system:serviceaccount:shop:cart"
    (record,) = records(aws, "AssumeRoleWithWebIdentity")
    assert record["userIdentity"] == {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:sts.amazonaws.com:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }
    assert record["requestParameters"] == {
        "roleArn": role,
        "roleSessionName": "botocore-session-1",
    }
    assert list(record["responseElements"]) == [
        "credentials",
        "subjectFromWebIdentityToken",
        "assumedRoleUser",
        "provider",
        "audience",
    ]
    assert token not in json.dumps(record)
    (later,) = records(aws, "GetCallerIdentity")
    assert later["userIdentity"]["sessionContext"]["webIdFederationData"] == {
        "federatedProvider": provider,
        "attributes": {},
    }


def test_refused_web_identity_shows_its_text(aws: Aws) -> None:
    """CloudTrail hides why a web identity was denied."""
    cluster = aws.create_cluster()
    iam = aws.client("iam")
    provider = iam.create_open_id_connect_provider(
        Url=cluster["identity"]["oidc"]["issuer"],
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["a" * 40],
    )["OpenIDConnectProviderArn"]
    role = aws.create_role("irsa", POD_TRUST)
    with pytest.raises(ClientError, match="Not authorized to perform"):
        aws.client("sts").assume_role_with_web_identity(
            RoleArn=role,
            RoleSessionName="session",
            WebIdentityToken=aws.token(audience="sts.amazonaws.com"),
        )
    (record,) = records(aws, "AssumeRoleWithWebIdentity")
    assert record["errorCode"] == "AccessDenied"
    assert record["errorMessage"] == "An unknown error occurred"
    assert record["userIdentity"]["identityProvider"] == provider
    assert record["responseElements"] is None


SAML = """
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
    xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">
  <saml:Assertion><saml:AttributeStatement>
    <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName">
      <saml:AttributeValue>dana</saml:AttributeValue>
    </saml:Attribute>
    <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/Role">
      <saml:AttributeValue>role,provider</saml:AttributeValue>
    </saml:Attribute>
  </saml:AttributeStatement></saml:Assertion>
</samlp:Response>"""


def test_saml_user_is_a_web_identity(aws: Aws) -> None:
    """Whoever presents a SAML assertion is named as the answer names them."""
    role = aws.create_role("staff")
    answer = aws.client("sts").assume_role_with_saml(
        RoleArn=role,
        PrincipalArn=f"arn:aws:iam::{ACCOUNT}:saml-provider/staff",
        SAMLAssertion=base64.b64encode(SAML.encode()).decode(),
    )
    (record,) = records(aws, "AssumeRoleWithSAML")
    assert record["userIdentity"] == {
        "type": "SAMLUser",
        "principalId": f"{answer['NameQualifier']}:{answer['Subject']}",
        "userName": answer["Subject"],
        "identityProvider": answer["NameQualifier"],
    }
    assert record["recipientAccountId"] == ACCOUNT
