"""Ids and issuers, when moto's generator of random numbers is seeded more than once."""

from __future__ import annotations

import pytest
import requests
from aws_under_test import CLUSTER, REGION, Aws
from pods import moto_api
from real_cluster import jwks

import moto_eks_podid as podid

SEEDED = "seed?a=42"


def test_repeated_id_gives_a_pod_the_role_of_another(aws: Aws) -> None:
    """Associations of one cluster differ in their ids, however often the generator begins again."""
    aws.create_cluster()
    roles = {name: aws.create_role(name) for name in ("cart", "till", "desk")}
    made = {}
    for name, role in roles.items():
        moto_api(aws, SEEDED)
        made[name] = aws.associate(role, service_account=name)
    assert len({association["associationId"] for association in made.values()}) == 3
    eks = aws.client("eks")
    for name, role in roles.items():
        one = {"clusterName": CLUSTER, "associationId": made[name]["associationId"]}
        assert eks.describe_pod_identity_association(**one)["association"] == made[name]
        answer = aws.assume(aws.token(service_account=name))
        assert answer["podIdentityAssociation"]["associationArn"] == made[name]["associationArn"]
        assert aws.sessions()[-1].role_arn == role


def test_seed_does_not_repeat_an_id(aws: Aws) -> None:
    """In a fresh cluster the same seed gives the same id."""
    role = aws.create_role()
    ids = []
    for name in ("prod-blue", "prod-green"):
        aws.create_cluster(name)
        moto_api(aws, SEEDED)
        ids.append(aws.associate(role, cluster=name)["associationId"])
    assert ids[0] == ids[1]


@pytest.mark.parametrize("region", [REGION, "eu-central-1"])
def test_repeated_issuer_mixes_clusters_up(aws: Aws, region: str) -> None:
    """Issuers differ in their ids, even in another region; each serves its own keys."""
    moto_api(aws, SEEDED)
    first = aws.create_cluster("first")["identity"]["oidc"]["issuer"]
    moto_api(aws, SEEDED)
    second = aws.create_cluster("second", region)["identity"]["oidc"]["issuer"]
    assert first.rpartition("/")[2] != second.rpartition("/")[2]
    for issuer in (first, second):
        base = issuer
        if aws.endpoint_url:
            base = f"{aws.endpoint_url}/id/{issuer.rpartition('/')[2]}"
        document = requests.get(f"{base}/.well-known/openid-configuration", timeout=30).json()
        assert document["issuer"] == issuer


def test_issuer_takes_the_url_of_a_trusted_one(aws: Aws) -> None:
    """No cluster gets the issuer of a real cluster that is trusted already."""
    moto_api(aws, SEEDED)
    real = aws.create_cluster("real")["identity"]["oidc"]["issuer"]
    aws.client("eks").delete_cluster(name="real")
    aws.create_cluster()
    podid.trust_issuer(CLUSTER, real, jwks=jwks(), endpoint_url=aws.endpoint_url)
    moto_api(aws, SEEDED)
    assert aws.create_cluster("other")["identity"]["oidc"]["issuer"] != real
