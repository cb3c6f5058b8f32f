"""What the operations about add-ons refuse, and that nothing makes them fail."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from aws_under_test import ACCOUNT, CLUSTER, OTHER_ACCOUNT, Aws
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from moto_eks_podid.eks import addon_configuration, addon_schemas

VERSION = "Addon version specified is not supported"
CONFIGURATION = (
    "ConfigurationValue provided in request is not supported: "
    "Json schema validation failed with error: [{}]"
)
UNREADABLE = "The ConfigurationValues provided is not in valid YAML or JSON format."
NAMESPACE = "Provided namespace value is not a valid RFC 1123 DNS label"
NOT_IN_SCHEMA = "is not defined in the schema and the schema does not allow additional properties"


@pytest.fixture
def eks(aws: Aws) -> Any:
    aws.create_cluster(version="1.33")
    return aws.client("eks")


CREATE_REFUSALS = {
    "unknown add-on": (
        {"addonName": "made-up"},
        "Addon made-up specified is not supported in 1.33 kubernetes version",
    ),
    "version that is none": ({"addonVersion": "latest"}, VERSION),
    "empty version": ({"addonVersion": ""}, VERSION),
    "version without a build": ({"addonVersion": "v1.20.4"}, VERSION),
    "version with a line feed": ({"addonVersion": "v1.20.4-eksbuild.2\n"}, VERSION),
    "version before all": ({"addonVersion": "v0.0.1-eksbuild.1"}, VERSION),
    "version of another major": ({"addonVersion": "v2.0.0-eksbuild.1"}, VERSION),
    "version for older clusters": ({"addonVersion": "v1.16.4-eksbuild.2"}, VERSION),
    "version with an endless number": ({"addonVersion": f"v1.{'9' * 5000}.0-eksbuild.1"}, VERSION),
    "configuration in no language": ({"configurationValues": "{"}, UNREADABLE),
    "configuration with a tab": ({"configurationValues": "a:\n\t- b"}, UNREADABLE),
    "configuration with an alias": ({"configurationValues": "a: &x [1]\nb: *x"}, UNREADABLE),
    "configuration of nothing": (
        {"configurationValues": "null"},
        CONFIGURATION.format("$: null found, object expected"),
    ),
    "configuration of a text": (
        {"configurationValues": "env"},
        CONFIGURATION.format("$: string found, object expected"),
    ),
    "unknown member": (
        {"configurationValues": '{"nodeSelector": {}}'},
        CONFIGURATION.format(f"$.nodeSelector: {NOT_IN_SCHEMA}"),
    ),
    "unknown members below": (
        {"configurationValues": "env: {LESS: x, MORE: y}\nMAX_ENI: '3'"},
        CONFIGURATION.format(
            f"$.MAX_ENI: {NOT_IN_SCHEMA}, $.env.LESS: {NOT_IN_SCHEMA}, $.env.MORE: {NOT_IN_SCHEMA}"
        ),
    ),
    "number for a text": (
        {"configurationValues": '{"env": {"MAX_ENI": 3}}'},
        CONFIGURATION.format("$.env.MAX_ENI: integer found, string expected"),
    ),
    "text in a list of objects": (
        {"configurationValues": '{"tolerations": [{}, "all"]}'},
        CONFIGURATION.format("$.tolerations[1]: string found, object expected"),
    ),
    "text for a list": (
        {"configurationValues": "tolerations: all"},
        CONFIGURATION.format("$.tolerations: string found, [array, null] expected"),
    ),
    "value outside of an enumeration": (
        {"addonName": "kube-proxy", "configurationValues": "mode: magic"},
        CONFIGURATION.format(
            "$.mode: does not have a value in the enumeration [iptables, ipvs, nftables]"
        ),
    ),
    "namespace in capitals": ({"namespaceConfig": {"namespace": "Kube"}}, NAMESPACE),
    "namespace of 64": ({"namespaceConfig": {"namespace": "a" * 64}}, NAMESPACE),
    "reserved tag": (
        {"tags": {"aws:x": "y"}},
        "Tag keys that start with aws: are reserved for AWS use",
    ),
    "too many tags": (
        {"tags": {str(number): "" for number in range(51)}},
        "A resource can have at most 50 tags",
    ),
    "unknown way to resolve conflicts": (
        {"resolveConflicts": "FORCE"},
        "1 validation error detected: Value 'FORCE' at 'resolveConflicts' failed to satisfy "
        "constraint: Member must satisfy enum value set: [OVERWRITE, NONE, PRESERVE]",
    ),
}


@pytest.mark.parametrize("case", CREATE_REFUSALS)
def test_request_that_is_wrong_is_taken(eks: Any, case: str) -> None:
    """Each wrong parameter is an InvalidParameterException with AWS's text; nothing is made."""
    parameters, text = CREATE_REFUSALS[case]
    call = {"clusterName": CLUSTER, "addonName": "vpc-cni", **parameters}
    assert refused(eks.create_addon, **call) == ("InvalidParameterException", 400, text)
    assert eks.list_addons(clusterName=CLUSTER)["addons"] == []


