"""Which service and which operation a call was."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from botocore import UNSIGNED
from botocore.exceptions import ClientError

from moto_eks_podid.cloudtrail.calls import CapturedCall
from tests.cloudtrail.captured_calls import (
    FORM,
    JSON_1_0,
    at_server,
    capturing,
    client,
    made,
    unsigned,
    what,
)

HASH_KEY = [{"AttributeName": "a", "KeyType": "HASH"}]
VPC = {"CidrBlock": "10.0.0.0/16"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def calls() -> Iterator[list[CapturedCall]]:
    with capturing() as captured:
        yield captured


def call(service: str, operation: str, **parameters: Any) -> None:
    """Call AWS; whether it can be done does not matter here."""
    with contextlib.suppress(ClientError):
        getattr(client(service), operation)(**parameters)


#: Calls by protocol and by shared signing name -> what they are, if not what the client says.
CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("sts", "get_caller_identity", {}, "sts GetCallerIdentity"),
    ("iam", "create_user", {"UserName": "a"}, "iam CreateUser"),
    ("ec2", "create_vpc", VPC, "ec2 CreateVpc"),
    ("sqs", "create_queue", {"QueueName": "a"}, "sqs CreateQueue"),
    ("kms", "create_key", {}, "kms CreateKey"),
    ("cloudwatch", "list_metrics", {}, "cloudwatch ListMetrics"),
    ("eks", "list_clusters", {}, "eks ListClusters"),
    ("route53", "list_hosted_zones", {}, "route53 ListHostedZones"),
    ("cloudfront", "list_distributions", {}, "cloudfront ListDistributions"),
    ("cloudfront", "delete_function", {"Name": "f", "IfMatch": "E"}, "cloudfront DeleteFunction"),
    (
        "iot",
        "attach_thing_principal",
        {"thingName": "t", "principal": "p"},
        "iot AttachThingPrincipal",
    ),
    ("glacier", "list_vaults", {}, "glacier ListVaults"),
    ("elb", "describe_load_balancers", {}, "elb DescribeLoadBalancers"),
    ("elbv2", "describe_load_balancers", {}, "elbv2 DescribeLoadBalancers"),
    (
        "es",
        "describe_elasticsearch_domain",
        {"DomainName": "dom"},
        "es DescribeElasticsearchDomain",
    ),
    ("opensearch", "describe_domain", {"DomainName": "dom"}, "opensearch DescribeDomain"),
    ("es", "list_domain_names", {}, "es ListDomainNames"),
    ("opensearch", "list_domain_names", {}, "opensearch ListDomainNames"),
    ("dynamodb", "list_tables", {}, "dynamodb ListTables"),
    ("dynamodbstreams", "list_streams", {}, "dynamodbstreams ListStreams"),
    ("ses", "list_identities", {}, "ses ListIdentities"),
    ("sesv2", "list_email_identities", {}, "sesv2 ListEmailIdentities"),
    ("rds", "describe_db_clusters", {}, "rds DescribeDBClusters"),
    # These two have RDS' endpoint, API version and actions, and their events RDS' source.
    ("neptune", "describe_db_clusters", {}, "rds DescribeDBClusters"),
    ("docdb", "describe_db_clusters", {}, "rds DescribeDBClusters"),
    ("s3", "list_buckets", {}, "s3 ListBuckets"),
    (
        "s3control",
        "get_public_access_block",
        {"AccountId": "123456789012"},
        "s3control GetPublicAccessBlock",
    ),
    ("apigateway", "get_rest_apis", {}, "apigateway GetRestApis"),
    ("apigatewayv2", "get_apis", {}, "apigatewayv2 GetApis"),
    ("lambda", "list_functions", {}, "lambda ListFunctions"),
    (
        "lambda",
        "get_function_configuration",
        {"FunctionName": "f"},
        "lambda GetFunctionConfiguration",
    ),
    ("lambda", "list_tags", {"Resource": "arn:aws:lambda:a:b:c:d"}, "lambda ListTags"),
    ("timestream-query", "describe_endpoints", {}, "timestream-query DescribeEndpoints"),
    ("timestream-write", "list_databases", {}, "timestream-write ListDatabases"),
    ("sagemaker", "list_models", {}, "sagemaker ListModels"),
    (
        "sagemaker-runtime",
        "invoke_endpoint",
        {"EndpointName": "e", "Body": b"x"},
        "sagemaker-runtime InvokeEndpoint",
    ),
    ("iot", "list_things", {}, "iot ListThings"),
    ("iot-data", "get_thing_shadow", {"thingName": "t"}, "iot-data GetThingShadow"),
    ("mediastore", "list_containers", {}, "mediastore ListContainers"),
    ("mediastore-data", "list_items", {}, "mediastore-data ListItems"),
    ("kinesisanalyticsv2", "list_applications", {}, "kinesisanalyticsv2 ListApplications"),
    ("bedrock", "list_custom_models", {}, "bedrock ListCustomModels"),
    ("bedrock-agent", "list_agents", {}, "bedrock-agent ListAgents"),
    ("lexv2-models", "list_bots", {}, "lexv2-models ListBots"),
    ("events", "list_rules", {}, "events ListRules"),
    ("pinpoint", "get_apps", {}, "pinpoint GetApps"),
    ("appconfig", "get_application", {"ApplicationId": "abcdefg"}, "appconfig GetApplication"),
    (
        "textract",
        "get_document_text_detection",
        {"JobId": "1"},
        "textract GetDocumentTextDetection",
    ),
    ("servicecatalog", "list_portfolios", {}, "servicecatalog ListPortfolios"),
    ("memorydb", "describe_clusters", {}, "memorydb DescribeClusters"),
]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"), CALLS, ids=lambda value: str(value)[:40]
)
def test_call_is_taken_for_another_one(
    calls: list[CapturedCall], service: str, operation: str, parameters: Any, expected: str
) -> None:
    """A call is classified as the operation that the client called, at AWS and at a server."""
    call(service, operation, **parameters)
    # The clients of Timestream ask for their endpoints first.
    assert {what(entry) for entry in calls[:-1]} <= {"timestream-query DescribeEndpoints"}
    assert what(calls[-1]) == expected
    assert what(at_server(calls[-1])) == expected


def test_presigned_call_is_lost(calls: list[CapturedCall]) -> None:
    """A presigned URL is classified like the call it stands for, and says how it was signed."""
    path_style = {"addressing_style": "path"}
    s3 = client("s3", signature_version="s3v4", s3=path_style)
    old = client("s3", signature_version="s3", s3=path_style)
    for signer in (s3, old):
        url = signer.generate_presigned_url("get_object", Params={"Bucket": "bkt", "Key": "k"})
        requests.get(url, timeout=30)
    requests.get(client("sts").generate_presigned_url("get_caller_identity"), timeout=30)
    assert [what(entry) for entry in calls] == [
        "s3 GetObject",
        "s3 GetObject",
        "sts GetCallerIdentity",
    ]
    assert {entry.details().signed_with for entry in calls} == {"QueryString"}
    assert [what(at_server(entry)) for entry in calls] == [what(entry) for entry in calls]


UNSIGNED_CALLS: dict[str, Callable[[], None]] = {
    "sts AssumeRoleWithWebIdentity": lambda: call(
        "sts",
        "assume_role_with_web_identity",
        RoleArn="arn:aws:iam::123456789012:role/a",
        RoleSessionName="abc",
        WebIdentityToken="token",
    ),
    "cognito-idp InitiateAuth": lambda: call(
        "cognito-idp",
        "initiate_auth",
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId="abc",
        AuthParameters={"USERNAME": "a"},
    ),
    "cognito-idp SignUp": lambda: call(
        "cognito-idp", "sign_up", ClientId="abc", Username="a", Password="secret"
    ),
    "cognito-identity GetCredentialsForIdentity": lambda: call(
        "cognito-identity", "get_credentials_for_identity", IdentityId="us-west-2:1"
    ),
}


@pytest.mark.parametrize("expected", UNSIGNED_CALLS)
def test_unsigned_call_is_lost(calls: list[CapturedCall], expected: str) -> None:
    """A call that needs no signature is classified by its host, its action or its target."""
    UNSIGNED_CALLS[expected]()
    assert [what(entry) for entry in calls] == [expected]
    assert calls[0].signed_with is None
    assert what(at_server(calls[0])) == expected
    found = calls[0].classify()
    assert found is not None
    assert found.signing_name == expected.split()[0]


@pytest.mark.parametrize("action", ["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"])
@pytest.mark.parametrize("version", ["", "&Version=2011-06-15"])
def test_federated_call_at_a_server_is_lost(action: str, version: str) -> None:
    """The actions of the federated are STS' even where a request names no host of AWS."""
    body = f"Action={action}&RoleArn=a{version}".encode()
    entry = unsigned("POST", "http://localhost:5000/", body=body, content_type=FORM)
    assert what(entry) == f"sts {action}"


