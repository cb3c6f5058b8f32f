"""``requestParameters`` and ``responseElements`` of a record.

Follows "CloudTrail record contents" (CloudTrail User Guide); where services differ, what is
observed in their real records.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from . import s3_elements
from .call import CallDetails
from .catalogue import shows_results
from .data_events import DATA_EVENTS
from .values import values_of

#: Larger parameters or results are left out, and a marker tells so.
MAX_ELEMENT = 100 * 1024

#: ARNs that are part of a URI are recorded as they went over the wire.
ENCODED_ARNS: dict[str, dict[str, frozenset[str]]] = {
    "eks": {
        "AssociateAccessPolicy": frozenset({"principalArn"}),
        "DeleteAccessEntry": frozenset({"principalArn"}),
        "DescribeAccessEntry": frozenset({"principalArn"}),
        "DisassociateAccessPolicy": frozenset({"principalArn", "policyArn"}),
        "ListAssociatedAccessPolicies": frozenset({"principalArn"}),
        "ListTagsForResource": frozenset({"resourceArn"}),
        "TagResource": frozenset({"resourceArn"}),
        "UntagResource": frozenset({"resourceArn"}),
        "UpdateAccessEntry": frozenset({"principalArn"}),
    }
}

#: Parameters that have another name in the URI, which is the one that is recorded.
NAMES_IN_URI = {"eks": {"clusterName": "name"}}

#: Services that show the one structure of an answer without its name.
UNWRAPPED = frozenset({"docdb", "elasticache", "neptune", "rds", "redshift"})

#: Operations that show no results although they write.
WITHOUT_RESULTS = {
    "dynamodb": DATA_EVENTS["dynamodb"],
    "lambda": DATA_EVENTS["lambda"],
}

_compact = json.JSONEncoder(separators=(",", ":")).encode


def request_parameters(details: CallDetails) -> dict[str, Any] | None:
    """Return the ``requestParameters`` of a call; None when it has none."""
    if details.parameters_too_large:
        return _too_large("requestParameters", details.bytes_in)
    if details.service == "s3":
        return _limited("requestParameters", s3_elements.request_parameters(details))
    if not details.parameters:
        return None
    shown = _values(details, details.parameters)
    for name, name_in_uri in NAMES_IN_URI.get(details.service, {}).items():
        if name in shown:
            shown = {name_in_uri if key == name else key: shown[key] for key in shown}
    for name in ENCODED_ARNS.get(details.service, {}).get(details.operation, ()):
        if isinstance(shown.get(name), str):
            shown[name] = quote(shown[name], safe="")
    if details.service == "dynamodb":
        _simplify_key(shown)
    return _limited("requestParameters", shown)


def response_elements(details: CallDetails, read_only: bool) -> dict[str, Any] | None:
    """Return the ``responseElements`` of a call; None when it failed, answers nothing or reads."""
    if (
        details.error_code is not None
        or not shows_results(details.service, details.operation, read_only)
        or details.operation in WITHOUT_RESULTS.get(details.service, ())
    ):
        return None
    if details.results_too_large:
        return _too_large("responseElements", details.bytes_out)
    if details.service == "s3":
        return _limited("responseElements", s3_elements.response_elements(details))
    results = details.results
    if details.protocol == "ec2":
        answered = _values(details, results) if results else {"_return": True}
        return _limited("responseElements", {"requestId": details.request_id, **answered})
    if not results:
        return None
    if details.service in UNWRAPPED and len(results) == 1:
        (only,) = results.values()
        if isinstance(only, Mapping):
            results = only
    return _limited("responseElements", _values(details, results))


def _values(details: CallDetails, members: Mapping[str, Any]) -> dict[str, Any]:
    shown = values_of(details.service, details.operation, details.protocol).structure(members)
    return _with_sets(shown) if details.protocol == "ec2" else shown


def _with_sets(members: dict[str, Any]) -> dict[str, Any]:
    """Show lists as EC2 does: as sets with items, ids as structures."""
    result: dict[str, Any] = {}
    for name, value in members.items():
        if isinstance(value, dict):
            result[name] = _with_sets(value)
        elif isinstance(value, list):
            stem = name.removesuffix("s").removesuffix("Id").removesuffix("Set")
            items = [
                _with_sets(item)
                if isinstance(item, dict)
                else {f"{stem}Id": item}
                if name.endswith("Ids")
                else item
                for item in value
            ]
            # One of the few sets whose name is in the plural.
            stem = "instances" if stem == "instance" else stem
            result[f"{stem}Set"] = {"items": items}
        else:
            result[name] = value
    return result


def _simplify_key(shown: dict[str, Any]) -> None:
    """Show the key of an item without the types of its attributes, as DynamoDB does."""
    key = shown.get("key")
    if isinstance(key, dict):
        shown["key"] = {
            name: next(iter(value.values()), None) if isinstance(value, dict) else value
            for name, value in key.items()
        }


def _limited(element: str, shown: dict[str, Any] | None) -> dict[str, Any] | None:
    if not shown:
        return None
    size = len(_compact(shown))
    return _too_large(element, size) if size > MAX_ELEMENT else shown


def _too_large(element: str, size: int) -> dict[str, Any]:
    return {"reason": f"{element} too large", "omitted": True, "originalSize": size}