def test_role_of_another_account_is_taken(eks: Any) -> None:
    """The role of the service account is of the caller's account."""
    denied = ("AccessDeniedException", 403, "Cross-account pass role is not allowed.")
    call = {"clusterName": CLUSTER, "addonName": "vpc-cni"}
    foreign = f"arn:aws:iam::{OTHER_ACCOUNT}:role/cni"
    assert refused(eks.create_addon, **call, serviceAccountRoleArn=foreign) == denied
    own = f"arn:aws:iam::{ACCOUNT}:role/cni"
    eks.create_addon(**call, serviceAccountRoleArn=own)
    assert refused(eks.update_addon, **call, serviceAccountRoleArn=foreign) == denied
    assert eks.describe_addon(**call)["addon"]["serviceAccountRoleArn"] == own


@pytest.mark.parametrize("version", ["1.21", "1.27"])
def test_cluster_that_is_too_old_has_addons(aws: Aws, version: str) -> None:
    """There is no release of an add-on for Kubernetes versions before the catalogue's."""
    aws.create_cluster(version=version)
    assert refused(aws.client("eks").create_addon, clusterName=CLUSTER, addonName="vpc-cni") == (
        "InvalidParameterException",
        400,
        f"Addon vpc-cni specified is not supported in {version} kubernetes version",
    )


def test_errors_do_not_say_which_addon(aws: Aws, eks: Any) -> None:
    """Errors' bodies name add-on and cluster where AWS's do, and for a second add-on neither."""
    path = f"/clusters/{CLUSTER}/addons"
    both = {"clusterName": CLUSTER, "addonName": "vpc-cni"}
    answer = aws.http("eks", "GET", f"{path}/vpc-cni")
    text = f"No addon: vpc-cni found in cluster: {CLUSTER}"
    assert (answer.status, answer.json) == (404, {**both, "message": text})
    assert answer.headers["x-amzn-ErrorType"] == "ResourceNotFoundException"
    body = {"addonName": "vpc-cni", "addonVersion": "v9.9.9-eksbuild.9"}
    answer = aws.http("eks", "POST", path, json.dumps(body))
    assert (answer.status, answer.json) == (400, {**both, "message": VERSION})
    eks.create_addon(**both)
    answer = aws.http("eks", "POST", path, '{"addonName": "vpc-cni"}')
    assert (answer.status, answer.json) == (409, {"message": "Addon already exists."})


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("create_addon", {"clusterName": "nowhere", "addonName": "vpc-cni"}),
        ("describe_addon", {"clusterName": "nowhere", "addonName": "vpc-cni"}),
        ("update_addon", {"clusterName": "nowhere", "addonName": "vpc-cni"}),
        ("delete_addon", {"clusterName": "nowhere", "addonName": "vpc-cni"}),
        ("list_addons", {"clusterName": "nowhere"}),
        ("list_updates", {"name": "nowhere"}),
        ("describe_update", {"name": "nowhere", "updateId": "x"}),
    ],
)
def test_missing_cluster_is_something_else(
    eks: Any, operation: str, parameters: dict[str, str]
) -> None:
    """Every operation about a cluster that is not there says so."""
    assert refused(getattr(eks, operation), **parameters) == (
        "ResourceNotFoundException",
        404,
        "No cluster found for name: nowhere.",
    )


@pytest.mark.parametrize("operation", ["describe_addon", "update_addon", "delete_addon"])
def test_missing_addon_is_something_else(eks: Any, operation: str) -> None:
    """Every operation about an add-on that is not there says so."""
    assert refused(getattr(eks, operation), clusterName=CLUSTER, addonName="x y") == (
        "ResourceNotFoundException",
        404,
        f"No addon: x y found in cluster: {CLUSTER}",
    )


