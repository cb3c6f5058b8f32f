from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
import pytest
from recorded_calls import PROTOCOLS

from moto_eks_podid.events import catalogue, errors, sensitive
from moto_eks_podid.events.catalogue import classified, event_version, record_region, shows_results
from moto_eks_podid.events.data_events import DATA_EVENT_SERVICES, DATA_EVENTS
from moto_eks_podid.events.elements import ENCODED_ARNS, NAMES_IN_URI, UNWRAPPED, WITHOUT_RESULTS
from moto_eks_podid.events.event_names import EVENT_NAMES
from moto_eks_podid.events.s3_elements import REQUEST_HEADERS, RESPONSE_HEADERS


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def known_services() -> set[str]:
    return set(botocore.session.get_session().get_available_services())


TABLES_OF_OPERATIONS = {
    "READING": catalogue.READING,
    "WRITING": catalogue.WRITING,
    "SHOWING_RESULTS": catalogue.SHOWING_RESULTS,
    "DATA_EVENTS": DATA_EVENTS,
    "EVENT_NAMES": EVENT_NAMES,
    "ENCODED_ARNS": ENCODED_ARNS,
    "WITHOUT_RESULTS": WITHOUT_RESULTS,
}
TABLES_OF_SERVICES = {
    "EVENT_SOURCES": catalogue.EVENT_SOURCES,
    "EVENT_VERSIONS": catalogue.EVENT_VERSIONS,
    "GLOBAL_SERVICES": catalogue.GLOBAL_SERVICES,
    "DATA_EVENT_SERVICES": DATA_EVENT_SERVICES,
    "UNWRAPPED": UNWRAPPED,
    "LEFT_OUT_BY_SERVICE": sensitive.LEFT_OUT_BY_SERVICE,
    "HIDDEN_BY_SERVICE": sensitive.HIDDEN_BY_SERVICE,
    "EXCEPTIONS": errors.EXCEPTIONS,
    "PROTOCOLS": PROTOCOLS,
}


@pytest.mark.parametrize("table", TABLES_OF_OPERATIONS)
def test_table_names_an_operation_that_nobody_has(table: str) -> None:
    """Every service and operation of the tables exists, under botocore's name."""
    for service, operations in TABLES_OF_OPERATIONS[table].items():
        # An upload by a form is an operation of moto's model alone.
        known = {*model(service).operation_names, *(["PostObject"] if service == "s3" else ())}
        assert set(operations) <= known, service


@pytest.mark.parametrize("table", TABLES_OF_SERVICES)
def test_table_names_a_service_that_nobody_has(table: str) -> None:
    """Every service of the tables exists, under botocore's name."""
    assert set(TABLES_OF_SERVICES[table]) <= known_services()


def members_of(service: str) -> set[str]:
    names: set[str] = set()
    for shape_name in model(service).shape_names:
        names |= set(getattr(model(service).shape_for(shape_name), "members", ()))
    return names


@pytest.mark.parametrize(
    ("service", "members"),
    [*sensitive.HIDDEN_BY_SERVICE.items(), *sensitive.LEFT_OUT_BY_SERVICE.items()],
)
def test_sensitive_member_is_misspelt(service: str, members: frozenset[str]) -> None:
    """Every sensitive member of the tables exists in its service's model."""
    assert members <= members_of(service)


@pytest.mark.parametrize(("service", "operation"), sensitive.HIDDEN_BY_OPERATION)
def test_sensitive_parameter_is_misspelt(service: str, operation: str) -> None:
    """Every sensitive member of one operation is a parameter of it, or in a result."""
    made = model(service).operation_model(operation)
    names = set(made.input_shape.members)
    for result in made.output_shape.members.values() if made.output_shape else ():
        names |= set(getattr(result, "members", ()))
    assert sensitive.HIDDEN_BY_OPERATION[service, operation] <= names


def test_global_service_signs_under_another_name() -> None:
    """Global services are known by the name in the signature, too."""
    for service in catalogue.GLOBAL_SERVICES:
        assert model(service).signing_name == service


def test_arn_of_an_eks_uri_is_forgotten() -> None:
    """The ARNs in EKS's URIs are exactly those of the table, and so is the cluster's name."""
    encoded: dict[str, set[str]] = {}
    renamed = set()
    for operation in model("eks").operation_names:
        shape = model("eks").operation_model(operation).input_shape
        for name, member in shape.members.items() if shape else ():
            if member.serialization.get("location") == "uri":
                if name.endswith("Arn"):
                    encoded.setdefault(operation, set()).add(name)
                if member.serialization["name"] != name:
                    renamed.add((name, member.serialization["name"]))
            else:
                assert name not in NAMES_IN_URI["eks"], operation
    assert encoded == {name: set(members) for name, members in ENCODED_ARNS["eks"].items()}
    assert renamed == set(NAMES_IN_URI["eks"].items())


