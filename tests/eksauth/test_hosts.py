"""The hosts of EKS and EKS Auth: all that botocore resolves, and no other service's."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import product
from typing import Any

import boto3
import botocore.session
import pytest
from aws_under_test import ACCOUNT, CLUSTER, REGION, Aws
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from moto import backend_index
from moto.backend_index import backend_url_patterns
from pods import prepare

from moto_eks_podid import hosts

PATTERNS = {"eks": hosts.EKS_URL, "eks-auth": hosts.EKS_AUTH_URL}

Patterns = Sequence[tuple[str, re.Pattern[str]]]
#: As they are without the plugin.
MOTOS: Patterns = runpy.run_path(backend_index.__file__)["backend_url_patterns"]

#: One region of each of botocore's partitions, and the partition that moto takes it for: it knows
#: neither `aws-iso-e` nor `aws-iso-f`, and gives what is there ARNs and issuers of `aws`.
PARTITIONS = {
    "aws": ("us-west-2", "aws"),
    "aws-cn": ("cn-north-1", "aws-cn"),
    "aws-eusc": ("eusc-de-east-1", "aws-eusc"),
    "aws-iso": ("us-iso-east-1", "aws-iso"),
    "aws-iso-b": ("us-isob-east-1", "aws-iso-b"),
    "aws-iso-e": ("eu-isoe-west-1", "aws"),
    "aws-iso-f": ("us-isof-south-1", "aws"),
    "aws-us-gov": ("us-gov-west-1", "aws-us-gov"),
}
ISSUER_SUFFIXES = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-us-gov": "amazonaws.com",
}


@cache
def loader() -> Any:
    return botocore.session.get_session().get_component("data_loader")


def regions() -> Iterator[tuple[str, str]]:
    """Partition and region; `aws-global` and its like are no regions."""
    for partition in loader().load_data("partitions")["partitions"]:
        for region in partition["regions"]:
            if not region.endswith("-global"):
                yield partition["id"], region


@cache
def provider(service: str) -> EndpointProvider:
    rules = loader().load_service_model(service, "endpoint-rule-set-1")
    return EndpointProvider(rules, loader().load_data("partitions"))


def resolved(service: str) -> Iterator[tuple[str, str]]:
    """Region and URL of every endpoint that botocore resolves for a service."""
    for (_, region), fips, dual_stack in product(regions(), (False, True), (False, True)):
        try:
            endpoint = provider(service).resolve_endpoint(
                Region=region, UseFIPS=fips, UseDualStack=dual_stack
            )
        except EndpointProviderError:
            continue
        yield region, endpoint.url


def service_of(url: str, patterns: Patterns = backend_url_patterns) -> str | None:
    """Who answers a URL in moto."""
    return next((service for service, pattern in patterns if pattern.match(url)), None)


@pytest.mark.parametrize(("service", "other"), [("eks", "eks-auth"), ("eks-auth", "eks")])
def test_host_is_unknown(service: str, other: str) -> None:
    """Every host, in every region, with FIPS and dual-stack, is this service's alone, and names its
    region."""
    seen = set()
    for region, url in resolved(service):
        assert PATTERNS[service].match(url), url
        assert not PATTERNS[other].match(url), url
        assert hosts.region_in(url) == hosts.region_in(f"{url}/clusters/a") == region, url
        assert service_of(url) == service.replace("-", "")
        seen.add(url)
    assert len(seen) >= 2 * len(list(regions()))


def test_partition_has_no_suffix() -> None:
    """Each of botocore's partitions has its suffix here, and there is none besides."""
    suffixes = {
        partition["id"]: partition["outputs"]["dnsSuffix"]
        for partition in loader().load_data("partitions")["partitions"]
    }
    assert suffixes == hosts.DNS_SUFFIXES
    dual_stack = {
        partition["outputs"]["dualStackDnsSuffix"]
        for partition in loader().load_data("partitions")["partitions"]
    }
    assert dual_stack == set(hosts.DUAL_STACK_SUFFIXES)
    assert set(PARTITIONS) == set(suffixes)


@pytest.mark.parametrize("partition", PARTITIONS)
def test_partition_does_not_work(in_process_aws: Aws, partition: str) -> None:
    """In every partition that botocore knows, a pod gets credentials of moto's name for it, and the
    cluster's issuer is at that partition's domain."""
    region, name = PARTITIONS[partition]
    aws = in_process_aws
    association = prepare(aws, region)
    assert association["associationArn"].startswith(f"arn:{name}:eks:{region}:{ACCOUNT}:")
    answer = aws.assume(region=region)
    arn = answer["assumedRoleUser"]["arn"]
    assert arn.startswith(f"arn:{name}:sts::{ACCOUNT}:assumed-role/")
    sts = aws.client_with(answer["credentials"], "sts", region)
    assert sts.get_caller_identity()["Arn"] == arn
    cluster = aws.client("eks", region).describe_cluster(name=CLUSTER)["cluster"]
    issuer = cluster["identity"]["oidc"]["issuer"]
    assert issuer.startswith(f"https://oidc.eks.{region}.{ISSUER_SUFFIXES[name]}/id/")
    assert (service_of(issuer), hosts.region_in(issuer)) == ("eks", region)


