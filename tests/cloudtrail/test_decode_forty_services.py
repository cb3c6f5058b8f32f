"""Operations of many services, and the format of the records that they leave."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aws_under_test import CLUSTER, Aws
from botocore.exceptions import ClientError

from moto_eks_podid.cloudtrail.calls import CapturedCall
from moto_eks_podid.events import record
from tests.cloudtrail.captured_calls import CALLER, capturing, client, made

SCHEMA = json.loads((Path(__file__).parent / "record_schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
ORDER = list(SCHEMA["properties"])

#: Service -> one operation that writes or, where that needs much, reads, with its parameters.
OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "acm": ("request_certificate", {"DomainName": "example.com"}),
    "amp": ("create_workspace", {"alias": "a"}),
    "apigateway": ("create_rest_api", {"name": "a"}),
    "apigatewayv2": ("create_api", {"Name": "a", "ProtocolType": "HTTP"}),
    "appconfig": ("create_application", {"Name": "a"}),
    "appsync": ("create_graphql_api", {"name": "a", "authenticationType": "API_KEY"}),
    "athena": ("create_work_group", {"Name": "a"}),
    "autoscaling": (
        "create_launch_configuration",
        {"LaunchConfigurationName": "a", "ImageId": "ami-1", "InstanceType": "t3.micro"},
    ),
    "backup": ("create_backup_vault", {"BackupVaultName": "a"}),
    "cloudformation": ("create_stack_set", {"StackSetName": "a", "TemplateBody": "{}"}),
    "cloudfront": ("list_distributions", {}),
    "cloudtrail": ("describe_trails", {"trailNameList": ["a-trail"]}),
    "cloudwatch": ("put_dashboard", {"DashboardName": "a", "DashboardBody": '{"widgets": []}'}),
    "codecommit": ("create_repository", {"repositoryName": "a"}),
    "cognito-identity": (
        "create_identity_pool",
        {"IdentityPoolName": "a", "AllowUnauthenticatedIdentities": True},
    ),
    "cognito-idp": ("create_user_pool", {"PoolName": "a"}),
    "config": (
        "put_configuration_recorder",
        {"ConfigurationRecorder": {"name": "a", "roleARN": "arn:aws:iam::123456789012:role/a"}},
    ),
    "dynamodb": (
        "create_table",
        {
            "TableName": "a",
            "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    ),
    "dynamodbstreams": ("list_streams", {}),
    "ec2": ("create_vpc", {"CidrBlock": "10.0.0.0/16"}),
    "ecr": ("create_repository", {"repositoryName": "repository"}),
    "ecs": ("create_cluster", {"clusterName": "a"}),
    "efs": ("create_file_system", {"CreationToken": "a"}),
    "eks": (
        "create_cluster",
        {
            "name": CLUSTER,
            "roleArn": "arn:aws:iam::123456789012:role/a",
            "resourcesVpcConfig": {"subnetIds": ["subnet-1"]},
        },
    ),
    "elasticache": ("describe_cache_clusters", {}),
    "elasticbeanstalk": ("create_application", {"ApplicationName": "a"}),
    "elb": ("describe_load_balancers", {}),
    "elbv2": ("create_target_group", {"Name": "a", "TargetType": "lambda"}),
    "emr": ("list_clusters", {}),
    "events": ("put_rule", {"Name": "a", "ScheduleExpression": "rate(5 minutes)"}),
    "firehose": ("list_delivery_streams", {}),
    "glacier": ("create_vault", {"vaultName": "a"}),
    "glue": ("create_database", {"DatabaseInput": {"Name": "a"}}),
    "guardduty": ("create_detector", {"Enable": True}),
    "iam": ("create_user", {"UserName": "a"}),
    "iot": ("create_thing", {"thingName": "a"}),
    "kinesis": ("create_stream", {"StreamName": "a", "ShardCount": 1}),
    "kms": ("create_key", {"Description": "a"}),
    "lambda": ("list_functions", {}),
    "logs": ("create_log_group", {"logGroupName": "a"}),
    "opensearch": ("create_domain", {"DomainName": "a-domain"}),
    "organizations": ("create_organization", {"FeatureSet": "ALL"}),
    "pinpoint": ("create_app", {"CreateApplicationRequest": {"Name": "a"}}),
    "rds": (
        "create_db_parameter_group",
        {"DBParameterGroupName": "a", "DBParameterGroupFamily": "mysql8.0", "Description": "a"},
    ),
    "redshift": ("describe_clusters", {}),
    "resource-groups": ("list_groups", {}),
    "route53": ("create_hosted_zone", {"Name": "example.com", "CallerReference": "a"}),
    "s3": (
        "create_bucket",
        {"Bucket": "bkt", "CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}},
    ),
    "s3control": ("delete_public_access_block", {"AccountId": "123456789012"}),
    "sagemaker": ("list_models", {}),
    "scheduler": ("create_schedule_group", {"Name": "a"}),
    "secretsmanager": ("create_secret", {"Name": "a", "SecretString": "top secret"}),
    "servicediscovery": ("create_http_namespace", {"Name": "a"}),
    "ses": ("verify_email_identity", {"EmailAddress": "a@example.com"}),
    "sesv2": ("create_email_identity", {"EmailIdentity": "a@example.com"}),
    "sns": ("create_topic", {"Name": "a"}),
    "sqs": ("create_queue", {"QueueName": "a"}),
    "ssm": ("put_parameter", {"Name": "a", "Value": "top secret", "Type": "SecureString"}),
    "stepfunctions": ("list_state_machines", {}),
    "sts": (
        "assume_role",
        {"RoleArn": "arn:aws:iam::123456789012:role/a", "RoleSessionName": "abc"},
    ),
    "swf": ("list_domains", {"registrationStatus": "REGISTERED"}),
    "wafv2": ("list_web_acls", {"Scope": "REGIONAL"}),
}

#: An operation that fails, in every protocol.
FAILING: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("describe_table", {"TableName": "nothing"}),
    "ec2": ("delete_vpc", {"VpcId": "vpc-1"}),
    "eks": ("describe_cluster", {"name": "nothing"}),
    "eks-auth": ("assume_role_for_pod_identity", {"clusterName": "nothing", "token": "top secret"}),
    "iam": ("delete_user", {"UserName": "nobody"}),
    "route53": ("get_hosted_zone", {"Id": "nothing"}),
    "s3": ("put_object", {"Bucket": "nothing", "Key": "k", "Body": b"top secret"}),
    "sqs": ("delete_queue", {"QueueUrl": "https://sqs.us-west-2.amazonaws.com/1/nothing"}),
}


@pytest.fixture
def calls() -> Iterator[list[CapturedCall]]:
    with capturing() as captured:
        yield captured


def assert_valid(found: dict[str, Any]) -> None:
    problems = [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(found)]
    assert not problems
    places = [ORDER.index(name) for name in found]
    assert all(one < other for one, other in pairwise(places)), list(found)
    text = json.dumps(found)
    assert "top secret" not in text
    assert json.loads(text) == found


def test_fewer_services_are_tried() -> None:
    """At least forty services have an operation here."""
    assert len(OPERATIONS) >= 40


@pytest.mark.parametrize("service", OPERATIONS)
def test_record_of_a_service_is_malformed(calls: list[CapturedCall], service: str) -> None:
    """The record of a service's operation has the format of CloudTrail's records."""
    operation, parameters = OPERATIONS[service]
    getattr(client(service), operation)(**parameters)
    (call,) = calls
    details = call.details()
    assert details.service == service
    found = record.build(details)
    assert_valid(found)
    assert "errorCode" not in found
    assert (found["requestParameters"] is None) == (not parameters)
    shown_at_once = json.dumps(found["requestParameters"] or "")
    for value in parameters.values():
        if isinstance(value, str) and value != "top secret":
            assert json.dumps(value) in shown_at_once


@pytest.mark.parametrize("service", FAILING)
def test_record_of_a_failure_is_malformed(calls: list[CapturedCall], service: str) -> None:
    """The record of a call that fails has the format, and the error."""
    operation, parameters = FAILING[service]
    with pytest.raises(ClientError):
        getattr(client(service), operation)(**parameters)
    found = record.build(calls[-1].details())
    assert_valid(found)
    assert found["errorCode"]
    assert found["responseElements"] is None


def test_record_of_a_pod_is_malformed(calls: list[CapturedCall]) -> None:
    """The records of a pod's way to its credentials, and of a call with them, have the format."""
    aws = Aws(endpoint_url=None)
    aws.create_cluster()
    aws.associate(aws.create_role())
    credentials = aws.assume()["credentials"]
    aws.client_with(credentials, "sts").get_caller_identity()
    with contextlib.suppress(ClientError):
        aws.client_with(credentials, "s3").list_buckets()
    records = [record.build(call.details()) for call in calls]
    for found in records:
        assert_valid(found)
    assert [found["eventName"] for found in records] == [
        "CreateCluster",
        "CreateRole",
        "CreatePodIdentityAssociation",
        "AssumeRoleForPodIdentity",
        "GetCallerIdentity",
        "ListBuckets",
    ]
    assert records[-1]["userIdentity"]["type"] == "AssumedRole"


