"""Bodies that are taken apart or put together: compressed ones, and request ids in answers."""

from __future__ import annotations

import gzip
import json

import pytest
from aws_under_test import ACCOUNT, CLUSTER, Aws, policy
from pods import credentials_of_a_pod

from moto_eks_podid.caller import MAX_DECOMPRESSED_BODY
from tests.sts.sts_query import FORM, error_of, query, text_of

GZIP = {"Content-Encoding": "gzip"}
#: Service -> path, headers.
TARGETS = {
    "sts": ("/", {**GZIP, **FORM}),
    "eks-auth": (f"/clusters/{CLUSTER}/assume-role-for-pod-identity", GZIP),
    "eks": (f"/clusters/{CLUSTER}/pod-identity-associations", GZIP),
}
TEXT = "<RequestId>x</RequestId>"


@pytest.mark.parametrize("service", TARGETS)
def test_small_body_becomes_enormous(aws: Aws, service: str) -> None:
    """A compressed body that becomes too long is refused before it is all there."""
    path, headers = TARGETS[service]
    bomb = gzip.compress(b" " * (MAX_DECOMPRESSED_BODY + 1))
    # As many again, as further members of the same file.
    answer = aws.http(service, "POST", path, bomb * 64, headers=headers)
    assert answer.status == 413
    assert answer.text == f"The request body is longer than {MAX_DECOMPRESSED_BODY} bytes."
    assert answer.headers["x-amzn-RequestId"]


def test_long_body_is_refused(aws: Aws) -> None:
    """A compressed body of the greatest length is read."""
    credentials_of_a_pod(aws)
    path, headers = TARGETS["eks-auth"]
    body = json.dumps({"token": aws.token()}).encode().ljust(MAX_DECOMPRESSED_BODY)
    answer = aws.http("eks-auth", "POST", path, gzip.compress(body), headers=headers)
    assert answer.status == 200
    assert answer.json["subject"]["serviceAccount"] == "cart"


def test_text_like_a_request_id_is_replaced_in_xml(aws: Aws) -> None:
    """What a request says about request ids comes back from STS as it was."""
    role = f"arn:aws:iam::{ACCOUNT}:role/cart"
    answer = query(aws, "AssumeRole", RoleArn=role, RoleSessionName=TEXT)
    code, status, message = error_of(answer)
    assert (code, status) == ("ValidationError", 400)
    assert message is not None
    assert f"Value '{TEXT}' at 'roleSessionName'" in message
    assert text_of(answer, "RequestId") == answer.headers["x-amzn-RequestId"]

    condition = {"StringEquals": {"aws:username": TEXT}}
    given = policy({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition})
    answer = query(aws, "AssumeRole", RoleArn=role, RoleSessionName="cart", Policy=given)
    assert answer.status == 200
    assert text_of(answer, "RequestId") == answer.headers["x-amzn-RequestId"]
    assert aws.sessions()[-1].policy == given


def test_text_like_a_request_id_is_replaced_in_json(aws: Aws) -> None:
    """What an association says about request ids comes back from EKS as it was."""
    aws.create_cluster()
    aws.create_role()
    association = aws.associate(f"arn:aws:iam::{ACCOUNT}:role/cart-reader", tags={"team": TEXT})
    assert association["tags"] == {"team": TEXT}
