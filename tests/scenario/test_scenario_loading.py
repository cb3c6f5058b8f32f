"""Scenario files put in place, in-process and at a server: what is there then, and what is not."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest
import requests
from aws_under_test import ACCOUNT, OTHER_ACCOUNT, REGION, Aws
from botocore.exceptions import ClientError
from moto.utilities.utils import get_partition

import moto_eks_podid as podid
from moto_eks_podid import Scenario, ScenarioError
from moto_eks_podid.scenario.client import Arranging
from moto_eks_podid.scenario.plan import partition

FULL = """\
region: us-west-2
settings:
  iam_enforcement: sessions
  associations_per_cluster: 100

policies:
  - name: list-buckets
    document: {Effect: Allow, Action: "s3:ListAllMyBuckets", Resource: "*"}
    tags: {team: food}
  - name: node
    document: {Effect: Allow, Action: "eks-auth:AssumeRoleForPodIdentity", Resource: "*"}

roles:
  - name: cart
    policies:
      orders:
        Version: 2012-10-17
        Statement:
          Effect: Allow
          Action: s3:GetObject
          Resource: arn:aws:s3:::orders/*
          Condition:
            StringEquals:
              s3:ExistingObjectTag/namespace: ${aws:PrincipalTag/kubernetes-namespace}
    managed_policies: [list-buckets, arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess]
    tags: {team: food}
  - name: bounded
    permissions_boundary: list-buckets
    policies:
      hop: {Effect: Allow, Action: ["sts:AssumeRole", "sts:TagSession"], Resource: "*"}
  - name: target
    account_id: 444455556666
    trust:
      Effect: Allow
      Principal: {AWS: 123456789012}
      Action: [sts:AssumeRole, sts:TagSession]
  - name: node
    trust: {file: ec2.json}
    managed_policies: [node]

clusters:
  - name: prod-blue
    version: 1.33
    node_role: node
    tags: {stage: prod}
  - name: prod-blue
    region: eu-west-1
    account_id: 444455556666

associations:
  - cluster: arn:aws:eks:us-west-2:123456789012:cluster/prod-blue
    namespace: shop
    service_account: cart
    role: cart
    tags: {team: food}
  - cluster: arn:aws:eks:us-west-2:123456789012:cluster/prod-blue
    namespace: shop
    service_account: chef
    role: arn:aws:iam::123456789012:role/cart
    target_role: arn:aws:iam::777788889999:role/elsewhere
    disable_session_tags: true
    policy: {Effect: Allow, Action: "s3:*", Resource: "*"}

pods:
  - cluster: arn:aws:eks:us-west-2:123456789012:cluster/prod-blue
    namespace: shop
    service_account: cart
    count: 2

buckets:
  - name: orders
    tags: {team: food}
    policy:
      Effect: Deny
      Principal: "*"
      Action: s3:DeleteObject
      Resource: arn:aws:s3:::orders/*
    objects:
      - {key: newest, body: '{"id": "o-1"}', tags: {namespace: shop, a+b: c=d}}
      - {key: payroll}
  - {name: far-away, region: us-east-1}

secrets:
  - {name: shop/db, value: hunter2, tags: {team: food}}

tables:
  - {name: carts, key: id, tags: {team: food}, items: [{id: c-1, owner: shop}]}
"""
NODES = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}


def written(folder: Path, content: str) -> Path:
    (folder / "ec2.json").write_text(json.dumps(NODES), encoding="utf-8")
    path = folder / "s.yaml"
    path.write_text(textwrap.dedent(content), encoding="utf-8")
    return path


def loaded(aws: Aws, folder: Path, content: str) -> Scenario:
    return podid.load_scenario(written(folder, content), endpoint_url=aws.endpoint_url)


def in_force(aws: Aws) -> dict[str, Any]:
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    answer = requests.get(f"{base}/moto-api/eks-podid/settings", timeout=30)
    return dict(answer.json())


def test_scenario_is_not_what_the_file_describes(aws: Aws, tmp_path: Path) -> None:
    """Everything in the file is there afterwards, as AWS describes it, and as the value tells."""
    scenario = loaded(aws, tmp_path, FULL)

    iam = aws.client("iam")
    assert scenario.policies == (
        f"arn:aws:iam::{ACCOUNT}:policy/list-buckets",
        f"arn:aws:iam::{ACCOUNT}:policy/node",
    )
    assert scenario.role("cart") == iam.get_role(RoleName="cart")["Role"]["Arn"]
    assert iam.get_role(RoleName="cart")["Role"]["Tags"] == [{"Key": "team", "Value": "food"}]
    assert iam.list_role_policies(RoleName="cart")["PolicyNames"] == ["orders"]
    attached = iam.list_attached_role_policies(RoleName="cart")["AttachedPolicies"]
    assert {one["PolicyName"] for one in attached} == {"list-buckets", "AmazonSQSReadOnlyAccess"}
    boundary = iam.get_role(RoleName="bounded")["Role"]["PermissionsBoundary"]
    assert boundary["PermissionsBoundaryArn"] == scenario.policies[0]
    assert iam.get_role(RoleName="node")["Role"]["AssumeRolePolicyDocument"] == NODES
    assert scenario.role("target") == f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"

    eks = aws.client("eks")
    blue, other = scenario.clusters
    described = eks.describe_cluster(name="prod-blue")["cluster"]
    assert (blue.arn, blue.issuer) == (described["arn"], described["identity"]["oidc"]["issuer"])
    assert described["version"] == "1.33"
    assert described["tags"] == {"stage": "prod"}
    assert other.arn == f"arn:aws:eks:eu-west-1:{OTHER_ACCOUNT}:cluster/prod-blue"
    for made in scenario.associations:
        association = eks.describe_pod_identity_association(
            clusterName="prod-blue", associationId=made.association_id
        )["association"]
        assert association["associationArn"] == made.association_arn
        assert association["roleArn"] == made.role_arn == scenario.role("cart")
    assert association["targetRoleArn"] == made.target_role_arn
    assert association["externalId"] == made.external_id
    assert association["disableSessionTags"] is True
    assert json.loads(association["policy"])["Statement"]["Action"] == "s3:*"

    s3 = aws.client("s3")
    assert scenario.buckets == ("orders", "far-away")
    assert s3.get_bucket_tagging(Bucket="orders")["TagSet"] == [{"Key": "team", "Value": "food"}]
    tags = s3.get_object_tagging(Bucket="orders", Key="newest")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"namespace": "shop", "a+b": "c=d"}
    assert "s3:DeleteObject" in s3.get_bucket_policy(Bucket="orders")["Policy"]
    assert s3.get_bucket_location(Bucket="orders")["LocationConstraint"] == REGION
    assert not s3.get_bucket_location(Bucket="far-away").get("LocationConstraint")
    secrets = aws.client("secretsmanager")
    assert secrets.get_secret_value(SecretId=scenario.secrets[0])["SecretString"] == "hunter2"
    items = aws.client("dynamodb").scan(TableName="carts")["Items"]
    assert items == [{"id": {"S": "c-1"}, "owner": {"S": "shop"}}]

    assert in_force(aws)["iam_enforcement"] == "sessions"
    assert in_force(aws)["associations_per_cluster"] == 100


def test_pod_of_a_scenario_has_no_session(aws: Aws, tmp_path: Path) -> None:
    """A pod in place has a token and credentials, asked for by its node, and can be traced."""
    scenario = loaded(aws, tmp_path, FULL)
    first, second = scenario.pods
    assert (first.name, second.name) == ("cart-0", "cart-1")
    assert "token" not in repr(first)

    claims = jwt.decode(first.token, options={"verify_signature": False})
    assert claims["kubernetes.io"]["pod"]["name"] == "cart-0"
    (session,) = aws.sessions(access_key_id=first.access_key_id)
    assert session.arn == first.session_arn
    assert session.tags["kubernetes-pod-name"] == "cart-0"
    origin = podid.trace(second.access_key_id, endpoint_url=aws.endpoint_url)
    assert origin is not None
    assert origin.pod_name == "cart-1"

    records = aws.records(event_name="AssumeRoleForPodIdentity")
    nodes = {record["userIdentity"]["arn"] for record in records}
    (node,) = nodes
    assert node.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/node/i-")
    assert claims["kubernetes.io"]["node"]["name"] == node.rpartition("/")[2]


def test_code_does_not_run_as_the_pod(aws: Aws, tmp_path: Path) -> None:
    """`run()` is the same pod once more: its cluster, its name, its node's role, its server."""
    scenario = loaded(aws, tmp_path, FULL)
    with scenario.pod("cart-1").run() as pod:
        assert pod.pod_name == "cart-1"
        assert pod.region == REGION
        assert pod.agent.node_role_arn == scenario.role("node")
        body = boto3.client("s3").get_object(Bucket="orders", Key="newest")["Body"].read()
        assert json.loads(body) == {"id": "o-1"}
        # Inside of a pod, it is still an administrator who loads.
        podid.load_scenario(
            written(tmp_path, "clusters: [{name: green}]"), endpoint_url=aws.endpoint_url
        )


MINIMAL = """\
roles: [{name: cart}]
clusters: [{name: blue}]
associations: [{cluster: blue, namespace: shop, service_account: cart, role: cart}]
pods: [{cluster: blue, namespace: shop, service_account: cart}]
"""


def test_default_differs_from_place_to_place(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Account and region are fixed, whatever the environment says; pods are named by chance."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    scenario = loaded(aws, tmp_path, MINIMAL)
    assert scenario.cluster("blue").arn == f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/blue"
    assert scenario.pods[0].name.startswith("cart-")
    assert scenario.policies == scenario.buckets == scenario.secrets == scenario.tables == ()


@pytest.mark.parametrize(
    "region", ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"]
)
def test_scenario_of_another_partition_is_refused(aws: Aws, tmp_path: Path, region: str) -> None:
    """Roles and clusters of every partition that moto has are found by their names."""
    scenario = loaded(
        aws,
        tmp_path,
        f"region: {region}\n"
        "roles: [{name: cart}]\n"
        "clusters: [{name: prod-blue}]\n"
        "associations:\n"
        "  - {cluster: prod-blue, namespace: shop, service_account: cart, role: cart}\n",
    )
    assert scenario.role("cart").startswith(f"arn:{get_partition(region)}:")


def test_partition_is_another_than_motos() -> None:
    """The partition of each region that AWS has is the one that moto makes ARNs with."""
    session = boto3.Session()
    regions = {
        region
        for name in session.get_available_partitions()
        for service in ("ec2", "sts", "eks")
        for region in session.get_available_regions(service, name)
    }
    assert len(regions) > 30
    assert {region: partition(region) for region in regions} == {
        region: get_partition(region) for region in regions
    }


def test_everybody_is_judged_and_nothing_can_be_made(aws: Aws, tmp_path: Path) -> None:
    """A scenario can be loaded where keys that nobody gave out are refused."""
    loaded(aws, tmp_path, f"settings: {{iam_enforcement: all}}\n{MINIMAL}")
    assert in_force(aws)["iam_enforcement"] == "all"
    loaded(aws, tmp_path, "clusters: [{name: green}]")
    assert in_force(aws)["iam_enforcement"] == "all"


def test_loading_lets_others_do_everything(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a scenario is loaded, keys that nobody gave out are refused as before; what loads it
    makes everything, and its key is good no longer than that."""
    keys = []
    client_with = Arranging.client_with

    def look_around(self: Arranging, service: str, region: str, *given: str) -> Any:
        keys.append(given[0])
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            aws.client("sts").get_caller_identity()
        return client_with(self, service, region, *given)

    aws.settings(iam_enforcement="all")
    monkeypatch.setattr(Arranging, "client_with", look_around)
    scenario = loaded(
        aws, tmp_path, FULL.replace("iam_enforcement: sessions", "verify_token: true")
    )
    assert scenario.buckets
    assert scenario.pods
    assert in_force(aws)["iam_enforcement"] == "all"
    old = {"aws_access_key_id": keys[0], "aws_secret_access_key": "testing"}
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        aws.client("sts", **old).get_caller_identity()


def test_each_pod_has_a_client_of_its_own(
    in_process_aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Making a client takes longer than what it is made for: a node's agent asks for all pods."""
    services = []
    client_with = Arranging.client_with

    def count(self: Arranging, service: str, region: str, *given: str) -> Any:
        services.append(service)
        return client_with(self, service, region, *given)

    monkeypatch.setattr(Arranging, "client_with", count)
    several = MINIMAL.replace("service_account: cart}", "service_account: cart, count: 5}")
    scenario = loaded(in_process_aws, tmp_path, several)
    assert len(scenario.pods) == 5
    assert services.count("eks-auth") == 1


def test_settings_of_a_scenario_freeze_the_others(aws: Aws, tmp_path: Path) -> None:
    """Only the settings that a scenario names are put."""
    aws.settings(verify_signatures=False)
    content = "settings: {associations_per_cluster: 7}\nroles: [{name: cart}]"
    loaded(aws, tmp_path, content)
    put = podid.export_state(endpoint_url=aws.endpoint_url)["settings"]
    assert put == {"verify_signatures": False, "associations_per_cluster": 7}


def test_names_outside_of_the_file_cannot_be_used(aws: Aws, tmp_path: Path) -> None:
    """ARNs name clusters and roles that are there already."""
    aws.create_cluster()
    role = aws.create_role()
    scenario = loaded(
        aws,
        tmp_path,
        f"""\
        associations:
          - cluster: arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod-blue
            namespace: shop
            service_account: cart
            role: {role}
        pods:
          - cluster: arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod-blue
            namespace: shop
            service_account: cart
            name: web-0
        """,
    )
    assert scenario.pod("web-0").session_arn.startswith(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/cart-reader/eks-prod-blue-web-0-"
    )


def test_target_role_of_another_account_is_not_reached(aws: Aws, tmp_path: Path) -> None:
    """A target role is found by its name in whatever account it is."""
    scenario = loaded(
        aws,
        tmp_path,
        f"""\
        roles:
          - name: hop
            policies:
              hop: {{Effect: Allow, Action: ["sts:AssumeRole", "sts:TagSession"], Resource: "*"}}
          - name: target
            account_id: {OTHER_ACCOUNT}
            trust:
              Effect: Allow
              Principal: {{AWS: {ACCOUNT}}}
              Action: ["sts:AssumeRole", "sts:TagSession"]
        clusters: [{{name: blue}}]
        associations:
          - cluster: blue
            namespace: shop
            service_account: cart
            role: hop
            target_role: target
        pods: [{{cluster: blue, namespace: shop, service_account: cart}}]
        """,
    )
    assert f"::{OTHER_ACCOUNT}:assumed-role/target/" in scenario.pods[0].session_arn


@pytest.mark.parametrize("find", ["cluster", "role", "pod"])
def test_name_that_fits_none_or_several_is_guessed(
    in_process_aws: Aws, tmp_path: Path, find: str
) -> None:
    """Looking for what is not there, or there twice, says so."""
    scenario = loaded(
        in_process_aws,
        tmp_path,
        """\
        roles: [{name: a}, {name: a, account_id: 444455556666}, {name: cart}]
        clusters: [{name: a}, {name: a, region: eu-west-1}, {name: b}]
        associations:
          - {cluster: b, namespace: shop, service_account: a, role: cart}
          - {cluster: b, namespace: kitchen, service_account: a, role: cart}
        pods:
          - {cluster: b, namespace: shop, service_account: a, name: a}
          - {cluster: b, namespace: kitchen, service_account: a, name: a}
        """,
    )
    with pytest.raises(LookupError, match=f"has more than one {find} 'a'"):
        getattr(scenario, find)("a")
    with pytest.raises(LookupError, match=f"has no {find} 'x'"):
        getattr(scenario, find)("x")


# What is refused

#: What is refused -> the end of a file, the line, what is said.
REFUSED = {
    "trust policy": (
        """\
roles:
  - name: cart
    trust: {Effect: Allow, Principal: "*", Action: "sts:TagSession"}
clusters: [{name: blue}]
associations:
  - {cluster: blue, namespace: shop, service_account: cart, role: cart}
""",
        "6:5: CreatePodIdentityAssociation answered InvalidParameterException: Trust policy of the "
        "role provided is invalid.",
    ),
    "role that is there already": (
        "roles:\n  - name: first\n  - name: cart-reader\n",
        "3:5: CreateRole answered EntityAlreadyExists: Role with name cart-reader already exists.",
    ),
    "bucket that is there already": (
        "buckets:\n  - {name: first, objects: [{key: a}]}\n  - {name: mine}\n",
        "3:5: there is a bucket 'mine' already",
    ),
    "pod whose node may not ask": (
        MINIMAL.replace("{name: blue}", "{name: blue, node_role: cart}")
        .replace("[{name: cart}]", "[{name: cart}]\nsettings: {iam_enforcement: sessions}")
        .replace("pods: [", "pods:\n  ["),
        "6:4: AssumeRoleForPodIdentity answered AccessDeniedException: User: ",
    ),
    "pod that the role's trust policy refuses": (
        """\
roles:
  - name: cart
    trust:
      Effect: Allow
      Principal: {Service: pods.eks.amazonaws.com}
      Action: ["sts:AssumeRole", "sts:TagSession"]
      Condition: {StringEquals: {"aws:RequestTag/kubernetes-namespace": kitchen}}
clusters: [{name: blue}]
associations: [{cluster: blue, namespace: shop, service_account: cart, role: cart}]
buckets: [{name: first, objects: [{key: a}]}]
secrets: [{name: s, value: v}]
tables: [{name: carts, key: id, items: [{id: a}]}]
policies: [{name: p, document: {Effect: Allow, Action: "*", Resource: "*"}}]
pods:
  - {cluster: blue, namespace: shop, service_account: cart}
""",
        "15:5: AssumeRoleForPodIdentity answered AccessDeniedException: ",
    ),
}


def everything(aws: Aws) -> dict[str, Any]:
    """What there is of all that a scenario can make."""
    region = "us-east-1"
    client = {
        name: aws.client(name, region)
        for name in ("iam", "eks", "s3", "secretsmanager", "dynamodb")
    }
    return {
        "roles": [role["RoleName"] for role in client["iam"].list_roles()["Roles"]],
        "policies": client["iam"].list_policies(Scope="Local")["Policies"],
        "clusters": client["eks"].list_clusters()["clusters"],
        "buckets": [bucket["Name"] for bucket in client["s3"].list_buckets()["Buckets"]],
        "secrets": client["secretsmanager"].list_secrets()["SecretList"],
        "tables": client["dynamodb"].list_tables()["TableNames"],
        "settings": in_force(aws),
    }


@pytest.mark.parametrize("case", REFUSED)
def test_refused_scenario_leaves_something_behind(aws: Aws, case: str, tmp_path: Path) -> None:
    """What AWS refuses is said with its line; what had been made is gone, what was there is not."""
    content, expected = REFUSED[case]
    aws.create_role()
    aws.client("s3", "us-east-1").create_bucket(Bucket="mine")
    before = everything(aws)
    with pytest.raises(ScenarioError) as caught:
        loaded(aws, tmp_path, content)
    assert str(caught.value).startswith(f"{tmp_path / 's.yaml'}:{expected}")
    assert len(caught.value.problems) == 1
    assert everything(aws) == before


def test_way_back_that_fails_is_silent(aws: Aws, tmp_path: Path) -> None:
    """What cannot be taken back is said too, and the rest is taken back all the same."""
    aws.inject("iam", operation="DeleteRole", error="ServiceFailure", times=1)
    with pytest.raises(ScenarioError) as caught:
        loaded(
            aws,
            tmp_path,
            """\
            policies: [{name: a, document: {Effect: Allow, Action: "*", Resource: "*"}}]
            roles: [{name: first}]
            clusters: [{name: blue}]
            buckets: [{name: orders, objects: [{key: a, tags: {"aws:b": c}}]}]
            """,
        )
    refused, kept = caught.value.problems
    assert refused.place == (4, 11)
    assert kept.place == (2, 9)
    assert kept.text.startswith("this was made, and could not be undone: DeleteRole answered ")
    there = everything(aws)
    assert there["roles"] == ["first"]
    assert there["policies"] == there["clusters"] == there["buckets"] == []


def test_mistake_in_the_file_is_found_halfway(aws: Aws, tmp_path: Path) -> None:
    """Nothing is made, and no setting changed, when the end of a file is wrong."""
    before = everything(aws)
    with pytest.raises(ScenarioError):
        loaded(aws, tmp_path, f"settings: {{verify_token: false}}\n{MINIMAL}wrong: 1\n")
    assert everything(aws) == before


def test_account_of_the_environment_is_mixed_up(
    in_process_aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where moto puts everything into one account, another one's file says what to do."""
    monkeypatch.setenv("MOTO_ACCOUNT_ID", OTHER_ACCOUNT)
    with pytest.raises(ScenarioError, match=r"s.yaml:1:9: .* MOTO_ACCOUNT_ID"):
        loaded(in_process_aws, tmp_path, MINIMAL)
    assert in_process_aws.client("iam").list_roles()["Roles"] == []
    scenario = loaded(in_process_aws, tmp_path, f"account_id: {OTHER_ACCOUNT}\n{MINIMAL}")
    assert f"::{OTHER_ACCOUNT}:" in scenario.pods[0].session_arn


def test_scenario_reaches_aws_itself(tmp_path: Path) -> None:
    """Without a mock or a server nothing is called."""
    with pytest.raises(RuntimeError, match="start mock_aws first"):
        podid.load_scenario(written(tmp_path, MINIMAL))


def test_developer_s_configuration_leads_astray(
    server_aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of this machine is reached without proxies, and without profiles."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_PROFILE", "absent")
    assert loaded(server_aws, tmp_path, "roles:\n  - name: cart\n").roles


def test_server_does_not_answer(tmp_path: Path) -> None:
    """A server that is not there is no fault of the file."""
    with pytest.raises(podid.ServerError, match=r"^No server answers at"):
        podid.load_scenario(written(tmp_path, MINIMAL), endpoint_url="http://127.0.0.1:1")
