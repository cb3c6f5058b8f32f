"""The five association operations, through boto3."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aws_under_test import (
    ACCOUNT,
    CLUSTER,
    OTHER_ACCOUNT,
    POD_TRUST,
    REGION,
    Aws,
    policy,
    statement,
)
from refusals import refused

CROSS_ACCOUNT = "Cross-account pass role is not allowed."
NO_ROLE = "Role provided in the request does not exist."
TRUST = (
    "Trust policy of the role provided is invalid. "
    "Follow the official documentation to resolve the issue"
)
NAMESPACE = (
    "The parameter namespace contains invalid characters. It should conform to the regular "
    'expression "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"'
)
SERVICE_ACCOUNT = (
    "The parameter serviceAccount contains invalid characters. It should conform to the regular "
    'expression "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"'
)
SESSION_POLICY = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})


@pytest.fixture
def eks(aws: Aws) -> Any:
    aws.create_cluster()
    return aws.client("eks")


@pytest.fixture
def role(aws: Aws) -> str:
    return aws.create_role()


def test_created_association_misses_members(aws: Aws, eks: Any, role: str) -> None:
    """Create returns the whole object, members in the service's order, both times equal."""
    made = aws.associate(role)
    association_id = made["associationId"]
    assert re.fullmatch(r"a-[a-z0-9]{17}", association_id)
    assert made == {
        "clusterName": CLUSTER,
        "namespace": "shop",
        "serviceAccount": "cart",
        "roleArn": role,
        "associationArn": (
            f"arn:aws:eks:{REGION}:{ACCOUNT}:podidentityassociation/{CLUSTER}/{association_id}"
        ),
        "associationId": association_id,
        "tags": {},
        "createdAt": made["createdAt"],
        "modifiedAt": made["createdAt"],
        "disableSessionTags": False,
    }


def test_wire_form_differs(aws: Aws, role: str) -> None:
    """On the wire: 200, a UUID as request id, members in order, times in milliseconds."""
    aws.create_cluster()
    body = json.dumps({"namespace": "shop", "serviceAccount": "cart", "roleArn": role})
    answer = aws.http("eks", "POST", f"/clusters/{CLUSTER}/pod-identity-associations", body)
    assert answer.status == 200
    assert re.fullmatch(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.headers["x-amzn-RequestId"]
    )
    assert answer.headers["Content-Type"] == "application/json"
    association = answer.json["association"]
    assert list(association) == [
        "clusterName",
        "namespace",
        "serviceAccount",
        "roleArn",
        "associationArn",
        "associationId",
        "tags",
        "createdAt",
        "modifiedAt",
        "disableSessionTags",
    ]
    assert round(association["createdAt"], 3) == association["createdAt"]


def test_options_are_lost(aws: Aws, eks: Any, role: str) -> None:
    """Tags, target role (with its external id), disabled tags and policy come back as given."""
    target = f"arn:aws:iam::{OTHER_ACCOUNT}:role/path/target"
    made = aws.associate(
        role,
        tags={"team": "cart"},
        targetRoleArn=target,
        disableSessionTags=True,
        policy=SESSION_POLICY,
    )
    described = eks.describe_pod_identity_association(
        clusterName=CLUSTER, associationId=made["associationId"]
    )["association"]
    assert described == made
    assert made["tags"] == {"team": "cart"}
    assert made["targetRoleArn"] == target
    assert made["externalId"] == f"{REGION}/{ACCOUNT}/{CLUSTER}/shop/cart"
    assert made["disableSessionTags"] is True
    assert made["policy"] == SESSION_POLICY


