"""Calls of bytes that no SDK sends: they are read or they are not, but never is there a failure."""

from __future__ import annotations

import json
from datetime import timezone
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moto_eks_podid.cloudtrail.calls import CapturedCall
from moto_eks_podid.events import record
from moto_eks_podid.events.call import CallDetails
from tests.cloudtrail.captured_calls import FORM, JSON_1_0, made

SIGNING_NAMES = [
    "",
    "s3",
    "sts",
    "ec2",
    "iam",
    "sqs",
    "kms",
    "dynamodb",
    "eks",
    "eks-auth",
    "lambda",
    "route53",
    "monitoring",
    "apigateway",
    "execute-api",
    "nothing",
]
URLS = [
    "https://sts.amazonaws.com/",
    "https://bkt.s3.us-west-2.amazonaws.com/k",
    "https://s3.us-west-2.amazonaws.com/bkt/k",
    "https://1.s3-control.us-west-2.amazonaws.com/v20180820/jobs",
    "https://eks.us-west-2.amazonaws.com/clusters/a",
    "https://lambda.us-west-2.amazonaws.com/2015-03-31/functions",
    "https://route53.amazonaws.com/2013-04-01/hostedzone",
    "http://localhost:5000/",
]
TARGETS = [
    "TrentService.CreateKey",
    "DynamoDB_20120810.PutItem",
    "AmazonSQS.SendMessage",
    "Logs_20140328.PutLogEvents",
]
ACTIONS = ["AssumeRole", "CreateVpc", "RunInstances", "CreateUser", "PutMetricData", "CreateQueue"]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["1e400", "9" * 5000, "2026-03-01T09:00:00Z", "AQI=", "\ud800"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Item", "Tags", "Key", "Value", "name", "tags", "QueueUrl", "M", "L"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
json_bodies = values.map(lambda value: json.dumps(value).encode())
forms = st.dictionaries(
    st.sampled_from(
        [
            "Version",
            "RoleArn",
            "DurationSeconds",
            "Tags.member.1",
            "Tags.member.1.Key",
            "MinCount",
            "TagSpecification.1.Tag.1.Key",
            "MetricData.member.1.Timestamp",
            "MetricData.member.1.Value",
        ]
    ),
    st.text(max_size=30),
    max_size=5,
)
form_bodies = st.builds(
    lambda action, form: urlencode({"Action": action, **form}, errors="replace").encode(),
    st.sampled_from(ACTIONS),
    forms,
)
xml = st.recursive(
    st.text(alphabet="ab<&1é", max_size=5),
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>",
        st.sampled_from(["a", "Error", "Code", "Message", "Tagging", "TagSet", "Tag", "entry"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
).map(lambda text: text.encode("utf-8", "replace"))
bodies = st.none() | st.binary(max_size=60) | json_bodies | form_bodies | xml
urls = st.builds(
    lambda base, path, query: f"{base}{quote(path, errors='replace')}{query}",
    st.sampled_from(URLS),
    st.text(max_size=10),
    st.sampled_from(["", "?", "?tagging", "?versioning", "?list-type=2", "?%zz=%ff", "?a=b&a=c"])
    | st.text(max_size=10).map(lambda text: "?" + text),
) | st.text(max_size=30)
calls = st.builds(
    made,
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "", "BÖSE"]),
    url=urls,
    signing_name=st.sampled_from(SIGNING_NAMES) | st.text(max_size=5),
    content_type=st.sampled_from(["", FORM, JSON_1_0, "application/json", "text/plain", "\xff"]),
    headers=st.dictionaries(
        st.sampled_from(["x-amz-copy-source", "x-amz-meta-a", "x-amz-account-id"])
        | st.text(max_size=5),
        st.text(max_size=10),
        max_size=3,
    )
    | st.sampled_from(TARGETS).map(lambda target: {"x-amz-target": target})
    | st.text(max_size=10).map(lambda target: {"x-amz-target": target}),
    body=bodies,
    body_size=st.integers(0, 10**7),
    status=st.sampled_from([200, 204, 301, 304, 400, 403, 404, 500, 503, 599]),
    answer=bodies,
    answer_size=st.integers(0, 10**7),
    answer_headers=st.dictionaries(
        st.sampled_from(["x-amzn-errortype", "x-amzn-query-error", "x-amz-version-id"]),
        st.text(max_size=10),
        max_size=2,
    ),
)


def assert_read(entry: CapturedCall) -> None:
    if entry.classify() is None:
        with pytest.raises(ValueError, match="no call"):
            entry.details()
        return
    found = entry.details()
    assert isinstance(found, CallDetails)
    assert found.event_time.tzinfo is timezone.utc
    if entry.status >= 301:
        assert found.error_code
        assert found.results is None
    # Whatever was read can be written.
    json.dumps(record.build(found)).encode()


# The first call of a service loads its model.
@given(calls)
@example(made("GET", "http://[", signing_name="s3"))
@example(made("GET", "http://é.s3.amazonaws.com/ä?ö", signing_name="s3"))
@example(made(body=b"Action=AssumeRole&Tags.member.1.Key=%ff", content_type=FORM))
@example(made(body=b"Action=AssumeRole", headers={"x-amz-copy-source": "\r"}))
def test_hostile_call_breaks_its_reader(entry: CapturedCall) -> None:
    """Any bytes are a call of an API, which has facts, or none."""
    assert_read(entry)


@given(st.sampled_from(TARGETS), json_bodies | st.binary(max_size=60))
def test_hostile_json_breaks_its_reader(target: str, body: bytes) -> None:
    """Any body of an operation of a JSON service gives the facts of a call."""
    signing_names = {"TrentService": "kms", "AmazonSQS": "sqs", "Logs_20140328": "logs"}
    signing_name = signing_names.get(target.partition(".")[0], "dynamodb")
    for columns in ({"body": body}, {"answer": body}, {"answer": body, "status": 400}):
        more: dict[str, Any] = columns
        entry = made(headers={"x-amz-target": target}, signing_name=signing_name, **more)
        assert entry.classify() is not None
        assert_read(entry)


@given(st.sampled_from(["bucket", "zone"]), xml | st.binary(max_size=60))
def test_hostile_xml_breaks_its_reader(kind: str, body: bytes) -> None:
    """Any body of an operation of an XML service gives the facts of a call."""
    where: dict[str, Any] = {
        "bucket": {
            "method": "PUT",
            "url": "https://bkt.s3.us-west-2.amazonaws.com/?tagging",
            "signing_name": "s3",
        },
        "zone": {
            "method": "POST",
            "url": "https://route53.amazonaws.com/2013-04-01/hostedzone",
            "signing_name": "route53",
        },
    }[kind]
    for columns in ({"body": body}, {"answer": body}, {"answer": body, "status": 400}):
        entry = made(**where, **columns)
        assert entry.classify() is not None
        assert_read(entry)
