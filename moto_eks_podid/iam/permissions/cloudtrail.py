"""Permissions of AWS CloudTrail ("Actions, resources, and condition keys for AWS CloudTrail")."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .call import Call
from .keys import request_tags, resource_tags
from .passing import passed
from .rows import (
    ANYTHING,
    Resource,
    anything,
    by_name,
    by_names,
    given,
    on,
    owner,
    parts_of,
    service,
)
from .state import peek

if TYPE_CHECKING:
    from moto.cloudtrail.models import CloudTrailBackend


def resource_at(arn: str) -> Resource:
    """Return a trail or another resource of CloudTrail, with its tags."""
    _, _, _, region, account, _ = parts_of(arn)
    backend: CloudTrailBackend | None = peek(
        "moto.cloudtrail.models", "cloudtrail_backends", account, region
    )
    tags = backend.tagging_service.tags.get(arn) if backend is not None else None
    return Resource(arn, resource_tags(tags), owner(account))


_STORE_IN_QUERY = re.compile(r"\bFROM\s+([0-9a-f-]{36})\b", re.IGNORECASE)


def _queried(call: Call) -> Iterable[Resource]:
    """Find the event data stores that a query names."""
    ids = _STORE_IN_QUERY.findall(call.text("QueryStatement") or "")
    arns = [call.arn("cloudtrail", f"eventdatastore/{store_id}") for store_id in ids]
    return [resource_at(arn) for arn in arns] or ANYTHING


_TRAIL = by_name("cloudtrail", "trail/", "Name", "TrailName", look=resource_at)
_STORE = by_name("cloudtrail", "eventdatastore/", "EventDataStore", "Name", look=resource_at)
_STORES = by_names("cloudtrail", "eventdatastore/", "EventDataStores", look=resource_at)
_CHANNEL = by_name("cloudtrail", "channel/", "Channel", "Name", look=resource_at)
_DASHBOARD = by_name("cloudtrail", "dashboard/", "DashboardId", "Name", look=resource_at)
_TAGGED = by_name("cloudtrail", "trail/", "ResourceId", "ResourceArn", look=resource_at)
_ALL_TAGGED = by_names("cloudtrail", "trail/", "ResourceIdList", look=resource_at)

CLOUDTRAIL = service(
    "cloudtrail",
    on(
        _TRAIL,
        "CreateTrail DeleteTrail GetEventSelectors GetTrail GetTrailStatus PutEventSelectors"
        " StartLogging StopLogging UpdateTrail",
    ),
    # For a trail or for an event data store, whichever is given.
    on(
        by_name("cloudtrail", "trail/", "TrailName", "EventDataStore", look=resource_at),
        "GetEventConfiguration GetInsightSelectors PutEventConfiguration PutInsightSelectors",
    ),
    on(by_name("cloudtrail", "trail/", "InsightSource", look=resource_at), "ListInsightsData"),
    on(given("TagsList", _TRAIL), "CreateTrail=AddTags"),
    on(
        passed("cloudtrail.amazonaws.com", "CloudWatchLogsRoleArn"),
        "CreateTrail=iam:PassRole UpdateTrail=iam:PassRole",
    ),
    on(
        _STORE,
        "CancelQuery CreateEventDataStore DeleteEventDataStore DescribeQuery DisableFederation"
        " EnableFederation GetEventDataStore GetQueryResults ListQueries RestoreEventDataStore"
        " StartEventDataStoreIngestion StopEventDataStoreIngestion UpdateEventDataStore",
    ),
    on(_queried, "StartQuery"),
    on(_STORES, "GenerateQuery"),
    on(passed("cloudtrail.amazonaws.com", "FederationRoleArn"), "EnableFederation=iam:PassRole"),
    on(_CHANNEL, "CreateChannel DeleteChannel GetChannel UpdateChannel"),
    on(
        _DASHBOARD,
        "CreateDashboard DeleteDashboard GetDashboard StartDashboardRefresh UpdateDashboard",
    ),
    on(_TAGGED, "AddTags DeleteResourcePolicy GetResourcePolicy PutResourcePolicy RemoveTags"),
    on(_ALL_TAGGED, "ListTags"),
    on(
        anything,
        "DeregisterOrganizationDelegatedAdmin DescribeTrails GetImport ListChannels ListDashboards"
        " ListEventDataStores ListImportFailures ListImports ListInsightsMetricData ListPublicKeys"
        " ListTrails LookupEvents RegisterOrganizationDelegatedAdmin SearchSampleQueries"
        " StartImport StopImport",
    ),
    keys=(request_tags,),
)
