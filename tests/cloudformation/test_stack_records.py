"""CloudTrail's records of the calls that CloudFormation makes for somebody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, POD_TRUST, REGION, Aws, Json
from judged import allow, document, judge, user

import moto_eks_podid as podid
from tests.cloudformation.stack_under_test import (
    CLOUDFORMATION,
    STACK,
    Stacks,
    association,
    cluster,
    get_att,
    role,
    template,
)

WHOLE = template(
    {"Arn": {"Ref": "Association"}},
    Cluster=cluster(),
    Role=role(),
    Association=association(
        ClusterName={"Ref": "Cluster"},
        RoleArn=get_att("Role", "Arn"),
        Tags=[{"Key": "team", "Value": "cart"}],
    ),
)


def test_call_is_not_recorded(empty: Stacks) -> None:
    """The record of a call has what the API's own has, and says who asked whom."""
    empty.create(WHOLE)
    [record] = [
        each for each in empty.calls() if each["eventName"] == "CreatePodIdentityAssociation"
    ]
    [made] = empty.associations()
    token = record["requestParameters"].pop("clientRequestToken")
    assert len(token) == 36
    assert record["eventSource"] == "eks.amazonaws.com"
    assert record["awsRegion"] == REGION
    assert record["sourceIPAddress"] == record["userAgent"] == CLOUDFORMATION
    assert record["requestParameters"] == {
        "name": CLUSTER,
        "namespace": "shop",
        "serviceAccount": "cart",
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/cart-reader",
        "tags": {"team": "cart"},
    }
    assert record["responseElements"] == {
        "association": {
            **made,
            "createdAt": pytest.approx(made["createdAt"].timestamp(), abs=0.001),
            "modifiedAt": pytest.approx(made["modifiedAt"].timestamp(), abs=0.001),
        }
    }
    assert record["readOnly"] is False
    assert record["recipientAccountId"] == ACCOUNT
    assert "tlsDetails" not in record


def test_caller_is_cloudformation_alone(empty: Stacks) -> None:
    """The caller is the one of the stack's call, plus `invokedBy`, in that order."""
    empty.create(WHOLE)
    [outer] = podid.cloudtrail_records(
        event_name="CreateStack", endpoint_url=empty.aws.endpoint_url
    )
    for record in empty.calls():
        expected = {**outer["userIdentity"], "invokedBy": CLOUDFORMATION}
        assert list(record["userIdentity"].items()) == list(expected.items())


