"""`mutate_pod`, in-process and at a server: whose associations count, and what is refused."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import requests
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, REGION, Aws

import moto_eks_podid as podid
from moto_eks_podid import remote

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "cart-0", "namespace": "shop"},
    "spec": {"serviceAccountName": "cart", "containers": [{"name": "app"}]},
}
LISTED = {"identities": [{"namespace": "shop", "serviceAccount": "cart"}]}
ROLE = "arn:aws:iam::111122223333:role/cart-reader"

Json = dict[str, Any]


def pod(**spec: Any) -> Json:
    made = copy.deepcopy(POD)
    made["spec"].update(spec)  # type: ignore[attr-defined]
    return made


def mutate(aws: Aws, value: Any = POD, **more: Any) -> list[Json]:
    return podid.mutate_pod(value, endpoint_url=aws.endpoint_url, **more)


def variables(value: Json, patch: list[Json]) -> dict[str, str]:
    [container] = jsonpatch.apply_patch(value, patch)["spec"]["containers"]
    return {entry["name"]: entry["value"] for entry in container.get("env", [])}


def test_association_does_not_count(aws: Aws) -> None:
    """A pod is mutated from when its service account has an association to when it has none."""
    aws.create_cluster()
    assert mutate(aws) == []
    made = aws.associate(aws.create_role())
    assert variables(POD, mutate(aws)) == {
        "AWS_STS_REGIONAL_ENDPOINTS": "regional",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": (
            "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"
        ),
    }
    aws.client("eks").delete_pod_identity_association(
        clusterName=CLUSTER, associationId=made["associationId"]
    )
    assert mutate(aws) == []


def test_look_at_associations_is_recorded(aws: Aws) -> None:
    """The webhook asks nobody through AWS's interfaces: CloudTrail has no event of it."""
    aws.create_cluster()
    aws.associate(aws.create_role())
    before = podid.cloudtrail_records(endpoint_url=aws.endpoint_url)
    assert mutate(aws)
    assert podid.cloudtrail_records(endpoint_url=aws.endpoint_url) == before


def test_other_service_account_is_associated(aws: Aws) -> None:
    """Namespace, service account and cluster all count, and so do the API server's defaults."""
    aws.create_cluster()
    aws.create_cluster("other", region="eu-west-1")
    role = aws.create_role()
    aws.associate(role)
    aws.associate(role, namespace="default", service_account="default")
    assert mutate(aws, cluster=CLUSTER)
    assert not mutate(aws, cluster="other")
    assert not mutate(aws, pod(serviceAccountName="till"), cluster=CLUSTER)
    without_names = {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "app"}]}}
    assert mutate(aws, without_names, cluster=CLUSTER)
    assert not mutate(aws, without_names, cluster=CLUSTER, namespace="shop")
    by_old_name = pod(serviceAccount="cart")
    del by_old_name["spec"]["serviceAccountName"]
    assert mutate(aws, by_old_name, cluster=CLUSTER)


def test_cluster_is_guessed(aws: Aws) -> None:
    """Without a cluster, or with several, the caller has to say which."""
    with pytest.raises(podid.ClusterLookupError, match=r"There is no cluster: create one"):
        mutate(aws)
    aws.create_cluster("blue")
    aws.create_cluster("green", region="eu-west-1")
    with pytest.raises(podid.ClusterLookupError, match=r"Say which cluster: .* blue, green"):
        mutate(aws)
    with pytest.raises(podid.ClusterLookupError, match=r"There is no cluster 'red'"):
        mutate(aws, cluster="red")
    assert mutate(aws, region="eu-west-1") == []


def test_region_of_another_cluster_is_set(aws: Aws) -> None:
    """The region is the cluster's own, and of two clusters it chooses the one."""
    for region in (REGION, "eu-west-1"):
        aws.create_cluster(region=region)
    role = aws.create_role()
    aws.associate(role, region="eu-west-1")
    with pytest.raises(podid.ClusterLookupError, match="say which with region="):
        mutate(aws, cluster=CLUSTER)
    assert mutate(aws, region=REGION) == []
    assert variables(POD, mutate(aws, region="eu-west-1"))["AWS_REGION"] == "eu-west-1"


def test_role_in_an_annotation_does_not_count(aws: Aws) -> None:
    """Without an association, the annotated role is IRSA's; with one, it is ignored."""
    aws.create_cluster()
    annotations = {"eks.amazonaws.com/role-arn": ROLE}
    found = variables(POD, mutate(aws, service_account_annotations=annotations))
    assert found["AWS_ROLE_ARN"] == ROLE
    aws.associate(aws.create_role())
    found = variables(POD, mutate(aws, service_account_annotations=annotations))
    assert "AWS_ROLE_ARN" not in found
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" in found


