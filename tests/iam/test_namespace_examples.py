"""The two examples of AWS for policies that test the session tags of pods."""

from __future__ import annotations

import pytest
from aws_under_test import ACCOUNT, CLUSTER, Aws
from botocore.exceptions import ClientError
from judged import allow, bucket, judge, pod, refused, role

SAME_NAMESPACE = {
    "StringEquals": {
        "secretsmanager:ResourceTag/kubernetes-namespace": (
            "${aws:PrincipalTag/kubernetes-namespace}"
        ),
        "secretsmanager:ResourceTag/eks-cluster-name": "${aws:PrincipalTag/eks-cluster-name}",
    }
}
SECRETS = {"dev-secret": "dev-ns", "qa-secret": "qa-ns"}


@pytest.mark.parametrize("namespace", ["dev-ns", "qa-ns"])
def test_pod_reads_the_secret_of_another_namespace(aws: Aws, namespace: str) -> None:
    """With one role, a pod reads the secret of its own namespace and no other."""
    secrets = aws.client("secretsmanager")
    for name, owner in SECRETS.items():
        secrets.create_secret(
            Name=name,
            SecretString=f"of {owner}",
            Tags=[
                {"Key": "kubernetes-namespace", "Value": owner},
                {"Key": "eks-cluster-name", "Value": CLUSTER},
            ],
        )
    reader = role(
        aws,
        allow("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", **SAME_NAMESPACE),
    )
    credentials = pod(aws, reader, namespace, "reader")
    judge(aws)
    client = aws.client_with(credentials, "secretsmanager")
    for name, owner in SECRETS.items():
        if owner == namespace:
            assert client.get_secret_value(SecretId=name)["SecretString"] == f"of {owner}"
            continue
        with pytest.raises(ClientError) as caught:
            client.get_secret_value(SecretId=name)
        error = caught.value.response["Error"]
        assert error["Code"] == "AccessDeniedException"
        assert error["Message"].startswith(
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/cart-reader/eks-prod-blue-"
        )
        assert error["Message"].endswith(
            " is not authorized to perform: secretsmanager:GetSecretValue on resource: "
            f"{name} because no identity-based policy allows the secretsmanager:GetSecretValue "
            "action"
        )
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("tags", [[], [{"Key": "kubernetes-namespace", "Value": "dev-ns"}]])
def test_secret_without_all_tags_is_read(aws: Aws, tags: list[dict[str, str]]) -> None:
    """A secret that lacks one of the tags is refused."""
    aws.client("secretsmanager").create_secret(Name="bare", SecretString="x", Tags=tags)
    reader = role(aws, allow("secretsmanager:GetSecretValue", **SAME_NAMESPACE))
    credentials = pod(aws, reader, "dev-ns", "reader")
    judge(aws)
    with refused("AccessDeniedException", "on resource: bare because no identity-based policy"):
        aws.client_with(credentials, "secretsmanager").get_secret_value(SecretId="bare")


def test_association_without_session_tags_reads_secrets(aws: Aws) -> None:
    """A pod whose association disables session tags has none that a policy could compare."""
    aws.client("secretsmanager").create_secret(
        Name="dev-secret",
        SecretString="x",
        Tags=[
            {"Key": "kubernetes-namespace", "Value": "dev-ns"},
            {"Key": "eks-cluster-name", "Value": CLUSTER},
        ],
    )
    reader = role(aws, allow("secretsmanager:GetSecretValue", **SAME_NAMESPACE))
    credentials = pod(aws, reader, "dev-ns", "reader", disableSessionTags=True)
    judge(aws)
    with refused("AccessDeniedException"):
        aws.client_with(credentials, "secretsmanager").get_secret_value(SecretId="dev-secret")


OWN_OBJECTS = (
    allow("s3:ListAllMyBuckets"),
    allow(
        "s3:GetObject",
        "s3:GetObjectTagging",
        on="arn:aws:s3:::customers/*",
        StringEquals={
            "s3:ExistingObjectTag/my-namespace": "${aws:PrincipalTag/kubernetes-namespace}",
            "s3:ExistingObjectTag/my-service-account": (
                "${aws:PrincipalTag/kubernetes-service-account}"
            ),
        },
    ),
)
OBJECTS = {
    "customer1.txt": "my-namespace=ns-a&my-service-account=sa1",
    "customer2.txt": "my-namespace=ns-b&my-service-account=sa2",
    "untagged.txt": "",
}


@pytest.mark.parametrize(
    ("namespace", "service_account", "readable"),
    [
        ("ns-a", "sa1", {"customer1.txt"}),
        ("ns-b", "sa2", {"customer2.txt"}),
        ("ns-a", "sa2", set()),
    ],
)
def test_pod_reads_the_object_of_another_service_account(
    aws: Aws, namespace: str, service_account: str, readable: set[str]
) -> None:
    """A pod reads the objects that are tagged with its namespace and service account alone."""
    s3 = bucket(aws, "customers")
    for key, tags in OBJECTS.items():
        s3.put_object(Bucket="customers", Key=key, Body=key.encode(), Tagging=tags)
    credentials = pod(aws, role(aws, *OWN_OBJECTS), namespace, service_account)
    judge(aws)
    client = aws.client_with(credentials, "s3")
    assert [entry["Name"] for entry in client.list_buckets()["Buckets"]] == ["customers"]
    for key in OBJECTS:
        if key in readable:
            assert client.get_object(Bucket="customers", Key=key)["Body"].read() == key.encode()
            continue
        with refused(
            "AccessDenied",
            f's3:GetObject on resource: "arn:aws:s3:::customers/{key}"'
            " because no identity-based policy allows the s3:GetObject action",
            403,
        ):
            client.get_object(Bucket="customers", Key=key)


def test_refused_write_is_stored(aws: Aws) -> None:
    """What is refused has not happened; what is allowed has, with its body."""
    bucket(aws, "customers")
    writer = role(aws, allow("s3:PutObject", on="arn:aws:s3:::customers/own/*"))
    credentials = pod(aws, writer)
    judge(aws)
    client = aws.client_with(credentials, "s3")
    client.put_object(Bucket="customers", Key="own/a", Body=b"all of it")
    with refused("AccessDenied", "s3:PutObject"):
        client.put_object(Bucket="customers", Key="others/a", Body=b"x")
    aws.settings()
    s3 = aws.client("s3")
    assert s3.get_object(Bucket="customers", Key="own/a")["Body"].read() == b"all of it"
    assert s3.list_objects_v2(Bucket="customers")["KeyCount"] == 1