PATH = f"/clusters/{CLUSTER}/addons"
HOSTILE = {
    "no body": ("POST", PATH, ""),
    "body is no JSON": ("POST", PATH, "{"),
    "body is no UTF-8": ("POST", PATH, b"\xff\xfe"),
    "body is a list": ("POST", PATH, "[]"),
    "no name": ("POST", PATH, "{}"),
    "name is a number": ("POST", PATH, '{"addonName": 1}'),
    "name is a list": ("POST", PATH, '{"addonName": ["vpc-cni"]}'),
    "tags are a list": ("POST", PATH, '{"addonName": "vpc-cni", "tags": []}'),
    "associations are a map": (
        "POST",
        PATH,
        '{"addonName": "vpc-cni", "podIdentityAssociations": {}}',
    ),
    "association is a text": (
        "POST",
        PATH,
        '{"addonName": "vpc-cni", "podIdentityAssociations": ["x"]}',
    ),
    "association without a role": (
        "POST",
        PATH,
        '{"addonName": "vpc-cni", "podIdentityAssociations": [{"serviceAccount": "aws-node"}]}',
    ),
    "association with null": (
        "POST",
        PATH,
        '{"addonName": "vpc-cni", "podIdentityAssociations":'
        ' [{"serviceAccount": null, "roleArn": 1}]}',
    ),
    "namespace is a number": (
        "POST",
        PATH,
        '{"addonName": "vpc-cni", "namespaceConfig": {"namespace": 1}}',
    ),
    "namespace is a text": ("POST", PATH, '{"addonName": "vpc-cni", "namespaceConfig": "x"}'),
    "configuration is an object": (
        "POST",
        PATH,
        '{"addonName": "vpc-cni", "configurationValues": {}}',
    ),
    "empty role": ("POST", PATH, '{"addonName": "vpc-cni", "serviceAccountRoleArn": ""}'),
    "cluster breaks the model": ("POST", "/clusters/-/addons", '{"addonName": "vpc-cni"}'),
    "preserve is no boolean": ("DELETE", f"{PATH}/vpc-cni?preserve=maybe", ""),
    "delete without a name": ("DELETE", f"{PATH}/", ""),
    "page size is zero": ("GET", f"{PATH}?maxResults=0", ""),
    "page size is a word": ("GET", f"{PATH}?maxResults=x", ""),
    "page token is garbage": ("GET", f"{PATH}?nextToken=%FF", ""),
    "update of a number": ("POST", f"{PATH}/vpc-cni/update", '{"addonVersion": 1}'),
    "configuration of no add-on": ("GET", "/addons/configuration-schemas", ""),
    "configuration of no version": ("GET", "/addons/configuration-schemas?addonName=vpc-cni", ""),
    "versions by a word": ("GET", "/addons/supported-versions?maxResults=x", ""),
    "updates by a word": ("GET", f"/clusters/{CLUSTER}/updates?maxResults=x", ""),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_request_fails_the_service(aws: Aws, eks: Any, case: str) -> None:
    """What cannot be read, or has members of other types, is a modelled 4xx; nothing changes."""
    method, path, body = HOSTILE[case]
    answer = aws.http("eks", method, path, body)
    assert 400 <= answer.status < 500, answer.text
    assert answer.headers["x-amzn-ErrorType"].endswith("Exception")
    assert answer.json["message"]
    assert eks.list_addons(clusterName=CLUSTER)["addons"] == []
    assert eks.describe_cluster(name=CLUSTER)["cluster"]["status"] == "ACTIVE"


def check(text: str) -> None:
    """The check ends in one of its own errors, or in none."""
    for schema in (addon_schemas.VPC_CNI, addon_schemas.KUBE_PROXY):
        with contextlib.suppress(
            addon_configuration.InvalidConfiguration, addon_configuration.UnreadableConfiguration
        ):
            addon_configuration.check(text, schema)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 20_000, id="opened lists"),
        pytest.param("{a: " * 5_000, id="opened maps"),
        pytest.param('{"env":' * 5_000 + "1" + "}" * 5_000, id="nested JSON"),
        pytest.param('{"env":' * 90 + "1" + "}" * 90, id="less nested JSON"),
        pytest.param("- " * 5_000, id="nested YAML"),
        pytest.param("9" * 6000, id="endless number"),
        "1: 2",
        "? [a, b]\n: c",
        "? 2020-01-01\n: c",
        "a: 2020-13-45",
        "env: 2020-12-31",
        "a: !!python/object:os.system {}",
        "&a [*a]",
        "a: .inf",
        '{"env": NaN}',
        "\x00",
        "%TAG",
        "--- {}\n--- {}",
        '{"\\ud800": 1}',
    ],
)
def test_hostile_configuration_fails_the_check(text: str) -> None:
    """Depth, aliases, other types and tags are refused or understood, never a failure."""
    check(text)


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["env", "tolerations", "resources", "limits", "x y"]), inner, max_size=3
        )
    ),
)


@given(st.text() | NESTED.map(json.dumps))
def test_configuration_fails_the_check(text: str) -> None:
    """Whatever the text, the check ends in one of its own errors, or in none."""
    check(text)
