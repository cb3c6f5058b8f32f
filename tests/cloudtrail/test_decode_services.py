"""The index of botocore's services, and the services at a host."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.loaders import Loader

from moto_eks_podid.cloudtrail import services


def test_index_differs_from_the_models() -> None:
    """The index tells of a service what its whole model tells."""
    indexed = services.index().by_signing_name
    names = {service.name: service for entry in indexed.values() for service in entry}
    sharing = {service.name for entry in indexed.values() if len(entry) > 1 for service in entry}
    loader = Loader()
    for name in sorted(sharing) + sorted(names.keys() - sharing)[::20]:
        metadata = loader.load_service_model(name, "service-2")["metadata"]
        assert names[name] == services.Service(
            name=name,
            signing_name=metadata.get("signingName", metadata["endpointPrefix"]),
            endpoint_prefix=metadata["endpointPrefix"],
            target_prefix=metadata.get("targetPrefix"),
            api_version=metadata["apiVersion"],
        )


def test_service_is_missing_from_the_index() -> None:
    """Every service that botocore knows is indexed, except those that only API Gateway answers."""
    known = set(Loader().list_available_services("service-2"))
    indexed = {s.name for entry in services.index().by_signing_name.values() for s in entry}
    assert known - indexed == {"apigatewaymanagementapi", "connectparticipant"}


def test_metadata_behind_a_large_head_is_lost(tmp_path: Path) -> None:
    """A model whose metadata is not at its beginning is read as a whole."""
    model = tmp_path / "service-2.json"
    model.write_text('{"documentation": "%s", "metadata": {"apiVersion": "1"}}' % ("x" * 10_000))
    assert services._read_metadata(str(model)) == {"apiVersion": "1"}


def test_broken_model_breaks_the_index(tmp_path: Path) -> None:
    """A model without metadata has none, and does not stop the others from being indexed."""
    model = tmp_path / "service-2.json"
    model.write_text('{"metadata": {"apiVersion": ')
    assert services._read_metadata(str(model)) == {}


HOSTS = {
    "sts.amazonaws.com": "sts",
    "sts.us-west-2.amazonaws.com": "sts",
    "STS.us-west-2.AMAZONAWS.com:443": "sts",
    "sts-fips.us-east-1.amazonaws.com": "sts",
    "sts.cn-north-1.amazonaws.com.cn": "sts",
    "sts.us-isob-east-1.sc2s.sgov.gov": "sts",
    "cognito-idp.us-west-2.amazonaws.com": "cognito-idp",
    "eks-auth.us-west-2.api.aws": "eks-auth",
    "eks-auth-fips.us-east-1.api.aws": "eks-auth",
    "lambda.us-west-2.api.aws": "lambda",
    "api.ecr.us-west-2.amazonaws.com": "ecr",
    "fips-dkr.example.us-west-2.amazonaws.com": None,
    "portal.sso.us-west-2.amazonaws.com": "sso",
    "s3.amazonaws.com": "s3",
    "s3.us-west-2.amazonaws.com": "s3",
    "s3-us-west-2.amazonaws.com": "s3",
    "s3.dualstack.us-west-2.amazonaws.com": "s3",
    "s3-fips.us-west-2.amazonaws.com": "s3",
    "bkt.s3.us-west-2.amazonaws.com": "s3",
    "my.own.bkt.s3.dualstack.us-west-2.amazonaws.com": "s3",
    "bkt.s3-accelerate.amazonaws.com": "s3",
    "bkt.s3-accelerate.dualstack.amazonaws.com": "s3",
    "point-123456789012.s3-accesspoint.us-west-2.amazonaws.com": "s3",
    "123456789012.s3-control.us-west-2.amazonaws.com": "s3control",
    "123456789012.s3-control-fips.dualstack.us-west-2.amazonaws.com": "s3control",
    "s3tables.us-west-2.amazonaws.com": "s3tables",
    "bkt.s3-website-us-west-2.amazonaws.com": None,
    "bkt.s3-website.eu-central-1.amazonaws.com": None,
    "abc123.execute-api.us-west-2.amazonaws.com": None,
    "oidc.eks.us-west-2.amazonaws.com": None,
    "abc.lambda-url.us-west-2.on.aws": None,
    "d111.cloudfront.net": None,
    "localhost:5000": None,
    "127.0.0.1": None,
    "example.com": None,
    "amazonaws.com": None,
    ".amazonaws.com": None,
    "us-west-2.amazonaws.com": None,
    "": None,
}


@pytest.mark.parametrize("host", HOSTS)
def test_host_is_taken_for_another_service(host: str) -> None:
    """A host of AWS tells its service, and no other host does."""
    found = services.at_host(host)
    assert (found[0].name if found else None) == HOSTS[host]


def test_services_of_one_signing_name_come_in_any_order() -> None:
    """The service that is named like the signature comes before those that share its name."""
    assert [service.name for service in services.signed_as("rds")] == ["rds", "docdb", "neptune"]
    assert services.signed_as("s3express") == services.signed_as("s3")
    assert services.signed_as("no-such-service") == []
    assert services.signed_as("execute-api") == []
