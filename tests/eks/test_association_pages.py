"""ListPodIdentityAssociations: filters, pages, and tokens that stay right while things change."""

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
def role(aws: Aws) -> str:
    return aws.create_role()


def names(page: dict[str, Any]) -> list[str]:
    return [f"{entry['namespace']}/{entry['serviceAccount']}" for entry in page["associations"]]


def test_summary_shows_more_than_the_service_does(aws: Aws, eks: Any, role: str) -> None:
    """A summary has names, ARN and id: no role, no tags, no times."""
    made = aws.associate(role, tags={"a": "b"})
    page = eks.list_pod_identity_associations(clusterName=CLUSTER)
    members = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId")
    assert page["associations"] == [{name: made[name] for name in members}]
    assert "nextToken" not in page


def test_filters_match_loosely(aws: Aws, eks: Any, role: str) -> None:
    """Filters match exactly, and may be combined."""
    for namespace, service_account in (("a", "x"), ("a", "y"), ("ab", "x")):
        aws.associate(role, namespace=namespace, service_account=service_account)

    def listed(**filters: str) -> list[str]:
        return names(eks.list_pod_identity_associations(clusterName=CLUSTER, **filters))

    assert listed() == ["a/x", "a/y", "ab/x"]
    assert listed(namespace="a") == ["a/x", "a/y"]
    assert listed(serviceAccount="x") == ["a/x", "ab/x"]
    assert listed(namespace="ab", serviceAccount="x") == ["ab/x"]
    assert listed(namespace="A") == []


def test_paginator_loses_or_repeats_entries(aws: Aws, eks: Any, role: str) -> None:
    """boto3's paginator sees each association once, in the order in which they were made."""
    made = [f"ns/sa-{number}" for number in range(7)]
    for name in made:
        aws.associate(role, namespace="ns", service_account=name.split("/")[1])
    paginator = eks.get_paginator("list_pod_identity_associations")
    pages = list(paginator.paginate(clusterName=CLUSTER, PaginationConfig={"PageSize": 3}))
    assert [len(page["associations"]) for page in pages] == [3, 3, 1]
    assert [name for page in pages for name in names(page)] == made


def test_default_page_holds_another_number(aws: Aws, eks: Any, role: str) -> None:
    """A page holds 100 entries unless asked otherwise."""
    for number in range(101):
        aws.associate(role, service_account=f"sa-{number}")
    first = eks.list_pod_identity_associations(clusterName=CLUSTER)
    assert len(first["associations"]) == 100
    rest = eks.list_pod_identity_associations(clusterName=CLUSTER, nextToken=first["nextToken"])
    assert names(rest) == ["shop/sa-100"]


def test_token_goes_wrong_when_entries_come_and_go(aws: Aws, eks: Any, role: str) -> None:
    """A token stays right while entries are inserted and deleted, even the one that came last."""
    made = [aws.associate(role, service_account=f"sa-{number}") for number in range(5)]
    first = eks.list_pod_identity_associations(clusterName=CLUSTER, maxResults=2)
    for gone in (made[0], made[1], made[3]):
        eks.delete_pod_identity_association(
            clusterName=CLUSTER, associationId=gone["associationId"]
        )
    aws.associate(role, service_account="sa-new")
    rest = eks.list_pod_identity_associations(clusterName=CLUSTER, nextToken=first["nextToken"])
    assert names(rest) == ["shop/sa-2", "shop/sa-4", "shop/sa-new"]


@pytest.mark.parametrize(
    "garbage", ["x", "", "AAAA", "é", "A" * 5000, "====", "MTIzNDU2Nzg5MDEyMzQ1NjE="]
)
def test_garbage_token_is_taken(aws: Aws, eks: Any, garbage: str) -> None:
    """A token that the service did not give out is refused."""
    call = eks.list_pod_identity_associations
    assert refused(call, clusterName=CLUSTER, nextToken=garbage)[0] == "InvalidParameterException"


def test_token_of_another_cluster_is_taken(aws: Aws, eks: Any, role: str) -> None:
    """A token belongs to its cluster: another one refuses it, and so does the next of that name."""
    for service_account in ("x", "y"):
        aws.associate(role, service_account=service_account)
    token = eks.list_pod_identity_associations(clusterName=CLUSTER, maxResults=1)["nextToken"]
    call = eks.list_pod_identity_associations
    aws.create_cluster("other")
    assert refused(call, clusterName="other", nextToken=token)[0] == "InvalidParameterException"
    eks.delete_cluster(name=CLUSTER)
    aws.create_cluster()
    assert refused(call, clusterName=CLUSTER, nextToken=token)[0] == "InvalidParameterException"


def test_token_of_another_query_is_taken(aws: Aws, eks: Any, role: str) -> None:
    """A token belongs to its filters: another query refuses it."""
    for service_account in ("x", "y"):
        aws.associate(role, namespace="a", service_account=service_account)
    token = eks.list_pod_identity_associations(clusterName=CLUSTER, maxResults=1)["nextToken"]
    call = eks.list_pod_identity_associations
    assert (
        refused(call, clusterName=CLUSTER, namespace="a", nextToken=token)[0]
        == "InvalidParameterException"
    )


def test_slash_at_the_end_hides_the_list(aws: Aws, eks: Any, role: str) -> None:
    """A slash at the end of the path changes nothing."""
    aws.associate(role)
    path = f"/clusters/{CLUSTER}/pod-identity-associations"
    plain, slash = aws.http("eks", "GET", path), aws.http("eks", "GET", path + "/")
    assert (plain.status, slash.status) == (200, 200)
    assert plain.json == slash.json


OUT_OF_RANGE = (
    "1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy constraint: "
    "Member must have value {bound}"
)
TOO_SMALL = "greater than or equal to 1"
TOO_LARGE = "less than or equal to 100"
NO_NUMBER = "Invalid type for parameter maxResults, value: {size}, type: str, valid types: int"

BAD_SIZES: dict[str, str] = {
    "0": OUT_OF_RANGE.format(size="0", bound=TOO_SMALL),
    "-1": OUT_OF_RANGE.format(size="-1", bound=TOO_SMALL),
    "101": OUT_OF_RANGE.format(size="101", bound=TOO_LARGE),
    "1000000": OUT_OF_RANGE.format(size="1000000", bound=TOO_LARGE),
    **{size: NO_NUMBER.format(size=size) for size in ("x", "1.5", "9" * 30, "true", "")},
}


@pytest.mark.parametrize("size", BAD_SIZES)
def test_bad_page_size_is_taken(aws: Aws, size: str) -> None:
    """A page holds 1 to 100 entries; too few and too many are refused in the same words."""
    aws.create_cluster()
    answer = aws.http(
        "eks", "GET", f"/clusters/{CLUSTER}/pod-identity-associations?maxResults={size}"
    )
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "InvalidParameterException")
    assert answer.json == {"message": BAD_SIZES[size]}
