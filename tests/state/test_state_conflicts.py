"""A state that comes in where something of it is there already."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from aws_under_test import CLUSTER, POD_TRUST, Aws

import moto_eks_podid as podid
from moto_eks_podid.issuers import find_cluster
from tests.state.kept_world import forget_everything
from tests.state.small_state import ALLOWED, changed, small_state


def _other_cluster(aws: Aws) -> None:
    aws.client("eks").delete_addon(clusterName=CLUSTER, addonName="vpc-cni")
    aws.client("eks").delete_cluster(name=CLUSTER)
    aws.create_cluster(version="1.33")


def _other_association(aws: Aws) -> None:
    association = _association(aws)
    aws.client("eks").update_pod_identity_association(
        clusterName=CLUSTER, associationId=association["associationId"], disableSessionTags=True
    )


def _association(aws: Aws) -> Any:
    return aws.client("eks").list_pod_identity_associations(
        clusterName=CLUSTER, serviceAccount="cart"
    )["associations"][0]


def _no_association(aws: Aws) -> None:
    aws.client("eks").delete_pod_identity_association(
        clusterName=CLUSTER, associationId=_association(aws)["associationId"]
    )


def _other_key(aws: Aws) -> None:
    podid.rotate_signing_key(CLUSTER, endpoint_url=aws.endpoint_url)


def _other_trust(aws: Aws) -> None:
    aws.client("iam").update_assume_role_policy(
        RoleName="cart-reader", PolicyDocument=POD_TRUST + " "
    )


def _other_role(aws: Aws) -> None:
    iam = aws.client("iam")
    for policy in iam.list_attached_role_policies(RoleName="cart-reader")["AttachedPolicies"]:
        iam.detach_role_policy(RoleName="cart-reader", PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName="cart-reader")
    aws.create_role("cart-reader", POD_TRUST, iam)


def _other_policy(aws: Aws) -> None:
    iam = aws.client("iam")
    [policy] = iam.list_policies(Scope="Local")["Policies"]
    iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=ALLOWED, SetAsDefault=True)


def _other_provider(aws: Aws) -> None:
    iam = aws.client("iam")
    [provider] = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    iam.update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=provider["Arn"], ThumbprintList=["b" * 40]
    )


CONFLICTS: list[tuple[Callable[[Aws], None], str]] = [
    (_other_cluster, r"cluster 'prod-blue' of 123456789012/us-west-2 is there already.*another"),
    (_other_association, r"cluster 'prod-blue' .* its associations is another"),
    (_no_association, r"cluster 'prod-blue' .* its associations is another"),
    (_other_key, r"cluster 'prod-blue' .* its issuer\.keys is another"),
    (_other_trust, r"role 'cart-reader' .* its role\.assume_role_policy_document is another"),
    (_other_role, r"role 'cart-reader' of account 123456789012 .* its role\.id is another"),
    (_other_policy, r"policy arn:aws:iam::123456789012:policy/buckets .* is another"),
    (_other_provider, r"OIDC provider .* its provider\.thumbprint_list is another"),
    (lambda aws: aws.shift(60), r"shift of the clock is there already"),
    (lambda aws: aws.settings(verify_token=False), r"setting .* verify_token is another"),
]


@pytest.mark.parametrize(("differ", "message"), CONFLICTS)
def test_what_is_there_is_lost(
    in_process_aws: Aws, differ: Callable[[Aws], None], message: str
) -> None:
    """What is there and differs is an error that names it, and nothing changes; with `replace` the
    state wins."""
    state = small_state(in_process_aws)
    differ(in_process_aws)
    before = podid.export_state()
    assert before != state
    with pytest.raises(ValueError, match=message):
        podid.import_state(state)
    assert podid.export_state() == before
    podid.import_state(state, replace=True)
    assert podid.export_state() == state
    assert in_process_aws.assume()


def test_session_of_somebody_else_is_replaced(in_process_aws: Aws) -> None:
    """A session that is there and differs is an error; with `replace` the state wins."""
    state = small_state(in_process_aws)
    other = changed(state, ("sessions", 0, "session", "tags", "kubernetes-namespace"), "other")
    with pytest.raises(ValueError, match=r"session with the access key ASIA\w+ is there already"):
        podid.import_state(other)
    assert podid.export_state() == state
    podid.import_state(other, replace=True)
    assert podid.export_state() == other
    [session] = in_process_aws.sessions()
    assert session.tags["kubernetes-namespace"] == "other"


def test_what_the_state_lacks_is_lost(in_process_aws: Aws) -> None:
    """What is there and is not in the state stays, with `replace`, too."""
    state = small_state(in_process_aws)
    forget_everything(in_process_aws)
    in_process_aws.create_cluster("another")
    in_process_aws.create_role("another")
    for replace in (False, True):
        podid.import_state(state, replace=replace)
        assert in_process_aws.token("another")
        exported = podid.export_state()
        assert {entry["role"]["name"] for entry in exported["roles"]} == {"another", "cart-reader"}
    in_process_aws.client("eks").delete_cluster(name="another")


def test_settings_are_lost_to_a_state_without(in_process_aws: Aws) -> None:
    """A state without settings and shift leaves those that are there, unless it is to replace."""
    state = podid.export_state()
    in_process_aws.settings(verify_token=False)
    in_process_aws.shift(60)
    before = podid.export_state()
    podid.import_state(state)
    assert podid.export_state() == before
    podid.import_state(state, replace=True)
    assert podid.export_state() == state


def test_two_clusters_have_one_issuer(in_process_aws: Aws) -> None:
    """The issuer, a key or a role's id of something else that is there is an error, also with
    `replace`: what else is there would break."""
    state = small_state(in_process_aws)
    renamed = changed(state, ("clusters", 0, "cluster", "name"), "another")
    for entry in (
        *renamed["clusters"][0]["associations"],
        *renamed["clusters"][0]["addons"]["addons"],
    ):
        entry["cluster_name"] = "another"
        for member in ("association_arn", "arn", "owner_arn"):
            if entry.get(member):
                entry[member] = entry[member].replace("/prod-blue/", "/another/")
    with pytest.raises(ValueError, match=r"'another' .* has the issuer of another cluster"):
        podid.import_state(renamed, replace=True)
    renamed["clusters"][0]["issuer"]["url"] = state["clusters"][0]["issuer"]["url"][:-32] + "0" * 32
    with pytest.raises(
        ValueError, match=r"'another' .* has a key twice, or one of another cluster"
    ):
        podid.import_state(renamed, replace=True)
    with pytest.raises(ValueError, match=r"'other' .* has the id of another role"):
        podid.import_state(changed(state, ("roles", 0, "role", "name"), "other"), replace=True)
    assert podid.export_state() == state


def test_token_is_refused_while_its_cluster_is_replaced(in_process_aws: Aws) -> None:
    """A cluster that is replaced, and keeps its issuer, goes on meanwhile: it gives out tokens, and
    none of the keys that stay refuses one."""
    aws = in_process_aws
    state = small_state(aws)
    other = changed(state, ("clusters", 0, "cluster", "tags"), {"team": "shop"})
    over = threading.Event()

    def replace() -> None:
        for _ in range(40):
            for one in (other, state):
                podid.import_state(one, replace=True)
        over.set()

    thread = threading.Thread(target=replace)
    thread.start()
    while not over.is_set():
        assert aws.assume(aws.token())
    thread.join()


def test_deleted_cluster_fails_a_token_that_is_made(in_process_aws: Aws) -> None:
    """A cluster that is deleted while a token of it is made is one that is not there."""
    in_process_aws.create_cluster()
    cluster = find_cluster(CLUSTER, None, None)
    cluster[1].issuer.release()
    with pytest.raises(podid.ClusterLookupError, match="deleted just now"):
        podid.service_account_token(CLUSTER, "shop", "cart")
    with pytest.raises(podid.ClusterLookupError, match="deleted just now"):
        podid.rotate_signing_key(CLUSTER)


def test_replaced_cluster_forgets_its_keys(in_process_aws: Aws) -> None:
    """The keys of a cluster that was replaced verify nothing any more, and may be used again."""
    state = small_state(in_process_aws)
    podid.rotate_signing_key(CLUSTER)
    token = in_process_aws.token()
    podid.import_state(state, replace=True)
    with pytest.raises(Exception, match="InvalidTokenException"):
        in_process_aws.assume(token)
    in_process_aws.create_cluster("another")
    assert in_process_aws.token("another")