def test_endpoint_is_no_identities_file(aws: Aws) -> None:
    """The endpoint's answer is what the real webhook reads, with the cluster's whereabouts."""
    aws.create_cluster()
    role = aws.create_role()
    aws.associate(role)
    aws.associate(role, namespace="a", service_account="b.c")
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    answer = requests.get(f"{base}/moto-api/eks-podid/identities", timeout=10).json()
    assert answer == {
        "cluster": CLUSTER,
        "region": REGION,
        "account_id": ACCOUNT,
        "identities": [*LISTED["identities"], {"namespace": "a", "serviceAccount": "b.c"}],
    }
    assert podid.mutate_pod(POD, identities=answer)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("namespace=shop", [("shop", "cart"), ("shop", "web")]),
        ("service_account=cart", [("shop", "cart"), ("store", "cart")]),
        ("namespace=store&service_account=cart", [("store", "cart")]),
        ("namespace=store&service_account=web", []),
    ],
)
def test_filter_of_the_endpoint_is_lost(aws: Aws, query: str, found: list[tuple[str, str]]) -> None:
    """The query may narrow the list down to a namespace and a service account."""
    aws.create_cluster()
    role = aws.create_role()
    for namespace, service_account in [("shop", "cart"), ("shop", "web"), ("store", "cart")]:
        aws.associate(role, namespace=namespace, service_account=service_account)
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    answer = requests.get(f"{base}/moto-api/eks-podid/identities?{query}", timeout=10).json()
    listed = [(each["namespace"], each["serviceAccount"]) for each in answer["identities"]]
    assert (answer["region"], listed) == (REGION, found)