WRONG: dict[str, dict[str, Any]] = {
    "a member that no record has": {"surprise": 1},
    "results of a call that failed": {"errorCode": "A", "responseElements": {"a": 1}},
    "results of a call that reads": {"readOnly": True, "responseElements": {"a": 1}},
    "a message without a code": {"errorMessage": "a"},
    "a fraction of a second": {"eventTime": "2026-03-01T09:00:00.5Z"},
    "a flag as text": {"readOnly": "true"},
    "a capital": {"requestParameters": {"RoleArn": "a"}},
    "empty parameters": {"requestParameters": {}},
    "a category that is none of a management event's": {"eventCategory": "Data"},
    "an event id of version 1": {"eventID": "0b7f0f9e-53e6-1a0c-9f51-1f6f5a1e7c22"},
    "a user without a name": {"userIdentity": {"type": "IAMUser"}},
    "a session without a context": {
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROA1:a",
            "arn": CALLER.arn,
            "accountId": CALLER.account_id,
            "accessKeyId": "A",
        }
    },
}


@pytest.mark.parametrize("name", WRONG)
def test_schema_accepts_anything(name: str) -> None:
    """The schema refuses what no record of CloudTrail has."""
    call = made(signing_name="kms", headers={"x-amz-target": "TrentService.CreateKey"})
    found = record.build(call.details())
    assert VALIDATOR.is_valid(found)
    assert not VALIDATOR.is_valid({**found, **WRONG[name]})
