"""The CloudTrail record of one call, its members in the order of real records.

Follows "CloudTrail record contents" and "CloudTrail userIdentity element" (CloudTrail User Guide)
and "Logging IAM and AWS STS API calls with AWS CloudTrail" (IAM User Guide).
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from string import ascii_letters, digits
from typing import Any

from .call import CallDetails
from .catalogue import (
    GLOBAL_STS_HOST,
    OLD_STS_VERSION,
    classified,
    event_version,
    record_region,
)
from .elements import request_parameters, response_elements
from .errors import cut, error_of
from .identities import AWSService
from .resources import resources_of
from .user_identity import user_identity
from .values import epoch_milliseconds, iso_time

#: What today's clients negotiate with AWS's endpoints.
TLS_VERSION = "TLSv1.3"
CIPHER_SUITE = "TLS_AES_128_GCM_SHA256"

_ALPHANUMERIC = ascii_letters + digits


def build(details: CallDetails) -> dict[str, Any]:
    """Return the CloudTrail record of a call, as a value of JSON.

    It holds no more than CloudTrail's limits allow: 1 KB of error code, message and user agent
    each, 100 KB of parameters and of results; larger ones are replaced by a marker.

    :param details: the facts of the call; they are not altered
    """
    service, operation = details.service, details.operation
    kind = classified(service, operation, details.signing_name, details.protocol)
    by_service = _made_by_service(details)
    region = record_region(service, details.region, details.host)
    version = event_version(service, operation, by_service=by_service)
    user_agent = cut(details.user_agent)
    record: dict[str, Any] = {
        "eventVersion": version,
        "userIdentity": user_identity(details.identity, service),
        "eventTime": iso_time(details.event_time),
        "eventSource": kind.event_source,
        "eventName": kind.event_name,
        "awsRegion": region,
        "sourceIPAddress": details.source_ip,
        "userAgent": f"[{user_agent}]" if service == "s3" else user_agent,
    }
    if error := error_of(details):
        record["errorCode"], message = error
        if message is not None:
            record["errorMessage"] = message
    record["requestParameters"] = request_parameters(details)
    record["responseElements"] = response_elements(details, kind.read_only)
    if additional := _additional_event_data(details, version):
        record["additionalEventData"] = additional
    record["requestID"] = details.request_id
    record["eventID"] = details.event_id
    record["readOnly"] = kind.read_only
    if resources := resources_of(details, kind):
        record["resources"] = resources
    record["eventType"] = "AwsApiCall"
    if details.api_version is not None:
        record["apiVersion"] = details.api_version
    record["managementEvent"] = kind.management
    record["recipientAccountId"] = details.account_id
    if details.shared_event_id is not None:
        record["sharedEventID"] = details.shared_event_id
    record["eventCategory"] = "Management" if kind.management else "Data"
    if details.host is not None and not by_service:
        record["tlsDetails"] = {
            "tlsVersion": TLS_VERSION,
            "cipherSuite": CIPHER_SUITE,
            "clientProvidedHostHeader": details.host,
        }
    return record


def _made_by_service(details: CallDetails) -> bool:
    identity = details.identity
    if isinstance(identity, AWSService) or getattr(identity, "invoked_by", None) is not None:
        return True
    return details.host is None


def _additional_event_data(details: CallDetails, version: str) -> dict[str, Any] | None:
    if details.service == "sts" and version != OLD_STS_VERSION:
        return _of_sts(details)
    if details.service == "s3":
        return _of_s3(details)
    return None


def _of_sts(details: CallDetails) -> dict[str, Any]:
    time = epoch_milliseconds(details.event_time)
    extended = f"1:{details.region}:S:{time}:R:{_characters(details.request_id, 8)}"
    return {
        "ExtendedRequestId": b64encode(extended.encode()).decode(),
        "RequestDetails": {
            "endpointType": "global" if details.host == GLOBAL_STS_HOST else "regional",
            "awsServingRegion": details.region,
        },
    }


def _of_s3(details: CallDetails) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if details.signed_with is not None:
        data["SignatureVersion"] = "SigV4"
    if details.host is not None:
        data["CipherSuite"] = CIPHER_SUITE
    data["bytesTransferredIn"] = details.bytes_in
    if details.signed_with is not None:
        data["AuthenticationMethod"] = details.signed_with
    data["x-amz-id-2"] = b64encode(hashlib.sha384(details.request_id.encode()).digest()).decode()
    data["bytesTransferredOut"] = details.bytes_out
    return data


def _characters(request_id: str, count: int) -> str:
    """Return characters that look random and follow from a request's id."""
    digest = hashlib.sha256(request_id.encode()).digest()
    return "".join(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in digest[:count])
