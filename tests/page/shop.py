"""What the page is shown with: a pod that does what it may, and what it may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from aws_under_test import CLUSTER, Aws, Json, policy, statement
from botocore.exceptions import ClientError
from judged import allow, bucket, judge, role

POD = "cart-7d9f8c6b5-x2k9m"
SECOND_ROLE = "ledger-writer"


@dataclass(frozen=True)
class Shop:
    pod: Json
    s3: Any

    def read(self) -> None:
        self.s3.get_object(Bucket="goods", Key="a")


def open_shop(aws: Aws, reads: int = 2) -> Shop:
    """A judged pod: it reads a bucket, is refused a queue, and assumes a second role."""
    bucket(aws, "goods").put_object(Bucket="goods", Key="a", Body=b"a")
    arn = role(aws, allow("s3:GetObject"), allow("sts:AssumeRole"))
    trust = policy(statement(principal={"AWS": arn}))
    second = role(aws, allow("sqs:*"), name=SECOND_ROLE, trust=trust)
    aws.create_cluster()
    aws.associate(arn, tags={"team": "shop"})
    judge(aws)
    token = aws.token(CLUSTER, pod_name=POD)
    pod = aws.assume(token)["credentials"]
    shop = Shop(pod, aws.client_with(pod, "s3"))
    chained = aws.client_with(pod, "sts").assume_role(RoleArn=second, RoleSessionName="ledger")
    for _ in range(reads):
        shop.read()
    with pytest.raises(ClientError):
        aws.client_with(pod, "sqs").list_queues()
    aws.client_with(chained["Credentials"], "sqs").create_queue(QueueName="orders")
    return shop
