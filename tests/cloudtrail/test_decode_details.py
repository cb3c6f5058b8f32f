"""Parameters, results and errors of calls, in every protocol."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from moto_eks_podid.cloudtrail import decode
from moto_eks_podid.cloudtrail.calls import MAX_KEPT_BODY, CapturedCall
from moto_eks_podid.events.call import HIDDEN, CallDetails, Map
from tests.cloudtrail.captured_calls import capturing, client, made, query, target, unsigned

LAMBDA = "https://lambda.us-west-2.amazonaws.com/2015-03-31/functions"


@pytest.fixture
def calls() -> Iterator[list[CapturedCall]]:
    with capturing() as captured:
        yield captured


def facts(calls: list[CapturedCall]) -> CallDetails:
    return calls[-1].details()


# Parameters and results


def test_columns_of_a_call_are_lost() -> None:
    """The facts that need no decoding are those of the captured call."""
    entry = made(**query("GetCallerIdentity"), answer_size=5)
    entry.shared_event_id = "shared"
    assert entry.details() == CallDetails(
        event_id=entry.event_id,
        event_time=datetime(2026, 3, 1, 9, 0, 0, 500_000, tzinfo=timezone.utc),
        service="sts",
        operation="GetCallerIdentity",
        signing_name="sts",
        protocol="query",
        region="us-west-2",
        account_id="123456789012",
        identity=entry.identity,
        source_ip="203.0.113.10",
        user_agent="a test",
        request_id=entry.request_id,
        host="sts.us-west-2.amazonaws.com",
        bytes_in=len(entry.body or b""),
        bytes_out=5,
        shared_event_id="shared",
    )


def test_query_call_is_misread(calls: list[CapturedCall]) -> None:
    """Query protocol: lists, structures, times with their zone."""
    tags = [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}]
    made_user = client("iam").create_user(UserName="x", Path="/p/", Tags=tags)["User"]
    found = facts(calls)
    assert found.parameters == {"UserName": "x", "Path": "/p/", "Tags": tags}
    assert found.results == {"User": made_user}
    assert found.results["User"]["CreateDate"].utcoffset().total_seconds() == 0


def test_ec2_call_is_misread(calls: list[CapturedCall]) -> None:
    """EC2's protocol: its names are those of the model, not of the wire."""
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]
    vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)["Vpc"]
    found = facts(calls)
    assert found.parameters == {"CidrBlock": "10.0.0.0/16", "TagSpecifications": tags}
    assert found.results == {"Vpc": vpc}


def test_json_call_is_misread(calls: list[CapturedCall]) -> None:
    """JSON protocol: maps of the model are told from structures."""
    url = client("sqs").create_queue(
        QueueName="q", Attributes={"DelaySeconds": "5"}, tags={"Team": "a"}
    )["QueueUrl"]
    found = facts(calls)
    assert found.parameters == {
        "QueueName": "q",
        "Attributes": {"DelaySeconds": "5"},
        "tags": {"Team": "a"},
    }
    assert isinstance(found.parameters["tags"], Map)
    assert not isinstance(found.parameters, Map)
    assert found.results == {"QueueUrl": url}


def test_rest_json_call_is_misread(calls: list[CapturedCall]) -> None:
    """REST-JSON protocol: members of the path, the query and the body, times with their zone."""
    eks = client("eks")
    eks.create_cluster(
        name="blue", roleArn="arn:aws:iam::123456789012:role/a", resourcesVpcConfig={}
    )
    found = facts(calls)
    assert found.parameters is not None
    assert found.parameters["name"] == "blue"
    assert found.results is not None
    assert found.results["cluster"]["createdAt"].utcoffset().total_seconds() == 0
    arn = found.results["cluster"]["arn"]
    eks.tag_resource(resourceArn=arn, tags={"Team": "a"})
    found = facts(calls)
    assert found.parameters == {"resourceArn": arn, "tags": {"Team": "a"}}
    assert found.results is None
    eks.untag_resource(resourceArn=arn, tagKeys=["Team", "b"])
    assert facts(calls).parameters == {"resourceArn": arn, "tagKeys": ["Team", "b"]}


def test_absent_query_member_is_shown(calls: list[CapturedCall]) -> None:
    """Members that were not sent are not there, whatever the parser makes of them."""
    client("eks").list_clusters()
    assert facts(calls).parameters is None
    client("eks").list_clusters(maxResults=5)
    assert facts(calls).parameters == {"maxResults": 5}