CREATE_REFUSALS = {
    "capital namespace": ({"namespace": "Shop"}, "InvalidParameterException", 400, NAMESPACE),
    "namespace with a dot": ({"namespace": "a.b"}, "InvalidParameterException", 400, NAMESPACE),
    "empty namespace": ({"namespace": ""}, "InvalidParameterException", 400, NAMESPACE),
    "wildcard namespace": ({"namespace": "*"}, "InvalidParameterException", 400, NAMESPACE),
    "namespace with a line feed": (
        {"namespace": "a\n"},
        "InvalidParameterException",
        400,
        NAMESPACE,
    ),
    "namespace of 64": (
        {"namespace": "a" * 64},
        "InvalidParameterException",
        400,
        "The parameter namespace should be at most 63 characters long.",
    ),
    "service account ends with a dash": (
        {"serviceAccount": "cart-"},
        "InvalidParameterException",
        400,
        SERVICE_ACCOUNT,
    ),
    "service account of 254": (
        {"serviceAccount": "a" * 254},
        "InvalidParameterException",
        400,
        "The parameter serviceAccount should be at most 253 characters long.",
    ),
    "another account's role": (
        {"roleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/x"},
        "AccessDeniedException",
        403,
        CROSS_ACCOUNT,
    ),
    "no role": ({"roleArn": ""}, "AccessDeniedException", 403, CROSS_ACCOUNT),
    "another partition's role": (
        {"roleArn": f"arn:aws-cn:iam::{ACCOUNT}:role/x"},
        "AccessDeniedException",
        403,
        CROSS_ACCOUNT,
    ),
    "missing role": (
        {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/x"},
        "InvalidParameterException",
        400,
        NO_ROLE,
    ),
    "reserved tag": (
        {"tags": {"AWS:x": "1"}},
        "InvalidParameterException",
        400,
        "Tag keys that start with aws: are reserved for AWS use",
    ),
    "policy with tags": (
        {"policy": SESSION_POLICY},
        "InvalidParameterException",
        400,
        "When policy is specified, disableSessionTags must be set to true",
    ),
    "policy that is no JSON": (
        {"policy": "{", "disableSessionTags": True},
        "InvalidParameterException",
        400,
        "The parameter policy is not a valid JSON document.",
    ),
    "policy with an illegal character": (
        {"policy": '"\u20ac"', "disableSessionTags": True},
        "InvalidParameterException",
        400,
        "The parameter policy contains invalid characters.",
    ),
    "policy of 2049": (
        {"policy": json.dumps("x" * 2047), "disableSessionTags": True},
        "InvalidParameterException",
        400,
        "The parameter policy should be at most 2048 characters long.",
    ),
    "target role that is none": (
        {"targetRoleArn": "arn:aws:iam::444455556666:user/x"},
        "InvalidParameterException",
        400,
        "The parameter targetRoleArn is not the ARN of an IAM role.",
    ),
    "target role of an account in other digits": (
        {"targetRoleArn": "arn:aws:iam::44445555666\u0666:role/x"},
        "InvalidParameterException",
        400,
        "The parameter targetRoleArn is not the ARN of an IAM role.",
    ),
    "target role in other letters": (
        {"targetRoleArn": "arn:aws:iam::444455556666:role/r\u00f4le"},
        "InvalidParameterException",
        400,
        "The parameter targetRoleArn is not the ARN of an IAM role.",
    ),
}


@pytest.mark.parametrize("case", CREATE_REFUSALS)
def test_bad_input_is_taken(aws: Aws, eks: Any, role: str, case: str) -> None:
    """Create refuses what the service refuses, in its words, and makes nothing."""
    changes, *expected = CREATE_REFUSALS[case]
    arguments = {
        "clusterName": CLUSTER,
        "namespace": "shop",
        "serviceAccount": "cart",
        "roleArn": role,
        **changes,
    }
    assert refused(eks.create_pod_identity_association, **arguments) == tuple(expected)
    assert eks.list_pod_identity_associations(clusterName=CLUSTER)["associations"] == []


def test_policy_grammar_is_not_checked(aws: Aws, eks: Any, role: str) -> None:
    """A session policy that is JSON but no IAM policy is refused."""
    code, status, message = refused(
        aws.associate, role_arn=role, policy='{"Statement": 5}', disableSessionTags=True
    )
    assert (code, status) == ("InvalidParameterException", 400)
    assert message.startswith("The parameter policy is not a valid IAM policy: ")


BAD_TRUST = {
    "no TagSession": policy(statement("sts:AssumeRole")),
    "no AssumeRole": policy(statement("sts:TagSession")),
    "another service": policy(statement(principal={"Service": "ec2.amazonaws.com"})),
    "an account": policy(statement(principal={"AWS": ACCOUNT})),
    "deny only": policy(statement(effect="Deny")),
}


@pytest.mark.parametrize("trust", BAD_TRUST)
def test_role_that_eks_cannot_assume_is_associated(aws: Aws, eks: Any, trust: str) -> None:
    """The trust policy must give the service principal both AssumeRole and TagSession."""
    role = aws.create_role("bad", BAD_TRUST[trust])
    assert refused(aws.associate, role_arn=role) == ("InvalidParameterException", 400, TRUST)
    assert refused(aws.associate, role_arn=role, disableSessionTags=True)[2] == TRUST


GOOD_TRUST = {
    "two statements": policy(statement("sts:AssumeRole"), statement("sts:TagSession")),
    "wildcard": policy(statement("sts:*")),
    "a condition that names another cluster": policy(
        statement(
            Condition={
                "ArnEquals": {"aws:SourceArn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/other"}
            }
        )
    ),
    "an explicit deny beside it": policy(
        statement(),
        statement(
            effect="Deny",
            Condition={"StringEquals": {"aws:RequestTag/kubernetes-namespace": "shop"}},
        ),
    ),
}


@pytest.mark.parametrize("trust", GOOD_TRUST)
def test_conditions_stop_an_association(aws: Aws, eks: Any, trust: str) -> None:
    """Create looks at principals and actions; conditions and denials decide when a pod asks."""
    assert aws.associate(aws.create_role("good", GOOD_TRUST[trust]))["associationId"]


def test_role_checks_cannot_be_relaxed(aws: Aws, eks: Any) -> None:
    """With validate_role off, a role need not exist; another account's is refused still."""
    aws.settings(validate_role=False)
    assert aws.associate(f"arn:aws:iam::{ACCOUNT}:role/nowhere")["roleArn"].endswith("/nowhere")
    assert (
        refused(aws.associate, role_arn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/x")[2] == CROSS_ACCOUNT
    )


def test_second_association_for_a_service_account(aws: Aws, eks: Any, role: str) -> None:
    """One association for each namespace and service account: the 409 names the first."""
    made = aws.associate(role)
    assert refused(aws.associate, role_arn=role) == (
        "ResourceInUseException",
        409,
        f"Association already exists: {made['associationId']}",
    )
    assert aws.associate(role, namespace="billing")["associationId"] != made["associationId"]
    assert aws.associate(role, service_account="cart.v2")["associationId"] != made["associationId"]


def test_missing_cluster_is_another_error(aws: Aws, role: str) -> None:
    """Every operation answers 404 for a cluster that is not there; the body names it."""
    eks = aws.client("eks")
    there = {"clusterName": "nowhere"}
    one = {**there, "associationId": "a-" + "x" * 17}
    calls: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (
            eks.create_pod_identity_association,
            {**there, "namespace": "a", "serviceAccount": "b", "roleArn": role},
        ),
        (eks.describe_pod_identity_association, one),
        (eks.update_pod_identity_association, {**one, "roleArn": role}),
        (eks.delete_pod_identity_association, one),
        (eks.list_pod_identity_associations, there),
    ]
    for call, arguments in calls:
        assert refused(call, **arguments) == (
            "ResourceNotFoundException",
            404,
            "No cluster found for name: nowhere.",
        )
    body = aws.http("eks", "GET", "/clusters/nowhere/pod-identity-associations").json
    assert body == {"clusterName": "nowhere", "message": "No cluster found for name: nowhere."}


def test_id_is_looked_up_before_its_length_is_checked(aws: Aws, eks: Any, role: str) -> None:
    """An id that is not 19 characters long is refused before anything is looked up."""
    expected = (
        "InvalidParameterException",
        400,
        "The parameter associationId should be 19 characters long.",
    )
    for name in ("describe", "update", "delete"):
        call = getattr(eks, f"{name}_pod_identity_association")
        assert refused(call, clusterName="nowhere", associationId="a-short") == expected
        code, status, message = refused(call, clusterName=CLUSTER, associationId="a-" + "x" * 17)
        assert (code, status) == ("ResourceNotFoundException", 404)
        assert message == f"No association found for id: a-{'x' * 17}"


def test_update_forgets_what_it_was_not_told(aws: Aws, eks: Any, role: str) -> None:
    """Omitted members stay; an empty target role clears it; the modification time moves on."""
    target = f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"
    made = aws.associate(role, targetRoleArn=target, disableSessionTags=True, tags={"a": "b"})
    one = {"clusterName": CLUSTER, "associationId": made["associationId"]}
    other_role = aws.create_role("other")
    aws.shift(60)

    changed = eks.update_pod_identity_association(**one, roleArn=other_role)["association"]
    assert changed == {**made, "roleArn": other_role, "modifiedAt": changed["modifiedAt"]}
    assert changed["modifiedAt"] - made["modifiedAt"] >= timedelta(seconds=60)

    with_policy = eks.update_pod_identity_association(**one, policy=SESSION_POLICY)["association"]
    assert with_policy["policy"] == SESSION_POLICY, (
        "disableSessionTags is stored, and need not be sent again"
    )

    cleared = eks.update_pod_identity_association(**one, targetRoleArn="", policy="")["association"]
    assert not {"targetRoleArn", "externalId", "policy"} & set(cleared)
    assert eks.describe_pod_identity_association(**one)["association"] == cleared


UPDATE_REFUSALS = {
    "empty role": ({"roleArn": ""}, "AccessDeniedException", CROSS_ACCOUNT),
    "missing role": (
        {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/x"},
        "InvalidParameterException",
        NO_ROLE,
    ),
    "tags while a policy is stored": (
        {"disableSessionTags": False},
        "InvalidParameterException",
        "When policy is specified, disableSessionTags must be set to true",
    ),
}


@pytest.mark.parametrize("case", UPDATE_REFUSALS)
def test_refused_update_changes_something(aws: Aws, eks: Any, role: str, case: str) -> None:
    """A refused update leaves the association as it was."""
    made = aws.associate(role, disableSessionTags=True, policy=SESSION_POLICY)
    one = {"clusterName": CLUSTER, "associationId": made["associationId"]}
    changes, code, message = UPDATE_REFUSALS[case]
    answer = refused(eks.update_pod_identity_association, **one, **changes)
    assert (answer[0], answer[2]) == (code, message)
    assert eks.describe_pod_identity_association(**one)["association"] == made


def test_deleted_association_is_still_there(aws: Aws, eks: Any, role: str) -> None:
    """Delete returns the whole object with a later modification time; then it can be made again."""
    made = aws.associate(role)
    one = {"clusterName": CLUSTER, "associationId": made["associationId"]}
    aws.shift(1)
    gone = eks.delete_pod_identity_association(**one)["association"]
    assert gone == {**made, "modifiedAt": gone["modifiedAt"]}
    assert gone["modifiedAt"] > made["modifiedAt"]
    assert refused(eks.delete_pod_identity_association, **one)[0] == "ResourceNotFoundException"
    assert aws.associate(role)["associationId"] != made["associationId"]


def test_request_token_makes_a_second_association(aws: Aws, eks: Any, role: str) -> None:
    """The same token and parameters return the first result; other parameters are refused."""
    first = aws.associate(role, clientRequestToken="t1")
    assert aws.associate(role, clientRequestToken="t1") == first
    assert refused(aws.associate, role_arn=role, namespace="billing", clientRequestToken="t1")[
        0
    ] == ("InvalidParameterException")
    eks.delete_pod_identity_association(clusterName=CLUSTER, associationId=first["associationId"])
    again = aws.associate(role, clientRequestToken="t1")
    assert again["associationId"] != first["associationId"], "what is gone is made again"


#: What follows the path of the list, and a body.
WITHOUT_AN_ID: dict[str, tuple[str, bytes]] = {
    "slash": ("/", b""),
    "no slash": ("", b""),
    "slash, and the cluster in the body": ("/", b'{"name": "prod-blue"}'),
    "no slash, and the cluster in the body": ("", b'{"name": "prod-blue"}'),
    "slash, and the cluster in the query": ("/?name=prod-blue", b""),
}


@pytest.mark.parametrize("case", WITHOUT_AN_ID)
def test_delete_without_an_id_deletes_the_cluster(aws: Aws, eks: Any, role: str, case: str) -> None:
    """A DELETE with an empty association id is refused as an id of a wrong length."""
    made = aws.associate(role)
    tail, body = WITHOUT_AN_ID[case]
    answer = aws.http("eks", "DELETE", f"/clusters/{CLUSTER}/pod-identity-associations{tail}", body)
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "InvalidParameterException")
    assert answer.json == {"message": "The parameter associationId should be 19 characters long."}
    assert eks.list_clusters()["clusters"] == [CLUSTER]
    one = {"clusterName": CLUSTER, "associationId": made["associationId"]}
    assert eks.describe_pod_identity_association(**one)["association"] == made


def test_associations_survive_their_cluster(aws: Aws, eks: Any, role: str) -> None:
    """Associations go with their cluster, also when a cluster of that name is made again."""
    made = aws.associate(role)
    eks.delete_cluster(name=CLUSTER)
    assert refused(eks.list_pod_identity_associations, clusterName=CLUSTER)[1] == 404
    aws.create_cluster()
    assert eks.list_pod_identity_associations(clusterName=CLUSTER)["associations"] == []
    assert aws.associate(role)["associationId"] != made["associationId"]


def test_quota_is_not_kept(aws: Aws, eks: Any, role: str) -> None:
    """A cluster holds a limited number of associations."""
    aws.settings(associations_per_cluster=2)
    aws.associate(role, service_account="a")
    aws.associate(role, service_account="b")
    code, status, _ = refused(aws.associate, role_arn=role, service_account="c")
    assert (code, status) == ("ResourceLimitExceededException", 400)


@pytest.mark.parametrize(("version", "works"), [("1.23", False), ("1.24", True), ("1.33", True)])
def test_old_cluster_has_pod_identity(aws: Aws, role: str, version: str, works: bool) -> None:
    """A cluster that was made with a Kubernetes version older than 1.24 has no Pod Identity."""
    aws.create_cluster("versioned", version=version)
    if works:
        assert aws.associate(role, cluster="versioned")["associationId"]
    else:
        assert (
            refused(aws.associate, role_arn=role, cluster="versioned")[0]
            == "InvalidRequestException"
        )


def test_accounts_or_regions_share_associations(aws: Aws, role: str) -> None:
    """Accounts and regions are apart: clusters of one name have associations of their own."""
    aws.create_cluster()
    aws.associate(role)
    elsewhere = aws.client("eks", "eu-central-1")
    aws.create_cluster(region="eu-central-1")
    assert elsewhere.list_pod_identity_associations(clusterName=CLUSTER)["associations"] == []

    foreign = aws.client_of_account(OTHER_ACCOUNT, "eks")
    aws.create_cluster(eks=foreign)
    assert foreign.list_pod_identity_associations(clusterName=CLUSTER)["associations"] == []
    foreign_role = aws.create_role(
        "foreign", POD_TRUST, aws.client_of_account(OTHER_ACCOUNT, "iam")
    )
    made = foreign.create_pod_identity_association(
        clusterName=CLUSTER, namespace="shop", serviceAccount="cart", roleArn=foreign_role
    )["association"]
    assert made["associationArn"].startswith(f"arn:aws:eks:{REGION}:{OTHER_ACCOUNT}:")


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-central-1", "aws")],
)
def test_another_partition_has_wrong_arns(aws: Aws, region: str, partition: str) -> None:
    """In every partition ARNs, roles and issuers are of that partition."""
    cluster = aws.create_cluster(region=region)
    role = aws.create_role(iam=aws.client("iam", region))
    made = aws.associate(role, region=region)
    assert role.startswith(f"arn:{partition}:iam::")
    assert made["associationArn"].startswith(
        f"arn:{partition}:eks:{region}:{ACCOUNT}:podidentityassociation/"
    )
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    assert cluster["identity"]["oidc"]["issuer"].startswith(
        f"https://oidc.eks.{region}.{suffix}/id/"
    )
