"""AWS managed policies, read one by one from moto's data: reading them all takes 300 ms."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

_ARN = re.compile(
    r"arn:[\w-]+:iam::aws:policy(?P<path>/(?:[^/]+/)*)(?P<name>[\w+=,.@-]+)", re.ASCII
)


@lru_cache(maxsize=256)
def _entry(name: str) -> dict[str, Any] | None:
    # Members of the outermost object, and no others, are indented by one space.
    member = f'\n "{name}":'
    start = aws_managed_policies_data.find(member)
    if start < 0:
        return None
    entry: dict[str, Any]
    entry, _ = json.JSONDecoder().raw_decode(aws_managed_policies_data, start + len(member))
    return entry


def _entry_of(arn: str) -> tuple[str, dict[str, Any]] | None:
    match = _ARN.fullmatch(arn)
    entry = _entry(match["name"]) if match else None
    if match is None or entry is None or entry.get("Path", "/") != match["path"]:
        return None
    return match["name"], entry


@lru_cache(maxsize=256)
def aws_managed_document(arn: str) -> str | None:
    """Return the document of an AWS managed policy as JSON text; None when there is none.

    :param arn: ``arn:PARTITION:iam::aws:policy/NAME``, with the policy's path
    """
    found = _entry_of(arn)
    return None if found is None else json.dumps(found[1]["Document"])


def aws_managed_policy(arn: str, account_id: str, region_name: str) -> AWSManagedPolicy | None:
    """Return moto's object for an AWS managed policy, as an account's IAM holds it."""
    found = _entry_of(arn)
    if found is None:
        return None
    name, entry = found
    return AWSManagedPolicy.from_data(name, account_id, region_name, entry)