def test_rest_xml_call_is_misread(calls: list[CapturedCall]) -> None:
    """REST-XML protocol: members of the path and of a document."""
    s3 = client("s3")
    location = {"LocationConstraint": "us-west-2"}
    s3.create_bucket(Bucket="bkt", CreateBucketConfiguration=location, ACL="private")
    assert facts(calls).parameters == {
        "Bucket": "bkt",
        "ACL": "private",
        "CreateBucketConfiguration": location,
    }
    tagging = {"TagSet": [{"Key": "a", "Value": "b"}]}
    s3.put_bucket_tagging(Bucket="bkt", Tagging=tagging)
    found = facts(calls)
    assert found.parameters is not None
    assert found.parameters["Tagging"] == tagging
    assert found.query == (("tagging", ""),)
    zone = client("route53").create_hosted_zone(
        Name="example.com", CallerReference="1", HostedZoneConfig={"Comment": "c"}
    )
    found = facts(calls)
    assert found.parameters == {
        "Name": "example.com",
        "CallerReference": "1",
        "HostedZoneConfig": {"Comment": "c"},
    }
    assert found.results is not None
    assert found.results["HostedZone"]["Id"] == zone["HostedZone"]["Id"]
    assert found.api_version == "2013-04-01"


def test_object_is_in_the_record(calls: list[CapturedCall]) -> None:
    """Objects and other bytes that are a whole body are left out; their headers are not."""
    s3 = client("s3")
    s3.create_bucket(Bucket="bkt", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="bkt", Key="k", Body=b"secret", Metadata={"team": "a"}, ACL="private")
    found = facts(calls)
    assert found.parameters is not None
    # Names of headers have no case.
    assert found.parameters["Metadata"] == {"team": "a"}
    assert isinstance(found.parameters["Metadata"], Map)
    assert "Body" not in found.parameters
    assert not found.parameters_too_large
    s3.get_object(Bucket="bkt", Key="k")
    assert "secret" not in str(facts(calls))
    with contextlib.suppress(ClientError):
        client("lambda").invoke(FunctionName="f", InvocationType="Event", Payload=b'"secret"')
    found = facts(calls)
    assert found.parameters == {"FunctionName": "f", "InvocationType": "Event"}


def test_call_without_parameters_has_some() -> None:
    """Parameters are None where there are none, and where they cannot be read."""
    assert made(**query("GetCallerIdentity")).details().parameters is None
    assert made(**query("AssumeRole", DurationSeconds="x")).details().parameters is None
    assert made(**target("kms", "TrentService", "ListKeys")).details().parameters is None
    broken = made(**{**target("kms", "TrentService", "ListKeys"), "body": b"[1]"})
    assert broken.details().parameters is None


def test_extra_parameters_are_lost() -> None:
    """What the service knows about a call comes before the request's own parameters."""
    entry = made(**query("AssumeRole", RoleArn="a"))
    entry.extra_parameters = {"IncomingTransitiveTags": Map(a="b")}
    parameters = entry.details().parameters
    assert parameters is not None
    assert list(parameters.items()) == [
        ("IncomingTransitiveTags", {"a": "b"}),
        ("RoleArn", "a"),
    ]
    entry = made(**query("GetCallerIdentity"))
    entry.extra_parameters = {"A": "b"}
    assert entry.details().parameters == {"A": "b"}


def test_blob_is_no_bytes() -> None:
    """A blob among the members is bytes, and times without a zone are UTC."""
    body = {"KeyId": "a", "CiphertextBlob": "AQI="}
    found = made(**target("kms", "TrentService", "Decrypt", body)).details()
    assert found.parameters == {"KeyId": "a", "CiphertextBlob": b"\x01\x02"}
    body = {"logGroupName": "g", "startTime": 5}
    found = made(**target("logs", "Logs_20140328", "FilterLogEvents", body)).details()
    assert found.parameters == body
    assert found.api_version == "20140328"
    found = made(**query("GetMetricData", "monitoring", StartTime="2026-03-01T09:00:00Z")).details()
    assert found.parameters == {"StartTime": datetime(2026, 3, 1, 9, tzinfo=timezone.utc)}


def test_answer_by_hand_breaks_the_results() -> None:
    """Results that are no answer of the operation are None."""
    for answer in (b"<html>", b"not json", b"[1]", b"\xff", b"", b"{}", b"<a></a>"):
        entry = made(**query("AssumeRole"), answer=answer)
        assert entry.details().results is None
        entry = made(**target("kms", "TrentService", "CreateKey"), answer=answer)
        assert entry.details().results is None
        entry = made("POST", LAMBDA, signing_name="lambda", answer=answer)
        assert entry.details().results is None