@pytest.mark.parametrize("headers", [REQUEST_HEADERS, RESPONSE_HEADERS])
def test_s3_header_is_misspelt(headers: dict[str, str]) -> None:
    """The headers of S3's table are those of its model."""
    of_model: dict[str, set[str]] = {}
    for operation in model("s3").operation_names:
        of_operation = model("s3").operation_model(operation)
        for shape in (of_operation.input_shape, of_operation.output_shape):
            for name, member in getattr(shape, "members", {}).items():
                if member.serialization.get("location") == "header":
                    of_model.setdefault(name, set()).add(member.serialization["name"])
    for name, header in headers.items():
        assert header in of_model[name]


@pytest.mark.parametrize("service", errors.EXCEPTIONS)
def test_exception_has_another_name(service: str) -> None:
    """Recorded error codes of the table are the names of the service's exceptions."""
    ours = {code: f"{code}Exception" for code in errors.EXCEPTIONS[service]}
    ours |= {code: name for (of, code), name in errors.OTHER_EXCEPTIONS.items() if of == service}
    # Older models lack some of them, newer ones have more.
    of_model = {
        shape.metadata["error"]["code"]: shape.name
        for shape in model(service).error_shapes
        if shape.metadata.get("error", {}).get("code", shape.name) != shape.name
    }
    common = ours.keys() & of_model.keys()
    assert len(common) >= 5
    assert {code: ours[code] for code in common} == {code: of_model[code] for code in common}


# What the documentation and real records say.

READ_ONLY = (
    ("eks", "DescribePodIdentityAssociation", True),
    ("eks", "ListPodIdentityAssociations", True),
    ("eks", "ListTagsForResource", True),
    ("eks", "CreatePodIdentityAssociation", False),
    ("eks", "UpdatePodIdentityAssociation", False),
    ("eks", "DeletePodIdentityAssociation", False),
    ("eks", "TagResource", False),
    ("eks", "UntagResource", False),
    ("eks-auth", "AssumeRoleForPodIdentity", True),
    ("sts", "AssumeRole", True),
    ("sts", "AssumeRoleWithWebIdentity", True),
    ("sts", "AssumeRoleWithSAML", True),
    ("sts", "GetCallerIdentity", True),
    ("sts", "GetSessionToken", True),
    ("s3", "ListBuckets", True),
    ("s3", "HeadObject", True),
    ("s3", "GetBucketPolicy", True),
    ("s3", "PutObject", False),
    ("s3", "CreateBucket", False),
    ("secretsmanager", "GetSecretValue", True),
    ("kms", "Decrypt", True),
    ("kms", "GenerateDataKey", True),
    ("kms", "CreateKey", False),
    ("dynamodb", "Query", True),
    ("dynamodb", "Scan", True),
    ("dynamodb", "BatchGetItem", True),
    ("dynamodb", "TransactGetItems", True),
    ("dynamodb", "BatchWriteItem", False),
    ("dynamodb", "DescribeTable", True),
    ("sqs", "ReceiveMessage", True),
    ("sqs", "SendMessage", False),
    ("iam", "AttachRolePolicy", False),
    ("iam", "SimulatePrincipalPolicy", True),
    ("lambda", "Invoke", False),
    ("cloudtrail", "LookupEvents", True),
    ("cloudformation", "DetectStackDrift", False),
    # Words that only begin like those that read.
    ("license-manager", "CheckoutLicense", False),
    ("glacier", "CompleteVaultLock", False),
)


@pytest.mark.parametrize(("service", "operation", "expected"), READ_ONLY)
def test_operation_reads_or_writes(service: str, operation: str, expected: bool) -> None:
    """Operations read or write as CloudTrail has it, also where their names do not tell."""
    assert operation in model(service).operation_names
    assert classified(service, operation, service, "json").read_only is expected


MANAGEMENT = (
    ("s3", "ListBuckets", True),
    ("s3", "CreateBucket", True),
    ("s3", "GetBucketPolicy", True),
    ("s3", "PutBucketPolicy", True),
    ("s3", "GetObject", False),
    ("s3", "HeadObject", False),
    ("s3", "ListObjectsV2", False),
    ("s3", "PutObject", False),
    ("s3", "DeleteObject", False),
    ("secretsmanager", "GetSecretValue", True),
    ("kms", "Decrypt", True),
    ("dynamodb", "CreateTable", True),
    ("dynamodb", "DescribeTable", True),
    ("dynamodb", "GetItem", False),
    ("dynamodb", "Query", False),
    ("sqs", "CreateQueue", True),
    ("sqs", "SendMessageBatch", False),
    ("sqs", "ReceiveMessage", False),
    ("sns", "CreateTopic", True),
    ("sns", "Publish", False),
    ("kinesis", "CreateStream", True),
    ("kinesis", "PutRecords", False),
    ("lambda", "CreateFunction", True),
    ("lambda", "Invoke", False),
    ("sts", "AssumeRole", True),
    ("eks-auth", "AssumeRoleForPodIdentity", True),
    ("dynamodbstreams", "GetRecords", False),
)


@pytest.mark.parametrize(("service", "operation", "expected"), MANAGEMENT)
def test_data_event_is_in_the_history(service: str, operation: str, expected: bool) -> None:
    """What is done with objects, items and messages is a data event, what is done with their
    buckets, tables and queues is a management event."""
    assert operation in model(service).operation_names
    assert classified(service, operation, service, "json").management is expected