def test_pod_makes_the_server_list_everything(
    server_aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server is asked about the service account of the pod alone."""
    server_aws.create_cluster()
    asked: list[str] = []
    call = remote.call

    def noted(server_url: str, method: str, path: str) -> Any:
        asked.append(path)
        return call(server_url, method, path)

    monkeypatch.setattr(remote, "call", noted)
    server_aws.associate(server_aws.create_role())
    assert mutate(server_aws, cluster=CLUSTER)
    assert asked == [f"/identities?cluster={CLUSTER}&namespace=shop&service_account=cart"]


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("cluster=nowhere", 404, "There is no cluster 'nowhere'"),
        (f"account_id={OTHER_ACCOUNT}", 404, "There is no cluster: create one"),
        ("region=eu-west-1", 404, "There is no cluster: create one"),
        (
            "pod=x",
            400,
            "Unknown filter 'pod'; there are cluster, region, account_id, namespace, "
            "service_account",
        ),
    ],
)
def test_bad_query_is_answered(aws: Aws, query: str, status: int, message: str) -> None:
    """The endpoint refuses what names no cluster, and members that it does not know."""
    aws.create_cluster()
    base = aws.endpoint_url or "http://motoapi.amazonaws.com"
    answer = requests.get(f"{base}/moto-api/eks-podid/identities?{query}", timeout=10)
    assert answer.status_code == status
    assert answer.json()["message"].startswith(message)


# Without AWS


@pytest.mark.parametrize("form", ["value", "path", "text of a path"])
def test_identities_file_is_not_read(tmp_path: Path, form: str) -> None:
    """A list of identities takes the place of a cluster; nothing but the given region is set."""
    path = tmp_path / "identities.json"
    path.write_text(json.dumps(LISTED))
    given: Any = {"value": LISTED, "path": path, "text of a path": os.fspath(path)}[form]
    assert "AWS_REGION" not in variables(POD, podid.mutate_pod(POD, identities=given))
    patch = podid.mutate_pod(POD, identities=given, region="eu-west-1")
    assert variables(POD, patch)["AWS_REGION"] == "eu-west-1"
    assert podid.mutate_pod(pod(serviceAccountName="till"), identities=given) == []


def test_cluster_beside_identities_does_not_tell_the_region(in_process_aws: Aws) -> None:
    """With both, the list says who, and the cluster says where."""
    in_process_aws.create_cluster()
    patch = podid.mutate_pod(POD, cluster=CLUSTER, identities=LISTED)
    assert variables(POD, patch)["AWS_REGION"] == REGION
    assert podid.mutate_pod(POD, cluster=CLUSTER, identities={"identities": []}) == []


IDENTITIES = {
    "list": ([], "it is a list, not an object"),
    "identities": ({"identities": {}}, "identities is an object, not a list"),
    "entry": ({"identities": ["shop/cart"]}, "identities[0] is a string, not an object"),
    "name": (
        {"identities": [{"namespace": 1}]},
        "identities[0].namespace is a number, not a string",
    ),
}


@pytest.mark.parametrize(("value", "message"), IDENTITIES.values(), ids=IDENTITIES)
def test_malformed_identities_are_taken(tmp_path: Path, value: Any, message: str) -> None:
    """A list of identities in another form is refused; the message says where."""
    path = tmp_path / "identities.json"
    path.write_text(json.dumps(value))
    with pytest.raises(ValueError, match="^" + message.replace("[", r"\[")):
        podid.mutate_pod(POD, identities=path)


@pytest.mark.parametrize(("text", "patched"), [("", False), (" \n", False), ("{}", False)])
def test_empty_identities_file_is_malformed(tmp_path: Path, text: str, patched: bool) -> None:
    """An empty file lists nobody, as for the real webhook."""
    path = tmp_path / "identities.json"
    path.write_text(text)
    assert bool(podid.mutate_pod(POD, identities=path)) is patched


def test_identities_that_are_no_json_are_taken(tmp_path: Path) -> None:
    """A file that is no JSON, or is not there, is an error."""
    path = tmp_path / "identities.json"
    path.write_text("[" * 100_000)
    with pytest.raises(ValueError, match="it is not JSON"):
        podid.mutate_pod(POD, identities=path)
    with pytest.raises(FileNotFoundError):
        podid.mutate_pod(POD, identities=tmp_path / "nothing")


NO_PODS = {
    "text": ("kind: Pod", "it is a string, not an object"),
    "deployment": (
        {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {}},
        "it is a Deployment of apps/v1, not a Pod of v1",
    ),
    "no JSON": ({"spec": {"containers": ()}}, "spec.containers is a Python tuple, not a list"),
    "no spec": ({"kind": "Pod"}, "it has no spec"),
    "no containers": ({"spec": {"containers": []}}, "spec.containers is empty"),
    "service account": (
        {"spec": {"serviceAccount": 5, "containers": [{}]}},
        "spec.serviceAccount is a number, not a string",
    ),
}


@pytest.mark.parametrize(("value", "message"), NO_PODS.values(), ids=NO_PODS)
def test_something_else_is_mutated(value: Any, message: str) -> None:
    """What is no pod is refused; the message says why."""
    with pytest.raises(ValueError, match=f"^This is no pod: {message}$"):
        podid.mutate_pod(value, identities=LISTED)


def test_pod_of_another_namespace_is_mutated() -> None:
    """A pod that names another namespace than the caller is refused, as the API server does."""
    with pytest.raises(ValueError, match=r"metadata.namespace is 'shop', not 'till'"):
        podid.mutate_pod(POD, identities=LISTED, namespace="till")
    assert podid.mutate_pod(POD, identities=LISTED, namespace="shop")


@pytest.mark.parametrize("annotations", [["a"], {"a": 1}, {1: "a"}])
def test_malformed_annotations_are_taken(annotations: Any) -> None:
    """Annotations are texts."""
    with pytest.raises(ValueError, match=r"^service_account_annotations"):
        podid.mutate_pod(POD, identities=LISTED, service_account_annotations=annotations)


def test_pod_that_opted_out_is_mutated() -> None:
    """A pod with the label that keeps EKS's webhook away is left alone, whatever its value."""
    value = copy.deepcopy(POD)
    value["metadata"]["labels"] = {  # type: ignore[index]
        "eks.amazonaws.com/skip-pod-identity-webhook": "false"
    }
    assert podid.mutate_pod(value, identities=LISTED) == []


def test_patch_does_not_fit_a_template() -> None:
    """A template without metadata gets a patch that can be applied."""
    template = {"spec": POD["spec"]}
    patch = podid.mutate_pod(template, identities=LISTED, namespace="shop")
    after = jsonpatch.apply_patch(template, patch)
    assert after["metadata"] == {"labels": {"eks.amazonaws.com/pod-identity": "enabled"}}
    assert template == {"spec": POD["spec"]}


def test_seed_does_not_repeat_the_lifetime(in_process_aws: Aws) -> None:
    """moto's seed repeats the lifetimes of tokens."""
    in_process_aws.create_cluster()
    in_process_aws.associate(in_process_aws.create_role())

    def patches() -> list[list[Json]]:
        requests.post("http://motoapi.amazonaws.com/moto-api/seed?a=42", timeout=10)
        return [podid.mutate_pod(POD) for _ in range(3)]

    first = patches()
    assert first == patches()
    assert first[0] != first[1]
