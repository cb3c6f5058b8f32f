"""What CloudTrail makes of services and operations: names, categories and versions.

The tables hold only what does not follow from a service's model. They are written with botocore's
names of services and operations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .data_events import DATA_EVENT_SERVICES, DATA_EVENTS
from .event_names import event_name


@dataclass(frozen=True, slots=True)
class Classified:
    """What a call was, in CloudTrail's words.

    ``service`` and ``operation`` are botocore's names, ``signing_name`` is the name that signatures
    use; the other members are those of the record.
    """

    service: str
    operation: str
    signing_name: str
    protocol: str
    event_source: str
    event_name: str
    read_only: bool
    management: bool


#: Where ``eventSource`` does not begin with the name that signatures use; from the pages about
#: CloudTrail in the guides of the services.
EVENT_SOURCES = {
    "application-autoscaling": "autoscaling.amazonaws.com",
    "mq": "amazonmq.amazonaws.com",
    "rds-data": "rdsdata.amazonaws.com",
    "sso": "sso.amazonaws.com",
    "sso-oidc": "sso.amazonaws.com",
}

#: Operations whose names begin with one of these words read, also after ``Batch`` and the like.
_READING = re.compile(
    r"(?:Batch|Transact|Admin)?"
    r"(?:Check|Compare|Count|Describe|Detect|Discover|Download|Estimate|Filter|Get|Has|Head|Is|List"
    r"|Lookup|Preview|Query|Retrieve|Scan|Search|Select|Simulate|Validate|View)(?![a-z])"
)

#: Operations that read in spite of their names.
READING = {
    "bedrock-runtime": {
        "Converse",
        "ConverseStream",
        "InvokeModel",
        "InvokeModelWithResponseStream",
    },
    "eks-auth": {"AssumeRoleForPodIdentity"},
    "events": {"TestEventPattern"},
    "kinesis": {"SubscribeToShard"},
    "kms": {
        "Decrypt",
        "DeriveSharedSecret",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GenerateRandom",
        "ReEncrypt",
        "Sign",
        "Verify",
        "VerifyMac",
    },
    "logs": {"TestMetricFilter"},
    "rekognition": {"RecognizeCelebrities"},
    "sqs": {"ReceiveMessage"},
    "sts": {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "DecodeAuthorizationMessage",
    },
}

#: Operations that write in spite of their names.
WRITING = {
    "cloudformation": {"DetectStackDrift", "DetectStackResourceDrift", "DetectStackSetDrift"},
}

#: Reading operations whose results are shown nevertheless, as those that issue credentials.
SHOWING_RESULTS = {
    "sts": {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "AssumeRoot",
        "GetFederationToken",
        "GetSessionToken",
    },
}

#: ``eventVersion`` lags behind the format's version service by service (observed in real records).
EVENT_VERSION = "1.11"
EVENT_VERSIONS = {"ec2": "1.10", "eks": "1.09", "eks-auth": "1.09"}
#: Of records of STS that follow those of 2024: without ``additionalEventData``.
OLD_STS_VERSION = "1.08"
#: Operations of STS with such records; all calls that services make to STS have them, too.
OLD_STS_OPERATIONS = frozenset({"AssumeRoleWithWebIdentity"})

#: Services without regions, whose calls are recorded in one region of their partition
#: ("CloudTrail concepts", section about global service events).
GLOBAL_SERVICES = frozenset(
    {
        "account",
        "budgets",
        "ce",
        "cloudfront",
        "health",
        "iam",
        "organizations",
        "route53",
        "route53domains",
        "savingsplans",
        "shield",
        "support",
        "waf",
    }
)
HOME_REGION = "us-east-1"
#: By the beginning of the names of a partition's regions.
HOME_REGIONS = {"cn-": "cn-north-1", "us-gov-": "us-gov-west-1"}
#: The endpoint of STS whose calls are recorded in :data:`HOME_REGION`, wherever it serves them.
GLOBAL_STS_HOST = "sts.amazonaws.com"


@lru_cache(maxsize=8192)
def classified(service: str, operation: str, signing_name: str, protocol: str) -> Classified:
    """Return what CloudTrail makes of an operation of a service.

    :param service: botocore's name of the service, such as ``eks-auth``
    :param operation: botocore's name of the operation, such as ``ListObjectsV2``
    :param signing_name: the name that signatures for the service use
    :param protocol: ``query``, ``ec2``, ``json``, ``rest-json`` or ``rest-xml``
    """
    return Classified(
        service,
        operation,
        signing_name,
        protocol,
        event_source(service, signing_name),
        event_name(service, operation),
        is_read_only(service, operation),
        is_management(service, operation),
    )


def event_source(service: str, signing_name: str) -> str:
    """Return the ``eventSource`` of a service's records, such as ``sts.amazonaws.com``."""
    return EVENT_SOURCES.get(service) or f"{signing_name.lower()}.amazonaws.com"


def is_read_only(service: str, operation: str) -> bool:
    """Tell whether an operation only reads, in CloudTrail's view."""
    if operation in READING.get(service, ()):
        return True
    return _READING.match(operation) is not None and operation not in WRITING.get(service, ())


def is_management(service: str, operation: str) -> bool:
    """Tell a management event from a data event ("Logging data events", CloudTrail User Guide)."""
    if service in DATA_EVENT_SERVICES:
        return False
    return operation not in DATA_EVENTS.get(service, ())


def shows_results(service: str, operation: str, read_only: bool) -> bool:
    """Tell whether ``responseElements`` show what a successful call answered.

    ("CloudTrail record contents": they show what changed. Credentials that were issued are shown.)
    """
    return not read_only or operation in SHOWING_RESULTS.get(service, ())


def event_version(service: str, operation: str, *, by_service: bool = False) -> str:
    """Return the ``eventVersion`` of an operation's records.

    :param by_service: whether an AWS service made the call
    """
    if service == "sts" and (by_service or operation in OLD_STS_OPERATIONS):
        return OLD_STS_VERSION
    return EVENT_VERSIONS.get(service, EVENT_VERSION)


def record_region(service: str, region: str, host: str | None) -> str:
    """Return the region in which a call is recorded: ``awsRegion``, and where it is looked up.

    :param service: botocore's name of the service or, which is the same for those that matter here,
        the name that signatures for it use
    :param region: the one that was called, from the signature
    :param host: the host that was called; None for calls that AWS services make
    """
    if service in GLOBAL_SERVICES:
        for prefix, home in HOME_REGIONS.items():
            if region.startswith(prefix):
                return home
        return HOME_REGION
    return HOME_REGION if host == GLOBAL_STS_HOST else region