def test_results_of_a_reading_call_are_decoded() -> None:
    """Results that no record shows are None: those of calls that read, except for credentials."""
    answer = (
        b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account>"
        b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
    assert made(**query("GetCallerIdentity"), answer=answer).details().results is None
    answer = (
        b"<AssumeRoleResponse><AssumeRoleResult><PackedPolicySize>5</PackedPolicySize>"
        b"</AssumeRoleResult></AssumeRoleResponse>"
    )
    found = made(**query("AssumeRole"), answer=answer).details()
    assert found.results == {"PackedPolicySize": 5}


# Secrets


def test_sensitive_member_is_in_the_clear(calls: list[CapturedCall]) -> None:
    """Members that the model calls sensitive are hidden, in parameters and in results."""
    client("secretsmanager").create_secret(Name="s", SecretString="top secret")
    found = facts(calls)
    assert found.parameters is not None
    assert found.parameters["SecretString"] == HIDDEN
    iam = client("iam")
    iam.create_user(UserName="a")
    iam.create_access_key(UserName="a")
    found = facts(calls)
    assert found.results is not None
    assert found.results["AccessKey"]["SecretAccessKey"] == HIDDEN
    with contextlib.suppress(ClientError):
        client("eks-auth").assume_role_for_pod_identity(clusterName="c", token="top secret")
    assert facts(calls).parameters == {"clusterName": "c", "token": HIDDEN}
    with contextlib.suppress(ClientError):
        client("cognito-idp").sign_up(ClientId="c", Username="u", Password="top secret")
    found = facts(calls)
    assert found.parameters is not None
    assert "top secret" not in str(found)
    assert found.parameters["Password"] == HIDDEN


def test_sensitive_part_of_a_list_or_map_is_in_the_clear() -> None:
    """Sensitive members are hidden however deep they are; a sensitive map is hidden as a whole."""
    body = json.dumps(
        {
            "FunctionName": "f",
            "Environment": {"Variables": {"PASSWORD": "top secret"}},
            "Code": {"ZipFile": "AQI="},
        }
    ).encode()
    found = made("POST", LAMBDA, signing_name="lambda", body=body).details()
    assert found.parameters == {
        "FunctionName": "f",
        "Environment": {"Variables": HIDDEN},
        "Code": {"ZipFile": HIDDEN},
    }


# Sizes


def test_large_body_is_taken_for_nothing() -> None:
    """Parameters and results that were not kept because of their size are said to be too large."""
    large = {"body": None, "body_size": MAX_KEPT_BODY + 1}
    entry = made(**{**target("kms", "TrentService", "CreateKey"), **large})
    found = entry.details()
    assert (found.parameters, found.parameters_too_large) == (None, True)
    entry = made(
        **target("kms", "TrentService", "CreateKey"), answer=None, answer_size=MAX_KEPT_BODY + 1
    )
    found = entry.details()
    assert (found.results, found.results_too_large) == (None, True)


def test_large_object_is_called_too_large() -> None:
    """A large object is no parameter, and a large answer of a reading call no result."""
    url = "https://bkt.s3.us-west-2.amazonaws.com/k"
    found = made("PUT", url, signing_name="s3", body=None, body_size=10**9).details()
    assert (found.parameters, found.parameters_too_large) == ({"Bucket": "bkt", "Key": "k"}, False)
    found = made(**query("GetCallerIdentity"), answer=None, answer_size=10**9).details()
    assert not found.results_too_large
    found = made("GET", url, signing_name="s3", answer=None, answer_size=10**9).details()
    assert not found.results_too_large


def test_nesting_exhausts_the_stack() -> None:
    """Values that are nested without end are not shown, and nothing fails."""
    deep = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
    for operation, name in (("PutItem", b"Item"), ("ListTables", b"Limit")):
        call = target("dynamodb", "DynamoDB_20120810", operation)
        call["body"] = b'{"%s": %s}' % (name, deep)
        assert made(**call).details().parameters is None
    level: Any = {"S": "a"}
    for _ in range(decode.MAX_DEPTH):
        level = {"M": {"a": level}}
    call = target("dynamodb", "DynamoDB_20120810", "PutItem", {"Item": {"a": level}})
    assert made(**call).details().parameters is None
    call = target("dynamodb", "DynamoDB_20120810", "PutItem", {"Item": {"a": {"M": {}}}})
    assert made(**call).details().parameters == {"Item": {"a": {"M": {}}}}


def test_half_a_character_breaks_the_record() -> None:
    """Text that cannot be encoded, which JSON can hold, is replaced."""
    call = target("kms", "TrentService", "CreateKey")
    call["body"] = b'{"Description": "\\ud800 \xc3\xa4"}'
    assert made(**call).details().parameters == {"Description": "? ä"}
    call["answer"], call["status"] = b'{"__type": "A", "message": "\\ud800"}', 400
    assert made(**call).details().error_message == "?"


def test_web_identity_token_is_in_the_clear() -> None:
    """An unsigned call has parameters, too, without what the model calls sensitive."""
    columns = query("AssumeRoleWithWebIdentity", RoleArn="a", WebIdentityToken="top secret")
    columns.pop("signing_name")
    found = unsigned("POST", columns.pop("url"), **columns).details()
    assert found.parameters == {"RoleArn": "a", "WebIdentityToken": HIDDEN}
    assert found.signed_with is None
    assert found.signing_name == "sts"


def test_compressed_body_breaks_the_parameters() -> None:
    """A compressed body is shown as it was before; what only looks like one is not."""
    call = target("monitoring", "GraniteServiceVersion20100801", "PutMetricData")
    call["body"] = gzip.compress(b'{"Namespace": "n"}')
    assert made(**call).details().parameters == {"Namespace": "n"}
    call["body"] = b"\x1f\x8b{}"
    assert made(**call).details().parameters is None