NAMES = (
    ("s3", "ListObjectsV2", "ListObjects"),
    ("s3", "ListObjects", "ListObjects"),
    ("s3", "PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("s3", "GetBucketLifecycleConfiguration", "GetBucketLifecycle"),
    ("s3", "GetBucketPolicy", "GetBucketPolicy"),
    ("s3control", "PutPublicAccessBlock", "PutAccountPublicAccessBlock"),
    ("lambda", "CreateFunction", "CreateFunction20150331"),
    ("lambda", "UpdateFunctionCode", "UpdateFunctionCode20150331v2"),
    ("lambda", "AddPermission", "AddPermission20150331v2"),
    ("lambda", "TagResource", "TagResource20170331v2"),
    ("lambda", "Invoke", "Invoke"),
    ("eks", "CreatePodIdentityAssociation", "CreatePodIdentityAssociation"),
)


@pytest.mark.parametrize(("service", "operation", "expected"), NAMES)
def test_event_has_the_name_of_the_operation(service: str, operation: str, expected: str) -> None:
    """Events of S3 and Lambda have CloudTrail's names."""
    assert classified(service, operation, service, "json").event_name == expected


SOURCES = (
    ("sts", "sts.amazonaws.com"),
    ("eks-auth", "eks-auth.amazonaws.com"),
    ("cloudwatch", "monitoring.amazonaws.com"),
    ("elbv2", "elasticloadbalancing.amazonaws.com"),
    ("stepfunctions", "states.amazonaws.com"),
    ("s3control", "s3.amazonaws.com"),
    ("application-autoscaling", "autoscaling.amazonaws.com"),
    ("rds-data", "rdsdata.amazonaws.com"),
    ("mq", "amazonmq.amazonaws.com"),
    ("sso-admin", "sso.amazonaws.com"),
    ("iotsecuretunneling", "iotsecuredtunneling.amazonaws.com"),
)


@pytest.mark.parametrize(("service", "expected"), SOURCES)
def test_event_source_is_not_the_one_of_aws(service: str, expected: str) -> None:
    """Event sources follow from the names in signatures, but for a few."""
    signing_name = model(service).signing_name
    assert classified(service, "ListThings", signing_name, "json").event_source == expected


VERSIONS = (
    ("eks", "CreateCluster", False, "1.09"),
    ("eks-auth", "AssumeRoleForPodIdentity", False, "1.09"),
    ("ec2", "RunInstances", False, "1.10"),
    ("sts", "AssumeRole", True, "1.08"),
    ("sts", "AssumeRoleWithWebIdentity", False, "1.08"),
    ("sts", "AssumeRole", False, "1.11"),
    ("sts", "GetCallerIdentity", False, "1.11"),
    ("iam", "CreateRole", False, "1.11"),
    ("s3", "GetObject", False, "1.11"),
    ("kms", "Decrypt", False, "1.11"),
)


@pytest.mark.parametrize(("service", "operation", "by_service", "expected"), VERSIONS)
def test_version_is_the_same_for_all(
    service: str, operation: str, by_service: bool, expected: str
) -> None:
    """Each service writes the version of the format that its real records have."""
    assert event_version(service, operation, by_service=by_service) == expected


REGIONS = (
    ("sts", "eu-west-1", "sts.eu-west-1.amazonaws.com", "eu-west-1"),
    ("sts", "eu-west-1", "sts.amazonaws.com", "us-east-1"),
    ("sts", "eu-west-1", None, "eu-west-1"),
    ("", "eu-west-1", "sts.amazonaws.com", "us-east-1"),
    ("iam", "eu-west-1", "iam.amazonaws.com", "us-east-1"),
    ("iam", "eu-west-1", "localhost:5000", "us-east-1"),
    ("iam", "cn-northwest-1", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ("iam", "us-gov-east-1", "iam.us-gov.amazonaws.com", "us-gov-west-1"),
    ("route53", "eu-west-1", "route53.amazonaws.com", "us-east-1"),
    ("s3", "eu-west-1", "s3.amazonaws.com", "eu-west-1"),
)


@pytest.mark.parametrize(("service", "region", "host", "expected"), REGIONS)
def test_global_event_is_recorded_where_it_was_called(
    service: str, region: str, host: str | None, expected: str
) -> None:
    """Events of global services, and of the global endpoint of STS, are in one region."""
    assert record_region(service, region, host) == expected


def test_results_of_reading_are_shown() -> None:
    """Only STS's issues of credentials read and show their results."""
    shown = {
        (service, operation)
        for service in ("sts", "eks-auth", "eks", "secretsmanager", "kms")
        for operation in model(service).operation_names
        if classified(service, operation, service, "json").read_only
        and shows_results(service, operation, True)
    }
    assert shown == {
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithSAML"),
        ("sts", "AssumeRoleWithWebIdentity"),
        ("sts", "GetFederationToken"),
        ("sts", "GetSessionToken"),
    }
    assert shows_results("eks", "CreateCluster", False)