def test_anonymous_read_is_lost(calls: list[CapturedCall]) -> None:
    """Reading a public object without credentials is S3's GetObject, at AWS and at a server."""
    with contextlib.suppress(ClientError):
        client("s3", signature_version=UNSIGNED).get_object(Bucket="bkt", Key="k")
    assert [what(entry) for entry in calls] == ["s3 GetObject"]
    path_style = unsigned(
        "GET", "http://localhost:5000/bkt/k", user_agent="aws-sdk-go-v2/1.30.3 os/linux"
    )
    assert what(path_style) == "s3 GetObject"


def test_action_in_the_url_is_lost() -> None:
    """A query call may have its action in its URL, whatever the method."""
    url = "https://elasticloadbalancing.us-west-2.amazonaws.com/?Action=DescribeLoadBalancers"
    for version, expected in (
        ("2012-06-01", "elb DescribeLoadBalancers"),
        ("2015-12-01", "elbv2 DescribeLoadBalancers"),
    ):
        signed = made("GET", f"{url}&Version={version}", signing_name="elasticloadbalancing")
        assert what(signed) == expected


def test_old_sdk_of_a_json_service_is_lost() -> None:
    """SQS still takes the query protocol, which is read as such."""
    body = urlencode(
        {
            "Action": "CreateQueue",
            "Version": "2012-11-05",
            "QueueName": "a",
            "Attribute.1.Name": "DelaySeconds",
            "Attribute.1.Value": "5",
        }
    ).encode()
    answer = (
        b'<CreateQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">'
        b"<CreateQueueResult><QueueUrl>http://q</QueueUrl></CreateQueueResult>"
        b"</CreateQueueResponse>"
    )
    url = "https://sqs.us-west-2.amazonaws.com/"
    entry = made("POST", url, signing_name="sqs", content_type=FORM, body=body, answer=answer)
    facts = entry.details()
    assert (facts.protocol, facts.operation) == ("query", "CreateQueue")
    assert facts.parameters == {"QueueName": "a", "Attributes": {"DelaySeconds": "5"}}
    assert facts.results == {"QueueUrl": "http://q"}


