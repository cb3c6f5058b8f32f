"""Tags of associations, through EKS's own tag operations."""

from __future__ import annotations

from typing import Any

import pytest
from aws_under_test import CLUSTER, Aws
from refusals import refused


@pytest.fixture
def eks(aws: Aws) -> Any:
    aws.create_cluster()
    return aws.client("eks")


@pytest.fixture
def arn(aws: Aws, eks: Any) -> str:
    return str(aws.associate(aws.create_role(), tags={"team": "cart"})["associationArn"])


def test_tags_are_not_changed(eks: Any, arn: str) -> None:
    """TagResource adds and overwrites, UntagResource removes, and Describe shows the same tags."""
    eks.tag_resource(resourceArn=arn, tags={"team": "shop", "stage": "qa"})
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "shop", "stage": "qa"}
    eks.untag_resource(resourceArn=arn, tagKeys=["team", "absent"])
    association = eks.describe_pod_identity_association(
        clusterName=CLUSTER, associationId=arn.rsplit("/", 1)[1]
    )["association"]
    assert association["tags"] == {"stage": "qa"}


def test_tag_limits_are_not_kept(eks: Any, arn: str) -> None:
    """A resource has at most 50 tags, also over several calls, and no reserved keys."""
    eks.tag_resource(resourceArn=arn, tags={f"k{number}": "" for number in range(49)})
    bad = ("BadRequestException", 400)
    assert refused(eks.tag_resource, resourceArn=arn, tags={"one-more": ""})[:2] == bad
    eks.tag_resource(resourceArn=arn, tags={"team": "overwritten"})
    assert refused(eks.tag_resource, resourceArn=arn, tags={"aws:x": ""})[:2] == bad
    assert refused(eks.tag_resource, resourceArn=arn, tags={"x": "v" * 257})[:2] == bad
    assert len(eks.list_tags_for_resource(resourceArn=arn)["tags"]) == 50


def test_unknown_association_has_tags(aws: Aws, eks: Any, arn: str) -> None:
    """The tag operations answer NotFoundException for an association that is not there."""
    for name, arguments in (
        ("tag_resource", {"tags": {"a": "b"}}),
        ("untag_resource", {"tagKeys": ["a"]}),
        ("list_tags_for_resource", {}),
    ):
        for missing in (f"{arn[:-1]}!", arn.replace(CLUSTER, "nowhere")):
            assert refused(getattr(eks, name), resourceArn=missing, **arguments) == (
                "NotFoundException",
                404,
                "Resource was not found",
            )
        assert refused(getattr(eks, name), resourceArn="nonsense", **arguments) == (
            "BadRequestException",
            400,
            "The resource ARN is invalid: nonsense",
        )


def test_clusters_lose_their_tags(aws: Aws, eks: Any) -> None:
    """Tags of clusters work as they do in moto."""
    cluster_arn = eks.describe_cluster(name=CLUSTER)["cluster"]["arn"]
    eks.tag_resource(resourceArn=cluster_arn, tags={"a": "b"})
    assert eks.list_tags_for_resource(resourceArn=cluster_arn)["tags"] == {"a": "b"}
    eks.untag_resource(resourceArn=cluster_arn, tagKeys=["a"])
    assert eks.list_tags_for_resource(resourceArn=cluster_arn)["tags"] == {}


def test_tags_of_an_association_become_session_tags(aws: Aws, eks: Any, arn: str) -> None:
    """Tags of the association are not session tags."""
    aws.assume()
    (session,) = aws.sessions()
    assert "team" not in session.tags