@pytest.mark.parametrize(("fips", "dual_stack"), [(True, False), (False, True), (True, True)])
def test_variant_does_not_work(in_process_aws: Aws, fips: bool, dual_stack: bool) -> None:
    """FIPS and dual-stack clients reach the same cluster."""
    aws = in_process_aws
    prepare(aws)
    config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack)
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}

    def client(service: str) -> Any:
        return boto3.client(service, region_name=REGION, config=config, **keys)

    assert client("eks").list_clusters()["clusters"] == [CLUSTER]
    answer = client("eks-auth").assume_role_for_pod_identity(clusterName=CLUSTER, token=aws.token())
    assert answer["subject"]["namespace"] == "shop"


def test_amazonaws_host_is_unknown(in_process_aws: Aws) -> None:
    """`eks-auth.REGION.amazonaws.com`, which moto's server makes of a signature, works as well."""
    aws = in_process_aws
    prepare(aws)
    url = f"https://eks-auth.{REGION}.amazonaws.com"
    assert (service_of(url), hosts.region_in(url)) == ("eksauth", REGION)
    client = boto3.client(
        "eks-auth",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    answer = client.assume_role_for_pod_identity(clusterName=CLUSTER, token=aws.token())
    assert answer["credentials"]


def test_host_s_region_is_passed_over(in_process_aws: Aws) -> None:
    """The host decides the region, not the signature."""
    aws = in_process_aws
    prepare(aws)
    body = f'{{"token": "{aws.token()}"}}'
    path = f"/clusters/{CLUSTER}/assume-role-for-pod-identity"
    for region, status in ((REGION, 200), ("eu-central-1", 404)):
        host = f"eks-auth.{region}.api.aws"
        answer = aws.http("eks-auth", "POST", path, body, host=host, region="us-east-1")
        assert answer.status == status


def hosts_of_others() -> Iterator[str]:
    """A host in every partition of all of botocore's other services."""
    for service in loader().list_available_services("endpoint-rule-set-1"):
        if service not in PATTERNS:
            for region, _ in PARTITIONS.values():
                with suppress(EndpointProviderError):
                    yield provider(service).resolve_endpoint(Region=region).url


def test_other_service_is_caught() -> None:
    """No host of another service is taken for one of EKS or EKS Auth."""
    others = set(hosts_of_others())
    assert len(others) > 1000
    assert [url for url in others if any(one.match(url) for one in PATTERNS.values())] == []


NAMES = ("eks", "eks-auth", "eks-fips", "eks-auth-fips", "oidc-eks", "oidc.eks", "fips.eks")


@pytest.mark.parametrize("name", NAMES)
def test_bucket_of_that_name_is_caught(name: str) -> None:
    """A bucket that is named like one of the hosts stays S3's, at the global host too."""
    for suffix in ("s3.amazonaws.com", f"s3.{REGION}.amazonaws.com", f"s3-{REGION}.amazonaws.com"):
        url = f"https://{name}.{suffix}/key"
        assert not hosts.EKS_URL.match(url), url
        assert not hosts.EKS_AUTH_URL.match(url), url
        assert hosts.region_in(url) is None
        assert service_of(url) == service_of(url, MOTOS)


def test_region_has_digits_of_another_script() -> None:
    """A region's number is written in ASCII."""
    for name in NAMES:
        assert hosts.region_in(f"https://{name}.us-west-2.amazonaws.com") == REGION
        assert hosts.region_in(f"https://{name}.us-west-\N{ARABIC-INDIC DIGIT TWO}.api.aws") is None


#: Buckets, and keys that look like paths of the host of that name.
KEYS = {
    "eks-auth": "clusters/a/assume-role-for-pod-identity",
    "eks-fips": "clusters/a",
    "oidc-eks": "clusters",
}


@pytest.mark.parametrize("bucket", KEYS)
def test_object_of_such_a_bucket_is_lost(in_process_aws: Aws, bucket: str) -> None:
    """In us-east-1, where boto3 puts the bucket before `s3.amazonaws.com`, such a bucket works."""
    s3 = in_process_aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=KEYS[bucket], Body=b"cart")
    assert s3.get_object(Bucket=bucket, Key=KEYS[bucket])["Body"].read() == b"cart"


def test_host_that_moto_knew_is_lost() -> None:
    """What moto takes for a host of EKS still is one, a region that cannot be one included."""
    for region in (REGION, "mars", "us-west-2.x"):
        url = f"https://eks.{region}.amazonaws.com/clusters"
        assert service_of(url) == service_of(url, MOTOS) == "eks"