NO_CALLS: dict[str, CapturedCall] = {
    "a web page": unsigned("GET", "https://example.com/"),
    "a page of a server": unsigned("GET", "http://localhost:5000/bkt/page.html"),
    "an issuer's configuration": unsigned(
        "GET",
        "https://oidc.eks.us-west-2.amazonaws.com/id/0F1E/.well-known/openid-configuration",
    ),
    "an issuer's keys at a server": unsigned("GET", "http://localhost:5000/id/0F1E/keys"),
    "Cognito's keys": unsigned(
        "GET",
        "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_a/.well-known/jwks.json",
    ),
    "a user's API": unsigned("GET", "https://a1.execute-api.us-west-2.amazonaws.com/prod/pets"),
    "a user's signed API": made(
        "GET",
        "https://a1.execute-api.us-west-2.amazonaws.com/prod/pets",
        signing_name="execute-api",
    ),
    "API Gateway's connections": made(
        "POST", "http://localhost:5000/@connections/a", signing_name="execute-api"
    ),
    "a bucket's web site": unsigned("GET", "http://bkt.s3-website-us-west-2.amazonaws.com/"),
    "a search domain's own API": made(
        "GET", "https://search-a.us-west-2.es.amazonaws.com/index/_search", signing_name="es"
    ),
    "instance metadata": unsigned("GET", "http://169.254.169.254/latest/meta-data/"),
    "an unknown service": made("POST", "http://localhost/", signing_name="nothing"),
    "an unknown action": made(body=b"Action=NoSuchThing&Version=2011-06-15", content_type=FORM),
    "another service's action": made(body=b"Action=CreateUser", content_type=FORM),
    "an unknown target": made(
        headers={"x-amz-target": "DynamoDB_20120810.NoSuchThing"},
        signing_name="dynamodb",
        content_type=JSON_1_0,
    ),
    "another service's target": made(
        headers={"x-amz-target": "DynamoDB_20120810.ListTables"},
        signing_name="kms",
        content_type=JSON_1_0,
    ),
    "a target without a name": made(headers={"x-amz-target": "."}, signing_name="dynamodb"),
    "an unknown path": made(
        "GET", "https://eks.us-west-2.amazonaws.com/nothing", signing_name="eks"
    ),
    "another method": made(
        "PATCH", "https://eks.us-west-2.amazonaws.com/clusters", signing_name="eks"
    ),
    "no URL": unsigned("", "", body=None),
}


@pytest.mark.parametrize("name", NO_CALLS)
def test_web_request_is_recorded(name: str) -> None:
    """What is no call of a service's API is classified as none, and has no details."""
    entry = NO_CALLS[name]
    assert entry.classify() is None
    with pytest.raises(ValueError, match="no call"):
        entry.details()


def test_object_that_looks_like_a_form_is_misread() -> None:
    """An object may hold anything, for example a form with an action of another service."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    url = "https://bkt.s3.us-west-2.amazonaws.com/k"
    entry = made("PUT", url, signing_name="s3", content_type=FORM, body=body)
    assert what(entry) == "s3 PutObject"
    assert entry.details().parameters == {"Bucket": "bkt", "Key": "k"}


def test_target_of_a_rest_service_misleads() -> None:
    """A header of another protocol does not hide a REST call."""
    entry = made(
        "GET",
        "https://eks.us-west-2.amazonaws.com/clusters",
        signing_name="eks",
        headers={"x-amz-target": "DynamoDB_20120810.ListTables"},
    )
    assert what(entry) == "eks ListClusters"


def test_size_leaves_out_the_bodies() -> None:
    """An entry's size grows with the bytes that it keeps."""
    small = made(body=b"", answer=b"").size
    assert made(body=b"x" * 1000, answer=b"y" * 500).size == small + 1500
    assert made(body=None, answer=None, body_size=10**9, answer_size=10**9).size == small
