"""A bucket that a trail delivers to, and what is in it."""

from __future__ import annotations

import gzip
import json
from typing import Any

from aws_under_test import ACCOUNT, REGION, Aws

Json = dict[str, Any]

BUCKET = "trail-bucket"
TRAIL = "everything"


class TrailBucket:
    """One bucket of one AWS, and trails that deliver to it."""

    def __init__(self, aws: Aws, name: str = BUCKET, s3: Any = None) -> None:
        self.aws = aws
        self.name = name
        self.s3 = s3 or aws.client("s3", "us-east-1")
        self.s3.create_bucket(Bucket=name)

    def cloudtrail(self, region: str = REGION) -> Any:
        return self.aws.client("cloudtrail", region)

    def trail(self, name: str = TRAIL, region: str = REGION, **options: Any) -> str:
        """Make a trail that logs; its ARN."""
        cloudtrail = self.cloudtrail(region)
        arn = cloudtrail.create_trail(Name=name, S3BucketName=self.name, **options)["TrailARN"]
        cloudtrail.start_logging(Name=name)
        return str(arn)

    def keys(self, kind: str = "CloudTrail") -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [
            found["Key"]
            for page in pages
            for found in page.get("Contents", [])
            if f"/{kind}/" in found["Key"]
        ]

    def read(self, key: str) -> Json:
        body = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        content: Json = json.loads(gzip.decompress(body))
        return content

    def records(self, region: str = "") -> list[Json]:
        """The records of all log files, in the order of their times."""
        found = [
            record
            for key in self.keys()
            if f"/CloudTrail/{region}" in key
            for record in self.read(key)["Records"]
        ]
        return sorted(found, key=lambda record: str(record["eventTime"]))

    def names(self, region: str = "") -> list[str]:
        return sorted(record["eventName"] for record in self.records(region))


def trail_arn(name: str = TRAIL, region: str = REGION) -> str:
    return f"arn:aws:cloudtrail:{region}:{ACCOUNT}:trail/{name}"
