"""Why a call was allowed or refused: which policy, which statement, which values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_under_test import Aws, Json
from botocore.exceptions import ClientError
from click.testing import CliRunner
from judged import allow, bucket, deny, judge, pod, role
from pods import moto_api

import moto_eks_podid as podid
from moto_eks_podid.cli import command
from moto_eks_podid.policy import Outcome, PolicyKind, Word


def explain(aws: Aws, what: Any = None) -> podid.ExplainedCall:
    found = podid.explain(what, endpoint_url=aws.endpoint_url)
    assert found is not None
    return found


@pytest.fixture
def credentials(aws: Aws) -> Json:
    """A pod that may read what is tagged with its namespace, and may not delete anything."""
    s3 = bucket(aws, "goods")
    s3.put_object(Bucket="goods", Key="own", Body=b"x", Tagging="my-namespace=shop")
    s3.put_object(Bucket="goods", Key="other", Body=b"x", Tagging="my-namespace=kitchen")
    reader = role(
        aws,
        {
            "Sid": "OwnObjects",
            **allow(
                "s3:GetObject",
                StringEquals={
                    "s3:ExistingObjectTag/my-namespace": (
                        "${aws:PrincipalTag/kubernetes-namespace}"
                    )
                },
            ),
        },
        deny("s3:DeleteObject"),
    )
    given = pod(aws, reader)
    judge(aws)
    return given


def test_allowed_call_has_no_reason(aws: Aws, credentials: Json) -> None:
    """An allowed call names the statement that allowed it, with the values compared."""
    aws.client_with(credentials, "s3").get_object(Bucket="goods", Key="own")
    why = explain(aws)
    assert why.allowed
    assert why.word is Word.ALLOWED
    assert why.message is None
    assert (why.service, why.operation) == ("s3", "GetObject")
    assert why.access_key_id == credentials["accessKeyId"]
    deciding = why.deciding
    assert deciding is not None
    assert deciding.decided_by is PolicyKind.IDENTITY
    assert deciding.resource == "arn:aws:s3:::goods/own"
    [one] = deciding.deciding
    assert one.policy_label == "inline policy inline of role cart-reader"
    assert (one.sid, one.index, one.outcome) == ("OwnObjects", 0, Outcome.APPLIES)
    [condition] = one.conditions
    assert condition.wanted == ("shop",)
    assert condition.actual == ("shop",)


def test_refused_call_has_no_reason(aws: Aws, credentials: Json) -> None:
    """A refused call names the statement whose condition did not hold, with the values compared."""
    client = aws.client_with(credentials, "s3")
    with pytest.raises(ClientError) as caught:
        client.get_object(Bucket="goods", Key="other")
    why = explain(aws)
    assert not why.allowed
    assert why.message == caught.value.response["Error"]["Message"]
    deciding = why.deciding
    assert deciding is not None
    assert deciding.word is Word.IMPLICITLY_DENIED
    [missed] = deciding.near_misses
    assert missed.sid == "OwnObjects"
    [condition] = missed.conditions
    assert (condition.wanted, condition.actual) == (("shop",), ("kitchen",))
    assert str(why) == (
        "s3 GetObject: refused\n"
        f"{why.message}\n"
        f"s3:GetObject on arn:aws:s3:::goods/other for {deciding.principal} is implicitly denied: "
        "no identity policy allows it\n"
        "  inline policy inline of role cart-reader, statement 0 (OwnObjects): "
        "Allow has a condition that does not hold\n"
        "    StringEquals s3:ExistingObjectTag/my-namespace: 'kitchen' against 'shop' does not hold"
    )


def test_call_is_not_found_by_its_names(aws: Aws, credentials: Json) -> None:
    """A call is found by its request id, its CloudTrail record, and its access key."""
    client = aws.client_with(credentials, "s3")
    with pytest.raises(ClientError) as caught:
        client.delete_object(Bucket="goods", Key="own")
    request_id = caught.value.response["ResponseMetadata"]["RequestId"]
    client.get_object(Bucket="goods", Key="own")
    by_id = explain(aws, request_id)
    assert by_id.word is Word.EXPLICITLY_DENIED
    assert by_id.operation == "DeleteObject"
    [record] = podid.cloudtrail_records(event_name="DeleteObject", endpoint_url=aws.endpoint_url)
    assert record["errorCode"] == "AccessDenied"
    assert explain(aws, record) == by_id
    assert explain(aws, credentials["accessKeyId"]).operation == "GetObject"
    assert podid.explain("ASIANOBODY", endpoint_url=aws.endpoint_url) is None
    with pytest.raises(ValueError, match="no CloudTrail record"):
        podid.explain({}, endpoint_url=aws.endpoint_url)


@pytest.mark.parametrize("what", [123, [], b"ASIA", True])
def test_anything_names_a_call(aws: Aws, what: Any) -> None:
    """What is neither text nor a record is refused in a sentence."""
    with pytest.raises(ValueError, match="Expected a CloudTrail record or a name, not "):
        podid.explain(what, endpoint_url=aws.endpoint_url)


def test_bad_credentials_have_no_reason(aws: Aws, credentials: Json) -> None:
    """A call that was refused for its credentials says what was wrong with them."""
    client = aws.client_with({**credentials, "sessionToken": "x"}, "s3")
    with pytest.raises(ClientError):
        client.list_buckets()
    why = explain(aws)
    assert why.word is None
    assert str(why) == "s3 ListBuckets: refused\nwrong session token"


def test_explanations_outlive_a_reset(aws: Aws, credentials: Json) -> None:
    """A reset of moto forgets what was judged; without judging there is nothing to explain."""
    aws.client_with(credentials, "s3").get_object(Bucket="goods", Key="own")
    assert podid.explain(endpoint_url=aws.endpoint_url) is not None
    moto_api(aws, "reset")
    aws.client("s3").list_buckets()
    assert podid.explain(endpoint_url=aws.endpoint_url) is None


def test_command_line_explains_nothing(server_aws: Aws) -> None:
    """The command prints the explanation of a server's call, as text or JSON."""
    aws = server_aws
    runner = CliRunner()
    url = ["--endpoint-url", str(aws.endpoint_url)]
    none = runner.invoke(command, ["explain", *url])
    assert none.exit_code == 1
    assert "No such call was judged." in none.output
    given = pod(aws, role(aws))
    judge(aws)
    with pytest.raises(ClientError):
        aws.client_with(given, "s3").list_buckets()
    text = runner.invoke(command, ["explain", given["accessKeyId"], *url])
    assert text.exit_code == 0
    assert "s3 ListBuckets: refused" in text.output
    as_json = runner.invoke(command, ["explain", "--json", *url])
    assert json.loads(as_json.output)["operation"] == "ListBuckets"
    broken = runner.invoke(command, ["explain", "{}", *url])
    assert broken.exit_code == 1
    assert "no CloudTrail record" in broken.output
