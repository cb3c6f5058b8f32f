"""Tags of associations, through EKS's own tag operations."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from aws_under_test import ACCOUNT, CLUSTER, REGION, Aws
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


MANY_KEYS = [f"k{number}" for number in range(51)]
MANY_TAGS = dict.fromkeys(MANY_KEYS, "v")


def length(name: str, value: str, bound: str) -> str:
    return (
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must have length {bound}"
    )


def missing(name: str) -> str:
    return (
        f"1 validation error detected: Value null at '{name}' failed to satisfy constraint: "
        "Member must not be null"
    )


#: Method, query and body -> the message, or the words that it begins with.
BAD_REQUESTS: dict[str, tuple[str, str, bytes | None, str]] = {
    "no tags at all": ("POST", "", b"{}", missing("tags")),
    "null tags": ("POST", "", b'{"tags": null}', missing("tags")),
    "empty tags": (
        "POST",
        "",
        b'{"tags": {}}',
        length("tags", "{}", "greater than or equal to 1"),
    ),
    "51 tags": (
        "POST",
        "",
        json.dumps({"tags": MANY_TAGS}).encode(),
        length(
            "tags",
            "{" + ", ".join(f"{key}=v" for key in MANY_KEYS) + "}",
            "less than or equal to 50",
        ),
    ),
    "51 tags that are none": (
        "POST",
        "",
        json.dumps({"tags": {key: [] for key in MANY_KEYS}}).encode(),
        "Invalid type for parameter tags.k0, value: [], type: list, valid types: str",
    ),
    "tags of another type": (
        "POST",
        "",
        b'{"tags": 5}',
        "Invalid type for parameter tags, value: 5, type: int, valid types: dict",
    ),
    "no JSON": ("POST", "", b"tags", "The request body is not valid JSON."),
    "no object": ("POST", "", b"[]", "The request body is not a JSON object."),
    "no keys at all": ("DELETE", "", None, missing("tagKeys")),
    "keys under another name": ("DELETE", "?tagkeys=a", None, missing("tagKeys")),
    "51 keys": (
        "DELETE",
        "?" + "&".join(f"tagKeys={key}" for key in MANY_KEYS),
        None,
        length("tagKeys", f"[{', '.join(MANY_KEYS)}]", "less than or equal to 50"),
    ),
    "empty key": ("DELETE", "?tagKeys=", None, "Invalid length for parameter tagKeys[0]"),
}


@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_bad_tag_request_is_taken(aws: Aws, eks: Any, arn: str, case: str) -> None:
    """The tag operations answer BadRequestException for every wrong input; no tag is changed."""
    method, query, body, message = BAD_REQUESTS[case]
    for path in (f"/tags/{quote(arn, safe='')}", f"/tags/{arn}"):
        answer = aws.http("eks", method, path + query, body)
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "BadRequestException")
        assert list(answer.json) == ["message"]
        assert answer.json["message"].startswith(message)
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "cart"}


def test_limits_themselves_are_refused(aws: Aws, eks: Any, arn: str) -> None:
    """50 tags, and 50 keys, are fine in one request."""
    eks.untag_resource(resourceArn=arn, tagKeys=["team"])
    eks.tag_resource(resourceArn=arn, tags=dict.fromkeys(MANY_KEYS[:50], ""))
    assert len(eks.list_tags_for_resource(resourceArn=arn)["tags"]) == 50
    eks.untag_resource(resourceArn=arn, tagKeys=MANY_KEYS[:50])
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {}


def test_empty_tags_stop_an_association(aws: Aws, eks: Any) -> None:
    """An association may be made with an empty map of tags, as some clients send it."""
    made = aws.associate(aws.create_role("other"), service_account="till", tags={})
    assert made["tags"] == {}


FOREIGN_DIGITS = str.maketrans(
    "0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669"
)

#: ARN -> its answer's code: what is no ARN of EKS, and what is one of something unknown.
ARNS: dict[str, tuple[str, str]] = {
    "another kind that is unknown": (
        f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/nowhere",
        "NotFoundException",
    ),
    "kind in capitals": (
        f"arn:aws:eks:{REGION}:{ACCOUNT}:PodIdentityAssociation/x/y",
        "BadRequestException",
    ),
    "no kind": (f"arn:aws:eks:{REGION}:{ACCOUNT}:/x/y", "BadRequestException"),
    "nothing of the kind": (f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/", "BadRequestException"),
    "another service": (f"arn:aws:iam::{ACCOUNT}:role/x", "BadRequestException"),
    "digits of another script": (
        f"arn:aws:eks:{REGION}:{ACCOUNT.translate(FOREIGN_DIGITS)}:cluster/x",
        "BadRequestException",
    ),
    "letters of another script": (
        f"arn:\u0430ws:eks:{REGION}:{ACCOUNT}:cluster/x",
        "BadRequestException",
    ),
}


@pytest.mark.parametrize("case", ARNS)
def test_odd_arn_is_taken_for_another(eks: Any, case: str) -> None:
    """What is no ARN of EKS is a bad request; what is one of another kind, moto looks up."""
    arn, code = ARNS[case]
    assert refused(eks.list_tags_for_resource, resourceArn=arn)[0] == code


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


def test_cluster_that_is_not_there_has_another_error(aws: Aws, eks: Any) -> None:
    """The tag operations answer for a cluster as for an association."""
    arn = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/nowhere"
    gone = ("NotFoundException", 404, "Resource was not found")
    assert refused(eks.list_tags_for_resource, resourceArn=arn) == gone
    assert refused(eks.tag_resource, resourceArn=arn, tags={"a": "b"}) == gone
    assert refused(eks.untag_resource, resourceArn=arn, tagKeys=["a"]) == gone