def test_role_session_is_lost(aws: Aws, empty: Stacks) -> None:
    """A stack that a role session makes is recorded as that session's, in its account."""
    cfn = aws.client_of_account(OTHER_ACCOUNT, "cloudformation")
    body = WHOLE.replace(ACCOUNT, OTHER_ACCOUNT)
    cfn.create_stack(StackName=STACK, TemplateBody=body)
    assert cfn.describe_stacks()["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    names = {record["eventName"] for record in empty.calls()}
    assert names == {"CreateCluster", "CreateRole", "CreatePodIdentityAssociation"}
    for record in empty.calls():
        assert record["recipientAccountId"] == OTHER_ACCOUNT
        identity = record["userIdentity"]
        assert identity["type"] == "AssumedRole"
        assert identity["invokedBy"] == CLOUDFORMATION
        assert identity["sessionContext"]["sessionIssuer"]["userName"] == "admin"


def test_refusal_is_not_recorded(stacks: Stacks) -> None:
    """A refused call is recorded with the service's error; the stack's own call succeeded."""
    stacks.create(template(Association=association(ClusterName="green")))
    [record] = stacks.calls()
    assert record["errorCode"] == "ResourceNotFoundException"
    assert record["errorMessage"] == "No cluster found for name: green."
    assert record["responseElements"] is None
    assert record["requestID"] in stacks.reason("CREATE_FAILED")
    [outer] = podid.cloudtrail_records(
        event_name="CreateStack", endpoint_url=stacks.aws.endpoint_url
    )
    assert "errorCode" not in outer


def test_calls_of_a_life_are_missing(empty: Stacks) -> None:
    """Each change of a stack leaves the records of its calls, in the order in which they were."""
    empty.create(WHOLE)
    other = json.loads(WHOLE)
    other["Resources"]["Association"]["Properties"]["DisableSessionTags"] = True
    other["Resources"]["Association"]["Properties"]["Tags"] = []
    other["Resources"]["Cluster"]["Properties"]["Tags"] = [{"Key": "a", "Value": "1"}]
    empty.update(json.dumps(other))
    empty.delete()
    assert empty.call_names() == [
        "CreateCluster",
        "CreateRole",
        "CreatePodIdentityAssociation",
        "TagResource",
        "UpdatePodIdentityAssociation",
        "UntagResource",
        "DeletePodIdentityAssociation",
        "DeleteRole",
        "DeleteCluster",
    ]


def test_events_are_not_found(empty: Stacks) -> None:
    """LookupEvents finds the calls by the key of whoever asked for the stack."""
    empty.create(WHOLE)
    events = empty.aws.client("cloudtrail").lookup_events(
        LookupAttributes=[
            {"AttributeKey": "EventName", "AttributeValue": "CreatePodIdentityAssociation"}
        ]
    )["Events"]
    [event] = events
    assert event["AccessKeyId"] == "testing"
    assert json.loads(event["CloudTrailEvent"])["userIdentity"]["invokedBy"] == CLOUDFORMATION


def test_role_alone_is_not_recorded(empty: Stacks) -> None:
    """The calls behind a role are recorded in us-east-1, in stacks without our types too."""
    inline = {"PolicyName": "read", "PolicyDocument": json.loads(document(allow("s3:GetObject")))}
    made = role()
    made["Properties"] |= {"Policies": [inline], "Description": "Reads carts."}
    empty.create(template({"Id": get_att("Role", "RoleId")}, Role=made))
    role_id = empty.outputs()["Id"]
    empty.delete()
    created, put, *gone = empty.calls()
    assert created["eventName"] == "CreateRole"
    assert (created["eventSource"], created["awsRegion"]) == ("iam.amazonaws.com", "us-east-1")
    assert created["userIdentity"]["invokedBy"] == CLOUDFORMATION
    asked = created["requestParameters"]
    assert json.loads(asked.pop("assumeRolePolicyDocument")) == json.loads(POD_TRUST)
    assert asked == {"path": "/", "roleName": "cart-reader", "description": "Reads carts."}
    assert created["responseElements"]["role"]["roleId"] == role_id
    assert put["eventName"] == "PutRolePolicy"
    assert json.loads(put["requestParameters"].pop("policyDocument")) == inline["PolicyDocument"]
    assert put["requestParameters"] == {"roleName": "cart-reader", "policyName": "read"}
    assert [each["eventName"] for each in gone] == ["DeleteRolePolicy", "DeleteRole"]


def deployer(aws: Aws, *statements: Json) -> Any:
    """CloudFormation, for a user who may do this."""
    iam = aws.client("iam")
    iam.create_user(UserName="deployer")
    iam.put_user_policy(UserName="deployer", PolicyName="may", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    return aws.client(
        "cloudformation",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


STACKS_ALONE = allow("cloudformation:*")
MAY_ASSOCIATE = allow("eks:CreatePodIdentityAssociation", "iam:GetRole")
THROUGH_CLOUDFORMATION = allow(
    "eks:*", "iam:*", **{"ForAnyValue:StringEquals": {"aws:CalledVia": CLOUDFORMATION}}
)

PERMISSIONS: dict[str, tuple[tuple[Json, ...], str]] = {
    "stacks alone": ((STACKS_ALONE,), "eks:CreatePodIdentityAssociation"),
    "no PassRole": ((STACKS_ALONE, MAY_ASSOCIATE), "iam:PassRole"),
    "all": ((STACKS_ALONE, MAY_ASSOCIATE, allow("iam:PassRole")), ""),
    "through CloudFormation alone": ((STACKS_ALONE, THROUGH_CLOUDFORMATION), ""),
}


@pytest.mark.parametrize("name", PERMISSIONS)
def test_stack_does_what_its_user_may_not(aws: Aws, stacks: Stacks, name: str) -> None:
    """While calls are judged, a stack's calls are judged as its user's."""
    statements, missing = PERMISSIONS[name]
    cfn = deployer(aws, *statements)
    judge(aws)
    cfn.create_stack(StackName=STACK, TemplateBody=template(Association=association()))
    if missing:
        assert stacks.status() == "ROLLBACK_COMPLETE"
        reason = stacks.reason("CREATE_FAILED")
        user = f"arn:aws:iam::{ACCOUNT}:user/deployer"
        assert f"User: {user} is not authorized to perform: {missing} on resource:" in reason
        assert "HandlerErrorCode: AccessDenied" in reason
    else:
        assert stacks.status() == "CREATE_COMPLETE"


def test_stack_of_a_session_token_is_refused(aws: Aws, stacks: Stacks) -> None:
    """A user who calls with a session token has its stacks made like any other."""
    keys = user(aws, allow("*"))
    token = aws.client("sts", **keys).get_session_token()["Credentials"]
    judge(aws)
    cfn = aws.client_with(token, "cloudformation")
    cfn.create_stack(StackName=STACK, TemplateBody=template(Association=association()))
    assert stacks.status() == "CREATE_COMPLETE"


def test_pod_of_a_stack_may_nothing(aws: Aws, empty: Stacks) -> None:
    """The policies that a stack gives a role count for its pods."""
    made = role()
    read = {"PolicyName": "read", "PolicyDocument": json.loads(document(allow("s3:GetObject")))}
    made["Properties"]["Policies"] = [read]
    empty.create(
        template(
            Cluster=cluster(),
            Role=made,
            Association={**association(), "DependsOn": ["Cluster", "Role"]},
        )
    )
    s3 = aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="carts")
    s3.put_object(Bucket="carts", Key="1", Body=b"{}")
    pod = aws.client_with(aws.assume()["credentials"], "s3", "us-east-1")
    judge(aws)
    assert pod.get_object(Bucket="carts", Key="1")["Body"].read() == b"{}"
    with pytest.raises(pod.exceptions.ClientError, match="AccessDenied"):
        pod.put_object(Bucket="carts", Key="1", Body=b"")


def test_direct_use_is_recorded() -> None:
    """A test that uses moto's backend directly leaves no record, and gets its association."""
    with podid.mock_aws():
        from moto.cloudformation.models import cloudformation_backends

        backend = cloudformation_backends[ACCOUNT][REGION]
        stack = backend.create_stack(name=STACK, template=WHOLE, parameters={})
        assert stack.status == "CREATE_COMPLETE"
        assert podid.cloudtrail_records() == []


def test_stack_set_reaches_its_own_account_only(aws: Aws, empty: Stacks) -> None:
    """A stack set's association is made in the other account, by CloudFormation itself."""
    body = template(Cluster=cluster(), Role=role(), Association=association())
    made = json.loads(body.replace(ACCOUNT, OTHER_ACCOUNT))
    made["Resources"]["Association"]["DependsOn"] = ["Cluster", "Role"]
    empty.cfn.create_stack_set(StackSetName="all", TemplateBody=json.dumps(made))
    empty.cfn.create_stack_instances(
        StackSetName="all", Accounts=[OTHER_ACCOUNT], Regions=["eu-west-1"]
    )
    eks = aws.client_of_account(OTHER_ACCOUNT, "eks", "eu-west-1")
    assert len(eks.list_pod_identity_associations(clusterName=CLUSTER)["associations"]) == 1
    assert empty.eks.list_clusters()["clusters"] == []
    for record in empty.calls():
        assert record["userIdentity"] == {"type": "AWSService", "invokedBy": CLOUDFORMATION}
        assert record["recipientAccountId"] == OTHER_ACCOUNT
